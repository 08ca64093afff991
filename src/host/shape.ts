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

/**
 * The shape that `a` and `b` broadcast to under NumPy's rules, or undefined where they do not. An unknown dimension (null)
 * beside another size than 1 is that size, or 1.
 */
export function broadcastShapes<D extends number | null>(a: readonly D[], b: readonly D[]): D[] | undefined {
  const rank = Math.max(a.length, b.length);
  const out = new Array<D>(rank);
  for (let i = 1; i <= rank; i++) {
    const da = i <= a.length ? a[a.length - i]! : 1;
    const db = i <= b.length ? b[b.length - i]! : 1;
    if (da === 1) out[rank - i] = db as D;
    else if (db === 1 || db === null || da === db) out[rank - i] = da as D;
    else if (da === null) out[rank - i] = db as D;
    else return undefined;
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

/** What two shapes of one tensor say together; undefined where they contradict each other. */
export function mergeShapes(a: PartialShape, b: PartialShape): PartialShape | undefined {
  if (a === null) return b;
  if (b === null) return a;
  const fits = a.length === b.length && a.every((dim, i) => dim === null || b[i] === null || dim === b[i]);
  return fits ? a.map((dim, i) => dim ?? b[i]!) : undefined;
}

/** What is true of a tensor that has one of two shapes. */
export function relaxShapes(a: PartialShape, b: PartialShape): PartialShape {
  if (a === null || b === null || a.length !== b.length) return null;
  return a.map((dim, i) => (dim === b[i] ? dim : null));
}

/** True where every dimension is known. */
export function isKnown(shape: PartialShape): shape is readonly number[] {
  return shape !== null && !shape.includes(null);
}

/** Number of elements; null where it is not known. */
export function partialSizeOf(shape: PartialShape): number | null {
  if (shape === null) return null;
  let size: number | null = 1;
  // Without elements whatever the others are.
  if (shape.includes(0)) return 0;
  for (const dim of shape) size = size === null || dim === null ? null : size * dim;
  return size;
}

/** A size that follows from others: unknown where one of them is. */
export function derived<D extends number | null>(
  f: (...sizes: number[]) => number,
  ...from: readonly D[]
): D {
  return (from.some((size) => size === null) ? null : f(...(from as readonly number[]))) as D;
}
