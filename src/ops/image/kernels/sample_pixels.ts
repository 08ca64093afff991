/**
 * Pixels interpolated between the pixels of images, at positions known on the host.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {allocate} from '../../../host/tensor.js';
import type {Value} from '../../../tensors/value.js';

/** Images of any real dtype as float32. */
export const pixels = (images: Value): tf.Tensor => tf.cast(images.tensor(), 'float32');

/** Collects, for each output pixel, up to `reads` input pixels with their weights, and a constant. */
export class Sampler {
  readonly #count: number;
  readonly #indices: Int32Array[];
  readonly #weights: Float32Array[];
  readonly #constants: Float32Array;

  constructor(count: number, reads: number) {
    this.#count = count;
    this.#indices = Array.from({length: reads}, () => allocate('int32', count) as Int32Array);
    this.#weights = Array.from({length: reads}, () => allocate('float32', count) as Float32Array);
    this.#constants = allocate('float32', count) as Float32Array;
  }

  /** The `k`-th read of an output pixel. */
  read(pixel: number, k: number, from: number, weight: number): void {
    this.#indices[k]![pixel] = from;
    this.#weights[k]![pixel] = weight;
  }

  add(pixel: number, constant: number): void {
    this.#constants[pixel] = this.#constants[pixel]! + constant;
  }

  /** Applies it to pixels `[n, channels]`: `[count, channels]`. */
  run(pixels: tf.Tensor): tf.Tensor {
    const column = (data: Float32Array): tf.Tensor => tf.tensor(data, [this.#count, 1]);
    const reads = this.#indices.map((indices, k) => {
      const read = tf.gather(pixels, tf.tensor(indices, [this.#count], 'int32'));
      return this.#weights[k]!.every((weight) => weight === 1)
        ? read
        : tf.mul(read, column(this.#weights[k]!));
    });
    const sum = reads.length === 1 ? reads[0]! : tf.addN(reads);
    return this.#constants.every((constant) => constant === 0) ? sum : tf.add(sum, column(this.#constants));
  }
}

/** Where to read along one axis, and the weight. */
export type Reads = readonly (readonly [at: number, weight: number])[];

/** The two neighbours of a position, or the nearest one (halves away from zero). */
export function readsAt(position: number, isNearest: boolean): Reads {
  if (isNearest) return [[Math.sign(position) * Math.round(Math.abs(position)), 1]];
  const below = Math.floor(position);
  return [
    [below, 1 - (position - below)],
    [below + 1, position - below],
  ];
}
