/**
 * Shapes of sparse tensors: indices, values and the dense shape, whose elements are followed.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {
  allElementsOf,
  dimensionFrom,
  elementOf,
  elementsOf,
  type Inferred,
  type Known,
  SCALAR,
  shapeFrom,
  vectorOf,
  withElements,
} from '../../graph/known.js';
import {derived, type PartialShape, partialSizeOf} from '../../host/shape.js';
import {anySizes, commonSize, forAll, mergeOrThrow, SOME, sparseTensor, withRank} from '../infer_rules.js';
import {resolveAxis} from '../node.js';
import {completeShape, productShape, slicedShape, sparseReduction, splitSizes} from './plan.js';

/** What is known of a sparse tensor. */
interface KnownSparse {
  readonly count: number | null;
  readonly rank: number | null;
  /** The dense shape. */
  readonly shape: PartialShape;
}

function sparseOf([indices, values, shape]: readonly Known[], node: OpNode): KnownSparse {
  const [entries, width] = withRank(indices!, 2, 'indices', node);
  const [count] = withRank(values!, 1, 'values', node);
  const [dimensions] = withRank(shape!, 1, 'the dense shape', node);
  const rank = commonSize([width!, dimensions!], 'the dimensions of indices and dense shape', node);
  return {
    count: commonSize([entries!, count!], 'the numbers of indices and values', node),
    rank,
    shape: shapeFrom(shape!) ?? (rank === null ? null : anySizes(rank)),
  };
}

/** As many entries as show when they are computed. */
const someEntries = (known: Pick<KnownSparse, 'shape' | 'rank'>) =>
  sparseTensor(known.rank ?? known.shape?.length ?? null, known.shape ?? undefined);

/** A rule for an op whose first three inputs are a sparse tensor. */
const ofSparse =
  (rule: (known: KnownSparse, others: readonly Known[], node: OpNode) => readonly Inferred[]): Infer =>
  (inputs, node) =>
    rule(sparseOf(inputs, node), inputs.slice(3), node);

const toDense: Infer = ([, shape]) => [{shape: shapeFrom(shape!)}];

const reshape: Infer = ([indices, shape, newShape], node) => {
  const [count] = withRank(indices!, 2, 'indices', node);
  const [rank] = withRank(newShape!, 1, 'new_shape', node);
  const [from, to] = [allElementsOf(shape), allElementsOf(newShape)];
  const complete =
    from && to
      ? completeShape(from.map(BigInt), to.map(BigInt), node).map(Number)
      : elementsOf(newShape!)?.map((size) => (size === -1 ? null : size));
  return [{shape: [count!, rank!]}, withElements([rank!], complete)];
};

const concat: Infer = (inputs, node) => {
  const count = node.attrs.int('N');
  const parts = Array.from({length: count}, (_, i) =>
    sparseOf([inputs[i]!, inputs[count + i]!, inputs[2 * count + i]!], node),
  );
  const total = (sizes: readonly (number | null)[]) =>
    derived((...all) => all.reduce((a, b) => a + b), ...sizes);
  const rank = commonSize(
    parts.map((part) => part.rank),
    'the dimensions of what is joined',
    node,
  );
  const entries = total(parts.map((part) => part.count));
  if (rank === null) return [{shape: [entries, null]}, {shape: [entries]}, SOME];
  const axis = resolveAxis(node.attrs.int('concat_dim'), rank, node);
  const shapes = parts.map((part) => part.shape ?? anySizes(rank));
  const others = shapes
    .map((shape) => shape.with(axis, null))
    .reduce((a: PartialShape, b) => mergeOrThrow(a, b, node), null);
  const joined = others!.with(axis, total(shapes.map((shape) => shape[axis]!)));
  return [{shape: [entries, rank]}, {shape: [entries]}, vectorOf(joined)];
};

const slice = ofSparse((known, [start, size], node) => {
  const {shape} = known;
  if (shape === null) return someEntries(known);
  const [from, wanted] = [start!, size!].map((each) => elementsOf(each) ?? anySizes(shape.length));
  return someEntries({...known, shape: slicedShape<number | null>(shape, from!, wanted!, node)});
});

const split: Infer = ([axis, ...inputs], node) => {
  const known = sparseOf(inputs, node);
  const parts = node.attrs.int('num_split');
  const at = elementOf(axis);
  const shapes = new Array<PartialShape>(parts).fill(known.rank === null ? null : anySizes(known.rank));
  if (known.shape !== null && at !== undefined) {
    const {shape} = known;
    const place = resolveAxis(at, shape.length, node);
    shapes.splice(0, parts, ...splitSizes(shape[place]!, parts, node).map((size) => shape.with(place, size)));
  }
  const pieces = shapes.map((shape) => someEntries({...known, shape}));
  return [0, 1, 2].flatMap((k) => pieces.map((piece) => piece[k]!));
};

/** Each row without entries gets one. */
const fillEmptyRows = ofSparse(({rank, count, shape}) => [
  {shape: [null, rank]},
  SOME,
  {shape: [shape?.[0] ?? null]},
  {shape: [count]},
]);

const multiply = ofSparse((known, [dense], node) => {
  const matrix = withRank(dense!, 2, 'b', node);
  const sparse = mergeOrThrow(known.shape, [null, null], node);
  const {inner, shape} = productShape<number | null>(sparse!, matrix, node);
  commonSize(inner, 'the inner sizes', node);
  return [{shape}];
});

const addToDense = ofSparse(({shape}, [dense], node) => [{shape: mergeOrThrow(shape, dense!.shape, node)}]);

