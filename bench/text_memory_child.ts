/**
 * Computes one batch and prints what memory it took.
 *
 *     node --expose-gc build/bench/text_memory_child/text_memory_child.js PATH SIGNATURE STRINGS
 *
 * @module
 */

import {readFileSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {dtypeInfo} from '../src/host/dtypes.js';
import {load} from '../src/index.js';
import {type GivenStrings, readStrings} from './text_lines.js';
import {type BatchMemory, FORGET_PEAK} from './text_memory.js';

/** Calls of a small batch that compile all there is to compile. */
const WARM_UP_CALLS = 20;
const WARM_UP_STRINGS = 500;

/** Where a string of a tensor begins and ends. */
const PLACES = 8;

const [path = '', signature = '', given = ''] = process.argv.slice(2);
const {signatures} = await load(path, {onnx: {threads: 1, keep: false}});
const serve = signatures[signature]!;
const [name = ''] = Object.keys(serve.inputs);
const strings = readStrings(JSON.parse(given) as GivenStrings);

const call = (batch: string[] | Uint8Array[]) => serve({[name]: batch}) as Record<string, tf.Tensor>;
for (let i = 0; i < WARM_UP_CALLS; i++) tf.dispose(call(strings.slice(0, WARM_UP_STRINGS)));
globalThis.gc!();
globalThis.gc!();
writeFileSync(FORGET_PEAK, '5');
const before = kilobytes('VmRSS');
const outputs = call(strings);
const peak = kilobytes('VmHWM');

let resultBytes = 0;
for (const [key, output] of Object.entries(outputs)) {
  const dtype = serve.outputs[key]!.dtype;
  resultBytes +=
    dtype === 'string'
      ? bytesOf((await output.bytes()) as Uint8Array[])
      : output.size * dtypeInfo(dtype).bytes;
}
const measured: BatchMemory = {
  inputBytes: bytesOf(strings),
  resultBytes,
  peakBytes: 1024 * (peak - before),
};
console.log(JSON.stringify(measured));

function bytesOf(all: readonly (string | Uint8Array)[]): number {
  let bytes = PLACES * all.length;
  for (const each of all) bytes += typeof each === 'string' ? Buffer.byteLength(each) : each.length;
  return bytes;
}

/** A line of what Linux says of this process. */
function kilobytes(key: string): number {
  const [, value] = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync('/proc/self/status', 'utf8'),
  )!;
  return Number(value);
}
