/**
 * Shapes that may be unknown in part or as a whole, and the arithmetic of broadcasting.
 *
 * @module
 */

/** A shape as a graph knows it: null for unknown rank; a null dimension is unknown. */
export type PartialShape = readonly (number | null)[] | null;

/** True when a concrete shape fits a partial one (`tf.TensorShape.is_compatible_with`). */
export function fitsShape(shape: readonly number[], expected: PartialShape): boolean {
  if (expected === null) return true;
  if (shape.length !== expected.length) return false;
  return expected.every((dim, i) => dim === null || dim === shape[i]);
}

/** `(None, 3)`, `()` or `<unknown>`: the spelling TensorFlow users know. */
export function formatShape(shape: PartialShape): string {
  if (shape === null) return '<unknown>';
  const dims = shape.map((dim) => (dim === null ? 'None' : String(dim)));
  return `(${dims.join(', ')}${dims.length === 1 ? ',' : ''})`;
}

/** The shape that `a` and `b` broadcast to under NumPy's rules, or undefined where they do not. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const da = i <= a.length ? a[a.length - i]! : 1;
    const db = i <= b.length ? b[b.length - i]! : 1;
    if (da !== db && da !== 1 && db !== 1) return undefined;
    out[rank - i] = da === 1 ? db : da;
  }
  return out;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** True when both shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}
