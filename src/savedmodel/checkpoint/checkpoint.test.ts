import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {CheckpointReader} from '../../bundle/reader.js';
import {CallError, FormatError, SaveError} from '../../errors.js';
import {Variable} from '../../ops/variable/variable.js';
import {memoryDirectory} from '../../platform/memory.js';
import {localDirectory} from '../../platform/node.js';
import {Value} from '../../tensors/value.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {SAVED_OBJECT, type SavedObjectSpec, Trackable} from '../save/trackable.js';
import {fixtureDirectory, loadFixture} from '../testing/fixtures.js';
import {EXPECTED, OPTIMIZER_NAMES, TRAINING_FIXTURES, Training} from '../testing/training.js';
import {Checkpoint, RestoreStatus} from './checkpoint.js';
import {CheckpointManager} from './checkpoint_manager.js';
import {latestCheckpoint} from './directory_state.js';

const CHECKPOINTS = new URL('../../../fixtures/checkpoints/', import.meta.url).pathname;

let directory: string;
beforeAll(quietCpuBackend);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => {
  rmSync(directory, {recursive: true});
  tf.disposeVariables();
});

function expectClose(actual: unknown, expected: unknown): void {
  const flat = (nest: unknown): number[] => (nest as number[][]).flat(2) as number[];
  flat(actual).forEach((value, i) => {
    expect(Math.abs(value - flat(expected)[i]!)).toBeLessThan(1e-6 + 1e-5 * Math.abs(value));
  });
}

/**
 * Where tfjs takes other steps than Keras: Adadelta divides by the mean of the squares before the step instead of after it,
 * and centered RMSProp subtracts epsilon where Keras adds it.
 */
const STEPS_OTHERWISE = new Set(['adadelta', 'rmsprop_centered']);

describe.each(OPTIMIZER_NAMES)('training with %s', (name) => {
  const expected = EXPECTED.optimizers[name]!;

  test('goes on where TensorFlow left off', async () => {
    const training = new Training(name);
    const status = await training.checkpoint.restore(`${TRAINING_FIXTURES}${name}-1`);
    status.assertExistingObjectsMatched();
    // Keras makes momenta for plain gradient descent, too, and nobody reads them.
    if (name !== 'sgd') status.assertConsumed();
    expect(training.values()).toEqual(expected.checkpoint);
    if (STEPS_OTHERWISE.has(name)) return;
    training.train(3);
    const {w, b, step} = training.values();
    expectClose(w, expected.later.w);
    expectClose(b, expected.later.b);
    expect(step).toBe(expected.later.step);
  });

  test('saves all of the state, and the keys and dtypes of TensorFlow', async () => {
    const training = new Training(name);
    await training.checkpoint.restore(`${TRAINING_FIXTURES}${name}-1`);
    const path = await training.checkpoint.save(join(directory, name));
    expect(path).toBe(join(directory, `${name}-2`));
    training.train(3);

    const again = new Training(name);
    (await again.checkpoint.restore(path)).assertConsumed();
    again.train(3);
    expect(again.values()).toEqual(training.values());
    expect(again.checkpoint.saveCounter).toBe(2);

    const entries = async (place: string, prefix: string) => {
      const reader = await CheckpointReader.open(localDirectory(place), prefix);
      return reader.keys().map((key) => [key, reader.entry(key)]);
    };
    const theirs = await entries(TRAINING_FIXTURES, `${name}-1`);
    const withoutMomenta = theirs.filter(
      ([key]) => name !== 'sgd' || !/_variables\/[12]/.test(key as string),
    );
    expect(await entries(directory, `${name}-2`)).toEqual(withoutMomenta);
  });
});

test('writes the bytes that TensorFlow writes of the same objects', async () => {
  // tf.train.Checkpoint(step=tf.Variable(3, dtype=tf.int64), layers=[tf.Variable([[1.0, 2.0]])])
  const step = new Variable({name: 'Variable', dtype: 'int64', shape: [], trainable: true});
  step.assign(Value.scalar('int64', 3));
  const layer = tf.variable(tf.tensor([[1, 2]]), true, 'Variable');
  await new Checkpoint({step, layers: [layer]}).write(join(directory, 'objects'));
  for (const file of readdirSync(directory)) {
    expect(readFileSync(join(directory, file))).toEqual(readFileSync(join(CHECKPOINTS, file)));
  }
});

