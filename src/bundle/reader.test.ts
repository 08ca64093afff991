import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {afterAll, describe, expect, test} from 'vitest';
import {FormatError, UnsupportedOpError} from '../errors.js';
import type {NumericArray} from '../host/dtypes.js';
import {DTYPES, type DType, lanes} from '../host/dtypes.js';
import {PackedStrings} from '../host/strings.js';
import {bytesOf} from '../host/tensor_bytes.js';
import {portableCrc32c} from '../platform/crc32c.js';
import {memoryDirectory} from '../platform/memory.js';
import {localDirectory} from '../platform/node.js';
import type {ModelDirectory} from '../platform/platform.js';
import {type CheckpointOptions, CheckpointReader, type CheckpointTensor} from './reader.js';
import {maskChecksum} from './table_format.js';
import {sliceKey} from './tensor_slice.js';
import {concat, fixed32, type TestTensor, writeCheckpoint, writeTable} from './testing/write_table.js';

const FIXTURES = new URL('../../fixtures/checkpoints/', import.meta.url).pathname;

interface ExpectedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: string | readonly string[];
}

interface Expected {
  readonly tensors: Readonly<Record<string, ExpectedTensor>>;
  readonly slices?: readonly (ExpectedTensor & {readonly key: string; readonly slice: string})[];
  readonly unreadable?: readonly string[];
}

const EXPECTED = Object.entries(
  JSON.parse(readFileSync(`${FIXTURES}expected.json`, 'utf8')) as Record<string, Expected>,
);

