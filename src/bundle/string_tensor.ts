/**
 * String tensors as checkpoints store them: the varint length of each element, a checksum of the lengths, then the
 * bytes of each (`WriteStringTensor` in `tensor_bundle.cc`).
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {getPlatform} from '../platform/current.js';
import {ByteReader} from './byte_reader.js';
import {ByteWriter} from './byte_writer.js';
import {maskChecksum, unmaskChecksum} from './table_format.js';

const MAX_UINT32 = 2 ** 32 - 1;
const CHECKSUM_BYTES = 4;
/** Lengths are checksummed this many at a time. */
const BATCH = 8192;

export interface StringTensor {
  /** Views of the stored bytes. */
  readonly strings: Uint8Array[];
  /** Where the lengths end and their checksum is. */
  readonly lengthsEnd: number;
}

/**
 * @param what - Names the tensor in errors.
 * @throws FormatError when the lengths do not add up to what is stored.
 */
export function decodeStringTensor(stored: Uint8Array, count: number, what: string): StringTensor {
  if (count === 0 && stored.length === 0) return {strings: [], lengthsEnd: 0};
  if (count + CHECKSUM_BYTES > stored.length) {
    throw new FormatError(`${what} is corrupt: ${stored.length} bytes cannot hold ${count} strings`);
  }
  const reader = new ByteReader(stored, what);
  const lengths = Array.from({length: count}, () => reader.varint());
  const lengthsEnd = reader.position;
  reader.take(CHECKSUM_BYTES);
  const strings = lengths.map((length) => reader.take(length));
  if (reader.remaining > 0) {
    throw new FormatError(`${what} is corrupt: ${reader.remaining} bytes follow its last string`);
  }
  return {strings, lengthsEnd};
}

/**
 * The CRC-32C of a string tensor: of its lengths as integers of the machine that wrote them, of their checksum, and of
 * the strings.
 *
 * @throws FormatError when the checksum of the lengths is wrong.
 */
export function checksumStringTensor(
  stored: Uint8Array,
  {strings, lengthsEnd}: StringTensor,
  bigEndian: boolean,
  what: string,
): number {
  if (stored.length === 0) return 0;
  const {crc32c} = getPlatform();
  let crc = 0;
  for (let i = 0; i < strings.length; i += BATCH) {
    crc = crc32c(lengthsAsIntegers(strings.slice(i, i + BATCH), bigEndian), crc);
  }
  const checksum = new DataView(stored.buffer, stored.byteOffset + lengthsEnd).getUint32(0, !bigEndian);
  if (unmaskChecksum(checksum) !== crc) {
    throw new FormatError(`${what} is corrupt: the checksum of its lengths is wrong`);
  }
  return crc32c(stored.subarray(lengthsEnd), crc);
}

/** A string tensor as it is stored, and its CRC-32C (see {@link checksumStringTensor}). */
export function encodeStringTensor(strings: readonly Uint8Array[]): {
  readonly pieces: readonly Uint8Array[];
  readonly checksum: number;
} {
  const {crc32c} = getPlatform();
  const lengths = new ByteWriter();
  for (const {length} of strings) lengths.varint(length);
  let crc = 0;
  for (let i = 0; i < strings.length; i += BATCH) {
    crc = crc32c(lengthsAsIntegers(strings.slice(i, i + BATCH), false), crc);
  }
  const checksumOfLengths = new ByteWriter().fixed32(maskChecksum(crc)).take();
  crc = crc32c(checksumOfLengths, crc);
  for (const string of strings) crc = crc32c(string, crc);
  return {pieces: [lengths.take(), checksumOfLengths, ...strings], checksum: crc};
}

/** Four bytes each, as older writers knew no others; eight for what does not fit. */
function lengthsAsIntegers(strings: readonly Uint8Array[], bigEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * strings.length));
  let at = 0;
  for (const {length} of strings) {
    if (length <= MAX_UINT32) {
      view.setUint32(at, length, !bigEndian);
      at += 4;
    } else {
      view.setBigUint64(at, BigInt(length), !bigEndian);
      at += 8;
    }
  }
  return new Uint8Array(view.buffer, 0, at);
}
