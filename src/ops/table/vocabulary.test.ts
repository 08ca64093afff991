/** What a table holds of a vocabulary file; what is read from one, `kernels.test.ts` compares with TensorFlow. */

import {describe, expect, it} from 'vitest';
import {encodeUtf8} from '../../algorithms/utf8.js';
import {CallError} from '../../errors.js';
import type {DType} from '../../host/dtypes.js';
import {PackedStrings} from '../../host/strings.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import {LineNumbers} from './column.js';
import {StaticTable} from './lookup_table.js';
import {readVocabulary} from './vocabulary.js';

const WHOLE_LINE = -2;
const LINE_NUMBER = -1;

function read(content: Uint8Array, keyIndex: number, valueIndex: number, keys: DType, values: DType) {
  const spec = {name: 'words.txt', keyIndex, valueIndex, delimiter: 0x09, size: -1, offset: 0};
  return readVocabulary(content, keys, values, spec);
}

function tableOf(content: Uint8Array): StaticTable {
  const table = new StaticTable({name: 'words', keyDType: 'string', valueDType: 'int64'});
  const {keys, values} = read(content, WHOLE_LINE, LINE_NUMBER, 'string', 'int64');
  table.fill(keys, values);
  return table;
}

describe('a vocabulary of words', () => {
  const content = encodeUtf8('the\nquick\r\nbrown\nfox');

  it('keeps its words in the content of the file, and no numbers of lines', () => {
    const {keys, values} = read(content, WHOLE_LINE, LINE_NUMBER, 'string', 'int64');
    expect((keys as PackedStrings).bytes).toBe(content);
    expect(values).toBeInstanceOf(LineNumbers);
  });

  it('tells where a part of some bytes is, and that others are nowhere', () => {
    const table = tableOf(content);
    const text = encodeUtf8('a quick fox, quickly');
    expect(table.idAt(text, 2, 7)).toBe(1);
    expect(table.idAt(text, 8, 11)).toBe(3);
    expect(table.idAt(text, 13, 20)).toBe(-1);
    expect(table.idAt(text, 0, 0)).toBe(-1);
  });

  it('gives each word its line, and words that it has not the default', () => {
    const words = PackedStrings.ofTexts(['fox', 'the', 'hound', 'quick']);
    const found = tableOf(content).find(stringValue([2, 2], words), Value.scalar('int64', 2 ** 40));
    expect(found.shape).toEqual([2, 2]);
    expect(found.numbers()).toEqual([3, 0, 2 ** 40, 1]);
  });

  it('is refused where a word comes twice, by the entries that are the same', () => {
    expect(() => tableOf(encodeUtf8('a\nb\na\n'))).toThrowWithMessage(
      CallError,
      /entry 2 has the key of entry 0/,
    );
  });
});

it('numbers of a file are exact, however they are spelled', () => {
  const content = encodeUtf8('a\t12\nb\t-9007199254740993\nc\t 7 \nd\t000000000000000000042\n');
  const {values} = read(content, 0, 1, 'string', 'int64');
  expect([...(values as BigInt64Array)]).toEqual([12n, -9007199254740993n, 7n, 42n]);
  expect(() => read(content, 1, 0, 'int64', 'int64')).toThrowWithMessage(
    CallError,
    /the field 'a' in line 0 is not a valid int64/,
  );
});
