/**
 * A `tf.Variable` as a weight of a tfjs-layers layer. A `LayerVariable` of tfjs-layers makes a variable of its own and copies
 * the value to it; here an optimizer that trains the weight trains the variable itself.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {LayerVariable} from '@tensorflow/tfjs-layers';
import {CallError} from '../../errors.js';
import {formatShape, sameShape} from '../../host/shape.js';

/** What tfjs-layers asks of a weight. */
type WeightInterface = Pick<
  LayerVariable,
  | 'dtype'
  | 'shape'
  | 'id'
  | 'name'
  | 'originalName'
  | 'constraint'
  | 'trainable'
  | 'read'
  | 'write'
  | 'dispose'
>;

/**
 * Ids of tfjs-layers's own weights count up from 0 and cannot be drawn from outside; these count down from -1.
 */
let nextId = -1;

class VariableWeight implements Omit<WeightInterface, 'write'> {
  readonly id = nextId--;
  readonly constraint = null as unknown as LayerVariable['constraint'];
  /**
   * Whether this layer's weight is trained. The variable's own flag stays as it was saved: other layers, and the object
   * itself, share the variable.
   */
  trainable = true;

  constructor(
    readonly variable: tf.Variable,
    readonly originalName: string,
  ) {}

  get name(): string {
    return this.variable.name;
  }

  get dtype(): tf.DataType {
    return this.variable.dtype;
  }

  get shape(): number[] {
    return this.variable.shape;
  }

  read(): tf.Tensor {
    if (this.variable.isDisposed) throw new CallError(`variable '${this.name}' is disposed`);
    return this.variable as tf.Tensor;
  }

  write(value: tf.Tensor): this {
    const present = this.read();
    if (!sameShape(present.shape, value.shape)) {
      throw new CallError(
        `variable '${this.name}' has shape ${formatShape(present.shape)} and cannot take ${formatShape(value.shape)}`,
      );
    }
    if (value.id !== present.id) this.variable.assign(value);
    return this;
  }

  /** Variables go with who made them, not with a layer that uses them. */
  dispose(): void {}
}

// `instanceof LayerVariable` holds, so that nothing tells the weight from tfjs-layers's own.
Object.setPrototypeOf(VariableWeight.prototype, LayerVariable.prototype);

/**
 * Wraps a variable as a weight, without copying it.
 *
 * @param originalName - the name under which tfjs-layers saves and restores the weight
 */
export function variableWeight(variable: tf.Variable, originalName: string): LayerVariable {
  return new VariableWeight(variable, originalName) as unknown as LayerVariable;
}
