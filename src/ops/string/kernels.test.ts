/** String ops against TensorFlow's results. */

import {expect, it} from 'vitest';
import {excludeSurrogates} from '../../algorithms/re2.js';
import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import {UnsupportedOpError} from '../../errors.js';
import {stringValue} from '../../tensors/strings.js';
import type {Session} from '../kernel.js';
import {runKernel, testOpFamily} from '../testing/op_cases.js';
import {string} from './kernels.js';

testOpFamily('strings', string);

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

it('a pattern with \\C is not supported', () => {
  const pattern = {type: 'string', value: btoa('a\\C') as never} as const;
  const input = stringValue([1], [encodeUtf8('ab')]);
  const run = () => runKernel({op: 'StaticRegexFullMatch', attrs: {pattern}}, string, [input]);
  expect(run).toThrow(UnsupportedOpError);
});

it.each([
  ['a.b', 'a[^\\n\\x{D800}-\\x{DFFF}]b'],
  ['(?s).', '(?s)[^\\x{D800}-\\x{DFFF}]'],
  ['(?s:.).', '(?s:[^\\x{D800}-\\x{DFFF}])[^\\n\\x{D800}-\\x{DFFF}]'],
  ['((?s).).', '((?s)[^\\x{D800}-\\x{DFFF}])[^\\n\\x{D800}-\\x{DFFF}]'],
  ['[^a]', '[^a\\x{D800}-\\x{DFFF}]'],
  ['[]a]', '(?:[]a])'],
  ['[a\\D]', '(?:[^\\d\\x{D800}-\\x{DFFF}]|[a])'],
  ['[\\x00-\\x{10FFFF}]', '(?:[\\x00-\\x{D7FF}\\x{E000}-\\x{10FFFF}])'],
  ['\\PL\\p{^Lu}', '[^\\p{L}\\x{D800}-\\x{DFFF}][^\\p{Lu}\\x{D800}-\\x{DFFF}]'],
  ['\\Q.[^\\E\\.', '\\Q.[^\\E\\.'],
])('nothing in the pattern %s matches what is no character', (pattern, expected) => {
  expect(excludeSurrogates(pattern)).toBe(expected);
});
