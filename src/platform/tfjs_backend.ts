/**
 * Sets up tfjs's cpu backend without the banner it prints at its first use in Node.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

/** Makes sure the cpu backend is there and silent. The backend that is active stays so, if there is one. */
export async function setCpuBackendQuiet(): Promise<void> {
  const active = tf.getBackend();
  await tf.setBackend('cpu');
  // The banner is tied to this flag of the backend, and to no setting.
  (tf.findBackend('cpu') as unknown as {firstUse: boolean}).firstUse = false;
  if (active !== undefined && active !== 'cpu') await tf.setBackend(active);
}
