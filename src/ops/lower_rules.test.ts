/** What sessions compute on each machine that they run on: what TensorFlow does. */

import * as ort from 'onnxruntime-web';
import {describe, expect, it} from 'vitest';
import type {DType} from '../host/dtypes.js';
import {numbersAs} from '../host/tensor.js';
import {ConstantPool, OnnxBuilder} from '../onnx/builder.js';
import {encodeModel} from '../onnx/encode.js';
import {namesRead} from '../onnx/graph.js';
import {nodeOnnxRuntime} from '../platform/node_onnx.js';
import {webOnnxRuntime} from '../platform/onnx_web.js';
import {convertNumbers} from '../tensors/host.js';
import {truncated} from './lower_rules.js';

const web = await webOnnxRuntime(ort, 1);
const native = nodeOnnxRuntime()!;

const FLOATS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e9, -3e9, 5e9, 1e19, -1e19];
const FITTING = [0, -0.99, 300.7, -1, -1.5, 2.5, 70000, -200.7, 2147483520, -2147483648];
const VALUES = [...FLOATS, ...FITTING];

const WHOLE = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64'] as const;

/** The model that truncates a vector, and what its output is called. */
function truncation(from: DType, dtype: DType): {readonly model: Uint8Array; readonly output: string} {
  const pool = new ConstantPool();
  const to = new OnnxBuilder('n', pool);
  const x = {name: 'x', dtype: from, shape: [null]};
  const y = truncated(x, dtype, to);
  const constants = [...new Set(to.nodes.flatMap(namesRead))].flatMap((name) => {
    const constant = pool.get(name);
    return constant === undefined ? [] : [{name, ...constant, content: constant.data}];
  });
  const model = encodeModel({
    name: `${from} as ${dtype}`,
    nodes: to.nodes,
    inputs: [x],
    outputs: [{name: y.name, dtype, shape: [null]}],
    initializers: constants,
  });
  return {model, output: y.name};
}

describe.each(['float32', 'float64'] as const)('%s', (from) => {
  it.each(WHOLE)('is truncated to %s as the interpreter does', async (dtype) => {
    const data = numbersAs(from, VALUES) as Float32Array | Float64Array;
    const expected = convertNumbers(data, dtype);
    const {model, output} = truncation(from, dtype);
    const feeds = {x: {type: from, dims: [VALUES.length], data}};
    for (const runtime of [native, web]) {
      const session = await runtime.createSession(model, {threads: 1});
      const [y] = await session.run(feeds, [output]);
      expect(y!.data).toEqual(expected);
      await session.dispose();
    }
  });
});
