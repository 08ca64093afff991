import {describe, expect, it} from 'vitest';
import {FormatError} from '../errors.js';
import {memoryDirectory} from '../platform/memory.js';
import {RecordFile} from './riegeli.js';
import {type RiegeliOptions, writeRiegeli} from './testing/write_riegeli.js';

async function open(bytes: Uint8Array): Promise<RecordFile> {
  const file = await memoryDirectory({'a.cpb': bytes}).open('a.cpb');
  return RecordFile.open(file!, 'a.cpb');
}

/** Records of the given sizes, no two alike. */
function recordsOf(...sizes: number[]): Uint8Array[] {
  return sizes.map((size, i) =>
    Uint8Array.from({length: size}, (_, j) => (i * 31 + j * 7 + (j >> 8)) & 0xff),
  );
}

/** The signature chunk, as the specification of the format prints it. */
const SIGNATURE = Buffer.from(
  '83af70d10d884a3f00000000000000004000000000000000' +
    '91bac23c9287e1a90000000000000000e19f13c0e9b1c37273000000000000000000000000000000',
  'hex',
);

describe('Riegeli record files', () => {
  it('begin as the specification says', () => {
    expect(Buffer.from(writeRiegeli([]).bytes)).toEqual(SIGNATURE);
  });

  const layouts: Record<string, [number[], RiegeliOptions]> = {
    'one record': [[10], {}],
    'no compression': [[10, 0, 3], {compression: 'none'}],
    'several chunks': [[1000, 2000, 10, 4000], {chunkSize: 1500}],
    'chunks over block boundaries': [[70_000, 200_000, 5, 66_000], {compression: 'none', chunkSize: 1}],
    'many empty records': [new Array(3000).fill(0), {}],
    // 65536 - 64 (signature) - 40 (header) - 5 (compression, sizes) = 65427 ends just at the block boundary.
    'chunk ends around a block boundary': [[65_400], {compression: 'none'}],
  };
  for (let size = 65_415; size < 65_460; size++) {
    layouts[`chunk of ${size} bytes`] = [[size, 9], {compression: 'none', chunkSize: 1}];
  }
  for (const [name, [sizes, options]] of Object.entries(layouts)) {
    it(`are read: ${name}`, async () => {
      const records = recordsOf(...sizes);
      const {bytes, positions} = writeRiegeli(records, options);
      const file = await open(bytes);
      for (const [i, record] of records.entries())
        expect(Buffer.compare(await file.at(positions[i]!), record)).toBe(0);
      expect(await file.last()).toEqual(records.at(-1));
    });
  }

  it('have no record where none begins', async () => {
    const {bytes, positions} = writeRiegeli(recordsOf(10, 20));
    const file = await open(bytes);
    for (const position of [0, 63, positions[1]! + 1, bytes.length, 2 ** 52]) {
      await expect(file.at(position)).rejects.toThrowWithMessage(FormatError, /no record is at position/);
    }
    await expect((await open(SIGNATURE)).last()).rejects.toThrowWithMessage(
      FormatError,
      /there are no records/,
    );
  });

  it('name what they use that is not supported', async () => {
    const records = recordsOf(10);
    await expect(open(writeRiegeli(records, {chunkType: 't'}).bytes)).rejects.toThrowWithMessage(
      FormatError,
      /transposed chunks/,
    );
    await expect(open(writeRiegeli(records, {chunkType: 'x'}).bytes)).rejects.toThrowWithMessage(
      FormatError,
      /unknown type 'x'/,
    );
    const zstd = await open(writeRiegeli(records, {compressionByte: 0x7a}).bytes);
    await expect(zstd.last()).rejects.toThrowWithMessage(
      FormatError,
      /a\.cpb cannot be read: it is compressed with zstd/,
    );
    await expect(open(Buffer.from('PK'.repeat(100)))).rejects.toThrowWithMessage(
      FormatError,
      /not a Riegeli record file/,
    );
  });

  it('are refused when they claim more than they can hold', async () => {
    const bomb = writeRiegeli([new Uint8Array(80 * 1024 * 1024)]).bytes;
    expect(bomb.length).toBeLessThan(10_000);
    await expect(open(bomb)).rejects.toThrowWithMessage(FormatError, /cannot hold records of 83886080 bytes/);
    await expect(open(writeRiegeli(recordsOf(10), {decodedSize: 2 ** 52}).bytes)).rejects.toThrow(
      FormatError,
    );
    const less = await open(writeRiegeli(recordsOf(10), {decodedSize: 9}).bytes);
    await expect(less.last()).rejects.toThrowWithMessage(
      FormatError,
      /says it has 10 bytes, which can be 9 at most/,
    );
    const more = await open(writeRiegeli(recordsOf(10), {decodedSize: 11}).bytes);
    await expect(more.last()).rejects.toThrowWithMessage(FormatError, /has records missing/);
  });

  it('are refused at every truncation and every changed byte, but for what no checksum covers', async () => {
    const records = recordsOf(500, 40, 1000);
    const {bytes} = writeRiegeli(records, {chunkSize: 600});
    const readAll = async (damaged: Uint8Array) => {
      const file = await open(damaged);
      return file.last();
    };
    let refused = 0;
    for (let length = 1; length < bytes.length; length++) {
      // Cut between two chunks, the file is whole but ends early.
      const last = await readAll(bytes.slice(0, length)).catch((error: unknown) => {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
        return undefined;
      });
      if (last !== undefined) expect(last).toEqual(records[1]);
    }
    let changedRefused = 0;
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i]! ^= 0x10;
      const last = await readAll(damaged).catch((error: unknown) => {
        expect(error).toBeInstanceOf(FormatError);
        changedRefused++;
        return undefined;
      });
      if (last !== undefined) expect(last).toEqual(records.at(-1));
    }
    console.info(
      `${bytes.length - 1} truncations, ${refused} refused; ${bytes.length} changed bytes, ${changedRefused} refused`,
    );
    expect(refused).toBeGreaterThan(bytes.length - 10);
  });
});
