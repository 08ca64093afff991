/**
 * UTF-8 read character by character, as one number each: no object and no call back, for loops over much text.
 *
 * @module
 */

/** What {@link characterAt} gives, taken apart: the code point is `character >> CODE_SHIFT`. */
export const CODE_SHIFT = 3;

/** The bytes of a character are `character & LENGTH_MASK`. */
export const LENGTH_MASK = 7;

/**
 * The character that starts at `at` of the text that ends at `end`: its code point, shifted, and its number of bytes. Below 0
 * where there is none: minus the number of bytes that are the start of some well-formed character, at least 1, which one
 * U+FFFD replaces ("maximal subpart", Unicode Standard, section 3.9 and table 3-7).
 */
export function characterAt(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return (lead << 3) | 1;
  if (lead < 0xc2 || lead > 0xf4 || at + 1 >= end) return -1;
  const second = bytes[at + 1]!;
  if (lead < 0xe0) {
    return (second & 0xc0) === 0x80 ? ((lead & 0x1f) << 9) | ((second & 0x3f) << 3) | 2 : -1;
  }
  // No overlong forms, surrogates, or code points beyond U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return -1;
  if (at + 2 >= end) return -2;
  const third = bytes[at + 2]!;
  if ((third & 0xc0) !== 0x80) return -2;
  if (lead < 0xf0) return ((lead & 0xf) << 15) | ((second & 0x3f) << 9) | ((third & 0x3f) << 3) | 3;
  if (at + 3 >= end) return -3;
  const fourth = bytes[at + 3]!;
  if ((fourth & 0xc0) !== 0x80) return -3;
  return ((lead & 7) << 21) | ((second & 0x3f) << 15) | ((third & 0x3f) << 9) | ((fourth & 0x3f) << 3) | 4;
}

/** Where the run of ASCII that starts at `at` ends. */
export function asciiEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && bytes[to]! < 0x80) to++;
  return to;
}

/** How many bytes the character has that begins with `lead`, whatever follows; 1 for a byte that no character begins with. */
export function leadLength(lead: number): number {
  return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Whether the bytes are UTF-8. */
export function isWellFormed(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at, bytes.length);
    if (character < 0) return false;
    at += character & LENGTH_MASK;
  }
  return true;
}
