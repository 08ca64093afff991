import {expect, it} from 'vitest';
import {relatedTests} from './related_tests.js';

const SOURCES = new Map([
  ['src/host/tensor.ts', ''],
  ['src/ops/math.ts', "import {allocate} from '../host/tensor.js';"],
  [
    'src/ops/math.test.ts',
    "import {MATH} from './math.js';\nconst CASES = new URL('../../fixtures/ops/math.json', here);",
  ],
  ['src/ops/names.ts', "import type {Tensor} from '../host/tensor.js';"],
  ['src/ops/names.test.ts', "import {NAMES} from './names.js';"],
  ['src/host/tensor.test.ts', "import {allocate} from './tensor.js';"],
  ['src/load.test.ts', `read(\`../fixtures/models/\${name}/saved_model.pb\`);`],
  ['src/loop.ts', "import './loop.js';\nimport './other.js';"],
  ['src/other.ts', "import './loop.js';"],
]);

const related = (...changed: string[]) => Object.fromEntries(relatedTests(SOURCES, changed));

it('are those that import what was changed, nearest first', () => {
  expect(related('src/host/tensor.ts')).toEqual({
    'src/host/tensor.test.ts': 1,
    'src/ops/math.test.ts': 2,
  });
  expect([...relatedTests(SOURCES, ['src/host/tensor.ts']).keys()][0]).toBe('src/host/tensor.test.ts');
});

it('are tests that were changed themselves', () => {
  expect(related('src/ops/names.test.ts')).toEqual({'src/ops/names.test.ts': 0});
});

it('are those that read a file, or files of its folder', () => {
  expect(related('fixtures/ops/math.json')).toEqual({'src/ops/math.test.ts': 1});
  expect(related('fixtures/models/mlp/saved_model.pb')).toEqual({'src/load.test.ts': 1});
});

it('are none where only types are imported, or nothing is', () => {
  expect(related('src/host/tensor.ts')).not.toHaveProperty(['src/ops/names.test.ts']);
  expect(related('docs/limits.md')).toEqual({});
});

it('come to an end where files import each other', () => {
  expect(related('src/loop.ts')).toEqual({});
});
