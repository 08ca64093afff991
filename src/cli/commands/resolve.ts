/**
 * `tfhub resolve`: from a handle to a local path.
 *
 * @module
 */

import type {Command} from 'commander';
import {resolve} from '../../hub/resolver.js';
import '../../platform/node_hub.js';
import {printJson, printPath} from '../print.js';

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
    .option('--json', 'print one JSON object')
    .action(async (handle: string, options: {cacheDir?: string; maxBytes?: number; json?: boolean}) => {
      const {cacheDir, maxBytes} = options;
      const {directory, path, fromCache} = await resolve(handle, {cacheDir, maxBytes});
      const place = path ?? directory.name;
      if (options.json) printJson({handle, path: place, fromCache});
      else printPath(place);
    });
}
