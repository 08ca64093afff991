#!/usr/bin/env node
/**
 * The `tfhub` command.
 *
 * @module
 */

import {Command, CommanderError} from 'commander';
import '../platform/node.js';
import '../platform/node_hub.js';
import {HubError} from '../errors.js';
import {registerCache} from './commands/cache.js';
import {registerHost} from './commands/host.js';
import {registerOps} from './commands/ops.js';
import {registerResolve} from './commands/resolve.js';
import {registerRun} from './commands/run.js';
import {registerShow} from './commands/show.js';
import {UsageError} from './usage.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const program = new Command('tfhub')
  .description('Inspect, run, download and host TensorFlow SavedModels.')
  .exitOverride()
  .showHelpAfterError('(tfhub --help lists the commands)');

for (const register of [
  registerShow,
  registerRun,
  registerOps,
  registerResolve,
  registerCache,
  registerHost,
]) {
  register(program);
}
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong on one line of stderr and gives the exit code. */
function report(error: unknown): number {
  // commander has printed its message already; asking for help is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    console.error(`tfhub: ${message}`);
    return EXIT_USAGE;
  }
  console.error(`tfhub: ${error instanceof HubError ? message : `${message} (unexpected)`}`);
  return EXIT_FAILURE;
}
