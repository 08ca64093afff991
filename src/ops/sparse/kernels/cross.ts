/**
 * Crosses of features: every combination of one feature from each column of an example, as text or as a hash.
 *
 * Source: `tensorflow/core/kernels/sparse_cross_op.cc`.
 *
 * @module
 */

import {fingerprint64, sipHash} from '../../../algorithms/hashes.js';
import {encodeUtf8} from '../../../algorithms/utf8.js';
import {joinBytes} from '../../../host/bytes.js';
import {formatShape} from '../../../host/shape.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {running} from '../../ragged/row_splits.js';
import {checkCount} from '../../sizes.js';
import {checkValues, entryAt, indexMatrix, longs, readCoordinates} from '../coordinates.js';

/** The features of one kind that the examples of a batch have. */
interface FeatureColumn {
  readonly values: Value;
  /** Positions in `values` of the features of each example. */
  readonly members: readonly (readonly number[])[];
  /** Whether each example has as many features, in a matrix. */
  readonly dense: boolean;
}

/** A feature as bytes, or as an integer. */
type Feature = Uint8Array | bigint;

const UINT64 = (1n << 64n) - 1n;
const INT64_MAX = (1n << 63n) - 1n;

/** Joins two fingerprints into one (TensorFlow's `FingerprintCat64`). */
function concatFingerprints(first: bigint, second: bigint): bigint {
  const multiplier = 0xc6a4a7935bd1e995n;
  const shiftMix = (x: bigint) => x ^ (x >> 47n);
  const times = (x: bigint) => (x * multiplier) & UINT64;
  const mixed = times((first ^ multiplier ^ times(shiftMix(times(second)))) & UINT64);
  return shiftMix(times(shiftMix(mixed)));
}

/** A hash brought into `buckets`, or, without buckets, into the range of int64 that is not negative. */
function intoBuckets(hash: bigint, buckets: bigint): bigint {
  return hash % (buckets > 0n ? buckets : INT64_MAX);
}

function featureAt({values}: FeatureColumn, position: number): Feature {
  return values.dtype === 'string' ? values.strings().at(position) : BigInt(values.numeric()[position]!);
}

function asText(feature: Feature): Uint8Array {
  return typeof feature === 'bigint' ? encodeUtf8(String(feature)) : feature;
}

/** The number that stands for a feature: strings are hashed, integers stand for themselves. */
function asNumber(feature: Feature): bigint {
  return typeof feature === 'bigint' ? BigInt.asUintN(64, feature) : fingerprint64(feature).toBigInt();
}

function readColumns(inputs: readonly Value[], ctx: KernelContext): FeatureColumn[] {
  const sparseCount = ctx.attrs.int('N');
  const [indices, values, shapes] = [0, 1, 2].map((k) =>
    inputs.slice(k * sparseCount, (k + 1) * sparseCount),
  );
  const dense = inputs.slice(3 * sparseCount, 3 * sparseCount + denseCount(ctx));
  const columns = [
    ...indices!.map((each, i) => sparseColumn(each, values![i]!, shapes![i]!, ctx)),
    ...dense.map((matrix) => denseColumn(matrix, ctx)),
  ];
  const batch = columns[0]?.members.length ?? 0;
  if (columns.length === 0 || columns.some((column) => column.members.length !== batch)) {
    throw invalid(ctx, 'all columns must have the same number of examples, and there must be one column');
  }
  return columns;
}

function denseCount(ctx: KernelContext): number {
  return ctx.attrs.dtypes('dense_types').length;
}

function sparseColumn(indices: Value, values: Value, shape: Value, ctx: KernelContext): FeatureColumn {
  const coordinates = readCoordinates(indices, shape, ctx);
  checkValues(values, coordinates.count, ctx);
  const batch = checkCount(coordinates.shape[0] ?? 0, 'examples', ctx);
  const members = Array.from({length: batch}, () => [] as number[]);
  for (let i = 0; i < coordinates.count; i++) {
    const [example] = entryAt(coordinates, i);
    const own = members[example!];
    if (own === undefined) throw invalid(ctx, `indices[${i}] is of example ${example} of ${batch}`);
    own.push(i);
  }
  return {values, members, dense: false};
}

