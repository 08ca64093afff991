/**
 * Tries in the format of Darts-clone, as models of SentencePiece and of TF Text hold them: double arrays of 32-bit units.
 *
 * A unit has the byte that leads to it, whether a string ends at it, and how far off its children are. The value of a string is
 * the unit that the byte 0 would lead to.
 *
 * @module
 */

/** The bits that a unit's byte is compared with: values have the highest bit, so that no byte leads to them. */
export const LABEL = 0x800000ff | 0;

/** The bit of a unit at which a string ends. */
export const ENDS = 0x100;

/** The bits of a value. */
export const VALUE = 0x7fffffff;

/** What the number of a unit is combined with (exclusive or) to get that of its child for byte 0. */
export function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** The unit that a byte leads to from unit `node`; -1 where there is none. */
export function step(units: Int32Array, node: number, byte: number): number {
  const to = node ^ offsetOf(units[node]!) ^ byte;
  return to < units.length && (units[to]! & LABEL) === byte ? to : -1;
}

/** The value of the string that ends at unit `node`; -1 where none does. */
export function valueAt(units: Int32Array, node: number): number {
  const unit = units[node]!;
  return (unit & ENDS) === 0 ? -1 : (units[node ^ offsetOf(unit)]! ?? 0) & VALUE;
}

/** Units as models hold them: words of four bytes, the lowest first. */
export function littleEndianWords(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(bytes.length >> 2);
  for (let i = 0, at = 0; i < words.length; i++, at += 4) {
    words[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
  return words;
}
