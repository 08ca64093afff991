/**
 * The tfjs backend that models run on: the user's choice, else the best there is, with every kernel that models need.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {getPlatform} from '../platform/current.js';
import {completeBackend} from './backend_kernels.js';
import {quietCpuBackend} from './cpu_backend.js';

let completed: string | undefined;

/** Makes sure that a backend is active. One that the user has set stays; else the best registered one is taken. */
export async function ensureBackend(): Promise<void> {
  const chosen = tf.getBackend();
  await quietCpuBackend();
  if (chosen !== undefined) {
    await tf.setBackend(chosen);
  } else {
    await getPlatform().importBackend?.();
    await activateBest();
  }
  completeActiveBackend();
}

/** Adds the kernels that the active backend lacks; cheap when that has been done. */
export function completeActiveBackend(): void {
  const active = tf.getBackend();
  if (active === completed) return;
  completeBackend(active);
  completed = active;
}

/** Tries the registered backends by priority, as tfjs does; the cpu backend always works. */
async function activateBest(): Promise<void> {
  const factories = tf.engine().registryFactory;
  const names = Object.keys(factories).sort((a, b) => factories[b]!.priority - factories[a]!.priority);
  for (const name of names) if (await tf.setBackend(name)) return;
}
