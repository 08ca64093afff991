/**
 * What resolving handles asks of a browser. Importing this module puts it to use.
 *
 * @module
 */

import {openBrowserCache} from './browser_cache.js';
import {browserDirectory} from './browser_drop.js';
import {browserHttp} from './browser_http.js';
import {type BrowserCache, type HubServices, setHubServices} from './services.js';
import {portableSha256} from './sha256.js';

let cache: Promise<BrowserCache | null> | null = null;

export const browserHub: HubServices = {
  environment: () => undefined,
  http: browserHttp,
  files: null,
  browserCache: () => (cache ??= openBrowserCache()),
  directoryOf: browserDirectory,
  gunzip: () => new DecompressionStream('gzip'),
  inflate: () => new DecompressionStream('deflate'),
  compress: (format) => new CompressionStream(format),
  async sha1(text) {
    const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
    return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  },
  sha256: portableSha256,
  // Nothing asks for it: a page has no environment variables, and its author has onProgress.
  showProgress: () => ({update: () => undefined, stop: () => undefined}),
};

setHubServices(browserHub);
