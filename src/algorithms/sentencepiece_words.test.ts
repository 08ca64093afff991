/** Text that is cut word by word is cut as it is as a whole. */

import {describe, expect, it} from 'vitest';
import {BytePairSegmenter} from './sentencepiece_bpe.js';
import {UnigramSegmenter} from './sentencepiece_unigram.js';
import {type PieceType, Vocabulary, type VocabularyPiece} from './sentencepiece_vocabulary.js';
import {isWordwise, type Segmenter, WholeSegmenter, WordSegmenter} from './sentencepiece_words.js';
import {encodeUtf8} from './utf8.js';

const LETTERS = 'abc\u00e9\u65e5';

function piece(text: string, score = 0, type: PieceType = 'normal'): VocabularyPiece {
  return {text: encodeUtf8(text), score: Math.fround(score), type};
}

/** A vocabulary of many pieces that overlap. */
function vocabulary(score: (i: number) => number, more: readonly VocabularyPiece[] = []): Vocabulary {
  const letters = Array.from(LETTERS);
  const texts = ['\u2581'];
  for (const a of letters)
    for (const b of ['', ...letters]) for (const c of ['', ...letters]) texts.push(a + b + c);
  texts.push(...texts.slice(1, 60).map((text) => `\u2581${text}`));
  const known = [...new Set(texts)].filter((_, i) => i % 7 !== 3);
  return new Vocabulary([
    piece('<unk>', 0, 'unknown'),
    ...known.map((text, i) => piece(text, score(i))),
    ...more,
  ]);
}

function cuts(segmenter: Segmenter, text: Uint8Array): number[] {
  segmenter.segment(text, text.length);
  const {ids, ends, count} = segmenter.segments;
  return [...ids.subarray(0, count), ...ends.subarray(0, count)];
}

function texts(): Uint8Array[] {
  const letters = [...LETTERS, '\u2581', '\u2581', 'x', '\u0416'];
  let state = 7;
  const random = () => (state = (Math.imul(state, 48271) & 0x7fffffff) % 0x7fffffff) >> 4;
  return Array.from({length: 2000}, (_, i) =>
    encodeUtf8(
      Array.from(
        {length: (i % 90) + (i % 500 === 0 ? 900 : 0)},
        () => letters[random() % letters.length],
      ).join(''),
    ),
  );
}

/** Scores that differ, that are all but the same, and that are the same, so that rounding decides. */
const SCORES: Readonly<Record<string, (i: number) => number>> = {
  'that differ': (i) => -3 - ((i * 37) % 101) / 9.7,
  'that nearly tie': (i) => -8 + (i % 3) * 1e-6,
  'that tie': () => -7.1,
};

describe('text that is cut word by word', () => {
  for (const [name, score] of Object.entries(SCORES)) {
    for (const Parts of [UnigramSegmenter, BytePairSegmenter]) {
      it(`is cut as a whole is: scores ${name}, ${Parts.name}`, () => {
        const pieces = vocabulary(score, [piece('ab\u00e9b', -1, 'user-defined')]);
        expect(isWordwise(pieces)).toBe(true);
        const words = new WordSegmenter(new Parts(pieces));
        const whole = new WholeSegmenter(new Parts(pieces));
        for (const text of texts()) expect(cuts(words, text)).toEqual(cuts(whole, text));
      });
    }
  }

  it('has no piece that reaches across words, is used for its parts alone, or is no text', () => {
    const score = () => -1;
    expect(isWordwise(vocabulary(score))).toBe(true);
    expect(isWordwise(vocabulary(score, [piece('a\u2581')]))).toBe(false);
    expect(isWordwise(vocabulary(score, [piece('abcab', 0, 'unused')]))).toBe(false);
    expect(isWordwise(vocabulary(score, [{text: Uint8Array.of(0xf0), score: 0, type: 'user-defined'}]))).toBe(
      false,
    );
    expect(isWordwise(vocabulary(score), Uint8Array.of(0xe2, 0x96))).toBe(false);
  });
});
