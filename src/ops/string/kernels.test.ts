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
