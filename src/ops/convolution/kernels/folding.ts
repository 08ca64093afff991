/**
 * What is added to the result of a convolution, and what scales it, within the convolution's own filter and bias.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import {dataOf} from '../../../tfjs/data.js';
import type {Session} from '../../kernel.js';

/** An op on each channel of a convolution's result. */
export interface Affine {
  /** Its number among the nodes whose inputs are given. */
  readonly node: number;
  /** Whether it adds by broadcasting; a bias is a vector. */
  readonly isAdded: boolean;
  /** Of a normalization by scale, offset, mean and variance; undefined for what adds one vector. */
  readonly epsilon: number | undefined;
}

/** The operands of a convolution beside the image. */
export interface Parameters {
  readonly filter: tf.Tensor;
  readonly bias?: tf.Tensor;
}

/** Parameters that have changed so often without being used twice are not folded any more. */
const MAX_CHANGES = 8;

/** The folded parameters of one convolution, computed anew when one of those that they are made of has changed. */
export class FoldedParameters {
  readonly #affine: readonly Affine[];
  readonly #session: Session;
  /** What the folded ones were made of. */
  #sources: readonly object[] = [];
  #filter: Value | undefined;
  #bias: Value | undefined;
  #changes = 0;

  constructor(affine: readonly Affine[], session: Session) {
    this.#affine = affine;
    this.#session = session;
  }

  /**
   * Filter and bias, or undefined where they must not be folded.
   *
   * @param channels - of the convolution's result: the last axis, or the last two, of the filter
   * @param inputs - by node, what it reads beside the convolution's result
   */
  of(filter: Value, channels: number, inputs: readonly (readonly Value[])[]): Parameters | undefined {
    if (this.#affine.length === 0) return {filter: filter.tensor()};
    const vectors = this.#affine.map(({node}) => inputs[node]!);
    if (!this.#affine.every((each, i) => vectors[i]!.every((vector) => fits(vector, channels, each))))
      return undefined;
    const sources = [filter, ...vectors.flat()].map(identityOf);
    if (sources.some((source, i) => source !== this.#sources[i])) {
      if (++this.#changes > MAX_CHANGES) return undefined;
      this.#sources = sources;
      this.#fold(filter, channels, vectors);
    } else this.#changes = 0;
    if (this.#bias === undefined) return undefined;
    return {filter: (this.#filter ?? filter).tensor(), bias: this.#bias.tensor()};
  }

  #fold(filter: Value, channels: number, vectors: readonly (readonly Value[])[]): void {
    for (const held of [this.#filter, this.#bias]) if (held !== undefined) this.#session.forget(held);
    this.#filter = undefined;
    this.#bias = undefined;
    const {factor, offset} = this.#combined(channels, vectors);
    const scaled = factor && scaledBy(factor, filter.numeric() as Float32Array);
    // Where a factor is too large or none, zeros times infinity would be what was zero before.
    if (!areFinite(offset) || !(scaled === undefined || areFinite(scaled))) return;
    this.#filter = scaled && this.#hold(scaled, filter.shape);
    this.#bias = this.#hold(Float32Array.from(offset), [channels]);
  }

  /** The factor and the summand of each channel that all ops come to together; no factor where nothing scales. */
  #combined(
    channels: number,
    vectors: readonly (readonly Value[])[],
  ): {factor: Float64Array | undefined; offset: Float64Array} {
    let factor: Float64Array | undefined;
    const offset = new Float64Array(channels);
    for (const [i, {epsilon}] of this.#affine.entries()) {
      const [first, ...rest] = vectors[i]!.map((vector) => vector.numeric() as Float32Array);
      if (epsilon === undefined) {
        for (let c = 0; c < channels; c++) offset[c]! += first![c]!;
        continue;
      }
      const [beta, mean, variance] = rest as [Float32Array, Float32Array, Float32Array];
      factor ??= new Float64Array(channels).fill(1);
      for (let c = 0; c < channels; c++) {
        const scale = first![c]! / Math.sqrt(variance[c]! + epsilon);
        factor[c]! *= scale;
        offset[c] = (offset[c]! - mean[c]!) * scale + beta[c]!;
      }
    }
    return {factor, offset};
  }

  /** A tensor of its own: kernels of the wasm backend look at the shape under which data was first stored. */
  #hold(data: Float32Array, shape: readonly number[]): Value {
    return this.#session.keep(Value.device(tf.keep(tf.tensor(data, [...shape], 'float32'))));
  }
}

/** Numbers, the last axis of which has one for each factor, times these. */
function scaledBy(factors: Float64Array, numbers: Float32Array): Float32Array {
  const out = allocate('float32', numbers.length) as Float32Array;
  for (let start = 0; start < out.length; start += factors.length) {
    for (let c = 0; c < factors.length; c++) out[start + c] = numbers[start + c]! * factors[c]!;
  }
  return out;
}

function areFinite(numbers: Float32Array | Float64Array): boolean {
  let nothing = 0;
  for (let i = 0; i < numbers.length; i++) nothing += numbers[i]! * 0;
  return nothing === 0;
}

/** Whether a vector has a number for each channel, as its op takes it. */
function fits({dtype, shape, size}: Value, channels: number, {isAdded}: Affine): boolean {
  if (dtype !== 'float32' || size !== channels || shape.at(-1) !== channels) return false;
  return isAdded ? shape.length <= 4 : shape.length === 1;
}

/** Stands for the numbers of a value: the same object while they are the same. */
function identityOf(value: Value): object {
  return value.deviceTensor === undefined ? value : dataOf(value.deviceTensor);
}
