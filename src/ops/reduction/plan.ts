/**
 * What reductions make of axes: which go, and the shape that stays.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {derived, formatShape, type PartialShape} from '../../host/shape.js';
import {sizeOf} from '../../host/tensor.js';
import {invalid, resolveAxis} from '../node.js';

/** Which axes go, and the shape that stays. */
export interface ReductionPlan<D> {
  readonly axes: number[];
  /** The result's shape with 1 along the reduced axes. */
  readonly kept: readonly D[];
  readonly shape: D[];
  /** Elements folded into each one of the result. */
  readonly count: D;
}

/** The plan of a reduction over `axes`, each of them named once. */
export function reductionPlan<D extends number | null>(
  shape: readonly D[],
  axes: readonly number[],
  node: OpNode,
): ReductionPlan<D> {
  const reduced = new Set<number>();
  for (const axis of axes) {
    const resolved = resolveAxis(axis, shape.length, node);
    if (reduced.has(resolved)) throw invalid(node, `axis ${axis} is given twice`);
    reduced.add(resolved);
  }
  const kept = shape.map((dim, axis) => (reduced.has(axis) ? (1 as D) : dim));
  const left = shape.filter((_, axis) => !reduced.has(axis));
  return {
    axes: [...reduced].sort((a, b) => a - b),
    kept,
    shape: node.attrs.bool('keep_dims') ? kept : left,
    count: derived((...sizes) => sizeOf(sizes), ...shape.filter((_, axis) => reduced.has(axis))),
  };
}

/** The axis along which the position of an extreme is looked for, and the shape without it. */
export function positionPlan<D extends number | null>(
  shape: readonly D[],
  dimension: number,
  node: OpNode,
): {readonly axis: number; readonly shape: readonly D[]} {
  const axis = resolveAxis(dimension, shape.length, node);
  if (shape[axis] === 0) throw invalid(node, `axis ${axis} of ${formatShape(shape)} is empty`);
  return {axis, shape: shape.toSpliced(axis, 1)};
}

/** The shape of the `k` largest elements of the last axis. */
export function topKShape<D extends number | null>(shape: readonly D[], k: D, node: OpNode): readonly D[] {
  const length: number | null | undefined = shape.at(-1);
  if (length === undefined) throw invalid(node, 'the input needs at least one dimension');
  if (k !== null && (k < 0 || k > (length ?? Number.POSITIVE_INFINITY))) {
    throw invalid(node, `k = ${k} is not in the range of 0 to ${length} elements`);
  }
  return shape.with(-1, k);
}

/** Checks the shapes of predictions and of a target for each; gives the number of both. */
export function targetCount(
  predictions: PartialShape & {},
  targets: PartialShape & {},
  node: OpNode,
): number | null {
  const [rows] = predictions;
  if (predictions.length !== 2) throw invalid(node, 'predictions must be a matrix');
  const fits = targets.length === 1 && (targets[0] === rows || targets[0] === null || rows === null);
  if (!fits) throw invalid(node, `targets must be ${rows} class numbers`);
  return rows ?? targets[0]!;
}
