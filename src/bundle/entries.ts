/**
 * What a checkpoint's index says of itself and of each tensor (`tensor_bundle.proto`), checked.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {type DType, dtypeFromEnum, dtypeInfo} from '../host/dtypes.js';
import {sizeOf} from '../host/tensor.js';
import {decodeMessage} from '../proto/decode.js';
import {
  BundleEntryProto,
  BundleHeaderProto,
  BundleHeaderProto_Endianness,
} from '../proto/generated/tensorflow/core/protobuf/tensor_bundle.js';
import {sliceFromProto, type TensorSlice} from './tensor_slice.js';

/** The header's key sorts before every other. */
export const HEADER_KEY = '';

/** The format version this library reads (`kTensorBundleVersion`). */
export const BUNDLE_VERSION = 1;

/** The file that says what a checkpoint has. */
export function indexFile(prefix: string): string {
  return `${prefix}.index`;
}

/** The data file number `shard` of `count`. */
export function dataFile(prefix: string, shard: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, '0');
  return `${prefix}.data-${digits(shard)}-of-${digits(count)}`;
}

export interface BundleHeader {
  readonly shardCount: number;
  readonly bigEndian: boolean;
}

/** Where and how a tensor, or a part of a partitioned one, is stored. */
export interface StoredTensor {
  /** For messages. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elementCount: number;
  readonly shard: number;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Masked CRC-32C. */
  readonly checksum: number;
  /** The parts of a partitioned tensor, which has no bytes of its own. */
  readonly slices: readonly TensorSlice[];
}

/** @throws FormatError when it is no header, or one of a later format. */
export function decodeHeader(bytes: Uint8Array, checkpoint: string): BundleHeader {
  const header = decodeMessage(BundleHeaderProto, bytes, `the header of ${checkpoint}`);
  const {minConsumer = 0, badConsumers = []} = header.version ?? {};
  if (minConsumer > BUNDLE_VERSION || badConsumers.includes(BUNDLE_VERSION)) {
    throw new FormatError(
      `${checkpoint} needs a reader of format version ${minConsumer}: this one is too old`,
    );
  }
  if (header.numShards < 1) {
    throw new FormatError(`${checkpoint} is corrupt: it has ${header.numShards} data files`);
  }
  return {
    shardCount: header.numShards,
    bigEndian: header.endianness === BundleHeaderProto_Endianness.BIG,
  };
}

/**
 * An entry; or, where it is of a dtype that this library does not know, the error to throw if it is asked for.
 *
 * @param name - The tensor's name, for messages.
 * @throws FormatError when it is no entry, or one that contradicts itself.
 */
export function decodeEntry(bytes: Uint8Array, name: string, checkpoint: string): StoredTensor | FormatError {
  const what = `tensor ${JSON.stringify(name)} of ${checkpoint}`;
  const entry = decodeMessage(BundleEntryProto, bytes, what);
  const dtype = dtypeFromEnum(entry.dtype);
  if (dtype === undefined) {
    return new FormatError(`${what} is of the unknown dtype number ${entry.dtype}`);
  }
  const shape = entry.shape?.dim.map((dim) => dim.size) ?? [];
  if (entry.shape?.unknownRank || shape.some((dim) => dim < 0)) {
    throw new FormatError(`${what} has no complete shape`);
  }
  const elementCount = shape.includes(0) ? 0 : sizeOf(shape);
  const {shardId: shard, offset, size} = entry;
  const width = dtypeInfo(dtype).bytes;
  const expected = width > 0 ? elementCount * width : size;
  if (!Number.isSafeInteger(expected)) throw new FormatError(`${what} has the impossible shape [${shape}]`);
  if (entry.slices.length === 0 && size !== expected) {
    throw new FormatError(`${what} has ${size} bytes, but shape [${shape}] of ${dtype} takes ${expected}`);
  }
  if (offset < 0 || size < 0 || !Number.isSafeInteger(offset + size)) {
    throw new FormatError(`${what} has an impossible place: ${size} bytes from ${offset} on`);
  }
  const slices = entry.slices.map(sliceFromProto);
  return {name, dtype, shape, elementCount, shard, offset, size, checksum: entry.crc32c, slices};
}
