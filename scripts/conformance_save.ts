/**
 * Shows that the real TensorFlow takes what this library saves: every fixture loaded and saved anew, objects made here and
 * objects that hold several loaded ones, and models that are trained by turns here and in Python.
 * `tsx scripts/conformance_save.ts FOLDER OLD NEWEST [FIXTURES...]`: a folder of its own, Pythons with TensorFlow 2.15 and
 * the newest release, and directories of fixtures that each release wrote.
 *
 * @module
 */

import {spawn} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as hub from '../src/index.js';
import {localDirectory} from '../src/platform/node.js';
import {loadModel} from '../src/savedmodel/load/load.js';
import {Trackable} from '../src/savedmodel/save/trackable.js';
import type {Fixture} from '../src/savedmodel/testing/fixture_cases.js';
import {ensureBackend} from '../src/tfjs/backend.js';
import {func, TensorSpec} from '../src/trace/func.js';
import {type Score, tell} from './score.js';
import {ENVIRONMENT} from './tensorflow.js';
import {verdictsOf} from './verdicts.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMITTED = join(ROOT, 'fixtures', 'models');

/** Saves everything, and has both releases check it. */
async function checkSaving(
  directory: string,
  old: string,
  newest: string,
  fixtures: readonly string[],
): Promise<Score[]> {
  rmSync(directory, {recursive: true, force: true});
  await tf.setBackend('cpu');
  await ensureBackend();
  const parts: Score[] = [];
  for (const [i, source] of fixtures.entries()) {
    const saved = join(directory, `saved_${i}`);
    parts.push(await saveAnew(source, saved));
    // What the newest release writes may have ops that 2.15 does not know.
    const isNewer = (name: string) => name.endsWith('_tfnew');
    const names = readFixtures(source).map(({name}) => name);
    parts.push(
      await check(
        '2.15',
        old,
        saved,
        source,
        names.filter((name) => !isNewer(name)),
      ),
    );
    parts.push(await check('the newest release', newest, saved, source, names));
  }
  const made = join(directory, 'made');
  const names = await saveMade(made);
  parts.push(await check('2.15, objects that hold loaded ones', old, made, made, names));
  parts.push(await check('the newest release, objects that hold loaded ones', newest, made, made, names));
  parts.push(await trainByTurns(join(directory, 'circle'), old));
  return parts.filter(({passed, failed}) => passed + failed > 0);
}

/** Every fixture of a directory, by what is recorded of it. */
function readFixtures(directory: string): Fixture[] {
  const names = readdirSync(directory).filter((file) => file.endsWith('.cases.json'));
  return names.sort().map((file) => {
    const name = file.slice(0, -'.cases.json'.length);
    const content = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Fixture;
    return {...content, name, directory: join(directory, name)};
  });
}

