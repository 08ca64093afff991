/**
 * A loaded variable as a weight of a tfjs-layers layer.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {LayerVariable} from '@tensorflow/tfjs-layers';
import {CallError} from '../errors.js';
import {formatShape, sameShape} from '../host/shape.js';
import {Variable} from '../ops/variable/kernels.js';
import {moveSharedWeightsOnce} from './shared_weights.js';

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

/** Variables that are weights of some layer. */
const WRAPPED = new WeakSet<tf.Variable>();

/**
 * Ids of tfjs-layers's own weights count up from 0 and cannot be drawn from outside; these count down from -1.
 */
let nextId = -1;

/**
 * A weight whose value is a loaded `tf.Variable` itself: an optimizer that trains the weight trains the loaded object.
 * (A `LayerVariable` of tfjs-layers makes a variable of its own and copies the value to it.)
 */
class LoadedWeight implements Omit<WeightInterface, 'write'> {
  readonly id = nextId--;
  readonly constraint = null as unknown as LayerVariable['constraint'];
  /**
   * Whether this layer's weight is trained. The variable's own flag stays as it was saved: other layers, and the object
   * itself, share the variable.
   */
  trainable = true;

  constructor(
    readonly variable: tf.Variable,
    /** The name under which tfjs-layers saves and restores the weight. */
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

  /** Variables go with the loaded object, not with a layer that uses it. */
  dispose(): void {}
}

// `instanceof LayerVariable` holds, so that nothing tells the weight from tfjs-layers's own.
Object.setPrototypeOf(LoadedWeight.prototype, LayerVariable.prototype);

/**
 * Wraps variables as weights of the named layer, without copying them. Weights are called `<layer>/<variable>`, by the
 * variables' saved names, with a number appended where a name comes again.
 */
export function loadedWeights(variables: readonly tf.Variable[], layerName: string): LayerVariable[] {
  if (variables.some((variable) => WRAPPED.has(variable))) moveSharedWeightsOnce();
  const taken = new Set<string>();
  return variables.map((variable) => {
    const name = `${layerName}/${Variable.of(variable).name}`;
    let unique = name;
    for (let n = 1; taken.has(unique); n++) unique = `${name}_${n}`;
    taken.add(unique);
    WRAPPED.add(variable);
    return new LoadedWeight(variable, unique) as unknown as LayerVariable;
  });
}
