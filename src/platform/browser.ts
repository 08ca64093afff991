/**
 * The browser platform. Its directories are in `browser_directory.ts`.
 *
 * Importing this module makes it the platform in use.
 *
 * @module
 */

import {portableCrc32c} from './crc32c.js';
import {setPlatform} from './current.js';
import {givenOnnxRuntime} from './given_onnx.js';
import type {Platform} from './platform.js';

export const browserPlatform: Platform = {
  crc32c: portableCrc32c,
  get asyncOnnxRuntime() {
    return givenOnnxRuntime();
  },
  createModel: async (...args) => (await import('./browser_output.js')).createModel(...args),
  writableDirectory: async (target) => (await import('./browser_output.js')).writableDirectory(target),
};

setPlatform(browserPlatform);

export {blobFile, fileListDirectory, handleDirectory} from './browser_directory.js';
