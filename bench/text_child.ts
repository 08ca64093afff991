/**
 * Computes with a text model in a process of its own.
 *
 *     node build/bench/text_child/text_child.js PATH SIGNATURE
 *
 * @module
 */

import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import {load} from '../src/index.js';
import {median} from './measure.js';
import type {TextAnswer, TextRequest} from './text_contender.js';
import {readStrings} from './text_lines.js';
import type {ElementKind} from './text_results.js';

const [path = '', signature = ''] = process.argv.slice(2);
const {signatures} = await load(path, {onnx: {threads: 1, keep: false}});
const serve = signatures[signature]!;
const [name = ''] = Object.keys(serve.inputs);

/** What was read last; what is called with is the same again and again. */
let read:
  | {readonly key: string; readonly values: string[] | Uint8Array[]; readonly tensor: tf.Tensor}
  | undefined;

function given(request: TextRequest): {readonly values: string[] | Uint8Array[]; readonly tensor: tf.Tensor} {
  const key = JSON.stringify(request.strings);
  if (read?.key !== key) {
    read?.tensor.dispose();
    const values = readStrings(request.strings);
    read = {key, values, tensor: tf.tensor1d(values as string[], 'string')};
  }
  return read;
}

async function answer(request: TextRequest): Promise<TextAnswer> {
  const {values, tensor} = given(request);
  const input = request.from === 'values' ? values : tensor;
  const call = () => serve({[name]: input}) as Record<string, tf.Tensor>;
  const times: number[] = [];
  const before = process.cpuUsage();
  const end = performance.now() + (request.milliseconds ?? 0);
  do {
    const start = performance.now();
    const outputs = call();
    if (request.results !== undefined) await writeResults(outputs, request.results);
    tf.dispose(outputs);
    times.push(performance.now() - start);
  } while (performance.now() < end);
  const {user, system} = process.cpuUsage(before);
  return {milliseconds: median(times), processor: (user + system) / 1000 / times.length, calls: times.length};
}

async function writeResults(outputs: Record<string, tf.Tensor>, directory: string): Promise<void> {
  const specs: Record<string, {kind: ElementKind; shape: readonly number[]}> = {};
  for (const [name, output] of Object.entries(outputs)) {
    const kind = output.dtype === 'string' || output.dtype === 'float32' ? output.dtype : 'int32';
    specs[name] = {kind, shape: output.shape};
    await writeFile(join(directory, name), await bytesOf(output));
  }
  await writeFile(join(directory, 'results.json'), JSON.stringify(specs));
}

async function bytesOf(output: tf.Tensor): Promise<Uint8Array> {
  if (output.dtype !== 'string') {
    const data = output.dataSync() as Float32Array | Int32Array;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const strings = (await output.bytes()) as Uint8Array[];
  const lengths = Int32Array.from(strings, ({length}) => length);
  return Buffer.concat([new Uint8Array(lengths.buffer), ...strings]);
}

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await answer(JSON.parse(line) as TextRequest)));
}
