/**
 * Damaged and hostile checkpoints: each is refused with a FormatError or read correctly, at once and in little memory.
 */

import {readdirSync, readFileSync} from 'node:fs';
import {afterAll, describe, expect, test} from 'vitest';
import {FormatError} from '../errors.js';
import type {PackedStrings} from '../host/strings.js';
import {bytesOf} from '../host/tensor_bytes.js';
import {memoryDirectory} from '../platform/memory.js';
import {startCpuTime} from '../testing/cpu_time.js';
import '../platform/node.js';
import type {NumericArray} from '../host/dtypes.js';
import {encodeMessage} from '../proto/decode.js';
import {
  BundleEntryProto,
  BundleHeaderProto,
} from '../proto/generated/tensorflow/core/protobuf/tensor_bundle.js';
import {collectGarbage} from '../testing/collect_garbage.js';
import {CheckpointReader} from './reader.js';
import {FOOTER_BYTES, TRAILER_BYTES} from './table_format.js';
import {sliceKey} from './tensor_slice.js';
import {
  concat,
  entryProto,
  fixed32,
  sealBlock,
  writeBlock,
  writeCheckpoint,
  writeFooter,
  writeTable,
} from './testing/write_table.js';

type Files = Readonly<Record<string, Uint8Array>>;

const FIXTURES = new URL('../../fixtures/checkpoints/', import.meta.url).pathname;
/** Of processor time: what the machine does besides is no matter. */
const MAX_MILLISECONDS = 2000;
const MAX_BYTES = 500e6;

const counts = {refused: 0, correct: 0, different: 0};
let slowest = 0;
const memoryBefore = process.memoryUsage().rss;

afterAll(() => {
  const total = counts.refused + counts.correct + counts.different;
  const grown = Math.max(0, process.memoryUsage().rss - memoryBefore) / 1e6;
  console.log(
    `${total} damaged checkpoints: ${counts.refused} refused, ${counts.correct} read correctly, ` +
      `${counts.different} as their matching checksums say; slowest ${slowest.toFixed(0)} ms, ` +
      `${grown.toFixed(0)} MB more memory`,
  );
});

/** Every tensor that can be read, in a form that compares. */
async function readAll(files: Files, prefix: string): Promise<string> {
  const checkpoint = await CheckpointReader.open(memoryDirectory(files), prefix);
  const tensors = [];
  for (const key of checkpoint.keys()) {
    if (key === 'variant') continue;
    const {dtype, shape, data} = await checkpoint.read(key);
    const bytes = dtype === 'string' ? (data as PackedStrings).toArray() : [bytesOf(data as NumericArray)];
    tensors.push([key, dtype, shape, bytes.map((part) => Buffer.from(part).toString('base64'))]);
  }
  return JSON.stringify(tensors);
}

/**
 * Reads damaged files and counts what came of it.
 *
 * @param truth - What the undamaged files hold; without it, any result is as good as another, because the checksums
 *     were made to match.
 */
async function attempt(what: string, files: Files, prefix: string, truth?: string): Promise<void> {
  const before = process.memoryUsage.rss();
  const elapsed = startCpuTime();
  try {
    const result = await readAll(files, prefix);
    if (truth !== undefined && result !== truth)
      throw new Error(`${what}: read without an error, but wrongly`);
    counts[truth === undefined ? 'different' : 'correct']++;
  } catch (error) {
    if (!(error instanceof FormatError)) throw new Error(`${what}: ${error}`, {cause: error});
    counts.refused++;
  }
  const milliseconds = elapsed();
  slowest = Math.max(slowest, milliseconds);
  expect(milliseconds, what).toBeLessThan(MAX_MILLISECONDS);
  expect(process.memoryUsage.rss() - before, what).toBeLessThan(MAX_BYTES);
}

/** Thousands of checkpoints leave nothing behind. */
function expectLittleMemory(): void {
  collectGarbage();
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(MAX_BYTES);
}

function withFile(files: Files, path: string, bytes: Uint8Array): Files {
  return {...files, [path]: bytes};
}

function flipped(bytes: Uint8Array, position: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[position]! ^= mask;
  return copy;
}

function fixture(name: string): Files {
  const names = readdirSync(FIXTURES).filter((file) => file.startsWith(`${name}.`));
  return Object.fromEntries(names.map((file) => [file, new Uint8Array(readFileSync(FIXTURES + file))]));
}

const compressed = writeCheckpoint(
  Array.from({length: 40}, (_, i) => ({key: `layer/${i}`, bytes: Uint8Array.of(i, 0), shape: [2], dtype: 4})),
  {compression: 'snappy', blockEntries: 10},
);

