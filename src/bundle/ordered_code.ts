/**
 * TensorFlow's ordered code (`tensorflow/core/lib/strings/ordered_code.h`): encodings whose byte order is the order of
 * what they encode. Checkpoints name the parts of partitioned variables with them.
 *
 * Results are byte strings: one character for each byte.
 *
 * @module
 */

const ESCAPES: Readonly<Record<string, string>> = {'\0': '\0\xff', '\xff': '\xff\0'};
const TERMINATOR = '\0\x01';

/** A byte string: 0 and 255 escaped, then a terminator that is smaller than anything escaped. */
export function orderedString(bytes: string): string {
  return bytes.replace(/[\0\xff]/g, (byte) => ESCAPES[byte]!) + TERMINATOR;
}

/** A number of at least 0: how many bytes it has, then those, the highest first. */
export function orderedNumber(value: number): string {
  const bytes = bigEndian(BigInt(value));
  return String.fromCharCode(bytes.length) + bytes;
}

/**
 * A number of either sign: two's complement, the highest byte first, in as many bytes as leave room for that many
 * leading bits; those are inverted, so that they tell the length and sort negative numbers first.
 */
export function orderedSignedNumber(value: number): string {
  const magnitude = BigInt(value < 0 ? -value - 1 : value);
  const significantBits = magnitude === 0n ? 0 : magnitude.toString(2).length;
  const length = Math.floor(significantBits / 7) + 1;
  const bits = 8 * length;
  const header = ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
  return bigEndian(BigInt.asUintN(bits, BigInt(value)) ^ header).padStart(length, '\0');
}

function bigEndian(value: bigint): string {
  let bytes = '';
  for (let rest = value; rest > 0n; rest >>= 8n) bytes = String.fromCharCode(Number(rest & 0xffn)) + bytes;
  return bytes;
}
