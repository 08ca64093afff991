/** Checks Fourier transforms against TensorFlow, and gradients that lead through complex numbers. */

import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {UnsupportedOpError} from '../../errors.js';
import {Value} from '../../tensors/value.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import type {OpFamily} from '../kernel.js';
import {math} from '../math/kernels.js';
import {reduction} from '../reduction/kernels.js';
import {caseFile, decodeTensor, type JsonTensor, runKernel, testOpFamily} from '../testing/op_cases.js';
import {signal} from './kernels.js';

testOpFamily('signal', signal);

interface Chain {
  readonly chain: readonly {readonly op: string; readonly constants: readonly JsonTensor[]}[];
  readonly input: JsonTensor;
  readonly output: JsonTensor;
  readonly gradient: JsonTensor;
}

const FAMILY: OpFamily = {...signal, ...math, ...reduction};
const ATTRS = {
  Tcomplex: {type: 'type', value: 'complex64'},
  Treal: {type: 'type', value: 'float32'},
  keep_dims: {type: 'bool', value: false},
} as never;

function runChain(chain: Chain['chain'], x: tf.Tensor): tf.Tensor {
  const result = chain.reduce(
    (value, {op, constants}) =>
      runKernel({op, attrs: ATTRS}, FAMILY, [
        value,
        ...constants.map((each) => Value.of(decodeTensor(each))),
      ])[0]!,
    Value.device(x),
  );
  return result.tensor();
}

function expectClose(actual: tf.Tensor, expected: JsonTensor): void {
  const wanted = decodeTensor(expected);
  expect(actual.shape).toEqual(wanted.shape);
  const data = actual.dataSync();
  (wanted.data as Float32Array).forEach((target, i) => {
    expect(Math.abs(data[i]! - target)).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(target));
  });
}

describe('gradients through complex numbers', () => {
  beforeAll(quietCpuBackend);

  const {cases} = JSON.parse(readFileSync(caseFile('signal_gradients'), 'utf8')) as {cases: Chain[]};
  cases.forEach(({chain, input, output, gradient}, index) => {
    it(`#${index} ${chain.map(({op}) => op).join(', ')}`, () => {
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const x = Value.of(decodeTensor(input)).tensor();
        expectClose(runChain(chain, x), output);
        const loss = (each: tf.Tensor) => {
          const y = runChain(chain, each);
          const cotangent = Float32Array.from({length: y.size}, (_, i) => Math.cos(i));
          return tf.sum(tf.mul(y, tf.tensor(cotangent, y.shape)));
        };
        expectClose(tf.grad(loss)(x), gradient);
      });
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  it('are refused by name where there is none, and only if they are asked for', () => {
    tf.tidy(() => {
      const magnitude = (x: tf.Tensor) =>
        tf.sum(
          runChain(
            [
              {op: 'RFFT', constants: [{dtype: 'int32', shape: [1], data: 'BAAAAA=='}]},
              {op: 'Sqrt', constants: []},
              {op: 'ComplexAbs', constants: []},
            ],
            x,
          ),
        );
      const x = tf.tensor1d([1, 2, 3, 4]);
      expect(tf.grad((w) => tf.mul(w, magnitude(x)))(tf.scalar(1)).shape).toEqual([]);
      expect(() => tf.grad(magnitude)(x)).toThrow(UnsupportedOpError);
    });
  });
});
