import {expect, it} from 'vitest';
import {scoresIn, total} from './score.js';

const PRINTED = `starting
saved models in TensorFlow 2.15: 40 passed, 2 failed
  FAIL mlp: differs
    at layer 3
  FAIL cnn: ended
in between
  of nobody
made here: 3 passed, 0 failed
3 passed, 0 failed
`;

it('are read as they were told, each with the lines under it', () => {
  expect(scoresIn(PRINTED)).toEqual([
    {
      part: 'saved models in TensorFlow 2.15',
      passed: 40,
      failed: 2,
      details: ['FAIL mlp: differs', '  at layer 3', 'FAIL cnn: ended'],
    },
    {part: 'made here', passed: 3, failed: 0, details: []},
  ]);
});

it('add up', () => {
  const scores = scoresIn(PRINTED);
  expect([total(scores, 'passed'), total(scores, 'failed')]).toEqual([43, 2]);
});
