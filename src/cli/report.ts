/**
 * How a command that failed says so, and the exit code it ends with.
 *
 * @module
 */

import {CommanderError} from 'commander';
import {HubError} from '../errors.js';
import {complain} from './print.js';
import {UsageError} from './usage.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** Says what went wrong on standard error and gives the exit code. */
export function report(error: unknown): number {
  // commander has printed its message already; asking for help is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    complain(`tfhub: ${message}`);
    return EXIT_USAGE;
  }
  complain(`tfhub: ${error instanceof HubError ? message : `${message} (unexpected)`}`);
  return EXIT_FAILURE;
}
