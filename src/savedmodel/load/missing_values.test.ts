/**
 * Tests of models whose checkpoint is missing, or lacks some of what the model wants: refused by TensorFlow, too, unless a
 * partial load is asked for.
 */

import type * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CheckpointReader} from '../../bundle/reader.js';
import {writeCheckpoint} from '../../bundle/writer.js';
import {CallError, FormatError} from '../../errors.js';
import {memoryDirectory} from '../../platform/memory.js';
import {type Files, fixtureFiles} from '../testing/fixtures.js';
import '../../platform/node.js';
import {MemoryOutput} from '../../platform/testing/memory_output.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {attr, type FunctionToMake, type ModelToMake, makeModelFiles, node} from '../testing/make_model.js';
import {loadModel} from './load.js';

beforeAll(quietCpuBackend);

const isCheckpoint = (path: string) => path.startsWith('variables/');

/** A model without any checkpoint. */
function withoutVariables(files: Files): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !isCheckpoint(path)));
}

/** A model whose checkpoint lacks tensors. */
async function withoutTensors(files: Files, lacks: (key: string) => boolean): Promise<Files> {
  const reader = await CheckpointReader.open(memoryDirectory(files), 'variables/variables');
  const kept = [...reader.keys()].filter((key) => !lacks(key));
  expect(kept.length).toBeLessThan([...reader.keys()].length);
  const output = new MemoryOutput();
  await writeCheckpoint(
    output,
    'variables/variables',
    kept.map((key) => ({key, ...reader.entry(key), read: () => reader.read(key)})),
  );
  await reader.close();
  return {...withoutVariables(files), ...output.files};
}

const load = (files: Files, options = {}) => loadModel(memoryDirectory(files, 'model'), options);

const numbers = (value: unknown) => Array.from((value as tf.Tensor).dataSync());

