/**
 * Compiles and runs what README and the guides show: each program by itself, under strict TypeScript, with the output that its comments
 * promise.
 */

import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {transformSync} from 'esbuild';
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

/** Programs: what is marked as JavaScript, and TypeScript that imports what it uses. Other TypeScript only shows how something is written. */
function blocksOf(page: string): string[] {
  const text = readFileSync(`${ROOT}${page}`, 'utf8');
  return [...text.matchAll(/```(js|ts)\n([\s\S]*?)```/g)]
    .filter(([, language, code]) => language === 'js' || (PROGRAMS.includes(page) && /^import /m.test(code!)))
    .map(([, , code]) => code!);
}

/** Pages whose TypeScript is to be run. */
const PROGRAMS: readonly string[] = ['docs/calling.md', 'docs/limits.md'];

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
      const {code: script} = transformSync(code, {loader: 'ts', target: 'node20'});
      const {status, stdout, stderr} = await node('--input-type=module', '-e', script);
      expect({status, stderr}).toEqual({status: 0, stderr: ''});
      expect(withoutSpaces(stdout).trim().split('\n')).toEqual(promised(code).map(withoutSpaces));
    });
  });
});

describe.each([
  ['nodenext', {module: 'nodenext'}],
  ['bundler', {module: 'esnext', moduleResolution: 'bundler'}],
])('programs, with modules resolved as by %s', (name, modules) => {
  it('compile under strict TypeScript', async () => {
    // Within the package, so that its name means what was built.
    const directory = `${ROOT}build/programs-${name}/`;
    rmSync(directory, {recursive: true, force: true});
    mkdirSync(directory, {recursive: true});
    for (const page of PAGES) {
      const base = page.replaceAll(/\W/g, '_');
      blocksOf(page).forEach((code, i) => {
        writeFileSync(`${directory}${base}_${i + 1}.ts`, code);
      });
    }
    const compilerOptions = {
      ...modules,
      strict: true,
      target: 'es2022',
      lib: ['es2023', 'dom'],
      types: ['node'],
      noEmit: true,
      // tfjs's own do not compile.
      skipLibCheck: true,
    };
    writeFileSync(`${directory}tsconfig.json`, JSON.stringify({compilerOptions, include: ['*.ts']}));
    expect(await node('node_modules/typescript/bin/tsc', '-p', directory)).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
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
