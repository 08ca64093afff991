/**
 * Crosses of features: every combination of one feature from each column of an example, as text or as a hash.
 *
 * Source: `tensorflow/core/kernels/sparse_cross_op.cc`.
 *
 * @module
 */

import {fingerprint64} from '../../../algorithms/farm_hash.js';
import {joinFingerprints, readyToJoin} from '../../../algorithms/fingerprint_cat.js';
import {sipHash} from '../../../algorithms/sip_hash.js';
import {type StringHash, viewOf} from '../../../algorithms/string_hash.js';
import {encodeUtf8} from '../../../algorithms/utf8.js';
import {remainders} from '../../../algorithms/words64.js';
import {setInteger, wordsOf} from '../../../host/int64.js';
import {formatShape} from '../../../host/shape.js';
import {PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {allocate, int32Array} from '../../../host/tensor.js';
import {bytesOf} from '../../../host/tensor_bytes.js';
import {convertNumbers} from '../../../tensors/host.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {checkCount} from '../../sizes.js';
import {checkValues, longs, readCoordinates} from '../coordinates.js';

/** The features of one kind that the examples of a batch have. */
interface FeatureColumn {
  readonly values: Value;
  /** Where in `values` the features are, those of one example after those of another. */
  readonly members: Int32Array;
  /** How many members there are before those of each example, and in all. */
  readonly splits: Int32Array;
  /** Whether each example has as many features, in a matrix. */
  readonly dense: boolean;
}

const INT64_MAX = (1n << 63n) - 1n;

function readColumns(inputs: readonly Value[], ctx: KernelContext): FeatureColumn[] {
  const sparseCount = ctx.attrs.int('N');
  const [indices, values, shapes] = [0, 1, 2].map((k) =>
    inputs.slice(k * sparseCount, (k + 1) * sparseCount),
  );
  const dense = inputs.slice(3 * sparseCount, 3 * sparseCount + denseCount(ctx));
  return checkColumns(
    [
      ...indices!.map((each, i) => sparseColumn(each, values![i]!, shapes![i]!, ctx)),
      ...dense.map((matrix) => denseColumn(matrix, ctx)),
    ],
    ctx,
  );
}

function checkColumns(columns: readonly (FeatureColumn | undefined)[], ctx: KernelContext): FeatureColumn[] {
  const bounds = columns[0]?.splits.length;
  if (bounds === undefined || columns.some((column) => column?.splits.length !== bounds)) {
    throw invalid(ctx, 'all columns must have the same number of examples, and there must be one column');
  }
  return columns as FeatureColumn[];
}

function denseCount(ctx: KernelContext): number {
  return ctx.attrs.dtypes('dense_types').length;
}

function sparseColumn(indices: Value, values: Value, shape: Value, ctx: KernelContext): FeatureColumn {
  const coordinates = readCoordinates(indices, shape, ctx);
  const {count, flat} = coordinates;
  checkValues(values, count, ctx);
  const rank = coordinates.shape.length;
  const batch = checkCount(coordinates.shape[0] ?? 0, 'examples', ctx);
  const splits = allocate('int32', batch + 1) as Int32Array;
  for (let i = 0; i < count; i++) {
    const example = flat[i * rank];
    if (example === undefined || !(example >= 0 && example < batch)) {
      throw invalid(ctx, `indices[${i}] is of example ${example} of ${batch}`);
    }
    splits[example + 1]!++;
  }
  for (let example = 0; example < batch; example++) splits[example + 1]! += splits[example]!;
  const next = splits.slice();
  const members = allocate('int32', count) as Int32Array;
  for (let i = 0; i < count; i++) members[next[flat[i * rank]!]!++] = i;
  return {values, members, splits, dense: false};
}

function denseColumn(matrix: Value, ctx: KernelContext): FeatureColumn {
  if (matrix.rank !== 2) throw invalid(ctx, `a matrix is expected, not ${formatShape(matrix.shape)}`);
  const [batch, width] = matrix.shape as [number, number];
  return {
    values: matrix,
    members: int32Array(batch * width, (i) => i),
    splits: int32Array(batch + 1, (row) => row * width),
    dense: true,
  };
}

/** How many crosses there are before those of each example, and in all. */
function crossSplits(columns: readonly FeatureColumn[]): number[] {
  const splits = [0];
  const batch = columns[0]!.splits.length - 1;
  for (let example = 0; example < batch; example++) {
    let count = 1;
    for (const {splits: own} of columns) count *= own[example + 1]! - own[example]!;
    splits.push(splits[example]! + count);
  }
  return splits;
}

/**
 * Visits all crosses of each example, the features of the last column changing fastest: `visit(positions, changed)` with
 * the position of each column's feature in its values, and the first column whose feature is another than before.
 */
function forEachCross(
  columns: readonly FeatureColumn[],
  visit: (positions: Int32Array, changed: number) => void,
): void {
  const last = columns.length - 1;
  const at = new Int32Array(columns.length);
  const positions = new Int32Array(columns.length);
  const batch = columns[0]!.splits.length - 1;
  for (let example = 0; example < batch; example++) {
    if (columns.some(({splits}) => splits[example] === splits[example + 1])) continue;
    for (let column = 0; column <= last; column++) at[column] = columns[column]!.splits[example]!;
    for (let changed = 0; changed >= 0; ) {
      for (let column = changed; column <= last; column++) {
        positions[column] = columns[column]!.members[at[column]!]!;
      }
      visit(positions, changed);
      for (changed = last; changed >= 0; changed--) {
        if (++at[changed]! < columns[changed]!.splits[example + 1]!) break;
        at[changed] = columns[changed]!.splits[example]!;
      }
    }
  }
}

/** The features of a column as text. */
function texts({values}: FeatureColumn): PackedStrings {
  return values.dtype === 'string'
    ? values.strings()
    : PackedStrings.ofTexts(Array.from(values.numeric(), String));
}

/** The features of each cross, joined. */
function textCrosses(columns: readonly FeatureColumn[], count: number, separator: Uint8Array): Value {
  const parts = columns.map(texts);
  const out = new StringsBuilder(count, 0);
  forEachCross(columns, (positions) => {
    for (let column = 0; column < parts.length; column++) {
      const {bytes, starts, ends} = parts[column]!;
      if (column > 0) out.append(separator);
      out.append(bytes, starts[positions[column]!]!, ends[positions[column]!]!);
    }
    out.end();
  });
  return stringValue([count], out.strings());
}

/** The number that stands for each feature: strings are hashed, integers stand for themselves. */
function plainNumbers({values}: FeatureColumn): Int32Array {
  return values.dtype === 'string'
    ? hashes(values.strings(), fingerprint64)
    : wordsOf(convertNumbers(values.numeric(), 'int64') as BigInt64Array);
}

function hashes({bytes, starts, ends}: PackedStrings, hash: StringHash): Int32Array {
  const words = wordsOf(allocate('int64', starts.length) as BigInt64Array);
  const view = viewOf(bytes);
  for (let i = 0; i < starts.length; i++) hash(view, starts[i]!, ends[i]!, words, 2 * i);
  return words;
}

/**
 * The hash of each cross, brought into `buckets`, or, without buckets, into the range of int64 that is not negative.
 *
 * @param numbers - those that stand for the features of each column; they are changed
 * @param key - what hashing starts from, or else it does from the first feature
 */
function hashCrosses(
  columns: readonly FeatureColumn[],
  count: number,
  numbers: readonly Int32Array[],
  buckets: bigint,
  key?: bigint,
): Value {
  const out = allocate('int64', count) as BigInt64Array;
  const words = wordsOf(out);
  // The hash of the features up to each column, and before them the key.
  const joined = new Int32Array(2 * (columns.length + 1));
  if (key !== undefined) {
    joined[0] = Number(BigInt.asIntN(32, key));
    joined[1] = Number(BigInt.asIntN(32, key >> 32n));
  }
  numbers.forEach((each, column) => {
    if (column > 0 || key !== undefined) readyToJoin(each);
  });
  let to = 0;
  forEachCross(columns, (positions, changed) => {
    for (let column = changed; column < numbers.length; column++) {
      const own = numbers[column]!;
      const at = 2 * positions[column]!;
      if (column > 0 || key !== undefined) {
        joinFingerprints(joined, 2 * column, own, at, joined, 2 * column + 2);
      } else {
        joined[2] = own[at]!;
        joined[3] = own[at + 1]!;
      }
    }
    words[to++] = joined[2 * numbers.length]!;
    words[to++] = joined[2 * numbers.length + 1]!;
  });
  remainders(words, buckets > 0n ? buckets : INT64_MAX);
  return Value.host('int64', [count], out);
}

/** Crosses as a sparse tensor: those of an example are a row. */
function sparseResult(columns: readonly FeatureColumn[], toValue: (count: number) => Value): Value[] {
  const splits = crossSplits(columns);
  const count = splits.at(-1)!;
  const indices = allocate('int64', 2 * count) as BigInt64Array;
  const words = wordsOf(indices);
  let widest = 0;
  for (let example = 0; example + 1 < splits.length; example++) {
    const [start, end] = [splits[example]!, splits[example + 1]!];
    for (let i = start; i < end; i++) {
      setInteger(words, 2 * i, example);
      setInteger(words, 2 * i + 1, i - start);
    }
    widest = Math.max(widest, end - start);
  }
  return [Value.host('int64', [count, 2], indices), toValue(count), longs([splits.length - 1, widest], [2])];
}

const SEPARATOR = encodeUtf8('_X_');

/** Crosses as `SparseCross` and `RaggedCross` have them: hashed with a key, or as text. */
function keyedCrosses(
  columns: readonly FeatureColumn[],
  count: number,
  isHashed: boolean,
  {attrs}: KernelContext,
): Value {
  if (!isHashed) return textCrosses(columns, count, SEPARATOR);
  const numbers = columns.map(plainNumbers);
  return hashCrosses(columns, count, numbers, attrs.bigint('num_buckets'), attrs.bigint('hash_key'));
}

const sparseCross: Kernel = (inputs, ctx) => {
  const columns = readColumns(inputs, ctx);
  const isHashed = ctx.attrs.dtype('out_type') !== 'string';
  return sparseResult(columns, (count) => keyedCrosses(columns, count, isHashed, ctx));
};

const sparseCrossV2: Kernel = (inputs, ctx) => {
  const columns = readColumns(inputs, ctx);
  const separator = inputs.at(-1)!.string();
  return sparseResult(columns, (count) => textCrosses(columns, count, separator));
};

/** Unlike SparseCross, this starts from the first feature, hashes sparse integers too, and can use a keyed hash. */
const sparseCrossHashed: Kernel = (inputs, ctx) => {
  const columns = readColumns(inputs, ctx);
  const [buckets, strong, salt] = inputs.slice(-3);
  const [first = 0n, second = 0n] = salt!.numeric() as BigInt64Array;
  const isStrong = strong!.number() !== 0;
  const hash = isStrong ? sipHash([first, second]) : fingerprint64;
  const numbers = columns.map((column) => {
    const {values, dense} = column;
    if (values.dtype === 'string') return hashes(values.strings(), hash);
    return dense && !isStrong ? plainNumbers(column) : hashes(lowBytes(values), hash);
  });
  const count = BigInt(buckets!.numeric()[0]!);
  return sparseResult(columns, (crosses) => hashCrosses(columns, crosses, numbers, count));
};

/** TensorFlow hashes the first four bytes of an integer: it takes the size of the dtype's number for the integer's. */
function lowBytes(values: Value): PackedStrings {
  const bytes = bytesOf(convertNumbers(values.numeric(), 'int32'));
  return PackedStrings.between(
    bytes,
    int32Array(values.size + 1, (i) => 4 * i),
  );
}

function raggedColumn(values: Value, splits: Value, ctx: KernelContext): FeatureColumn {
  const bounds = splits.numbers();
  const rises = bounds.every((end, row) => row === 0 || end >= bounds[row - 1]!);
  if (bounds.length === 0 || bounds[0] !== 0 || bounds.at(-1) !== values.size || !rises) {
    throw invalid(ctx, `row splits [${bounds.join(', ')}] do not partition ${values.size} values`);
  }
  return {
    values,
    members: int32Array(values.size, (i) => i),
    splits: int32Array(bounds.length, (row) => bounds[row]!),
    dense: false,
  };
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
  return checkColumns(
    [...ctx.attrs.string('input_order')].map((kind) => columns[kind]?.shift()),
    ctx,
  );
}

/** Crosses of ragged, sparse and dense columns as a ragged tensor. */
export const raggedCross: Kernel = (inputs, ctx) => {
  const columns = readOrderedColumns(inputs, ctx);
  const splits = crossSplits(columns);
  const crosses = keyedCrosses(columns, splits.at(-1)!, ctx.attrs.bool('hashed_output'), ctx);
  return [crosses, Value.vector(ctx.attrs.dtype('out_row_splits_type'), splits)];
};

/** Crosses of sparse and dense feature columns. */
export const featureCrosses: OpFamily = {
  SparseCross: {kernel: sparseCross},
  SparseCrossV2: {kernel: sparseCrossV2},
  SparseCrossHashed: {kernel: sparseCrossHashed},
};
