/**
 * Shapes of ragged tensors: values in a row, and for each ragged dimension the splits where its rows begin and end.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {dimensionFrom, type Inferred, type Known, SCALAR, shapeFrom, UNKNOWN} from '../../graph/known.js';
import {derived, type PartialShape, partialSizeOf} from '../../host/shape.js';
import {anySizes, commonSize, mergeOrThrow, rowSplits, SOME, withRank} from '../infer_rules.js';

/** Values as long as shows when they are computed, each of the shape of those given. */
const likeValues = (values: Known): Inferred => {
  const {shape} = values;
  return {shape: shape === null ? null : [null, ...shape.slice(1)]};
};

/** The number of rows that splits belong to. */
const rowsOf = (splits: number | null): number | null => derived((count) => count - 1, splits);

/** As wide as asked for, or (-1) as the longest row. */
const toTensor: Infer = ([shape, values, , ...partitions], node) => {
  const [first] = node.attrs.strings('row_partition_types');
  const raggedRank = partitions.length - (first === 'FIRST_DIM_SIZE' ? 1 : 0);
  const natural: PartialShape =
    values!.shape === null ? null : [...anySizes(raggedRank + 1), ...values!.shape.slice(1)];
  const wanted = shape!.shape?.length === 0 ? null : shapeFrom(shape!);
  return [{shape: mergeOrThrow(wanted, natural, node)}];
};

/** An entry for each value. */
const toSparse: Infer = (inputs) => {
  const {shape} = inputs.at(-1)!;
  const rank = shape === null ? null : inputs.length - 1 + shape.length;
  const count = partialSizeOf(shape);
  return [{shape: [count, rank]}, {shape: [count]}, {shape: [rank]}];
};

const gather: Infer = (inputs, node) => [
  ...new Array<Inferred>(node.attrs.int('OUTPUT_RAGGED_RANK')).fill(SOME),
  likeValues(inputs.at(-2)!),
];

/** Operands are scalars, which go with each row, or vectors of one size. */
const range: Infer = (operands, node) => {
  const vectors = operands.filter(({shape}) => shape !== null && shape.length > 0);
  const rows = commonSize(
    vectors.map((each) => withRank(each, 1, 'starts, limits and deltas', node)[0]!),
    'the sizes of starts, limits and deltas',
    node,
  );
  const isOne = operands.every(({shape}) => shape?.length === 0);
  return [rowSplits(isOne ? 1 : rows), SOME];
};

const fillEmptyRows: Infer = ([rowIds, values, rowCount], node) => {
  const [ids] = withRank(rowIds!, 1, 'value_rowids', node);
  const [count] = withRank(values!, 1, 'values', node);
  const size = commonSize([ids!, count!], 'the numbers of rows and values', node);
  return [SOME, SOME, {shape: [dimensionFrom(rowCount)]}, {shape: [size]}];
};

/** Crosses of as many examples as each column has. */
const cross: Infer = (inputs, node) => {
  const {attrs} = node;
  const ragged = attrs.dtypes('ragged_values_types').length;
  const sparse = attrs.int('Nsparse');
  const splits = inputs.slice(ragged, 2 * ragged);
  const shapes = inputs.slice(2 * ragged + 2 * sparse, 2 * ragged + 3 * sparse);
  const dense = inputs.slice(2 * ragged + 3 * sparse);
  const examples = [
    ...splits.map((each) => rowsOf(withRank(each, 1, 'row splits', node)[0]!)),
    ...shapes.map((each) => shapeFrom(each)?.[0] ?? null),
    ...dense.map((each) => withRank(each, 2, 'dense columns', node)[0]!),
  ];
  return [SOME, rowSplits(commonSize(examples, 'the numbers of examples', node))];
};

/** One variant, or one for each row of the outermost dimension. */
const toVariant: Infer = (inputs, {attrs}) => {
  if (!attrs.bool('batched_input')) return [SCALAR];
  const {shape} = inputs[0]!;
  const isSplits = inputs.length > 1;
  const count = shape?.[0] ?? null;
  return [{shape: [isSplits ? rowsOf(count) : count]}];
};

const fromVariant: Infer = (_, {attrs}) => [
  ...new Array<Inferred>(attrs.int('output_ragged_rank')).fill(SOME),
  UNKNOWN,
];

export const infer: InferTable = {
  RaggedTensorToTensor: toTensor,
  RaggedTensorToSparse: toSparse,
  RaggedGather: gather,
  RaggedRange: range,
  RaggedFillEmptyRows: fillEmptyRows,
  RaggedFillEmptyRowsGrad: ([reverse], node) => [
    {shape: withRank(reverse!, 1, 'reverse_index_map', node)},
    SCALAR,
  ],
  RaggedCross: cross,
  RaggedTensorToVariant: toVariant,
  RaggedTensorFromVariant: fromVariant,
  RaggedTensorToVariantGradient: ([, , shape]) => [{shape: shapeFrom(shape!)}],
};
