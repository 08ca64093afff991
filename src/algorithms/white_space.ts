/**
 * Unicode's white space.
 *
 * @module
 */

const LAST = 0x3000;

/** For each code point up to the last one that is: 1 if it has the property White_Space (`PropList.txt`). */
const WHITE_SPACE = new Uint8Array(LAST + 1);
WHITE_SPACE.fill(1, 0x09, 0x0e);
WHITE_SPACE.fill(1, 0x2000, 0x200b);
for (const code of [0x20, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, LAST]) WHITE_SPACE[code] = 1;

/** Whether a code point has the property White_Space; false for what is none. */
export function isWhiteSpace(code: number): boolean {
  return code >= 0 && code <= LAST && WHITE_SPACE[code] === 1;
}
