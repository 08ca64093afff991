/**
 * Checks kernels against what the real TensorFlow gave for single ops (`fixtures/ops/*.json`).
 *
 * Each case runs with its inputs on the host and on the tfjs backend, because kernels choose by that where to compute.
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
// For the gradients it registers.
import '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {CallError, HubError} from '../../errors.js';
import {Attrs} from '../../graph/attrs.js';
import {isFloating} from '../../host/dtypes.js';
import type {HostTensor} from '../../host/tensor.js';
import {hasDeviceType, Value} from '../../tensors/value.js';
import {completeBackend} from '../../tfjs/backend_kernels.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {asOnFarBackend} from '../../tfjs/data.js';
import {factsOf} from '../facts.js';
import type {KernelContext, OpFamily, Session} from '../kernel.js';
import {differingElement, TOLERANCE} from './closeness.js';
import {decodeAttr, decodeTensor, type OpCase} from './op_case_json.js';

export {decodeTensor, type JsonTensor, type OpCase} from './op_case_json.js';

/** float64 and complex128 on a gradient tape are carried in float32. */
const DEVICE_FLOAT64 = {rtol: 1e-5, atol: 1e-6};

/** The file of a family's cases: the committed one, or one that conformance has written just now. */
export function caseFile(name: string, ending = 'json'): string | URL {
  const directory = process.env.TFHUB_OP_CASES;
  return directory
    ? `${directory}/${name}.${ending}`
    : new URL(`../../../fixtures/ops/${name}.${ending}`, import.meta.url);
}

/** Defines the tests of a family: every case of `fixtures/ops/<name>.json`, on the named tfjs backends. */
export function testOpFamily(name: string, family: OpFamily, backends = ['cpu', 'wasm']): void {
  const url = caseFile(name);
  const {cases} = JSON.parse(readFileSync(url, 'utf8')) as {cases: OpCase[]};
  for (const backend of backends) {
    describe(`${name} ops as TensorFlow computes them, ${backend} backend`, () => {
      beforeAll(() => useBackend(backend));
      afterAll(() => expect(tf.memory().numTensors).toBe(0));
      cases.forEach((each, index) => {
        const title = `#${index} ${each.op}(${each.inputs.map((i) => `${i.dtype}[${i.shape}]`).join(', ')})`;
        for (const residence of ['host', 'device'] as const) {
          if (residence === 'device' && !each.inputs.some((i) => hasDeviceType(i.dtype))) continue;
          it(`${title} ${each.note ?? ''} on ${residence}`, () => checkCase(each, family, residence));
        }
        if (each.gradients) it(`${title} gradients`, () => checkGradients(each, family));
      });
    });
  }
}

/** Makes a tfjs backend the active one, complete with the kernels it lacks. */
export async function useBackend(name: string): Promise<void> {
  await quietCpuBackend();
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend(name);
  completeBackend(name);
}

function checkCase(each: OpCase, family: OpFamily, residence: 'host' | 'device'): void {
  tf.tidy(() => {
    const inputs = each.inputs.map((json) => place(decodeTensor(json), residence));
    // What is small would be computed on the host again.
    const run = () => asOnFarBackend(() => runKernel(each, family, inputs));
    if (each.error) {
      expect(asInGraph(run)).toThrow(REFUSED_WITH[each.op] ?? CallError);
      return;
    }
    const outputs = run();
    expect(outputs.length).toBe(each.outputs!.length);
    if (factsOf(each.op).residence === 'host') expect(outputs.some(({onDevice}) => onDevice)).toBe(false);
    outputs.forEach((output, i) => {
      expectOutput(output, i, each);
    });
  });
}

/** What ops refuse inputs with, where that is not always a `CallError`. */
export const REFUSED_WITH: Readonly<Record<string, typeof HubError>> = {
  // FormatError where bytes are no message, CallError where a value does not fit.
  DecodeProtoV2: HubError,
  ParseTensor: HubError,
  // UnsupportedOpError for a name that only TensorFlow might know, CallError for a value.
  Fingerprint: HubError,
  UnicodeDecode: HubError,
  UnicodeDecodeWithOffsets: HubError,
};

/** A kernel's run as in a graph: what tfjs says in words of its own becomes a `CallError` there (`runtime/run.ts`). */
function asInGraph<T>(run: () => T): () => T {
  return () => {
    try {
      return run();
    } catch (error) {
      if (error instanceof Error && error.constructor === Error)
        throw new CallError(error.message, {cause: error});
      throw error;
    }
  };
}

/** Checks the gradients of a case. */
export function checkGradients(each: OpCase, family: OpFamily): void {
  tf.tidy(() => {
    const inputs = each.inputs.map(decodeTensor);
    differentiate(each, family).forEach((found, i) => {
      const expected = each.gradients![i];
      if (found === undefined || expected == null) return;
      expectSame(found, decodeTensor(expected), each, `gradient of input ${inputs[i]!.dtype} ${i}`);
    });
  });
}

/**
 * The gradients of a case's float and complex inputs, of the sum of its outputs weighted by cosines of their places
 * (imaginary parts by sines).
 */
