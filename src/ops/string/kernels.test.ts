/** String ops against TensorFlow's results. */

import {expect, it} from 'vitest';
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
