import * as tf from '@tensorflow/tfjs-core';
// For the gradients it registers.
import '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, expect, it} from 'vitest';
import {quietCpuBackend} from './cpu_backend.js';
import {type EngineListener, isWithinGradient, runningOps, tapEngine, variableWithData} from './tap.js';

beforeAll(quietCpuBackend);
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

/** What a listener is told while `f` runs, a word for each event. */
function told(f: () => void, listener: Partial<EngineListener> = {}): string[] {
  const events: string[] = [];
  const end = tapEngine({
    kernel: (name, _inputs, _attrs, outputs) => events.push(`${name} [${outputs.map(({shape}) => shape)}]`),
    copy: () => events.push('copy'),
    tensor: ({shape}) => events.push(`tensor [${shape}]`),
    variable: ({name}) => events.push(`variable ${name}`),
    read: () => events.push('read'),
    assign: ({name}, {shape}) => events.push(`assign ${name} [${shape}]`),
    random: (chance) => chance(),
    ...listener,
  });
  try {
    f();
  } finally {
    end();
  }
  return events;
}

it('tells of tensors that are made of data, of kernels that run on them, and of reads', () => {
  const events = told(() => {
    const x = tf.tensor2d([[1, 2, 3]]);
    tf.sum(tf.relu(x), 1).dataSync();
  });
  expect(events).toEqual(['tensor [1,3]', 'Relu [1,3]', 'Sum [1]', 'read']);
});

it('tells of the outermost kernel, not of those that it calls', () => {
  // A softmax on the cpu backend is made of Max, Sub, Exp, Sum and RealDiv.
  expect(told(() => tf.softmax(tf.tensor1d([1, 2])))).toEqual(['tensor [2]', 'Softmax [2]']);
});

it('tells of the copies that a kernel saves for its gradient', () => {
  const x = tf.tensor1d([1, 2]);
  const copied: [copy: number, of: number][] = [];
  const copy = (made: tf.Tensor, of: tf.Tensor) => copied.push([made.id, of.id]);
  const events = told(() => tf.grad((each: tf.Tensor) => tf.square(each))(x), {copy});
  expect(events).toContain('Square [2]');
  expect(copied).toHaveLength(1);
  expect(copied[0]![0]).not.toBe(copied[0]![1]);
});

it('tells of variables before they are assigned', () => {
  const seen: number[] = [];
  const events = told(
    () => {
      const v = tf.variable(tf.scalar(1), true, 'v');
      v.assign(tf.scalar(2));
      seen.push(v.dataSync()[0]!);
    },
    {assign: (variable) => seen.push(variable.dataSync()[0]!)},
  );
  expect(events).toContain('variable v');
  expect(seen).toEqual([1, 2]);
});

it('asks for random numbers', () => {
  const draws: number[] = [];
  told(() => draws.push(Math.random()), {random: () => 0.25});
  told(() => draws.push(Math.random()), {random: (chance) => (chance() < 1 ? 0.75 : 0)});
  expect(draws).toEqual([0.25, 0.75]);
});

it('leaves tfjs as it was', () => {
  const engine = tf.engine();
  const parts = () => [
    engine.runKernel,
    engine.makeTensor,
    engine.makeVariable,
    engine.readSync,
    engine.read,
    tf.Variable.prototype.assign,
    Math.random,
    Object.hasOwn(engine, 'runKernel'),
    Object.hasOwn(engine, 'makeVariable'),
  ];
  const before = parts();
  told(() => expect(parts()).not.toEqual(before));
  expect(parts()).toEqual(before);
});

it('knows the ops that are running, from a scope on', () => {
  const scopes: string[][] = [];
  const engine = tf.engine();
  const note = () => scopes.push(runningOps('outermost'));
  const inner = tf.op({inner_: note});
  const outer = tf.op({
    outer_: () => {
      engine.startScope('outermost');
      inner();
      engine.endScope();
      inner();
    },
  });
  outer();
  expect(scopes).toEqual([['inner'], ['outer', 'inner']]);
});

it('finds the variable that has some data, until it is assigned others', () => {
  const v = tf.variable(tf.tensor1d([1]));
  const {dataId} = v;
  expect(variableWithData(dataId)).toBe(v);
  v.assign(tf.tensor1d([2]));
  expect(variableWithData(dataId)).toBeUndefined();
  expect(variableWithData(v.dataId)).toBe(v);
});

it('knows that a gradient is computed, also within an operation that has one of its own', () => {
  const seen: boolean[] = [];
  const note = () => seen.push(isWithinGradient());
  note();
  const clipped = tf.customGrad((x) => {
    note();
    return {value: tf.square(x as tf.Tensor), gradFunc: (dy) => dy};
  });
  tf.grad((x: tf.Tensor) => clipped(x))(tf.scalar(2));
  expect(seen).toEqual([false, true]);
});
