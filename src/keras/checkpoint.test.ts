import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import '../platform/node.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {EXPECTED, KerasTraining, TRAINING_FIXTURES} from './testing/keras_training.js';

beforeAll(quietCpuBackend);

function expectClose(actual: number[][], expected: readonly (readonly number[])[]): void {
  actual.flat().forEach((value, i) => {
    expect(Math.abs(value - expected.flat()[i]!)).toBeLessThan(1e-5 + 1e-4 * Math.abs(value));
  });
}

test('a layers model goes on training where Keras left off', async () => {
  const training = new KerasTraining();
  (await training.checkpoint.restore(`${TRAINING_FIXTURES}keras-1`)).assertConsumed();
  expectClose(training.predictions(), EXPECTED.keras.checkpoint);
  await training.train(3);
  expectClose(training.predictions(), EXPECTED.keras.later);
});

test('a layers model and its optimizer are saved and restored', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  const training = new KerasTraining();
  await training.train(2);
  const path = await training.checkpoint.save(join(directory, 'ckpt'));
  const again = new KerasTraining();
  (await again.checkpoint.restore(path)).assertConsumed();
  await Promise.all([training.train(2), again.train(2)]);
  // Adam's powers of beta are computed anew, not multiplied up.
  expectClose(again.predictions(), training.predictions());
  rmSync(directory, {recursive: true});
});
