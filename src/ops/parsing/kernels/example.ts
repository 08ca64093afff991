/**
 * Ops that parse `tensorflow.Example` messages into dense, sparse and ragged tensors.
 *
 * Mirrors `tensorflow/core/kernels/example_parsing_ops.cc`.
 *
 * @module
 */

import {EMPTY, toLatin1} from '../../../algorithms/bytes.js';
import type {DType, NumericArray} from '../../../host/dtypes.js';
import {fitsShape, formatShape, type PartialShape} from '../../../host/shape.js';
import {PackedStrings} from '../../../host/strings.js';
import {
  allocate,
  allocateObjects,
  elementAt,
  elementsOf,
  type HostData,
  sizeOf,
} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {type FeatureDType, type FeatureValues, readExample, readFeature} from '../example_proto.js';

/** A feature of a fixed shape, or one whose first dimension varies. */
interface DenseFeature {
  readonly key: string;
  readonly dtype: FeatureDType;
  readonly shape: PartialShape;
  /** What an example without the feature has (none allowed where empty), or what short rows are filled with. */
  readonly defaultValue: Value;
}

interface SparseFeature {
  readonly key: string;
  readonly dtype: FeatureDType;
}

interface RaggedFeature extends SparseFeature {
  readonly splits: 'int32' | 'int64';
}

/** What is asked of each example. */
interface Config {
  readonly dense: readonly DenseFeature[];
  readonly sparse: readonly SparseFeature[];
  readonly ragged: readonly RaggedFeature[];
}

/** An example's features, and what to call the example in messages. */
interface ParsedExample {
  readonly name: string;
  readonly features: Map<string, Uint8Array>;
}

type ValueList = FeatureValues['data'];

/** Parses a batch of examples, or a lone one, whose outputs have no batch dimension. */
function parse(serialized: Value, names: Value | undefined, config: Config, ctx: KernelContext): Value[] {
  if (serialized.rank > 1)
    throw invalid(ctx, `serialized must be a scalar or a vector, got shape [${serialized.shape}]`);
  const batch = serialized.rank === 1;
  const examples = serialized
    .strings()
    .toArray()
    .map((bytes, i) => parseOne(bytes, names?.strings().at(i), ctx));
  const dense = config.dense.map((feature) => denseColumn(feature, examples, batch, ctx));
  const sparse = config.sparse.map((feature) =>
    sparseColumn(lists(feature, examples, ctx), feature.dtype, batch),
  );
  const ragged = config.ragged.map((feature) => raggedColumn(lists(feature, examples, ctx), feature, batch));
  return [
    ...sparse.map(([indices]) => indices),
    ...sparse.map(([, values]) => values),
    ...sparse.map(([, , shape]) => shape),
    ...dense,
    ...ragged.map(([values]) => values),
    ...ragged.map(([, splits]) => splits),
  ];
}

function parseOne(bytes: Uint8Array, name: Uint8Array | undefined, ctx: KernelContext): ParsedExample {
  try {
    return {name: name === undefined ? '<unknown>' : toLatin1(name), features: readExample(bytes)};
  } catch (cause) {
    throw invalid(ctx, `could not parse an example: ${(cause as Error).message}`);
  }
}

/** The feature's values in each example; undefined where it has none. */
function lists(
  {key, dtype}: SparseFeature,
  examples: readonly ParsedExample[],
  ctx: KernelContext,
): (ValueList | undefined)[] {
  return examples.map(({name, features}) => {
    const feature = features.get(key);
    if (feature === undefined) return undefined;
    let values: FeatureValues | undefined;
    try {
      values = readFeature(feature);
    } catch (cause) {
      throw invalid(ctx, `example ${name}, feature ${key}: ${(cause as Error).message}`);
    }
    if (values !== undefined && values.dtype !== dtype) {
      throw invalid(
        ctx,
        `example ${name}, feature ${key}: data types do not match: ${values.dtype}, expected ${dtype}`,
      );
    }
    return values?.data;
  });
}

