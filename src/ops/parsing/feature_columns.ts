/**
 * From the places of features in a block of records to columns of their values, and from columns to the tensors that stand for dense,
 * sparse and ragged features.
 *
 * @module
 */

import {decodeUtf8} from '../../algorithms/utf8.js';
import {checkBounds, hasRoomFor} from '../../host/budget.js';
import {RowIndices} from '../../host/row_indices.js';
import {formatShape} from '../../host/shape.js';
import type {PackedStrings} from '../../host/strings.js';
import {allocate, int32Array} from '../../host/tensor.js';
import {Value} from '../../tensors/value.js';
import type {KernelContext} from '../kernel.js';
import {invalid} from '../node.js';
import {type Column, type FeatureColumn, FloatColumn, Int64Column, StringColumn} from './columns.js';
import {ABSENT, BLOCK, type FeatureSpans, type RecordScanner} from './feature_spans.js';
import type {DenseFeature, Feature, FeatureDType, SplitsDType} from './schema.js';

/** The encoded records of a call. */
export class Records {
  readonly strings: PackedStrings;
  readonly count: number;
  readonly #names: PackedStrings | undefined;
  readonly #ctx: KernelContext;

  constructor(strings: PackedStrings, names: PackedStrings | undefined, ctx: KernelContext) {
    this.strings = strings;
    this.count = strings.length;
    this.#names = names;
    this.#ctx = ctx;
  }

  /** Goes through all records block by block: notes where their features are, then has them read. */
  forEachBlock(
    scanner: RecordScanner,
    maps: readonly FeatureSpans[],
    read: (first: number, count: number) => void,
  ): void {
    const {bytes, starts, ends} = this.strings;
    for (const map of maps) map.start();
    for (let first = 0; first < this.count; first += BLOCK) {
      checkBounds();
      const count = Math.min(BLOCK, this.count - first);
      for (const map of maps) map.clear();
      for (let i = 0; i < count; i++) {
        if (!scanner.scan(bytes, starts[first + i]!, ends[first + i]!, i)) {
          throw this.#error(first + i, 'it cannot be parsed');
        }
      }
      read(first, count);
    }
  }

  /** Makes room in a column for all records, if those that follow have as many values as the first ones, and there is as much room. */
  reserveLike(column: Column, read: number): void {
    const expected = Math.ceil((column.count / read) * (this.count - read) * HEADROOM);
    if (hasRoomFor(MOST_VALUE_BYTES * expected)) column.reserve(expected);
  }

  /** What is wrong with a feature of a record. */
  featureError(record: number, feature: Feature, what: string): Error {
    return this.#error(record, `feature ${decodeUtf8(feature.key)}: ${what}`);
  }

  #error(record: number, what: string): Error {
    const name = this.#names === undefined ? '' : ` (${decodeUtf8(this.#names.at(record))})`;
    return invalid(this.#ctx, `example ${record}${name}: ${what}`);
  }
}

/** More values than expected that a column has room for. */
const HEADROOM = 1.05;

/** What a value takes in a column at most. */
const MOST_VALUE_BYTES = 8;

/** The tag of the list in a `Feature`, by dtype. */
export const KIND_TAGS: Readonly<Record<FeatureDType, number>> = {string: 0x0a, float32: 0x12, int64: 0x1a};

const DTYPE_OF_TAG = new Map(Object.entries(KIND_TAGS).map(([dtype, tag]) => [tag, dtype as FeatureDType]));

/** A column for values of a feature. */
export function columnFor({dtype}: Feature, {strings}: Records, defaults?: Value): FeatureColumn {
  if (dtype === 'string') return new StringColumn(strings.bytes, defaults?.strings());
  if (dtype === 'int64') return new Int64Column(defaults?.numeric() as BigInt64Array | undefined);
  return new FloatColumn(defaults?.numeric() as Float32Array | undefined);
}

/** Why the bytes of a `Feature` are no values of the dtype. */
export function faultIn(bytes: Uint8Array, start: number, {dtype}: Feature): string {
  const found = DTYPE_OF_TAG.get(bytes[start]!);
  if (found === undefined) return 'its kind is none of bytes, floats and integers';
  return found === dtype
    ? 'its values cannot be parsed'
    : `data types do not match: ${found}, expected ${dtype}`;
}

/** A feature of one map of records that is being read. */
export interface Reading {
  readonly column: FeatureColumn;
  /** Reads it from a block, whose first record is `first`. */
  read(first: number, count: number): void;
}

