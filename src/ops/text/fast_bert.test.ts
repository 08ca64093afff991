/** The fast tokenizer and normalizer with large models, against what TF Text makes of the same text. */

import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {FormatError} from '../../errors.js';
import {Value} from '../../tensors/value.js';
import {decodeTensor, expectSame, type OpCase, runKernel} from '../testing/op_cases.js';
import {BertNormalizer} from './bert_normalizer.js';
import {FastWordPieceModel, FastWordPieces} from './fast_word_pieces.js';
import {text} from './kernels.js';

const url = new URL('../../../fixtures/ops/fast_bert.json', import.meta.url);
const {models: packed, calls} = JSON.parse(readFileSync(url, 'utf8')) as {
  /** gzip, base64. */
  models: Readonly<Record<string, string>>;
  /** Without the model, which is the last input. */
  calls: readonly (OpCase & {readonly model: string})[];
};

const models = new Map(
  Object.entries(packed).map(([name, model]) => [
    name,
    Uint8Array.from(gunzipSync(Buffer.from(model, 'base64'))),
  ]),
);

describe('the fast ops of TF Text', () => {
  calls.forEach((each, index) => {
    it(`#${index} ${each.op} with the model of ${each.model}`, () => {
      const model = models.get(each.model)!;
      const inputs = each.inputs.map((json) => Value.of(decodeTensor(json)));
      const outputs = runKernel(each, text, [...inputs, Value.host('uint8', [model.length], model)]);
      expect(outputs.length).toBe(each.outputs!.length);
      outputs.forEach((output, i) => {
        expectSame(output, decodeTensor(each.outputs![i]!), each, `output ${i}`);
      });
    });
  });
});

describe('a damaged model', () => {
  const readers = {
    texts: (bytes: Uint8Array) => {
      const pieces = new FastWordPieces(new FastWordPieceModel(bytes));
      const input = new TextEncoder().encode('the unaffable, 日本 !');
      pieces.begin(0);
      pieces.cut(input, 0, input.length);
    },
    'accents dropped': (bytes: Uint8Array) => {
      new BertNormalizer(bytes).leaves(new TextEncoder().encode('naïve'), 0, 6);
    },
  };

  for (const [name, read] of Object.entries(readers)) {
    const model = models.get(name)!;

    it(`that is cut off (${name}) is a FormatError`, () => {
      expect(() => read(new Uint8Array(0))).toThrowWithMessage(FormatError, 'is damaged');
      expect(() => read(model.subarray(0, model.length >> 1))).toThrowWithMessage(FormatError, 'is damaged');
    });

    it(`in which bytes are others (${name}) is read or a FormatError`, () => {
      for (let at = 0; at < 120; at++) {
        const damaged = model.slice();
        damaged[at] = damaged[at]! ^ (1 << (at % 8));
        try {
          read(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }
    });
  }
});
