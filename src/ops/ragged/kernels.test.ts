import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import type {HostObject} from '../../host/tensor.js';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily, useBackend} from '../testing/op_cases.js';
import {ragged} from './kernels.js';

testOpFamily('ragged', ragged);

/** Expected values are what TensorFlow 2.15 prints for the same calls; variants cannot be written to a file of cases. */
describe('ragged tensors in variants', () => {
  const longs = (...numbers: number[]) => Value.vector('int64', numbers);

  function toVariant(batched: boolean, values: Value, ...splits: Value[]): Value {
    const attrs = {batched_input: {type: 'bool', value: batched as never}} as const;
    return runKernel({op: 'RaggedTensorToVariant', attrs}, ragged, [...splits, values])[0]!;
  }

  function fromVariant(encoded: Value, inputRank: number, outputRank: number, dtype = 'int32') {
    const attrs = {
      input_ragged_rank: {type: 'int', value: String(inputRank) as never},
      output_ragged_rank: {type: 'int', value: String(outputRank) as never},
      Tvalues: {type: 'type', value: dtype as never},
      Tsplits: {type: 'type', value: 'int64' as never},
    } as const;
    const outputs = runKernel({op: 'RaggedTensorFromVariant', attrs}, ragged, [encoded]);
    return {splits: outputs.slice(0, -1).map((each) => each.numbers()), values: outputs.at(-1)!};
  }

  function element(encoded: Value, at: number): Value {
    return Value.host('variant', [], [(encoded.hostData() as HostObject[])[at]!]);
  }

  const nested = () =>
    toVariant(true, Value.vector('int32', [10, 20, 30, 40, 50, 60]), longs(0, 1, 1, 3), longs(0, 2, 3, 6));

  it('come apart into their rows', () => {
    const rows = nested();
    expect(rows.shape).toEqual([3]);
    const last = fromVariant(element(rows, 2), 1, 1);
    expect(last.splits).toEqual([[0, 1, 4]]);
    expect(last.values.numbers()).toEqual([30, 40, 50, 60]);
    const empty = fromVariant(element(rows, 1), -1, 1);
    expect(empty.splits).toEqual([[0]]);
    expect(empty.values.shape).toEqual([0]);
  });

  it('are put together from their rows', () => {
    const {splits, values} = fromVariant(nested(), -1, 2);
    expect(splits).toEqual([
      [0, 1, 1, 3],
      [0, 2, 3, 6],
    ]);
    expect(values.numbers()).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('are put together from a matrix of rows', () => {
    const rows = nested().hostData() as HostObject[];
    const matrix = Value.host('variant', [2, 2], [rows[2]!, rows[0]!, rows[1]!, rows[2]!]);
    const {splits, values} = fromVariant(matrix, 1, 3);
    expect(splits).toEqual([
      [0, 2, 4],
      [0, 2, 3, 3, 5],
      [0, 1, 4, 6, 7, 10],
    ]);
    expect(values.numbers()).toEqual([30, 40, 50, 60, 10, 20, 30, 40, 50, 60]);
  });

  it('may have dense rows, or none at all', () => {
    const rows = toVariant(true, Value.vector('int32', [1, 2, 3, 4]).reshape([2, 2]));
    expect(fromVariant(element(rows, 1), 0, 0).values.numbers()).toEqual([3, 4]);
    const joined = fromVariant(rows, 0, 1);
    expect(joined.splits).toEqual([[0, 2, 4]]);
    expect(joined.values.numbers()).toEqual([1, 2, 3, 4]);
    const none = fromVariant(Value.host('variant', [0], []), 1, 2);
    expect(none.splits).toEqual([[0], [0]]);
    expect(none.values.shape).toEqual([0]);
  });

  it('are one scalar when the input is no batch', () => {
    const whole = toVariant(false, Value.vector('int32', [1, 2, 3]), longs(0, 1, 3));
    expect(whole.shape).toEqual([]);
    expect(fromVariant(whole, 1, 1).splits).toEqual([[0, 1, 3]]);
  });

  it('are checked for rank and dtype', () => {
    const row = element(nested(), 2);
    expect(() => fromVariant(row, 0, 0)).toThrowWithMessage(CallError, 'ragged rank 1');
    expect(() => fromVariant(row, 1, 1, 'float32')).toThrowWithMessage(CallError, 'int32');
    expect(() => fromVariant(nested(), 1, 1)).toThrowWithMessage(CallError, 'ragged rank');
  });

  it('have gradients that are the values of their rows, zeros where there are none', () => {
    const rows = toVariant(
      true,
      Value.vector('float32', [1, 2, 3]),
      longs(0, 1, 3),
    ).hostData() as HostObject[];
    const nothing = {kind: 'nothing', values: () => []};
    const attrs = {Tvalues: {type: 'type', value: 'float32' as never}} as const;
    const inputs = [Value.host('variant', [2], [nothing, rows[1]!]), longs(0, 1, 3), longs(3)];
    const [gradient] = runKernel({op: 'RaggedTensorToVariantGradient', attrs}, ragged, inputs);
    expect(gradient!.numbers()).toEqual([0, 2, 3]);
  });

  it('let gradients through', async () => {
    await useBackend('cpu');
    const loss = (x: tf.Tensor) => {
      const rows = toVariant(true, Value.device(x), longs(0, 1, 3));
      const {values} = fromVariant(rows, 0, 1, 'float32');
      return tf.sum(tf.mul(values.tensor(), tf.tensor1d([1, 10, 100])));
    };
    const gradient = tf.tidy(() => [
      ...tf
        .grad(loss)(tf.tensor1d([1, 2, 3]))
        .dataSync(),
    ]);
    expect(gradient).toEqual([1, 10, 100]);
  });
});