/** Reads a feature of any number of values; `rowEnds[i]` is where those of record `i` end. */
export function readRows(
  feature: Feature,
  spans: FeatureSpans,
  records: Records,
  column: FeatureColumn = columnFor(feature, records),
): Reading & {readonly rowEnds: Int32Array} {
  const {bytes} = records.strings;
  const rowEnds = allocate('int32', records.count) as Int32Array;
  const base = spans.keys.placeOf(feature.key) * BLOCK;
  const tag = KIND_TAGS[feature.dtype];
  const read = (first: number, count: number) => {
    const {starts, ends} = spans;
    for (let i = 0; i < count; i++) {
      const start = starts[base + i]!;
      const end = ends[base + i]!;
      if (start !== ABSENT && start !== end) {
        if (bytes[start] !== tag || !column.read(bytes, start + 1, end)) {
          throw records.featureError(first + i, feature, faultIn(bytes, start, feature));
        }
      }
      rowEnds[first + i] = column.count;
    }
    if (first === 0) records.reserveLike(column, count);
  };
  return {column, rowEnds, read};
}

/** Reads a feature of `size` values. */
export function readFixed(feature: DenseFeature, spans: FeatureSpans, records: Records): Reading {
  const {bytes} = records.strings;
  const {size, defaultValue, shape} = feature;
  const column = columnFor(feature, records, defaultValue);
  column.reserve(size * records.count);
  const base = spans.keys.placeOf(feature.key) * BLOCK;
  const tag = KIND_TAGS[feature.dtype];
  const isRequired = defaultValue.size === 0;
  const read = (first: number, count: number) => {
    const {starts, ends} = spans;
    for (let i = 0; i < count; i++) {
      const before = column.count;
      const start = starts[base + i]!;
      const end = ends[base + i]!;
      if (start === ABSENT) {
        if (isRequired) {
          throw records.featureError(
            first + i,
            feature,
            `it (${feature.dtype}) is required but could not be found`,
          );
        }
        column.addDefaults();
      } else if (start !== end && (bytes[start] !== tag || !column.read(bytes, start + 1, end))) {
        throw records.featureError(first + i, feature, faultIn(bytes, start, feature));
      }
      if (column.count - before !== size) {
        const found = `${column.count - before} values, but the shape is ${formatShape(shape)}`;
        throw records.featureError(first + i, feature, found);
      }
    }
  };
  return {column, read};
}

/** Dense values, of records that have `size` each. */
export function denseValue(
  {dtype, shape}: DenseFeature,
  column: FeatureColumn,
  batch: readonly number[],
): Value {
  return Value.fresh(dtype, [...batch, ...shape], column.values());
}

/** The indices, values and dense shape of rows as a sparse tensor, for a batch or for a lone record. */
export function sparseValues(
  feature: Feature,
  column: FeatureColumn,
  rowEnds: Int32Array,
  isBatch: boolean,
): readonly [indices: Value, values: Value, shape: Value] {
  const longest = longestRow(rowEnds);
  return [
    isBatch
      ? Value.rowIndices(new RowIndices(withFirst(rowEnds)))
      : Value.freshNarrow(
          [column.count, 1],
          int32Array(column.count, (i) => i),
        ),
    flatValues(feature, column),
    Value.vector('int64', isBatch ? [rowEnds.length, longest] : [longest]),
  ];
}

/** All values of a feature, one after the other. */
export function flatValues({dtype}: Feature, column: FeatureColumn): Value {
  return Value.fresh(dtype, [column.count], column.values());
}

/** Where each row begins, and the last one ends. */
export function rowSplits(rowEnds: Int32Array, dtype: SplitsDType): Value {
  const splits = withFirst(rowEnds);
  return dtype === 'int32'
    ? Value.fresh(dtype, [splits.length], splits)
    : Value.freshNarrow([splits.length], splits);
}

/** Row ends with the beginning of the first row. */
function withFirst(rowEnds: Int32Array): Int32Array {
  const splits = allocate('int32', rowEnds.length + 1) as Int32Array;
  splits.set(rowEnds, 1);
  return splits;
}

/** The most values that a row has. */
export function longestRow(rowEnds: Int32Array): number {
  let longest = 0;
  let start = 0;
  for (let row = 0; row < rowEnds.length; row++) {
    longest = Math.max(longest, rowEnds[row]! - start);
    start = rowEnds[row]!;
  }
  return longest;
}