/** What is known of a reduction's result; nothing, where it is not known which axes stay. */
function reduced({shape}: KnownSparse, axes: Known, node: OpNode): PartialShape {
  const given = allElementsOf(axes);
  return shape === null || given === undefined ? null : sparseReduction(shape, given, node).shape;
}

const reduce = ofSparse((known, [axes], node) => [{shape: reduced(known, axes!, node)}]);

const reduceToSparse = ofSparse((known, [axes], node) => {
  const shape = reduced(known, axes!, node);
  return someEntries({shape, rank: shape?.length ?? null});
});

/** One value for each entry. */
const valuePerEntry = ofSparse(({count}) => [{shape: [count]}]);

/** The one shape of two sparse tensors. */
function pairOf(inputs: readonly Known[], node: OpNode): Pick<KnownSparse, 'shape' | 'rank'> {
  const [a, b] = [sparseOf(inputs.slice(0, 3), node), sparseOf(inputs.slice(3, 6), node)];
  const rank = commonSize([a.rank, b.rank], 'the dimensions of both operands', node);
  return {rank, shape: mergeOrThrow(a.shape, b.shape, node)};
}

const add: Infer = (inputs, node) => someEntries(pairOf(inputs, node));

const combine: Infer = (inputs, node) => someEntries(pairOf(inputs, node)).slice(0, 2);

const addGradient: Infer = ([, a, b], node) =>
  [a!, b!].map((indices) => ({shape: withRank(indices, 2, 'indices', node).slice(0, 1)}));

const reorder = ofSparse(({count, rank}) => [{shape: [count, rank]}, {shape: [count]}]);

/** How often each number below `size` occurs, in all or in each row. */
const bincount: Infer = ([indices, values, shape, size], node) => {
  const known = sparseOf([indices!, values!, shape!], node);
  return [{shape: known.shape === null ? null : [...known.shape.slice(0, -1), dimensionFrom(size)]}];
};

/** Counts have as many columns as the largest number asks for. */
const counts = (rowShape: PartialShape) =>
  someEntries({
    shape: rowShape === null ? null : [...rowShape, null],
    rank: rowShape === null ? null : rowShape.length + 1,
  });

const countDense: Infer = ([numbers]) => counts(numbers!.shape === null ? null : numbers!.shape.slice(0, -1));

const countSparse = ofSparse(({shape}) => counts(shape === null ? null : shape.slice(0, -1)));

/** TensorFlow takes splits of any rank. */
const countRagged: Infer = ([splits]) => {
  const bounds = partialSizeOf(splits!.shape);
  return counts([derived((count) => count - 1, bounds)]);
};

const PARTS = 3;

const serializeRows = ofSparse(({shape}) => [{shape: [shape?.[0] ?? null, PARTS]}]);

const deserialize: Infer = () => sparseTensor(null);

/** What sets are arranged in, one dimension less than what holds them. */
const arrangement = (shape: PartialShape): PartialShape => (shape === null ? null : shape.slice(0, -1));

/** Sets as large as shows when they are computed. */
function someSets(a: PartialShape, b: PartialShape, node: OpNode): readonly Inferred[] {
  return counts(mergeOrThrow(arrangement(a), arrangement(b), node));
}

const denseSets: Infer = ([a, b], node) => someSets(a!.shape, b!.shape, node);

const denseAndSparseSets: Infer = ([a, ...b], node) => someSets(a!.shape, sparseOf(b, node).shape, node);

const sparseSets: Infer = (inputs, node) =>
  someSets(sparseOf(inputs.slice(0, 3), node).shape, sparseOf(inputs.slice(3), node).shape, node);

const setSize = ofSparse(({shape}) => [{shape: arrangement(shape)}]);

export const infer: InferTable = {
  SparseToDense: toDense,
  SparseReshape: reshape,
  SparseReorder: reorder,
  SparseConcat: concat,
  SparseSlice: slice,
  SparseSliceGrad: ([, indices], node) => [{shape: withRank(indices!, 2, 'indices', node).slice(0, 1)}],
  SparseSplit: split,
  SparseFillEmptyRows: fillEmptyRows,
  SparseFillEmptyRowsGrad: ([reverse], node) => [
    {shape: withRank(reverse!, 1, 'reverse_index_map', node)},
    SCALAR,
  ],
  SparseTensorDenseMatMul: multiply,
  SparseTensorDenseAdd: addToDense,
  ...forAll(reduce, ['SparseReduceSum', 'SparseReduceMax']),
  ...forAll(reduceToSparse, ['SparseReduceSumSparse', 'SparseReduceMaxSparse']),
  ...forAll(valuePerEntry, [
    ...['SparseSoftmax', 'SparseDenseCwiseMul', 'SparseDenseCwiseDiv', 'SparseDenseCwiseAdd'],
  ]),
  SparseAdd: add,
  SparseAddGrad: addGradient,
  ...forAll(combine, ['SparseSparseMaximum', 'SparseSparseMinimum']),
  SparseBincount: bincount,
  DenseCountSparseOutput: countDense,
  SparseCountSparseOutput: countSparse,
  RaggedCountSparseOutput: countRagged,
  SerializeSparse: () => [{shape: [PARTS]}],
  SerializeManySparse: serializeRows,
  DeserializeSparse: deserialize,
  DenseToDenseSetOperation: denseSets,
  DenseToSparseSetOperation: denseAndSparseSets,
  SparseToSparseSetOperation: sparseSets,
  SetSize: setSize,
  ...forAll(() => sparseTensor(2), ['SparseCross', 'SparseCrossV2', 'SparseCrossHashed']),
};
