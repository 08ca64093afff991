/**
 * Examples outside of a model: from encoded `tensorflow.Example`s to tensors.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {encodeUtf8} from '../algorithms/utf8.js';
import {CallError} from '../errors.js';
import {formatShape, type PartialShape} from '../host/shape.js';
import {sizeOf} from '../host/tensor.js';
import {type ExactTensor, type TensorInput, toValue} from '../savedmodel/boundary.js';
import {RaggedTensor, SparseTensor} from '../savedmodel/composites.js';
import {rawOps} from '../savedmodel/raw/raw_ops.js';

/** dtypes that features of an example have. */
export type FeatureDType = 'float32' | 'int64' | 'string';

/**
 * A feature of as many values in each example as its shape says. Mirrors `tf.io.FixedLenFeature`.
 *
 * @example
 * new hub.FixedLenFeature([2], 'float32', [0, 0])
 */
export class FixedLenFeature {
  readonly kind = 'fixed';

  /**
   * @param shape - of the feature in one example
   * @param defaultValue - what an example without the feature has: as many values as the shape. Without it, each example needs the feature
   */
  constructor(
    readonly shape: readonly number[],
    readonly dtype: FeatureDType,
    readonly defaultValue?: TensorInput,
  ) {}
}

/**
 * A feature of rows of one shape, as many as an example has; in a batch the shorter ones are filled up. Mirrors
 * `tf.io.FixedLenSequenceFeature`.
 */
export class FixedLenSequenceFeature {
  readonly kind = 'sequence';

  /**
   * @param shape - of one row
   * @param defaultValue - the element that rows are filled up with. Default: zero, or an empty string
   */
  constructor(
    readonly shape: readonly number[],
    readonly dtype: FeatureDType,
    readonly defaultValue?: TensorInput,
  ) {}
}

/** A feature of any number of values, as a {@link SparseTensor}. Mirrors `tf.io.VarLenFeature`. */
export class VarLenFeature {
  readonly kind = 'sparse';

  constructor(readonly dtype: FeatureDType) {}
}

/** A feature of any number of values, as a {@link RaggedTensor}. Mirrors `tf.io.RaggedFeature` without partitions. */
export class RaggedFeature {
  readonly kind = 'ragged';

  /** @param valueKey - what it is called in the examples. Default: what the result calls it */
  constructor(
    readonly dtype: FeatureDType,
    readonly valueKey?: string,
  ) {}
}

/** What is asked of each example, by name. */
export type Features = Readonly<
  Record<string, FixedLenFeature | FixedLenSequenceFeature | VarLenFeature | RaggedFeature>
>;

/** What features become. Of a lone example a ragged one is a vector. */
export type ParsedFeatures<F extends Features> = {
  [K in keyof F]: F[K] extends VarLenFeature
    ? SparseTensor
    : F[K] extends RaggedFeature
      ? RaggedTensor | tf.Tensor
      : tf.Tensor;
};

/**
 * Parses encoded `tensorflow.Example`s into tensors, as `tf.io.parse_example` does: each feature of a batch has a first dimension for the
 * examples; those of a lone example have none.
 *
 * int64 features become int32 tensors: a number that does not fit is an error. `rawOps.exact.ParseExampleV2` gives all of them.
 *
 * @param serialized - an example, several of them, or a batch of records
 * @throws CallError where an example is malformed, or has not the features that are asked for
 * @example
 * for await (const records of new hub.TFRecordDataset('train.tfrecord').batch(32)) {
 *   const {label, image} = hub.parseExample(records, {
 *     label: new hub.FixedLenFeature([], 'int64'),
 *     image: new hub.FixedLenFeature([], 'string'),
 *   });
 * }
 */
export function parseExample<F extends Features>(serialized: TensorInput, features: F): ParsedFeatures<F> {
  const entries = Object.entries(features);
  const sparse = entries.flatMap(([key, each]) => (each.kind === 'sparse' ? [{key, each}] : []));
  const ragged = entries.flatMap(([key, each]) => (each.kind === 'ragged' ? [{key, each}] : []));
  const dense = entries.flatMap(([key, each]) =>
    each.kind === 'fixed' || each.kind === 'sequence' ? [{key, each}] : [],
  );
  const outputs = rawOps.ParseExampleV2(
    {
      serialized,
      names: NO_STRINGS,
      sparse_keys: strings(sparse.map(({key}) => key)),
      dense_keys: strings(dense.map(({key}) => key)),
      ragged_keys: strings(ragged.map(({key, each}) => each.valueKey ?? key)),
      dense_defaults: dense.map(({key, each}) => defaultOf(key, each)),
    },
    {
      Tdense: dense.map(({each}) => each.dtype),
      num_sparse: sparse.length,
      sparse_types: sparse.map(({each}) => each.dtype),
      ragged_value_types: ragged.map(({each}) => each.dtype),
      ragged_split_types: ragged.map(() => 'int32' as const),
      dense_shapes: dense.map(
        ({each}): PartialShape => (each.kind === 'fixed' ? each.shape : [null, ...each.shape]),
      ),
    },
  );
  const parsed = new Map<string, tf.Tensor | SparseTensor | RaggedTensor>();
  sparse.forEach(({key}, i) => {
    const [indices, values, shape] = [outputs.sparse_indices, outputs.sparse_values, outputs.sparse_shapes];
    parsed.set(key, new SparseTensor(indices[i]!, values[i]!, shape[i]!));
  });
  dense.forEach(({key}, i) => {
    parsed.set(key, outputs.dense_values[i]!);
  });
  ragged.forEach(({key}, i) => {
    const [values, splits] = [outputs.ragged_values[i]!, outputs.ragged_row_splits[i]!];
    // A lone example has no rows.
    if (splits.size > 0) {
      parsed.set(key, new RaggedTensor(values, splits));
    } else {
      splits.dispose();
      parsed.set(key, values);
    }
  });
  // In the order in which they were asked for.
  return Object.fromEntries(entries.map(([key]) => [key, parsed.get(key)!])) as ParsedFeatures<F>;
}

const strings = (values: readonly string[]): ExactTensor => ({
  dtype: 'string',
  shape: [values.length],
  data: values.map(encodeUtf8),
});

const NO_STRINGS = strings([]);

/** What is given to the op in the place of values that are missing: nothing, where none may be. */
function defaultOf(
  key: string,
  {kind, dtype, shape, defaultValue}: FixedLenFeature | FixedLenSequenceFeature,
): ExactTensor {
  if (defaultValue === undefined && kind === 'fixed') return {dtype, shape: [0], data: NOTHING[dtype]};
  const wanted = kind === 'fixed' ? shape : [];
  const given = defaultValue ?? (dtype === 'string' ? '' : 0);
  const value = toValue(given, {kind: 'tensor', name: key, dtype, shape: null}, true);
  if (value === undefined) throw new CallError(`the default of feature '${key}' is no ${dtype} tensor`);
  if (value.size !== sizeOf(wanted)) {
    throw new CallError(
      `the default of feature '${key}' has ${value.size} elements, not ${sizeOf(wanted)} as ${formatShape(wanted)} has`,
    );
  }
  return {dtype, shape: wanted, data: value.hostData()};
}

const NOTHING: Readonly<Record<FeatureDType, ExactTensor['data']>> = {
  float32: new Float32Array(0),
  int64: new BigInt64Array(0),
  string: [],
};
