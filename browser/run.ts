/**
 * Tests in a real browser: Chromium is driven through pages that are built with the package as it is published. With words, the tests with
 * these in their names.
 *
 * @module
 */

import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {gunzipSync} from 'node:zlib';
import {unpackTar} from 'modern-tar';
import type {Page} from 'playwright-core';
import {tell} from '../scripts/score.js';
import {integrityOf} from '../src/hub/integrity.js';
import type {ResolveOptions} from '../src/hub/options.js';
import {memoryDirectory} from '../src/platform/memory.js';
import {localDirectory} from '../src/platform/node.js';
import {portableSha256} from '../src/platform/sha256.js';
import {loadModel} from '../src/savedmodel/load/load.js';
import {firstCase} from './cases.js';
import {ONNX_TESTS} from './onnx_tests.js';
import type {NamedSource, Resolved} from './page.js';
import {WASM_TESTS} from './wasm_tests.js';
import {demand, MODEL, open, start, type Test, type World} from './world.js';

/** Bytes after which a download is well under way, and far from its end. */
const SOME_OF_THE_MODEL = 20_000;

async function resolveIn(tab: Page, source: NamedSource, options?: ResolveOptions): Promise<Resolved> {
  const reply = await tab.evaluate(([given, how]) => window.hubTests.resolve(given, how), [
    source,
    options,
  ] as const);
  if ('error' in reply) throw new Error(reply.error);
  return reply;
}

function demandModel({expected}: World, {digests}: Resolved): void {
  for (const [name, digest] of Object.entries(expected)) {
    demand(digests[name] === digest, `${name} is not as it was saved.`);
  }
  demand(
    Object.keys(digests).length === Object.keys(expected).length,
    'There are other files than were saved.',
  );
}

/** Loads, closes and loads again; the second time nothing may be downloaded. */
const loadsOnce: Test = async (world, context) => {
  const source = {handle: `${world.host.url}/model`};
  const before = world.downloads();
  let tab = await open(world, context);
  const first = await resolveIn(tab, source);
  demandModel(world, first);
  demand(!first.fromCache, 'The first load is no download.');
  demand(first.phases.join() === 'downloading,complete', `phases: ${first.phases}`);
  demand(
    first.progress?.receivedBytes === first.progress?.totalBytes,
    'The last progress is not of the whole.',
  );
  await tab.reload();
  await tab.locator('body[data-ready]').waitFor();
  const second = await resolveIn(tab, source);
  demandModel(world, second);
  demand(second.fromCache && second.phases.length === 0, 'The second load did not come from the cache.');
  await tab.close();
  tab = await open(world, context);
  demand((await resolveIn(tab, source)).fromCache, 'A new tab did not find the cache.');
  demand(world.downloads() === before + 1, `${world.downloads() - before} downloads`);
};

/** Loads a model and runs it; the values are those that TensorFlow computed. */
async function runs(tab: Page, source: NamedSource): Promise<void> {
  const {inputs, outputs, signature} = await firstCase(MODEL);
  const rows = Object.entries(inputs).map(([name, {shape, values}]) => [name, inRows(values, shape.at(-1)!)]);
  const got = await tab.evaluate(([given, name, values]) => window.hubTests.run(given, name, values), [
    source,
    signature!,
    Object.fromEntries(rows) as Record<string, number[][]>,
  ] as const);
  for (const [name, {values: expected}] of Object.entries(outputs)) {
    demand(
      expected.every((value, i) => Math.abs(value - got[name]![i]!) <= 1e-6 + 1e-4 * Math.abs(value)),
      `${name}: ${got[name]} instead of ${expected}`,
    );
  }
}

