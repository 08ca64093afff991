/** Asynchronous calls as users make them. */

import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {TensorSpec} from '../../graph/tensor_spec.js';
import {MemoryOutput} from '../../platform/testing/memory_output.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {func} from '../../trace/func.js';
import {writeSavedModel} from '../save/save.js';
import {Trackable} from '../save/trackable.js';
import {heldFixture, valuesOf} from '../testing/held_models.js';
import type {RestoredFunction} from './restored_function.js';

beforeAll(quietCpuBackend);

describe('an object', () => {
  it('is called asynchronously as it is called', async () => {
    const model = await heldFixture('mymul');
    expect(valuesOf(await model.async([10, 20]))).toEqual(valuesOf(model([10, 20])));
    expect(await model.invokeAsync([[10, 20]], {}, {exact: true})).toEqual(
      model.invoke([[10, 20]], {}, {exact: true}),
    );
    const [loss] = model.regularizationLosses;
    expect(valuesOf(await loss!.async())).toEqual(valuesOf(loss!()));
  });

  it('rejects what a call would throw', async () => {
    const model = await heldFixture('mymul');
    const before = tf.memory().numTensors;
    await expect(model.async()).rejects.toThrowWithMessage(CallError, /missing the arguments/);
    await expect(model.async(['text'])).rejects.toThrowWithMessage(CallError, /none of its traces|option/i);
    const late = model.invokeAsync([[1]], {}, {limits: {milliseconds: -1}});
    await expect(late).rejects.toThrowWithMessage(CallError, /limits\.milliseconds/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('that was saved without a call says so', async () => {
    const model = await heldFixture('bare_functions');
    await expect(model.async(1)).rejects.toThrowWithMessage(CallError, /saved without a __call__/);
  });
});

describe('a signature', () => {
  it('is called asynchronously as it is called', async () => {
    const {signatures} = await heldFixture('odd_names');
    const one = signatures.one!;
    expect(valuesOf((await one.async([1, 2])).input_1)).toEqual([2, 4]);
    expect(await one.async({'input.1': [1, 2]}, {exact: true})).toEqual(one([1, 2], {exact: true}));
    await expect(one.async({})).rejects.toThrowWithMessage(CallError, /needs the input 'input\.1'/);
    const stopped = one.async([1, 2], {signal: AbortSignal.abort(new Error('no more'))});
    await expect(stopped).rejects.toThrowWithMessage(CallError, /aborted: no more/);
  });

  it('leads an error with what was declared', async () => {
    const {signatures} = await heldFixture('odd_names');
    const one = signatures.one!;
    const given = tf.zeros([2, 3, 4]);
    const bounds = {limits: {milliseconds: 0}};
    const words = /is declared as float32 \(2,\).*longer than 0 ms/s;
    expect(() => one(given, bounds)).toThrowWithMessage(CallError, words);
    await expect(one.async(given, bounds)).rejects.toThrowWithMessage(CallError, words);
    given.dispose();
  });
});

it('many at a time that share a signal give no warnings', async () => {
  const model = await heldFixture('mymul');
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const {signal} = new AbortController();
  const results = await Promise.all(
    Array.from({length: 30}, (_, i) => model.invokeAsync([[i]], {}, {signal})),
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(results.map(valuesOf)).toEqual(Array.from({length: 30}, (_, i) => valuesOf(model([i]))));
  expect(warnings).toEqual([]);
});

it('none is made while a function is traced', async () => {
  const model = (await heldFixture('mymul')) as unknown as RestoredFunction;
  let refused: Promise<unknown> | undefined;
  const f = func(
    (x: tf.Tensor) => {
      refused ??= model.async(x);
      refused.catch(() => {});
      return tf.neg(x);
    },
    {inputSignature: [new TensorSpec([2], 'float32')]},
  );
  const root = new Trackable();
  Object.assign(root, {__call__: f});
  await writeSavedModel(root, new MemoryOutput());
  await expect(refused).rejects.toThrowWithMessage(CallError, /cannot be part of a function that is traced/);
});
