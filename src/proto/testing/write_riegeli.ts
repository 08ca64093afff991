/**
 * Writes Riegeli record files, for tests: simple chunks, plain or compressed with Brotli, as `riegeli::RecordWriter` does.
 *
 * @module
 */

import {brotliCompressSync, constants} from 'node:zlib';
import {WasmHighwayHash} from 'highwayhasher';

const BLOCK = 0x1_0000;
const BLOCK_HEADER = 24;
const KEY = new TextEncoder().encode('Riegeli/records\nRiegeli/records\n');

const {hash64} = await WasmHighwayHash.loadModule();

export interface RiegeliOptions {
  readonly compression?: 'none' | 'brotli';
  /** A chunk is closed when its records have this many bytes. */
  readonly chunkSize?: number;
  /** Replaces the byte that names the compression. */
  readonly compressionByte?: number;
  /** Replaces the letter of chunks with records. */
  readonly chunkType?: string;
  /** Replaces the number of bytes that chunks say they decode to. */
  readonly decodedSize?: number;
}

export interface RiegeliFile {
  readonly bytes: Uint8Array;
  /** Position of each record. */
  readonly positions: readonly number[];
}

/** A file with these records. */
export function writeRiegeli(records: readonly Uint8Array[], options: RiegeliOptions = {}): RiegeliFile {
  const {chunkSize = 1 << 20, chunkType = 'r'} = options;
  const file = new ChunkWriter();
  file.chunk('s', new Uint8Array(0), 0, 0);
  const positions: number[] = [];
  for (let first = 0; first < records.length; ) {
    let last = first;
    let size = 0;
    do size += records[last++]!.length;
    while (last < records.length && size < chunkSize);
    const group = records.slice(first, last);
    const begin = file.chunk(
      chunkType,
      simpleChunk(group, options),
      group.length,
      options.decodedSize ?? size,
    );
    for (let i = 0; i < group.length; i++) positions.push(begin + i);
    first = last;
  }
  return {bytes: file.bytes(), positions};
}

function simpleChunk(records: readonly Uint8Array[], options: RiegeliOptions): Uint8Array {
  const brotli = options.compression !== 'none';
  const pack = (bytes: Uint8Array) =>
    brotli ? Buffer.concat([varint(bytes.length), brotliCompressSync(bytes, BROTLI_OPTIONS)]) : bytes;
  const sizes = pack(Buffer.concat(records.map((record) => varint(record.length))));
  const values = pack(Buffer.concat(records));
  const compression = options.compressionByte ?? (brotli ? 0x62 : 0);
  return Buffer.concat([Uint8Array.of(compression), varint(sizes.length), sizes, values]);
}

const BROTLI_OPTIONS = {params: {[constants.BROTLI_PARAM_QUALITY]: 6}};

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

function hash(bytes: Uint8Array): Uint8Array {
  return hash64(KEY, bytes);
}

/** Appends chunks, with a block header at every multiple of the block size. */
class ChunkWriter {
  readonly #pieces: Uint8Array[] = [];
  #position = 0;

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#pieces));
  }

  /** Returns where the chunk begins. */
  chunk(type: string, data: Uint8Array, records: number, decodedSize: number): number {
    const begin = this.#position;
    const header = new Uint8Array(40);
    const view = new DataView(header.buffer);
    view.setBigUint64(8, BigInt(data.length), true);
    header.set(hash(data), 16);
    view.setBigUint64(24, (BigInt(records) << 8n) | BigInt(type.charCodeAt(0)), true);
    view.setBigUint64(32, BigInt(decodedSize), true);
    header.set(hash(header.subarray(8)), 0);
    const body = Buffer.concat([header, data]);
    const end = this.#end(begin, body.length, records);
    for (let offset = 0; offset < body.length; ) offset += this.#append(body.subarray(offset), begin, end);
    while (this.#position < end) this.#append(new Uint8Array(end - this.#position), begin, end);
    return begin;
  }

  /** Counts where a chunk of `size` bytes ends, one byte at a time around block boundaries. */
  #end(begin: number, size: number, records: number): number {
    let position = begin;
    for (let left = size; left > 0; ) {
      if (position % BLOCK === 0) position += BLOCK_HEADER;
      const step = Math.min(left, BLOCK - (position % BLOCK));
      position += step;
      left -= step;
    }
    const padded = Math.max(position, begin + records);
    const inBlock = padded % BLOCK;
    return inBlock > 0 && inBlock <= BLOCK_HEADER ? padded - inBlock + BLOCK_HEADER + 1 : padded;
  }

  /** Writes as much as fits into the present block, after its header where it is at its beginning. */
  #append(bytes: Uint8Array, begin: number, end: number): number {
    if (this.#position % BLOCK === 0) {
      const header = new Uint8Array(BLOCK_HEADER);
      const view = new DataView(header.buffer);
      view.setBigUint64(8, BigInt(this.#position - begin), true);
      view.setBigUint64(16, BigInt(end - this.#position), true);
      header.set(hash(header.subarray(8)), 0);
      this.#push(header);
    }
    const taken = Math.min(bytes.length, BLOCK - (this.#position % BLOCK), end - this.#position);
    this.#push(bytes.subarray(0, taken));
    return taken;
  }

  #push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#position += bytes.length;
  }
}
