/**
 * Runs what README and the guides show: each JavaScript block as a program of its own, whose output is what its comments
 * promise.
 */

import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = [
  'README.md',
  'docs/calling.md',
  'docs/fine-tuning.md',
  'docs/limits.md',
  'docs/loading.md',
  'docs/records.md',
];

/** What is marked as JavaScript; TypeScript only shows how something is written. */
function blocksOf(page: string): string[] {
  const text = readFileSync(`${ROOT}${page}`, 'utf8');
  return [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);
}

/** What the comments behind `console.log` lines say is printed, up to a colon. */
function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)/g)].map(([, text]) => text!.split(':')[0]!);
}

/** Runs Node in the repository's root. */
function node(...args: string[]): Promise<{status: number; stdout: string; stderr: string}> {
  return new Promise((resolve) => {
    execFile('node', args, {cwd: ROOT}, (error, stdout, stderr) => {
      resolve({status: error === null ? 0 : Number(error.code), stdout, stderr});
    });
  });
}

const withoutSpaces = (text: string) => text.replaceAll(/[^\S\n]+/g, '');

describe.each(PAGES)('%s', (page) => {
  const blocks = blocksOf(page);
  it('has JavaScript to run', () => expect(blocks.length).toBeGreaterThan(0));

  blocks.forEach((code, i) => {
    it(`shows working code (block ${i + 1})`, async () => {
      const {status, stdout, stderr} = await node('--input-type=module', '-e', code);
      expect({status, stderr}).toEqual({status: 0, stderr: ''});
      expect(withoutSpaces(stdout).trim().split('\n')).toEqual(promised(code).map(withoutSpaces));
    });
  });
});

describe('the quickstart', () => {
  it('runs, and nothing clutters it', async () => {
    const {status, stdout, stderr} = await node('examples/quickstart.mjs');
    expect({status, stderr}).toEqual({status: 0, stderr: ''});
    expect(stdout).toContain('circle');
  });
});
