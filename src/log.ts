/**
 * What this library says without being asked: one line each, on standard error.
 *
 * @module
 */

import {printableLines} from './printable.js';

const said = new Set<string>();

export function warn(message: string): void {
  console.warn(printableLines(`tensorflow-hub: ${message}`));
}

/** As `warn`, but each message once per process or page. */
export function warnOnce(message: string): void {
  if (said.has(message)) return;
  said.add(message);
  warn(message);
}
