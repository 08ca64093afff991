import {describe, expect, test} from 'vitest';
import {FormatError} from '../errors.js';
import {memoryDirectory} from '../platform/memory.js';
import {SortedTable} from './table.js';
import {maskChecksum, TRAILER_BYTES, unmaskChecksum} from './table_format.js';
import {
  concat,
  fixed32,
  sealBlock,
  type TableOptions,
  writeBlock,
  writeFooter,
  writeTable,
} from './testing/write_table.js';

async function scan(file: Uint8Array): Promise<[string, string][]> {
  const handle = (await memoryDirectory({file}).open('file'))!;
  const table = await SortedTable.open(handle, 'the table');
  const entries: [string, string][] = [];
  await table.scan((key, value) => entries.push([key, new TextDecoder().decode(value)]));
  return entries;
}

/** A table of one data block with these contents. */
function tableOf(contents: Uint8Array, handle = concat(0, contents.length)): Uint8Array {
  const block = sealBlock(contents);
  const index = sealBlock(writeBlock([['~', handle]]));
  return concat(block, index, writeFooter(block.length, index.length - TRAILER_BYTES));
}

const entries = Array.from(
  {length: 200},
  (_, i) => [`key/${String(i).padStart(3, '0')}`, concat(`value ${i}`)] as const,
);

test.each<TableOptions>([
  {},
  {blockEntries: 1},
  {blockEntries: 7, restartInterval: 3},
  {compression: 'snappy'},
  {compression: 'snappy', blockEntries: 200, restartInterval: 1},
])('yields every entry in order, written with %o', async (options) => {
  const expected = entries.map(([key, value]) => [key, new TextDecoder().decode(value)]);
  expect(await scan(writeTable(entries, options))).toEqual(expected);
});

test('has keys of any bytes, ordered as bytes are', async () => {
  const keys = ['', '\0', '\0\xff', 'a', 'a\0', 'b', '\xff', '\xff\xff'];
  const file = writeTable(keys.map((key) => [key, concat('v')]));
  expect((await scan(file)).map(([key]) => key)).toEqual(keys);
});

test('blocks larger than what is read at once are whole', async () => {
  const large = 'v'.repeat(3 * 2 ** 20);
  const file = writeTable(
    [
      ['a', concat(large)],
      ['b', concat('small')],
      ['c', concat(large)],
    ],
    {blockEntries: 1},
  );
  expect(await scan(file)).toEqual([
    ['a', large],
    ['b', 'small'],
    ['c', large],
  ]);
});

describe('is refused', () => {
  test.each([
    [
      'a key out of order',
      writeTable([
        ['b', concat('')],
        ['a', concat('')],
      ]),
    ],
    [
      'a key twice',
      writeTable(
        [
          ['a', concat('')],
          ['a', concat('')],
        ],
        {blockEntries: 1},
      ),
    ],
    ['a key that shares more than there is', tableOf(concat(1, 0, 0, fixed32(0), fixed32(1)))],
    ['a key longer than its block', tableOf(concat(0, 9, 0, 'k', fixed32(0), fixed32(1)))],
    ['a value longer than its block', tableOf(concat(0, 1, 9, 'k', fixed32(0), fixed32(1)))],
    ['more restart points than fit', tableOf(concat(0, 1, 0, 'k', fixed32(0), fixed32(9)))],
    ['a block without restart points', tableOf(fixed32(0))],
    ['an empty block', tableOf(new Uint8Array(0))],
    ['a block beyond the end', tableOf(writeBlock([['k', concat('')]]), concat(0, 1000))],
    ['a block of an unknown compression', tableOf(concat('block'), concat(0, 5)).fill(7, 5, 6)],
  ])('%s', async (_, file) => {
    await expect(scan(file)).rejects.toThrow(FormatError);
  });

  test('the same block twice', async () => {
    const block = sealBlock(writeBlock([['k', concat('')]]));
    const handle = concat(0, block.length - TRAILER_BYTES);
    const index = sealBlock(
      writeBlock([
        ['l', handle],
        ['m', handle],
      ]),
    );
    const file = concat(block, index, writeFooter(block.length, index.length - TRAILER_BYTES));
    await expect(scan(file)).rejects.toThrowWithMessage(FormatError, /blocks overlap/);
  });

  test('a file that is no table, with its name', async () => {
    await expect(scan(new Uint8Array(100))).rejects.toThrowWithMessage(
      FormatError,
      /the table is truncated or is no checkpoint index/,
    );
    await expect(scan(new Uint8Array(10))).rejects.toThrowWithMessage(FormatError, /the table is truncated/);
  });
});

// The value that LevelDB's crc32c_test.cc masks is only asserted to differ; this one is redone by hand:
// 0x12345678 rotated right by 15 is 0xacf02468, plus 0xa282ead8 is 0x14f730f40.
test('checksums are masked as LevelDB does', () => {
  expect(maskChecksum(0x12345678)).toBe(0x4f730f40);
  for (const crc of [0, 1, 0x12345678, 0x80000000, 0xffffffff])
    expect(unmaskChecksum(maskChecksum(crc))).toBe(crc);
});
