/**
 * Dense shapes of sparse tensors that are reshaped, cut and reduced.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {derived} from '../../host/shape.js';
import {invalid, resolveAxis} from '../node.js';
import {reductionPlan} from '../reduction/plan.js';

/** A shape to which another is reshaped, with the one size that is left open (-1). Products of sparse shapes exceed numbers. */
export function completeShape(from: readonly bigint[], to: readonly bigint[], node: OpNode): bigint[] {
  const product = (dims: readonly bigint[]) => dims.reduce((size, dim) => size * dim, 1n);
  const size = product(from);
  const open = to.indexOf(-1n);
  const known = product(to.filter((_, k) => k !== open));
  const complete = open < 0 ? [...to] : to.with(open, known === 0n ? 0n : size / known);
  if (product(complete) !== size || complete.some((dim) => dim < 0n)) {
    throw invalid(node, `a sparse tensor of shape (${from}) cannot be reshaped to (${to})`);
  }
  return complete;
}

/** The shape of a block: as large as asked for, unless the tensor ends before. */
export function slicedShape<D extends number | null>(
  shape: readonly D[],
  start: readonly D[],
  size: readonly D[],
  node: OpNode,
): D[] {
  const rank = shape.length;
  if (start.length !== rank || size.length !== rank || size.some((dim) => dim !== null && dim < 0)) {
    throw invalid(
      node,
      `start and size must have ${rank} elements, and sizes must not be negative: [${size}]`,
    );
  }
  return shape.map((dim, k) =>
    derived(
      (all, from, wanted) => Math.max(0, Math.min(wanted, all - from)),
      dim,
      start[k] as D,
      size[k] as D,
    ),
  );
}

/** The sizes of the parts of a dimension: the first ones are larger by one where it is no multiple of their number. */
export function splitSizes<D extends number | null>(dim: D, parts: number, node: OpNode): D[] {
  if (dim !== null && (parts < 1 || parts > dim)) {
    throw invalid(node, `a dimension of ${dim} cannot be split into ${parts} parts`);
  }
  return Array.from({length: parts}, (_, i) =>
    derived((all) => Math.floor(all / parts) + (i < all % parts ? 1 : 0), dim),
  );
}

/** The axes that a reduction keeps, and the shape of its result. An axis may be named more than once. */
export function sparseReduction<D extends number | null>(
  shape: readonly D[],
  axes: readonly number[],
  node: OpNode,
): {readonly kept: readonly number[]; readonly shape: readonly D[]} {
  const reduced = new Set(axes.map((axis) => resolveAxis(axis, shape.length, node)));
  const kept = [...shape.keys()].filter((axis) => !reduced.has(axis));
  return {kept, shape: reductionPlan(shape, [...reduced], node).shape};
}

/** The shape of the product of a sparse matrix with a dense one, each of them transposed if the node says so. */
export function productShape<D extends number | null>(
  sparse: readonly D[],
  dense: readonly D[],
  {attrs}: OpNode,
): {readonly inner: readonly [D, D]; readonly shape: readonly [rows: D, columns: D]} {
  const [rows, left] = attrs.bool('adjoint_a') ? sparse.toReversed() : sparse;
  const [right, columns] = attrs.bool('adjoint_b') ? dense.toReversed() : dense;
  return {inner: [left as D, right as D], shape: [rows as D, columns as D]};
}
