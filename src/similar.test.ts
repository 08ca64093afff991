import {expect, it} from 'vitest';
import {didYouMean, similarName} from './similar.js';

it.each([
  ['trainning', 'training'],
  ['Tags', 'tags'],
  ['tag', 'tags'],
  ['input_signature', 'inputSignature'],
  ['loadFormt', 'loadFormat'],
  ['y', undefined],
  ['mask', undefined],
  ['', undefined],
])('%j may be %j', (name, meant) => {
  const known = ['training', 'tags', 'inputSignature', 'loadFormat', 'x'];
  expect(similarName(name, known)).toBe(meant);
  expect(didYouMean(name, known)).toBe(meant === undefined ? '' : `; did you mean '${meant}'?`);
});