describe('what is saved', () => {
  test('is everything with a value, once, under the first name that leads to it', async () => {
    const shared = tf.variable(tf.scalar(1));
    const cyclic: Record<string, unknown> = {shared, number: 3, text: 'x'};
    cyclic.self = cyclic;
    class Model extends Trackable {
      inner = cyclic;
      list = [shared, [tf.variable(tf.scalar(2))]];
    }
    const checkpoint = new Checkpoint({model: new Model(), other: shared});
    await checkpoint.write(join(directory, 'c'));
    const reader = await CheckpointReader.open(localDirectory(directory), 'c');
    expect(reader.keys()).toEqual([
      '_CHECKPOINTABLE_OBJECT_GRAPH',
      'model/list/1/0/.ATTRIBUTES/VARIABLE_VALUE',
      'other/.ATTRIBUTES/VARIABLE_VALUE',
    ]);
  });

  test('includes what an object keeps for variables, under the names of TensorFlow', async () => {
    const kernel = tf.variable(tf.scalar(1));
    const momentum = tf.variable(tf.scalar(7), false);
    class Optimizer extends Trackable {
      override [SAVED_OBJECT](): SavedObjectSpec {
        return {slots: [{variable: kernel, name: 'momentum', slot: momentum}]};
      }
    }
    const checkpoint = new Checkpoint({model: {kernel}, optimizer: new Optimizer()});
    await checkpoint.write(join(directory, 'c'));
    const reader = await CheckpointReader.open(localDirectory(directory), 'c');
    expect(reader.keys()).toContain(
      'model/kernel/.OPTIMIZER_SLOT/optimizer/momentum/.ATTRIBUTES/VARIABLE_VALUE',
    );
    momentum.assign(tf.scalar(0));
    (await checkpoint.restore(join(directory, 'c'))).assertConsumed();
    expect(momentum.dataSync()[0]).toBe(7);
  });

  test('is what it was when saving began', async () => {
    const v = tf.variable(tf.scalar(1));
    const checkpoint = new Checkpoint({v});
    const saving = checkpoint.save(join(directory, 'c'));
    v.assign(tf.scalar(2));
    await checkpoint.restore(await saving);
    expect(v.dataSync()[0]).toBe(1);
  });

  test('is of the dtype asked for', async () => {
    const step = tf.variable(tf.scalar(5, 'int32'), false);
    await new Checkpoint({step}, {dtypes: new Map([[step, 'int64']])}).write(join(directory, 'c'));
    const reader = await CheckpointReader.open(localDirectory(directory), 'c');
    expect(reader.entry('step/.ATTRIBUTES/VARIABLE_VALUE').dtype).toBe('int64');
  });

  test('is the variables of loaded models, in their own dtypes', async () => {
    const model = await loadFixture('every_dtype');
    const checkpoint = new Checkpoint({model});
    const path = await checkpoint.save(join(directory, 'c'));
    const original = await CheckpointReader.open(fixtureDirectory('every_dtype'), 'variables/variables');
    const saved = await CheckpointReader.open(localDirectory(directory), 'c-1');
    const keys = original.keys().filter((key) => key.endsWith('VARIABLE_VALUE'));
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(await saved.read(`model/${key}`)).toEqual(await original.read(key));
    await Promise.all([original.close(), saved.close()]);
    (await checkpoint.restore(path)).assertConsumed();
    model.dispose();
  });

  test('is nothing of what cannot have a value, and says so', () => {
    expect(() => new Checkpoint({epochs: 3})).toThrowWithMessage(
      CallError,
      "'epochs' is nothing that a checkpoint can keep",
    );
  });

  test('leaves no tensors behind', async () => {
    const checkpoint = new Checkpoint({v: tf.variable(tf.scalar(1))});
    await checkpoint.save(join(directory, 'c'));
    const before = tf.memory().numTensors;
    await checkpoint.restore(await checkpoint.save(join(directory, 'c')));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('restoring', () => {
  const save = (objects: object) => new Checkpoint(objects).save(join(directory, 'c'));

  test('tells what had no value and what found no use', async () => {
    const path = await save({a: tf.variable(tf.scalar(1)), b: tf.variable(tf.scalar(2))});
    const a = tf.variable(tf.scalar(0));
    const status = await new Checkpoint({a, c: {d: tf.variable(tf.scalar(0))}}).restore(path);
    expect(a.dataSync()[0]).toBe(1);
    expect(status.missing).toEqual(['c/d']);
    expect(status.unused).toEqual(['b/.ATTRIBUTES/VARIABLE_VALUE']);
    expect(() => status.assertConsumed()).toThrow(FormatError);
    expect(() => status.assertExistingObjectsMatched()).toThrowWithMessage(
      FormatError,
      /no value for 'c\/d'/,
    );
    expect(() => new RestoreStatus([], status.unused).assertConsumed()).toThrowWithMessage(
      FormatError,
      /has values for 'b/,
    );
    expect(status.expectPartial()).toBe(status);
  });

  test('changes nothing when something does not fit', async () => {
    const path = await save({a: tf.variable(tf.scalar(1)), b: tf.variable(tf.zeros([3]))});
    const a = tf.variable(tf.scalar(0));
    for (const b of [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([3], 'int32'))]) {
      const restoring = new Checkpoint({a, b}).restore(path);
      await expect(restoring).rejects.toThrowWithMessage(
        CallError,
        /cannot restore 'b\/.*cannot take float32 \(3,\)/,
      );
    }
    expect(a.dataSync()[0]).toBe(0);
  });

  test('refuses integers that do not fit', async () => {
    const model = await loadFixture('every_dtype');
    const wide = model.modelInfo.variables().find(({dtype}) => dtype === 'int64')!;
    const path = await save({v: wide.face()});
    const narrow = tf.variable(tf.zeros(wide.currentShape() as number[], 'int32'));
    await expect(new Checkpoint({v: narrow}).restore(path)).rejects.toThrowWithMessage(
      CallError,
      /does not fit in int32/,
    );
    model.dispose();
  });

  test('finds variables by name in checkpoints of TensorFlow 1', async () => {
    const rows = tf.variable(tf.zeros([7, 3]), true, 'rows');
    const checkpoint = new Checkpoint({anything: {rows}});
    const status = await checkpoint.restore(join(CHECKPOINTS, 'partitioned'));
    expect(rows.dataSync()[20]).toBe(20);
    expect(status.unused).toEqual(['columns', 'whole']);
  });

  test('says where there is no checkpoint', async () => {
    const restoring = new Checkpoint({}).restore(join(directory, 'nowhere'));
    await expect(restoring).rejects.toThrow(FormatError);
    await expect(new Checkpoint({}).save(`${directory}/`)).rejects.toThrowWithMessage(
      CallError,
      /ends with a slash/,
    );
  });

  test('reads from any directory', async () => {
    const v = tf.variable(tf.scalar(0));
    await save({v: tf.variable(tf.scalar(4))});
    const files = Object.fromEntries(
      readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]),
    );
    const place = {directory: memoryDirectory(files), name: 'c-1'};
    await new Checkpoint({v}).restore(place);
    expect(v.dataSync()[0]).toBe(4);
    expect(await latestCheckpoint(place.directory)).toEqual(place);
  });
});

describe('the latest checkpoint', () => {
  test('is the one saved last', async () => {
    expect(await latestCheckpoint(directory)).toBeNull();
    const checkpoint = new Checkpoint({v: tf.variable(tf.scalar(1))});
    await checkpoint.save(join(directory, 'a "quoted" größe'));
    await checkpoint.save(join(directory, 'a "quoted" größe'));
    expect(await latestCheckpoint(directory)).toBe(join(directory, 'a "quoted" größe-2'));
    expect(readFileSync(join(directory, 'checkpoint'), 'latin1')).toBe(
      'model_checkpoint_path: "a \\"quoted\\" gr\\303\\266\\303\\237e-2"\n' +
        'all_model_checkpoint_paths: "a \\"quoted\\" gr\\303\\266\\303\\237e-2"\n',
    );
  });

  test('is none when it was deleted, and found when the directory was moved', async () => {
    await new Checkpoint({v: tf.variable(tf.scalar(1))}).write(join(directory, 'c-7'));
    writeFileSync(join(directory, 'checkpoint'), 'model_checkpoint_path: "/elsewhere/c-7"');
    expect(await latestCheckpoint(directory)).toBe(join(directory, 'c-7'));
    rmSync(join(directory, 'c-7.index'));
    expect(await latestCheckpoint(directory)).toBeNull();
  });

  test('is unknown when the note of it is damaged', async () => {
    writeFileSync(join(directory, 'checkpoint'), 'model_checkpoint_path: ');
    await expect(latestCheckpoint(directory)).rejects.toThrow(FormatError);
  });
});

describe('a manager', () => {
  const names = () => readdirSync(directory).filter((name) => name.endsWith('.index'));

  test('keeps as many as it is told, also when it is made anew', async () => {
    const v = tf.variable(tf.scalar(0));
    const checkpoint = new Checkpoint({v});
    const manager = new CheckpointManager(checkpoint, directory, {maxToKeep: 2});
    expect(await manager.restoreLatest()).toBeNull();
    for (let i = 1; i <= 3; i++) {
      v.assign(tf.scalar(i));
      await manager.save();
    }
    expect(names()).toEqual(['ckpt-2.index', 'ckpt-3.index']);
    expect(readdirSync(directory)).toHaveLength(5);
    const again = new CheckpointManager(new Checkpoint({v}), directory, {maxToKeep: 2});
    v.assign(tf.scalar(0));
    expect(await again.restoreLatest()).toBe(join(directory, 'ckpt-3'));
    expect(v.dataSync()[0]).toBe(3);
    await again.save();
    expect(names()).toEqual(['ckpt-3.index', 'ckpt-4.index']);
    expect(await again.checkpoints()).toEqual([join(directory, 'ckpt-3'), join(directory, 'ckpt-4')]);
  });

  test('keeps one for good now and then', async () => {
    const checkpoint = new Checkpoint({v: tf.variable(tf.scalar(0))});
    const options = {maxToKeep: 1, keepCheckpointEveryNHours: 1e-9};
    const manager = new CheckpointManager(checkpoint, directory, options);
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await manager.save();
    }
    expect(names()).toEqual(['ckpt-1.index', 'ckpt-2.index', 'ckpt-3.index']);
    expect(await manager.checkpoints()).toEqual([join(directory, 'ckpt-3')]);
  });

  test('refuses to keep none', () => {
    expect(() => new CheckpointManager(new Checkpoint({}), directory, {maxToKeep: 0})).toThrow(CallError);
  });
});