function denseColumn(
  feature: DenseFeature,
  examples: readonly ParsedExample[],
  batch: boolean,
  ctx: KernelContext,
): Value {
  const columns = lists(feature, examples, ctx);
  const {shape, key, dtype, defaultValue} = feature;
  const varies = shape !== null && shape[0] === null;
  const inner = (varies ? shape.slice(1) : shape) as readonly number[] | null;
  if (inner === null || inner.includes(null as never)) {
    throw invalid(
      ctx,
      `feature ${key}: of the dense shape ${formatShape(shape)} only the first dimension may be unknown`,
    );
  }
  const size = sizeOf(inner);
  if (varies) return variableColumn(feature, columns, inner, size, batch, ctx);
  const defaults = elementsOf(defaultValue.hostData());
  if (defaults.length > 0 && !fitsShape(defaultValue.shape, shape)) {
    throw invalid(
      ctx,
      `feature ${key}: the default has shape [${defaultValue.shape}], not ${formatShape(shape)}`,
    );
  }
  const out = elements(dtype, examples.length * size);
  columns.forEach((values, row) => {
    if (values === undefined && defaults.length === 0) {
      throw invalid(
        ctx,
        `example ${examples[row]!.name}: feature ${key} (${dtype}) is required but could not be found`,
      );
    }
    const source = values ?? defaults;
    if (source.length !== size) {
      throw invalid(
        ctx,
        `example ${examples[row]!.name}, feature ${key}: ${source.length} values, but the shape is [${inner}]`,
      );
    }
    copyInto(out, row * size, source);
  });
  return Value.host(dtype, batch ? [examples.length, ...inner] : inner, hostDataOf(out));
}

/** Rows of several lengths, the shorter ones filled up with the default. */
function variableColumn(
  {key, dtype, defaultValue}: DenseFeature,
  columns: readonly (ValueList | undefined)[],
  inner: readonly number[],
  size: number,
  batch: boolean,
  ctx: KernelContext,
): Value {
  const lengths = columns.map((values) => (values?.length ?? 0) / size);
  if (!lengths.every(Number.isInteger)) {
    throw invalid(
      ctx,
      `feature ${key}: the number of values is no multiple of ${size}, the stride of [None,${inner}]`,
    );
  }
  if (defaultValue.size !== 1) {
    throw invalid(ctx, `feature ${key}: its rows vary in length, so its default must be one padding element`);
  }
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const stride = longest * size;
  const out = elements(dtype, columns.length * stride);
  (out as unknown[]).fill(elementAt(defaultValue.hostData(), 0));
  columns.forEach((values, row) => {
    if (values !== undefined) copyInto(out, row * stride, values);
  });
  return Value.host(
    dtype,
    batch ? [columns.length, longest, ...inner] : [longest, ...inner],
    hostDataOf(out),
  );
}

function sparseColumn(
  columns: readonly (ValueList | undefined)[],
  dtype: FeatureDType,
  batch: boolean,
): [indices: Value, values: Value, shape: Value] {
  const rows = columns.map((values) => values ?? []);
  const count = rows.reduce((sum, row) => sum + row.length, 0);
  const width = batch ? 2 : 1;
  const indices = new BigInt64Array(count * width);
  let at = 0;
  rows.forEach((row, i) => {
    for (let j = 0; j < row.length; j++) {
      if (batch) indices[at++] = BigInt(i);
      indices[at++] = BigInt(j);
    }
  });
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  return [
    Value.host('int64', [count, width], indices),
    Value.host(dtype, [count], concatenate(rows, dtype, count)),
    Value.vector('int64', batch ? [rows.length, longest] : [longest]),
  ];
}

function raggedColumn(
  columns: readonly (ValueList | undefined)[],
  {dtype, splits}: RaggedFeature,
  batch: boolean,
): [values: Value, splits: Value] {
  const rows = columns.map((values) => values ?? []);
  const bounds = [0];
  for (const row of rows) bounds.push(bounds.at(-1)! + row.length);
  const count = bounds.at(-1)!;
  return [
    Value.host(dtype, [count], concatenate(rows, dtype, count)),
    Value.vector(splits, batch ? bounds : []),
  ];
}

const hostDataOf = (out: NumericArray | Uint8Array[]): HostData =>
  Array.isArray(out) ? PackedStrings.of(out) : out;

/** Room for values of a feature. */
function elements(dtype: FeatureDType, count: number): NumericArray | Uint8Array[] {
  return dtype === 'string' ? allocateObjects(count, EMPTY) : allocate(dtype, count);
}

function copyInto(out: NumericArray | Uint8Array[], at: number, values: ArrayLike<unknown>): void {
  for (let i = 0; i < values.length; i++) (out as unknown[])[at + i] = values[i];
}

function concatenate(rows: readonly ValueList[], dtype: FeatureDType, count: number): HostData {
  const out = elements(dtype, count);
  let at = 0;
  for (const row of rows) {
    copyInto(out, at, row);
    at += row.length;
  }
  return hostDataOf(out);
}

