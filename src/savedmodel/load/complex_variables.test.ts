/**
 * Variables of complex numbers: assigned by users and by the graph, read, saved, differentiated through, disposed of, on
 * backends that hold complex tensors and on wasm, which does not. What is expected can be multiplied out by hand:
 * (1 + 2i)^2 = -3 + 4i.
 */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {loadFixture} from '../testing/fixtures.js';
// For the gradients it registers.
import '@tensorflow/tfjs-layers';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {UnsupportedOpError} from '../../errors.js';
import {MemoryOutput} from '../../platform/testing/memory_output.js';
import {ensureBackend} from '../../tfjs/backend.js';
import {func, TensorSpec} from '../../trace/func.js';
import type {ExactTensor} from '../boundary.js';
import {writeSavedModel} from '../save/save.js';
import {Trackable} from '../save/trackable.js';
import {loadModel} from './load.js';
import type {CallableObject} from './loaded_object.js';

type Call = (...args: unknown[]) => tf.Tensor;

/** Two complex numbers, from their real and imaginary parts in turn. */
const complex = (a: number, b: number, c: number, d: number): tf.Tensor =>
  tf.tidy(() => tf.complex([a, c], [b, d]));

const use = async (backend: string): Promise<void> => {
  await tf.setBackend(backend);
  await ensureBackend();
};

interface Model {
  readonly object: CallableObject;
  readonly single: tf.Variable;
  readonly double: tf.Variable;
  call(name: string, ...args: unknown[]): unknown;
}

async function model(object?: CallableObject): Promise<Model> {
  const loaded = object ?? (await loadFixture('complex_variables'));
  const {single, double} = loaded as unknown as {single: tf.Variable; double: tf.Variable};
  const call = (name: string, ...args: unknown[]) =>
    (loaded as unknown as Record<string, Call>)[name]!(...args);
  return {object: loaded, single, double, call};
}

/** The squares of both variables, the second one in double precision. */
function squares({object}: Model): number[][] {
  const {squares: call} = object as unknown as {squares: {invoke(...args: unknown[]): ExactTensor[]}};
  return call.invoke([], {}, {exact: true}).map(({data}) => [...(data as Float64Array)]);
}

async function saved(object: object): Promise<CallableObject> {
  const output = new MemoryOutput();
  await writeSavedModel(object, output);
  return (await loadModel(output.directory())) as CallableObject;
}

const counts = (): number[] => [
  tf.memory().numTensors,
  tf.memory().numDataBuffers,
  ...['cpu', 'wasm'].map((name) => tf.findBackend(name).numDataIds()),
];

class Filter extends Trackable {
  response = tf.tidy(() => tf.variable(complex(3, 4, 0, 2)));
  gain = tf.tidy(() => tf.variable(tf.tensor1d([1, 1])));
  __call__ = func(
    (x: tf.Tensor) => tf.abs(tf.mul(this.response, tf.complex(tf.mul(x, this.gain), tf.zerosLike(x)))),
    {inputSignature: [new TensorSpec([2], 'float32')]},
  );
}

