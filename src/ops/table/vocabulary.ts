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
import {type DType, isInteger} from '../../host/dtypes.js';
import {partOf} from '../../host/strided_copy.js';
import {Value} from '../../tensors/value.js';
import {Column} from './column.js';

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

/** The keys and values of a text file. Throws a CallError for a file or a spec that TensorFlow refuses. */
export function readVocabulary(
  content: Uint8Array,
  keyDType: DType,
  valueDType: DType,
  spec: VocabularySpec,
): [keys: Value, values: Value] {
  checkIndex('key', spec.keyIndex, keyDType);
  checkIndex('value', spec.valueIndex, valueDType);
  const columns = Math.max(spec.keyIndex, spec.valueIndex) + 1;
  const keys = fieldColumn(keyDType, spec.keyIndex, spec);
  const values = fieldColumn(valueDType, spec.valueIndex, spec);
  let count = 0;
  for (const line of lines(content)) {
    if (count === spec.size) break;
    if (line.length === 0) throw new CallError(`${spec.name}: line ${count} is empty`);
    const fields = columns > 0 ? splitFields(line, spec.delimiter) : [];
    if (fields.length < columns) {
      throw new CallError(
        `${spec.name}: line ${count} has ${fields.length} columns, not at least ${columns}`,
      );
    }
    keys.add(count, line, fields);
    values.add(count, line, fields);
    count++;
  }
  if (count === 0) throw new CallError(`${spec.name}: the file is empty`);
  if (spec.size >= 0 && count < spec.size) {
    throw new CallError(`${spec.name}: expected vocab_size ${spec.size}, but the file has ${count} lines`);
  }
  return [keys.value(count), values.value(count)];
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

/** Lines as TensorFlow's `InputBuffer::ReadLine` gives them: a carriage return at the end is no part of a line. */
function* lines(content: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < content.length; ) {
    const feed = content.indexOf(LINE_FEED, start);
    const end = feed < 0 ? content.length : feed;
    const hasReturn = end > start && content[end - 1] === CARRIAGE_RETURN;
    const line = content.subarray(start, hasReturn ? end - 1 : end);
    // Behind the last line feed, nothing is no line.
    if (feed < 0 && line.length === 0) return;
    yield line;
    start = end + 1;
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function splitFields(line: Uint8Array, delimiter: number): Uint8Array[] {
  const fields: Uint8Array[] = [];
  let start = 0;
  for (let end = line.indexOf(delimiter); end >= 0; end = line.indexOf(delimiter, start)) {
    fields.push(line.subarray(start, end));
    start = end + 1;
  }
  fields.push(line.subarray(start));
  return fields;
}

/** Collects one field of each line. */
function fieldColumn(dtype: DType, index: number, {name, offset}: VocabularySpec) {
  const column = new Column(dtype, 1);
  const cell: (string | number | bigint | Uint8Array)[] = [0];
  const parse = (line: number, text: Uint8Array): number | bigint | Uint8Array => {
    if (dtype === 'string') return text;
    const number = isNumberDType(dtype) ? parseNumber(text, dtype) : undefined;
    if (number === undefined) {
      throw new CallError(`${name}: the field '${toLatin1(text)}' in line ${line} is not a valid ${dtype}`);
    }
    return dtype === 'int32' ? (number as number) + offset : number;
  };
  return {
    add(line: number, whole: Uint8Array, fields: readonly Uint8Array[]): void {
      cell[0] =
        index === LINE_NUMBER
          ? BigInt(line + offset)
          : parse(line, index === WHOLE_LINE ? whole : fields[index]!);
      column.set(line, cell as never, 0);
    },
    value(count: number): Value {
      return Value.host(dtype, [count], partOf(column.hostData, dtype, 0, count));
    },
  };
}
