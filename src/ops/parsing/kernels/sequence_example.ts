/**
 * Ops that parse `tensorflow.SequenceExample` messages: features of the whole record (its context), and lists of features, one for each
 * of its steps.
 *
 * Mirrors `FastParseSequenceExample` in `tensorflow/core/util/example_proto_fast_parsing.cc`.
 *
 * @module
 */

import {joinBytes} from '../../../algorithms/bytes.js';
import {decodeUtf8} from '../../../algorithms/utf8.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {PackedStrings} from '../../../host/strings.js';
import {allocate, int32Array} from '../../../host/tensor.js';
import {
  encodeMessage,
  FeatureList,
  FeatureLists,
  Feature as FeatureMessage,
  Features,
} from '../../../proto/index.js';
import {BinaryReader, BinaryWriter} from '../../../proto/wire.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import type {FeatureColumn} from '../columns.js';
import {
  columnFor,
  denseValue,
  faultIn,
  flatValues,
  KIND_TAGS,
  longestRow,
  type Reading,
  Records,
  readFixed,
  readRows,
  rowSplits,
  sparseValues,
} from '../feature_columns.js';
import {FeatureKeys} from '../feature_keys.js';
import {ABSENT, BLOCK, FeatureSpans, FIRST_DELIMITED, RecordScanner} from '../feature_spans.js';
import {
  type DenseFeature,
  denseFeatures,
  denseShape,
  type Feature,
  featuresOf,
  madeOnce,
  type RaggedFeature,
  raggedFeatures,
  type Schema,
} from '../schema.js';
import {WireCursor} from '../wire_cursor.js';

/** A list of features that have `size` values each. */
interface DenseList extends Feature {
  readonly shape: readonly number[];
  readonly size: number;
  /** A record without it has an empty one. */
  readonly mayBeMissing: boolean;
}

/** The lists of features that are asked of each record. */
interface ListSchema {
  readonly dense: readonly DenseList[];
  readonly sparse: readonly Feature[];
  readonly ragged: readonly RaggedFeature[];
}

/** What is asked of each record, and what finds it. */
interface Parser {
  readonly context: Schema;
  readonly lists: ListSchema;
  readonly contextSpans: FeatureSpans;
  readonly listSpans: FeatureSpans;
  readonly scanner: RecordScanner;
}

function parserFor(context: Schema, lists: ListSchema, ctx: KernelContext): Parser {
  context.dense.forEach(({defaultValue, shape}, i) => {
    if (defaultValue.size === 0 || sameShape(defaultValue.shape, shape)) return;
    throw invalid(
      ctx,
      `the default of feature ${i} has shape ${formatShape(defaultValue.shape)}, not ${formatShape(shape)}`,
    );
  });
  const contextSpans = spansOf(context, 'context feature', ctx);
  const listSpans = spansOf(lists, 'feature list', ctx);
  return {context, lists, contextSpans, listSpans, scanner: new RecordScanner(contextSpans, listSpans)};
}

/** One feature may be asked for several times, but only to become one kind of tensors. */
function spansOf(
  {sparse, ragged, dense}: Record<keyof Schema, readonly Feature[]>,
  what: string,
  ctx: KernelContext,
): FeatureSpans {
  const keys = new FeatureKeys([...sparse, ...ragged, ...dense].map(({key}) => key));
  const kinds = new Map<number, readonly Feature[]>();
  for (const kind of [sparse, ragged, dense]) {
    for (const {key} of kind) {
      const place = keys.placeOf(key);
      if ((kinds.get(place) ?? kind) !== kind) {
        throw invalid(ctx, `${what} ${decodeUtf8(key)} is asked for as two kinds of tensors`);
      }
      kinds.set(place, kind);
    }
  }
  return new FeatureSpans(keys, new Array<boolean>(keys.count).fill(false));
}