describe.each([
  ['partitioned', fixture('partitioned')],
  ['dtypes', fixture('dtypes')],
  ['shards', fixture('shards')],
  ['ckpt', compressed],
] as const)('checkpoint "%s"', (prefix, files: Files) => {
  const truth = readAll(files, prefix);
  const everyByte = Object.entries(files).flatMap(([path, bytes]) =>
    Array.from(bytes, (_, position) => ({path, bytes, position})),
  );

  test('cut off anywhere', async () => {
    for (const {path, bytes, position} of everyByte) {
      const cut = withFile(files, path, bytes.subarray(0, position));
      await attempt(`${path} cut to ${position} bytes`, cut, prefix, await truth);
    }
    expectLittleMemory();
  });

  test('with any byte changed', async () => {
    for (const {path, bytes, position} of everyByte) {
      for (const mask of path.endsWith('.index') ? [0x01, 0x10, 0x80, 0xff] : [0x01, 0x80]) {
        const damaged = withFile(files, path, flipped(bytes, position, mask));
        await attempt(`${path} with byte ${position} xor ${mask}`, damaged, prefix, await truth);
      }
    }
    expectLittleMemory();
  });

  test('with a file missing', async () => {
    for (const path of Object.keys(files)) {
      const {[path]: _, ...rest} = files;
      await attempt(`without ${path}`, rest, prefix, await truth);
    }
  });
});

/** As TensorFlow has sizes, positions and numbers of elements: up to 64 bits, and just past what is safe. */
const HUGE = [
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];

describe('with checksums that match, and a huge number', () => {
  const index = compressed['ckpt.index'];
  const plain = writeCheckpoint([
    {key: 'a', bytes: new Uint8Array(8), shape: [2], dtype: 1},
    {key: 'b', bytes: new Uint8Array(3), shape: [3], dtype: 4},
  ]);
  const contentsOf = (file: Uint8Array) => {
    // One data block, then the index block: writeCheckpoint makes no more of so few tensors.
    const footer = file.subarray(-FOOTER_BYTES);
    const offset = footer[2]!;
    return {
      data: file.subarray(0, offset - TRAILER_BYTES),
      index: file.subarray(offset, offset + footer[3]!),
    };
  };
  const {data, index: indexBlock} = contentsOf(plain['ckpt.index']);

  test('in place of any byte of a data block', async () => {
    await expect(readAll(plain, 'ckpt')).resolves.toContain('"b"');
    for (let position = 0; position < data.length; position++) {
      for (const huge of HUGE) {
        const block = sealBlock(concat(data.subarray(0, position), huge, data.subarray(position + 1)));
        const handle = concat(0, block.length - TRAILER_BYTES);
        const top = sealBlock(
          concat(0, 1, handle.length, 'b', handle, new Uint8Array(4), Uint8Array.of(1, 0, 0, 0)),
        );
        const table = concat(block, top, writeFooter(block.length, top.length - TRAILER_BYTES));
        await attempt(`${huge} at byte ${position}`, withFile(plain, 'ckpt.index', table), 'ckpt');
      }
    }
    expectLittleMemory();
  });

  test('in place of any byte of the index block', async () => {
    for (let position = 0; position < indexBlock.length; position++) {
      for (const huge of HUGE) {
        const block = sealBlock(data);
        const top = sealBlock(
          concat(indexBlock.subarray(0, position), huge, indexBlock.subarray(position + 1)),
        );
        const table = concat(block, top, writeFooter(block.length, top.length - TRAILER_BYTES));
        await attempt(`${huge} at byte ${position}`, withFile(plain, 'ckpt.index', table), 'ckpt');
      }
    }
    expectLittleMemory();
  });

  test('as the place or size of the index block', async () => {
    const body = index.subarray(0, -FOOTER_BYTES);
    for (const huge of HUGE) {
      for (const footer of [writeFooter(huge, 10), writeFooter(10, huge), writeFooter(huge, huge)]) {
        await attempt(`footer ${huge}`, withFile(compressed, 'ckpt.index', concat(body, footer)), 'ckpt');
      }
    }
  });

  test('as the size of a compressed block', async () => {
    for (const huge of [...HUGE, 2n ** 20n, 2n ** 28n]) {
      const typed = concat(huge, Uint8Array.of(0, 65));
      const top = sealBlock(new Uint8Array(0));
      const block = concat(typed, Uint8Array.of(1), top.subarray(1));
      const table = concat(block, writeFooter(0, typed.length));
      await attempt(`snappy ${huge}`, withFile(compressed, 'ckpt.index', table), 'ckpt');
    }
  });

  /** Tag bytes of `BundleEntryProto`, and of a slice's extent within `slices`. */
  const ENTRY_FIELDS = {dtype: 0x08, shard: 0x18, offset: 0x20, size: 0x28};
  const field = (tag: number, value: Uint8Array) => concat(tag, value.length, value);
  const dimension = (size: bigint) => field(0x12, field(0x12, concat(0x08, size)));
  const extent = (start: bigint, length: bigint) =>
    field(0x3a, field(0x0a, concat(0x08, start, 0x10, length)));

  /** In a message, the last of several values of a field counts. */
  function withEntryFields(fields: Uint8Array): Files {
    const tensor = {key: 'x', bytes: new Uint8Array(4), shape: [], dtype: 1};
    const header = encodeMessage(BundleHeaderProto, {numShards: 1, endianness: 0, version: undefined});
    const entry = encodeMessage(BundleEntryProto, entryProto(tensor, 0));
    const table = writeTable([
      ['', header],
      ['x', concat(entry, fields)],
    ]);
    return withFile(writeCheckpoint([tensor]), 'ckpt.index', table);
  }

  test('in any field of an entry', async () => {
    await expect(readAll(withEntryFields(concat()), 'ckpt')).resolves.toContain('float32');
    for (const huge of HUGE) {
      const fields: Record<string, Uint8Array> = {
        'the slice start': concat(dimension(4n), extent(huge, 1n)),
        'the slice length': concat(dimension(huge), extent(0n, huge)),
      };
      for (const [name, tag] of Object.entries(ENTRY_FIELDS)) fields[name] = concat(tag, huge);
      for (const dtype of [1, 7, 10]) {
        const claimed = concat(0x08, dtype, 0x28, huge);
        fields[`the dimension of dtype ${dtype}`] = concat(0x08, dtype, dimension(huge));
        fields[`the dimension and size of dtype ${dtype}`] = concat(claimed, dimension(huge));
        fields[`both dimensions and the size of dtype ${dtype}`] = concat(
          claimed,
          dimension(huge),
          dimension(huge),
        );
      }
      for (const [name, bytes] of Object.entries(fields)) {
        await attempt(`${huge} as ${name}`, withEntryFields(bytes), 'ckpt');
      }
    }
    expectLittleMemory();
  });

  test('as the length of a string', async () => {
    for (const huge of HUGE) {
      const bytes = concat(huge, new Uint8Array(8), 'text');
      const tensor = {key: 'x', bytes, shape: [1], dtype: 7};
      await attempt(`string ${huge}`, writeCheckpoint([tensor]), 'ckpt');
    }
  });
});