test('a checkpoint that cannot be written leaves nothing and does not count', async () => {
  const checkpoint = new Checkpoint({v: tf.variable(tf.scalar(1))});
  writeFileSync(join(directory, 'file'), '');
  await expect(checkpoint.save(join(directory, 'file', 'c'))).rejects.toThrow(SaveError);
  expect(checkpoint.saveCounter).toBe(0);
  expect(readdirSync(directory)).toEqual(['file']);
});

describe('several that write under one name', () => {
  test('leave the checkpoint of one of them, and who restores meanwhile gets one, whole', async () => {
    const values = (number: number) => Array.from({length: 3}, () => tf.variable(tf.fill([1000], number)));
    const path = join(directory, 'shared');
    await new Checkpoint({values: values(0)}).write(path);
    const restored: number[] = [];
    const restore = async () => {
      const own = values(-1);
      (await new Checkpoint({values: own}).restore(path)).assertExistingObjectsMatched();
      const numbers = new Set(own.flatMap((each) => [...each.dataSync()]));
      expect(numbers.size).toBe(1);
      restored.push([...numbers][0]!);
    };
    const write = async (first: number) => {
      for (let i = first; i < first + 5; i++) await new Checkpoint({values: values(i)}).write(path);
    };
    const writing = Promise.all([write(1), write(11), write(21)]);
    for (let i = 0; i < 15; i++) await restore();
    await writing;
    await restore();
    expect([5, 15, 25]).toContain(restored.at(-1));
    expect(readdirSync(directory).sort()).toEqual(['shared.data-00000-of-00001', 'shared.index']);
  });
});
