/** Ops of TF Text against its own results. */

import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {Value} from '../../tensors/value.js';
import {StaticTable} from '../table/lookup_table.js';
import {decodeTensor, type JsonTensor, type OpCase, runKernel, testOpFamily} from '../testing/op_cases.js';
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