/** The fixtures, with the index that is compressed in the repository. */
function fixtureDirectory(checkpoint: string): ModelDirectory {
  if (checkpoint !== 'many') return localDirectory(FIXTURES);
  return memoryDirectory({
    'many.index': gunzipSync(readFileSync(`${FIXTURES}many.index.gz`)),
    'many.data-00000-of-00001': readFileSync(`${FIXTURES}many.data-00000-of-00001`),
  });
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function describeTensor({dtype, shape, data}: CheckpointTensor): ExpectedTensor {
  return {
    dtype,
    shape,
    data:
      dtype === 'string'
        ? (data as PackedStrings).toArray().map(base64)
        : base64(bytesOf(data as NumericArray)),
  };
}

describe.each(EXPECTED)('checkpoint "%s" of TensorFlow', (name, expected) => {
  const opened = CheckpointReader.open(fixtureDirectory(name), name);
  afterAll(async () => (await opened).close());

  test.each(Object.keys(expected.tensors))('reads %s', async (key) => {
    const checkpoint = await opened;
    const {dtype, shape} = expected.tensors[key]!;
    expect(checkpoint.entry(key)).toEqual({dtype, shape});
    expect(describeTensor(await checkpoint.read(key))).toEqual(expected.tensors[key]);
  });

  test.each(expected.slices ?? [])('reads the slice $slice of $key', async ({key, slice, ...tensor}) => {
    expect(describeTensor(await (await opened).readSlice(key, slice))).toEqual(tensor);
  });

  test.each(expected.unreadable ?? [])('says why %s cannot be read, when asked for it', async (key) => {
    const checkpoint = await opened;
    expect(checkpoint.entry(key).dtype).toBe('variant');
    await expect(checkpoint.read(key)).rejects.toThrow(UnsupportedOpError);
  });

  test('lists its tensors in order, and no parts of tensors', async () => {
    const keys = (await opened).keys();
    expect(keys).toEqual(expect.arrayContaining(Object.keys(expected.tensors)));
    expect(keys).toHaveLength(
      name === 'many' ? 1500 : Object.keys(expected.tensors).length + (expected.unreadable?.length ?? 0),
    );
    expect(keys).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });
});

test('every dtype that has bytes is among what TensorFlow wrote', () => {
  const written = new Set(
    Object.values(EXPECTED.find(([name]) => name === 'dtypes')![1].tensors).map((t) => t.dtype),
  );
  const storable = (Object.keys(DTYPES) as DType[]).filter(
    (dtype) => dtype !== 'resource' && dtype !== 'variant',
  );
  expect([...written].sort()).toEqual(storable.sort());
});

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const float32 = (key: string, values: number[], entry?: TestTensor['entry']): TestTensor => ({
  key,
  bytes: floats(...values),
  shape: [values.length],
  dtype: DTYPES.float32.enum,
  ...(entry && {entry}),
});

function open(
  files: Readonly<Record<string, Uint8Array>>,
  options?: CheckpointOptions,
): Promise<CheckpointReader> {
  return CheckpointReader.open(memoryDirectory(files), 'ckpt', options);
}

describe('a compressed index', () => {
  const tensors = Array.from({length: 300}, (_, i) =>
    float32(`layer/${String(i).padStart(4, '0')}/kernel`, [i]),
  );

  test.each([1, 16, 1000])('is read (restarts every %i entries)', async (restartInterval) => {
    const files = writeCheckpoint(tensors, {compression: 'snappy', restartInterval, blockEntries: 50});
    const checkpoint = await open(files);
    expect(checkpoint.keys()).toEqual(tensors.map(({key}) => key));
    expect((await checkpoint.read('layer/0299/kernel')).data).toEqual(Float32Array.of(299));
  });
});

describe('a checkpoint of a big-endian machine', () => {
  const header = {endianness: 1} as const;
  const reversed = (width: number, bytes: Uint8Array) =>
    Uint8Array.from(bytes, (_, i) => bytes[i - (i % width) + width - 1 - (i % width)]!);

  test.each([
    ['float32', 4, Float32Array.of(1.5, -2)],
    ['int64', 8, BigInt64Array.of(1n, -(2n ** 40n))],
    ['complex128', 8, Float64Array.of(1, 2, 3, 4)],
    ['uint8', 1, Uint8Array.of(1, 2)],
  ] as const)('has its %s numbers turned around', async (dtype, width, values) => {
    const shape = [values.length / lanes(dtype)];
    const bytes = reversed(width, bytesOf(values));
    const checkpoint = await open(
      writeCheckpoint([{key: 'x', bytes, shape, dtype: DTYPES[dtype].enum}], {header}),
    );
    expect((await checkpoint.read('x')).data).toEqual(values);
  });

  test('has narrow floats turned around before they are widened', async () => {
    const tensor = {
      key: 'x',
      bytes: Uint8Array.of(0x3c, 0x00, 0xc0, 0x00),
      shape: [2],
      dtype: DTYPES.float16.enum,
    };
    const checkpoint = await open(writeCheckpoint([tensor], {header}));
    expect((await checkpoint.read('x')).data).toEqual(Float32Array.of(1, -2));
  });

  test('has strings whose lengths were checksummed as that machine held them', async () => {
    const lengths = Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0);
    const lengthsCrc = portableCrc32c(lengths);
    const checksum = reversed(4, fixed32(maskChecksum(lengthsCrc)));
    const bytes = concat(2, 0, checksum, 'ab');
    const crc = portableCrc32c(concat(checksum, 'ab'), lengthsCrc);
    const tensor = {key: 'x', bytes, shape: [2], dtype: DTYPES.string.enum, crc};
    const checkpoint = await open(writeCheckpoint([tensor], {header}));
    expect((await checkpoint.read('x')).data).toEqual(PackedStrings.of([concat('ab'), concat('')]));
  });
});

describe('a slice', () => {
  const matrix: TestTensor = {
    key: 'x',
    bytes: floats(...Array(20).keys()),
    shape: [4, 5],
    dtype: DTYPES.float32.enum,
  };

  test('is all of the tensor when it is not given', async () => {
    const checkpoint = await open(writeCheckpoint([matrix]));
    expect(await checkpoint.readSlice('x', '')).toEqual(await checkpoint.read('x'));
  });

  test.each([
    '4 5 0,2',
    '4 5 0,5:-',
    '4 5 0,0:-',
    '4 5 -1,2:-',
    '4 5 1:-',
    '4 6 -:-',
    '5 -:-',
    'x',
    '4 5 a,b:-',
  ])('"%s" is refused', async (slice) => {
    const checkpoint = await open(writeCheckpoint([matrix]));
    await expect(checkpoint.readSlice('x', slice)).rejects.toThrow(FormatError);
  });
});

