/**
 * Tensor elements as bytes, in the little-endian form that `TensorProto.tensor_content` and checkpoint shards share.
 *
 * Typed arrays take the byte order of the machine; every machine a JavaScript engine of today runs on is
 * little-endian.
 *
 * @module
 */

import {isSmallFloat, narrow, widen} from '../algorithms/small_floats.js';
import {FormatError} from '../errors.js';
import {type DType, dtypeInfo, lanes, type NumericArray} from './dtypes.js';
import {PackedStrings} from './strings.js';
import {allocate, type HostData} from './tensor.js';

/** A typed array over memory that exists. */
type NumericView = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumericArray;

/**
 * The elements that `bytes` hold. Shares the memory of `bytes` where it is aligned for the dtype and needs no
 * widening, so neither may be written to afterwards.
 *
 * Strings are in the form of `tensor_content`: the varint length of each, then the bytes of each.
 *
 * @throws FormatError when `bytes` is not exactly `elementCount` elements, or the dtype has no byte form.
 */
export function decodeTensorBytes(dtype: DType, bytes: Uint8Array, elementCount: number): HostData {
  if (dtype === 'string') return decodeStrings(bytes, elementCount);
  const {bytes: width, array} = dtypeInfo(dtype);
  if (array === undefined) throw new FormatError(`a ${dtype} tensor cannot be stored as plain bytes`);
  if (elementCount * width !== bytes.length) {
    throw new FormatError(
      `${elementCount} elements of ${dtype} take ${elementCount * width} bytes, not ${bytes.length}`,
    );
  }
  if (isSmallFloat(dtype) || dtype === 'int4') {
    const storage = tensorStorage(dtype, elementCount);
    storage.stored.set(bytes);
    storage.finish();
    return storage.data;
  }
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  const View: NumericView = array as unknown as NumericView;
  return new View(aligned.buffer, aligned.byteOffset, elementCount * lanes(dtype));
}

/**
 * The bytes of `data`: the inverse of {@link decodeTensorBytes}. Shares the memory of `data` where its host storage
 * is the stored form already.
 */
export function encodeTensorBytes(dtype: DType, data: HostData): Uint8Array {
  if (dtype === 'string') return encodeStrings(data as PackedStrings);
  const {array} = dtypeInfo(dtype);
  if (array === undefined) throw new FormatError(`a ${dtype} tensor cannot be stored as plain bytes`);
  const values = data as NumericArray;
  if (isSmallFloat(dtype)) {
    const patterns =
      dtypeInfo(dtype).bytes === 1 ? new Uint8Array(values.length) : new Uint16Array(values.length);
    narrow(dtype, values as Float32Array, patterns);
    return bytesOf(patterns);
  }
  if (dtype === 'int4') return Uint8Array.from(values as Int8Array, (value) => value & 0x0f);
  return bytesOf(values);
}

/** The memory of a typed array as bytes. */
export function bytesOf(values: NumericArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Host storage, and the part of its memory that stored bytes are put in before they become its elements. */
export interface TensorStorage {
  readonly data: NumericArray;
  /** Where the stored bytes go. */
  readonly stored: Uint8Array;
  /** Makes `data` valid, once `stored` is. */
  finish(): void;
}

/** Storage for `elementCount` elements that a file can be read straight into. */
export function tensorStorage(dtype: DType, elementCount: number): TensorStorage {
  return storageIn(dtype, allocate(dtype, elementCount));
}

/**
 * As {@link tensorStorage}, over memory that exists, such as a part of a larger tensor's. What is stored narrower
 * goes to the end of the wider memory, where widening from front to back never overtakes it.
 */
export function storageIn(dtype: DType, data: NumericArray): TensorStorage {
  const memory = bytesOf(data);
  if (isSmallFloat(dtype)) {
    const stored = memory.subarray(memory.length - data.length * dtypeInfo(dtype).bytes);
    const patterns =
      dtypeInfo(dtype).bytes === 1
        ? stored
        : new Uint16Array(stored.buffer, stored.byteOffset, stored.length / 2);
    return {data, stored, finish: () => widen(dtype, patterns, data as Float32Array)};
  }
  // TensorFlow stores an int4 in the low half of a byte whose high half is zero.
  if (dtype === 'int4') return {data, stored: memory, finish: () => signExtendNibbles(data as Int8Array)};
  return {data, stored: memory, finish: () => {}};
}

function signExtendNibbles(values: Int8Array): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! << 28) >> 28;
}

/** TensorFlow's `EncodeStringList` (tensor_coding.cc). */
function encodeStrings(strings: PackedStrings): Uint8Array {
  const lengths: number[] = [];
  for (let i = 0; i < strings.length; i++) {
    let length = strings.lengthAt(i);
    for (; length > 0x7f; length >>>= 7) lengths.push((length & 0x7f) | 0x80);
    lengths.push(length);
  }
  const bytes = new Uint8Array(lengths.length + strings.totalBytes);
  bytes.set(lengths);
  let at = lengths.length;
  for (const string of strings) {
    bytes.set(string, at);
    at += string.length;
  }
  return bytes;
}

/** Shares the bytes. */
function decodeStrings(bytes: Uint8Array, count: number): PackedStrings {
  if (count > bytes.length) {
    throw new FormatError(`${count} strings take at least ${count} bytes, not ${bytes.length}`);
  }
  const offsets = new Int32Array(count + 1);
  let at = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    let length = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = bytes[at++] ?? 0;
      length += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte > 0x7f && scale < 2 ** 35);
    total += length;
    offsets[i + 1] = total;
  }
  if (at + total !== bytes.length) {
    throw new FormatError(
      `${count} strings of ${total} bytes and their lengths take ${at + total} bytes, not ${bytes.length}`,
    );
  }
  return PackedStrings.between(bytes.subarray(at), offsets);
}
