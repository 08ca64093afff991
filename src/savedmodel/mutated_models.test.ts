/**
 * A few of the damaged models that the conformance tries thousands of: each is refused, fails in a part or works, and says
 * what is wrong in words.
 */

import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import {fuzzCase} from '../../scripts/fuzz_case.js';
import {outcomeOf} from '../../scripts/fuzz_outcome.js';
import {memoryDirectory} from '../platform/memory.js';
import {localDirectory} from '../platform/node.js';
import type {ModelDirectory} from '../platform/platform.js';
import {MemoryOutput} from '../platform/testing/memory_output.js';
import {quietCpuBackend} from '../platform/tfjs_backend.js';
import {decodeMessage, encodeMessage, SavedModel} from '../proto/index.js';
import {writeSavedModel} from './save.js';
import {exercise} from './testing/exercise.js';
import {attr, makeModelFiles, node} from './testing/make_model.js';

beforeAll(async () => {
  await quietCpuBackend();
  await tf.setBackend('cpu');
});

it('models with something changed are refused, fail or work, in words', async () => {
  const seen = new Set<string>();
  for (let number = 0; number < 30; number++) {
    const one = fuzzCase(20, number);
    const {outcome, fault} = await outcomeOf(one);
    seen.add(outcome);
    expect(fault, `${number}, ${one.fixture}: ${one.what}`).toBeUndefined();
  }
  expect([...seen].sort()).toEqual(['failed', 'refused', 'worked']);
});

it('a seed and a number give the same damage', () => {
  expect(fuzzCase(3, 7)).toEqual(fuzzCase(3, 7));
  expect(fuzzCase(3, 7).what).not.toBe(fuzzCase(4, 7).what);
});

it('a saver whose names are no strings is refused in words when the model is saved', async () => {
  const directory = localDirectory(
    fileURLToPath(new URL('../../fixtures/models/v1_partitioned', import.meta.url)),
  );
  const bytes = await readAll(directory, 'saved_model.pb');
  const saved = decodeMessage(SavedModel, bytes, 'the fixture');
  for (const {op, input} of saved.metaGraphs[0]!.graphDef!.node) if (op === 'SaveV2') input[1] = input[3]!;
  const files = Object.fromEntries(
    await Promise.all(
      ['variables/variables.index', 'variables/variables.data-00000-of-00001'].map(
        async (path) => [path, await readAll(directory, path)] as const,
      ),
    ),
  );
  const changed = memoryDirectory({...files, 'saved_model.pb': encodeMessage(SavedModel, saved)});
  const {failures} = await exercise(changed, {}, (model) => writeSavedModel(model, new MemoryOutput()));
  expect(failures.map(({message}) => message).join('\n')).toMatch(/saves \d+ tensors under other names/);
});

async function readAll(directory: ModelDirectory, path: string): Promise<Uint8Array> {
  const file = (await directory.open(path))!;
  const bytes = new Uint8Array(file.size);
  await file.readInto(bytes, 0);
  await file.close();
  return bytes;
}

const FLOATS = {dtype: 'float32', shape: null} as const;

it.each([
  [
    'a node that lacks inputs',
    'AddV2',
    ['x'],
    'z',
    /op AddV2 takes 2 inputs, and the node has 1\n {2}at node 'y' \(AddV2\)/,
  ],
  [
    'control flow that lacks its condition',
    'Switch',
    ['x'],
    'output_true',
    /op Switch takes 2 inputs, and the node has 1/,
  ],
  [
    'a list whose number is not that of the inputs',
    'AddN',
    ['x'],
    'sum',
    /op AddN takes 2 inputs, and the node has 1/,
  ],
])('%s says so', async (_, op, inputs, output, words) => {
  const attrs = {T: attr.type('float32'), ...(op === 'AddN' && {N: attr.int(2)})};
  const nodes = [node('y', op, inputs, attrs)];
  const f = {
    name: 'f',
    inputs: [{name: 'x', ...FLOATS}],
    nodes,
    outputs: [{name: 'y', ...FLOATS, from: `y:${output}:0`}],
  };
  const {failures} = await exercise(
    memoryDirectory(makeModelFiles({functions: [f], methods: {__call__: 'f'}})),
  );
  expect(failures.map(({message}) => message).join('\n')).toMatch(words);
});
