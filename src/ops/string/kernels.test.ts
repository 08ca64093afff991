/** String ops against TensorFlow's results. */

import {describe, expect, it} from 'vitest';
import {fromLatin1, toLatin1} from '../../algorithms/bytes.js';
import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import {PackedStrings} from '../../host/strings.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import type {Session} from '../kernel.js';
import {runKernel, testOpFamily} from '../testing/op_cases.js';
import {string} from './kernels.js';

testOpFamily('strings', string);
testOpFamily('regex', string);

it('ReadFile gives a file of the model', () => {
  const session = {readFile: (path: Uint8Array) => encodeUtf8(`<${decodeUtf8(path)}>`)};
  const path = stringValue([], [encodeUtf8('assets/words.txt')]);
  const [content] = runKernel(
    {op: 'ReadFile', attrs: {}},
    string,
    [path],
    session as Partial<Session> as Session,
  );
  expect(content!.shape).toEqual([]);
  expect(decodeUtf8(content!.string())).toBe('<assets/words.txt>');
});

it('where a pattern matches nothing, no bytes are copied', () => {
  const bytes = (text: string) => ({type: 'string', value: btoa(text) as never}) as const;
  const input = stringValue([2], ['ab', 'b'].map(encodeUtf8));
  const replaced = (pattern: string, rewrite: string) => {
    const attrs = {
      pattern: bytes(pattern),
      rewrite: bytes(rewrite),
      replace_global: {type: 'bool', value: true},
    };
    return runKernel({op: 'StaticRegexReplace', attrs: attrs as never}, string, [input])[0]!.strings();
  };
  expect(replaced('c', 'x').bytes).toBe(input.strings().bytes);
  // A group that there is not.
  expect(replaced('b', '\\1').bytes).toBe(input.strings().bytes);
  expect(replaced('a', 'x').toArray().map(decodeUtf8)).toEqual(['xb', 'b']);
});

it('white space is found wherever it lies among other bytes', () => {
  // Control characters below the space, those above, and bytes of no ASCII are none; lengths of all remainders, empty strings among them.
  const bytes = [0x00, 0x08, 0x09, 0x0d, 0x0e, 0x1f, 0x20, 0x20, 0x21, 0x22, 0x61, 0x80, 0xa0, 0xff];
  const texts = Array.from({length: 400}, (_, row) =>
    String.fromCharCode(
      ...Array.from(
        {length: row % 23},
        (_, i) => bytes[(Math.imul(row * 31 + i, 0x9e3779b1) >>> 9) % bytes.length]!,
      ),
    ),
  );
  const strings = stringValue([texts.length], texts.map(fromLatin1)).strings();
  for (const [first, end] of [
    [0, 400],
    [3, 397],
  ] as const) {
    const input = stringValue([end - first], strings.slice(first, end));
    const attrs = {maxsplit: {type: 'int', value: -1n}} as never;
    const [indices, words, shape] = runKernel({op: 'StringSplitV2', attrs}, string, [
      input,
      stringValue([], [new Uint8Array(0)]),
    ]);
    const expected = texts
      .slice(first, end)
      .map((text) => text.split(/[\t-\r ]+/).filter((word) => word !== ''));
    expect(words!.strings().toArray().map(toLatin1)).toEqual(expected.flat());
    expect(indices!.numbers()).toEqual(expected.flatMap((row, i) => row.flatMap((_, k) => [i, k])));
    expect(shape!.numbers()).toEqual([end - first, Math.max(...expected.map(({length}) => length))]);
  }
});

describe('n-grams of words that lie in a text', () => {
  const text = encodeUtf8('the quick  brown fox jumps over');
  const places = [...'the quick  brown fox jumps over'.matchAll(/\S+/g)].map(({0: word, index}) => [
    index,
    index + word.length,
  ]);
  /** The words, of a text with so many bytes behind it. */
  const words = (bytesBehind: number) => {
    const bytes = new Uint8Array(text.length + bytesBehind);
    bytes.set(text);
    return new PackedStrings(
      bytes,
      Int32Array.from(places, ([start]) => start!),
      Int32Array.from(places, ([, end]) => end!),
    );
  };
  const bigrams = (strings: PackedStrings, splits: readonly number[], separator: string, pad = 1) => {
    const bytes = (value: string) => ({type: 'string', value: btoa(value) as never}) as const;
    const attrs = {
      separator: bytes(separator),
      left_pad: bytes('<'),
      right_pad: bytes('>'),
      ngram_widths: {type: 'list', value: [{type: 'int', value: 2n}]},
      pad_width: {type: 'int', value: BigInt(pad)},
      preserve_short_sequences: {type: 'bool', value: false},
    } as never;
    const [ngrams, ends] = runKernel({op: 'StringNGrams', attrs}, string, [
      stringValue([strings.length], strings),
      Value.vector('int64', splits),
    ]);
    return {ngrams: ngrams!.strings(), ends: ends!.numbers()};
  };

  it.each([0, 1000])(
    'those that stand there with the separator, and those that do not, with %i other bytes',
    (more) => {
      const found = (separator: string) => {
        const {ngrams, ends} = bigrams(words(more), [0, 4, 6], separator);
        expect(ends).toEqual([0, 5, 8]);
        return ngrams.toArray().map((each) => decodeUtf8(each).replaceAll(separator, '_'));
      };
      const expected = [
        '<_the',
        'the_quick',
        'quick_brown',
        'brown_fox',
        'fox_>',
        '<_jumps',
        'jumps_over',
        'over_>',
      ];
      expect(found(' ')).toEqual(expected);
      expect(found('--')).toEqual(expected);
    },
  );

  it('share the memory of a text in which all of them stand', () => {
    const two = words(0).slice(0, 2);
    const {ngrams} = bigrams(two, [0, 2], ' ', 0);
    expect(ngrams.bytes).toBe(two.bytes);
    expect(ngrams.toArray().map(decodeUtf8)).toEqual(['the quick']);
  });
});
