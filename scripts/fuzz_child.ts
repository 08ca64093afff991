/**
 * Tries damaged models one after the other, in a process that may be ended: forked with the backend as its argument, and sent
 * `{seed, from, to}`. Sends `{begin}` before each and `{end, outcome, fault}` after it.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '../src/platform/node.js';
import {quietCpuBackend} from '../src/tfjs/cpu_backend.js';
import {fuzzCase} from './fuzz_case.js';
import {outcomeOf} from './fuzz_outcome.js';

await quietCpuBackend();
await tf.setBackend(process.argv[2] ?? 'cpu');
process.on('message', async ({seed, from, to}: {seed: number; from: number; to: number}) => {
  for (let number = from; number < to; number++) {
    const one = fuzzCase(seed, number);
    process.send!({begin: number, what: `${one.fixture}: ${one.what}`});
    process.send!({end: number, ...(await outcomeOf(one))});
  }
  process.disconnect();
});
process.send!({ready: true});
