/**
 * Ops that parse `tensorflow.Example` messages into dense, sparse and ragged tensors.
 *
 * Mirrors `tensorflow/core/kernels/example_parsing_ops.cc`.
 *
 * @module
 */

import {decodeUtf8} from '../../../algorithms/utf8.js';
import {fitsShape, formatShape, sameShape} from '../../../host/shape.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {
  columnFor,
  denseValue,
  flatValues,
  longestRow,
  type Reading,
  Records,
  readFixed,
  readRows,
  rowSplits,
  sparseValues,
} from '../feature_columns.js';
import {FeatureKeys} from '../feature_keys.js';
import {FeatureSpans, RecordScanner} from '../feature_spans.js';
import {
  type DenseFeature,
  denseFeatures,
  featuresOf,
  madeOnce,
  raggedFeatures,
  type Schema,
} from '../schema.js';

/** What is asked of each example, and what finds it. */
interface Parser extends Schema {
  readonly spans: FeatureSpans;
  readonly scanner: RecordScanner;
}

function parserFor(schema: Schema, isBatch: boolean, ctx: KernelContext): Parser {
  const features = [...schema.dense, ...schema.sparse, ...schema.ragged];
  const keys = new FeatureKeys(features.map(({key}) => key));
  for (const [i, {key}] of features.entries()) {
    if (keys.placeOf(key) !== i) throw invalid(ctx, `feature ${decodeUtf8(key)} is asked for twice`);
  }
  schema.dense.forEach((feature, i) => {
    checkDefault(feature, i, ctx);
  });
  // Of a feature that comes twice, the last one counts, unless it says nothing of what it is. In a batch, a sparse or ragged one counts
  // even so.
  const spans = new FeatureSpans(
    keys,
    features.map((_, i) => !isBatch || i < schema.dense.length),
  );
  return {...schema, spans, scanner: new RecordScanner(spans)};
}

function checkDefault(
  {defaultValue, shape, size, varies}: DenseFeature,
  i: number,
  ctx: KernelContext,
): void {
  const found = `the default of feature ${i} has shape ${formatShape(defaultValue.shape)}`;
  if (varies && defaultValue.size !== 1) {
    throw invalid(ctx, `${found}; as rows of the feature vary in length, it must be one padding element`);
  }
  if (varies && size === 0) throw invalid(ctx, `rows of feature ${i} vary in length, but have no elements`);
  if (!varies && defaultValue.size > 0 && !fitsShape(defaultValue.shape, shape)) {
    throw invalid(ctx, `${found}, not ${formatShape(shape)}`);
  }
}

/** Parses a batch of examples, or a lone one, whose outputs have no batch dimension. */
function parse(serialized: Value, names: Value | undefined, parser: Parser, ctx: KernelContext): Value[] {
  const {spans, scanner} = parser;
  const isBatch = serialized.rank === 1;
  const records = new Records(serialized.strings(), names?.strings(), ctx);
  const batch = isBatch ? [records.count] : [];
  const dense = parser.dense.map((feature) =>
    feature.varies ? readVarying(feature, spans, records, batch) : readDense(feature, spans, records, batch),
  );
  const sparse = parser.sparse.map((feature) => ({feature, ...readRows(feature, spans, records)}));
  const ragged = parser.ragged.map((feature) => ({feature, ...readRows(feature, spans, records)}));
  const readings: readonly Reading[] = [...dense, ...sparse, ...ragged];
  records.forEachBlock(scanner, [spans], (first, count) => {
    for (const reading of readings) reading.read(first, count);
  });
  const sparseOutputs = sparse.map(({feature, column, rowEnds}) =>
    sparseValues(feature, column, rowEnds, isBatch),
  );
  return [
    ...sparseOutputs.map(([indices]) => indices),
    ...sparseOutputs.map(([, values]) => values),
    ...sparseOutputs.map(([, , shape]) => shape),
    ...dense.map(({output}) => output()),
    ...ragged.map(({feature, column}) => flatValues(feature, column)),
    ...ragged.map(({feature: {splits}, rowEnds}) =>
      isBatch ? rowSplits(rowEnds, splits) : Value.vector(splits, []),
    ),
  ];
}

/** A dense feature that is being read, and the tensor it becomes. */
interface DenseReading extends Reading {
  output(): Value;
}

function readDense(
  feature: DenseFeature,
  spans: FeatureSpans,
  records: Records,
  batch: readonly number[],
): DenseReading {
  const reading = readFixed(feature, spans, records);
  return {...reading, output: () => denseValue(feature, reading.column, batch)};
}

