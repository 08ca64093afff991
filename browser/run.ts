/**
 * Tests in a real browser: builds the page with the built package, serves it and a model, and drives Chromium
 * through it.
 *
 * @module
 */

import {cp, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {gunzipSync} from 'node:zlib';
import {unpackTar} from 'modern-tar';
import {type Browser, type BrowserContext, chromium, type Page} from 'playwright-core';
import {build} from 'vite';
import {tell} from '../scripts/score.js';
import {integrityOf} from '../src/hub/integrity.js';
import type {ResolveOptions} from '../src/hub/options.js';
import {readDigests} from '../src/hub/testing/digests.js';
import {faulty, startServer, type TestServer} from '../src/hub/testing/server.js';
import {memoryDirectory} from '../src/platform/memory.js';
import {localDirectory} from '../src/platform/node.js';
import {type Host, hostModels} from '../src/platform/node_host.js';
import {portableSha256} from '../src/platform/sha256.js';
import {loadModel} from '../src/savedmodel/load/load.js';
import {findChromium} from './chromium.js';
import type {NamedSource, Resolved} from './page.js';

interface World {
  readonly browser: Browser;
  readonly page: string;
  /** A server of the model at `/model`, and how often its archive was asked for. */
  readonly host: Host;
  readonly downloads: () => number;
  /** The same archive over connections that break, and over slow ones: how much these have sent. */
  readonly broken: TestServer;
  readonly sentSlowly: () => number;
  readonly model: string;
  readonly expected: Record<string, string>;
}

type Test = (world: World, context: BrowserContext) => Promise<void>;

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const FIXTURE = here('../fixtures/models/mlp');
const CASES = here('../fixtures/models/mlp.cases.json');

/** Bytes after which a download is well under way, and far from its end. */
const SOME_OF_THE_MODEL = 20_000;

/** Milliseconds, many more than a busy machine needs for anything here: the browser hangs. */
const HANGS_AFTER = 20 * 60_000;

function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

async function open({page}: World, context: BrowserContext): Promise<Page> {
  const tab = await context.newPage();
  tab.setDefaultTimeout(HANGS_AFTER);
  tab.on('pageerror', (error) => console.error(`  [page] ${error}`));
  await tab.goto(page);
  await tab.locator('body[data-ready]').waitFor();
  return tab;
}

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
  const {inputs, outputs, signature} = await signatureCase();
  const got = await tab.evaluate(([given, name, values]) => window.hubTests.run(given, name, values), [
    source,
    signature,
    inputs,
  ] as const);
  for (const [name, expected] of Object.entries(outputs)) {
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

interface JsonTensor {
  readonly $tensor: {readonly shape: readonly number[]; readonly data: string};
}

interface SignatureCase {
  readonly call: {readonly signature?: string};
  readonly kwargs: Readonly<Record<string, JsonTensor>>;
  readonly outputs?: {readonly $dict: Readonly<Record<string, JsonTensor>>};
}

/** A call of the model's signature, and what TensorFlow computed for it. */
async function signatureCase() {
  const {cases} = JSON.parse(await readFile(CASES, 'utf8')) as {cases: SignatureCase[]};
  const found = cases.find(({call, outputs}) => call.signature !== undefined && outputs);
  demand(found?.outputs !== undefined, `${CASES} has no call of a signature.`);
  const decoded = (tensors: Readonly<Record<string, JsonTensor>>) =>
    Object.entries(tensors).map(([name, {$tensor}]) => {
      const {buffer} = Uint8Array.from(Buffer.from($tensor.data, 'base64'));
      return {name, width: $tensor.shape.at(-1)!, values: [...new Float32Array(buffer)]};
    });
  return {
    signature: found.call.signature!,
    inputs: Object.fromEntries(
      decoded(found.kwargs).map(({name, width, values}) => [name, inRows(values, width)]),
    ),
    outputs: Object.fromEntries(decoded(found.outputs.$dict).map(({name, values}) => [name, values])),
  };
}

function inRows(values: readonly number[], width: number): number[][] {
  const rows: number[][] = [];
  for (let start = 0; start < values.length; start += width) rows.push(values.slice(start, start + width));
  return rows;
}

async function start(): Promise<{world: World; close: () => Promise<void>}> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tfhub-browser-'));
  const model = path.join(directory, 'hosted/model');
  await cp(FIXTURE, model, {recursive: true});
  // Large enough for a download to take a while.
  await mkdir(path.join(model, 'assets'), {recursive: true});
  await writeFile(path.join(model, 'assets/noise'), crypto.getRandomValues(new Uint8Array(65_536)));
  let downloads = 0;
  const host = await hostModels({
    directory: path.join(directory, 'hosted'),
    cors: true,
    onRequest: ({method, url, status}) => {
      if (method === 'GET' && status === 200 && url.includes('compressed')) downloads++;
    },
  });
  const archive = new Uint8Array(
    await (await fetch(`${host.url}/model?tf-hub-format=compressed`)).arrayBuffer(),
  );
  downloads = 0;
  const cors = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'range, if-range',
    'access-control-expose-headers': 'etag, content-range, content-length',
  };
  const cut = faulty(archive, {cutAfter: 30_000, cutDelayMs: 300, headers: cors});
  const slow = faulty(archive, {bytesPerSecond: 40_000, headers: cors});
  const broken = await startServer((request, response) => {
    if (request.method === 'OPTIONS') response.writeHead(204, cors).end();
    else (request.url!.startsWith('/slow') ? slow : cut)(request, response);
  });
  await build({
    root: here('.'),
    logLevel: 'error',
    // The package as it is published: what its list of side effects says is tested with it.
    resolve: {alias: {'../src/index.browser.js': here('../dist/index.browser.js')}},
    build: {outDir: path.join(directory, 'page'), minify: false},
  });
  const pages = createServer(async (request, response) => {
    const name = path.join(
      directory,
      'page',
      request.url === '/' ? 'index.html' : path.normalize(request.url!),
    );
    const body = await readFile(name).catch(() => null);
    const type = name.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(body ? 200 : 404, {'content-type': type}).end(body);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  const chromiumPath = findChromium();
  if (chromiumPath === undefined)
    throw new Error('There is no Chromium: `npx tsx browser/chromium.ts` installs it.');
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    timeout: HANGS_AFTER,
    // A sandbox needs rights that a container or root may not have; the rest keeps the browser from calling home.
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
  return {
    world: {
      browser,
      page: `http://localhost:${(pages.address() as AddressInfo).port}/`,
      host,
      downloads: () => downloads,
      broken,
      sentSlowly: slow.sent,
      model,
      expected: await readDigests(localDirectory(model)),
    },
    async close() {
      await browser.close();
      await Promise.all([host.close(), broken.close()]);
      pages.closeAllConnections();
      pages.close();
      await rm(directory, {recursive: true, force: true});
    },
  };
}

const {world, close} = await start();
const failures: string[] = [];
try {
  for (const [name, test] of Object.entries(TESTS)) {
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
tell([{part: 'in Chromium', passed: Object.keys(TESTS).length - failed, failed, details: failures}]);
