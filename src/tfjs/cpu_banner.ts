/**
 * The banner that tfjs's cpu backend prints at its first use in Node: it hangs on a flag of the backend, and on no setting.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

let isInstalled = false;

/** Keeps the banner from being printed, whoever starts the backend. Calling it again does nothing. */
export function installQuietStart(): void {
  if (isInstalled) return;
  isInstalled = true;
  const {registry, registryFactory} = tf.engine();
  const {cpu} = registryFactory;
  if (cpu !== undefined) {
    const {factory} = cpu;
    cpu.factory = () => quiet(factory());
  }
  if (registry.cpu !== undefined) quiet(registry.cpu);
}

function quiet<T extends object>(backend: T): T {
  return Object.assign(backend, {firstUse: false});
}
