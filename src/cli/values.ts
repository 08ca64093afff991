/**
 * Values on the command line: inputs as JSON or NumPy files, outputs as JSON.
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import {type DType, dtypeInfo, isBigInt} from '../host/dtypes.js';
import {elementsOf, type HostTensor} from '../host/tensor.js';
import {type ExactTensor, hostTensorOf} from '../savedmodel/boundary.js';
import {readNpy, readNpz} from './npy.js';
import {UsageError} from './usage.js';

/** An input as given: `[NAME=]VALUE`. */
export interface GivenInput {
  readonly name?: string;
  readonly value: unknown;
}

/**
 * Reads `[NAME=]VALUE`. VALUE is a JSON literal, `@file.json`, `@file.npy` or `@file.npz`; an `.npz` without a name gives
 * an input for each array in it.
 */
export function parseInput(text: string): GivenInput[] {
  // JSON has a '=' only in a string, after a quote, and a path only after the '@': what else stands before one is a name.
  const named = /^([^"[\]{}@=][^"[\]{}=]*)=(.*)$/s.exec(text);
  const value = named ? named[2]! : text;
  const name = named?.[1];
  if (value.startsWith('@') && value.endsWith('.npz')) {
    const arrays = readNpz(readInputFile(value.slice(1)), value.slice(1));
    if (name === undefined) return [...arrays].map(([key, array]) => ({name: key, value: array}));
    const only = arrays.size === 1 ? [...arrays.values()][0] : arrays.get(name);
    if (only === undefined)
      throw new UsageError(`${value.slice(1)} has several arrays and none named '${name}'`);
    return [{name, value: only}];
  }
  return [name === undefined ? {value: parseValue(value)} : {name, value: parseValue(value)}];
}

/** Reads `NAME=JSON`. */
export function parseArgument(text: string): [string, unknown] {
  const [, name, json] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--arg takes NAME=JSON, got '${text}'`);
  return [name, parseJson(json!, `--arg ${name}`)];
}

function parseValue(text: string): unknown {
  if (!text.startsWith('@')) return parseJson(text, 'the input');
  const path = text.slice(1);
  const bytes = readInputFile(path);
  if (path.endsWith('.npy')) return readNpy(bytes, path);
  return parseJson(new TextDecoder().decode(bytes), path);
}

function readInputFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`, {cause});
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${what} is not JSON: ${text.slice(0, 60)} (${(cause as Error).message})`, {cause});
  }
}

/** A tensor as JSON: elements in row-major order. */
export interface JsonOutput {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** Flattens a nest of exact tensors: `a/b` for what is nested, `output_0` for a lone tensor. */
export function flattenOutputs(output: unknown): Map<string, HostTensor> {
  const flat = new Map<string, HostTensor>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isTensor(value)) flat.set(path || 'output_0', hostTensorOf(value));
    else
      for (const [key, item] of Object.entries(value))
        visit(item, path === '' ? outputKey(value, key) : `${path}/${key}`);
  };
  visit(output, '');
  return flat;
}

/** Members of an unnamed list are called as signatures call theirs. */
function outputKey(container: object, key: string): string {
  return Array.isArray(container) ? `output_${key}` : key;
}

function isTensor(value: object): value is ExactTensor {
  return 'dtype' in value && 'shape' in value && 'data' in value;
}

/**
 * A tensor for JSON. What JSON cannot say is text: infinities and NaN by name, integers beyond 2^53 in decimal; strings
 * that are no UTF-8 are `{"b64": ...}`; complex numbers are pairs.
 */
export function toJson({dtype, shape, data}: HostTensor): JsonOutput {
  const {kind} = dtypeInfo(dtype);
  const elements = Array.from(
    elementsOf(data) as ArrayLike<never>,
    ELEMENTS[isBigInt(dtype) ? 'bigint' : kind] ?? ((x) => x),
  );
  if (kind !== 'complex') return {dtype, shape, data: elements};
  const pairs = Array.from({length: elements.length / 2}, (_, i) => [elements[2 * i], elements[2 * i + 1]]);
  return {dtype, shape, data: pairs};
}

const number = (x: number): number | string => (Number.isFinite(x) ? x : String(x));

const ELEMENTS: Readonly<Record<string, (element: never) => unknown>> = {
  float: number,
  complex: number,
  bool: (x: number) => x !== 0,
  bigint: (x: bigint) => (Number.isSafeInteger(Number(x)) ? Number(x) : x.toString()),
  string: (bytes: Uint8Array) => {
    try {
      return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
    } catch {
      return {b64: Buffer.from(bytes).toString('base64')};
    }
  },
};
