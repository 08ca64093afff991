import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {Variable} from '../ops/variable/variable.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import type {Ref} from './recording.js';
import {boundOf, mergeBound, neededSteps} from './step_needs.js';
import type {Step, StepKind, Steps} from './steps.js';

let v: tf.Variable;
beforeAll(async () => {
  await quietCpuBackend();
  v = tf.variable(tf.scalar(1));
});
afterAll(() => tf.disposeVariables());

const ref = (entry: number): Ref => ({entry, output: 0});

const step = (what: StepKind, ...inputs: number[]): Step => ({
  what,
  inputs: inputs.map(ref),
  outputs: [{dtype: 'float32', shapes: [[2]]}],
  scope: [],
  source: undefined,
});

const steps = (all: readonly Step[], ...results: number[]): Steps => ({
  steps: all,
  results: results.map(ref),
});

const PARAMETER: StepKind = {kind: 'parameter', index: 0};
const KERNEL: StepKind = {kind: 'kernel', kernel: 'Neg', attrs: {}};
const outer = (entry: number): StepKind => ({kind: 'outer', outer: ref(entry)});
const constant = (size: number): StepKind => ({
  kind: 'constant',
  value: {dtype: 'float32', shape: [size], data: new Float32Array(size)},
});
const op = (name: string): StepKind => ({
  kind: 'op',
  op: {name, attrs: new Map(), inputs: [], names: []},
});
const call = (stateful: boolean): StepKind => ({
  kind: 'call',
  call: {callee: {name: 'f'}, inputs: [], bound: [], outputs: ['float32'], shapes: [null], stateful},
});

/** A branch that does the same in either case. */
const branch = (part: Steps): StepKind => ({kind: 'branch', branches: [part, part]});

const needed = (all: readonly Step[], ...results: number[]) =>
  [...neededSteps(steps(all, ...results))].sort((a, b) => a - b);

describe('steps are needed', () => {
  it('for results, and for steps that are needed', () => {
    const all = [step(constant(1)), step(KERNEL, 0), step(KERNEL, 0), step(KERNEL, 1)];
    expect(needed(all, 3)).toEqual([0, 1, 3]);
    expect(needed(all, 2)).toEqual([0, 2]);
    expect(needed(all)).toEqual([]);
  });

  it('where they are arguments, whose sizes may be used', () => {
    expect(needed([step(PARAMETER), step(constant(1))], 1)).toEqual([0, 1]);
  });

  it('for their effects', () => {
    const assign = step({kind: 'assign', variable: v}, 1);
    expect(needed([step(constant(1)), step(KERNEL, 0), assign])).toEqual([0, 1, 2]);
    expect(needed([step(op('PrintV2')), step(op('Neg'))])).toEqual([0]);
    expect(needed([step(call(true)), step(call(false))])).toEqual([0]);
    const [idle, busy] = [steps([step(KERNEL)]), steps([step(op('PrintV2'))])];
    expect(
      needed([step(branch(idle)), step(branch(busy)), step(branch(steps([step(branch(busy))])))]),
    ).toEqual([1, 2]);
    expect(
      needed([step({kind: 'loop', cond: idle, body: busy}), step({kind: 'loop', cond: idle, body: idle})]),
    ).toEqual([0]);
  });

  it('for branches and loops that use them from within', () => {
    const uses = steps([step(outer(1)), step(KERNEL, 0)], 1);
    const ignores = steps([step(outer(0)), step(constant(1))], 1);
    const all = [step(constant(1)), step(constant(2)), step(branch(uses))];
    expect(needed(all, 2)).toEqual([1, 2]);
    expect(needed([...all.slice(0, 2), step(branch(ignores))], 2)).toEqual([2]);
  });
});

describe('a function within a function takes', () => {
  it('tensors from around it, variables, and large constants: each once, and what matters alone', () => {
    const large = constant(2000);
    const body = steps(
      [
        step(outer(5)),
        step(outer(5)),
        step({kind: 'read', variable: v}),
        step({kind: 'read', variable: v}),
        step(large),
        step(constant(3)),
        step(outer(7)),
        step(KERNEL, 0, 1, 2, 3, 4, 5),
      ],
      7,
    );
    const bound = boundOf(body);
    expect(bound.outer).toEqual([{ref: ref(5), dtype: 'float32'}]);
    expect(bound.captured.map(({key}) => key)).toEqual([
      Variable.of(v),
      large.kind === 'constant' && large.value,
    ]);
    expect(bound.captured.map(({dtype}) => dtype)).toEqual(['resource', 'float32']);
    const twice = mergeBound([bound, bound]);
    expect([twice.outer, twice.captured.length]).toEqual([bound.outer, 2]);
  });

  it('what functions within it are bound to, but not their tensors from around', () => {
    const inner = steps([step(outer(0)), step({kind: 'read', variable: v}), step(KERNEL, 0, 1)], 2);
    const bound = boundOf(steps([step(constant(1)), step(branch(inner))], 1));
    expect(bound.outer).toEqual([]);
    expect(bound.captured.map(({capture}) => capture)).toEqual([{kind: 'variable', variable: v}]);
  });
});
