/** What TensorFlow computed, in asynchronous calls: whole models, through all that the interpreter and the compiler do. */

import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Engine} from '../../compile/engine.js';
import {localDirectory} from '../../platform/node.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {caseTitle, checkCaseAsync, readFixtures} from '../testing/fixture_cases.js';
import {MODELS} from '../testing/fixtures.js';
import {loadModel} from './load.js';
import type {LoadedObject} from './loaded_object.js';

const ENGINES: readonly Engine[] = ['tfjs', 'onnx'];

const fixtures = readFixtures(MODELS);

beforeAll(quietCpuBackend);

for (const [fixture, engine] of fixtures.flatMap((each) =>
  ENGINES.map((engine) => [each, engine] as const),
)) {
  // Variables that are given are gone when the call has been made.
  const cases = fixture.cases.filter((each) => each.arguments_after === undefined);
  describe.skipIf(cases.length === 0)(`${fixture.name} on ${engine}`, () => {
    let model: LoadedObject;
    let before: number;
    beforeAll(async () => {
      before = tf.memory().numTensors;
      const directory = localDirectory(fixture.directory);
      model = await loadModel(directory, {engine, ...(fixture.tags && {tags: fixture.tags})});
    });
    afterAll(() => {
      model?.dispose();
      expect(tf.memory().numTensors, 'tensors left after dispose').toBe(before);
    });
    cases.forEach((each, index) => {
      it(caseTitle(each, index), () => checkCaseAsync(model, each));
    });
  });
}
