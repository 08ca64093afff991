/** Assets of models that are saved anew: which files there are, and what they are called. */

import * as fs from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {MODELS} from '../testing/fixtures.js';
import '@tensorflow/tfjs-backend-cpu';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {localDirectory} from '../../platform/node.js';
import {decodeMessage, encodeMessage, type MetaGraphDef, SavedModel} from '../../proto/index.js';
import {assetsOf} from '../load/assets.js';
import {loadModel} from '../load/load.js';
import {checkCase, type Fixture, readFixtures} from '../testing/fixture_cases.js';
import {saveModel} from './save.js';

const fixtures = new Map(readFixtures(MODELS).map((each) => [each.name, each]));

let root: string;
let target: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'assets-'));
  target = join(root, 'saved');
});
afterEach(() => fs.rmSync(root, {recursive: true}));

const files = (directory: string) =>
  Object.fromEntries(
    fs
      .readdirSync(join(directory, 'assets'))
      .sort()
      .map((name) => [name, fs.readFileSync(join(directory, 'assets', name), 'utf8')]),
  );

function metaGraphOf(directory: string): MetaGraphDef {
  const bytes = new Uint8Array(fs.readFileSync(join(directory, 'saved_model.pb')));
  return decodeMessage(SavedModel, bytes, directory).metaGraphs[0]!;
}

const names = (directory: string) => assetsOf(metaGraphOf(directory)).map(({filename}) => filename);

/** A copy of a fixture whose second asset is spelt in another way. */
function respelt({directory}: Fixture): string {
  const copy = join(root, 'respelt');
  fs.cpSync(directory, copy, {recursive: true});
  const metaGraph = metaGraphOf(copy);
  const assetFileDef = assetsOf(metaGraph).map((each, i) =>
    i === 1 ? {...each, filename: `.//./${each.filename}`} : each,
  );
  const model = {savedModelSchemaVersion: 1, metaGraphs: [{...metaGraph, assetFileDef}]};
  fs.writeFileSync(join(copy, 'saved_model.pb'), encodeMessage(SavedModel, {...model}));
  return copy;
}

async function resave(directory: string, fixture: Fixture): Promise<void> {
  const model = await loadModel(localDirectory(directory));
  await saveModel(model, target);
  model.dispose();
  const again = await loadModel(localDirectory(target));
  for (const each of fixture.cases) checkCase(again, each);
  again.dispose();
}

describe('a TensorFlow 1 model whose tables share a vocabulary', () => {
  const fixture = fixtures.get('v1_shared_vocabulary')!;

  test('is saved with one file for both, and an entry for each, as TensorFlow saves it', async () => {
    await resave(fixture.directory, fixture);
    expect(names(target)).toEqual(['words.txt', 'words.txt', 'words.txt_1']);
    expect(files(target)).toEqual({'words.txt': 'zero\none\ntwo\n', 'words.txt_1': 'two\none\n'});
  });

  test('is saved where they spell its name in two ways', async () => {
    await resave(respelt(fixture), fixture);
    expect(files(target)).toEqual(files(fixture.directory));
  });
});

test.each(['assets', 'lookup_tables'])(
  '%s, one of whose assets is spelt in another way, is saved',
  async (name) => {
    const fixture = fixtures.get(name)!;
    await resave(respelt(fixture), fixture);
    expect(files(target)).toEqual(files(fixture.directory));
  },
);
