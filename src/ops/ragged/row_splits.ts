/**
 * Row splits, where each row of a ragged dimension begins and the last one ends, and the lengths of the rows.
 *
 * @module
 */

import type {Value} from '../../tensors/value.js';

/** Row lengths from row splits. */
export function lengths(splits: Value): number[] {
  const bounds = splits.numbers();
  return bounds.slice(1).map((end, row) => end - bounds[row]!);
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
