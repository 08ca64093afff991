/**
 * Loads the image model of a directory, calls it once, and prints how much memory that took.
 *
 *     node bench/start_child.mjs DIRECTORY
 *
 * With the built package, for that is what its users start.
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as hub from 'tensorflow-hub';

const model = await hub.load(process.argv[2]);
const {scores} = model.signatures.serving_default({images: tf.ones([1, 224, 224, 3])});
if (scores.dataSync().length !== 1000) throw new Error('the results are not those of an image model');

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
