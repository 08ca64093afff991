/**
 * Conformance of checkpoints: what is written here, TensorFlow reads, restores and trains on from.
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

const ROOT = fileURLToPath(new URL('../', import.meta.url));

export interface CheckpointScore {
  readonly passed: number;
  readonly failed: number;
  readonly details: readonly string[];
}

/**
 * @param options.python - With TensorFlow 2.15, whose Keras has the optimizers that those of tfjs are saved as.
 * @param options.newest - With the newest TensorFlow.
 * @param options.build - A directory for files that are made on the way.
 */
export async function runCheckpointConformance(options: {
  readonly python: string;
  readonly newest?: string;
  readonly build: string;
}): Promise<CheckpointScore> {
  const {python, newest, build} = options;
  rmSync(build, {recursive: true, force: true});
  mkdirSync(build, {recursive: true});
  await writeAgain(build);
  await tf.setBackend('cpu');
  for (const name of OPTIMIZER_NAMES) {
    const training = new Training(name);
    await training.checkpoint.restore(`${TRAINING_FIXTURES}${name}-1`);
    await training.checkpoint.save(join(build, name));
  }
  const keras = new KerasTraining();
  await keras.checkpoint.restore(`${TRAINING_FIXTURES}keras-1`);
  await keras.checkpoint.save(join(build, 'keras'));
  const scores = [
    ...[python, ...(newest === undefined ? [] : [newest])].map((each) =>
      check(each, ['fixtures/compare_checkpoints.py', 'fixtures/checkpoints', build]),
    ),
    check(python, ['fixtures/training_checkpoints.py', '--check', build]),
  ];
  return {
    passed: scores.reduce((sum, {passed}) => sum + passed, 0),
    failed: scores.reduce((sum, {failed}) => sum + failed, 0),
    details: scores.flatMap(({details}) => details),
  };
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

function check(python: string, args: readonly string[]): CheckpointScore {
  const {stdout, stderr} = spawnSync(python, args, {cwd: ROOT, encoding: 'utf8'});
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
  if (passed === undefined) return {passed: 0, failed: 1, details: [stdout + stderr]};
  const details = stdout.split('\n').filter((line) => line.startsWith('FAILED'));
  return {passed: Number(passed), failed: Number(failed), details};
}
