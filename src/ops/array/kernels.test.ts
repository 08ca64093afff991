import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily, useBackend} from '../testing/op_cases.js';
import {array} from './kernels.js';

testOpFamily('array_shapes', array);
testOpFamily('array_slices', array);
testOpFamily('array_blocks', array);

/** Attributes of type int. */
function ints(attrs: Record<string, number>) {
  return Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => [
      name,
      {type: 'int', value: String(value) as never} as const,
    ]),
  );
}

describe('objects of resource and variant tensors move like numbers', () => {
  const objects = Array.from({length: 6}, (_, i) => ({kind: `object ${i}`, values: () => []}));
  const matrix = Value.host('variant', [2, 3], objects);
  const indexes = (value: Value) =>
    (value.hostData() as typeof objects).map((object) => objects.indexOf(object));
  const run = (op: string, inputs: Value[], attrs: Record<string, number> = {}) =>
    runKernel({op, attrs: ints(attrs)}, array, inputs);

  it('in slices', () => {
    const masks = {begin_mask: 0, end_mask: 0, ellipsis_mask: 0, new_axis_mask: 0, shrink_axis_mask: 2};
    const operands = [
      [1, 1],
      [-9, 2],
      [-1, 1],
    ].map((each) => Value.vector('int32', each));
    const [column] = run('StridedSlice', [matrix, ...operands], masks);
    expect(column!.shape).toEqual([2]);
    expect(indexes(column!)).toEqual([4, 1]);
  });

  it('in transpositions and tilings', () => {
    expect(indexes(run('Transpose', [matrix, Value.vector('int32', [1, 0])])[0]!)).toEqual([
      0, 3, 1, 4, 2, 5,
    ]);
    const tiled = run('Tile', [Value.host('resource', [2], objects.slice(0, 2)), Value.vector('int32', [2])]);
    expect(indexes(tiled[0]!)).toEqual([0, 1, 0, 1]);
  });

  it('in joins and their inverses', () => {
    const columns = run('Unpack', [matrix], {axis: 1, num: 3});
    expect(columns.map(indexes)).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(indexes(run('Pack', columns, {axis: 1})[0]!)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(indexes(run('ConcatV2', [...columns, Value.scalar('int32', 0)])[0]!)).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe('gradients', () => {
  /** The derivative of sum(op(x) * x) at [2, 3]. */
  const derivative = async (op: string, message = '') => {
    await useBackend('cpu');
    const attrs = {message: {type: 'string', value: btoa(message) as never}} as const;
    const f = (x: tf.Tensor) =>
      tf.sum(tf.mul(runKernel({op, attrs}, array, [Value.device(x)])[0]!.tensor(), x));
    return tf.tidy(() => [
      ...tf
        .grad(f)(tf.tensor1d([2, 3]))
        .dataSync(),
    ]);
  };

  it('stop at StopGradient', async () => {
    // d/dx of stop(x) * x is stop(x), where that of x * x is 2x.
    expect(await derivative('StopGradient')).toEqual([2, 3]);
    expect(await derivative('Identity')).toEqual([4, 6]);
  });

  it('are refused by PreventGradient, with its message', async () => {
    await expect(derivative('PreventGradient', 'not differentiable')).rejects.toThrowWithMessage(
      CallError,
      'not differentiable',
    );
  });
});

it('a placeholder that was not fed is named', () => {
  const attrs = {dtype: {type: 'type', value: 'float32' as never} as const};
  expect(() => runKernel({op: 'Placeholder', attrs}, array, [])).toThrowWithMessage(
    CallError,
    "placeholder 'test' (float32)",
  );
});
