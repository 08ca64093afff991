import {describe, expect, it} from 'vitest';
import {CallError, UnsupportedOpError} from '../../errors.js';
import type {HostObject} from '../../host/tensor.js';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily} from '../testing/op_cases.js';
import {sparse} from './kernels.js';

testOpFamily('sparse', sparse);
testOpFamily('sparse_sets', sparse);

/** Expected values are what TensorFlow 2.15 prints for the same calls; variants cannot be written to a file of cases. */
describe('sparse tensors in variants', () => {
  const longs = (...numbers: number[]) => Value.vector('int64', numbers);
  const dtypeAttr = (name: string, dtype: string) => ({
    [name]: {type: 'type', value: dtype as never} as const,
  });

  /** Entries [0, 1], [0, 3], [2, 0] of a [3, 4] tensor. */
  const first = () => [
    longs(0, 1, 0, 3, 2, 0).reshape([3, 2]),
    Value.vector('float32', [1, 2, 3]),
    longs(3, 4),
  ];
  /** Entry [1, 4] of a [2, 5] tensor. */
  const second = () => [longs(1, 4).reshape([1, 2]), Value.vector('float32', [9]), longs(2, 5)];

  const serialize = (op: string, tensor: Value[], dtype = 'variant') =>
    runKernel({op, attrs: dtypeAttr('out_type', dtype)}, sparse, tensor)[0]!;
  const deserialize = (serialized: Value, dtype = 'float32') =>
    runKernel({op: 'DeserializeSparse', attrs: dtypeAttr('dtype', dtype)}, sparse, [serialized]).map(
      (value) => value.numbers(),
    );

  it('come back as they were', () => {
    const one = serialize('SerializeSparse', first());
    expect(one.shape).toEqual([3]);
    expect(deserialize(one)).toEqual([
      [0, 1, 0, 3, 2, 0],
      [1, 2, 3],
      [3, 4],
    ]);
  });

  it('come apart into rows', () => {
    const rows = serialize('SerializeManySparse', first());
    expect(rows.shape).toEqual([3, 3]);
    const row = (at: number) =>
      Value.host('variant', [3], (rows.hostData() as HostObject[]).slice(3 * at, 3 * at + 3));
    expect(deserialize(row(2))).toEqual([[0], [3], [4]]);
    expect(deserialize(row(1))).toEqual([[], [], [4]]);
    expect(deserialize(rows)).toEqual([
      [0, 1, 0, 3, 2, 0],
      [1, 2, 3],
      [3, 4],
    ]);
  });

  it('are stacked in the largest of their shapes', () => {
    const parts = [first(), second()].flatMap(
      (each) => serialize('SerializeSparse', each).hostData() as HostObject[],
    );
    const [indices, values, shape] = deserialize(Value.host('variant', [2, 3], parts));
    expect(indices).toEqual([0, 0, 1, 0, 0, 3, 0, 2, 0, 1, 1, 4]);
    expect(values).toEqual([1, 2, 3, 9]);
    expect(shape).toEqual([2, 3, 5]);
  });

  it('are checked', () => {
    const one = serialize('SerializeSparse', first());
    expect(() => deserialize(one, 'int32')).toThrowWithMessage(CallError, 'int32');
    expect(() => deserialize(Value.host('variant', [0, 3], []))).toThrowWithMessage(CallError, 'three parts');
    expect(() => serialize('SerializeSparse', first(), 'string')).toThrowWithMessage(
      UnsupportedOpError,
      'not supported',
    );
  });
});
