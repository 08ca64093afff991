/**
 * How long a model takes to load, and how much memory: a text embedding with a table of 1 GB against plainly reading
 * its files, and a graph of 20,000 nodes; beside Python's TensorFlow, where there is one.
 *
 * @module
 */

import {mkdtemp, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {runScript} from './children.js';
import {largeGraph, textEmbedding, writeModel} from './load_models.js';
import {
  type Benchmark,
  type BenchmarkOptions,
  findPython,
  formatBytes,
  formatRatio,
  formatTime,
  type LoadMeasurement,
  medians,
  type PlainMeasurement,
  printTable,
  type Requirement,
  runCommand,
} from './measure.js';

/** The usual dimension of the published embeddings, and as many rows as make 1 GB of it. */
const ROWS = 2_000_000;
const DIMENSION = 128;
/** 19 nodes each. */
const LAYERS = 1053;

/** The tfjs backends, on which the interpreter computes; with `default` the library sets one up itself. */
const BACKENDS = ['cpu', 'wasm', 'default'] as const;

export const load: Benchmark = {
  name: 'load',
  description: 'Loading: time and memory until the first call is answered',
  async run(options) {
    const directory = await mkdtemp(join(tmpdir(), 'tensorflow-hub-bench-'));
    try {
      return [
        ...(await embedding(join(directory, 'embedding'), options)),
        ...(await graph(join(directory, 'graph'), options)),
      ];
    } finally {
      await rm(directory, {recursive: true, force: true});
    }
  },
};

async function embedding(directory: string, {rounds}: BenchmarkOptions): Promise<Requirement[]> {
  const files = await writeModel(directory, textEmbedding(ROWS, DIMENSION));
  const bytes = await sizeOfFiles(files);
  console.log(`\nText embedding, ${ROWS} x ${DIMENSION} float32: ${formatBytes(bytes)} of files`);
  const readers = new Map<string, PlainMeasurement[]>();
  const loaders = new Map<string, LoadMeasurement[]>();
  // The first reading brings the files into the operating system's cache.
  await readPlainly(files);
  for (let round = 0; round < rounds; round++) {
    add(readers, 'read and checksum the files', await readPlainly(files));
    for (const [label, measured] of loadInEachWay(directory)) add(loaders, label, await measured());
  }
  const plain = medians([...readers.values()][0]!);
  const loaded = medianOfEach(loaders);
  const row = (label: string, time: number, peakBytes: number) => [
    label,
    formatTime(time),
    formatRatio(time / plain.milliseconds),
    formatBytes(peakBytes),
    formatRatio(peakBytes / bytes),
  ];
  printTable(
    ['', 'time', 'of plain', 'peak memory', 'of files'],
    [
      row('read and checksum the files', plain.milliseconds, plain.peakBytes),
      ...[...loaded].map(([label, {answered, peakBytes}]) => row(label, answered, peakBytes)),
    ],
  );
  const tensorflow = loaded.get(TENSORFLOW);
  const native = loaded.get(NATIVE)!;
  const required = BACKENDS.map((backend) => [backend, loaded.get(backend)!] as const).flatMap(
    ([backend, each]) => [
      {
        what: `embedding, ${backend}: time until the first answer, of plain reading`,
        limit: 3,
        measured: each.answered / plain.milliseconds,
      },
      {
        what: `embedding, ${backend}: peak memory, of the files`,
        limit: 1.6,
        measured: each.peakBytes / bytes,
      },
    ],
  );
  return [
    ...required,
    ...(tensorflow === undefined
      ? []
      : [
          {
            what: 'embedding, native: time until the first answer, of TensorFlow',
            limit: 0.1,
            measured: native.answered / tensorflow.answered,
          },
        ]),
    {
      what: 'embedding, native: peak memory',
      limit: 250e6,
      measured: native.peakBytes,
      format: formatBytes,
    },
  ];
}

async function graph(directory: string, {rounds}: BenchmarkOptions): Promise<Requirement[]> {
  const model = largeGraph(LAYERS);
  const nodes = model.functions.reduce((total, each) => total + each.nodes.length, 0);
  const [file] = await writeModel(directory, model);
  const bytes = await sizeOfFiles([file!]);
  console.log(`\nGraph of ${nodes} nodes: ${(bytes / 1e6).toFixed(1)} MB of saved_model.pb`);
  const loaders = new Map<string, LoadMeasurement[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [label, measured] of loadInEachWay(directory)) add(loaders, label, await measured());
  }
  const loaded = medianOfEach(loaders);
  printTable(
    ['', 'loaded', 'ready for a call', 'first answer', 'another call', 'peak memory'],
    [...loaded].map(([label, each]) => [
      label,
      ...[each.loaded, each.ready, each.answered, each.secondCall].map(formatTime),
      formatBytes(each.peakBytes),
    ]),
  );
  return BACKENDS.map((backend) => ({
    what: `graph, ${backend}: time until it is ready for its first call`,
    limit: 1000,
    measured: loaded.get(backend)!.ready,
    format: formatTime,
  }));
}

function readPlainly(files: readonly string[]): Promise<PlainMeasurement> {
  return runScript('read_plain_child.ts', ...files);
}

/** The native engine, beside them. */
const NATIVE = 'native';

const TENSORFLOW = 'TensorFlow (Python)';

/** What loads the model, by the label of its row; each in a process of its own. */
function loadInEachWay(directory: string): [string, () => Promise<LoadMeasurement>][] {
  const ways: [string, () => Promise<LoadMeasurement>][] = [...BACKENDS, NATIVE].map((backend) => [
    backend,
    () => runScript('load_child.ts', directory, backend),
  ]);
  const python = findPython();
  const script = fileURLToPath(new URL('load_tensorflow.py', import.meta.url));
  if (python !== undefined) ways.push([TENSORFLOW, () => runCommand(python, [script, directory])]);
  return ways;
}

function medianOfEach(
  measured: ReadonlyMap<string, readonly LoadMeasurement[]>,
): Map<string, LoadMeasurement> {
  return new Map([...measured].map(([label, rounds]) => [label, medians(rounds)]));
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

async function sizeOfFiles(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((total, size) => total + size, 0);
}
