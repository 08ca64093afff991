/**
 * Reads Riegeli record files, the container of split SavedModels (`saved_model.cpb`).
 *
 * Format: google/riegeli, `doc/riegeli_records_file_format.md`. Read are simple chunks, stored plainly or compressed
 * with Brotli: what TensorFlow writes (`RecordWriter` with its default options). Every checksum is verified.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import type {FileHandle} from '../platform/platform.js';
import {BinaryReader} from './wire.js';

const BLOCK = 0x1_0000;
const BLOCK_HEADER = 24;
const USABLE_BLOCK = BLOCK - BLOCK_HEADER;
const CHUNK_HEADER = 40;

/** Key of the file format's HighwayHash. */
const HASH_KEY = new TextEncoder().encode('Riegeli/records\nRiegeli/records\n');

/**
 * Brotli can expand a few bytes to gigabytes. A model's graph shrinks to about a tenth and its numbers hardly at all, so
 * that a file which claims more than this is not a model.
 */
const MAX_EXPANSION = 200;
const MIN_EXPANDED_BYTES = 64 * 1024 * 1024;

const NO_COMPRESSION = 0;
const BROTLI = 0x62;
/** What a file may say beyond these. */
const OTHER_COMPRESSIONS: Readonly<Record<number, string>> = {122: 'zstd', 115: 'Snappy'};

/** What becomes of a chunk of each type. */
const CHUNK_TYPES: Readonly<Record<string, 'records' | 'ignored' | 'transposed'>> = {
  s: 'ignored', // file signature
  m: 'ignored', // file metadata
  p: 'ignored', // padding
  r: 'records',
  t: 'transposed',
};

/** Where a chunk with records is. Positions are those of the file; `begin` may lie on a block header. */
interface Chunk {
  readonly begin: number;
  readonly end: number;
  readonly dataSize: number;
  readonly dataHash: bigint;
  readonly records: number;
  readonly decodedSize: number;
}

type Hash = (bytes: Uint8Array) => bigint;

/** The records of a file, by position. Holds one decoded chunk at a time. */
export class RecordFile {
  readonly #file: FileHandle;
  readonly #what: string;
  readonly #hash: Hash;
  /** Chunks with records, in file order. */
  readonly #chunks: Chunk[] = [];
  #decoded: {readonly chunk: Chunk; readonly records: readonly Uint8Array[]} | undefined;

  private constructor(file: FileHandle, what: string, hash: Hash) {
    this.#file = file;
    this.#what = what;
    this.#hash = hash;
  }

  /**
   * Reads and verifies the headers of all chunks.
   *
   * @param what - names the file in errors
   * @throws FormatError where the file is no record file, damaged, or uses a part of the format not supported here.
   */
  static async open(file: FileHandle, what: string): Promise<RecordFile> {
    const records = new RecordFile(file, what, await loadHash());
    await records.#scan();
    return records;
  }

  /** The last record of the file. */
  async last(): Promise<Uint8Array> {
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) this.#fail('there are no records in it');
    return (await this.#records(chunk)).at(-1)!;
  }