/** Parses a batch of records, or a lone one, whose outputs have no batch dimension. */
function parse(serialized: Value, names: Value, parser: Parser, ctx: KernelContext): Outputs {
  if (serialized.rank > 1) {
    throw invalid(ctx, `serialized must be a scalar or a vector, got shape ${formatShape(serialized.shape)}`);
  }
  if (names.size > 0 && names.size !== serialized.size) {
    throw invalid(ctx, `there are ${names.size} names for ${serialized.size} examples`);
  }
  const isBatch = serialized.rank === 1;
  const records = new Records(serialized.strings(), names.size > 0 ? names.strings() : undefined, ctx);
  const batch = isBatch ? [records.count] : [];
  const {context, lists, contextSpans, listSpans, scanner} = parser;

  const contextDense = context.dense.map((feature) => {
    const {defaultValue, size} = feature;
    if (records.count === 0 && defaultValue.size === 0 && size > 0) {
      throw invalid(ctx, `context feature ${decodeUtf8(feature.key)} is required, but there are no examples`);
    }
    return {feature, ...readFixed(feature, contextSpans, records)};
  });
  const rows = <T extends Feature>(feature: T) => ({feature, ...readRows(feature, contextSpans, records)});
  const contextSparse = context.sparse.map(rows);
  const contextRagged = context.ragged.map(rows);

  const steps = <T extends Feature>(feature: T) => ({
    feature,
    reading: new ListReading(feature, listSpans, records),
  });
  const listDense = lists.dense.map((feature) => ({
    feature,
    reading: new ListReading(feature, listSpans, records, feature),
  }));
  const listSparse = lists.sparse.map(steps);
  const listRagged = lists.ragged.map(steps);

  const readings: readonly Pick<Reading, 'read'>[] = [
    ...[...contextDense, ...contextSparse, ...contextRagged],
    ...[...listDense, ...listSparse, ...listRagged].map(({reading}) => reading),
  ];
  records.forEachBlock(scanner, [contextSpans, listSpans], (first, count) => {
    for (const reading of readings) reading.read(first, count);
  });
  return {
    contextDense: contextDense.map(({feature, column}) => denseValue(feature, column, batch)),
    contextSparse: contextSparse.map(({feature, column, rowEnds}) =>
      sparseValues(feature, column, rowEnds, isBatch),
    ),
    contextRagged: contextRagged.map(({feature, column, rowEnds}) => [
      flatValues(feature, column),
      isBatch ? rowSplits(rowEnds, feature.splits) : noSplits(feature),
    ]),
    listDense: listDense.map(({feature, reading}) => reading.dense(feature, batch)),
    listSparse: listSparse.map(({feature, reading}) => reading.sparse(feature, isBatch)),
    listRagged: listRagged.map(({feature, reading}) => reading.ragged(feature, isBatch)),
  };
}

/** What stands in the place of row splits where there is no batch. */
const noSplits = ({splits}: RaggedFeature) => Value.scalar(splits, 0);

/** Tensors by feature. */
interface Outputs {
  readonly contextDense: readonly Value[];
  readonly contextSparse: readonly (readonly Value[])[];
  readonly contextRagged: readonly (readonly Value[])[];
  readonly listDense: readonly (readonly [values: Value, lengths: Value])[];
  readonly listSparse: readonly (readonly Value[])[];
  readonly listRagged: readonly (readonly Value[])[];
}

/** The same part of each feature's tensors, part by part. */
function byPart(features: readonly (readonly Value[])[], parts: number): Value[] {
  return Array.from({length: parts}, (_, part) => features.map((values) => values[part]!)).flat();
}

/** A list of features that is being read. */
class ListReading {
  readonly #feature: Feature;
  readonly #spans: FeatureSpans;
  readonly #base: number;
  readonly #records: Records;
  readonly #dense: DenseList | undefined;
  readonly #column: FeatureColumn;
  readonly #cursor = new WireCursor();
  /** Where the values of each step end, of all records. */
  #stepEnds = allocate('int32', 0) as Int32Array;
  #steps = 0;
  /** Where the steps of each record end. */
  readonly #recordEnds: Int32Array;

  constructor(feature: Feature, spans: FeatureSpans, records: Records, dense?: DenseList) {
    this.#feature = feature;
    this.#spans = spans;
    this.#base = spans.keys.placeOf(feature.key) * BLOCK;
    this.#records = records;
    this.#dense = dense;
    this.#column = columnFor(feature, records);
    this.#recordEnds = allocate('int32', records.count) as Int32Array;
  }

  read(first: number, count: number): void {
    const {starts, ends} = this.#spans;
    for (let i = 0; i < count; i++) {
      const start = starts[this.#base + i]!;
      if (start !== ABSENT) this.#readList(start, ends[this.#base + i]!, first + i);
      else if (this.#dense?.mayBeMissing === false) {
        throw this.#error(
          first + i,
          'this list is required but could not be found. Should it be in feature_list_dense_missing_assumed_empty?',
        );
      }
      this.#recordEnds[first + i] = this.#steps;
    }
    if (first === 0) this.#records.reserveLike(this.#column, count);
  }

