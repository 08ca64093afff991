/**
 * The largest few of many elements.
 *
 * @module
 */

/** Up to so many are picked one by one; more are cheaper to sort. */
const FEW = 32;

/**
 * Positions of the `k` largest elements, the largest first, the lower position first among equals.
 *
 * @param allPositions - makes the array of all positions in order, for the case that everything is sorted
 */
export function largest(
  elements: ArrayLike<number | bigint>,
  k: number,
  allPositions: () => Int32Array,
): Int32Array {
  const before = (a: number, b: number): number =>
    elements[a]! > elements[b]! ? -1 : elements[a]! < elements[b]! ? 1 : a - b;
  if (k > FEW) return allPositions().sort(before).subarray(0, k);
  // Few are wanted: keep them sorted, and most elements are turned away by the last of them.
  const best: number[] = [];
  for (let i = 0; i < elements.length && k > 0; i++) {
    if (best.length === k && !(elements[i]! > elements[best[k - 1]!]!)) continue;
    if (best.length === k) best.pop();
    let at = best.length;
    while (at > 0 && elements[i]! > elements[best[at - 1]!]!) at--;
    best.splice(at, 0, i);
  }
  return Int32Array.from(best);
}
