/**
 * How long it takes to save variables, against plainly writing and checksumming as many bytes.
 *
 * Everything runs in this process, one after the other in each round, on the same arrays. Once the bytes are on the disk
 * at the end (fsync) on both sides, and once on neither.
 *
 * @module
 */

import {type FileHandle, mkdir, mkdtemp, open, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {type TensorToSave, writeCheckpoint} from '../src/bundle/writer.js';
import type {HostTensor} from '../src/host/tensor.js';
import {bytesOf} from '../src/host/tensor_bytes.js';
import {nodePlatform} from '../src/platform/node.js';
import type {OutputDirectory} from '../src/platform/platform.js';
import {saveModel} from '../src/savedmodel/save/save.js';
import {Trackable} from '../src/savedmodel/save/trackable.js';
import {
  type Benchmark,
  type BenchmarkOptions,
  formatBytes,
  formatRatio,
  formatTime,
  median,
  printTable,
  type Requirement,
} from './measure.js';

const TOTAL_BYTES = 200e6;
const PLAIN_PIECE = 2 ** 22;

/** A way to save, by the label of its row. */
interface Way {
  readonly label: string;
  /** Whether it waits until the bytes are on the disk. */
  readonly synced: boolean;
  save(directory: string): Promise<void>;
}

export const save: Benchmark = {
  name: 'save',
  description: 'Saving: time to write variables, of the time to write and checksum their bytes',
  async run(options) {
    await tf.setBackend('cpu');
    const requirements: Requirement[] = [];
    for (const [label, sizes] of [
      ['large tensors', largeSizes()],
      ['a model of many tensors', manySizes()],
    ] as const) {
      requirements.push(...(await measure(label, sizes, options)));
    }
    return requirements;
  },
};

/** A table of embeddings and two matrices. */
function largeSizes(): number[] {
  return [TOTAL_BYTES * 0.8, TOTAL_BYTES * 0.15, TOTAL_BYTES * 0.05].map((bytes) => bytes / 4);
}

/** Layers with a kernel, a bias and four vectors of statistics each: about as many as a ResNet-152 has. */
function manySizes(): number[] {
  const layer = [512 * 768, 768, 768, 768, 768, 768];
  const elements = layer.reduce((sum, size) => sum + size, 0);
  return Array.from({length: Math.ceil(TOTAL_BYTES / 4 / elements)}, () => layer).flat();
}

async function measure(
  label: string,
  sizes: readonly number[],
  {rounds}: BenchmarkOptions,
): Promise<Requirement[]> {
  const arrays = sizes.map((size, i) => new Float32Array(size).fill(i + 0.5));
  const bytes = arrays.reduce((sum, {byteLength}) => sum + byteLength, 0);
  console.log(`\n${label}: ${arrays.length} tensors, ${formatBytes(bytes)}`);
  const ways = waysOf(arrays);
  const times = new Map(ways.map((way) => [way, [] as number[]]));
  // What a machine that is busy with other things shows truer than the time.
  const cpuTimes = new Map(ways.map((way) => [way, [] as number[]]));
  const directory = await mkdtemp(join(tmpdir(), 'tensorflow-hub-bench-'));
  try {
    // The first round of each warms up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      // Not always in the same order: what comes before leaves its traces in the system's caches.
      for (const way of orderOf(ways, round)) {
        const target = join(directory, 'saved');
        const start = performance.now();
        const before = process.cpuUsage();
        await way.save(target);
        const {user, system} = process.cpuUsage(before);
        if (round > 0) {
          times.get(way)!.push(performance.now() - start);
          cpuTimes.get(way)!.push((user + system) / 1000);
        }
        await rm(target, {recursive: true});
      }
    }
  } finally {
    await rm(directory, {recursive: true, force: true});
    tf.disposeVariables();
  }
  const medianOf = (way: Way) => median(times.get(way)!);
  const plainOf = (way: Way) => medianOf(ways.find(({synced}) => synced === way.synced)!);
  printTable(
    ['', 'time', 'MB/s', 'of plain', 'processor time'],
    ways.map((way) => [
      way.label,
      formatTime(medianOf(way)),
      (bytes / 1e3 / medianOf(way)).toFixed(0),
      formatRatio(medianOf(way) / plainOf(way)),
      formatTime(median(cpuTimes.get(way)!)),
    ]),
  );
  return ways
    .filter((way) => medianOf(way) !== plainOf(way))
    .map((way) => ({what: `${label}: ${way.label}`, limit: 2, measured: medianOf(way) / plainOf(way)}));
}

function orderOf(ways: readonly Way[], round: number): readonly Way[] {
  const rotated = ways.map((_, i) => ways[(i + round) % ways.length]!);
  return round % 2 === 0 ? rotated : rotated.toReversed();
}

/** The plain one of each kind first. */
function waysOf(arrays: readonly Float32Array[]): Way[] {
  const tensors = arrays.map((data, i): TensorToSave => {
    const shape = [data.length];
    const tensor: HostTensor = {dtype: 'float32', shape, data};
    return {key: `layer_${i}/.ATTRIBUTES/VARIABLE_VALUE`, dtype: 'float32', shape, read: () => tensor};
  });
  // As variables of loaded models are kept.
  const variables = arrays.map((data) => tf.tidy(() => tf.variable(tf.tensor1d(data))));
  const model = Object.assign(new Trackable(), {variables});
  const write = (output: OutputDirectory) => writeCheckpoint(output, 'variables/variables', tensors);
  return [
    {label: 'write and checksum the bytes', synced: false, save: (path) => plainly(path, arrays, false)},
    {label: 'write a checkpoint', synced: false, save: (path) => write(unsynced(path))},
    {label: 'write and checksum the bytes, fsync', synced: true, save: (path) => plainly(path, arrays, true)},
    {label: 'savedModel.save, fsync', synced: true, save: (path) => saveModel(model, path)},
  ];
}

/** The yardstick: the bytes, piece by piece, and their CRC-32C. */
async function plainly(path: string, arrays: readonly Float32Array[], sync: boolean): Promise<void> {
  const file = await open(path, 'w');
  let crc = 0;
  for (const array of arrays) {
    const bytes = bytesOf(array);
    for (let at = 0; at < bytes.length; at += PLAIN_PIECE) {
      const piece = bytes.subarray(at, at + PLAIN_PIECE);
      crc = nodePlatform.crc32c(piece, crc);
      await writeWhole(file, piece);
    }
  }
  if (sync) await file.sync();
  await file.close();
}

/** Files of a directory that are closed without waiting for the disk. */
function unsynced(directory: string): OutputDirectory {
  return {
    name: directory,
    async createFile(path) {
      await mkdir(directory, {recursive: true});
      const file = await open(join(directory, path.replaceAll('/', '_')), 'w');
      return {write: (bytes) => writeWhole(file, bytes), close: () => file.close()};
    },
  };
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}
