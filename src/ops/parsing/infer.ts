/**
 * Shapes of what is parsed.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, SCALAR, UNKNOWN} from '../../graph/known.js';
import type {PartialShape} from '../../host/shape.js';
import {rowSplits, SOME, scalar, sparseTensor, withRank} from '../infer_rules.js';

/** Each field of each record. */
const decodeCsv: Infer = ([records], {attrs}) =>
  attrs.dtypes('OUT_TYPE').map(() => ({shape: records!.shape}));

/** The dimensions before those of a feature, one for a batch; null where it is not known whether there is one. */
type Batch = readonly (number | null)[] | null;

const behind = (batch: Batch, ...dims: (number | null)[]): Batch => batch && [...batch, ...dims];

/** The parts of sparse features, part by part. Their values have a place in one dimension more than there are before them. */
function sparseFeatures(count: number, before: Batch): Inferred[] {
  const shape = behind(before, null);
  const parts = sparseTensor(shape?.length ?? null, shape ?? undefined);
  return parts.flatMap((part) => new Array<Inferred>(count).fill(part));
}

function denseFeatures(shapes: readonly PartialShape[], before: Batch): Inferred[] {
  return shapes.map((shape) => ({shape: shape && behind(before, ...shape)}));
}

/** Sparse features by their parts, then dense ones. */
function features(batch: Batch, sparse: number, {attrs}: OpNode): Inferred[] {
  return [...sparseFeatures(sparse, batch), ...denseFeatures(attrs.shapes('dense_shapes'), batch)];
}

const parseExample: Infer = ([serialized], node) =>
  features(withRank(serialized!, 1, 'serialized', node), node.attrs.int('Nsparse'), node);

/** A batch, or one example, which has values and no splits of a ragged feature. */
const parseExampleV2: Infer = ([serialized], node) => {
  const batch = serialized!.shape;
  const ragged = node.attrs.dtypes('ragged_value_types');
  const splits = batch === null ? SOME : batch.length === 0 ? {shape: [0]} : rowSplits(batch[0]!);
  return [
    ...features(batch, node.attrs.int('num_sparse'), node),
    ...ragged.map(() => SOME),
    ...ragged.map(() => splits),
  ];
};

const parseSingleExample: Infer = ([serialized], node) =>
  features(withRank(serialized!, 0, 'serialized', node), node.attrs.int('num_sparse'), node);

/** Of the context, and of the lists: sparse features by their parts, then dense ones; last how many steps each list has. */
function sequenceFeatures(batch: Batch, sparse: number, listSparse: number, {attrs}: OpNode) {
  const steps = behind(batch, null);
  const listShapes = attrs.shapes('feature_list_dense_shapes');
  return {
    context: [
      ...sparseFeatures(sparse, batch),
      ...denseFeatures(attrs.shapes('context_dense_shapes'), batch),
    ],
    lists: [...sparseFeatures(listSparse, steps), ...denseFeatures(listShapes, steps)],
    lengths: listShapes.map((): Inferred => ({shape: batch})),
  };
}

const parseSequenceExample: Infer = ([serialized, names], node) => {
  withRank(names!, 1, 'debug_name', node);
  const batch = withRank(serialized!, 1, 'serialized', node);
  const counts = [node.attrs.int('Ncontext_sparse'), node.attrs.int('Nfeature_list_sparse')] as const;
  const {context, lists, lengths} = sequenceFeatures(batch, ...counts, node);
  return [...context, ...lists, ...lengths];
};

/** Ragged features beside the others: values and splits, of lists those of records and then those of steps. */
const parseSequenceExampleV2: Infer = ([serialized], node) => {
  const batch = serialized!.shape;
  const {attrs} = node;
  const counts = [attrs.int('Ncontext_sparse'), attrs.int('Nfeature_list_sparse')] as const;
  const {context, lists, lengths} = sequenceFeatures(batch, ...counts, node);
  // A lone record has no rows to tell apart.
  const splits: Inferred = batch === null ? UNKNOWN : batch.length === 0 ? SCALAR : rowSplits(batch[0]!);
  const ragged = (count: number, ...parts: Inferred[]) =>
    parts.flatMap((part) => new Array<Inferred>(count).fill(part));
  return [
    ...context,
    ...ragged(attrs.dtypes('context_ragged_value_types').length, SOME, splits),
    ...lists,
    ...lengths,
    ...ragged(attrs.dtypes('feature_list_ragged_value_types').length, SOME, splits, SOME),
  ];
};

const parseSingleSequenceExample: Infer = ([serialized, missing], node) => {
  withRank(missing!, 1, 'feature_list_dense_missing_assumed_empty', node);
  const batch = withRank(serialized!, 0, 'serialized', node);
  const counts = [node.attrs.int('Ncontext_sparse'), node.attrs.int('Nfeature_list_sparse')] as const;
  const {context, lists} = sequenceFeatures(batch, ...counts, node);
  return [...context, ...lists];
};

export const infer: InferTable = {
  ParseExample: parseExample,
  ParseExampleV2: parseExampleV2,
  ParseSingleExample: parseSingleExample,
  ParseSequenceExample: parseSequenceExample,
  ParseSequenceExampleV2: parseSequenceExampleV2,
  ParseSingleSequenceExample: parseSingleSequenceExample,
  DecodeCSV: decodeCsv,
  SerializeTensor: scalar,
  ParseTensor: () => [UNKNOWN],
};
