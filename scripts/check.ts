/**
 * `npm run check`: an answer within five minutes for who has changed something. Types, lint, and the tests that the change can
 * break, those nearest to it first, for as long as there is time; what there was no time for is printed. Needs neither Python
 * nor a network. What is changed is what differs from the last commit, else what that one changed; `npm run check -- main` takes
 * all since another.
 *
 * @module
 */

import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {BaseSequencer, createVitest, type TestModule, type TestSpecification} from 'vitest/node';
import {type Part, ROOT, runParts, whole} from './part.js';
import {relatedTests, type Sources} from './related_tests.js';
import type {Score} from './score.js';

/** For tests, in milliseconds: the build, and the test that runs when it is over, take the rest of five minutes. */
const TIME = 3.5 * 60_000;

/** Tests of every check, which come first: the architecture, and the built package, used as its users do. */
const ALWAYS = ['src/architecture.test.ts', 'src/cli/cli.test.ts', 'examples/readme.test.ts'];

const git = (...args: readonly string[]): string[] =>
  execFileSync('git', args, {cwd: ROOT, encoding: 'utf8'}).split('\n').filter(Boolean);

/** What was changed, and since when. */
function changes(since = 'HEAD'): {readonly files: readonly string[]; readonly when: string} {
  const tracked = git('diff', '--name-only', '--relative', '--merge-base', since);
  const files = [...tracked, ...git('ls-files', '--others', '--exclude-standard')];
  if (files.length > 0) return {files, when: `since ${since}`};
  return {files: git('log', '-1', '--format=', '--name-only', '--relative'), when: 'by the last commit'};
}

function sources(): Sources {
  const paths = ['src', 'scripts', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), {recursive: true, encoding: 'utf8'})
      .filter((path) => /\.(ts|mjs)$/.test(path))
      .map((path) => join(folder, path).replaceAll('\\', '/')),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

/** The tests to be run, nearest to the change first. */
function chosenTests(changed: readonly string[]): readonly string[] {
  const distances = relatedTests(sources(), changed);
  const related = [...distances].sort(([, a], [, b]) => a - b).map(([path]) => path);
  return [...new Set([...ALWAYS, ...related])];
}

/** Runs tests in this order until the time is over. */
async function runTests(paths: readonly string[]): Promise<readonly Score[]> {
  const rank = new Map(paths.map((path, i) => [join(ROOT, path), i]));
  class InThisOrder extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return files.toSorted((a, b) => rank.get(a.moduleId)! - rank.get(b.moduleId)!);
    }
  }
  const left = new Set(paths.map((path) => join(ROOT, path)));
  const [passed, failed]: [TestModule[], TestModule[]] = [[], []];
  let isOver = false;
  const vitest = await createVitest('test', {
    root: ROOT,
    watch: false,
    cache: false,
    sequence: {sequencer: InThisOrder},
    reporters: [
      'dot',
      {
        onTestModuleEnd(module) {
          if (!module.ok()) failed.push(module);
          else if (!isOver) passed.push(module);
          if (!module.ok() || !isOver) left.delete(module.moduleId);
        },
      },
    ],
  });
  const end = setTimeout(() => {
    isOver = true;
    void vitest.cancelCurrentRun('keyboard-input');
  }, TIME);
  try {
    await vitest.start([...rank.keys()]);
  } finally {
    clearTimeout(end);
    await vitest.close();
    // For vitest, a run that was ended early has failed.
    process.exitCode = undefined;
  }
  if (left.size > 0) {
    console.log(`\nLeft out, for there was no time (npm test runs all):`);
    for (const path of left) console.log(`  ${path.slice(ROOT.length)}`);
  }
  const errors = vitest.state.getUnhandledErrors().map(String);
  const details = [...failed.map(({moduleId}) => moduleId.slice(ROOT.length)), ...errors];
  return [{part: 'test files', passed: passed.length, failed: details.length, details}];
}

const {files, when} = changes(process.argv[2]);
const tests = chosenTests(files);
console.log(`${files.length} files changed ${when}: ${tests.length} test files`);
const parts: readonly Part[] = [
  whole('types', ['npm', 'run', '--silent', 'typecheck']),
  whole('lint', ['npm', 'run', '--silent', 'lint']),
  {name: 'tests', run: () => runTests(tests)},
];
await runParts(parts);
