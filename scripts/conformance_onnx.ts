/**
 * Writes signatures and functions of fixtures and of models of others as ONNX models, and has Python's ONNX Runtime run them beside
 * TensorFlow. `tsx scripts/conformance_onnx.ts FOLDER PYTHON FIXTURES [MODELS]`: a folder of its own, the Python of TensorFlow 2.15, the fixtures that it
 * built, and the folder of models of others.
 *
 * @module
 */

import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {delimiter, join, resolve} from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import {functionAt, signatureNamed} from '../src/cli/functions.js';
import {localDirectory} from '../src/platform/node.js';
import {loadModel} from '../src/savedmodel/load/load.js';
import type {LoadedObject} from '../src/savedmodel/load/loaded_object.js';
import {identifierOf} from '../src/savedmodel/load/parameter_names.js';
import {exportOnnx, type OnnxModelTensor} from '../src/savedmodel/onnx/export_onnx.js';
import {namedFunction} from '../src/savedmodel/onnx/ports.js';
import {tell} from './score.js';
import {benchPackages, installBench} from './tensorflow.js';
import {verdictsOf} from './verdicts.js';

/** Of fixtures, the functions to write; a signature is called `signatures.NAME`. */
const OF_FIXTURES: Readonly<Record<string, readonly string[]>> = {
  attention: ['signatures.serving_default'],
  batch_norm_keras: ['signatures.serving_default'],
  captured_constants: ['project', 'project_back'],
  cnn: ['signatures.serving_default'],
  conditionals: ['choose', 'nested', 'switch'],
  efficientnet: ['__call__'],
  gru: ['gru'],
  half_precision: ['half'],
  hub_image_feature_vector: ['signatures.serving_default'],
  loops: ['break_continue', 'maximum_iterations', 'nested', 'newton'],
  lstm: ['both', 'lstm'],
  mobilenet_v2_features: ['__call__'],
  named_inputs: ['signatures.serving_default'],
  odd_names: ['signatures.one'],
  partitioned_variable: ['signatures.serving_default'],
  signatures_only: ['signatures.serving_default', 'signatures.nothing'],
  v1_convolutions: ['signatures.serving_default'],
  v1_hub_partitioned: ['signatures.default', 'signatures.rows'],
  v1_partitioned: ['signatures.product'],
  v1_reference_variables: ['signatures.serving_default', 'signatures.classes'],
  v1_resource_variables: ['signatures.serving_default'],
  wide_integers: ['signatures.serving_default'],
};

/** Of models of others. */
const OF_MODELS: Readonly<Record<string, readonly string[]>> = {
  basic_pitch_nmp: ['signatures.serving_default'],
  half_plus_two_tf2: ['signatures.serving_default'],
  times_three_float: ['signatures.serving_default'],
};

interface Case {
  readonly name: string;
  readonly file: string;
  readonly signature?: string;
  readonly function?: string;
  readonly inputs: readonly OnnxModelTensor[];
  /** By input and output of the file: what Python calls it, and its name in the file. */
  readonly arguments: readonly (readonly [string, string])[];
  readonly results: readonly (readonly [string, string])[];
}

/** A model for Python, and what was written of it. */
interface Entry {
  readonly directory: string;
  readonly tags: readonly string[] | null;
  readonly cases: readonly Case[];
}

const [folder, python, fixtures, models] = process.argv.slice(2) as [string, string, string, string?];
if (!fixtures) throw new Error('usage: conformance_onnx.ts FOLDER PYTHON FIXTURES [MODELS]');

let files = 0;

/** Writes a function; every second one with its weights in a file of their own. */
async function written(model: LoadedObject, name: string, path: string): Promise<Case> {
  const signature = path.startsWith('signatures.') ? path.slice('signatures.'.length) : undefined;
  const source = signature === undefined ? functionAt(model, path) : signatureNamed(model, signature);
  const file = join(folder, `${name}.${path}.onnx`);
  const externalData = files++ % 2 === 1;
  const {inputs, outputs, dataBytes} = await exportOnnx(source, file, {dropAssertions: true, externalData});
  const named = namedFunction(source);
  return {
    name: `${name} ${path}${dataBytes > 0 ? ', weights beside it' : ''}`,
    file,
    ...(signature === undefined ? {function: path} : {signature}),
    inputs,
    arguments: named.inputs.map((key, i) => [identifierOf(key), inputs[i]!.name]),
    results: named.outputs.map((key, i) => [key, outputs[i]!.name]),
  };
}

async function entry(
  directory: string,
  name: string,
  paths: readonly string[],
  tags: readonly string[] | null,
): Promise<Entry> {
  const model = await loadModel(localDirectory(directory), {engine: 'tfjs', ...(tags && {tags: [...tags]})});
  const cases: Case[] = [];
  for (const path of paths) cases.push(await written(model, name, path));
  model.dispose();
  return {directory, tags, cases};
}

rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
await tf.setBackend('cpu');
const entries: Entry[] = [];
for (const [name, paths] of Object.entries(OF_FIXTURES)) {
  const facts = JSON.parse(readFileSync(join(fixtures, `${name}.cases.json`), 'utf8')) as Pick<Entry, 'tags'>;
  entries.push(await entry(join(resolve(fixtures), name), name, paths, facts.tags));
}
if (models !== undefined) {
  for (const [name, paths] of Object.entries(OF_MODELS))
    entries.push(await entry(join(resolve(models), name), name, paths, null));
}
const cases = join(folder, 'cases.json');
writeFileSync(cases, JSON.stringify(entries));
installBench();
process.env.PYTHONPATH = [benchPackages, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
const total = entries.reduce((sum, {cases: own}) => sum + own.length, 0);
const {passed, failures} = await verdictsOf(python, ['fixtures/check_onnx.py', cases], total);
tell([{part: "models as ONNX, Python's ONNX Runtime", passed, failed: failures.length, details: failures}]);
