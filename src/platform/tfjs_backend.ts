/**
 * tfjs's cpu backend without the banner it prints at its first use in Node.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

/** Initialises the cpu backend, silently, and leaves it active. */
export async function quietCpuBackend(): Promise<void> {
  await tf.setBackend('cpu');
  // The banner hangs on this flag of the backend, and on no setting.
  (tf.findBackend('cpu') as unknown as {firstUse: boolean}).firstUse = false;
}
