/**
 * Loads the model of a directory, calls it once, and prints how much memory that took.
 *
 *     node bench/start_child.mjs images|embedding DIRECTORY
 *
 * With the built package, for that is what its users start.
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as hub from 'tensorflow-hub';

const [kind, directory] = process.argv.slice(2);
const {serving_default: serve} = (await hub.load(directory)).signatures;
const [result, size] =
  kind === 'images'
    ? [serve({images: tf.ones([1, 224, 224, 3])}).scores, 1000]
    : [serve({ids: tf.tensor2d([[0, 2_000_000, 4_000_000]], undefined, 'int32')}).vectors, 3 * 64];
if (result.dataSync().length !== size) throw new Error('the results are not those of such a model');

/** What the process itself had at most: what `resourceUsage` says may be its parent's. */
function peakBytes() {
  try {
    const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'latin1'));
    return Number(kilobytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

console.log(JSON.stringify({peakBytes: peakBytes()}));
