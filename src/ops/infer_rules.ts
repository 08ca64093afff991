/**
 * Rules of inference that many ops share.
 *
 * @module
 */

import type {OpNode} from '../graph/graph.js';
import type {Infer, InferTable} from '../graph/infer.js';
import {elementsOf, type Inferred, type Known, SCALAR, vectorOf, withElements} from '../graph/known.js';
import type {DType} from '../host/dtypes.js';
import {
  broadcastShapes,
  derived,
  formatShape,
  isKnown,
  mergeShapes,
  type PartialShape,
} from '../host/shape.js';
import {checkRank, invalid} from './node.js';

/** One rule for many ops. */
export function forAll(rule: Infer, ops: readonly string[]): InferTable {
  return Object.fromEntries(ops.map((op) => [op, rule]));
}

/** The output is an input, all that is known of it included. */
export const passes: Infer = ([x]) => [x!];

/** Outputs are the inputs, one for one. */
export const passesAll: Infer = (inputs) => inputs;

/** The output has the shape of an input (the first one, unless said otherwise). */
export const shapeOfInput =
  (index = 0): Infer =>
  (inputs) => [{shape: inputs[index]!.shape}];

/** All inputs and the output have one shape. */
export const oneShape: Infer = (inputs, node) => [{shape: commonShape(inputs, node)}];

/** The output is a scalar of which nothing else is known. */
export const scalar: Infer = () => [SCALAR];

/** There are no outputs. */
export const nothing: Infer = () => [];

/** Dimensions of which only the count is known. */
export function anySizes(rank: number): null[] {
  return new Array<null>(rank).fill(null);
}

/** A tensor of which only the rank is known: nothing, where that is not. */
export function ofRank(rank: number | null | undefined): Inferred {
  return {shape: typeof rank === 'number' ? anySizes(rank) : null};
}

/** The sizes of a tensor, as a vector of the dtype that the node gives. */
export function sizesOf(shape: PartialShape, {attrs}: OpNode): Inferred {
  return shape === null ? ofRank(1) : vectorOf(shape.map((size) => held(size, attrs.dtype('out_type'))));
}

/** The same in another shape: elements stay in their order. */
export function reshaped(known: Known, shape: PartialShape): Inferred {
  const {value} = known;
  return {
    ...(shape !== null && shape.length <= 1 ? withElements(shape, elementsOf(known)) : {shape}),
    ...(value !== undefined && isKnown(shape) ? {value: {...value, shape}} : {}),
  };
}

/** The output has the shape that the first two inputs broadcast to. */
export const broadcasts: Infer = ([x, y], node) => [{shape: broadcastOrThrow(x!.shape, y!.shape, node)}];

/** The shape that all of these tensors have. */
export function commonShape(tensors: readonly Known[], node: OpNode): PartialShape {
  return tensors.map(({shape}) => shape).reduce((a, b) => mergeOrThrow(a, b, node), null);
}

/** What both shapes say together. A CallError where they contradict each other. */
export function mergeOrThrow(a: PartialShape, b: PartialShape, node: OpNode): PartialShape {
  const merged = mergeShapes(a, b);
  if (merged === undefined) {
    throw invalid(node, `shapes ${formatShape(a)} and ${formatShape(b)} must be the same`);
  }
  return merged;
}

/** The shape that two broadcast to. A CallError where they do not. */
export function broadcastOrThrow(a: PartialShape, b: PartialShape, node: OpNode): PartialShape {
  if (a === null || b === null) return null;
  const shape = broadcastShapes(a, b);
  if (shape === undefined) {
    throw invalid(node, `shapes ${formatShape(a)} and ${formatShape(b)} cannot be broadcast to one`);
  }
  return shape;
}

/** What two integer tensors of at most one dimension give that are computed element by element. */
export function combined(
  [x, y]: readonly [Known, Known],
  shape: PartialShape,
  f: (a: number, b: number) => number,
): Inferred {
  const [a, b] = [elementsOf(x), elementsOf(y)];
  if (a === undefined || b === undefined) return {shape};
  const length = a.length === 1 ? b.length : a.length;
  const elements = Array.from({length}, (_, i) => {
    const [left, right] = [a.length === 1 ? a[0] : a[i], b.length === 1 ? b[0] : b[i]];
    return typeof left === 'number' && typeof right === 'number' ? held(f(left, right), x.dtype) : null;
  });
  return withElements(shape, elements);
}

/** A rank that must be this one, where it is known. A CallError for another. */
export function withRank(known: Known, rank: number, what: string, node: OpNode): readonly (number | null)[] {
  checkRank(known.shape, rank, what, node);
  return known.shape ?? anySizes(rank);
}

/** A rank that must not be less than this, where it is known. A CallError for a smaller one. */
export function withRankAtLeast({shape}: Known, rank: number, what: string, node: OpNode): PartialShape {
  if (shape !== null && shape.length < rank) {
    const dimensions = rank === 1 ? 'one dimension' : `${rank} dimensions`;
    throw invalid(node, `${what} must have at least ${dimensions}, got shape ${formatShape(shape)}`);
  }
  return shape;
}

/** The one size that all of these are, as far as they are known. A CallError where two are not the same. */
export function commonSize(sizes: readonly (number | null)[], what: string, node: OpNode): number | null {
  const known = sizes.filter((size) => size !== null);
  if (known.some((size) => size !== known[0])) {
    throw invalid(node, `${what} must be the same, got ${known.join(' and ')}`);
  }
  return known[0] ?? null;
}

/** An integer as the dtype holds it; null for one that would wrap around. */
export function held(number: number | null, dtype: DType): number | null {
  if (number === null || !Number.isSafeInteger(number)) return null;
  return dtype === 'int32' && number !== (number | 0) ? null : number;
}

/** A vector whose length shows when it is computed. */
export const SOME: Inferred = {shape: [null]};

/** Where each of so many rows begins, and the last one ends. */
export function rowSplits(rows: number | null): Inferred {
  return {shape: [derived((count) => count + 1, rows)]};
}

/** A sparse tensor of this rank: indices, values and dense shape. How many entries it has shows when it is computed. */
export function sparseTensor(
  rank: number | null,
  denseShape?: readonly (number | null)[],
): readonly [indices: Inferred, values: Inferred, shape: Inferred] {
  return [{shape: [null, rank]}, SOME, withElements([rank], denseShape)];
}
