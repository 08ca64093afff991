/**
 * What the command writes: results to standard output, everything else to standard error. All of it goes through here,
 * because what comes from models, servers and archives may hold what steers a terminal.
 *
 * @module
 */

import {printable, printableJson, printableLines} from '../printable.js';

/** One line of a result. */
export function print(line: string): void {
  console.log(printable(line));
}

/** A result for programs: one line of JSON. */
export function printJson(value: unknown): void {
  console.log(printableJson(value));
}

/** A path that programs are to use: exactly what it is, except where a person reads it. */
export function printPath(path: string): void {
  console.log(process.stdout.isTTY ? printable(path) : path);
}

/** A line beside the result. */
export function say(line: string): void {
  console.error(printable(line));
}

/** A message, which may have several lines. */
export function complain(message: string): void {
  console.error(printableLines(message));
}
