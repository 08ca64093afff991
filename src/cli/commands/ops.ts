/**
 * `tfhub ops`: the ops that a model uses, and which of them this library runs.
 *
 * @module
 */

import type {Command} from 'commander';
import {resolve} from '../../hub/resolver.js';
import {describeOps, type OpUse} from '../../savedmodel/load/describe.js';
import {print, printJson} from '../print.js';
import {parseTags} from '../usage.js';

export function registerOps(program: Command): void {
  program
    .command('ops')
    .description('list the ops a model uses and whether they are supported')
    .argument('<handle>', 'path, URL, gs:// location or Kaggle name')
    .option('--tags <tags>', 'the tags of the graph, separated by commas')
    .option('--json', 'print one JSON object')
    .action(async (handle: string, options: {tags?: string; json?: boolean}) => {
      const {directory} = await resolve(handle);
      const tags = parseTags(options.tags);
      const ops = await describeOps(directory, tags === undefined ? {} : {tags});
      if (options.json) printJson({ops});
      else printTable(ops);
    });
}

function printTable(ops: readonly OpUse[]): void {
  const width = Math.max(...ops.map(({op}) => op.length), 0);
  for (const {op, count, supported, saverOnly, limit, node, function: label} of ops) {
    const status = supported ? 'yes' : saverOnly ? 'saver' : 'NO';
    const dtype = limit === undefined ? '' : `for ${limit}, `;
    const where = supported || saverOnly ? '' : `  ${dtype}first at node '${node}' in ${label}`;
    print(`${op.padEnd(width)}  ${String(count).padStart(6)}  ${status.padEnd(5)}${where}`.trimEnd());
  }
  const missing = ops.filter((each) => !each.supported && !each.saverOnly);
  print('');
  print(
    missing.length === 0
      ? `All ${ops.length} ops can be run. ("saver": only writes checkpoints, never run here)`
      : `${missing.length} of ${ops.length} ops are not supported: ${missing.map(({op}) => op).join(', ')}`,
  );
}