/** Loads and saves every fixture of a directory. */
async function saveAnew(source: string, target: string): Promise<Score> {
  const details: string[] = [];
  const fixtures = readFixtures(source);
  for (const {name, directory, tags} of fixtures) {
    try {
      const model = await loadModel(localDirectory(directory), tags ? {tags} : {});
      await hub.savedModel.save(model, join(target, name));
      model.dispose();
    } catch (error) {
      details.push(`FAIL ${name}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  const failed = details.length;
  return {part: 'fixtures saved anew', passed: fixtures.length - failed, failed, details};
}

/** Has TensorFlow check what was saved against the fixtures' cases. */
async function check(
  release: string,
  python: string,
  saved: string,
  cases: string,
  names: readonly string[],
): Promise<Score> {
  const part = `saved models in TensorFlow ${release}`;
  if (names.length === 0) return {part, passed: 0, failed: 0, details: []};
  const args = ['fixtures/check_saved.py', saved, '--cases', cases, '--only', names.join(',')];
  const {output, errors} = await run(python, args);
  const counts = /(\d+) passed, (\d+) failed/.exec(output);
  const details = errors
    .split('\n')
    .filter((line) => line.startsWith('failed: '))
    .map((line) => `FAIL ${line.slice('failed: '.length)}`);
  if (counts === null) {
    return {part, passed: 0, failed: 1, details: [`FAIL ${output.slice(-500)}${errors.slice(-500)}`]};
  }
  if (details.length > 0) console.log(output);
  return {part, passed: Number(counts[1]), failed: Number(counts[2]), details};
}

/** Saves objects that hold several loaded models; their cases are those of the models, under other names. */
async function saveMade(directory: string): Promise<string[]> {
  mkdirSync(directory, {recursive: true});
  const all = readFixtures(COMMITTED);
  const fixture = (name: string) => all.find((each) => each.name === name)!;
  const load = (name: string) => hub.savedModel.load(localDirectory(fixture(name).directory));
  const pairs: Record<string, readonly [string, string]> = {
    twice_the_same: ['mymul', 'mymul'],
    tables: ['lookup_tables', 'lookup_tables'],
    gradients: ['custom_gradient', 'custom_gradient'],
    mutable: ['mutable_tables', 'captured_constants'],
    keras: ['gru', 'cnn'],
  };
  for (const [name, [first, second]] of Object.entries(pairs)) {
    const object = Object.assign(new Trackable(), {first: await load(first), list: [await load(second)]});
    await hub.savedModel.save(object, join(directory, name));
    const cases = [...renamed(fixture(first), 'first'), ...renamed(fixture(second), 'list.0')];
    const content = {tags: null, signatures: {}, cases};
    writeFileSync(join(directory, `${name}.cases.json`), JSON.stringify(content));
  }
  return Object.keys(pairs);
}

/** The cases of a fixture for an object that holds it. Gradients and values are told by names of variables, which change. */
function renamed({cases}: Fixture, path: string): object[] {
  return cases
    .filter(({call}) => call.function !== undefined)
    .map(({gradients, variables_after, call, ...rest}) => {
      void gradients;
      void variables_after;
      return {...rest, call: {function: `${path}.${call.function}`}};
    });
}

class MyMul extends Trackable {
  readonly v = tf.variable(tf.scalar(2));
  readonly variables = [this.v];
  readonly trainable_variables = [this.v];
  readonly regularization_losses = [func(() => tf.mul(tf.square(this.v), 0.001), {inputSignature: []})];
  readonly __call__ = func((x: tf.Tensor) => tf.mul(x, this.v), {
    inputSignature: [new TensorSpec(null, 'float32')],
    argNames: ['x'],
  });
}

/** Fixtures that are fine-tuned here, and the shape of one of their inputs. */
const FINE_TUNED: Readonly<Record<string, number[]>> = {
  mlp: [4],
  hub_image_feature_vector: [16, 16, 3],
};

const json = (tensor: tf.Tensor) => ({
  dtype: tensor.dtype,
  shape: tensor.shape,
  data: Array.from(tensor.dataSync()),
});

/** Python saves; this library fine-tunes and saves; Python goes on; this library loads that again. */
async function trainByTurns(directory: string, python: string): Promise<Score> {
  mkdirSync(directory, {recursive: true});
  await hub.savedModel.save(new MyMul(), join(directory, 'my_mul'));
  const given = new Map<string, tf.Tensor>();
  for (const [name, shape] of Object.entries(FINE_TUNED)) {
    const loaded = await hub.load(join(COMMITTED, name));
    const layer = new hub.KerasLayer(loaded, {trainable: true, inputShape: shape});
    const model = tfl.sequential({layers: [layer]});
    model.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
    const inputs = tf.randomUniform([8, ...shape], 0, 1, 'float32', 7);
    const targets = tf.randomUniform((model.predict(inputs) as tf.Tensor).shape, 0, 1, 'float32', 8);
    await model.fit(inputs, targets, {epochs: 5, verbose: 0});
    const loss = (model.evaluate(inputs, targets, {verbose: 0}) as tf.Scalar).dataSync()[0];
    const outputs = model.predict(inputs) as tf.Tensor;
    await hub.savedModel.save(loaded, join(directory, name));
    const losses = loaded.regularizationLosses.map((each) => each() as tf.Tensor);
    const regularization = tf.addN(losses).dataSync()[0];
    const content = {
      regularization,
      inputs: json(inputs),
      targets: json(targets),
      outputs: json(outputs),
      loss,
    };
    writeFileSync(join(directory, `${name}.circle.json`), JSON.stringify(content));
    given.set(name, inputs);
  }
  const verdicts = await verdictsOf(python, ['fixtures/check_finetuned.py', directory]);
  const details = [...verdicts.failures];
  let {passed} = verdicts;
  for (const [name, inputs] of given) {
    try {
      const again = await hub.load(join(directory, `${name}.continued`));
      const expected = JSON.parse(readFileSync(join(directory, `${name}.continued.json`), 'utf8')) as {
        data: number[];
      };
      const actual = (again(inputs, {training: false}) as tf.Tensor).dataSync();
      const worst = Math.max(...expected.data.map((value, i) => Math.abs(value - actual[i]!)));
      if (!(worst < 1e-4)) throw new Error(`differs by ${worst}`);
      passed++;
    } catch (error) {
      details.push(`FAIL ${name}, as Python saved it: ${(error as Error).message}`);
    }
  }
  return {part: 'trained by turns here and in Python', passed, failed: details.length, details};
}

function run(command: string, args: readonly string[]): Promise<{output: string; errors: string}> {
  const env = {...process.env, ...ENVIRONMENT};
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe']});
    const text = {output: '', errors: ''};
    child.stdout.on('data', (chunk: Buffer) => {
      text.output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text.errors += chunk;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

const [directory, old, newest, ...fixtures] = process.argv.slice(2);
if (!directory || !old || !newest)
  throw new Error('usage: conformance_save.ts FOLDER OLD NEWEST [FIXTURES...]');
tell(await checkSaving(directory, old, newest, fixtures));
