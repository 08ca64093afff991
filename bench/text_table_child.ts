/**
 * Loads a model with a table, looks a word up, and prints what that took.
 *
 *     node --expose-gc build/bench/text_table_child/text_table_child.js PATH WORD
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {load} from '../src/index.js';
import type {TableMeasurement} from './text_table.js';

const [path = '', word = ''] = process.argv.slice(2);

function look({signatures}: Awaited<ReturnType<typeof load>>): number {
  const {result} = signatures.serve!({strings: [word]}) as Record<string, tf.Tensor>;
  return result!.dataSync()[0]!;
}

const start = performance.now();
const model = await load(path, {onnx: {threads: 1, keep: false}});
look(model);
const milliseconds = performance.now() - start;

// What waits for a turn of the event loop to be let go is not held.
await new Promise((resolve) => setTimeout(resolve, 100));
globalThis.gc!();
globalThis.gc!();
const {heapUsed, external, rss} = process.memoryUsage();
const measured: TableMeasurement = {
  milliseconds,
  found: look(model),
  heldBytes: heapUsed + external,
  residentBytes: rss,
};
console.log(JSON.stringify(measured));
process.exit();
