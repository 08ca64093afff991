/** Results of sessions as tensors: memory that ONNX Runtime made, which nobody copies and nobody else has. */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {memoryDirectory} from '../../platform/memory.js';
import '../../platform/node.js';
import {isOnHostBackend} from '../../tfjs/host_backend.js';
import {attr, makeModelFiles, node} from '../testing/make_model.js';
import {loadModel} from './load.js';
import type {LoadedObject} from './loaded_object.js';

/** `f(x) = {w, y: x w, z: 2 x w}`, and the product is kept in a variable. */
const float = attr.type('float32');
const files = makeModelFiles(
  {
    functions: [
      {
        name: 'f',
        inputs: [{name: 'x', dtype: 'float32', shape: [null, 2]}],
        captures: ['w', 'last'],
        nodes: [
          node('read', 'ReadVariableOp', ['w'], {dtype: float}),
          node('product', 'MatMul', ['x', 'read:value:0'], {T: float}),
          node('keep', 'AssignVariableOp', ['last', 'product:product:0'], {dtype: float}),
          node('twice', 'AddV2', ['product:product:0', 'product:product:0'], {T: float}),
          node('again', 'Identity', ['product:product:0', '^keep'], {T: float}),
        ],
        outputs: [
          {name: 'w', dtype: 'float32', shape: [2, 2], from: 'read:value:0'},
          {name: 'y', dtype: 'float32', shape: [null, 2], from: 'again:output:0'},
          {name: 'z', dtype: 'float32', shape: [null, 2], from: 'twice:z:0'},
        ],
      },
    ],
    variables: [
      {name: 'w', shape: [2, 2]},
      {name: 'last', shape: [1, 2]},
    ],
    signatures: {f: 'f'},
  },
  {w: Float32Array.of(1, 2, 3, 4)},
);

let model: LoadedObject;
let before: tf.MemoryInfo;

beforeAll(async () => {
  await tf.setBackend('wasm');
  model = await loadModel(memoryDirectory(files), {engine: 'onnx'});
  // Makes the session.
  tf.dispose(call());
});
beforeEach(() => {
  before = tf.memory();
});
afterAll(() => model.dispose());

function call(): Record<'w' | 'y' | 'z', tf.Tensor> {
  const x = tf.ones([1, 2]);
  const results = model.signatures.f!({x});
  x.dispose();
  return results as Record<'w' | 'y' | 'z', tf.Tensor>;
}

const last = () => [...model.variables.find(({name}) => name.startsWith('last'))!.dataSync()];

describe('a result of a session', () => {
  it('is host memory until a kernel of the active backend uses it', () => {
    const {w, y, z} = call();
    expect(isOnHostBackend(z)).toBe(true);
    expect([...z.dataSync()]).toEqual([8, 12]);
    const half = tf.div(z, 2);
    expect(isOnHostBackend(z)).toBe(false);
    expect([...half.dataSync(), ...z.dataSync()]).toEqual([4, 6, 8, 12]);
    tf.dispose([w, y, z, half]);
    expect(tf.memory()).toMatchObject({numTensors: before.numTensors, numBytes: before.numBytes});
  });

  it("is nobody else's, whoever writes to it", () => {
    const first = call();
    for (const each of Object.values(first)) each.dataSync().fill(0);
    expect(last()).toEqual([4, 6]);
    const second = call();
    expect([second.w, second.y, second.z].map((each) => [...each.dataSync()])).toEqual([
      [1, 2, 3, 4],
      [4, 6],
      [8, 12],
    ]);
    tf.dispose([first, second]);
    expect(tf.memory()).toMatchObject({numTensors: before.numTensors, numBytes: before.numBytes});
  });
});