export function differentiate(each: OpCase, family: OpFamily): (Value | undefined)[] {
  const inputs = each.inputs.map(decodeTensor);
  const tensors = inputs.map((input) => partsOfInput(input));
  const starts = tensors.map((_, i) => tensors.slice(0, i).flat().length);
  const loss = (...args: tf.Tensor[]): tf.Tensor => {
    const values = inputs.map((input, i) => {
      const [first, second] = args.slice(starts[i]!, starts[i]! + tensors[i]!.length);
      if (first === undefined) return Value.of(input);
      if (second === undefined) return Value.device(first, input.dtype);
      return Value.complex(first, second, input.dtype as 'complex64');
    });
    const outputs = runKernel(each, family, values);
    const terms = outputs.flatMap((output, i) =>
      each.differentiated?.includes(i) === false ? [] : weighted(output),
    );
    // tfjs refuses to differentiate by what does not matter at all.
    return tf.addN([...terms, ...args.map((arg) => tf.sum(tf.zerosLike(arg)))]);
  };
  const found = tf.grads(loss as (...args: tf.Tensor[]) => tf.Tensor)(tensors.flat());
  return inputs.map(({dtype}, i) => {
    const [first, second] = found.slice(starts[i]!, starts[i]! + tensors[i]!.length);
    if (first === undefined) return undefined;
    return second === undefined
      ? Value.device(first, dtype)
      : Value.complex(first, second, dtype as 'complex64');
  });
}

/** What a gradient is taken with respect to: a float tensor, or the two parts of a complex one. */
function partsOfInput({dtype, shape, data}: HostTensor): tf.Tensor[] {
  if (isFloating(dtype)) return [Value.of({dtype, shape, data}).tensor()];
  if (!dtype.startsWith('complex')) return [];
  const numbers = Float32Array.from(data as Float64Array);
  return [0, 1].map((lane) =>
    tf.tensor(
      numbers.filter((_, i) => i % 2 === lane),
      shape as number[],
      'float32',
    ),
  );
}

/** An output's terms of the loss. Flat, because the wasm backend multiplies wrongly beyond rank 6. */
function weighted(output: Value): tf.Tensor[] {
  const parts = isFloating(output.dtype) ? [output.tensor()] : (output.parts ?? []);
  return parts.map((part, lane) => {
    const weights = Float32Array.from({length: output.size}, (_, i) => (lane ? Math.sin(i) : Math.cos(i)));
    return tf.sum(tf.mul(tf.reshape(part, [output.size]), tf.tensor1d(weights)));
  });
}

/** Runs one kernel outside of any graph. */
export function runKernel(
  each: Pick<OpCase, 'op' | 'attrs'>,
  family: OpFamily,
  inputs: Value[],
  session = NO_SESSION,
): Value[] {
  return runnerOf(each, family, session)(inputs);
}

/** {@link runKernel} as one node that is run again and again, and keeps what it keeps between its executions. */
export function runnerOf(
  each: Pick<OpCase, 'op' | 'attrs'>,
  family: OpFamily,
  session = NO_SESSION,
): (inputs: Value[]) => Value[] {
  const implementation = family[each.op];
  if (implementation === undefined) throw new Error(`no kernel for ${each.op}`);
  const context = testContext(each, session);
  return (inputs) => {
    const result = implementation.kernel(inputs, context);
    return result instanceof Value ? [result] : [...result];
  };
}

function testContext({op, attrs}: Pick<OpCase, 'op' | 'attrs'>, session: Session): KernelContext {
  let memo: unknown;
  return {
    name: 'test',
    op,
    attrs: new Attrs((name) => (attrs[name] ? decodeAttr(attrs[name]) : undefined), `test node (${op})`),
    outputs: 1,
    session,
    memo: <T>(create: () => T): T => (memo ??= create()) as T,
  };
}

const NO_SESSION = new Proxy({} as Session, {
  get: (_, key) => {
    throw new Error(`a single-op test has no session (${String(key)})`);
  },
});

function place(tensor: HostTensor, residence: 'host' | 'device'): Value {
  const value = Value.of(tensor);
  return residence === 'device' && hasDeviceType(tensor.dtype)
    ? Value.device(value.tensor(), tensor.dtype)
    : value;
}

/** Compares output `i` of a case with what TensorFlow gave, if that counts. */
export function expectOutput(actual: Value, i: number, each: OpCase, what = ''): void {
  const expected = each.outputs![i];
  if (expected != null) expectSame(actual, decodeTensor(expected), each, `${what}output ${i}`);
}

/** Compares with what TensorFlow gave, within what the dtype and the case allow. */
export function expectSame(actual: Value, expected: HostTensor, each: OpCase, what: string): void {
  expect({dtype: actual.dtype, shape: [...actual.shape]}, what).toEqual({
    dtype: expected.dtype,
    shape: [...expected.shape],
  });
  const tolerance =
    actual.onDevice && ['float64', 'complex128'].includes(expected.dtype)
      ? DEVICE_FLOAT64
      : TOLERANCE[expected.dtype];
  const found = {dtype: actual.dtype, shape: actual.shape, data: actual.hostData()};
  const difference = differingElement(
    found,
    expected,
    tolerance && {
      ...tolerance,
      ...(each.rtol && {rtol: each.rtol}),
      ...(each.atol && {atol: each.atol}),
    },
  );
  if (difference !== undefined) expect.fail(`${what}${difference}`);
}
