/**
 * Calls of fixtures, and what TensorFlow computed for them.
 *
 * @module
 */

import {readFile} from 'node:fs/promises';
import {here} from './paths.js';

/** A tensor of float32. */
export interface Floats {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A call with named inputs and outputs, or with one of each: a function's are called `''`. */
export interface Case {
  readonly signature?: string;
  readonly inputs: Readonly<Record<string, Floats>>;
  readonly outputs: Readonly<Record<string, Floats>>;
}

interface JsonTensor {
  readonly $tensor: {readonly shape: readonly number[]; readonly data: string};
}

type JsonTensors = Readonly<Record<string, JsonTensor>>;

interface JsonCase {
  readonly call: {readonly signature?: string; readonly function?: string};
  readonly args: readonly JsonTensor[];
  readonly kwargs: JsonTensors;
  readonly outputs?: JsonTensor | {readonly $dict: JsonTensors};
}

/** The directory of a fixture. */
export const fixture = (name: string): string => here(`../fixtures/models/${name}`);

/** The first call of a signature, or of the model itself where it has none. */
export async function firstCase(name: string): Promise<Case> {
  const path = `${fixture(name)}.cases.json`;
  const {cases} = JSON.parse(await readFile(path, 'utf8')) as {cases: JsonCase[]};
  const found = cases.find(({call, outputs}) => call.signature !== undefined && outputs) ?? cases[0];
  if (found?.outputs === undefined) throw new Error(`${path} has no call.`);
  const {call, args, kwargs, outputs} = found;
  if (call.signature === undefined) {
    return {inputs: decoded({'': args[0]!}), outputs: decoded({'': outputs as JsonTensor})};
  }
  const {$dict} = outputs as {$dict: JsonTensors};
  return {signature: call.signature, inputs: decoded(kwargs), outputs: decoded($dict)};
}

function decoded(tensors: JsonTensors): Record<string, Floats> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, {$tensor}]) => {
      const {buffer} = Uint8Array.from(Buffer.from($tensor.data, 'base64'));
      return [name, {shape: $tensor.shape, values: [...new Float32Array(buffer)]}];
    }),
  );
}
