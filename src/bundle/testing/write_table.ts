/**
 * Writes tables and checkpoints for the tests, well-formed ones and others that TensorFlow never writes: compressed,
 * big-endian, or wrong in a way that their checksums do not tell.
 *
 * @module
 */

import {snappyCompress} from 'hysnappy';
import {portableCrc32c} from '../../platform/crc32c.js';
import {encodeMessage} from '../../proto/decode.js';
import {
  BundleEntryProto,
  BundleHeaderProto,
} from '../../proto/generated/tensorflow/core/protobuf/tensor_bundle.js';
import {COMPRESSION, FOOTER_BYTES, maskChecksum, TABLE_MAGIC} from '../table_format.js';

export interface TableOptions {
  readonly compression?: keyof typeof COMPRESSION;
  /** Entries of a block. */
  readonly blockEntries?: number;
  /** Entries from one that spells out its key to the next. */
  readonly restartInterval?: number;
}

/** Bytes of varints, byte strings and arrays, one after the other. */
export function concat(...parts: readonly (number | bigint | string | Uint8Array)[]): Uint8Array {
  const pieces = parts.map((part) => {
    if (typeof part === 'string') return Uint8Array.from(part, (byte) => byte.charCodeAt(0));
    return part instanceof Uint8Array ? part : varint(part);
  });
  const bytes = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

export function fixed32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** A block's contents; `entries` as `[key, value]` in order. */
export function writeBlock(
  entries: readonly (readonly [string, Uint8Array])[],
  restartInterval = 16,
): Uint8Array {
  const parts: Uint8Array[] = [];
  const restarts: number[] = [];
  let length = 0;
  let last = '';
  for (const [i, [key, value]] of entries.entries()) {
    let shared = 0;
    if (i % restartInterval === 0) restarts.push(length);
    else while (shared < last.length && key[shared] === last[shared]) shared++;
    const entry = concat(shared, key.length - shared, value.length, key.slice(shared), value);
    parts.push(entry);
    length += entry.length;
    last = key;
  }
  if (restarts.length === 0) restarts.push(0);
  return concat(...parts, ...restarts.map(fixed32), fixed32(restarts.length));
}

/** A block as it is in a file: with its compression and checksum. */
export function sealBlock(contents: Uint8Array, compression: keyof typeof COMPRESSION = 'none'): Uint8Array {
  const stored = compression === 'snappy' ? snappyCompress(contents) : contents;
  const typed = concat(stored, Uint8Array.of(COMPRESSION[compression]));
  return concat(typed, fixed32(maskChecksum(portableCrc32c(typed))));
}

export function writeFooter(offset: number | bigint, size: number | bigint): Uint8Array {
  const footer = new Uint8Array(FOOTER_BYTES);
  footer.set(concat(0, 0, offset, size));
  footer.set(TABLE_MAGIC, FOOTER_BYTES - TABLE_MAGIC.length);
  return footer;
}

/** A table of `entries`, which are `[key, value]` in order. */
export function writeTable(
  entries: readonly (readonly [string, Uint8Array])[],
  options: TableOptions = {},
): Uint8Array {
  const {compression = 'none', blockEntries = 64, restartInterval = 16} = options;
  const parts: Uint8Array[] = [];
  const index: [string, Uint8Array][] = [];
  let length = 0;
  const append = (contents: Uint8Array) => {
    const block = sealBlock(contents, compression);
    const handle = concat(length, block.length - 5);
    parts.push(block);
    length += block.length;
    return handle;
  };
  for (let i = 0; i < entries.length; i += blockEntries) {
    const block = entries.slice(i, i + blockEntries);
    index.push([block.at(-1)![0], append(writeBlock(block, restartInterval))]);
  }
  const indexOffset = length;
  append(writeBlock(index, 1));
  return concat(...parts, writeFooter(indexOffset, length - indexOffset - 5));
}

export interface TestTensor {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  readonly dtype: number;
  /** Where the checksum is not that of `bytes`. */
  readonly crc?: number;
  /** Fields of the entry that are to be other than the tensor has them. */
  readonly entry?: Partial<BundleEntryProto>;
}

export interface TestCheckpoint extends TableOptions {
  readonly header?: Partial<BundleHeaderProto>;
}

/** What the index says of a tensor whose bytes start at `offset`. */
export function entryProto(tensor: TestTensor, offset: number): BundleEntryProto {
  const {bytes, shape, dtype, crc, entry} = tensor;
  return {
    dtype: dtype as BundleEntryProto['dtype'],
    shape: {dim: shape.map((size) => ({size, name: ''})), unknownRank: false},
    shardId: 0,
    offset,
    size: bytes.length,
    crc32c: maskChecksum(crc ?? portableCrc32c(bytes)),
    slices: [],
    ...entry,
  };
}

/** The files of a checkpoint `ckpt` with one shard. */
export function writeCheckpoint(
  tensors: readonly TestTensor[],
  options: TestCheckpoint = {},
): {'ckpt.index': Uint8Array; 'ckpt.data-00000-of-00001': Uint8Array} {
  let offset = 0;
  const entries = tensors.map((tensor) => {
    const proto = entryProto(tensor, offset);
    offset += tensor.bytes.length;
    return [tensor.key, encodeMessage(BundleEntryProto, proto)] as const;
  });
  const header: BundleHeaderProto = {
    numShards: 1,
    endianness: 0,
    version: {producer: 1, minConsumer: 0, badConsumers: []},
    ...options.header,
  };
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    'ckpt.index': writeTable([['', encodeMessage(BundleHeaderProto, header)], ...sorted], options),
    'ckpt.data-00000-of-00001': concat(...tensors.map(({bytes}) => bytes)),
  };
}