  /** Reads a `FeatureList`. */
  #readList(start: number, end: number, record: number): void {
    const {bytes} = this.#records.strings;
    const column = this.#column;
    const cursor = this.#cursor;
    const tag = KIND_TAGS[this.#feature.dtype];
    for (let at = start; at < end; ) {
      const length = bytes[at] === FIRST_DELIMITED ? cursor.length(bytes, at + 1, end) : -1;
      if (length < 0) throw this.#error(record, 'it cannot be parsed');
      const from = cursor.at;
      at = Math.min(end, from + length);
      const before = column.count;
      if (from !== at && (bytes[from] !== tag || !column.read(bytes, from + 1, at))) {
        throw this.#error(record, `step ${this.#stepOf(record)}: ${faultIn(bytes, from, this.#feature)}`);
      }
      if (this.#dense !== undefined && column.count - before !== this.#dense.size) {
        const found = `${column.count - before} values, but the shape is ${formatShape(this.#dense.shape)}`;
        throw this.#error(record, `step ${this.#stepOf(record)}: ${found}`);
      }
      this.#endStep();
    }
  }

  #endStep(): void {
    if (this.#steps === this.#stepEnds.length) {
      const grown = allocate('int32', Math.max(64, 2 * this.#steps)) as Int32Array;
      grown.set(this.#stepEnds);
      this.#stepEnds = grown;
    }
    this.#stepEnds[this.#steps++] = this.#column.count;
  }

  /** The number of the present step in its record. */
  #stepOf(record: number): number {
    return this.#steps - (record === 0 ? 0 : this.#recordEnds[record - 1]!);
  }

  #error(record: number, what: string): Error {
    return this.#records.featureError(record, this.#feature, what);
  }

