/** Names as TensorFlow gives them. */

import {expect, it} from 'vitest';
import {identifier, uniqueName} from './names.js';

it.each([
  ['x', 'x'],
  ['Input_1', 'input_1'],
  ['a/b:0', 'a_b_0'],
  ['_hidden', 'arg_hidden'],
  ['1st', 'arg_1st'],
  ['', 'arg_'],
])('%s is written %s where it names a parameter', (name, written) => {
  expect(identifier(name)).toBe(written);
});

it('a name that is taken gets the first number that makes it another, and is taken then', () => {
  const taken = new Set(['x', 'x_2']);
  const given = ['x', 'x', 'y', 'x_1', 'y'].map((name) => uniqueName(name, taken));
  expect(given).toEqual(['x_1', 'x_3', 'y', 'x_1_1', 'y_1']);
  expect(taken).toEqual(new Set(['x', 'x_2', ...given]));
});
