/**
 * Text files that lookup tables are filled from: one entry per line.
 *
 * Mirrors `tensorflow/core/kernels/lookup_util.cc`.
 *
 * @module
 */

import {toLatin1} from '../../algorithms/bytes.js';
import {isNumberDType, parseNumber} from '../../algorithms/number_text.js';
import {CallError} from '../../errors.js';
import {type DType, isInteger, type NumericArray} from '../../host/dtypes.js';
import {setInteger, wordsOf} from '../../host/int64.js';
import {PackedStrings} from '../../host/strings.js';
import {allocate, type HostData, int32Array} from '../../host/tensor.js';
import {LineNumbers} from './column.js';

const WHOLE_LINE = -2;
const LINE_NUMBER = -1;

/** How lines become entries. */
export interface VocabularySpec {
  /** What to call the file in messages. */
  readonly name: string;
  /** -2 for the whole line, -1 for the line's number, else a column. */
  readonly keyIndex: number;
  readonly valueIndex: number;
  /** A byte. */
  readonly delimiter: number;
  /** Lines to read; -1 for all. The file may have more, but not fewer. */
  readonly size: number;
  /** Added to line numbers and to int32 fields. */
  readonly offset: number;
}

/** The keys and values of a text file. They lie in its content, as far as they are strings. */
export interface Vocabulary {
  readonly keys: HostData;
  readonly values: HostData | LineNumbers;
}

/** Reads a text file. Throws a CallError for a file or a spec that TensorFlow refuses. */
export function readVocabulary(
  content: Uint8Array,
  keyDType: DType,
  valueDType: DType,
  spec: VocabularySpec,
): Vocabulary {
  checkIndex('key', spec.keyIndex, keyDType);
  checkIndex('value', spec.valueIndex, valueDType);
  const {name, delimiter, size} = spec;
  const columns = Math.max(spec.keyIndex, spec.valueIndex) + 1;
  const lines = countLines(content);
  const most = size < 0 ? lines : Math.min(size, lines);
  const keys = new Field(content, keyDType, spec.keyIndex, spec, most);
  const values = new Field(content, valueDType, spec.valueIndex, spec, most);
  let count = 0;
  for (let start = 0, next = 0; count < most; start = next) {
    const feed = endOf(content, start, content.length, LINE_FEED);
    next = feed + 1;
    // As `InputBuffer::ReadLine` has it, a carriage return at the end is no part of a line, and behind the last line
    // feed nothing is no line.
    const end = feed > start && content[feed - 1] === CARRIAGE_RETURN ? feed - 1 : feed;
    if (end === start) {
      if (feed >= content.length) break;
      throw new CallError(`${name}: line ${count} is empty`);
    }
    if (columns > 1) {
      const found = countFields(content, start, end, delimiter);
      if (found < columns) {
        throw new CallError(`${name}: line ${count} has ${found} columns, not at least ${columns}`);
      }
    }
    keys.add(count, start, end);
    values.add(count, start, end);
    count++;
  }
  if (count === 0) throw new CallError(`${name}: the file is empty`);
  if (size >= 0 && count < size) {
    throw new CallError(`${name}: expected vocab_size ${size}, but the file has ${count} lines`);
  }
  const keyData = keys.data(count);
  return {
    keys: keyData instanceof LineNumbers ? keyData.gather(int32Array(count, (i) => i)) : keyData,
    values: values.data(count),
  };
}

