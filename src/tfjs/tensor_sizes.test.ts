/** What is said beforehand of the sizes of kernels' results, held against the results in all single-op cases. */

import {readdirSync, readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {sizeOf} from '../host/tensor.js';
import {type OpCase, useBackend} from '../ops/testing/op_cases.js';
import {rawOps} from '../savedmodel/raw/raw_ops.js';
import {argumentsOf, callableCases} from '../savedmodel/testing/raw_op_cases.js';
import {elementBytes, SIZE_RULES} from './tensor_sizes.js';

const CASES = new URL('../../fixtures/ops/', import.meta.url);

/** Kernels that made more than they were given without a rule, or more than their rule says. */
const wrong = new Map<string, string>();
const met = new Set<string>();
let restore: (() => void)[] = [];

function watch(kernel: tf.KernelConfig): void {
  const {kernelName, backendName, kernelFunc} = kernel;
  const replace = (config: tf.KernelConfig): void => {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(config);
  };
  replace({
    ...kernel,
    kernelFunc: (call) => {
      const outputs = kernelFunc(call);
      const inputs = call.inputs as Readonly<Record<string, tf.TensorInfo>>;
      const rule = SIZE_RULES[kernelName];
      const given = Object.values(inputs).reduce((sum, input) => sum + (input ? sizeOf(input.shape) : 0), 0);
      const said = rule === undefined ? Math.max(given, 1) : rule(inputs, call.attrs ?? {});
      for (const {shape, dtype} of [outputs].flat()) {
        if (dtype === 'string') continue;
        met.add(kernelName);
        const bytes = sizeOf(shape) * (dtype === 'complex64' ? 8 : dtype === 'bool' ? 1 : 4);
        const allowed = said * (rule === undefined ? 8 : elementBytes(kernelName, inputs));
        if (bytes > allowed)
          wrong.set(kernelName, `${kernelName}: [${shape}] ${dtype} where ${said} elements are said`);
      }
      return outputs;
    },
  });
  restore.push(() => replace(kernel));
}

beforeAll(async () => {
  await useBackend('cpu');
  for (const kernel of tf.getKernelsForBackend('cpu')) watch(kernel);
});

afterAll(() => {
  for (const each of restore) each();
  restore = [];
});

it('are at least what kernels make', () => {
  for (const file of readdirSync(CASES).filter((name) => name.endsWith('.json'))) {
    const {cases} = JSON.parse(readFileSync(new URL(file, CASES), 'utf8')) as {cases?: OpCase[]};
    for (const each of callableCases(cases ?? []).filter(({error}) => !error)) {
      tf.tidy(() => {
        const {inputs, attrs} = argumentsOf(each);
        // On the backend, where the numbers are small enough to be there.
        const onBackend = Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => {
            const {dtype, shape, data} = (value ?? {}) as {
              dtype?: string;
              shape?: number[];
              data?: Float32Array;
            };
            return [name, dtype === 'float32' && data ? tf.tensor(data, shape, 'float32') : value];
          }),
        );
        const call = (rawOps.exact as unknown as Record<string, (inputs: object, attrs: object) => unknown>)[
          each.op
        ]!;
        call(onBackend, attrs);
      });
    }
  }
  expect([...wrong.values()]).toEqual([]);
  expect([...met].filter((name) => name in SIZE_RULES).length).toBeGreaterThan(25);
});