describe.each(['cpu', 'wasm'])('complex variables on the %s backend', (backend) => {
  let before: number[];
  beforeEach(async () => {
    await use('wasm');
    await use(backend);
    before = counts();
  });
  afterEach(() => {
    tf.disposeVariables();
    expect(counts(), 'tensors, buffers, data on cpu, data on wasm').toEqual(before);
  });

  it('are what users assign to them', async () => {
    const m = await model();
    for (const variable of [m.single, m.double]) {
      tf.tidy(() => variable.assign(complex(1, 2, 1, 2)));
    }
    expect(squares(m)).toEqual([
      [-3, 4, -3, 4],
      [-3, 4, -3, 4],
    ]);
    tf.tidy(() => m.double.assign(complex(0, 1, 3, -1)));
    expect(squares(m)[1]).toEqual([-1, 0, 8, -6]);
    m.object.dispose();
  });

  it('keep double precision while only the graph assigns them', async () => {
    const m = await model();
    const third = {dtype: 'complex128', shape: [2], data: Float64Array.of(1 / 3, 0, 0, 1 / 3)};
    const one = {dtype: 'complex64', shape: [2], data: Float32Array.of(1, 0, 0, 1)};
    m.call('store', one, third);
    expect(squares(m)[1]).toEqual([1 / 9, 0, -1 / 9, 0]);
    expect([...m.single.dataSync()]).toEqual([1, 0, 0, 1]);
    expect([...m.double.dataSync()]).toEqual([...Float32Array.of(1 / 3, 0, 0, 1 / 3)]);
    tf.dispose(m.call('add', one, third) as tf.Tensor[]);
    expect(squares(m)).toEqual([
      [4, 0, -4, 0],
      [0, 0, 0, 0],
    ]);
    m.object.dispose();
  });

  it('are saved as they are', async () => {
    const m = await model();
    tf.tidy(() => m.single.assign(complex(1, 2, 2, -1)));
    const third = {dtype: 'complex128', shape: [2], data: Float64Array.of(1 / 3, 0, 0, 1 / 3)};
    m.call('store', {dtype: 'complex64', shape: [2], data: Float32Array.of(1, 2, 2, -1)}, third);
    const again = await model(await saved(m.object));
    m.object.dispose();
    expect(squares(again)).toEqual([
      [-3, 4, 3, -4],
      [1 / 9, 0, -1 / 9, 0],
    ]);
    tf.tidy(() => again.double.assign(complex(1, 2, 2, -1)));
    const last = await model(await saved(again.object));
    again.object.dispose();
    expect(squares(last)[1]).toEqual([-3, 4, 3, -4]);
    last.object.dispose();
  });

  it('stay when the backend is changed', async () => {
    const m = await model();
    const other = backend === 'cpu' ? 'wasm' : 'cpu';
    tf.tidy(() => m.single.assign(complex(1, 2, 1, 2)));
    await use(other);
    tf.tidy(() => m.double.assign(complex(1, 2, 0, 2)));
    expect(squares(m)).toEqual([
      [-3, 4, -3, 4],
      [-3, 4, -4, 0],
    ]);
    const one = {dtype: 'complex64', shape: [2], data: Float32Array.of(1, 0, 0, 1)};
    tf.dispose(
      m.call('add', one, {...one, dtype: 'complex128', data: Float64Array.of(1, 2, 0, 2)}) as tf.Tensor[],
    );
    await use(backend);
    expect(squares(m)).toEqual([
      [0, 8, -8, 6],
      [0, 0, 0, 0],
    ]);
    m.object.dispose();
  });

  it('of users are read, assigned, reshaped and disposed of', () => {
    const variable = tf.tidy(() => tf.variable(complex(1, 2, 3, -1)));
    tf.tidy(() => {
      expect([...tf.mul(variable, variable).dataSync()]).toEqual([-3, 4, 8, -6]);
      expect(tf.reshape(variable, [2, 1]).shape).toEqual([2, 1]);
      expect(tf.real(variable).shape).toEqual([2]);
      expect(tf.concat([variable, variable]).shape).toEqual([4]);
    });
    tf.tidy(() => variable.assign(complex(0, 1, 0, 2)));
    expect([...variable.dataSync()]).toEqual([0, 1, 0, 2]);
    const copy = variable.clone();
    variable.dispose();
    expect([...copy.dataSync()]).toEqual([0, 1, 0, 2]);
    copy.dispose();
  });

  it('let gradients through to floats', async () => {
    const filter = new Filter();
    const loaded = (await saved(filter)) as CallableObject & {gain: tf.Variable};
    tf.tidy(() => {
      const x = tf.tensor1d([1, 2]);
      const loss = () => tf.sum((loaded as unknown as Call)(x)) as tf.Scalar;
      // |x gain (3 + 4i)| = 5 x gain.
      expect([
        ...tf
          .grad((input) => tf.sum((loaded as unknown as Call)(input)))(x)
          .dataSync(),
      ]).toEqual([5, 2]);
      const {grads} = tf.variableGrads(loss, [loaded.gain]);
      expect([...grads[loaded.gain.name]!.dataSync()]).toEqual([5, 4]);
    });
    loaded.dispose();
  });
});

it('complex variables say that they have no gradient themselves', async () => {
  await use('cpu');
  const loaded = await saved(new Filter());
  const loss = () => tf.sum((loaded as unknown as Call)(tf.tensor1d([1, 2]))) as tf.Scalar;
  expect(() => tf.variableGrads(loss)).toThrowWithMessage(
    UnsupportedOpError,
    "variable 'response' is complex",
  );
  loaded.dispose();
});
