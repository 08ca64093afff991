/**
 * Coordinates of the entries of sparse tensors: reading, checking, ordering and writing them.
 *
 * @module
 */

import {formatShape, stridesOf} from '../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../host/tensor.js';
import {Value} from '../../tensors/value.js';
import type {KernelContext} from '../kernel.js';
import {invalid} from '../node.js';

/** A sparse tensor without its values. */
export interface Coordinates {
  readonly count: number;
  /** The dense shape. */
  readonly shape: readonly number[];
  /** Coordinates of one entry after the other. */
  readonly flat: ArrayLike<number>;
}

/** Reads indices `[count, rank]` and a dense shape `[rank]`. */
export function readCoordinates(indices: Value, denseShape: Value, ctx: KernelContext): Coordinates {
  const shape = denseShape.numbers();
  const count = indices.shape[0];
  if (count === undefined || indices.rank !== 2 || indices.shape[1] !== shape.length) {
    throw invalid(
      ctx,
      `indices of ${formatShape(indices.shape)} do not address a dense shape ${formatShape(shape)}`,
    );
  }
  return {count, shape, flat: indices.indices()};
}

/** Refuses a dense shape with negative sizes, or of more elements than int64 counts. */
export function checkDense({shape}: Coordinates, ctx: KernelContext): void {
  if (shape.some((dim) => dim < 0)) throw invalid(ctx, `the dense shape ${formatShape(shape)} is negative`);
  if (sizeOf(shape) >= 2 ** 63) throw invalid(ctx, `the dense shape ${formatShape(shape)} is too large`);
}

/** Refuses values that are not one per entry. */
export function checkValues(values: Value, count: number, ctx: KernelContext): void {
  if (values.rank !== 1 || values.size !== count) {
    throw invalid(ctx, `there are ${count} indices for values of ${formatShape(values.shape)}`);
  }
}

/** Row-major position of each entry in the dense tensor; an error for one outside of it. */
export function flatPositions(coordinates: Coordinates, ctx: KernelContext): Int32Array {
  const {count, shape, flat} = coordinates;
  const strides = stridesOf(shape);
  const rank = shape.length;
  return int32Array(count, (i) => {
    let position = 0;
    for (let k = 0; k < rank; k++) {
      const at = flat[i * rank + k]!;
      if (at < 0 || at >= shape[k]!) throw invalid(ctx, outOfBounds(coordinates, i));
      position += at * strides[k]!;
    }
    return position;
  });
}

function outOfBounds(coordinates: Coordinates, entry: number): string {
  const at = entryAt(coordinates, entry).join(', ');
  return `indices[${entry}] = [${at}] is out of bounds for ${formatShape(coordinates.shape)}`;
}

/** The coordinates of one entry. */
export function entryAt({flat, shape}: Coordinates, entry: number): number[] {
  return shape.map((_, k) => flat[entry * shape.length + k]!);
}

/** Negative, zero or positive as entry `a` of one comes before, at or after entry `b` of the other, in row-major order. */
export function compareEntries(
  left: Coordinates,
  a: number,
  right: Coordinates,
  b: number,
  dims = left.shape.length,
): number {
  const rank = left.shape.length;
  for (let k = 0; k < dims; k++) {
    const difference = left.flat[a * rank + k]! - right.flat[b * rank + k]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Refuses entries out of bounds, and, where the op asks for it, out of order or repeated. */
export function checkOrder(coordinates: Coordinates, ctx: KernelContext, repeats = false): void {
  flatPositions(coordinates, ctx);
  for (let i = 1; i < coordinates.count; i++) {
    const order = compareEntries(coordinates, i - 1, coordinates, i);
    if (order > 0 || (order === 0 && !repeats)) {
      const at = entryAt(coordinates, i).join(', ');
      throw invalid(ctx, `indices[${i}] = [${at}] is ${order > 0 ? 'out of order' : 'repeated'}`);
    }
  }
}

/** Entries in row-major order, those at the same place in the order they had. */
export function sortedOrder(coordinates: Coordinates): Int32Array {
  const order = int32Array(coordinates.count, (i) => i);
  return isSorted(coordinates)
    ? order
    : order.sort((a, b) => compareEntries(coordinates, a, coordinates, b) || a - b);
}

function isSorted(coordinates: Coordinates): boolean {
  for (let i = 1; i < coordinates.count; i++) {
    if (compareEntries(coordinates, i - 1, coordinates, i) > 0) return false;
  }
  return true;
}

/** The coordinates of these entries, one after the other. */
export function entriesAt({flat, shape}: Coordinates, entries: ArrayLike<number>): Float64Array {
  const rank = shape.length;
  const out = allocate('float64', entries.length * rank) as Float64Array;
  for (let i = 0; i < entries.length; i++) {
    for (let k = 0; k < rank; k++) out[i * rank + k] = flat[entries[i]! * rank + k]!;
  }
  return out;
}

/** int64 numbers in a shape. */
export function longs(numbers: ArrayLike<number>, shape: readonly number[]): Value {
  return Value.vector('int64', numbers).reshape(shape);
}

/** Coordinates as an int64 matrix. */
export function indexMatrix(entries: readonly (readonly number[])[], rank: number): Value {
  return longs(entries.flat(), [entries.length, rank]);
}

/** Entries gathered by a function of their coordinates. */
export interface Groups {
  /** The group of each entry, in the order in which groups are first met. */
  readonly ids: Int32Array;
  /** Coordinates of each group along the axes it is formed by. */
  readonly keys: readonly (readonly number[])[];
}

/** Groups entries that agree along `axes`. */
export function groupBy(coordinates: Coordinates, axes: readonly number[]): Groups {
  const places = new Map<string, number>();
  const keys: number[][] = [];
  const ids = int32Array(coordinates.count, (i) => {
    const entry = entryAt(coordinates, i);
    const key = axes.map((axis) => entry[axis]!);
    const name = key.join();
    const known = places.get(name);
    if (known !== undefined) return known;
    places.set(name, keys.length);
    return keys.push(key) - 1;
  });
  return {ids, keys};
}
