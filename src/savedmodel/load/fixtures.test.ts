import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Engine} from '../../compile/engine.js';
import {localDirectory} from '../../platform/node.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {caseTitle, checkCase, checkModel, readFixtures} from '../testing/fixture_cases.js';
import {MODELS} from '../testing/fixtures.js';
import {loadModel} from './load.js';
import type {LoadedObject} from './loaded_object.js';

/** Conformance builds fixtures anew elsewhere and names the place. */
const DIRECTORY = process.env.TFHUB_FIXTURES ?? MODELS;

/** The tfjs backend to compute on. */
const BACKEND = process.env.TFHUB_BACKEND ?? 'cpu';

/** What computes: `npm test` has both, conformance names one. */
const ENGINES: readonly Engine[] =
  process.env.TFHUB_BACKEND === undefined ? ['tfjs', 'onnx'] : [process.env.TFHUB_ENGINE as Engine];

const fixtures = readFixtures(DIRECTORY);

it('finds the fixtures', () => {
  expect(fixtures.length).toBeGreaterThan(0);
});

for (const [fixture, engine] of fixtures.flatMap((each) =>
  ENGINES.map((engine) => [each, engine] as const),
)) {
  describe(`${fixture.name} on ${engine}: ${fixture.description}`, () => {
    let model: LoadedObject;
    let before: number;
    beforeAll(async () => {
      await quietCpuBackend();
      if (BACKEND === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
      await tf.setBackend(BACKEND);
      before = tf.memory().numTensors;
      model = await loadModel(localDirectory(fixture.directory), {
        engine,
        ...(fixture.tags && {tags: fixture.tags}),
      });
    });
    afterAll(() => {
      model?.dispose();
      expect(tf.memory().numTensors, 'tensors left after dispose').toBe(before);
    });
    it('has the signatures and variables that were saved', () => checkModel(model, fixture));
    fixture.cases.forEach((each, index) => {
      it(caseTitle(each, index), () => checkCase(model, each));
    });
  });
}
