/**
 * Comparisons, predicates and logic: elementwise ops whose results are booleans.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isBigInt, isFloating, lanes} from '../../../host/dtypes.js';
import {roundToDType} from '../../../host/rounding.js';
import {broadcastShapes} from '../../../host/shape.js';
import type {PackedStrings} from '../../../host/strings.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {
  broadcastOrThrow,
  forEachBroadcast,
  forEachRun,
  mapBinary,
  mapUnary,
  mapWords,
} from '../../../tensors/host.js';
import {preferHost, Value} from '../../../tensors/value.js';
import {lessThanWords, notLessWords, sameWords, swapped, type WordRun} from '../../../tensors/word_runs.js';
import type {Kernel, OpFamily, OpImplementation} from '../../kernel.js';

type CompareTensors = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;
type CompareWords = WordRun<Uint8Array>;

/** How real numbers are compared. */
interface Comparison {
  readonly number: (x: number, y: number) => boolean;
  /** 64-bit integers, many at once. */
  readonly words: CompareWords;
  /** The same for uint64, where it is not that for int64. */
  readonly unsignedWords?: CompareWords;
  /** Floats on a backend. */
  readonly device: CompareTensors;
}

function comparison(how: Comparison): OpImplementation {
  return {kernel: (inputs) => compare(inputs as [Value, Value], how)};
}

function compare([x, y]: readonly [Value, Value], how: Comparison): Value {
  if (isBigInt(x.dtype)) {
    const words = x.dtype === 'uint64' ? (how.unsignedWords ?? how.words) : how.words;
    return mapWords(x, y, words, 'bool');
  }
  if (isFloating(x.dtype) && !preferHost(x, y)) return fromTensor(how.device(x.tensor(), y.tensor()), 'bool');
  return mapBinary(x, y, how, 'bool');
}

/** `Equal` or `NotEqual`, for every dtype. */
function equality(isEqual: boolean): OpImplementation {
  const how: Comparison = {
    number: isEqual ? (x, y) => x === y : (x, y) => x !== y,
    words: sameWords(isEqual),
    device: isEqual ? tf.equal : tf.notEqual,
  };
  const kernel: Kernel = (inputs, ctx) => {
    const [x, y] = inputs as [Value, Value];
    if (broadcastShapes(x.shape, y.shape) === undefined && !ctx.attrs.bool('incompatible_shape_error')) {
      return Value.scalar('bool', !isEqual);
    }
    if (x.dtype === 'string') return sameStrings(x, y, isEqual);
    return lanes(x.dtype) === 2 ? sameComplex(x, y, isEqual) : compare([x, y], how);
  };
  return {kernel};
}

/** Whether strings are the same, or are not. */
function sameStrings(x: Value, y: Value, same: boolean): Value {
  const shape = broadcastOrThrow(x.shape, y.shape);
  const [a, b] = [x.strings(), y.strings()];
  const out = allocate('bool', sizeOf(shape)) as Uint8Array;
  forEachRun([x.shape, y.shape], shape, (to, [i, k], [aStep, bStep], count) => {
    compareStrings(a, i!, aStep!, b, k!, bStep!, same, out, to, count);
  });
  return Value.host('bool', shape, out);
}

/** Compares `count` strings, from those at `i` in `a` and at `k` in `b` on. */
function compareStrings(
  a: PackedStrings,
  i: number,
  aStep: number,
  b: PackedStrings,
  k: number,
  bStep: number,
  same: boolean,
  out: Uint8Array,
  to: number,
  count: number,
): void {
  const {bytes, starts, ends} = a;
  const {bytes: otherBytes, starts: otherStarts, ends: otherEnds} = b;
  for (let n = 0; n < count; n++) {
    let at = starts[i + n * aStep]!;
    let other = otherStarts[k + n * bStep]!;
    const end = ends[i + n * aStep]!;
    let isSame = end - at === otherEnds[k + n * bStep]! - other;
    for (; isSame && at < end; at++, other++) isSame = bytes[at] === otherBytes[other];
    out[to + n] = isSame === same ? 1 : 0;
  }
}

function sameComplex(x: Value, y: Value, same: boolean): Value {
  const shape = broadcastOrThrow(x.shape, y.shape);
  const [a, b] = [x.numeric(), y.numeric()];
  const out = allocate('bool', sizeOf(shape)) as Uint8Array;
  forEachBroadcast([x.shape, y.shape], shape, (at, [i, k]) => {
    const isSame = a[2 * i!] === b[2 * k!] && a[2 * i! + 1] === b[2 * k! + 1];
    out[at] = isSame === same ? 1 : 0;
  });
  return Value.host('bool', shape, out);
}

/** A property of single floats. */
function predicate(holds: (x: number) => boolean, device: (x: tf.Tensor) => tf.Tensor): OpImplementation {
  const kernel: Kernel = ([x]) =>
    preferHost(x!) ? mapUnary(x!, {number: holds}, 'bool') : fromTensor(device(x!.tensor()), 'bool');
  return {kernel};
}

function logical(holds: (x: number, y: number) => number): OpImplementation {
  return {kernel: ([x, y]) => mapBinary(x!, y!, {number: holds})};
}

const approximatelyEqual: Kernel = (inputs, ctx) => {
  const [x, y] = inputs as [Value, Value];
  const tolerance = ctx.attrs.float('tolerance');
  const number = (a: number, b: number) => roundToDType(Math.abs(a - b), x.dtype) < tolerance;
  return mapBinary(x, y, {number}, 'bool');
};

export const comparisons: OpFamily = {
  Equal: equality(true),
  NotEqual: equality(false),
  Less: comparison({number: (x, y) => x < y, ...lessThanWords, device: tf.less}),
  LessEqual: comparison({
    number: (x, y) => x <= y,
    words: swapped(notLessWords.words),
    unsignedWords: swapped(notLessWords.unsignedWords),
    device: tf.lessEqual,
  }),
  Greater: comparison({
    number: (x, y) => x > y,
    words: swapped(lessThanWords.words),
    unsignedWords: swapped(lessThanWords.unsignedWords),
    device: tf.greater,
  }),
  GreaterEqual: comparison({number: (x, y) => x >= y, ...notLessWords, device: tf.greaterEqual}),
  ApproximateEqual: {kernel: approximatelyEqual},

  LogicalAnd: logical((x, y) => x & y),
  LogicalOr: logical((x, y) => x | y),
  LogicalNot: {kernel: ([x]) => mapUnary(x!, {number: (each) => 1 - each})},

  IsNan: predicate(Number.isNaN, tf.isNaN),
  IsInf: predicate((x) => Math.abs(x) === Infinity, tf.isInf),
  IsFinite: predicate(Number.isFinite, tf.isFinite),
};
