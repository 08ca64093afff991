/**
 * Checkpoints: what is written here, TensorFlow reads, restores and trains on from.
 * `tsx scripts/conformance_checkpoint.ts FOLDER OLD NEWEST`: a folder of its own, Pythons with TensorFlow 2.15, whose Keras has
 * the optimizers that those of tfjs are saved as, and with the newest release.
 *
 * @module
 */

import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {CheckpointReader} from '../src/bundle/reader.js';
import {type TensorToSave, writeCheckpoint} from '../src/bundle/writer.js';
import {KerasTraining} from '../src/keras/testing/keras_training.js';
import {localDirectory} from '../src/platform/node.js';
import {writableDirectory, writeFiles} from '../src/platform/output.js';
import {OPTIMIZER_NAMES, TRAINING_FIXTURES, Training} from '../src/savedmodel/testing/training.js';
import {type Score, tell} from './score.js';
import {ENVIRONMENT} from './tensorflow.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What is trained here and in Keras, as checkpoints. */
async function train(folder: string): Promise<void> {
  await tf.setBackend('cpu');
  for (const name of OPTIMIZER_NAMES) {
    const training = new Training(name);
    await training.checkpoint.restore(`${TRAINING_FIXTURES}${name}-1`);
    await training.checkpoint.save(join(folder, name));
  }
  const keras = new KerasTraining();
  await keras.checkpoint.restore(`${TRAINING_FIXTURES}keras-1`);
  await keras.checkpoint.save(join(folder, 'keras'));
}

/** The checkpoints of TensorFlow with every dtype and with parts of tensors, in as many data files as there are tensors. */
async function writeAgain(build: string): Promise<void> {
  const fixtures = localDirectory(join(ROOT, 'fixtures/checkpoints'));
  const output = await writableDirectory(build);
  for (const [name, maxShardBytes] of [
    ['dtypes', 16],
    ['dtypes_in_one', Number.MAX_VALUE],
    ['objects', 1],
    ['partitioned', 100],
  ] as const) {
    const reader = await CheckpointReader.open(fixtures, name.replace('_in_one', ''));
    const tensors = reader.keys().flatMap((key): TensorToSave[] => {
      const entry = reader.entry(key);
      return entry.dtype === 'variant' ? [] : [{key, ...entry, read: () => reader.read(key)}];
    });
    await writeFiles(output, (files) => writeCheckpoint(files, name, tensors, {maxShardBytes}));
    await reader.close();
  }
  if (readdirSync(build).filter((file) => file.startsWith('dtypes.data-')).length < 10) {
    throw new Error('the checkpoint of every dtype was to be in many data files');
  }
}

function check(part: string, python: string, args: readonly string[]): Score {
  const env = {...process.env, ...ENVIRONMENT};
  const {stdout, stderr} = spawnSync(python, args, {cwd: ROOT, encoding: 'utf8', env});
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
  if (passed === undefined) return {part, passed: 0, failed: 1, details: [stdout + stderr]};
  const details = stdout.split('\n').filter((line) => line.startsWith('FAILED'));
  return {part, passed: Number(passed), failed: Number(failed), details};
}

const [folder, old, newest] = process.argv.slice(2);
if (!folder || !old || !newest) throw new Error('usage: conformance_checkpoint.ts FOLDER OLD NEWEST');
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
await writeAgain(folder);
await train(folder);
const compared = ['fixtures/compare_checkpoints.py', 'fixtures/checkpoints', folder];
tell([
  check('checkpoints read by TensorFlow 2.15', old, compared),
  check('checkpoints read by the newest TensorFlow', newest, compared),
  check('checkpoints trained on from', old, ['fixtures/training_checkpoints.py', '--check', folder]),
]);
