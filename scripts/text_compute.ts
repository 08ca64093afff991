/**
 * What this library computes of a call of `text_calls.ts`: by raw ops, on rows of columns.
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import '../src/index.js';
import {type DType, isBigInt, type NumericArray} from '../src/host/dtypes.js';
import {allocate, type HostData} from '../src/host/tensor.js';
import {encodeTensorBytes} from '../src/host/tensor_bytes.js';
import type {ExactData, ExactTensor} from '../src/savedmodel/boundary.js';
import {rawOps} from '../src/savedmodel/raw/raw_ops.js';
import type {CallInput, TextCall} from './text_calls.js';
import type {Column} from './text_corpus.js';

/** A result in the form in which both sides are compared: strings as their lengths and then their bytes, numbers as they lie in memory. */
export interface Output {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

type RawOp = (inputs: Readonly<Record<string, unknown>>, attrs: object) => unknown;

const OPS = rawOps.exact as unknown as Readonly<Record<string, RawOp>>;
const ENCODER = new TextEncoder();

/** Computes calls. */
export class Computer {
  readonly #columns: Readonly<Record<string, Column>>;
  readonly #folder: string;
  /** Tables and models, by what they are made of. */
  readonly #resources = new Map<string, unknown>();

  /** @param folder - where the other side writes its files */
  constructor(columns: Readonly<Record<string, Column>>, folder: string) {
    this.#columns = columns;
    this.#folder = folder;
  }

  /** The results of the rows from `start` to before `end`. */
  compute({op, inputs, attrs}: TextCall, start: number, end: number): Output[] {
    const given = Object.fromEntries(
      Object.entries(inputs).map(([name, each]) => [name, this.#inputs(each, start, end)]),
    );
    return flattened(OPS[op]!(given, attrs)).map(({dtype, shape, data}) => ({
      dtype,
      shape,
      bytes: dtype === 'string' ? bytesOfStrings(data) : encodeTensorBytes(dtype, data as HostData),
    }));
  }

  #inputs(given: CallInput | readonly CallInput[], start: number, end: number): unknown {
    return isList(given)
      ? given.map((each) => this.#input(each, start, end))
      : this.#input(given, start, end);
  }

  #input(given: CallInput, start: number, end: number): unknown {
    if ('column' in given) {
      const {width = 1} = given;
      const {dtype, data} = this.#columns[given.column]!;
      const rows = end - start;
      return {
        dtype,
        shape: given.width === undefined ? [rows] : [rows, width],
        data: data.slice(start * width, end * width),
      };
    }
    if ('values' in given) {
      const {dtype, data, splits} = this.#columns[given.values]!;
      const part = data.slice(splits![start]!, splits![end]!);
      return {dtype, shape: [part.length], data: part};
    }
    if ('splits' in given) {
      const splits = this.#columns[given.splits]!.splits!.slice(start, end + 1);
      return numbers(
        given.dtype,
        Array.from(splits, (each) => each - splits[0]!),
      );
    }
    if ('constant' in given) return constant(given);
    if ('file' in given) {
      return {dtype: 'string', shape: [], data: [this.#read(given.file)]};
    }
    if ('model' in given) {
      const data = this.#read(given.model);
      return {dtype: 'uint8', shape: [data.length], data};
    }
    const key = JSON.stringify(given);
    if (!this.#resources.has(key)) {
      const made =
        'table' in given
          ? this.#table(given.table, given.to)
          : OPS.SentencepieceOp!({}, {model: this.#read(given.sentencepiece)});
      this.#resources.set(key, made);
    }
    return this.#resources.get(key);
  }

  /** A table of the different strings of a column. */
  #table(name: string, to: string | undefined): unknown {
    const strings = this.#columns[name]!.data as readonly Uint8Array[];
    const keys = [...new Map(strings.map((each) => [Buffer.from(each).toString('latin1'), each])).values()];
    const values =
      to === undefined
        ? numbers('int64', [...keys.keys()])
        : {
            dtype: 'string',
            shape: [keys.length],
            data: this.#columns[to]!.data.slice(0, keys.length),
          };
    const handle = OPS.HashTableV2!({}, {key_dtype: 'string', value_dtype: values.dtype});
    OPS.LookupTableImportV2!(
      {table_handle: handle, keys: {dtype: 'string', shape: [keys.length], data: keys}, values},
      {},
    );
    return handle;
  }

  #read(file: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.#folder, file)));
  }
}

const isList = (given: CallInput | readonly CallInput[]): given is readonly CallInput[] =>
  Array.isArray(given);

function constant(given: Extract<CallInput, {constant: unknown}>): ExactTensor {
  const {constant} = given;
  if (typeof constant === 'boolean') return {dtype: 'bool', shape: [], data: Uint8Array.of(Number(constant))};
  const values = [constant].flat() as readonly (string | number)[];
  const shape = typeof constant === 'object' ? [values.length] : [];
  if ('dtype' in given) return {...numbers(given.dtype as DType, values as readonly number[]), shape};
  return {dtype: 'string', shape, data: values.map((each) => ENCODER.encode(each as string))};
}

function numbers(dtype: DType, values: readonly number[]): ExactTensor {
  const data = allocate(dtype, values.length) as NumericArray;
  for (let i = 0; i < values.length; i++) {
    data[i] = (isBigInt(dtype) ? BigInt(values[i]!) : values[i]!) as never;
  }
  return {dtype, shape: [values.length], data};
}

/** The tensors in what an op gives, in order. */
function flattened(result: unknown): ExactTensor[] {
  if (result === undefined) return [];
  if (Array.isArray(result)) return result.flatMap(flattened);
  const {dtype, shape, data} = result as Partial<ExactTensor>;
  return dtype !== undefined && shape !== undefined && data !== undefined
    ? [{dtype, shape, data}]
    : Object.values(result as object).flatMap(flattened);
}

function bytesOfStrings(data: ExactData): Uint8Array {
  const strings = [...(data as Iterable<Uint8Array>)];
  const lengths = Int32Array.from(strings, ({length}) => length);
  return Buffer.concat([new Uint8Array(lengths.buffer), ...strings]);
}
