/**
 * The pages of the tests: built as a user's bundler would build them, and served.
 *
 * @module
 */

import {readFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {build, type Rollup} from 'vite';
import {here} from './paths.js';

/** What a bundler made of a page. */
export interface Built {
  readonly directory: string;
  readonly files: Rollup.RollupOutput['output'];
}

/** Builds a page of this folder with the package as it is published: what its list of side effects says is tested with it. */
export async function buildPage(html: string, directory: string): Promise<Built> {
  const built = await build({
    root: here('.'),
    base: './',
    logLevel: 'error',
    resolve: {alias: {'../src/index.browser.js': here('../dist/index.browser.js')}},
    build: {outDir: directory, minify: false, rollupOptions: {input: here(html)}},
  });
  return {directory, files: (built as Rollup.RollupOutput).output};
}

/** A page gets threads and shared memory only where it says that it is kept apart from others. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves directories below their names; below `isolated/` the same in pages that are isolated. */
export async function servePages(
  directories: Readonly<Record<string, string>>,
): Promise<{readonly url: string; close(): void}> {
  const server: Server = createServer(async (request, response) => {
    const [, isolated, name = '', file = ''] = /^\/(isolated\/)?(\w+)\/([^?]*)/.exec(request.url!) ?? [];
    const directory = directories[name];
    const body =
      directory && (await readFile(path.join(directory, path.normalize(`/${file}`))).catch(() => null));
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    response
      .writeHead(body ? 200 : 404, {'content-type': type, ...(isolated && ISOLATED)})
      .end(body || undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
