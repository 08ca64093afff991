/**
 * Saves functions that were traced, one for each kernel of tfjs and more, and has TensorFlow compute what they compute. Run
 * alone with `tsx scripts/conformance_trace.ts FOLDER OLD NEWEST`: Pythons with TensorFlow 2.15 and the newest release.
 *
 * @module
 */

import {spawn} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
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

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const CASES = {...KERNEL_CASES, ...PROGRAM_CASES};

/** What came of comparing with one release. */
export interface TracePart {
  readonly part: string;
  readonly passed: number;
  readonly failed: number;
  readonly details: readonly string[];
}

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
async function compare(release: string, python: string, folder: string): Promise<TracePart> {
  const script = join(ROOT, 'fixtures', 'check_traced.py');
  const child = spawn(python, [script, folder], {
    env: {
      ...process.env,
      TF_CPP_MIN_LOG_LEVEL: '3',
      TF_ENABLE_ONEDNN_OPTS: '0',
      PYTHONDONTWRITEBYTECODE: '1',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let passed = 0;
  const details: string[] = [];
  for await (const line of createInterface({input: child.stdout})) {
    if (line.startsWith('PASS ')) passed++;
    else if (line.startsWith('FAIL ')) details.push(line);
  }
  const total = Object.keys(CASES).length;
  if (passed + details.length < total)
    details.push(`only ${passed + details.length} of ${total} were compared`);
  return {part: `traced functions, TensorFlow ${release}`, passed, failed: details.length, details};
}

/**
 * Traced functions, computed by the real TensorFlow.
 *
 * @param folder - to save the model in
 * @param pythons - by release
 */
export async function runTraceConformance(
  folder: string,
  pythons: Readonly<Record<string, string>>,
): Promise<TracePart[]> {
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  const model = join(folder, 'traced');
  await build(model);
  const parts: TracePart[] = [];
  for (const [release, python] of Object.entries(pythons)) parts.push(await compare(release, python, model));
  return parts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, old, newest] = process.argv.slice(2);
  for (const {part, passed, failed, details} of await runTraceConformance(folder!, {
    '2.15': old!,
    newest: newest!,
  })) {
    console.log(`${part}: ${passed} passed, ${failed} failed`);
    for (const line of details) console.log(`  ${line}`);
  }
}
