/**
 * What is known of a tensor that a function will be called with.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {formatShape, type PartialShape} from '../host/shape.js';

/**
 * A description of a tensor: its shape, in which `null` stands for an unknown dimension (and a `null` shape for an unknown
 * rank), its TensorFlow dtype, and its name.
 *
 * Mirrors `tf.TensorSpec`. A function is given tensors of tfjs whatever the dtype: float32 for the other floats, int32 for
 * the other integers.
 *
 * @example
 * new TensorSpec([null, 28, 28, 1]);
 * new TensorSpec([null], 'string', 'sentences');
 */
export class TensorSpec {
  readonly shape: PartialShape;
  readonly dtype: DType;
  readonly name: string | undefined;

  constructor(shape: PartialShape, dtype: DType = 'float32', name?: string) {
    this.shape = shape;
    this.dtype = dtype;
    this.name = name;
  }

  toString(): string {
    return `TensorSpec(${formatShape(this.shape)}, ${this.dtype})`;
  }
}
