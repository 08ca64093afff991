/** What is relied on of onnxruntime-node's private parts, held against the installed package. */

import {createRequire} from 'node:module';
import {describe, expect, it} from 'vitest';
import {encodeModel} from '../onnx/encode.js';
import type {OnnxGraph} from '../onnx/graph.js';
import {nodeOnnxRuntime} from './node_onnx.js';

const runtime = nodeOnnxRuntime()!;

const floats = (...values: readonly number[]) => ({
  type: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
});

/** `y = x + w`, with `w` in a file beside the model. */
const graph: OnnxGraph = {
  name: 'sum',
  nodes: [{op: 'Add', domain: '', inputs: ['x', 'w'], outputs: ['y'], attrs: {}}],
  inputs: [{name: 'x', dtype: 'float32', shape: [null]}],
  outputs: [{name: 'y', dtype: 'float32', shape: null}],
  initializers: [
    {name: 'w', dtype: 'float32', shape: [2], content: {location: 'weights', offset: 0, length: 8}},
  ],
};

const external = [{path: 'weights', data: new Uint8Array(Float32Array.of(10, 20).buffer)}];

describe('onnxruntime-node', () => {
  it('is the version that it says', () => {
    const {version} = createRequire(import.meta.url)('onnxruntime-node/package.json') as {version: string};
    expect(runtime.version).toBe(version);
  });

  it('runs when it is called, on plain objects, with initializers that are handed over', () => {
    const session = runtime.createSession(encodeModel(graph), {threads: 1, external});
    const [y] = session.run({x: floats(1, 2)}, ['y']);
    expect(y).toMatchObject({type: 'float32', dims: [2]});
    expect(y!.data).toEqual(Float32Array.of(11, 22));
    session.dispose();
  });

  it('gives memory of its own at each call, which outlives the session', () => {
    const session = runtime.createSession(encodeModel(graph), {threads: 1, external});
    const [first] = session.run({x: floats(1, 2)}, ['y']);
    const [second] = session.run({x: floats(3, 4)}, ['y']);
    session.dispose();
    expect([first!.data, second!.data]).toEqual([Float32Array.of(11, 22), Float32Array.of(13, 24)]);
  });

  it('does not keep the bytes that it was given', () => {
    const weights = Float32Array.of(10, 20);
    const own = [{path: 'weights', data: new Uint8Array(weights.buffer)}];
    const session = runtime.createSession(encodeModel(graph), {threads: 1, external: own});
    weights.fill(0);
    expect(session.run({x: floats(1, 2)}, ['y'])[0]!.data).toEqual(Float32Array.of(11, 22));
    session.dispose();
  });

  it('throws what it says of inputs that do not fit, and goes on', () => {
    const session = runtime.createSession(encodeModel(graph), {threads: 1, external});
    expect(() => session.run({x: floats(1, 2, 3)}, ['y'])).toThrowWithMessage(Error, /Add/);
    expect(session.run({x: floats(1, 2)}, ['y'])[0]!.dims).toEqual([2]);
    session.dispose();
  });

  it('throws what it says of a model that it cannot run', () => {
    const unknown = {...graph, nodes: [{...graph.nodes[0]!, op: 'NoSuchOp'}]};
    expect(() => runtime.createSession(encodeModel(unknown), {threads: 1, external})).toThrowWithMessage(
      Error,
      /NoSuchOp/,
    );
  });
});
