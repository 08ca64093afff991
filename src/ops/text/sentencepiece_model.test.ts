/** SentencePiece models against what TF Text makes of the same text. */

import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {FormatError, UnsupportedOpError} from '../../errors.js';
import {Value} from '../../tensors/value.js';
import type {Session} from '../kernel.js';
import {decodeTensor, type OpCase, runKernel} from '../testing/op_cases.js';
import {text} from './kernels.js';
import {readSentencePieceModel} from './sentencepiece_model.js';

const url = new URL('../../../fixtures/ops/pieces.json', import.meta.url);
const {models: packed, cases} = JSON.parse(readFileSync(url, 'utf8')) as {
  /** gzip, base64. */
  models: Readonly<Record<string, string>>;
  cases: readonly (OpCase & {readonly model: string})[];
};

const models = Object.fromEntries(
  Object.entries(packed).map(([name, model]) => [name, gunzipSync(Buffer.from(model, 'base64'))]),
);

const session = {
  anonymous: <T>(create: () => T): T => create(),
} as Partial<Session> as Session;

function handleOf(model: Buffer): Value {
  const string = (value: string) => ({type: 'string', value: value as never}) as const;
  const attrs = {
    model: string(model.toString('base64')),
    container: string(''),
    shared_name: string(''),
    use_node_name_sharing: {type: 'bool', value: false as never} as const,
  };
  return runKernel({op: 'SentencepieceOp', attrs}, text, [], session)[0]!;
}

for (const [name, model] of Object.entries(models)) {
  describe(`the ${name} model`, () => {
    const handle = handleOf(model);
    cases.forEach((each, index) => {
      if (each.model !== name) return;
      it(`#${index} ${each.op}`, () => {
        const inputs = each.inputs.map((json) => Value.of(decodeTensor(json)));
        const outputs = runKernel(each, text, [handle, ...inputs]);
        expect(outputs.length).toBe(each.outputs!.length);
        outputs.forEach((output, i) => {
          const expected = decodeTensor(each.outputs![i]!);
          expect([output.dtype, output.shape]).toEqual([expected.dtype, expected.shape]);
          const plain = (data: unknown) =>
            Array.from(data as ArrayLike<unknown>, (item) =>
              item instanceof Uint8Array ? Buffer.from(item).toString() : item,
            );
          expect(plain(output.hostData())).toEqual(plain(expected.data));
        });
      });
    });
  });
}

describe('a SentencePiece model', () => {
  const [model] = Object.values(models) as [Buffer];

  it('tells its size', () => {
    const size = runKernel({op: 'SentencepieceVocabSizeOp', attrs: {}}, text, [handleOf(model)])[0]!;
    expect(size.number()).toBe(readSentencePieceModel(model).vocabulary.size);
  });

  it('that is damaged is a FormatError', () => {
    expect(() => readSentencePieceModel(model.subarray(0, model.length - 3))).toThrow(FormatError);
    expect(() => readSentencePieceModel(new TextEncoder().encode('no model'))).toThrow(FormatError);
    expect(() => readSentencePieceModel(new Uint8Array(0))).toThrow(FormatError);
  });

  it('does not sample', () => {
    const each = cases.find(({op}) => op === 'SentencepieceTokenizeOp')!;
    const inputs = each.inputs.map((json) => Value.of(decodeTensor(json)));
    inputs[1] = Value.scalar('int32', 5);
    expect(() => runKernel(each, text, [handleOf(model), ...inputs])).toThrow(UnsupportedOpError);
  });
});
