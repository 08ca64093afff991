/**
 * What browser tests need around them: pages, servers of models, and Chromium.
 *
 * @module
 */

import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {type Browser, type BrowserContext, chromium, type Page} from 'playwright-core';
import {readDigests} from '../src/hub/testing/digests.js';
import {faulty, startServer, type TestServer} from '../src/hub/testing/server.js';
import {localDirectory} from '../src/platform/node.js';
import {type Host, hostModels} from '../src/platform/node_host.js';
import {fixture} from './cases.js';
import {findChromium} from './chromium.js';
import {type Built, buildPage, servePages} from './pages.js';
import {here} from './paths.js';

export interface World {
  readonly browser: Browser;
  /** Where the pages are served: `page/`, `onnx/`, `wasm/`, and all below `isolated/`. */
  readonly url: string;
  readonly pages: {readonly page: Built; readonly onnx: Built};
  /** A server of the models at `/model` and `/features`, and how often the archive of the first was asked for. */
  readonly host: Host;
  readonly downloads: () => number;
  /** The same archive over connections that break, and over slow ones: how much these have sent. */
  readonly broken: TestServer;
  readonly sentSlowly: () => number;
  readonly model: string;
  readonly expected: Record<string, string>;
}

export type Test = (world: World, context: BrowserContext) => Promise<void>;

/** The model at `/model`. */
export const MODEL = 'mlp';

/** The model at `/features`: convolutions. */
export const FEATURES = 'mobilenet_v2_features';

/** Milliseconds, many more than a busy machine needs for anything here: the browser hangs. */
const HANGS_AFTER = 20 * 60_000;

export function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Opens a page, and waits until it has started. */
export async function open({url}: World, context: BrowserContext, page = 'page/index.html'): Promise<Page> {
  const tab = await context.newPage();
  tab.setDefaultTimeout(HANGS_AFTER);
  tab.on('pageerror', (error) => console.error(`  [page] ${error}`));
  await tab.goto(url + page);
  await tab.locator('body[data-ready]').waitFor({state: 'attached'});
  return tab;
}

/** Builds, serves and starts all. */
export async function start(): Promise<{world: World; close: () => Promise<void>}> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tfhub-browser-'));
  const model = path.join(directory, 'hosted/model');
  await cp(fixture(MODEL), model, {recursive: true});
  await cp(fixture(FEATURES), path.join(directory, 'hosted/features'), {recursive: true});
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
  const pages = {
    page: await buildPage('index.html', path.join(directory, 'page')),
    onnx: await buildPage('onnx.html', path.join(directory, 'onnx')),
  };
  const wasm = await buildPage('wasm.html', path.join(directory, 'wasm'));
  // As a user of the backend puts them beside the page.
  await cp(here('../node_modules/@tensorflow/tfjs-backend-wasm/dist'), wasm.directory, {
    recursive: true,
    filter: (file) => !path.extname(file) || file.endsWith('.wasm'),
  });
  const served = await servePages({
    page: pages.page.directory,
    onnx: pages.onnx.directory,
    wasm: wasm.directory,
  });
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
      // WebGPU on the processor.
      ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    ],
  });
  return {
    world: {
      browser,
      url: served.url,
      pages,
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
      served.close();
      await rm(directory, {recursive: true, force: true});
    },
  };
}
