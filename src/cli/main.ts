#!/usr/bin/env node
/**
 * The `tfhub` command.
 *
 * @module
 */

import {createRequire} from 'node:module';
import {Command} from 'commander';
import '../platform/node.js';
import '../platform/node_hub.js';
import {printableLines} from '../printable.js';
import {registerCache} from './commands/cache.js';
import {registerExportOnnx} from './commands/export_onnx.js';
import {registerHost} from './commands/host.js';
import {registerOps} from './commands/ops.js';
import {registerResolve} from './commands/resolve.js';
import {registerRun} from './commands/run.js';
import {registerShow} from './commands/show.js';
import {registerTypes} from './commands/types.js';
import {addExamples} from './examples.js';
import {report} from './report.js';

/** Two directories up, in the source as in both forms of what is built. */
const {version} = createRequire(import.meta.url)('../../package.json') as {version: string};

const program = new Command('tfhub')
  .version(version)
  .description('Inspect, run, convert, download and host TensorFlow SavedModels.')
  .exitOverride()
  .showHelpAfterError('(tfhub --help lists the commands)')
  .configureOutput({writeErr: (text) => process.stderr.write(printableLines(text))});

for (const register of [
  registerShow,
  registerRun,
  registerOps,
  registerTypes,
  registerExportOnnx,
  registerResolve,
  registerCache,
  registerHost,
]) {
  register(program);
}
addExamples(program);
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