describe('a partitioned tensor', () => {
  const slicesOf = (...extents: [start: number, length: number][]) =>
    extents.map(([start, length]) => ({
      extent: [{start, hasLength: {$case: 'length' as const, value: length}}],
    }));
  const whole = (length: number, ...extents: [number, number][]): TestTensor => ({
    ...float32('v', []),
    shape: [length],
    entry: {slices: slicesOf(...extents)},
  });
  const part = (start: number, ...values: number[]) =>
    float32(sliceKey('v', [{start, length: values.length}]), values);

  test('is put together in the order of its parts’ places', async () => {
    const files = writeCheckpoint([whole(3, [1, 2], [0, 1]), part(1, 20, 30), part(0, 10)]);
    expect((await (await open(files)).read('v')).data).toEqual(Float32Array.of(10, 20, 30));
  });

  test('may be of strings', async () => {
    const stringPart = (start: number, string: string): TestTensor => {
      const lengthsCrc = portableCrc32c(fixed32(string.length));
      const checksum = fixed32(maskChecksum(lengthsCrc));
      return {
        key: sliceKey('v', [{start, length: 1}]),
        bytes: concat(string.length, checksum, string),
        shape: [1],
        dtype: DTYPES.string.enum,
        crc: portableCrc32c(concat(checksum, string), lengthsCrc),
      };
    };
    const full = {...whole(2, [0, 1], [1, 1]), dtype: DTYPES.string.enum};
    const checkpoint = await open(writeCheckpoint([full, stringPart(0, 'left'), stringPart(1, 'right')]));
    expect((await checkpoint.read('v')).data).toEqual(PackedStrings.of([concat('left'), concat('right')]));
  });

  test.each([
    ['lacks a part that is listed', [whole(3, [0, 1], [1, 2]), part(0, 1)]],
    ['lists too few parts', [whole(3, [0, 1]), part(0, 1)]],
    ['has overlapping parts', [whole(3, [0, 2], [1, 1]), part(0, 1, 2), part(1, 3)]],
    ['has a part beyond its end', [whole(3, [0, 2], [2, 2]), part(0, 1, 2), part(2, 3, 4)]],
    ['has a part twice', [whole(4, [0, 2], [0, 2]), part(0, 1, 2)]],
    ['is larger than its parts', [whole(2 ** 30, [0, 2 ** 30]), part(0, 1)]],
    [
      'claims 2 GiB in one part',
      [whole(2 ** 29, [0, 2 ** 29]), {...part(0, 1), key: sliceKey('v', [{start: 0, length: 2 ** 29}])}],
    ],
    ['has a part of another dtype', [whole(2, [0, 2]), {...part(0, 1, 2), dtype: DTYPES.int32.enum}]],
    [
      'is a part of itself',
      [whole(2, [0, 2]), {...part(0, 1, 2), bytes: floats(), entry: {slices: slicesOf([0, 2])}}],
    ],
  ])('that %s is corrupt', async (_, tensors) => {
    const checkpoint = await open(writeCheckpoint(tensors));
    await expect(checkpoint.read('v')).rejects.toThrow(FormatError);
  });
});

