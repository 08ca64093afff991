/**
 * Values made of the elements of another value in other places: for every dtype, differentiable where the value is.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isFloating} from '../host/dtypes.js';
import {allocateHost, inWords, lanesOfWords} from '../host/strided_copy.js';
import {overOneArray, PackedStrings} from '../host/strings.js';
import {allocate, type HostData, sizeOf} from '../host/tensor.js';
import {mapTensors} from './movement.js';
import {stringValue} from './strings.js';
import {Value} from './value.js';

/** True for a value that may hang on a gradient tape. */
const isOnTape = (x: Value): boolean => x.onDevice && (isFloating(x.dtype) || x.parts !== undefined);

/**
 * A value of `shape` whose element `i` is the element at `positions[i]` of `x`, counted in row-major order. A position
 * of -1 takes the scalar `fill`, which defaults to 0.
 */
export function takeElements(x: Value, positions: Int32Array, shape: readonly number[], fill?: Value): Value {
  if ((isOnTape(x) || (fill && isOnTape(fill))) && x.size > 0 && positions.length > 0) {
    const values = fill ? [x, fill] : [x];
    return mapTensors(values, ([from, padding]) => takeFromTensor(from!, positions, shape, padding));
  }
  if (x.dtype === 'string') return takeStrings(x, positions, shape, fill);
  const width = lanesOfWords(x.dtype);
  const wordsOf = (data: HostData) => inWords(data) as unknown[];
  const source = wordsOf(x.hostData());
  const padding = fill ? wordsOf(fill.hostData()) : [];
  const data = allocateHost(x.dtype, positions.length);
  const out = wordsOf(data);
  for (let i = 0; i < positions.length; i++) {
    const at = positions[i]!;
    for (let lane = 0; lane < width; lane++) {
      if (at >= 0) out[i * width + lane] = source[at * width + lane];
      else if (fill) out[i * width + lane] = padding[lane];
    }
  }
  return Value.host(x.dtype, shape, data);
}

function takeStrings(x: Value, positions: Int32Array, shape: readonly number[], fill?: Value): Value {
  if (fill === undefined) return stringValue(shape, x.strings().take(positions));
  const [strings, padding] = overOneArray([x.strings(), fill.strings()]) as [PackedStrings, PackedStrings];
  const [start, end] = [padding.starts[0]!, padding.ends[0]!];
  const starts = positions.map((at) => (at < 0 ? start : strings.starts[at]!));
  const ends = positions.map((at) => (at < 0 ? end : strings.ends[at]!));
  return stringValue(shape, new PackedStrings(padding.bytes, starts, ends));
}

function takeFromTensor(
  x: tf.Tensor,
  positions: Int32Array,
  shape: readonly number[],
  fill?: tf.Tensor,
): tf.Tensor {
  const flat = tf.reshape(x, [-1]);
  if (positions.every((at) => at >= 0)) {
    return tf.reshape(tf.gather(flat, tf.tensor1d(positions, 'int32')), shape as number[]);
  }
  const padding = fill ? tf.reshape(fill, [1]) : tf.zeros([1]);
  const indices = positions.map((at) => (at < 0 ? x.size : at));
  const taken = tf.gather(tf.concat([flat, padding]), tf.tensor1d(indices, 'int32'));
  return tf.reshape(taken, shape as number[]);
}

/** Flat positions of the elements of `shape` when a step along axis `i` advances by `steps[i]`. */
export function stridedPositions(shape: readonly number[], steps: readonly number[]): Int32Array {
  const out = allocate('int32', sizeOf(shape)) as Int32Array;
  let filled = 1;
  for (let axis = shape.length - 1; axis >= 0 && out.length > 0; axis--) {
    for (let i = 1; i < shape[axis]!; i++) {
      const offset = i * steps[axis]!;
      for (let j = 0; j < filled; j++) out[i * filled + j] = out[j]! + offset;
    }
    filled *= shape[axis]!;
  }
  return out;
}
