/** What is relied on of onnxruntime-node's private parts, held against the installed package. */

import {createRequire} from 'node:module';
import {describe, expect, it} from 'vitest';
import {encodeModel} from '../onnx/encode.js';
import {nodeOnnxRuntime, publicOnnxRuntime} from './node_onnx.js';
import {floatTensor, sumGraph, sumModel, sumWeights} from './testing/sum_model.js';

const runtime = nodeOnnxRuntime()!;

describe('onnxruntime-node', () => {
  it('is the version that it says', () => {
    const {version} = createRequire(import.meta.url)('onnxruntime-node/package.json') as {version: string};
    expect(runtime.version).toBe(version);
  });

  it('runs when it is called, on plain objects, with initializers that are handed over', () => {
    const session = runtime.createSession(sumModel, {threads: 1, external: sumWeights});
    const [y] = session.run({x: floatTensor(1, 2)}, ['y']);
    expect(y).toMatchObject({type: 'float32', dims: [2]});
    expect(y!.data).toEqual(Float32Array.of(11, 22));
    session.dispose();
  });

  it('gives memory of its own at each call, which outlives the session', () => {
    const session = runtime.createSession(sumModel, {threads: 1, external: sumWeights});
    const [first] = session.run({x: floatTensor(1, 2)}, ['y']);
    const [second] = session.run({x: floatTensor(3, 4)}, ['y']);
    session.dispose();
    expect([first!.data, second!.data]).toEqual([Float32Array.of(11, 22), Float32Array.of(13, 24)]);
  });

  it('does not keep the bytes that it was given', () => {
    const weights = Float32Array.of(10, 20);
    const own = [{path: 'weights', data: new Uint8Array(weights.buffer)}];
    const session = runtime.createSession(sumModel, {threads: 1, external: own});
    weights.fill(0);
    expect(session.run({x: floatTensor(1, 2)}, ['y'])[0]!.data).toEqual(Float32Array.of(11, 22));
    session.dispose();
  });

  it('throws what it says of inputs that do not fit, and goes on', () => {
    const session = runtime.createSession(sumModel, {threads: 1, external: sumWeights});
    expect(() => session.run({x: floatTensor(1, 2, 3)}, ['y'])).toThrowWithMessage(Error, /Add/);
    expect(session.run({x: floatTensor(1, 2)}, ['y'])[0]!.dims).toEqual([2]);
    session.dispose();
  });

  it('throws what it says of a model that it cannot run', () => {
    const unknown = {...sumGraph, nodes: [{...sumGraph.nodes[0]!, op: 'NoSuchOp'}]};
    expect(() =>
      runtime.createSession(encodeModel(unknown), {threads: 1, external: sumWeights}),
    ).toThrowWithMessage(Error, /NoSuchOp/);
  });
});

describe('the public interface', () => {
  it('gives the same', async () => {
    const session = await publicOnnxRuntime()!.createSession(sumModel, {threads: 1, external: sumWeights});
    const [y] = await session.run({x: floatTensor(1, 2)}, ['y']);
    expect({...y}).toEqual({type: 'float32', dims: [2], data: Float32Array.of(11, 22)});
    await expect(session.run({x: floatTensor(1, 2, 3)}, ['y'])).rejects.toThrowWithMessage(Error, /Add/);
    await session.dispose();
  });
});
