/**
 * One pass of tfjs-layers through a model, as a layer in it can tell: tfjs-layers calls a layer once for each of its outputs,
 * and asks for its losses once for each place it has in the model. Python's Keras does both once.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {dataOf} from '../tfjs/data.js';
import {presentScope} from '../tfjs/scope.js';

/** What a call was made with. */
interface Call {
  readonly inputs: readonly tf.Tensor[];
  readonly kwargs: object | undefined;
  /** tfjs-layers opens one anew for each pass. */
  readonly scope: object;
  /** Data of the layer's weights after the call; assigning gives a variable other data. */
  readonly weights: readonly object[];
  readonly outputs: readonly tf.Tensor[];
}

/** Remembers the results of a layer with several outputs until the pass is over. */
export class PassMemory {
  #call: WeakRef<Call> | undefined;
  /** Keeps the call alive as long as its scope. */
  readonly #byScope = new WeakMap<object, Call>();

  /** The outputs of the same call in this pass, as tensors of the caller's own; undefined if there was none. */
  recall(
    inputs: readonly tf.Tensor[],
    kwargs: object | undefined,
    weights: readonly tf.Tensor[],
  ): tf.Tensor[] | undefined {
    const scope = presentScope();
    const call = this.#call?.deref();
    const isSame =
      call !== undefined &&
      call.scope === scope &&
      call.kwargs === kwargs &&
      sameItems(call.inputs, inputs) &&
      sameItems(call.weights, weights.map(dataOf)) &&
      call.outputs.every((output) => !output.isDisposed);
    return isSame ? call.outputs.map((output) => tf.clone(output)) : undefined;
  }

  remember(
    inputs: readonly tf.Tensor[],
    kwargs: object | undefined,
    weights: readonly tf.Tensor[],
    outputs: readonly tf.Tensor[],
  ): void {
    const scope = presentScope();
    if (scope === undefined) return;
    const call = {inputs, kwargs, scope, weights: weights.map(dataOf), outputs};
    this.#byScope.set(scope, call);
    this.#call = new WeakRef(call);
  }
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
