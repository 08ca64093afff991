/**
 * Inputs and results of calls of text in words, for whoever has to find out why two sides differ.
 *
 * @module
 */

import type {Part} from './text_answers.js';
import type {CallInput, TextCall} from './text_calls.js';
import type {Output} from './text_compute.js';
import type {Column} from './text_corpus.js';

/** Characters of a string that are shown, and of an input or result. */
const STRING = 120;
const TENSOR = 300;

type Columns = Readonly<Record<string, Column>>;

/** A call by its op, its inputs and its attributes. */
export function nameOf({op, inputs, attrs}: TextCall): string {
  const given = (Object.values(inputs).flat() as CallInput[]).map((each) => String(Object.values(each)[0]));
  return `${op} of ${given.join(', ')} ${JSON.stringify(attrs)}`;
}

/** The inputs of some rows. */
export function shownInputs({inputs}: TextCall, columns: Columns, rows: Part): string {
  return Object.entries(inputs)
    .map(([name, input]) => {
      const each = ([input].flat() as CallInput[]).map((one) => shownInput(one, columns, rows));
      return `${name}=${each.join(', ')}`;
    })
    .join(' ');
}

function shownInput(input: CallInput, columns: Columns, {start, end}: Part): string {
  if ('column' in input) {
    const {column, width = 1} = input;
    return shownColumn(columns[column]!, start * width, end * width);
  }
  if ('values' in input) {
    const {splits} = columns[input.values]!;
    return shownColumn(columns[input.values]!, splits![start]!, splits![end]!);
  }
  return JSON.stringify(Object.values(input)[0]);
}

function shownColumn({dtype, data}: Column, start: number, end: number): string {
  const part = data.slice(start, end);
  const each =
    dtype === 'string' ? (part as readonly Uint8Array[]).map(shownString).join(', ') : String(part);
  return each.slice(0, TENSOR);
}

/** Valid UTF-8 as it is read, other bytes in hexadecimal. */
function shownString(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  return (isText ? JSON.stringify(text) : `[${Buffer.from(bytes).toString('hex')}]`).slice(0, STRING);
}

/** Results of a call. */
export function shownOutputs(outputs: readonly Output[]): string {
  return outputs.map((each) => shownOutput(each).slice(0, TENSOR)).join('; ');
}

function shownOutput({dtype, shape, bytes}: Output): string {
  const spec = `${dtype}[${shape}]`;
  const own = new Uint8Array(bytes);
  if (dtype !== 'string') return `${spec} ${NUMBERS[dtype]?.(own.buffer) ?? own}`;
  const size = shape.reduce((product, dim) => product * dim, 1);
  let at = 4 * size;
  const strings = Array.from(new Int32Array(own.buffer, 0, size), (length) =>
    shownString(own.subarray(at, (at += length))),
  );
  return `${spec} ${strings.join(', ')}`;
}

/** How the numbers of a result are read; those that are not here are shown as bytes. */
const NUMBERS: Readonly<Record<string, (buffer: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  float32: (buffer) => new Float32Array(buffer),
  float64: (buffer) => new Float64Array(buffer),
  int16: (buffer) => new Int16Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
};
