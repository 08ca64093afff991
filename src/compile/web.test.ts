/**
 * Models as a page loads them that has given onnxruntime-web, whose wasm runs here, too: asynchronous calls of every fixture against what
 * TensorFlow computed.
 */

import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-web';
import {afterAll, afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {CallError} from '../errors.js';
import {browserPlatform} from '../platform/browser.js';
import {setPlatform} from '../platform/current.js';
import {useOnnxRuntime} from '../platform/given_onnx.js';
import {nodePlatform} from '../platform/node.js';
import {loadModel} from '../savedmodel/load/load.js';
import {caseTitle, checkCaseAsync, readFixtures} from '../savedmodel/testing/fixture_cases.js';
import {fixtureDirectory, loadFixture, MODELS} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {watchCompilation} from './engine.js';

beforeAll(async () => {
  await quietCpuBackend();
  await tf.setBackend('cpu');
  setPlatform(browserPlatform);
});
afterAll(() => setPlatform(nodePlatform));

let sessions: string[] = [];
beforeAll(() => watchCompilation({session: (name) => sessions.push(name)}));
afterEach(() => {
  sessions = [];
});

/** Features of images: convolutions, batch normalizations. */
const FEATURES = 'mobilenet_v2_features';

const image = () => tf.ones([1, 32, 32, 3]);

// Before a package is given.
describe('a page that has given no package', () => {
  it('computes on tfjs', async () => {
    const model = await loadFixture(FEATURES, {engine: 'auto'});
    expect(((await model.async(image())) as tf.Tensor).shape).toEqual([1, 8]);
    expect(sessions).toEqual([]);
    model.dispose();
  });

  it("is told what to do where it asks for engine 'onnx'", async () => {
    await expect(loadFixture(FEATURES, {engine: 'onnx'})).rejects.toThrowWithMessage(
      CallError,
      /useOnnxRuntime\(/,
    );
  });
});

describe('a package that cannot be loaded', () => {
  beforeAll(() =>
    useOnnxRuntime(async () => {
      throw new Error('offline');
    }),
  );

  it('leaves all to tfjs, which is said once', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = await loadFixture(FEATURES, {engine: 'auto'});
    for (let i = 0; i < 2; i++) expect(((await model.async(image())) as tf.Tensor).shape).toEqual([1, 8]);
    expect(warned.mock.calls.flat()).toEqual([expect.stringMatching(/models run on tfjs: .*offline/)]);
    warned.mockRestore();
    model.dispose();
  });

  it("fails the asynchronous calls of who asks for engine 'onnx'", async () => {
    const model = await loadFixture(FEATURES, {engine: 'onnx'});
    for (let i = 0; i < 2; i++) {
      await expect(model.async(image())).rejects.toThrowWithMessage(
        CallError,
        /engine 'onnx' needs.*offline/,
      );
    }
    expect((model(image()) as tf.Tensor).shape).toEqual([1, 8]);
    model.dispose();
  });
});

describe('a page that has given onnxruntime-web', () => {
  beforeAll(() => useOnnxRuntime(() => ort));

  it('computes asynchronous calls with it, and synchronous ones on tfjs', async () => {
    const model = await loadFixture(FEATURES, {engine: 'auto'});
    const sync = model(image()) as tf.Tensor;
    expect(sessions).toEqual([]);
    const async = (await model.async(image())) as tf.Tensor;
    expect(sessions).toHaveLength(1);
    tf.test_util.expectArraysClose(await async.data(), await sync.data(), 1e-4);
    model.dispose();
  });

  it('has the results of variables that were assigned', async () => {
    const model = await loadFixture(FEATURES, {engine: 'onnx'});
    const kernel = model.variables.find(({shape}) => shape.length === 4)!;
    for (const factor of [1, 2, 3]) {
      kernel.assign(tf.mul(kernel, factor));
      const async = (await model.async(image())) as tf.Tensor;
      tf.test_util.expectArraysClose(await async.data(), await (model(image()) as tf.Tensor).data(), 1e-3);
    }
    model.dispose();
  });

  describe('computes what TensorFlow does of', () => {
    let made = 0;
    afterEach(() => {
      made += sessions.length;
    });
    for (const fixture of readFixtures(MODELS)) {
      it(fixture.name, async () => {
        const {name, tags} = fixture;
        const model = await loadModel(fixtureDirectory(name), {engine: 'onnx', ...(tags && {tags})});
        for (const [index, each] of fixture.cases.entries()) {
          try {
            await checkCaseAsync(model, each);
          } catch (error) {
            throw new Error(caseTitle(each, index), {cause: error});
          }
        }
        model.dispose();
      });
    }
    it('these models, in sessions', () => {
      expect(made).toBeGreaterThan(150);
    });
  });
});
