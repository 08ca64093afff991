/**
 * The Node platform, with the native CRC-32C where its binary is installed. Its directories are in `node_directory.ts`.
 *
 * Importing this module makes it the platform in use.
 *
 * @module
 */

import {createRequire} from 'node:module';
import {availableParallelism, totalmem} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {portableCrc32c} from './crc32c.js';
import {setPlatform} from './current.js';
import {givenOnnxRuntime} from './given_onnx.js';
import {nodeCompiledModels} from './node_compiled_models.js';
import {nodeOnnxRuntime} from './node_onnx.js';
import {nodeOnnxPool} from './node_onnx_pool.js';
import type {Platform} from './platform.js';

export const nodePlatform: Platform = {
  crc32c: nativeCrc32c() ?? portableCrc32c,
  // 0 where there is no constraint.
  memoryBytes: () => Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  onnxRuntime: nodeOnnxRuntime,
  get asyncOnnxRuntime() {
    return nodeOnnxPool() === undefined ? givenOnnxRuntime() : nodeOnnxPool;
  },
  compiledModels: nodeCompiledModels,
  processors: availableParallelism,
  variable: (name) => process.env[name] || undefined,
  createModel: async (...args) => (await import('./node_output.js')).createModel(...args),
  writableDirectory: async (target) => (await import('./node_output.js')).writableDirectory(target),
  importBackend: async () => {
    const events = ['uncaughtException', 'unhandledRejection'] as const;
    const before = events.map((event) => new Set<unknown>(process.listeners(event as never)));
    try {
      // An optional peer dependency: several times as fast as the cpu backend.
      await import('@tensorflow/tfjs-backend-wasm');
      await tf.setBackend('wasm');
    } catch {
      return;
    }
    // Its runtime adds handlers that print a page of minified code before any error that a user's program ends with.
    events.forEach((event, i) => {
      for (const added of process.listeners(event as never)) {
        if (!before[i]!.has(added)) process.off(event, added as () => void);
      }
    });
  },
};

setPlatform(nodePlatform);

/** The optional dependency has no binary for some machines, and fails to load there. */
function nativeCrc32c(): Platform['crc32c'] | undefined {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as typeof import('@node-rs/crc32');
    return native.crc32c;
  } catch {
    return undefined;
  }
}

export {absolutePath, localDirectory} from './node_directory.js';
