/**
 * Reads a sorted table: the file format of a checkpoint's index (see `table_format.ts`).
 *
 * Keys are byte strings (see `byte_string.ts`).
 *
 * @module
 */

import {type snappyUncompress, snappyUncompressor} from 'hysnappy';
import {FormatError} from '../errors.js';
import {getPlatform} from '../platform/current.js';
import type {FileHandle} from '../platform/platform.js';
import {otherFileContent} from '../proto/other_content.js';
import {ByteReader} from './byte_reader.js';
import {byteStringOf} from './byte_string.js';
import {COMPRESSION, FOOTER_BYTES, TABLE_MAGIC, TRAILER_BYTES, unmaskChecksum} from './table_format.js';

/** Blocks are a few KB each: so much of a file is read at once. */
const WINDOW_BYTES = 2 ** 20;

/** Snappy's densest element makes 64 bytes from 3. */
const MAX_SNAPPY_RATIO = 22;

/**
 * Keys of a block share prefixes, but writers spell one out at least every 16 entries. A table whose keys grow beyond
 * this multiple of its blocks was made to exhaust memory.
 */
const MAX_KEY_RATIO = 64;

/** Called for each entry; `value` is a view that stays valid. */
export type TableVisitor = (key: string, value: Uint8Array) => void;

interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

let uncompress: typeof snappyUncompress | undefined;

/** A table in an open file, which has to stay open while the table is read. */
export class SortedTable {
  readonly #file: FileHandle;
  readonly #name: string;
  readonly #index: BlockHandle;
  /** What was read last; blocks are cut out of it. */
  #window = new Uint8Array(0);
  #windowOffset = 0;

  private constructor(file: FileHandle, name: string, index: BlockHandle) {
    this.#file = file;
    this.#name = name;
    this.#index = index;
  }

  /**
   * Reads the footer.
   *
   * @param name - Names the file in errors.
   * @throws FormatError when the file is no table.
   */
  static async open(file: FileHandle, name: string): Promise<SortedTable> {
    if (file.size < FOOTER_BYTES) {
      throw new FormatError(`${name} is truncated: ${file.size} bytes are too few for a table`);
    }
    const footer = new Uint8Array(FOOTER_BYTES);
    await file.readInto(footer, file.size - FOOTER_BYTES);
    const magic = footer.subarray(FOOTER_BYTES - TABLE_MAGIC.length);
    if (magic.some((byte, i) => byte !== TABLE_MAGIC[i])) {
      const other = (await otherFileContent(file)) ?? 'it does not end as one does';
      throw new FormatError(`${name} is truncated or is no checkpoint index: ${other}`);
    }
    const reader = new ByteReader(footer, `the footer of ${name}`);
    readHandle(reader); // The metaindex, which TensorFlow leaves empty.
    return new SortedTable(file, name, readHandle(reader));
  }

  /**
   * Visits every entry in the order of the keys, each larger than the one before.
   *
   * @throws FormatError when a checksum is wrong or anything in the file contradicts the format.
   */
  async scan(visit: TableVisitor): Promise<void> {
    const blocks: BlockHandle[] = [];
    const index = await this.#readBlock(this.#index);
    const names = new KeyOrder(this.#name);
    names.grant(index.length);
    this.#visitBlock(index, names, (_key, value) => {
      blocks.push(readHandle(new ByteReader(value, `a block handle of ${this.#name}`)));
    });
    const keys = new KeyOrder(this.#name);
    let end = 0;
    for (const block of blocks) {
      if (block.offset < end) throw new FormatError(`${this.#name} is corrupt: its blocks overlap`);
      end = block.offset + block.size + TRAILER_BYTES;
      const contents = await this.#readBlock(block);
      keys.grant(contents.length);
      this.#visitBlock(contents, keys, visit);
    }
  }