describe('a damaged or impossible checkpoint', () => {
  const x = float32('x', [1, 2]);

  test('whose data do not match their checksum is refused, unless that is not to be verified', async () => {
    const files = writeCheckpoint([x]);
    files['ckpt.data-00000-of-00001'][0]! ^= 1;
    await expect((await open(files)).read('x')).rejects.toThrowWithMessage(
      FormatError,
      /"x" .* checksum is wrong/,
    );
    expect(await (await open(files, {verifyChecksums: false})).read('x')).toMatchObject({shape: [2]});
  });

  test.each([
    ['claims 2 GiB', {shape: {dim: [{size: 2 ** 29, name: ''}], unknownRank: false}, size: 2 ** 31}],
    ['is beyond the end of the data', {offset: 1}],
    ['is in a data file that is missing', {shardId: 1}],
  ])('whose tensor %s is refused at once', async (_, entry) => {
    const header = {numShards: 2};
    const files = writeCheckpoint([{...x, entry}], {header});
    const directory = {
      'ckpt.index': files['ckpt.index'],
      'ckpt.data-00000-of-00002': files['ckpt.data-00000-of-00001'],
    };
    await expect((await open(directory)).read('x')).rejects.toThrow(FormatError);
  });

  const dims = (...sizes: number[]) => ({dim: sizes.map((size) => ({size, name: ''})), unknownRank: false});

  test.each([
    ['shape and size contradict each other', {size: 4}],
    ['shape has a negative dimension', {shape: dims(-1, -2)}],
    ['shape has no rank', {shape: {dim: [], unknownRank: true}}],
    ['shape has more elements than can be counted', {shape: dims(2 ** 40, 2 ** 40), size: 8}],
    ['place is before the start', {offset: -1}],
    ['data file does not exist', {shardId: 1}],
    ['data file has a negative number', {shardId: -1}],
  ])('whose %s is refused when it is opened', async (_, entry) => {
    await expect(open(writeCheckpoint([{...x, entry}]))).rejects.toThrow(FormatError);
  });

  test('whose tensors share bytes is refused when it is opened', async () => {
    const y = float32('y', [3, 4], {offset: 4});
    await expect(open(writeCheckpoint([x, y]))).rejects.toThrowWithMessage(FormatError, /overlaps/);
  });

  test.each([
    ['no header', undefined, /no header/],
    ['a format of the future', {version: {producer: 9, minConsumer: 2, badConsumers: []}}, /version 2/],
    ['no data files', {numShards: 0}, /0 data files/],
  ])('with %s is refused', async (_, header, message) => {
    const files = header
      ? writeCheckpoint([x], {header})
      : {'ckpt.index': writeTable([['x', new Uint8Array(0)]])};
    await expect(open(files)).rejects.toThrowWithMessage(FormatError, message);
  });

  test('that is not there is named', async () => {
    await expect(open({})).rejects.toThrowWithMessage(
      FormatError,
      /memory has no checkpoint "ckpt": there is no ckpt.index/,
    );
  });

  test('has no tensor of a name that is not in it', async () => {
    const checkpoint = await open(writeCheckpoint([x]));
    expect(checkpoint.has('x')).toBe(true);
    expect(checkpoint.has('y')).toBe(false);
    expect(() => checkpoint.entry('y')).toThrow(FormatError);
  });

  test('with a tensor of an unknown dtype has its others', async () => {
    const checkpoint = await open(writeCheckpoint([x, {...float32('y', [1]), dtype: 99}]));
    expect((await checkpoint.read('x')).data).toEqual(Float32Array.of(1, 2));
    await expect(checkpoint.read('y')).rejects.toThrowWithMessage(FormatError, /unknown dtype number 99/);
  });
});

test('tensors larger than one piece are read whole, and concurrently', async () => {
  const length = 3 * 2 ** 20 + 5;
  const large = (key: string, seed: number): TestTensor => ({
    key,
    bytes: bytesOf(Float32Array.from({length}, (_, i) => i * seed)),
    shape: [length],
    dtype: DTYPES.float32.enum,
  });
  const tensors = [large('a', 1), large('b', 2)];
  const checkpoint = await open(writeCheckpoint(tensors));
  const read = await Promise.all(['a', 'b', 'a'].map((key) => checkpoint.read(key)));
  for (const [i, tensor] of [tensors[0]!, tensors[1]!, tensors[0]!].entries()) {
    expect(Buffer.compare(bytesOf(read[i]!.data as Float32Array), tensor.bytes)).toBe(0);
  }
});
