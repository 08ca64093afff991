/** String ops against TensorFlow's results. */

import {expect, it} from 'vitest';
import {fromLatin1, toLatin1} from '../../algorithms/bytes.js';
import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import {stringValue} from '../../tensors/strings.js';
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
