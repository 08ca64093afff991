/**
 * The smallest model for ONNX Runtime: `y = x + w`, with `w` beside it.
 *
 * @module
 */

import {encodeModel} from '../../onnx/encode.js';
import type {OnnxGraph} from '../../onnx/graph.js';

export const sumGraph: OnnxGraph = {
  name: 'sum',
  nodes: [{op: 'Add', domain: '', inputs: ['x', 'w'], outputs: ['y'], attrs: {}}],
  inputs: [{name: 'x', dtype: 'float32', shape: [null]}],
  outputs: [{name: 'y', dtype: 'float32', shape: null}],
  initializers: [
    {name: 'w', dtype: 'float32', shape: [2], content: {location: 'weights', offset: 0, length: 8}},
  ],
};

export const sumModel = encodeModel(sumGraph);

/** `w`. */
export const sumWeights = [{path: 'weights', data: new Uint8Array(Float32Array.of(10, 20).buffer)}];

export const floatTensor = (...values: readonly number[]) => ({
  type: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
});
