/**
 * Python scripts that compare: each prints a line `PASS NAME` or `FAIL NAME: WHY` for everything it has compared.
 *
 * @module
 */

import {spawn} from 'node:child_process';
import {basename, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {ENVIRONMENT} from './tensorflow.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What such a script has said. */
export interface Verdicts {
  readonly passed: number;
  /** The lines of failures, one more for a script that ended early. */
  readonly failures: readonly string[];
}

/**
 * Runs one.
 *
 * @param script - its path in the project
 * @param expected - how many lines there must be
 */
export async function verdictsOf(
  python: string,
  [script, ...args]: readonly [string, ...string[]],
  expected = 1,
): Promise<Verdicts> {
  const child = spawn(python, [join(ROOT, script), ...args], {
    env: {...process.env, ...ENVIRONMENT},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text).slice(-500);
  });
  let passed = 0;
  const failures: string[] = [];
  for await (const line of createInterface({input: child.stdout})) {
    if (line.startsWith('PASS ')) passed++;
    else if (line.startsWith('FAIL ')) failures.push(line);
  }
  const [code, compared] = [await ended, passed + failures.length];
  if (compared < expected || (code !== 0 && failures.length === 0)) {
    failures.push(
      `FAIL ${basename(script)} ended with exit code ${code} and ${compared} comparisons: ${said}`,
    );
  }
  return {passed, failures};
}
