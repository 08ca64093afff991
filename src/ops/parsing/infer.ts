/**
 * Shapes of what is parsed.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, UNKNOWN} from '../../graph/known.js';
import type {PartialShape} from '../../host/shape.js';
import {rowSplits, SOME, scalar, sparseTensor, withRank} from '../infer_rules.js';

/** Each field of each record. */
const decodeCsv: Infer = ([records], {attrs}) =>
  attrs.dtypes('OUT_TYPE').map(() => ({shape: records!.shape}));

/** The dimensions before those of a feature, one for a batch; null where it is not known whether there is one. */
type Batch = readonly (number | null)[] | null;

/** Sparse features by their parts, then dense ones. */
function features(batch: Batch, sparse: number, {attrs}: OpNode): Inferred[] {
  const parts = sparseTensor(
    batch === null ? null : batch.length + 1,
    batch === null ? undefined : [...batch, null],
  );
  const shapes: readonly PartialShape[] = attrs.shapes('dense_shapes');
  return [
    ...parts.flatMap((part) => new Array<Inferred>(sparse).fill(part)),
    ...shapes.map((shape) => ({shape: batch === null || shape === null ? null : [...batch, ...shape]})),
  ];
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

export const infer: InferTable = {
  ParseExample: parseExample,
  ParseExampleV2: parseExampleV2,
  ParseSingleExample: parseSingleExample,
  DecodeCSV: decodeCsv,
  SerializeTensor: scalar,
  ParseTensor: () => [UNKNOWN],
};
