import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, expect, it} from 'vitest';
import type {DType} from '../host/dtypes.js';
import type {HostTensor} from '../host/tensor.js';
import {Variable} from '../ops/variable/variable.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {noteAssignment, undoingAssignments} from './undo.js';

beforeAll(quietCpuBackend);
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

/** A variable of a model, in a dtype that tfjs has not. */
function variable(dtype: DType, data: HostTensor['data']): Variable {
  const made = new Variable({name: 'v', dtype, shape: [data.length], trainable: false});
  made.assign(Value.of({dtype, shape: [data.length], data}));
  return made;
}

const set = (each: Variable, data: HostTensor['data']) =>
  each.assign(Value.of({dtype: each.dtype, shape: [data.length], data}));

it('gives back the values that variables had at first', () => {
  const v = tf.variable(tf.tensor1d([1, 2]));
  const tensors = tf.memory().numTensors;
  const result = undoingAssignments(() => {
    for (let i = 0; i < 2; i++) {
      noteAssignment(v);
      tf.tidy(() => v.assign(tf.mul(v, 10)));
    }
    return Array.from(v.dataSync());
  });
  expect(result).toEqual([100, 200]);
  expect(Array.from(v.dataSync())).toEqual([1, 2]);
  expect(tf.memory().numTensors).toBe(tensors);
});

it('gives back values that tfjs cannot hold, and what shows them', () => {
  const counter = variable('int64', BigInt64Array.of(2n ** 40n + 1n));
  const third = variable('float64', Float64Array.of(1 / 3));
  const shown = third.face();
  expect(() =>
    undoingAssignments(() => {
      set(counter, BigInt64Array.of(5n));
      set(third, Float64Array.of(0.5));
      throw new Error('halfway');
    }),
  ).toThrowWithMessage(Error, 'halfway');
  expect(counter.exact().data).toEqual(BigInt64Array.of(2n ** 40n + 1n));
  expect(third.exact().data).toEqual(Float64Array.of(1 / 3));
  expect(shown.dataSync()[0]).toBe(Math.fround(1 / 3));
});

it('gives back what was there when each of several, one within the other, began', () => {
  const counter = variable('int64', BigInt64Array.of(1n));
  undoingAssignments(() => {
    undoingAssignments(() => set(counter, BigInt64Array.of(2n)));
    expect(counter.exact().data).toEqual(BigInt64Array.of(1n));
    set(counter, BigInt64Array.of(3n));
    undoingAssignments(() => set(counter, BigInt64Array.of(4n)));
    expect(counter.exact().data).toEqual(BigInt64Array.of(3n));
  });
  expect(counter.exact().data).toEqual(BigInt64Array.of(1n));
  set(counter, BigInt64Array.of(7n));
  expect(counter.exact().data).toEqual(BigInt64Array.of(7n));
});

it('gives back what a variable was assigned before, also where nobody has looked at that yet', () => {
  const counter = variable('int64', BigInt64Array.of(3n));
  const shown = counter.face();
  shown.assign(tf.tensor1d([5], 'int32'));
  undoingAssignments(() => counter.read());
  expect([counter.exact().data, shown.dataSync()[0]]).toEqual([BigInt64Array.of(5n), 5]);
  shown.assign(tf.tensor1d([6], 'int32'));
  undoingAssignments(() => set(counter, BigInt64Array.of(7n)));
  expect([counter.exact().data, shown.dataSync()[0]]).toEqual([BigInt64Array.of(6n), 6]);
});

it('gives back an exact value where what shows it is assigned', () => {
  const third = variable('float64', Float64Array.of(1 / 3));
  const shown = third.face();
  undoingAssignments(() => {
    noteAssignment(shown);
    shown.assign(tf.tensor1d([2]));
    expect(third.exact().data).toEqual(Float64Array.of(2));
  });
  expect(third.exact().data).toEqual(Float64Array.of(1 / 3));
  expect(shown.dataSync()[0]).toBe(Math.fround(1 / 3));
});
