import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {SaveError} from '../errors.js';
import {type DType, dtypeFromEnum, type NumericArray} from '../host/dtypes.js';
import type {HostTensor} from '../host/tensor.js';
import {bytesOf} from '../host/tensor_bytes.js';
import {memoryDirectory} from '../platform/memory.js';
import type {FileWriter, ModelDirectory} from '../platform/platform.js';
import {MemoryOutput} from '../platform/testing/memory_output.js';
import {decodeMessage} from '../proto/decode.js';
import {BundleEntryProto} from '../proto/generated/tensorflow/core/protobuf/tensor_bundle.js';
import {textOf} from './byte_string.js';
import {CheckpointReader} from './reader.js';
import {SortedTable} from './table.js';
import {formatSlice, isSliceKey, sliceFromProto, sliceKey} from './tensor_slice.js';
import {type TensorToSave, writeCheckpoint} from './writer.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;

/** Models whose data files TensorFlow filled by another rule: by device, and by size with tensors cut in pieces. */
const SHARDED_OTHERWISE = new Set(['sharded_checkpoint', 'sharded_by_size_tfnew']);

/** The files of each checkpoint that TensorFlow wrote, by the name of its prefix. */
function* checkpoints(): Generator<[string, Record<string, Uint8Array>]> {
  const read = (directory: string, prefix: string) =>
    Object.fromEntries(
      readdirSync(directory)
        .filter((file) => file.startsWith(`${prefix}.`))
        .map((file) => {
          const bytes = readFileSync(`${directory}/${file}`);
          return file.endsWith('.gz') ? [file.slice(0, -3), gunzipSync(bytes)] : [file, bytes];
        }),
    );
  for (const name of ['objects', 'shards', 'partitioned', 'grid', 'many'])
    yield [name, read(`${FIXTURES}checkpoints`, name)];
  for (const model of readdirSync(`${FIXTURES}models`)) {
    if (SHARDED_OTHERWISE.has(model)) continue;
    const directory = `${FIXTURES}models/${model}/variables`;
    if (existsSync(`${directory}/variables.index`)) yield [model, read(directory, 'variables')];
  }
}

/** The tensors of a checkpoint in the order of their bytes, and the parts of those that are stored in parts. */
async function tensorsOf(directory: ModelDirectory, prefix: string): Promise<TensorToSave[]> {
  const entries = new Map<string, BundleEntryProto>();
  const index = await directory.open(`${prefix}.index`);
  await (await SortedTable.open(index!, prefix)).scan((key, value) => {
    if (key !== '') entries.set(key, decodeMessage(BundleEntryProto, value, key));
  });
  const reader = await CheckpointReader.open(directory, prefix);
  const tensors: (TensorToSave & {place: readonly number[]})[] = [];
  const add = (stored: BundleEntryProto, tensor: Pick<TensorToSave, 'key' | 'shapeAndSlice' | 'read'>) => {
    const shape = stored.shape!.dim.map(({size}) => size);
    tensors.push({...tensor, place: placeOf(stored), dtype: dtypeFromEnum(stored.dtype) as DType, shape});
  };
  for (const [key, entry] of entries) {
    if (isSliceKey(key)) continue;
    const name = textOf(key);
    if (entry.slices.length === 0) add(entry, {key: name, read: () => reader.read(name)});
    for (const slice of entry.slices.map(sliceFromProto)) {
      const shapeAndSlice = [...entry.shape!.dim.map(({size}) => size), formatSlice(slice)].join(' ');
      add(entries.get(sliceKey(key, slice))!, {
        key: name,
        shapeAndSlice,
        read: () => reader.readSlice(name, shapeAndSlice),
      });
    }
  }
  return tensors.sort((a, b) => comparePlaces(a.place, b.place));
}

