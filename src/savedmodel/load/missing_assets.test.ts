/** Tests of models whose assets are missing: an error when one is read, as in TensorFlow. */

import {beforeAll, expect, it} from 'vitest';
import {FormatError, SaveError} from '../../errors.js';
import {memoryDirectory} from '../../platform/memory.js';
import {fixtureFiles} from '../testing/fixtures.js';
import '../../platform/node.js';
import {temporaryDirectory} from '../../hub/testing/fixtures.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {saveModel} from '../save/save.js';
import {describeModel} from './describe.js';
import {loadModel} from './load.js';
import type {RestoredFunction} from './restored_function.js';

beforeAll(quietCpuBackend);

/** A fixture without some of its files. */
function without(name: string, ...missing: string[]) {
  const files = Object.entries(fixtureFiles(name));
  return memoryDirectory(Object.fromEntries(files.filter(([path]) => !missing.includes(path))), name);
}

it('an asset that nothing has read is missing without harm, and named by who reads it', async () => {
  const model = await loadModel(without('assets', 'assets/vocabulary.txt'));
  const assets = model.modelInfo.assets.map(({filename, missing}) => [filename, missing ?? false]);
  expect(assets).toEqual([
    ['vocabulary.txt', true],
    ['vocabulary.txt_1', false],
    ['vocabulary.txt', true],
  ]);
  const baseName = model.get('base_name') as RestoredFunction;
  expect(baseName.invoke([], {}, {exact: true})).toMatchObject({
    data: [new TextEncoder().encode('vocabulary.txt')],
  });
  const read = model.get('read') as RestoredFunction;
  expect(() => read.invoke()).toThrowWithMessage(
    FormatError,
    /asset assets\/assets\/vocabulary\.txt is missing/,
  );
  await expect(saveModel(model, await temporaryDirectory(), {overwrite: true})).rejects.toThrow(SaveError);
  model.dispose();
});

it.each([
  ['v1_tables', 'assets/words.txt'],
  ['text_vocabulary', 'assets/vocabulary.txt'],
])('an asset that a table of %s is filled from is an error when the model is loaded', async (name, file) => {
  await expect(loadModel(without(name, file))).rejects.toThrowWithMessage(
    FormatError,
    `asset ${name}/${file} is missing`,
  );
});

it('tells which assets are missing', async () => {
  const description = await describeModel(without('assets', 'assets/vocabulary.txt_1'));
  expect(description).toMatchObject({
    assets: ['vocabulary.txt', 'vocabulary.txt_1', 'vocabulary.txt'],
    missingAssets: ['vocabulary.txt_1'],
  });
});