describe('a model of TensorFlow 2', () => {
  const port = (name: string) => ({name, dtype: 'float32', shape: [null]}) as const;
  const F32 = {dtype: attr.type('float32')};
  /** `x + <variable>`. */
  const plus = (variable: string): FunctionToMake => ({
    name: `plus_${variable}`,
    inputs: [port('x')],
    captures: [variable],
    nodes: [
      node('read', 'ReadVariableOp', [variable], F32),
      node('sum', 'AddV2', ['x', 'read:value:0'], {T: attr.type('float32')}),
    ],
    outputs: [{...port('y'), from: 'sum:z:0'}],
  });
  const model: ModelToMake = {
    functions: [plus('v'), plus('w')],
    variables: [
      {name: 'v', shape: [1]},
      {name: 'w', shape: [1]},
    ],
    methods: {plus_v: 'plus_v', plus_w: 'plus_w'},
  };
  const files = makeModelFiles(model, {v: Float32Array.of(2), w: Float32Array.of(3)});

  it('is refused without a checkpoint, and names its variables', async () => {
    await expect(load(withoutVariables(files))).rejects.toThrowWithMessage(
      FormatError,
      'model: 2 variables have no value, for there is no variables/variables.index: v, w. ' +
        'Load with allowPartial: true to do without.',
    );
    const mymul = withoutVariables(fixtureFiles('mymul'));
    await expect(load(mymul)).rejects.toThrowWithMessage(
      FormatError,
      /2 variables have no value, for there is no .*: v, save_counter\. /,
    );
  });

  it('is refused where the checkpoint lacks a variable, by its tensor or by its object', async () => {
    const noTensor = await withoutTensors(files, (key) => key.startsWith('w/'));
    const other = makeModelFiles({functions: [plus('v')], variables: [{name: 'v', shape: [1]}]});
    const noObject = {...other, 'saved_model.pb': files['saved_model.pb']!};
    for (const each of [noTensor, noObject]) {
      await expect(load(each)).rejects.toThrowWithMessage(
        FormatError,
        'model: a variable has no value, in variables/variables: w. ',
      );
    }
  });

  it('loads in part where that is asked for', async () => {
    const partial = await load(await withoutTensors(files, (key) => key.startsWith('w/')), {
      allowPartial: true,
    });
    expect(partial.variables.map(({name}) => name)).toEqual(['v']);
    const call = (name: string) => (partial.get(name) as (x: number[]) => unknown)([10]);
    expect(numbers(call('plus_v'))).toEqual([12]);
    expect(() => call('plus_w')).toThrowWithMessage(CallError, "variable 'w' is read before it has a value");
    partial.dispose();
    const empty = await load(withoutVariables(files), {allowPartial: true});
    expect(empty.variables).toEqual([]);
    empty.dispose();
  });

  it('names ten variables and counts the others', async () => {
    const variables = Array.from({length: 25}, (_, i) => ({name: `v${i}`, shape: [1]}));
    const many = withoutVariables(makeModelFiles({functions: [], variables}));
    await expect(load(many)).rejects.toThrowWithMessage(
      FormatError,
      /25 variables have no value.*: v0, .*, v9 and 15 more\. /,
    );
  });

  it.each([
    ['legacy_optimizer_slots', 'w', /OPTIMIZER_SLOT|optimizer\//],
    ['optimizer_slots', 'moving_mean', /^optimizer\//],
    ['keras3_whole_tfnew', 'moving_mean', /^optimizer\/(?!_trainable)/],
  ])('loads without the state of its optimizer: %s', async (name, other, state) => {
    const model = await load(await withoutTensors(fixtureFiles(name), (key) => state.test(key)));
    expect(model.modelInfo.variables().length).toBeGreaterThan(1);
    model.dispose();
    const more = await withoutTensors(fixtureFiles(name), (key) => state.test(key) || key.includes(other));
    await expect(load(more)).rejects.toThrow(FormatError);
  });

  it.each(['lookup_tables', 'assets'])(
    'loads without a checkpoint where it has no variables: %s',
    async (name) => {
      const model = await load(withoutVariables(fixtureFiles(name)));
      expect(model.modelInfo.variables()).toEqual([]);
      model.dispose();
    },
  );
});

describe('a model of TensorFlow 1', () => {
  it.each([
    ['v1_resource_variables', '5 variables have no value', 'net/kernel'],
    ['v1_sharded', '3 variables have no value', 'w0'],
    ['v1_hub_module', 'a variable has no value', 'embeddings'],
    ['v1_reference_variables', '3 variables have no value', 'net/bias'],
  ])('%s is refused without a checkpoint, and names its variables', async (name, count, variable) => {
    const files = withoutVariables(fixtureFiles(name));
    await expect(load(files)).rejects.toThrowWithMessage(FormatError, count);
    await expect(load(files)).rejects.toThrowWithMessage(FormatError, variable);
  });

  it('is refused where the checkpoint lacks a variable', async () => {
    const files = await withoutTensors(fixtureFiles('v1_resource_variables'), (key) =>
      /bias|label/.test(key),
    );
    await expect(load(files)).rejects.toThrowWithMessage(
      FormatError,
      /model: 2 variables have no value, in variables\/variables: (net\/bias, state\/label|state\/label, net\/bias)\. /,
    );
  });

  it.each(['v1_resource_variables', 'v1_sharded'])(
    '%s loads in part where that is asked for',
    async (name) => {
      const whole = await load(fixtureFiles(name));
      const lacking = name === 'v1_sharded' ? 'w1' : 'net/bias';
      const files = await withoutTensors(fixtureFiles(name), (key) => key === lacking);
      const model = await load(files, {allowPartial: true});
      const values = (each: typeof model) =>
        each.modelInfo
          .variables()
          .filter(({initialized}) => initialized)
          .map((variable) => [variable.name, variable.exact()] as const);
      const expected = values(whole).filter(([each]) => each !== lacking);
      expect(expected.length).toBe(values(whole).length - 1);
      expect(values(model)).toEqual(expected);
      expect(() => model.signatures.serving_default!({x: [[1, 2, 3]]})).toThrowWithMessage(
        CallError,
        `variable '${lacking}' is read before it has a value`,
      );
      whole.dispose();
      model.dispose();
    },
  );

  it.each(['v1_tables', 'v1_estimator', 'v1_legacy_init_op'])(
    '%s loads with what it initialises itself: tables, local variables',
    async (name) => {
      const model = await load(fixtureFiles(name));
      model.dispose();
    },
  );
});
