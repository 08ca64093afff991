/** Tests of choosing a trace by what it takes; the right answers are those of `get_concrete_function` in TensorFlow 2.15. */

import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {TensorSpec} from '../../graph/tensor_spec.js';
import {temporaryDirectory} from '../../hub/testing/fixtures.js';
import {localDirectory} from '../../platform/node.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {saveModel} from '../save/save.js';
import {loadFixture} from '../testing/fixtures.js';
import {loadModel} from './load.js';
import type {LoadedObject} from './loaded_object.js';
import type {RestoredFunction} from './restored_function.js';

const scalar = new TensorSpec([], 'float32');
const numbers = (value: unknown) => Array.from((value as tf.Tensor).dataSync());

describe('concreteFunction', () => {
  let conversion: LoadedObject;
  let binding: LoadedObject;
  beforeAll(async () => {
    await quietCpuBackend();
    conversion = await loadFixture('conversion_order');
    binding = await loadFixture('argument_binding');
  });

  const method = (path: string): RestoredFunction =>
    path
      .split('.')
      .reduce<unknown>((at, name) => (at as LoadedObject).get(name), binding) as RestoredFunction;

  it.each([
    [new TensorSpec([null], 'float32'), 'float321', () => tf.tensor1d([1, 2])],
    [new TensorSpec([2], 'float32'), 'float321', () => tf.tensor1d([1, 2])],
    [new TensorSpec([null, null], 'float32'), 'float322', () => tf.ones([1, 2])],
    [new TensorSpec(null, 'float32'), 'float321', () => tf.tensor1d([1, 2])],
    [new TensorSpec([4], 'string'), 'string1', () => tf.tensor1d(['a', 'a', 'a', 'a'])],
  ] as const)('is the first trace that a tensor of %s may select', (spec, name, argument) => {
    const which = conversion.get('which') as RestoredFunction;
    const chosen = which.concreteFunction(spec);
    expect(chosen.concreteFunctions).toHaveLength(1);
    expect((chosen(argument()) as tf.Tensor).dataSync()[0]).toBe(name);
  });

  it('takes values, too, and fixes those that are no tensors', () => {
    expect(numbers(method('methods.scale').concreteFunction(scalar, 3, {offset: 4})(2))).toEqual([10]);
    expect(numbers(method('methods.scale').concreteFunction(scalar, scalar)(2, 5))).toEqual([11]);
    expect(numbers(method('total').concreteFunction(scalar, tf.scalar(1))(2, 5))).toEqual([7]);
    expect(numbers(method('required').concreteFunction(scalar, {power: 2})({x: 3}))).toEqual([9]);
  });

  it('takes keywords, and its tensors by name', () => {
    const chosen = method('keywords').concreteFunction(scalar, {c: scalar});
    expect(numbers((chosen(2, {c: 5}) as Record<string, unknown>).c)).toEqual([10]);
    expect(numbers((chosen({c: 5, x: 2}) as Record<string, unknown>).c)).toEqual([10]);
  });

  it('takes nests of specs, and flat tensors', async () => {
    const model = await loadFixture('dict_in_dict_out');
    const column = new TensorSpec([null, 1], 'float32');
    const call = model.get('__call__') as RestoredFunction;
    const plain = call.concreteFunction({x: column, y: column}, false);
    const [x, y] = [tf.ones([1, 1]), tf.fill([1, 1], 2)];
    expect(numbers(plain(x, y))).toEqual([3, 5]);
    expect(numbers(plain({inputs_y: y, inputs_x: x}))).toEqual([3, 5]);
    const named = call.concreteFunction({x: column, y: column}, true)(x, y) as Record<string, unknown>;
    expect(Object.keys(named).sort()).toEqual(['delta', 'sigma']);
    expect(numbers(named.delta)).toEqual([-1]);
    model.dispose();
  });

  it('is the only trace where nothing is said, and else an error that lists them', async () => {
    const mymul = await loadFixture('mymul');
    expect(numbers((mymul.get('__call__') as RestoredFunction).concreteFunction()([10, 20]))).toEqual([
      20, 40,
    ]);
    mymul.dispose();
    expect(() => method('keywords').concreteFunction()).toThrowWithMessage(
      CallError,
      /missing the arguments: x/,
    );
    const which = conversion.get('which') as RestoredFunction;
    const wrong = () => which.concreteFunction(new TensorSpec([null], 'int64'));
    expect(wrong).toThrowWithMessage(
      CallError,
      /no trace of which\(\) fits.*TensorSpec\(\(None,\), int64\).*Option 5:/s,
    );
    expect(() => which.concreteFunction({x: new TensorSpec([], 'bool')})).toThrowWithMessage(
      CallError,
      /Option 1:/,
    );
  });

  it('can be saved as a signature', async () => {
    const which = conversion.get('which') as RestoredFunction;
    const signatures = {vector: which.concreteFunction(new TensorSpec([null], 'float32'))};
    const target = await temporaryDirectory();
    await saveModel(conversion, target, {signatures, overwrite: true});
    const saved = await loadModel(localDirectory(target));
    expect(saved.signatures.vector!.inputs.x).toMatchObject({dtype: 'float32', shape: [null]});
    expect((Object.values(saved.signatures.vector!({x: [1, 2]}))[0] as tf.Tensor).dataSync()[0]).toBe(
      'float321',
    );
    saved.dispose();
  });

  it('is no way to call with a spec', () => {
    expect(() => (conversion.get('which') as RestoredFunction)(new TensorSpec([null]))).toThrow(CallError);
  });
});
