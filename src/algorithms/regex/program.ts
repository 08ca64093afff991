/**
 * Programs: what a pattern is compiled to, for machines that read a text byte by byte.
 *
 * @module
 */

/** Matches nothing. Only instruction 0 is one. */
export const FAIL = 0;
/** Goes on at `out`, and where that leads nowhere at `arg`. */
export const ALT = 1;
/** Takes a byte in a range; see {@link takes}. */
export const BYTE = 2;
/** Notes the place as that of bracket `arg`: `2 * group` where it opens, one more where it closes. */
export const CAPTURE = 3;
/** Goes on where all of `arg` holds between two bytes. */
export const ASSERT = 4;
/** The end of the pattern. */
export const MATCH = 5;
/** Goes on at `out`. */
export const NOP = 6;

/** What may hold between two bytes. */
export const BEGIN_LINE = 1;
export const END_LINE = 2;
export const BEGIN_TEXT = 4;
export const END_TEXT = 8;
export const WORD_BOUNDARY = 16;
export const NO_WORD_BOUNDARY = 32;

/** Instructions, each with its operation, where it goes on, and a further number. */
export interface Program {
  readonly ops: Uint8Array;
  readonly outs: Int32Array;
  readonly args: Int32Array;
  /** Where a match begins. */
  readonly start: number;
  /** The same behind a loop that skips as few bytes as possible. */
  readonly startAnywhere: number;
  /** What assertions look for. */
  readonly asserts: number;
}

/** The argument of a {@link BYTE}: from `low` to `high`, and with `foldCase` capitals as small letters. */
export const byteRange = (low: number, high: number, foldCase: boolean): number =>
  low | (high << 8) | (foldCase ? 1 << 16 : 0);

/** Whether a {@link BYTE} of this argument takes a byte. */
export function takes(range: number, byte: number): boolean {
  const folded = range & (1 << 16) && byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
  return folded >= (range & 0xff) && folded <= ((range >> 8) & 0xff);
}

/** True for bytes of words, as `\b` sees them: ASCII letters, digits and the underscore. */
export function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x5f
  );
}

/** What holds before the byte at `at`, in a text from `start` to `end`. */
export function assertionsAt(bytes: Uint8Array, start: number, end: number, at: number): number {
  let holds = 0;
  if (at === start) holds |= BEGIN_TEXT | BEGIN_LINE;
  else if (bytes[at - 1] === 0x0a) holds |= BEGIN_LINE;
  if (at === end) holds |= END_TEXT | END_LINE;
  else if (bytes[at] === 0x0a) holds |= END_LINE;
  const before = at > start && isWordByte(bytes[at - 1]!);
  const behind = at < end && isWordByte(bytes[at]!);
  return holds | (before === behind ? NO_WORD_BOUNDARY : WORD_BOUNDARY);
}