const TESTS: Readonly<Record<string, Test>> = {
  'a model is downloaded once, and comes from the origin private file system when the page is reloaded':
    loadsOnce,

  'the same with Cache Storage, where the file system cannot be written to': async (world, context) => {
    await context.addInitScript(() => {
      Reflect.deleteProperty(FileSystemFileHandle.prototype, 'createWritable');
    });
    await loadsOnce(world, context);
    const tab = await open(world, context);
    demand(await tab.evaluate(() => caches.has('tensorflow-hub')), 'Cache Storage was not used.');
  },

  'a model that is pinned is that one or none, in the cache and without one': async (world, context) => {
    const source = {handle: `${world.host.url}/model`};
    const integrity = await integrityOf(localDirectory(world.model), portableSha256);
    const other = `sha256-${'A'.repeat(43)}=`;
    for (const storage of [true, false]) {
      if (!storage) {
        await context.addInitScript(() => {
          Reflect.deleteProperty(FileSystemFileHandle.prototype, 'createWritable');
          Object.defineProperty(window, 'caches', {value: undefined});
        });
      }
      const tab = await open(world, context);
      const refused = await resolveIn(tab, source, {integrity: other}).catch((error: Error) => error.message);
      demand(/is not the model that was asked for/.test(String(refused)), `resolved: ${refused}`);
      for (const again of [false, true]) {
        const model = await resolveIn(tab, source, {integrity});
        demandModel(world, model);
        demand(model.fromCache === (again && storage), `fromCache: ${model.fromCache}`);
      }
      const last = await resolveIn(tab, source, {integrity: other}).catch((error: Error) => error.message);
      demand(/is not the model that was asked for/.test(String(last)), `resolved from the cache: ${last}`);
      await tab.close();
    }
  },

  'a page without storage loads into memory': async (world, context) => {
    await context.addInitScript(() => {
      Reflect.deleteProperty(FileSystemFileHandle.prototype, 'createWritable');
      Object.defineProperty(window, 'caches', {value: undefined});
    });
    const tab = await open(world, context);
    demandModel(world, await resolveIn(tab, {handle: `${world.host.url}/model`}));
  },

  'a model loaded by URL runs, now and after a reload from the cache': async (world, context) => {
    const source = {handle: `${world.host.url}/model`};
    const before = world.downloads();
    const tab = await open(world, context);
    await runs(tab, source);
    await tab.reload();
    await tab.locator('body[data-ready]').waitFor();
    await runs(tab, source);
    demand(world.downloads() === before + 1, `${world.downloads() - before} downloads`);
  },

  'tabs that ask at the same time download once': async (world, context) => {
    const before = world.downloads();
    const tabs = await Promise.all(Array.from({length: 3}, () => open(world, context)));
    const source = {handle: `${world.host.url}/model`};
    for (const resolved of await Promise.all(tabs.map((tab) => resolveIn(tab, source))))
      demandModel(world, resolved);
    demand(world.downloads() === before + 1, `${world.downloads() - before} downloads`);
  },

  'a broken connection is continued': async (world, context) => {
    const tab = await open(world, context);
    demandModel(world, await resolveIn(tab, {handle: `${world.broken.url}/cut`}));
    demand(
      world.broken.requests.some(({headers}) => headers.range !== undefined),
      'No range was asked for.',
    );
  },

  'a tab closed during a download leaves no half of a model': async (world, context) => {
    const source = {handle: `${world.broken.url}/slow`};
    const closing = await open(world, context);
    let isOver = false;
    const loading = closing
      .evaluate((given) => window.hubTests.resolve(given), source)
      .catch(() => null)
      .finally(() => (isOver = true));
    while (world.sentSlowly() < SOME_OF_THE_MODEL && !isOver) await sleep(10);
    await closing.close();
    demand((await loading) === null, 'The load was over too early.');
    const tab = await open(world, context);
    const resolved = await resolveIn(tab, source);
    demandModel(world, resolved);
    demand(!resolved.fromCache, 'Half a model was found in the cache.');
  },

  'an error says what was wrong': async (world, context) => {
    const tab = await open(world, context);
    for (const [handle, words] of [
      [`${world.host.url}/nothing`, 'There is no such model'],
      ['./local/path', 'a browser has no file system'],
    ] as const) {
      const reply = await tab.evaluate((given) => window.hubTests.resolve(given), {handle});
      demand(
        'error' in reply && reply.error.startsWith('HubError') && reply.error.includes(words),
        JSON.stringify(reply),
      );
    }
  },

  'a picked directory is a model, which runs': async (world, context) => {
    const tab = await open(world, context);
    await tab.locator('input').setInputFiles(world.model);
    demandModel(world, await resolveIn(tab, {picked: true}));
    await runs(tab, {picked: true});
  },

  'so is a directory handle, as the directory picker gives it': async (world, context) => {
    const tab = await open(world, context);
    const source = {directoryHandle: await filesOf(world)};
    demandModel(world, await resolveIn(tab, source));
    await runs(tab, source);
  },

  'so are dropped files, even without their directories': async (world, context) => {
    const tab = await open(world, context);
    const files = Object.entries(await filesOf(world)).map(([name, bytes]) => [path.basename(name), bytes]);
    await runs(tab, {dropped: Object.fromEntries(files)});
  },

  'a model is saved to a directory handle, over an old one, and as an archive': async (world, context) => {
    const tab = await open(world, context);
    const source = {directoryHandle: await filesOf(world)};
    const {refusal, digests, archive} = await tab.evaluate((given) => window.hubTests.save(given), source);
    demand(refusal.includes('Pass {overwrite: true}'), `refused with: ${refusal}`);
    await runs(tab, {saved: true});
    const entries = await unpackTar(gunzipSync(Uint8Array.from(archive)));
    const files = entries.filter(({header}) => header.type === 'file');
    demand(
      files
        .map(({header}) => header.name)
        .sort()
        .join() === Object.keys(digests).sort().join(),
      'The archive has other files than the directory.',
    );
    const loaded = await loadModel(
      memoryDirectory(Object.fromEntries(files.map(({header, data}) => [header.name, data!]))),
    );
    demand(loaded.signatures.serving_default !== undefined, 'The archive has no signature.');
  },

  'two tabs save to one directory: each load is of one of the models, whole': async (world, context) => {
    const tabs = [await open(world, context), await open(world, context)];
    const said = await Promise.all(
      tabs.map((tab, i) => tab.evaluate((first) => window.hubTests.saveOften(first, 10), 100 * i)),
    );
    for (const [one, other] of said.flat()) demand(one === other, `parts of two models: ${one}, ${other}`);
  },

  'a checkpoint is saved to a directory handle and restored': async (world, context) => {
    const tab = await open(world, context);
    const source = {directoryHandle: await filesOf(world)};
    const names = await tab.evaluate((given) => window.hubTests.checkpoint(given), source);
    demand(names.join() === 'checkpoint,ckpt-1.data-00000-of-00001,ckpt-1.index', `files: ${names}`);
  },
};

async function filesOf({model, expected}: World): Promise<Record<string, number[]>> {
  const files: Record<string, number[]> = {};
  for (const name of Object.keys(expected)) files[name] = [...(await readFile(path.join(model, name)))];
  return files;
}

function inRows(values: readonly number[], width: number): number[][] {
  const rows: number[][] = [];
  for (let start = 0; start < values.length; start += width) rows.push(values.slice(start, start + width));
  return rows;
}

const words = process.argv.slice(2);
const chosen = Object.entries({...TESTS, ...ONNX_TESTS, ...WASM_TESTS}).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);

const {world, close} = await start();
const failures: string[] = [];
try {
  for (const [name, test] of chosen) {
    const context = await world.browser.newContext();
    try {
      await test(world, context);
      console.log(`ok    ${name}`);
    } catch (error) {
      failures.push(`FAIL  ${name}: ${error instanceof Error ? error.message : error}`);
      console.log(failures.at(-1));
    } finally {
      await context.close();
    }
  }
} finally {
  await close();
}
const failed = failures.length;
tell([{part: 'in Chromium', passed: chosen.length - failed, failed, details: failures}]);
