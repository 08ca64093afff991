/** Ops of TF Text against its own results. */

import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {PackedStrings} from '../../host/strings.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import {MutableTable, StaticTable} from '../table/lookup_table.js';
import {
  decodeTensor,
  type JsonTensor,
  type OpCase,
  runKernel,
  runnerOf,
  testOpFamily,
} from '../testing/op_cases.js';
import {text} from './kernels.js';

testOpFamily('text', text, ['cpu']);
testOpFamily('regex_split', text, ['cpu']);

const url = new URL('../../../fixtures/ops/wordpiece.json', import.meta.url);
const {vocabulary, cases} = JSON.parse(readFileSync(url, 'utf8')) as {
  vocabulary: JsonTensor;
  cases: readonly OpCase[];
};

describe('words are cut into pieces as TF Text does', () => {
  const table = new StaticTable({name: 'vocabulary', keyDType: 'string', valueDType: 'int64'});
  const words = Value.of(decodeTensor(vocabulary));
  table.initialize(
    words,
    Value.vector(
      'int64',
      Array.from({length: words.size}, (_, i) => i),
    ),
  );

  cases.forEach((each, index) => {
    it(`#${index} with ${JSON.stringify(each.attrs.suffix_indicator?.value)}`, () => {
      const input = Value.of(decodeTensor(each.inputs[0]!));
      const outputs = runKernel(each, text, [input, Value.object('resource', table)]);
      expect(outputs.length).toBe(each.outputs!.length);
      outputs.forEach((output, i) => {
        const expected = decodeTensor(each.outputs![i]!);
        expect([output.dtype, output.shape]).toEqual([expected.dtype, expected.shape]);
        expect(Array.from(output.hostData() as ArrayLike<unknown>)).toEqual(
          Array.from(expected.data as ArrayLike<unknown>),
        );
      });
    });
  });
});

describe('words that were cut before', () => {
  const attrs = cases[0]!.attrs;
  const spec = {name: 'vocabulary', keyDType: 'string', valueDType: 'int64'} as const;
  const words = (...texts: string[]) => stringValue([texts.length], PackedStrings.ofTexts(texts));
  const each = {op: 'WordpieceTokenizeWithOffsets', attrs};
  const textsOf = (value: Value) => Array.from(value.strings(), (string) => new TextDecoder().decode(string));

  it('are cut anew where the table has changed', () => {
    const table = new MutableTable(spec);
    const run = runnerOf(each, text);
    const handle = Value.object('resource', table);
    const pieces = () => textsOf(run([words('abab', 'b'), handle])[0]!);
    expect(pieces()).toEqual(['[UNK]', '[UNK]']);
    table.insert(words('a', '##ba', '##b', 'b'), Value.vector('int64', [0, 1, 2, 3]));
    expect(pieces()).toEqual(['a', '##ba', '##b', 'b']);
    table.remove(words('##ba'));
    expect(pieces()).toEqual(['[UNK]', 'b']);
  });

  it('are found in the tables that they were cut by', () => {
    const run = runnerOf(each, text);
    const tables = [['a', '##a'], ['aa']].map((vocabulary) => {
      const table = new StaticTable(spec);
      table.initialize(words(...vocabulary), Value.vector('int64', [...vocabulary.keys()]));
      return Value.object('resource', table);
    });
    const pieces = (table: number) => textsOf(run([words('aa'), tables[table]!])[0]!);
    expect([pieces(0), pieces(1), pieces(0)]).toEqual([['a', '##a'], ['aa'], ['a', '##a']]);
  });

  it('do not change what was given out', () => {
    const run = runnerOf(each, text);
    const table = new StaticTable(spec);
    table.initialize(words('a', '##b'), Value.vector('int64', [0, 1]));
    const handle = Value.object('resource', table);
    const first = run([words('ab', 'a'), handle]);
    const long = Array.from({length: 3000}, (_, i) => `a${'b'.repeat(i % 90)}`);
    expect(run([words(...long), handle])[0]!.size).toBe(long.join('').length);
    expect(textsOf(first[0]!)).toEqual(['a', '##b', 'a']);
    expect(first[3]!.numbers()).toEqual([1, 2, 1]);
  });
});
