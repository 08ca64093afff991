/**
 * What the hashes of strings have in common.
 *
 * @module
 */

/**
 * A 64-bit hash of the bytes from `start` to `end`: its lower word is put at `at`, its upper word behind. Bytes are
 * read through a view because that reads four at a time, from wherever they lie.
 */
export type StringHash = (view: DataView, start: number, end: number, into: Int32Array, at: number) => void;

/** A view of `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The hash of some bytes alone, unsigned. */
export function hashOf(hash: StringHash, bytes: Uint8Array): bigint {
  const result = new BigUint64Array(1);
  hash(viewOf(bytes), 0, bytes.length, new Int32Array(result.buffer), 0);
  return result[0]!;
}

/** The last bytes of a string, fewer than four of them, as a word: the first one lowest. */
export function lastWord(view: DataView, start: number, end: number): number {
  let word = 0;
  for (let at = end - 1; at >= start; at--) word = (word << 8) | view.getUint8(at);
  return word;
}
