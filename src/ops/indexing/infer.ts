/**
 * Shapes of what is picked and written by index.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {
  allElementsOf,
  elementOf,
  elementsOf,
  entriesOf,
  type Inferred,
  integersOf,
  type Known,
  MOST_ELEMENTS,
  shapeFrom,
  UNKNOWN,
  withElements,
} from '../../graph/known.js';
import {anySizes, forAll, ofRank, shapeOfInput} from '../infer_rules.js';
import {addressing, gatherPlan, numberedRest, stitchRest} from './plan.js';

/** Slices of `params`; elements, where they are picked from a vector. */
export function gathered(
  params: Known,
  indices: Known,
  axis: number | undefined,
  batchDims: number,
  node: OpNode,
): Inferred {
  if (params.shape === null || indices.shape === null) return UNKNOWN;
  if (axis === undefined) {
    const shared = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
    return ofRank(params.shape.length - 1 + indices.shape.length - shared);
  }
  const {shape} = gatherPlan(params.shape, indices.shape, axis, batchDims, node);
  const elements = params.shape.length === 1 && batchDims === 0 ? elementsOf(params) : undefined;
  const positions = elements && elementsOf(indices);
  return withElements(
    shape,
    positions?.map((position) => (position === null ? null : (elements![position] ?? null))),
  );
}

const gather: Infer = ([params, indices], node) => [gathered(params!, indices!, 0, 0, node)];

const gatherV2: Infer = ([params, indices, axis], node) => [
  gathered(params!, indices!, elementOf(axis), node.attrs.int('batch_dims'), node),
];

/** Slices of `params` that the innermost dimension of `indices` addresses. */
export const gatherNd: Infer = ([params, indices], node) => {
  const isKnown = params!.shape !== null && indices!.shape !== null && indices!.shape.at(-1) !== null;
  return [isKnown ? {shape: addressing(indices!.shape!, params!.shape!, node).shape} : UNKNOWN];
};

const partition: Infer = ([data, partitions], node) => {
  const count = node.attrs.int('num_partitions');
  const rest =
    data!.shape && partitions!.shape && numberedRest(data!.shape, partitions!.shape, 'partitions', node);
  return new Array(count).fill({shape: rest && [null, ...rest]});
};

const stitch: Infer = (inputs, node) => {
  const half = inputs.length / 2;
  // What is known of one pair alone says nothing of the rows.
  const pairs = inputs.slice(0, half).flatMap((indices, i) => {
    const data = inputs[half + i]!;
    return indices.shape === null || data.shape === null ? [] : [{indices: indices.shape, data: data.shape}];
  });
  const rest =
    pairs.length === 0
      ? null
      : stitchRest(
          pairs.map(({indices}) => indices),
          pairs.map(({data}) => data),
          node,
        );
  const positions = inputs.slice(0, half).map((indices) => allElementsOf(indices) ?? integersOf(indices));
  if (rest === null || !positions.every((each) => each !== undefined))
    return [{shape: rest && [null, ...rest]}];
  const count = positions.flat().reduce((most, position) => Math.max(most, position + 1), 0);
  if (rest.length > 0 || count > MOST_ELEMENTS) return [{shape: [count, ...rest]}];
  return [withElements([count], stitched(positions, inputs.slice(half), count))];
};

/** Elements put where indices say. */
function stitched(
  positions: readonly (readonly number[])[],
  data: readonly Known[],
  count: number,
): readonly (number | null)[] | undefined {
  const entries = data.map(entriesOf);
  if (!entries.every((each) => each !== undefined)) return undefined;
  const out: (number | null)[] = anySizes(count);
  for (const [i, places] of positions.entries()) {
    for (const [k, place] of places.entries()) out[place] = entries[i]![k]!;
  }
  return out;
}

export const infer: InferTable = {
  Gather: gather,
  GatherV2: gatherV2,
  GatherNd: gatherNd,
  ScatterNd: ([, , shape]) => [{shape: shapeFrom(shape!)}],
  ...forAll(shapeOfInput(), [
    ...['ScatterNdNonAliasingAdd', 'TensorScatterUpdate', 'TensorScatterAdd', 'TensorScatterSub'],
    ...['TensorScatterMax', 'TensorScatterMin', 'InplaceUpdate', 'InplaceAdd', 'InplaceSub'],
  ]),
  DynamicPartition: partition,
  ...forAll(stitch, ['DynamicStitch', 'ParallelDynamicStitch']),
};
