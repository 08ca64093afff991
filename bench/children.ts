/**
 * The scripts of this folder that measure in Node processes of their own. They and what they use of the library are put into one file, as
 * the package is for Node: who translates modules while they load keeps their source maps as well, ten times the memory that
 * the library takes, all of which is marked whenever memory is collected.
 *
 * @module
 */

import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {buildSync} from 'esbuild';
import {runCommand} from './measure.js';

const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const built = new Map<string, string>();

/** Path of a script, such as `load_child.ts`, that `node` runs as it is. */
export function builtChild(script: string): string {
  const path = built.get(script) ?? build(script);
  built.set(script, path);
  return path;
}

/** Runs a script of this folder in a Node process of its own; gives the JSON it prints. */
export function runScript<T>(script: string, ...args: readonly string[]): Promise<T> {
  return runCommand(process.execPath, [builtChild(script), ...args]);
}

function build(script: string): string {
  const name = basename(script, '.ts');
  const outdir = from(`../build/bench/${name}`);
  buildSync({
    // The script of threads lies beside what starts them.
    entryPoints: [from(script), from('../src/platform/node_onnx_worker.ts')],
    entryNames: '[name]',
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // What package.json says of side effects is about `dist`.
    ignoreAnnotations: true,
    logLevel: 'warning',
  });
  return `${outdir}/${name}.js`;
}
