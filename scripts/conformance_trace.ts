/**
 * Saves functions that were traced, one for each kernel of tfjs and more, and has TensorFlow compute what they compute.
 * `tsx scripts/conformance_trace.ts FOLDER OLD NEWEST`: a folder of its own, Pythons with TensorFlow 2.15 and the newest release.
 *
 * @module
 */

import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import {saveModel} from '../src/savedmodel/save/save.js';
import {Trackable} from '../src/savedmodel/save/trackable.js';
import {ensureBackend} from '../src/tfjs/backend.js';
import {func, TensorSpec} from '../src/trace/func.js';
import {KERNEL_CASES} from '../src/trace/testing/kernel_cases.js';
import {PROGRAM_CASES} from '../src/trace/testing/program_cases.js';
import {elementsOfTensor} from '../src/trace/testing/run_traced.js';
import {type Score, tell} from './score.js';
import {verdictsOf} from './verdicts.js';

const CASES = {...KERNEL_CASES, ...PROGRAM_CASES};

/** JSON has no NaN. */
const json = (tensor: tf.Tensor) => ({
  dtype: tensor.dtype,
  shape: tensor.shape,
  data: elementsOfTensor(tensor).map((each) =>
    Number.isFinite(each) || tensor.dtype === 'string' ? each : String(each),
  ),
});

/** Saves a model of all functions, and what they compute. */
async function build(folder: string): Promise<void> {
  await tf.setBackend('cpu');
  await ensureBackend();
  class Functions extends Trackable {
    [name: string]: unknown;
  }
  const model = new Functions();
  const cases = Object.entries(CASES).map(([name, {f, specs, inputs}], i) => {
    const attribute = `f${i}`;
    const inputSignature = specs.map(([shape, dtype]) => new TensorSpec(shape, dtype));
    model[attribute] = func(f, {inputSignature, name: attribute});
    const calls = inputs.map((make) =>
      tf.tidy(() => {
        const given = make();
        return {inputs: given.map(json), outputs: [f(...given)].flat().map(json)};
      }),
    );
    return {name, attribute, calls};
  });
  await saveModel(model, folder, {overwrite: true});
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
}

/** Has TensorFlow load the model and compare. */
async function compare(release: string, python: string, folder: string): Promise<Score> {
  const total = Object.keys(CASES).length;
  const {passed, failures} = await verdictsOf(python, ['fixtures/check_traced.py', folder], total);
  return {
    part: `traced functions, TensorFlow ${release}`,
    passed,
    failed: failures.length,
    details: failures,
  };
}

const [folder, old, newest] = process.argv.slice(2);
if (!folder || !old || !newest) throw new Error('usage: conformance_trace.ts FOLDER OLD NEWEST');
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
const model = join(folder, 'traced');
await build(model);
tell([await compare('2.15', old, model), await compare('newest', newest, model)]);