/** Rows of several lengths, the shorter ones filled up with the default. */
function readVarying(
  feature: DenseFeature,
  spans: FeatureSpans,
  records: Records,
  batch: readonly number[],
): DenseReading {
  const {size, shape, dtype, defaultValue} = feature;
  const column = columnFor(feature, records, defaultValue);
  const rows = readRows(feature, spans, records, column);
  const read = (first: number, count: number) => {
    rows.read(first, count);
    if (size === 1) return;
    for (let i = first; i < first + count; i++) {
      // All before it are multiples, so that its end tells.
      if (rows.rowEnds[i]! % size === 0) continue;
      throw records.featureError(
        i,
        feature,
        `the number of values is no multiple of ${size}, the stride of ${formatShape([null, ...shape])}`,
      );
    }
  };
  const output = () => {
    const longest = longestRow(rows.rowEnds);
    return Value.fresh(dtype, [...batch, longest / size, ...shape], column.padded(rows.rowEnds, longest));
  };
  return {column, read, output};
}

/** Names of examples for messages: of the same shape as the examples, or none. */
function checkedNames(names: Value, serialized: Value, ctx: KernelContext): Value | undefined {
  if (names.size === 0) return undefined;
  if (sameShape(names.shape, serialized.shape)) return names;
  throw invalid(
    ctx,
    `names have shape ${formatShape(names.shape)}, the examples ${formatShape(serialized.shape)}`,
  );
}

const DENSE = {dtypes: 'Tdense', shapes: 'dense_shapes'} as const;

const parseExample: Kernel = (inputs, ctx) => {
  const [serialized, names, ...rest] = inputs as [Value, Value, ...Value[]];
  if (serialized.rank !== 1)
    throw invalid(ctx, `serialized must be a vector, got shape ${formatShape(serialized.shape)}`);
  const parser = madeOnce(rest, ctx, () => {
    const [sparse, dense] = [ctx.attrs.int('Nsparse'), ctx.attrs.int('Ndense')];
    const scalars = (from: number, count: number) =>
      rest.slice(from, from + count).flatMap((key) => key.strings().toArray());
    const schema = {
      sparse: featuresOf(scalars(0, sparse), 'sparse_types', ctx),
      dense: denseFeatures(scalars(sparse, dense), rest.slice(sparse + dense), DENSE, ctx),
      ragged: [],
    };
    return parserFor(schema, true, ctx);
  });
  return parse(serialized, checkedNames(names, serialized, ctx), parser, ctx);
};

const parseExampleV2: Kernel = (inputs, ctx) => {
  const [serialized, names, ...rest] = inputs as [Value, Value, ...Value[]];
  if (serialized.rank > 1)
    throw invalid(ctx, `serialized must be a scalar or a vector, got shape ${formatShape(serialized.shape)}`);
  const isBatch = serialized.rank === 1;
  const parsers = madeOnce(rest, ctx, (): {batch?: Parser; single?: Parser; schema: Schema} => {
    const [sparse, dense, ragged, ...defaults] = rest as [Value, Value, Value, ...Value[]];
    return {
      schema: {
        sparse: featuresOf(sparse.strings().toArray(), 'sparse_types', ctx),
        dense: denseFeatures(dense.strings().toArray(), defaults, DENSE, ctx),
        ragged: raggedFeatures(
          ragged.strings().toArray(),
          {dtypes: 'ragged_value_types', splits: 'ragged_split_types'},
          ctx,
        ),
      },
    };
  });
  const kind = isBatch ? 'batch' : 'single';
  parsers[kind] ??= parserFor(parsers.schema, isBatch, ctx);
  return parse(serialized, checkedNames(names, serialized, ctx), parsers[kind], ctx);
};

const parseSingleExample: Kernel = (inputs, ctx) => {
  const [serialized, ...defaults] = inputs as [Value, ...Value[]];
  if (serialized.rank !== 0)
    throw invalid(ctx, `serialized must be a scalar, got shape ${formatShape(serialized.shape)}`);
  const parser = madeOnce(defaults, ctx, () => {
    const schema = {
      sparse: featuresOf(ctx.attrs.bytesList('sparse_keys'), 'sparse_types', ctx),
      dense: denseFeatures(ctx.attrs.bytesList('dense_keys'), defaults, DENSE, ctx),
      ragged: [],
    };
    return parserFor(schema, false, ctx);
  });
  return parse(serialized, undefined, parser, ctx);
};

/** Examples to tensors. */
export const exampleParsing: OpFamily = {
  ParseExample: {kernel: parseExample},
  ParseExampleV2: {kernel: parseExampleV2},
  ParseSingleExample: {kernel: parseSingleExample},
};
