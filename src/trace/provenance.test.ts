import type * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {Provenance} from './provenance.js';
import type {EntryKind} from './recording.js';

const ref = (entry: number) => ({entry, output: 0});
const PARAMETER: EntryKind = {kind: 'parameter', index: 0};
const CONSTANT: EntryKind = {
  kind: 'constant',
  value: {dtype: 'float32', shape: [], data: Float32Array.of(1)},
};
const KERNEL: EntryKind = {kind: 'kernel', kernel: 'Add', attrs: {}};
const RANDOM: EntryKind = {kind: 'random', sample: {distribution: 'uniform', seed: 1, data: [0.5]}};
const READ: EntryKind = {kind: 'read', variable: {} as tf.Variable};

/** Adds entries, each with data of its own, and says of which data something holds. */
function of(entries: readonly (readonly [EntryKind, ...number[]])[]) {
  const provenance = new Provenance();
  const data = entries.map(([what, ...inputs], entry) => {
    const own = {};
    provenance.add(entry, what, inputs.map(ref), [own]);
    return own;
  });
  return {
    dependent: data.map((each) => provenance.dependsOnCall(each)),
    sampled: data.map((each) => provenance.isSampled(each)),
  };
}

it('follows the arguments through what is computed with them', () => {
  const {dependent, sampled} = of([[PARAMETER], [CONSTANT], [KERNEL, 0, 1], [KERNEL, 1], [KERNEL, 3, 2]]);
  expect(dependent).toEqual([true, false, true, false, true]);
  expect(sampled).toEqual([true, false, true, false, true]);
});

it('tells chance from samples: the numbers depend on the call, and are not those of a sample', () => {
  const {dependent, sampled} = of([[RANDOM], [KERNEL, 0]]);
  expect(dependent).toEqual([true, true]);
  expect(sampled).toEqual([false, false]);
});

it('takes what is computed from a variable for dependent, and leaves the data of the variable alone', () => {
  expect(of([[READ], [KERNEL, 0]]).dependent).toEqual([false, true]);
});

it('finds tensors in inputs by name and in lists', () => {
  const provenance = new Provenance();
  const [argument, sum] = [{}, {}];
  provenance.add(0, PARAMETER, [], [argument]);
  provenance.add(1, KERNEL, {x: null, inputs: [ref(0)]}, [sum]);
  expect(provenance.dependsOnCall(sum)).toBe(true);
  expect(provenance.dependsOnCall({})).toBe(false);
});