describe('made to exhaust memory or time', () => {
  test('keys that repeat a long prefix without spelling it out', async () => {
    const length = 2 ** 16;
    const keys = Array.from({length: 20_000}, (_, i) => concat(length, 6, 0, String(i).padStart(6, '0')));
    const contents = concat(0, length, 0, 'p'.repeat(length), ...keys, fixed32(0), fixed32(1));
    const block = sealBlock(contents);
    const handle = concat(0, contents.length);
    const top = sealBlock(writeBlock([['q', handle]]));
    const table = concat(block, top, writeFooter(block.length, top.length - TRAILER_BYTES));
    await attempt('long keys', {'ckpt.index': table}, 'ckpt');
    expectLittleMemory();
  });

  test('a tensor of many overlapping parts', async () => {
    const count = 3000;
    const ranges = Array.from({length: count}, (_, i) => ({start: 0, length: i + 1}));
    const slices = ranges.map(({start, length}) => ({
      extent: [{start, hasLength: {$case: 'length' as const, value: length}}],
    }));
    const shape = [count];
    const whole = {key: 'v', bytes: new Uint8Array(0), shape, dtype: 4, entry: {slices}};
    const parts = ranges.map((range) => ({
      key: sliceKey('v', [range]),
      bytes: new Uint8Array(range.length),
      shape: [range.length],
      dtype: 4,
    }));
    await attempt('overlapping parts', writeCheckpoint([whole, ...parts]), 'ckpt');
    expectLittleMemory();
  });

  test('tensors that all claim the same bytes', async () => {
    const tensors = Array.from({length: 1000}, (_, i) => ({
      key: `t${i}`,
      bytes: i === 0 ? new Uint8Array(2 ** 20) : new Uint8Array(0),
      shape: [2 ** 20],
      dtype: 4,
      entry: {offset: 0, size: 2 ** 20},
    }));
    await attempt('aliases', writeCheckpoint(tensors), 'ckpt');
    expectLittleMemory();
  });
});
