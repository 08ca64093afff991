/**
 * Training steps against those of Python's `hub.KerasLayer` with Keras 2: every loss, and every weight after 1 and after
 * 10 steps.
 */

import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import '@tensorflow/tfjs-backend-wasm';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {
  type Compared,
  OPTIMIZERS,
  type OptimizerName,
  readTrajectories,
  retrace,
} from './testing/trajectories.js';

/** Conformance records more of them elsewhere and names the place. */
const DIRECTORY =
  process.env.TFHUB_TRAJECTORIES ?? fileURLToPath(new URL('../../fixtures/trajectories', import.meta.url));

const BACKENDS = process.env.TFHUB_BACKEND?.split(',') ?? ['cpu', 'wasm'];

/** Relative, for each element. */
const TOLERANCE = 1e-4;

const trajectories = readTrajectories(DIRECTORY);

/** The largest difference, relative to the element, or to the floor where that is larger. */
function largestError({ours, theirs}: Compared, share: number): number {
  const values = Array.from(theirs);
  const floor = share * values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const errors = values.map((value, i) => {
    const error = Math.abs(ours[i]! - value);
    return error === 0 ? 0 : error / Math.max(Math.abs(value), floor);
  });
  return errors.reduce((largest, each) => Math.max(largest, each), 0);
}

it('finds trajectories', () => expect(trajectories.length).toBeGreaterThan(0));

for (const backend of BACKENDS) {
  describe(`on the ${backend} backend`, () => {
    beforeAll(async () => {
      await quietCpuBackend();
      await tf.setBackend(backend);
    });
    afterAll(async () => {
      await tf.setBackend('cpu');
    });

    for (const trajectory of trajectories) {
      for (const optimizer of Object.keys(OPTIMIZERS) as OptimizerName[]) {
        it(`${trajectory.name}, ${optimizer}: ${trajectory.description}`, async () => {
          const before = tf.memory().numTensors;
          const compared = await retrace(trajectory, optimizer);
          for (const each of compared) {
            expect(each.ours.length, each.what).toBe(each.theirs.length);
            expect(largestError(each, trajectory.floor), each.what).toBeLessThanOrEqual(TOLERANCE);
          }
          if (process.env.TFHUB_TRAJECTORIES !== undefined) report(compared, trajectory.floor);
          // tfjs's momentum optimizer keeps a scalar of its own when it is disposed.
          const left = before + (optimizer === 'momentum' ? 1 : 0);
          expect(tf.memory().numTensors, 'tensors left').toBe(left);
        });
      }
    }
  });
}

/** Says how near the nearest miss is. */
function report(compared: readonly Compared[], floor: number): void {
  const errors = compared
    .map((each) => [largestError(each, floor), each.what] as const)
    .sort(([a], [b]) => b - a);
  const [error, what] = errors[0]!;
  console.log(`largest relative difference ${error.toExponential(1)}: ${what}`);
}