  /** Steps of one shape, as many as the longest record has, and how many each has. */
  dense({dtype, shape, size}: DenseList, batch: readonly number[]): readonly [values: Value, lengths: Value] {
    const recordEnds = this.#recordEnds;
    const longest = longestRow(recordEnds);
    const valueEnds = (allocate('int32', recordEnds.length) as Int32Array).map(
      (_, i) => recordEnds[i]! * size,
    );
    const lengths = int32Array(recordEnds.length, (i) => recordEnds[i]! - (i === 0 ? 0 : recordEnds[i - 1]!));
    return [
      Value.fresh(dtype, [...batch, longest, ...shape], this.#column.padded(valueEnds, longest * size)),
      Value.freshNarrow(batch, lengths),
    ];
  }

  /** Values by record, step and place in it. */
  sparse({dtype}: Feature, isBatch: boolean): readonly [indices: Value, values: Value, shape: Value] {
    const [column, recordEnds] = [this.#column, this.#recordEnds];
    const rank = isBatch ? 3 : 2;
    const indices = allocate('int32', column.count * rank) as Int32Array;
    let to = 0;
    let step = 0;
    let value = 0;
    let longestStep = 0;
    for (let record = 0; record < recordEnds.length; record++) {
      for (let i = 0; step < recordEnds[record]!; step++, i++) {
        const length = this.#stepEnds[step]! - value;
        longestStep = Math.max(longestStep, length);
        for (let j = 0; j < length; j++) {
          if (isBatch) indices[to++] = record;
          indices[to++] = i;
          indices[to++] = j;
        }
        value += length;
      }
    }
    const shape = [longestRow(recordEnds), longestStep];
    return [
      Value.freshNarrow([column.count, rank], indices),
      Value.fresh(dtype, [column.count], column.values()),
      Value.vector('int64', isBatch ? [recordEnds.length, ...shape] : shape),
    ];
  }

  /** The values, the row splits of records (of a batch), and those of steps. */
  ragged(feature: RaggedFeature, isBatch: boolean): readonly [values: Value, outer: Value, inner: Value] {
    return [
      flatValues(feature, this.#column),
      isBatch ? rowSplits(this.#recordEnds, feature.splits) : noSplits(feature),
      rowSplits(this.#stepEnds.subarray(0, this.#steps), feature.splits),
    ];
  }
}

const CONTEXT_DENSE = {dtypes: 'Tcontext_dense', shapes: 'context_dense_shapes'} as const;

/** Dense features of a context, whose shapes are known. */
function contextFeatures(
  keys: readonly Uint8Array[],
  defaults: readonly Value[],
  ctx: KernelContext,
): DenseFeature[] {
  const features = denseFeatures(keys, defaults, CONTEXT_DENSE, ctx);
  const varying = features.findIndex(({varies}) => varies);
  if (varying < 0) return features;
  throw invalid(ctx, `context_dense_shapes[${varying}] has an unknown dimension`);
}

function denseLists(
  keys: readonly Uint8Array[],
  mayBeMissing: (i: number) => boolean,
  ctx: KernelContext,
): DenseList[] {
  const shapes = ctx.attrs.shapes('feature_list_dense_shapes');
  if (shapes.length !== keys.length) {
    throw invalid(ctx, `feature_list_dense_shapes has ${shapes.length} entries for ${keys.length} keys`);
  }
  return featuresOf(keys, 'feature_list_dense_types', ctx).map((feature, i) => {
    const {shape, size, varies} = denseShape(shapes[i]!, i, ctx);
    if (varies) throw invalid(ctx, `feature_list_dense_shapes[${i}] has an unknown dimension`);
    return {...feature, shape, size, mayBeMissing: mayBeMissing(i)};
  });
}

/** Tells the keys that are among `listed`. */
function isListed(keys: readonly Uint8Array[], listed: readonly Uint8Array[]): (i: number) => boolean {
  const table = new FeatureKeys(listed);
  return (i) => table.placeOf(keys[i]!) >= 0;
}

const parseSequenceExample: Kernel = (inputs, ctx) => {
  const [serialized, names, ...defaults] = inputs as [Value, Value, ...Value[]];
  const parser = madeOnce(defaults, ctx, () => {
    const {attrs} = ctx;
    const listKeys = attrs.bytesList('feature_list_dense_keys');
    const context = {
      dense: contextFeatures(attrs.bytesList('context_dense_keys'), defaults, ctx),
      sparse: featuresOf(attrs.bytesList('context_sparse_keys'), 'context_sparse_types', ctx),
      ragged: [],
    };
    const lists = {
      dense: denseLists(
        listKeys,
        isListed(listKeys, attrs.bytesList('feature_list_dense_missing_assumed_empty')),
        ctx,
      ),
      sparse: featuresOf(attrs.bytesList('feature_list_sparse_keys'), 'feature_list_sparse_types', ctx),
      ragged: [],
    };
    return parserFor(context, lists, ctx);
  });
  return withoutRagged(parse(serialized, names, parser, ctx), 2);
};

/** Outputs of the ops that know no ragged tensors. Of dense lists either the values, or their lengths as well. */
function withoutRagged(outputs: Outputs, parts: 1 | 2): Value[] {
  return [
    ...byPart(outputs.contextSparse, 3),
    ...outputs.contextDense,
    ...byPart(outputs.listSparse, 3),
    ...byPart(outputs.listDense, parts),
  ];
}

const parseSequenceExampleV2: Kernel = (inputs, ctx) => {
  const [serialized, names, ...rest] = inputs as [Value, Value, ...Value[]];
  const parser = madeOnce(rest, ctx, () => {
    const keys = rest.slice(0, 6).map((value) => value.strings().toArray());
    const [sparse, dense, ragged, listSparse, listDense, listRagged] = keys as [
      ...[Uint8Array[], Uint8Array[], Uint8Array[], Uint8Array[], Uint8Array[], Uint8Array[]],
    ];
    const mayBeMissing = rest[6]!.numeric();
    if (mayBeMissing.length !== listDense.length) {
      throw invalid(
        ctx,
        `feature_list_dense_missing_assumed_empty has ${mayBeMissing.length} entries for ${listDense.length} keys`,
      );
    }
    const context = {
      dense: contextFeatures(dense, rest.slice(7), ctx),
      sparse: featuresOf(sparse, 'context_sparse_types', ctx),
      ragged: raggedFeatures(
        ragged,
        {dtypes: 'context_ragged_value_types', splits: 'context_ragged_split_types'},
        ctx,
      ),
    };
    const lists = {
      dense: denseLists(listDense, (i) => mayBeMissing[i] !== 0, ctx),
      sparse: featuresOf(listSparse, 'feature_list_sparse_types', ctx),
      ragged: raggedFeatures(
        listRagged,
        {dtypes: 'feature_list_ragged_value_types', splits: 'feature_list_ragged_split_types'},
        ctx,
      ),
    };
    return parserFor(context, lists, ctx);
  });
  const outputs = parse(serialized, names, parser, ctx);
  return [
    ...byPart(outputs.contextSparse, 3),
    ...outputs.contextDense,
    ...byPart(outputs.contextRagged, 2),
    ...byPart(outputs.listSparse, 3),
    ...byPart(outputs.listDense, 2),
    ...byPart(outputs.listRagged, 3),
  ];
};

const parseSingleSequenceExample: Kernel = (inputs, ctx) => {
  const [serialized, missing, ...rest] = inputs as [Value, Value, ...Value[]];
  const names = rest.pop()!;
  if (serialized.rank !== 0) {
    throw invalid(ctx, `serialized must be a scalar, got shape ${formatShape(serialized.shape)}`);
  }
  const parser = madeOnce([missing, ...rest], ctx, () => {
    const {attrs} = ctx;
    if (missing.rank !== 1) {
      throw invalid(
        ctx,
        `feature_list_dense_missing_assumed_empty must be a vector, got shape ${formatShape(missing.shape)}`,
      );
    }
    const counts = ['Ncontext_sparse', 'Ncontext_dense', 'Nfeature_list_sparse', 'Nfeature_list_dense'];
    let at = 0;
    const keys = counts.map((count) =>
      rest.slice(at, (at += attrs.int(count))).map((key) => {
        if (key.rank === 0) return key.strings().at(0);
        throw invalid(ctx, `a key must be a scalar, got shape ${formatShape(key.shape)}`);
      }),
    );
    const [sparse, dense, listSparse, listDense] = keys as [
      ...[Uint8Array[], Uint8Array[], Uint8Array[], Uint8Array[]],
    ];
    const context = {
      dense: contextFeatures(dense, rest.slice(at), ctx),
      sparse: featuresOf(sparse, 'context_sparse_types', ctx),
      ragged: [],
    };
    const lists = {
      dense: denseLists(listDense, isListed(listDense, missing.strings().toArray()), ctx),
      sparse: featuresOf(listSparse, 'feature_list_sparse_types', ctx),
      ragged: [],
    };
    return parserFor(context, lists, ctx);
  });
  const plain = stringValue([], PackedStrings.of([rewritten(serialized.strings().at(0), ctx)]));
  return withoutRagged(parse(plain, names, parser, ctx), 1);
};

/**
 * The message as every protocol buffer library writes it: this op reads whatever such a library reads, so that its bytes may be in any
 * order and number.
 */
function rewritten(bytes: Uint8Array, ctx: KernelContext): Uint8Array {
  try {
    // Encoded messages, one behind the other, are one message.
    const parts: [Uint8Array[], Uint8Array[]] = [[], []];
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === CONTEXT) parts[0].push(reader.bytes());
      else if (tag === LISTS) parts[1].push(reader.bytes());
      else reader.skip(tag & 7, tag >>> 3);
    }
    const context = mapBytes(Features.decode(joinBytes(parts[0])).feature, (feature) =>
      encodeMessage(FeatureMessage, withoutUnknown(feature)),
    );
    const lists = mapBytes(FeatureLists.decode(joinBytes(parts[1])).featureList, ({feature}) =>
      encodeMessage(FeatureList, {feature: feature.map(withoutUnknown)}),
    );
    return new BinaryWriter().uint32(CONTEXT).bytes(context).uint32(LISTS).bytes(lists).finish();
  } catch (cause) {
    throw invalid(ctx, `the example cannot be parsed: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Tags of fields 1 and 2. */
const [CONTEXT, LISTS] = [0x0a, 0x12];
const [ENTRY, KEY, VALUE] = [0x0a, 0x0a, 0x12];

/** The entries of a map, their keys and values written even if they are empty. */
function mapBytes<T>(map: ReadonlyMap<string, T>, encode: (value: T) => Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  for (const [key, value] of map) {
    writer.uint32(ENTRY).fork().uint32(KEY).string(key).uint32(VALUE).bytes(encode(value)).join();
  }
  return writer.finish();
}

/** A feature with nothing in it but values. */
function withoutUnknown({kind}: FeatureMessage): FeatureMessage {
  return {kind: kind && ({...kind, value: {value: kind.value.value}} as FeatureMessage['kind'])};
}

/** Sequences of examples to tensors. */
export const sequenceParsing: OpFamily = {
  ParseSequenceExample: {kernel: parseSequenceExample},
  ParseSequenceExampleV2: {kernel: parseSequenceExampleV2},
  ParseSingleSequenceExample: {kernel: parseSingleSequenceExample},
};
