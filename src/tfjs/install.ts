/**
 * What is repaired in tfjs as soon as this library is loaded, before any model is: for the whole process, so that plain tfjs
 * code gains as well. What a backend lacks is added when that backend is first used (`backend_kernels.ts`), and what models of
 * tfjs-layers lack when a layer first needs it (`layers/`).
 *
 * @module
 */

import {installChainedOps} from './chained_ops.js';
import {installQuietStart} from './cpu_banner.js';
import {installEngineBooks} from './engine_books.js';
import {installGradients} from './gradients.js';
import {installYieldingNames} from './variable_names.js';

let isInstalled = false;

/** Repairs tfjs. Calling it again does nothing. */
export function installRepairs(): void {
  if (isInstalled) return;
  isInstalled = true;
  installEngineBooks();
  installQuietStart();
  installYieldingNames();
  installGradients();
  installChainedOps();
}
