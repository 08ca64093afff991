/**
 * Row splits, where each row of a ragged dimension begins and the last one ends, and the lengths of the rows.
 *
 * @module
 */

/** Row lengths from row splits. */
export function lengthsOf(splits: ArrayLike<number>): Float64Array {
  return Float64Array.from(
    {length: Math.max(0, splits.length - 1)},
    (_, row) => splits[row + 1]! - splits[row]!,
  );
}

/** Row splits from row lengths. */
export function running(rowLengths: readonly number[]): number[] {
  let total = 0;
  const splits = [0];
  for (const length of rowLengths) {
    total += length;
    splits.push(total);
  }
  return splits;
}