  /** Entries, then the positions of those whose key is spelled out, then how many these are. */
  #visitBlock(block: Uint8Array, keys: KeyOrder, visit: TableVisitor): void {
    const what = `a block of ${this.#name}`;
    const reader = new ByteReader(block, what);
    if (block.length >= 4) reader.position = block.length - 4;
    const restarts = reader.fixed32();
    const entriesEnd = block.length - 4 - 4 * restarts;
    if (restarts === 0 || entriesEnd < 0) {
      throw new FormatError(
        `${what} is corrupt: ${block.length} bytes cannot have ${restarts} restart points`,
      );
    }
    const entries = new ByteReader(block.subarray(0, entriesEnd), what);
    let key = '';
    while (entries.remaining > 0) {
      const shared = entries.varint();
      const unshared = entries.varint();
      const valueLength = entries.varint();
      if (shared > key.length) {
        throw new FormatError(`${what} is corrupt: a key shares ${shared} of ${key.length} bytes`);
      }
      key = key.slice(0, shared) + byteStringOf(entries.take(unshared));
      keys.accept(key);
      visit(key, entries.take(valueLength));
    }
  }

  async #readBlock({offset, size}: BlockHandle): Promise<Uint8Array> {
    const stored = await this.#read(offset, size + TRAILER_BYTES);
    const trailer = new ByteReader(stored.subarray(size), this.#name);
    const compression = trailer.take(1)[0]!;
    const checksum = unmaskChecksum(trailer.fixed32());
    if (getPlatform().crc32c(stored.subarray(0, size + 1)) !== checksum) {
      throw new FormatError(`${this.#name} is corrupt: the checksum of the block at byte ${offset} is wrong`);
    }
    const contents = stored.subarray(0, size);
    if (compression === COMPRESSION.none) return contents;
    if (compression === COMPRESSION.snappy) return this.#uncompress(contents);
    throw new FormatError(`${this.#name} has a block of the unknown compression ${compression}`);
  }

  #uncompress(compressed: Uint8Array): Uint8Array {
    const length = new ByteReader(compressed, `a block of ${this.#name}`).varint();
    if (length > compressed.length * MAX_SNAPPY_RATIO) {
      throw new FormatError(
        `${this.#name} is corrupt: ${compressed.length} compressed bytes claim to be ${length}`,
      );
    }
    uncompress ??= snappyUncompressor();
    try {
      return uncompress(compressed, length);
    } catch (cause) {
      throw new FormatError(`${this.#name} is corrupt: a block cannot be uncompressed`, {cause});
    }
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    const blocksEnd = this.#file.size - FOOTER_BYTES;
    if (offset + length > blocksEnd) {
      throw new FormatError(
        `${this.#name} is truncated or corrupt: a block ends at byte ${offset + length} of ${blocksEnd}`,
      );
    }
    const start = offset - this.#windowOffset;
    if (start < 0 || start + length > this.#window.length) {
      // A new array each time: what was handed out of the old one stays valid.
      this.#window = new Uint8Array(Math.max(length, Math.min(WINDOW_BYTES, blocksEnd - offset)));
      this.#windowOffset = offset;
      await this.#file.readInto(this.#window, offset);
    }
    return this.#window.subarray(offset - this.#windowOffset, offset - this.#windowOffset + length);
  }
}

/** Sees to it that keys ascend, and that they are not out of proportion to the bytes they come from. */
class KeyOrder {
  readonly #name: string;
  #last: string | undefined;
  #budget = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Allows for the keys in `bytes` more. */
  grant(bytes: number): void {
    this.#budget += bytes * MAX_KEY_RATIO;
  }

  accept(key: string): void {
    this.#budget -= key.length;
    if (this.#budget < 0) throw new FormatError(`${this.#name} is corrupt: its keys are out of proportion`);
    if (this.#last !== undefined && key <= this.#last) {
      throw new FormatError(`${this.#name} is corrupt: its keys are not in order`);
    }
    this.#last = key;
  }
}

function readHandle(reader: ByteReader): BlockHandle {
  return {offset: reader.varint(), size: reader.varint()};
}
