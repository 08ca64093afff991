import * as fs from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeEach, expect, test} from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import {CallError} from '../../errors.js';
import {localDirectory} from '../../platform/node.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {func} from '../../trace/func.js';
import {saveModel} from '../save/save.js';
import {Trackable} from '../save/trackable.js';
import {describeModel} from './describe.js';
import {loadModel} from './load.js';
import type {RestoredFunction} from './restored_function.js';

let root: string;
let directory: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'whole-'));
  directory = join(root, 'model');
});
afterEach(() => fs.rmSync(root, {recursive: true}));

/** Says its number twice, by its variable and by its graph. */
class Numbered extends Trackable {
  readonly v: tf.Variable;
  readonly numbers;

  constructor(number: number) {
    super();
    this.v = tf.variable(tf.scalar(number));
    this.numbers = func(() => [tf.add(this.v, 0), tf.scalar(number)], {inputSignature: []});
  }
}

/** What a model says; `opened` is told each file that is opened. */
async function numbersOf(opened: (path: string) => void = () => undefined): Promise<number[]> {
  const local = localDirectory(directory);
  const watched: ModelDirectory = {
    name: local.name,
    list: (path) => local.list(path),
    open: (path) => {
      opened(path);
      return local.open(path);
    },
  };
  const model = await loadModel(watched);
  const said = (model.get('numbers') as RestoredFunction)() as tf.Tensor[];
  const numbers = said.map((tensor) => tensor.dataSync()[0]!);
  tf.dispose(said);
  model.dispose();
  return numbers;
}

const other = () => join(root, 'other');
/** Puts files of the other model in the place of this one's, one after the other, as TensorFlow does. */
const replace = (...paths: string[]) => {
  for (const path of paths) {
    fs.copyFileSync(join(other(), path), join(directory, `${path}.new`));
    fs.renameSync(join(directory, `${path}.new`), join(directory, path));
  }
};
const VARIABLES = ['variables/variables.data-00000-of-00001', 'variables/variables.index'];

test('a model of which TensorFlow has written but the variables yet is waited for', async () => {
  await saveModel(new Numbered(1), directory);
  await saveModel(new Numbered(2), other());
  replace(...VARIABLES);
  let tries = 0;
  const numbers = await numbersOf((path) => {
    // The fingerprint is opened once in each try.
    if (path === 'fingerprint.pb' && ++tries === 3) replace('saved_model.pb', 'fingerprint.pb');
  });
  expect(numbers).toEqual([2, 2]);
  expect(tries).toBeGreaterThanOrEqual(3);
});

test('a model whose fingerprint stays that of others is loaded, as TensorFlow does', async () => {
  await saveModel(new Numbered(1), directory);
  await saveModel(new Numbered(2), other());
  replace(...VARIABLES);
  const before = new Date(Date.now() - 60_000);
  for (const path of [...VARIABLES, 'fingerprint.pb']) fs.utimesSync(join(directory, path), before, before);
  let tries = 0;
  const numbers = await numbersOf((path) => {
    tries += Number(path === 'fingerprint.pb');
  });
  expect(numbers).toEqual([2, 1]);
  expect(tries).toBe(1);
});

test('a model that is saved over before each of its files is opened is one of those saved, also as it is described', async () => {
  await saveModel(new Numbered(0), directory);
  const numbers = Array.from({length: 12}, (_, i) => i + 1);
  let next = 1;
  for (const number of numbers) {
    const saving = saveModel(new Numbered(number), directory, {overwrite: true});
    const [first, second] = await numbersOf();
    expect(first).toBe(second);
    const {size} = await describeModel(localDirectory(directory));
    expect(size).toBeGreaterThan(0);
    await saving;
    next++;
  }
  expect(await numbersOf()).toEqual([next - 1, next - 1]);
});

test('a model whose fingerprint is damaged is loaded', async () => {
  await saveModel(new Numbered(3), directory);
  fs.writeFileSync(join(directory, 'fingerprint.pb'), Buffer.alloc(9, 0xff));
  expect(await numbersOf()).toEqual([3, 3]);
});

test('a model elsewhere, whose files cannot tell whether they change, is asked for no more than is read', async () => {
  await saveModel(new Numbered(1), directory);
  const local = localDirectory(directory);
  const asked: string[] = [];
  const model = await loadModel({
    name: 'remote',
    list: () => Promise.reject(new Error('nobody lists')),
    open: async (path) => {
      asked.push(path);
      const file = await local.open(path);
      return file && {size: file.size, readInto: (...to) => file.readInto(...to), close: () => file.close()};
    },
  });
  model.dispose();
  const count = (path: string) => asked.filter((each) => each === path).length;
  expect([count('saved_model.pb'), count('fingerprint.pb')]).toEqual([1, 0]);
});

test.each([Number.NaN, -1])('a save is told to wait for a time, and not for %s', async (waitMs) => {
  const saving = saveModel(new Numbered(1), directory, {waitMs});
  await expect(saving).rejects.toThrowWithMessage(CallError, /waitMs is a number of milliseconds/);
  expect(fs.readdirSync(root)).toEqual([]);
});
