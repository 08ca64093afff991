/**
 * Resolves one handle and prints by how much the process grew, for conformance_hub.ts.
 *
 * @module
 */

import '../src/platform/node.js';
import '../src/platform/node_hub.js';
import {resolve} from '../src/hub/resolver.js';

const [handle = '', cacheDir = ''] = process.argv.slice(2);
await new Promise((done) => setTimeout(done, 500));
const idle = process.memoryUsage.rss();
let peak = idle;
const sampling = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);
const start = Date.now();
await resolve(handle, {cacheDir});
clearInterval(sampling);
console.log(JSON.stringify({idle, peak, seconds: (Date.now() - start) / 1000}));
