/**
 * `tfhub resolve`: from a handle to a local path.
 *
 * @module
 */

import type {Command} from 'commander';
import {integrityOf, resolve} from '../../hub/resolver.js';
import '../../platform/node_hub.js';
import {print, printJson, printPath} from '../print.js';

interface ResolveCommandOptions {
  readonly cacheDir?: string;
  readonly maxBytes?: number;
  readonly integrity?: string;
  readonly printIntegrity?: boolean;
  readonly json?: boolean;
}

export function registerResolve(program: Command): void {
  program
    .command('resolve')
    .description('download a model if need be, and print where it is')
    .argument('<handle>', 'path, URL, gs:// location or Kaggle name')
    .option(
      '--cache-dir <dir>',
      'where models are kept (default: TFHUB_CACHE_DIR, else a temporary directory)',
    )
    .option('--max-bytes <n>', 'largest size of the unpacked model (default: 8 GiB)', Number)
    .option('--integrity <sha256-...>', 'fail unless the model is the one of this integrity')
    .option('--print-integrity', 'print the integrity of the model in place of its path')
    .option('--json', 'print one JSON object')
    .action(async (handle: string, {printIntegrity, json, ...options}: ResolveCommandOptions) => {
      const {directory, path, fromCache} = await resolve(handle, options);
      const place = path ?? directory.name;
      const integrity = printIntegrity ? await integrityOf(directory) : undefined;
      if (json) printJson({handle, path: place, fromCache, integrity});
      else if (integrity !== undefined) print(integrity);
      else printPath(place);
    });
}
