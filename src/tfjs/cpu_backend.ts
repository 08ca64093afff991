/**
 * tfjs's cpu backend without the banner it prints at its first use in Node, and its engine, repaired. Importing this module
 * is enough, so that tensors made before any model is loaded bring none, either, and are counted rightly.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {repairEngine} from './engine_books.js';

repairEngine();

const {registry, registryFactory} = tf.engine();

/** The banner hangs on this flag of the backend, and on no setting. */
function quiet<T extends object>(backend: T): T {
  return Object.assign(backend, {firstUse: false});
}

const cpu = registryFactory.cpu;
if (cpu !== undefined) {
  const {factory} = cpu;
  cpu.factory = () => quiet(factory());
}
if (registry.cpu !== undefined) quiet(registry.cpu);

/** Makes the cpu backend the active one. */
export async function quietCpuBackend(): Promise<void> {
  await tf.setBackend('cpu');
}
