/** Checks the elementwise ops against TensorFlow. */

import {expect, it} from 'vitest';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily} from '../testing/op_cases.js';
import {math} from './kernels.js';

for (const fixture of ['math_unary', 'math_binary', 'math_misc']) testOpFamily(fixture, math);

// TensorFlow 2.15 has no kernel of this op left; the rule is that of quantile_ops.cc in TensorFlow 2.6.
it('BoostedTreesBucketize gives the first boundary that is not below the value, else the last', () => {
  const call = {
    op: 'BoostedTreesBucketize',
    attrs: {num_features: {type: 'int', value: '2' as never}},
  } as const;
  const floats = (...values: number[]) => Value.vector('float32', values);
  const outputs = runKernel(call, math, [
    floats(0.5, 1, 1.5, 3, 9, Number.NaN),
    floats(2, 3),
    floats(1, 2, 3),
    floats(),
  ]);
  expect(outputs.map((each) => [...each.numeric()])).toEqual([
    [0, 0, 1, 2, 2, 0],
    [0, 0],
  ]);
});