function denseColumn(matrix: Value, ctx: KernelContext): FeatureColumn {
  if (matrix.rank !== 2) throw invalid(ctx, `a matrix is expected, not ${formatShape(matrix.shape)}`);
  const [batch, width] = matrix.shape as [number, number];
  const rowOf = (row: number) => Array.from({length: width}, (_, i) => row * width + i);
  return {values: matrix, members: Array.from({length: batch}, (_, row) => rowOf(row)), dense: true};
}

/** All crosses of each example: the features of the last column change fastest. */
function crossExamples<T>(
  columns: readonly FeatureColumn[],
  cross: (positions: readonly number[]) => T,
): T[][] {
  const batch = columns[0]!.members.length;
  return Array.from({length: batch}, (_, example) => {
    let combinations: number[][] = [[]];
    for (const {members} of columns) {
      combinations = combinations.flatMap((begun) => members[example]!.map((feature) => [...begun, feature]));
    }
    return combinations.map(cross);
  });
}

/** Joins the features of a cross into text. */
function textCross(columns: readonly FeatureColumn[], separator: Uint8Array) {
  return (positions: readonly number[]): Uint8Array =>
    joinBytes(
      positions.map((position, i) => asText(featureAt(columns[i]!, position))),
      separator,
    );
}

/** Hashes the features of a cross, starting from `key`. */
function hashCross(columns: readonly FeatureColumn[], key: bigint, buckets: bigint) {
  return (positions: readonly number[]): bigint => {
    const hash = positions.reduce(
      (joined, position, i) => concatFingerprints(joined, asNumber(featureAt(columns[i]!, position))),
      key,
    );
    return intoBuckets(hash, buckets);
  };
}

function sparseResult(
  crosses: readonly (readonly unknown[])[],
  toValue: (flat: unknown[]) => Value,
): Value[] {
  const entries = crosses.flatMap((own, example) => own.map((_, i) => [example, i]));
  const widest = crosses.reduce((most, own) => Math.max(most, own.length), 0);
  return [indexMatrix(entries, 2), toValue(crosses.flat()), longs([crosses.length, widest], [2])];
}

const texts = (flat: unknown[]) => stringValue([flat.length], flat as Uint8Array[]);
const hashes = (flat: unknown[]) => Value.host('int64', [flat.length], BigInt64Array.from(flat as bigint[]));

const sparseCross: Kernel = (inputs, ctx) => {
  const columns = readColumns(inputs, ctx);
  if (ctx.attrs.dtype('out_type') === 'string') {
    return sparseResult(crossExamples(columns, textCross(columns, encodeUtf8('_X_'))), texts);
  }
  const key = BigInt.asUintN(64, ctx.attrs.bigint('hash_key'));
  return sparseResult(
    crossExamples(columns, hashCross(columns, key, ctx.attrs.bigint('num_buckets'))),
    hashes,
  );
};

const sparseCrossV2: Kernel = (inputs, ctx) => {
  const columns = readColumns(inputs, ctx);
  const separator = inputs.at(-1)!.string();
  return sparseResult(crossExamples(columns, textCross(columns, separator)), texts);
};

