import {readdirSync, readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Attr, Attrs} from '../graph/attrs.js';
import {opDef} from '../graph/op_defs.js';
import {decodeAttr, decodeTensor, expectSame, type OpCase, useBackend} from '../ops/testing/op_cases.js';
import {Value} from '../ops/value.js';
import {argumentName} from './raw_binding.js';
import {rawOps, refusal} from './raw_ops.js';
import {RawTensor} from './raw_tensor.js';

const CASES = new URL('../../fixtures/ops/', import.meta.url);

type Call = (inputs: object, attrs: object) => unknown;

/** An attribute as a caller writes it. */
function plain(attr: Attr): unknown {
  if (attr.type === 'list') return attr.value.map(plain);
  return attr.value;
}

/** What a case gives a raw op: inputs by name, and the attributes that do not follow from them. */
function argumentsOf({op, inputs, attrs}: OpCase) {
  const def = opDef(op)!;
  const decoded = new Map(Object.entries(attrs).map(([name, attr]) => [name, decodeAttr(attr)]));
  const read = new Attrs(
    (name) => decoded.get(name) ?? def.attrs.find((each) => each.name === name)?.default,
    op,
  );
  const tensors = inputs.map(decodeTensor);
  const inferred = new Set<string>();
  let next = 0;
  const named = def.inputs.map((arg) => {
    const name = argumentName(op, arg.name);
    if (arg.kind !== 'list' && 'typeAttr' in arg.type) inferred.add(arg.type.typeAttr);
    if (arg.kind === 'single') return [name, tensors[next++]];
    const counter = arg.kind === 'list' ? arg.typeListAttr : arg.numberAttr;
    const count = arg.kind === 'list' ? read.dtypes(counter).length : read.int(counter);
    if (count > 0) inferred.add(counter);
    // Of no tensors, the dtype does not follow.
    if (count === 0 && arg.kind === 'repeated' && 'typeAttr' in arg.type) inferred.delete(arg.type.typeAttr);
    next += count;
    return [name, tensors.slice(next - count, next)];
  });
  const given = def.attrs.flatMap(({name}) =>
    decoded.has(name) && !inferred.has(name) ? [[argumentName(op, name), plain(decoded.get(name)!)]] : [],
  );
  return {inputs: Object.fromEntries(named), attrs: Object.fromEntries(given), used: next};
}

/** True for raw ops that take no handles: what these are of is not in the cases. */
function isCallable(op: string): boolean {
  const def = opDef(op);
  if (def === undefined || refusal(def) !== undefined) return false;
  return !def.inputs.some(
    (arg) => arg.kind === 'single' && 'dtype' in arg.type && arg.type.dtype === 'resource',
  );
}

/** Stateful ops once for each set of attributes, because a second execution goes on where the first ended. */
function distinct(cases: readonly OpCase[]): OpCase[] {
  const seen = new Set<string>();
  return cases.filter(({op, attrs}) => {
    const key = JSON.stringify([op, attrs]);
    const again = opDef(op)!.stateful && seen.has(key);
    seen.add(key);
    return !again;
  });
}

/** Tensors of a result in the order of the op's definition. */
function flatten(result: unknown): unknown[] {
  if (result === undefined) return [];
  if (result instanceof RawTensor || result instanceof tf.Tensor) return [result];
  return Object.values(result as object).flatMap(flatten);
}

describe('raw ops give what TensorFlow gives', () => {
  beforeAll(() => useBackend('cpu'));
  afterAll(() => expect(tf.memory().numTensors).toBe(0));

  for (const file of readdirSync(CASES).filter((name) => name.endsWith('.json'))) {
    const {cases} = JSON.parse(readFileSync(new URL(file, CASES), 'utf8')) as {cases?: OpCase[]};
    const callable = distinct((cases ?? []).filter(({op}) => isCallable(op)));
    if (callable.length === 0) continue;
    it(`${callable.length} calls of ${file}`, () => {
      for (const [index, each] of callable.entries()) {
        const what = `${file}: ${each.op} (${index}, ${each.note ?? ''})`;
        tf.tidy(() => {
          const {inputs, attrs, used} = argumentsOf(each);
          expect(used, what).toBe(each.inputs.length);
          const run = () =>
            flatten((rawOps.exact as unknown as Record<string, Call>)[each.op]!(inputs, attrs));
          if (each.error) {
            expect(run, what).toThrow();
            return;
          }
          const outputs = run() as RawTensor[];
          expect(outputs.length, what).toBe(each.outputs!.length);
          outputs.forEach((output, i) => {
            expectSame(Value.of(output), decodeTensor(each.outputs![i]!), each, `${what} output ${i}`);
          });
        });
      }
    });
  }
});
