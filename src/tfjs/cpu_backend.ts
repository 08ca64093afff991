/**
 * tfjs's cpu backend as the active one.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {installRepairs} from './install.js';

/** Makes the cpu backend the active one, without the banner it prints at its first use in Node. */
export async function quietCpuBackend(): Promise<void> {
  installRepairs();
  await tf.setBackend('cpu');
}
