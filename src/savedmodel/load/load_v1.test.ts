/** What a session of TensorFlow 1 does, beyond what the fixtures call: pieces of the graph by the names of tensors. */

import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {loadFixture} from '../testing/fixtures.js';
import type {LoadedObject} from './loaded_object.js';

beforeAll(quietCpuBackend);

let loaded: LoadedObject | undefined;

const load = async (name: string): Promise<LoadedObject> => {
  loaded = await loadFixture(name);
  return loaded;
};

afterEach(() => {
  loaded?.dispose();
  loaded = undefined;
  expect(tf.memory().numTensors).toBe(0);
});

const arrays = (results: readonly unknown[]): unknown[] =>
  results.map((each) => {
    if (!(each instanceof tf.Tensor)) return each;
    const array = each.arraySync();
    each.dispose();
    return array;
  });

describe('a piece of a graph', () => {
  it('gives the values of variables where its results are references to them', async () => {
    const model = await load('v1_reference_outputs');
    // `Assign` is the assignment of the placeholder, `v` the variable itself: both are read when all has run.
    expect(arrays(model.modelInfo.prune(['x:0'], ['Assign:0', 'v:0'])([5, 6]))).toEqual([
      [5, 6],
      [5, 6],
    ]);
    expect(arrays(model.modelInfo.prune([], ['v'])())).toEqual([[5, 6]]);
  });

  it('runs operations that have no result, and gives null for them', async () => {
    const model = await load('v1_operation_outputs');
    expect(
      arrays(model.modelInfo.prune([], ['AssignAddVariableOp', 'total/Read/ReadVariableOp:0'])())[0],
    ).toBeNull();
    expect(arrays(model.modelInfo.prune([], ['total/Read/ReadVariableOp:0'])())).toEqual([7]);
  });

  it('shares a table without a name with everything that runs its node', async () => {
    const model = await load('v1_private_tables');
    const {size} = model.signatures.add!({words: ['x', 'y']}, {exact: true}) as Record<
      string,
      {data: unknown}
    >;
    expect(size!.data).toEqual(BigInt64Array.of(3n));
    expect(arrays(model.modelInfo.prune(['words:0'], ['LookupTableFindV2_1:0'])(['a', 'x', '?']))).toEqual([
      [50, 9, -1],
    ]);
  });
});