function checkIndex(what: string, index: number, dtype: DType): void {
  if (index < WHOLE_LINE) throw new CallError(`${index} is no column that a ${what} can be in`);
  if (index === LINE_NUMBER && dtype !== 'int64') {
    throw new CallError(`a line number as ${what} requires an int64 ${what}, got ${dtype}`);
  }
  if (index === WHOLE_LINE && dtype !== 'string' && !isInteger(dtype)) {
    throw new CallError(`a whole line as ${what} requires a string or integer ${what}, got ${dtype}`);
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Where what begins at `start` ends: before a byte, or else at `end`. */
function endOf(content: Uint8Array, start: number, end: number, byte: number): number {
  let at = start;
  while (at < end && content[at] !== byte) at++;
  return at;
}

/** Line feeds, and a line behind the last one. */
function countLines(content: Uint8Array): number {
  let count = 1;
  for (let at = 0; at < content.length; at++) if (content[at] === LINE_FEED) count++;
  return count;
}

function countFields(content: Uint8Array, start: number, end: number, delimiter: number): number {
  let count = 1;
  for (let at = start; at < end; at++) if (content[at] === delimiter) count++;
  return count;
}

/** One field of each line, or what stands for it. */
class Field {
  readonly #content: Uint8Array;
  readonly #dtype: DType;
  readonly #index: number;
  readonly #spec: VocabularySpec;
  /** Where the field of each line lies, if it is a string. */
  readonly #starts: Int32Array = NOTHING;
  readonly #ends: Int32Array = NOTHING;
  /** The number of each line, if it is one. */
  readonly #numbers: NumericArray = NOTHING;
  readonly #words: Int32Array = NOTHING;

  /** @param most - how many lines there can be */
  constructor(content: Uint8Array, dtype: DType, index: number, spec: VocabularySpec, most: number) {
    this.#content = content;
    this.#dtype = dtype;
    this.#index = index;
    this.#spec = spec;
    if (dtype === 'string') {
      this.#starts = allocate('int32', most) as Int32Array;
      this.#ends = allocate('int32', most) as Int32Array;
    } else if (index !== LINE_NUMBER) {
      this.#numbers = allocate(dtype, most);
      if (dtype === 'int64') this.#words = wordsOf(this.#numbers as BigInt64Array);
    }
  }

  /** Takes in what a line has of it. */
  add(line: number, start: number, end: number): void {
    if (this.#index === LINE_NUMBER) return;
    const {delimiter} = this.#spec;
    let [from, to] = [start, end];
    if (this.#index !== WHOLE_LINE) {
      for (let field = 0; field < this.#index; field++) from = endOf(this.#content, from, end, delimiter) + 1;
      to = endOf(this.#content, from, end, delimiter);
    }
    if (this.#dtype === 'string') {
      this.#starts[line] = from;
      this.#ends[line] = to;
    } else {
      const number = wholeNumber(this.#content, from, to);
      if (number !== undefined && isNumberDType(this.#dtype)) this.#setWhole(line, number);
      else this.#numbers[line] = this.#parse(line, this.#content.subarray(from, to)) as never;
    }
  }

  /** Takes in one of the numbers that most are. */
  #setWhole(line: number, number: number): void {
    if (this.#dtype === 'int64') setInteger(this.#words, line, number);
    else this.#numbers[line] = this.#dtype === 'int32' ? number + this.#spec.offset : number;
  }

  /** Those of the first `count` lines. */
  data(count: number): HostData | LineNumbers {
    if (this.#index === LINE_NUMBER) return new LineNumbers(this.#spec.offset);
    if (this.#dtype !== 'string') return this.#numbers.subarray(0, count);
    return new PackedStrings(this.#content, this.#starts.subarray(0, count), this.#ends.subarray(0, count));
  }

  #parse(line: number, text: Uint8Array): number | bigint {
    const dtype = this.#dtype;
    const number = isNumberDType(dtype) ? parseNumber(text, dtype) : undefined;
    if (number !== undefined) return dtype === 'int32' ? (number as number) + this.#spec.offset : number;
    throw new CallError(
      `${this.#spec.name}: the field '${toLatin1(text)}' in line ${line} is not a valid ${dtype}`,
    );
  }
}

const NOTHING = new Int32Array(0);

/** Digits that a number of 32 bits holds whatever they are. */
const SAFE_DIGITS = 9;

/** The number that a few digits spell; undefined for anything else. */
function wholeNumber(content: Uint8Array, start: number, end: number): number | undefined {
  if (start === end || end - start > SAFE_DIGITS) return undefined;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = content[at]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    number = 10 * number + digit;
  }
  return number;
}