function keysOf(value: Value): string[] {
  return value.strings().toArray().map(toLatin1);
}

function denseFeatures(
  keys: readonly string[],
  defaults: readonly Value[],
  ctx: KernelContext,
): DenseFeature[] {
  const dtypes = featureDTypes('Tdense', ctx);
  const shapes = ctx.attrs.shapes('dense_shapes');
  checkLengths(keys.length, {Tdense: dtypes, dense_shapes: shapes, dense_defaults: defaults}, ctx);
  return keys.map((key, i) => ({key, dtype: dtypes[i]!, shape: shapes[i]!, defaultValue: defaults[i]!}));
}

function sparseFeatures(keys: readonly string[], ctx: KernelContext): SparseFeature[] {
  const dtypes = featureDTypes('sparse_types', ctx);
  checkLengths(keys.length, {sparse_types: dtypes}, ctx);
  return keys.map((key, i) => ({key, dtype: dtypes[i]!}));
}

function featureDTypes(name: string, ctx: KernelContext): FeatureDType[] {
  return ctx.attrs.dtypes(name).map((dtype: DType) => {
    if (dtype === 'string' || dtype === 'float32' || dtype === 'int64') return dtype;
    throw invalid(ctx, `features cannot be ${dtype}`);
  });
}

function checkLengths(count: number, lengths: Record<string, ArrayLike<unknown>>, ctx: KernelContext): void {
  for (const [name, list] of Object.entries(lengths)) {
    if (list.length !== count) throw invalid(ctx, `${name} has ${list.length} entries for ${count} keys`);
  }
}

/** Names of examples for messages: as many as there are examples, or none. */
function checkedNames(names: Value, serialized: Value, ctx: KernelContext): Value | undefined {
  if (names.size === 0) return undefined;
  if (names.size === serialized.size) return names;
  throw invalid(ctx, `there are ${names.size} names for ${serialized.size} examples`);
}

const parseExample: Kernel = (inputs, ctx) => {
  const [serialized, names] = inputs as [Value, Value];
  if (serialized.rank !== 1)
    throw invalid(ctx, `serialized must be a vector, got shape [${serialized.shape}]`);
  const [sparseCount, denseCount] = [ctx.attrs.int('Nsparse'), ctx.attrs.int('Ndense')];
  const scalars = (from: number, count: number) => inputs.slice(from, from + count).flatMap(keysOf);
  const config = {
    sparse: sparseFeatures(scalars(2, sparseCount), ctx),
    dense: denseFeatures(
      scalars(2 + sparseCount, denseCount),
      inputs.slice(2 + sparseCount + denseCount),
      ctx,
    ),
    ragged: [],
  };
  return parse(serialized, checkedNames(names, serialized, ctx), config, ctx);
};

const parseExampleV2: Kernel = (inputs, ctx) => {
  const [serialized, names, sparseKeys, denseKeys, raggedKeys, ...defaults] = inputs as [
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const keys = keysOf(raggedKeys);
  const dtypes = featureDTypes('ragged_value_types', ctx);
  const splits = ctx.attrs.dtypes('ragged_split_types') as ('int32' | 'int64')[];
  checkLengths(keys.length, {ragged_value_types: dtypes, ragged_split_types: splits}, ctx);
  const config = {
    sparse: sparseFeatures(keysOf(sparseKeys), ctx),
    dense: denseFeatures(keysOf(denseKeys), defaults, ctx),
    ragged: keys.map((key, i) => ({key, dtype: dtypes[i]!, splits: splits[i]!})),
  };
  return parse(serialized, checkedNames(names, serialized, ctx), config, ctx);
};

const parseSingleExample: Kernel = (inputs, ctx) => {
  const [serialized, ...defaults] = inputs as [Value, ...Value[]];
  if (serialized.rank !== 0)
    throw invalid(ctx, `serialized must be a scalar, got shape [${serialized.shape}]`);
  const keys = (name: string) => ctx.attrs.bytesList(name).map(toLatin1);
  const config = {
    sparse: sparseFeatures(keys('sparse_keys'), ctx),
    dense: denseFeatures(keys('dense_keys'), defaults, ctx),
    ragged: [],
  };
  return parse(serialized, undefined, config, ctx);
};

/** Examples to tensors. */
export const exampleParsing: OpFamily = {
  ParseExample: {kernel: parseExample},
  ParseExampleV2: {kernel: parseExampleV2},
  ParseSingleExample: {kernel: parseSingleExample},
};