/** Unlike SparseCross, this starts from the first feature, hashes sparse integers too, and can use a keyed hash. */
const sparseCrossHashed: Kernel = (inputs, ctx) => {
  const columns = readColumns(inputs, ctx);
  const [buckets, strong, salt] = inputs.slice(-3);
  const [first, second] = [...(salt!.numeric() as BigInt64Array)];
  const key = [BigInt.asUintN(64, first ?? 0n), BigInt.asUintN(64, second ?? 0n)] as const;
  const toNumber = (column: FeatureColumn, feature: Feature): bigint => {
    if (strong!.number()) return sipHash(asBytes(feature), key).toBigInt();
    if (typeof feature === 'bigint' && column.dense) return BigInt.asUintN(64, feature);
    return fingerprint64(asBytes(feature)).toBigInt();
  };
  const count = BigInt(buckets!.numeric()[0]!);
  const cross = (positions: readonly number[]) => {
    const numbers = positions.map((position, i) => toNumber(columns[i]!, featureAt(columns[i]!, position)));
    return intoBuckets(numbers.reduce(concatFingerprints), count);
  };
  return sparseResult(crossExamples(columns, cross), hashes);
};

function raggedColumn(values: Value, splits: Value, ctx: KernelContext): FeatureColumn {
  const bounds = splits.numbers();
  if (bounds.length === 0 || bounds[0] !== 0 || bounds.at(-1) !== values.size) {
    throw invalid(ctx, `row splits [${bounds.join(', ')}] do not partition ${values.size} values`);
  }
  const members = bounds.slice(1).map((end, row) => {
    const start = bounds[row]!;
    return Array.from({length: Math.max(0, end - start)}, (_, i) => start + i);
  });
  return {values, members, dense: false};
}

/** The columns of RaggedCross: one letter of `input_order` says of each what it is. */
function readOrderedColumns(inputs: readonly Value[], ctx: KernelContext): FeatureColumn[] {
  const raggedCount = ctx.attrs.dtypes('ragged_values_types').length;
  const sparseCount = ctx.attrs.int('Nsparse');
  let at = 0;
  const take = (count: number) => inputs.slice(at, (at += count));
  const [values, splits] = [take(raggedCount), take(raggedCount)];
  const [indices, sparseValues, shapes] = [take(sparseCount), take(sparseCount), take(sparseCount)];
  const dense = take(denseCount(ctx));
  const columns: Readonly<Record<string, FeatureColumn[]>> = {
    R: values.map((each, i) => raggedColumn(each, splits[i]!, ctx)),
    S: indices.map((each, i) => sparseColumn(each, sparseValues[i]!, shapes[i]!, ctx)),
    D: dense.map((matrix) => denseColumn(matrix, ctx)),
  };
  const ordered = [...ctx.attrs.string('input_order')].map((kind) => columns[kind]?.shift());
  const batch = ordered[0]?.members.length;
  if (batch === undefined || ordered.some((column) => column?.members.length !== batch)) {
    throw invalid(ctx, 'all columns must have the same number of examples, and there must be one column');
  }
  return ordered as FeatureColumn[];
}

/** Crosses of ragged, sparse and dense columns as a ragged tensor. */
export const raggedCross: Kernel = (inputs, ctx) => {
  const columns = readOrderedColumns(inputs, ctx);
  const key = BigInt.asUintN(64, ctx.attrs.bigint('hash_key'));
  const crosses: unknown[][] = ctx.attrs.bool('hashed_output')
    ? crossExamples(columns, hashCross(columns, key, ctx.attrs.bigint('num_buckets')))
    : crossExamples(columns, textCross(columns, encodeUtf8('_X_')));
  const splits = running(crosses.map((own) => own.length));
  const toValue = ctx.attrs.bool('hashed_output') ? hashes : texts;
  return [toValue(crosses.flat()), Value.vector(ctx.attrs.dtype('out_row_splits_type'), splits)];
};

/** TensorFlow hashes the first four bytes of an integer: it takes the size of the dtype's number for the integer's. */
function asBytes(feature: Feature): Uint8Array {
  if (typeof feature !== 'bigint') return feature;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, Number(BigInt.asUintN(32, feature)), true);
  return bytes;
}

/** Crosses of sparse and dense feature columns. */
export const featureCrosses: OpFamily = {
  SparseCross: {kernel: sparseCross},
  SparseCrossV2: {kernel: sparseCrossV2},
  SparseCrossHashed: {kernel: sparseCrossHashed},
};
