import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import {ensureBackend} from '../tfjs/backend.js';
import {func, TensorSpec} from './func.js';
import {KERNEL_RULES} from './kernels.js';
import {KERNEL_CASES, type KernelCase} from './testing/kernel_cases.js';
import {PROGRAM_CASES} from './testing/program_cases.js';
import {elementsOf, elementsOfTensor, runTraced} from './testing/run_traced.js';

beforeAll(ensureBackend);

function check({f, specs, inputs}: KernelCase): void {
  const traceable = func(f, {inputSignature: specs.map(([shape, dtype]) => new TensorSpec(shape, dtype))});
  const [traced] = traceable.traces();
  for (const make of inputs) {
    const given = tf.tidy(make);
    const expected = [f(...given)].flat();
    const results = runTraced(traced!, given);
    expect(results.map(({dtype, shape}) => [dtype, shape])).toEqual(
      expected.map(({dtype, shape}) => [dtype, shape]),
    );
    results.forEach((result, i) => {
      const [actual, wanted] = [elementsOf(result), elementsOfTensor(expected[i]!)];
      expect(actual).toHaveLength(wanted.length);
      actual.forEach((value, j) => {
        const other = wanted[j]!;
        if (typeof value === 'string' || typeof other === 'string' || !Number.isFinite(other))
          expect(value).toEqual(other);
        else expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-5 * Math.abs(other) + 1e-5);
      });
    });
    tf.dispose([given, expected]);
  }
}

for (const [name, each] of Object.entries({...KERNEL_CASES, ...PROGRAM_CASES})) {
  it(`traces ${name}`, () => check(each));
}

it('has a rule for every kernel of tfjs that is not about pixels on a screen', () => {
  const {Draw, FromPixels, Pool, ...kernels} = tf as unknown as Record<string, unknown>;
  const names = Object.entries(kernels).filter(([name, value]) => name === value && /^_?[A-Z]/.test(name));
  expect([Draw, FromPixels, Pool]).toHaveLength(3);
  expect(names.map(([name]) => name).filter((name) => KERNEL_RULES[name] === undefined)).toEqual([]);
});
