/** What TypeScript knows of results: the type check is the test, and nothing is run. */

import type * as tf from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {expect, it} from 'vitest';
import type {KerasLayer, SymbolicOutput} from '../../keras/keras_layer.js';
import type {load} from '../../load.js';
import type {ExactTensor, TensorOutput} from '../boundary.js';
import type {ExactModelOutput, ModelOutput} from '../outputs.js';
import type {CallableObject, PrunedFunction} from './loaded_object.js';
import type {Signature} from './signature.js';

/** `true` where both are one type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Demands that a value is of just this type. */
type Demand = <Expected>() => <Actual>(value: Actual, isSame: Same<Actual, Expected>) => void;

/** `any`, which is the same as nothing else. */
type Anything = ModelOutput['logits'];

interface Both {
  readonly logits: tf.Tensor;
  readonly pooled: tf.Tensor;
}

/** Uses that compile. */
const uses = {
  'a call gives a tensor, and whatever else its user says': (
    is: Demand,
    model: CallableObject,
    x: tf.Tensor,
  ) => {
    is<ModelOutput>()(model(x), true);
    const {shape}: {shape: number[]} = model(x);
    is<Anything>()(model(x).logits, true);
    const [first] = model(x);
    is<Anything>()(first, true);
    const tensor: tf.Tensor = model(x);
    const both: Both = model(x);
    is<Both>()(model<Both>(x), true);
    const several = model(x) as tf.Tensor[];
    is<Promise<ModelOutput>>()(model.async(x), true);
    is<Anything>()(model.encoder.layers[0](x), true);
    return [shape, tensor, both, several];
  },

  'what is exact follows from the options': (
    is: Demand,
    model: CallableObject,
    signature: Signature,
    exact: boolean,
  ) => {
    is<ModelOutput>()(model.invoke([1]), true);
    is<ExactModelOutput>()(model.invoke([1], {}, {exact: true}), true);
    is<ExactTensor['data']>()(model.invoke([1], {}, {exact: true}).data, true);
    is<ModelOutput | ExactModelOutput>()(model.invoke([1], {}, {exact}), true);
    is<Promise<ExactModelOutput>>()(model.invokeAsync([1], {}, {exact: true}), true);
    is<Record<string, tf.Tensor>>()(signature({x: 1}), true);
    is<Record<string, tf.Tensor>>()(signature({x: 1}, {limits: {bytes: 1e9}}), true);
    is<Record<string, ExactTensor>>()(signature({x: 1}, {exact: true}), true);
    is<Record<string, TensorOutput>>()(signature({x: 1}, {exact}), true);
    is<Promise<Record<string, ExactTensor>>>()(signature.async({x: 1}, {exact: true}), true);
  },

  'a model is what its user says it is': (is: Demand, loadModel: typeof load, prune: PrunedFunction) => {
    is<Promise<CallableObject>>()(loadModel('handle'), true);
    is<Promise<Both>>()(loadModel<Both>('handle'), true);
    is<CallableObject>()({} as Awaited<ReturnType<typeof load>>, true);
    is<tf.Tensor[]>()(prune(1), true);
    is<[tf.Tensor, null]>()(prune<[tf.Tensor, null]>(1), true);
  },

  'a layer gives tensors for tensors, and symbolic ones for such': (
    is: Demand,
    layer: KerasLayer,
    x: tf.Tensor,
    symbolic: SymbolicTensor,
  ) => {
    is<ModelOutput>()(layer.apply(x), true);
    is<SymbolicOutput>()(layer.apply(symbolic), true);
    const made: SymbolicTensor = layer.apply(symbolic);
    return [layer.apply(x).print(), made];
  },
};

it.each(Object.entries(uses))('%s', (_, use) => {
  expect(use).toBeTypeOf('function');
});
