/**
 * Shapes of what indices name, and of what is written there.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {formatShape, mergeShapes} from '../../host/shape.js';
import {invalid, resolveAxis} from '../node.js';

/** Where a gather picks: along which axis, how many leading dimensions are batches, and the shape of what is picked. */
export interface GatherPlan<D> {
  readonly axis: number;
  readonly batchDims: number;
  readonly shape: readonly D[];
}

/** The plan of slices of `params` along `axis`; the first `batchDims` dimensions of both shapes are the batch. */
export function gatherPlan<D extends number | null>(
  params: readonly D[],
  indices: readonly D[],
  axis: number,
  batchDims: number,
  node: OpNode,
): GatherPlan<D> {
  const at = resolveAxis(axis, params.length, node);
  const shared = batchDims < 0 ? batchDims + indices.length : batchDims;
  const batch =
    shared < 0 || shared > at ? undefined : mergeShapes(params.slice(0, shared), indices.slice(0, shared));
  if (batch === undefined) {
    throw invalid(
      node,
      `${formatShape(params)} and indices of ${formatShape(indices)} do not share ${batchDims} batch ` +
        `dimensions before axis ${at}`,
    );
  }
  const shape = [...params.slice(0, at), ...indices.slice(shared), ...params.slice(at + 1)];
  return {axis: at, batchDims: shared, shape};
}

/**
 * What the innermost dimension of indices, which is known, addresses: so many leading dimensions, slices of the rest, and all
 * slices together.
 */
export function addressing<D extends number | null>(
  indices: readonly D[],
  shape: readonly D[],
  node: OpNode,
): {readonly depth: number; readonly rest: readonly D[]; readonly shape: readonly D[]} {
  const depth = indices.at(-1) ?? Number.POSITIVE_INFINITY;
  if (depth > shape.length) {
    throw invalid(node, `indices of ${formatShape(indices)} do not address ${formatShape(shape)}`);
  }
  const rest = shape.slice(depth);
  return {depth, rest, shape: [...indices.slice(0, -1), ...rest]};
}

/** The shape of the rows of `data`, which starts with the dimensions of what numbers the rows: partitions, or segment ids. */
export function numberedRest<D extends number | null>(
  data: readonly D[],
  numbers: readonly D[],
  what: 'partitions' | 'ids',
  node: OpNode,
): readonly D[] {
  const rest = data.slice(numbers.length);
  if (mergeShapes(data, [...numbers, ...rest]) !== undefined) return rest;
  throw invalid(
    node,
    `data of ${formatShape(data)} does not start with the ${what}' shape ${formatShape(numbers)}`,
  );
}

/** The shape of the rows that are put together: of all `data`, after the dimensions of the indices of each. */
export function stitchRest<D extends number | null>(
  indices: readonly (readonly D[])[],
  data: readonly (readonly D[])[],
  node: OpNode,
): readonly D[] {
  let rest = data[0]!.slice(indices[0]!.length);
  for (const [i, each] of data.entries()) {
    const merged = mergeShapes(each, [...indices[i]!, ...rest]);
    if (!merged) {
      throw invalid(
        node,
        `data of ${formatShape(each)} does not fit indices of ${formatShape(indices[i]!)} and rows of ${formatShape(rest)}`,
      );
    }
    rest = merged.slice(indices[i]!.length) as D[];
  }
  return rest;
}