  /** The record at a position: the beginning of its chunk plus its index in the chunk. */
  async at(position: number): Promise<Uint8Array> {
    const chunk = this.#chunks[this.#chunkBefore(position)];
    if (chunk === undefined || position - chunk.begin >= chunk.records) {
      this.#fail(`no record is at position ${position}`);
    }
    return (await this.#records(chunk))[position - chunk.begin]!;
  }

  /** Index of the last chunk that begins at or before `position`; -1 where there is none. */
  #chunkBefore(position: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.begin <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  async #scan(): Promise<void> {
    const {size} = this.#file;
    let decodedSize = 0;
    for (let begin = 0; begin < size; ) {
      const header = await this.#read(begin, CHUNK_HEADER);
      const view = new DataView(header.buffer);
      if (view.getBigUint64(0, true) !== this.#hash(header.subarray(8))) {
        this.#fail(
          begin === 0 ? 'it is not a Riegeli record file' : `the chunk header at byte ${begin} is damaged`,
        );
      }
      const type = String.fromCharCode(header[24]!);
      if (begin === 0 && type !== 's') this.#fail('it has no file signature');
      const chunk: Chunk = {
        begin,
        dataSize: this.#size(view.getBigUint64(8, true)),
        dataHash: view.getBigUint64(16, true),
        records: this.#size(view.getBigUint64(24, true) >> 8n),
        decodedSize: this.#size(view.getBigUint64(32, true)),
        end: 0,
      };
      const end = Math.max(
        addWithOverhead(begin, CHUNK_HEADER + chunk.dataSize),
        roundUpToBoundary(begin + chunk.records),
      );
      if (end > size) this.#fail(`the chunk at byte ${begin} ends at byte ${end}, the file at byte ${size}`);
      const use = CHUNK_TYPES[type];
      if (use === undefined) this.#fail(`the chunk at byte ${begin} is of unknown type '${type}'`);
      if (use === 'transposed') this.#fail('it has transposed chunks, which are not supported');
      if (use === 'records' && chunk.records > 0) {
        this.#chunks.push({...chunk, end});
        decodedSize += chunk.decodedSize;
      }
      begin = end;
    }
    const limit = Math.max(MIN_EXPANDED_BYTES, size * MAX_EXPANSION);
    if (decodedSize > limit) this.#fail(`${size} bytes cannot hold records of ${decodedSize} bytes`);
  }

  async #records(chunk: Chunk): Promise<readonly Uint8Array[]> {
    if (this.#decoded?.chunk !== chunk) {
      this.#decoded = undefined;
      this.#decoded = {chunk, records: await this.#decode(chunk)};
    }
    return this.#decoded.records;
  }

  /** Decodes a simple chunk: compression type, size of the record sizes, record sizes, records. */
  async #decode(chunk: Chunk): Promise<Uint8Array[]> {
    const data = await this.#read(dataBegin(chunk.begin), chunk.dataSize);
    if (this.#hash(data) !== chunk.dataHash) this.#fail(`the chunk at byte ${chunk.begin} is damaged`);
    try {
      const reader = new BinaryReader(data);
      const compression = reader.uint32();
      const sizesEnd = reader.end(reader.uint64Number());
      // A size is a varint of at most ten bytes.
      const packedSizes = data.subarray(reader.pos, sizesEnd);
      const sizes = new BinaryReader(await this.#decompress(compression, packedSizes, chunk.records * 10));
      const values = await this.#decompress(compression, data.subarray(sizesEnd), chunk.decodedSize);
      if (values.length !== chunk.decodedSize)
        this.#fail(`the chunk at byte ${chunk.begin} has records missing`);
      const records: Uint8Array[] = [];
      let begin = 0;
      while (sizes.pos < sizes.len) {
        const end = begin + sizes.uint64Number();
        if (end > values.length) this.#fail(`a record of the chunk at byte ${chunk.begin} has no end`);
        records.push(values.subarray(begin, end));
        begin = end;
      }
      if (records.length !== chunk.records || begin !== values.length) {
        this.#fail(`the chunk at byte ${chunk.begin} has other records than it says`);
      }
      return records;
    } catch (cause) {
      if (cause instanceof FormatError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FormatError(`${this.#what}: the chunk at byte ${chunk.begin} is damaged: ${reason}`, {cause});
    }
  }

  async #decompress(compression: number, packed: Uint8Array, maxSize: number): Promise<Uint8Array> {
    if (compression === NO_COMPRESSION) return packed;
    if (compression !== BROTLI) {
      const name = OTHER_COMPRESSIONS[compression] ?? `type ${compression}`;
      this.#fail(`it is compressed with ${name}, which is not supported`);
    }
    const reader = new BinaryReader(packed);
    const size = reader.uint64Number();
    if (size > maxSize) this.#fail(`a part of it says it has ${size} bytes, which can be ${maxSize} at most`);
    const unpacked = await brotliDecompress(packed.subarray(reader.pos), size);
    if (unpacked.length !== size) this.#fail(`a part of it has ${unpacked.length} bytes and says ${size}`);
    return unpacked;
  }

  /** `size` bytes from `position` on, without the block headers between them. */
  async #read(position: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const span = addWithOverhead(position, size) - position;
    if (position + span > this.#file.size) this.#fail(`it ends within the chunk header at byte ${position}`);
    const bytes = new Uint8Array(span);
    await this.#file.readInto(bytes, position);
    let from = 0;
    let to = 0;
    while (from < span) {
      const inBlock = (position + from) % BLOCK;
      if (inBlock === 0) from += BLOCK_HEADER;
      const next = Math.min(span, from + BLOCK - (inBlock === 0 ? BLOCK_HEADER : inBlock));
      bytes.copyWithin(to, from, next);
      to += next - from;
      from = next;
    }
    return bytes.subarray(0, size);
  }

  #size(value: bigint): number {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#fail(`it has a size of ${value}`);
    return Number(value);
  }

  #fail(message: string): never {
    throw new FormatError(`${this.#what} cannot be read: ${message}`);
  }
}

/** Where the data of a chunk that begins at `begin` begin. */
function dataBegin(begin: number): number {
  return addWithOverhead(begin, CHUNK_HEADER);
}

/** The position `size` bytes after `position`, block headers between them counted. */
function addWithOverhead(position: number, size: number): number {
  const blocks = Math.floor((size + ((position + USABLE_BLOCK - 1) % BLOCK)) / USABLE_BLOCK);
  return position + size + blocks * BLOCK_HEADER;
}

/** The first position from `position` on that is not inside nor just after a block header. */
function roundUpToBoundary(position: number): number {
  const remaining = BLOCK - 1 - ((position + BLOCK - 1) % BLOCK);
  return position + Math.max(0, remaining - (USABLE_BLOCK - 1));
}

async function loadHash(): Promise<Hash> {
  const {WasmHighwayHash} = await import('highwayhasher');
  const module = await WasmHighwayHash.loadModule();
  return (bytes) => {
    const digest = module.hash64(HASH_KEY, bytes);
    return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0, true);
  };
}

/** Decompresses at most `size` bytes: natively where the engine can, else ten times slower. */
async function brotliDecompress(packed: Uint8Array, size: number): Promise<Uint8Array> {
  const native = nativeDecompressor();
  if (native === undefined) return (await import('brotli/decompress')).decompress(packed, size);
  const unpacked = new Uint8Array(size);
  let filled = 0;
  const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(native);
  for await (const piece of source as unknown as AsyncIterable<Uint8Array>) {
    if (filled + piece.length > size) throw new RangeError(`there are more than ${size} bytes`);
    unpacked.set(piece, filled);
    filled += piece.length;
  }
  return unpacked.subarray(0, filled);
}

/** The Compression Streams standard has got Brotli later than its other formats. */
function nativeDecompressor(): DecompressionStream | undefined {
  try {
    return new DecompressionStream('brotli' as CompressionFormat);
  } catch {
    return undefined;
  }
}