/** Tensors without bytes lie where the next one starts. */
function placeOf({shardId, offset, size}: BundleEntryProto): number[] {
  return [shardId, offset, size];
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

describe('writes a checkpoint again, byte for byte as TensorFlow did', () => {
  test.each([...checkpoints()])('%s', async (_, files) => {
    const directory = memoryDirectory(files);
    const index = Object.keys(files).find((name) => name.endsWith('.index'))!;
    const prefix = index.slice(0, -'.index'.length);
    const tensors = await tensorsOf(directory, prefix);
    const output = new MemoryOutput();
    // Where TensorFlow made several data files, it did so by device or by size: one that fits is large enough.
    const shardBytes = Object.entries(files).flatMap(([name, {length}]) => (name === index ? [] : [length]));
    const maxShardBytes = shardBytes.length > 1 ? Math.max(...shardBytes) : Number.MAX_VALUE;
    await writeCheckpoint(output, prefix, tensors, {maxShardBytes});
    expect(Object.keys(output.files).sort()).toEqual(Object.keys(files).sort());
    for (const [name, bytes] of Object.entries(files)) {
      expect(Buffer.compare(output.files[name]!, bytes), name).toBe(0);
    }
  });

  test('of every dtype', async () => {
    const directory = memoryDirectory(
      Object.fromEntries(
        ['dtypes.index', 'dtypes.data-00000-of-00001'].map((name) => [
          name,
          readFileSync(`${FIXTURES}checkpoints/${name}`),
        ]),
      ),
    );
    // A list of tensors, which TensorFlow writes and nobody reads, is the last in the data file.
    const tensors = (await tensorsOf(directory, 'dtypes')).filter(({dtype}) => dtype !== 'variant');
    const output = new MemoryOutput();
    await writeCheckpoint(output, 'dtypes', tensors);
    const [ours, theirs] = await Promise.all([
      rawEntries(output.directory(), 'dtypes'),
      rawEntries(directory, 'dtypes'),
    ]);
    theirs.delete('variant');
    expect(ours).toEqual(theirs);
    const data = 'dtypes.data-00000-of-00001';
    const length = output.files[data]!.length;
    const stored = readFileSync(`${FIXTURES}checkpoints/${data}`);
    expect(Buffer.compare(output.files[data]!, stored.subarray(0, length))).toBe(0);
  });
});

async function rawEntries(directory: ModelDirectory, prefix: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  const index = await directory.open(`${prefix}.index`);
  await (await SortedTable.open(index!, prefix)).scan((key, value) => {
    entries.set(textOf(key), Buffer.from(value).toString('hex'));
  });
  return entries;
}

function floats(key: string, ...values: number[]): TensorToSave {
  const data = Float32Array.from(values);
  const shape = [values.length];
  return {key, dtype: 'float32', shape, read: () => ({dtype: 'float32', shape, data})};
}

test('begins another data file rather than exceed the size asked for', async () => {
  const output = new MemoryOutput();
  const tensors = [
    floats('a', 1, 2),
    floats('b', 3),
    floats('larger', ...Array<number>(9).fill(4)),
    floats('none'),
    floats('c', 5),
  ];
  await writeCheckpoint(output, 'v', tensors, {maxShardBytes: 12});
  expect(Object.entries(output.files).map(([name, {length}]) => [name, length])).toEqual([
    ['v.data-00000-of-00003', 12],
    ['v.data-00001-of-00003', 36],
    ['v.data-00002-of-00003', 4],
    ['v.index', expect.any(Number)],
  ]);
  const reader = await CheckpointReader.open(output.directory(), 'v');
  expect((await reader.read('c')).data).toEqual(Float32Array.of(5));
  expect((await reader.read('larger')).data).toHaveLength(9);
});

test('writes a checkpoint of no tensors', async () => {
  const output = new MemoryOutput();
  await writeCheckpoint(output, 'v', []);
  expect(Object.keys(output.files)).toEqual(['v.data-00000-of-00001', 'v.index']);
  expect((await CheckpointReader.open(output.directory(), 'v')).keys()).toEqual([]);
});

test('gives back tensors larger than any piece, and many small ones between', async () => {
  const output = new MemoryOutput();
  const large = Float32Array.from({length: 2_500_000}, (_, i) => i);
  const half = Float32Array.from({length: 2_500_001}, (_, i) => i % 2048);
  const tensor = (key: string, dtype: DType, data: Float32Array): TensorToSave => ({
    key,
    dtype,
    shape: [data.length],
    read: () => ({dtype, shape: [data.length], data}),
  });
  await writeCheckpoint(output, 'v', [
    floats('first', 1),
    tensor('large', 'float32', large),
    ...Array.from({length: 100}, (_, i) => floats(`small/${i}`, ...Array<number>(1000).fill(i))),
    tensor('half', 'float16', half),
    floats('last', 2),
  ]);
  const reader = await CheckpointReader.open(output.directory(), 'v');
  const same = async (key: string, data: Float32Array) =>
    Buffer.compare(bytesOf((await reader.read(key)).data as NumericArray), bytesOf(data)) === 0;
  expect(await same('large', large)).toBe(true);
  expect(await same('half', half)).toBe(true);
  expect((await reader.read('small/42')).data).toEqual(new Float32Array(1000).fill(42));
  expect((await reader.read('last')).data).toEqual(Float32Array.of(2));
});

test('asks for a tensor when it is its turn, and not before', async () => {
  const events: string[] = [];
  const output = new MemoryOutput();
  const tensors = ['a', 'b', 'c'].map((key) => {
    const tensor = floats(key, ...Array<number>(100_000).fill(1));
    return {
      ...tensor,
      read: () => {
        events.push(`read ${key}`);
        return tensor.read();
      },
    };
  });
  const createFile = output.createFile.bind(output);
  output.createFile = async (path): Promise<FileWriter> => {
    const file = await createFile(path);
    const write = async (bytes: Uint8Array) => {
      events.push(`write ${bytes.length}`);
      await file.write(bytes);
    };
    return {...file, write};
  };
  await writeCheckpoint(output, 'v', tensors);
  expect(events.slice(0, 6)).toEqual(['a', 'b', 'c'].flatMap((key) => [`read ${key}`, 'write 400000']));
});

test.each<[string, TensorToSave[], RegExp]>([
  ['two tensors of one name', [floats('a', 1), floats('a', 2)], /two tensors .* called "a"/],
  [
    'a tensor that is not as announced',
    [{...floats('a', 1), shape: [2]}],
    /tensor "a" was to be float32 \[2\] and turned out to be float32 \[1\]/,
  ],
  [
    'what has no bytes',
    [{key: 'list', dtype: 'variant', shape: [], read: () => variant}],
    /tensor "list" is a variant/,
  ],
])('refuses %s', async (_, tensors, message) => {
  const writing = writeCheckpoint(new MemoryOutput(), 'v', tensors);
  await expect(writing).rejects.toThrowWithMessage(SaveError, message);
});

const variant: HostTensor = {dtype: 'variant', shape: [], data: [{kind: 'nothing'}]};

test('passes on the failure of a write', async () => {
  const output = new MemoryOutput();
  const full = Object.assign(new Error('no space left on device'), {code: 'ENOSPC'});
  output.createFile = async () => ({write: () => Promise.reject(full), close: async () => undefined});
  const large = floats('a', ...Array<number>(100_000).fill(1));
  await expect(writeCheckpoint(output, 'v', [large, {...large, key: 'b'}, floats('c', 1)])).rejects.toBe(
    full,
  );
});
