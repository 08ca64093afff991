/**
 * Loads the model of a directory in a process of its own, calls it once, and prints how long each step took.
 *
 *     node build/bench/load_child/load_child.js DIRECTORY cpu|wasm|default|native
 *
 * With `default` the library chooses the tfjs backend, and setting it up is part of loading; with `native` it chooses all, and ONNX Runtime
 * computes.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../src/host/tensor.js';
import {localDirectory} from '../src/platform/node.js';
import {loadModel} from '../src/savedmodel/load/load.js';
import type {RestoredFunction} from '../src/savedmodel/load/restored_function.js';
import {quietCpuBackend} from '../src/tfjs/cpu_backend.js';
import type {LoadMeasurement} from './measure.js';

const [directory = '', backend = 'default'] = process.argv.slice(2);
if (backend === 'cpu' || backend === 'wasm') {
  await quietCpuBackend();
  await tf.setBackend(backend);
}
const start = performance.now();
const elapsed = () => performance.now() - start;
const model = await loadModel(localDirectory(directory), {
  engine: backend === 'native' ? 'onnx' : 'tfjs',
  onnx: {keep: false},
});
const loaded = elapsed();
const call = model.get('__call__') as RestoredFunction;
const [trace] = call.concreteFunctions;
trace!.prepare();
const ready = elapsed();
// Two of whatever a dimension counts, and each element the same.
const inputs = trace!.flatInputs.map(({dtype, shape}) => {
  const dims = shape!.map((dim) => dim ?? 2);
  return dtype === 'string' ? tf.tensor(new Array<string>(sizeOf(dims)).fill('word'), dims) : tf.ones(dims);
});
const output = (call(...inputs) as tf.Tensor).dataSync();
const answered = elapsed();
if (output.length !== sizeOf((call(...inputs) as tf.Tensor).shape))
  throw new Error('the results differ in size');
const measured: LoadMeasurement = {
  loaded,
  ready,
  answered,
  secondCall: elapsed() - answered,
  // Kilobytes.
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
console.log(JSON.stringify(measured));
