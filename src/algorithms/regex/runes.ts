/**
 * Code points in UTF-8, as RE2 has it: a surrogate is a code point like others.
 *
 * @module
 */

/** The largest code point. */
export const LAST_RUNE = 0x10ffff;

/** The largest code point that fewer bytes than so many can hold. */
const LAST_OF_FEWER = [-1, -1, 0x7f, 0x7ff, 0xffff];

const NO_RUNE = {length: 0, rune: -1} as const;

/** The code point at `at`; of length 0 where there is none. */
export function decodeRune(bytes: Uint8Array, at: number): {readonly length: number; readonly rune: number} {
  const lead = bytes[at] ?? 0xff;
  if (lead < 0x80) return {length: 1, rune: lead};
  if (lead < 0xc0 || lead > 0xf7) return NO_RUNE;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  let rune = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return NO_RUNE;
    rune = (rune << 6) | (byte & 0x3f);
  }
  return rune > LAST_OF_FEWER[length]! && rune <= LAST_RUNE ? {length, rune} : NO_RUNE;
}

/** The bytes of a code point. */
export function encodeRune(rune: number): number[] {
  const tail = (shift: number): number => 0x80 | ((rune >> shift) & 0x3f);
  if (rune < 0x80) return [rune];
  if (rune < 0x800) return [0xc0 | (rune >> 6), tail(0)];
  if (rune < 0x10000) return [0xe0 | (rune >> 12), tail(6), tail(0)];
  return [0xf0 | (rune >> 18), tail(12), tail(6), tail(0)];
}
