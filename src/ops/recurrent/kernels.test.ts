import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {elementAt} from '../../host/tensor.js';
import {Value} from '../../tensors/value.js';
import {
  caseFile,
  decodeTensor,
  differentiate,
  type OpCase,
  runKernel,
  testOpFamily,
  useBackend,
} from '../testing/op_cases.js';
import {recurrent} from './kernels.js';

testOpFamily('recurrent', recurrent);

const STEP = 2e-2;

/** The sum of the case's outputs weighted by cosines of their places, with a number added to one element of an input. */
function weightedSum(each: OpCase, input: number, element: number, added: number): number {
  const inputs = each.inputs.map((json, i) => {
    const {dtype, shape, data} = decodeTensor(json);
    if (i !== input) return Value.of({dtype, shape, data});
    return Value.host(
      dtype,
      shape,
      Float32Array.from(data as Float32Array).with(element, (elementAt(data, element) as number) + added),
    );
  });
  const outputs = runKernel(each, recurrent, inputs).filter(({dtype}) => dtype === 'float32');
  return outputs.reduce(
    (total, output) => output.numbers().reduce((sum, number, i) => sum + number * Math.cos(i), total),
    0,
  );
}

describe('gradients of cuDNN layers, which TensorFlow does not have on CPUs, agree with differences', () => {
  beforeAll(() => useBackend('cpu'));
  const {cases} = JSON.parse(readFileSync(caseFile('recurrent'), 'utf8')) as {cases: OpCase[]};
  for (const [i, each] of cases.entries()) {
    // A rectifier has no derivative where differences may step over its bend.
    const isSmooth = each.note !== 'rnn_relu' && each.inputs[0]!.dtype === 'float32';
    if (!each.op.startsWith('Cudnn') || each.error || !isSmooth) continue;
    it(`#${i} ${each.op} ${each.note ?? ''}`, () => {
      tf.tidy(() => {
        differentiate(each, recurrent).forEach((gradient, input) => {
          if (gradient === undefined || gradient.size === 0) return;
          const element = gradient.size >> 1;
          const at = (added: number) => weightedSum(each, input, element, added);
          const slope = (8 * (at(STEP / 2) - at(-STEP / 2)) - (at(STEP) - at(-STEP))) / (6 * STEP);
          expect(gradient.numbers()[element]).toBeCloseTo(slope, 2);
        });
      });
    });
  }
});
