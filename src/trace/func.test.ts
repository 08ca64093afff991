import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {Value} from '../ops/value.js';
import {Variable} from '../ops/variable.js';
import {Runtime} from '../runtime/runtime.js';
import {func, TensorSpec} from './func.js';

it('traces an elementwise function of unknown rank over a variable', () => {
  const v = tf.variable(tf.scalar(2));
  const f = func((x: tf.Tensor) => tf.mul(x, v), {inputSignature: [new TensorSpec(null)]});
  const [traced] = f.traces();
  expect(traced!.graph.nodes.map(({op}) => op)).toEqual([
    '_Arg',
    '_Arg',
    'ReadVariableOp',
    'Mul',
    'Identity',
  ]);
  expect(traced!.captures).toEqual([{kind: 'variable', variable: v}]);
  const runtime = new Runtime({
    library: {get: () => undefined, names: () => [], gradientOf: () => undefined},
  });
  const {graph} = traced!;
  const runnable = runtime.prepare(graph, {
    feeds: graph.parameters.map((_, node) => ({node, output: 0})),
    fetches: graph.results.map(({source}) => source),
    targets: graph.controlResults,
  });
  const variable = new Variable({name: 'v', dtype: 'float32', shape: [], trainable: true});
  variable.assign(Value.device(v as tf.Tensor));
  const args = [Value.device(tf.tensor1d([10, 20])), Value.object('resource', variable)];
  const result = runtime.invoke(runnable, args, ([y]) => ({
    result: [...(y!.numeric() as Float32Array)],
    tensors: [],
  }));
  expect(result).toEqual([20, 40]);
});
