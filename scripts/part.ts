/**
 * Parts of a check, each one command: run side by side, their output shown whole, their scores added up.
 *
 * @module
 */

import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {type Score, scoresIn, total} from './score.js';
import {type Outcome, sideBySide, type Task} from './side_by_side.js';

/** The folder of the project, where every part runs. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A task that gives scores. */
export type Part = Task<readonly Score[]>;

/** How a part is run. */
export interface PartOptions extends Pick<Part, 'after' | 'waits'> {
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Parts that run at one time: a process of TensorFlow takes a gigabyte and more, so more processors do not mean more parts. */
const LANES = 2;

/** Of each score so many details are named in the summary: what was printed on the way may be far above it. */
const NAMED_DETAILS = 10;

/** How a command ended, and what it printed. */
interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A part that passes or fails as a whole. What comes after it does not run where it fails. */
export function whole(name: string, command: readonly string[], options: PartOptions = {}): Part {
  return part(name, command, options, ({code, output}) => {
    if (code !== 0) throw new Error(lastLines(output).join('\n'));
    return [{part: name, passed: 1, failed: 0, details: []}];
  });
}

/** A part that prints its scores itself, see {@link scoresIn}. */
export function counted(name: string, command: readonly string[], options: PartOptions = {}): Part {
  return part(name, command, options, ({code, output}) => {
    const scores = scoresIn(output);
    if (total(scores, 'failed') === 0 && (code !== 0 || total(scores, 'passed') === 0)) {
      const what = code === 0 ? 'it ran nothing' : `it ended with exit code ${code}`;
      return [...scores, failure(name, [what, ...lastLines(output)])];
    }
    return scores;
  });
}

/** What is read of vitest's report. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** A part that is test files of this project; all, if none are named. One at a time: other parts run beside it. */
export function tested(name: string, files: readonly string[], options: PartOptions = {}): Part {
  const run = async (): Promise<readonly Score[]> => {
    const folder = await mkdtemp(join(tmpdir(), 'tfhub-tests-'));
    try {
      const report = join(folder, 'report.json');
      const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
      // Several at a time would write one cache.
      const how = ['--cache=false', '--maxWorkers=1', '--minWorkers=1'];
      const ended = await finished(['npx', 'vitest', 'run', ...files, ...how, ...reporters], options.env);
      const score = existsSync(report)
        ? scoreOf(name, JSON.parse(readFileSync(report, 'utf8')) as VitestReport)
        : failure(name, lastLines(ended.output));
      const isSilent = score.failed === 0 && (ended.code !== 0 || score.passed === 0);
      return isSilent ? [{...score, failed: 1, details: lastLines(ended.output)}] : [score];
    } finally {
      await rm(folder, {recursive: true});
    }
  };
  return {name, ...when(options), run};
}

function scoreOf(name: string, {numPassedTests, numFailedTests, testResults}: VitestReport): Score {
  const details = testResults
    .flatMap(({assertionResults}) => assertionResults)
    .filter(({status}) => status === 'failed')
    .map(({fullName, failureMessages}) => `${fullName}: ${failureMessages[0]?.split('\n')[0] ?? ''}`);
  return {part: name, passed: numPassedTests, failed: numFailedTests, details};
}

function part(
  name: string,
  command: readonly string[],
  options: PartOptions,
  judge: (ended: Ended) => readonly Score[],
): Part {
  return {name, ...when(options), run: async () => judge(await finished(command, options.env))};
}

const when = ({after = [], waits = false}: PartOptions) => ({after, waits});

const failure = (part: string, details: readonly string[]): Score => ({part, passed: 0, failed: 1, details});

const lastLines = (output: string): string[] => output.trim().split('\n').slice(-NAMED_DETAILS);

/** Runs a command to its end and then shows its output, whole. */
function finished([command = '', ...args]: readonly string[], env: PartOptions['env']): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: {...process.env, ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const output = Buffer.concat(chunks);
      process.stdout.write(output);
      resolve({code: code ?? 1, output: output.toString()});
    });
  });
}

/** Parts with these words in their names, and what they need; all where there are no words. */
export function chosenParts(all: readonly Part[], words: readonly string[]): readonly Part[] {
  if (words.length === 0) return all;
  const chosen = new Set(all.filter(({name}) => words.some((word) => name.includes(word))));
  if (chosen.size === 0) throw new Error(`there are: ${all.map(({name}) => name).join(', ')}`);
  for (const {after = []} of chosen) for (const each of all) if (after.includes(each.name)) chosen.add(each);
  return all.filter((each) => chosen.has(each));
}

/** Runs parts and prints what came of each, in the end the line `N passed, N failed`; the process fails if one of them has. */
export async function runParts(parts: readonly Part[]): Promise<void> {
  const start = performance.now();
  const outcomes = await sideBySide(parts, LANES, (name, outcome) =>
    console.log(`-- ${name} ${outcome === undefined ? 'begins' : `took ${outcome.seconds.toFixed(0)} s`}`),
  );
  console.log(`\nTogether ${((performance.now() - start) / 1000).toFixed(0)} s`);
  for (const outcome of outcomes) summarize(outcome);
  const scores = outcomes.flatMap(scoresOf);
  console.log(`${total(scores, 'passed')} passed, ${total(scores, 'failed')} failed`);
  if (total(scores, 'failed') > 0) process.exitCode = 1;
}

/** What came of a part, to add up: one that ended with an error has failed. */
function scoresOf({name, result, error}: Outcome<readonly Score[]>): readonly Score[] {
  return result ?? [failure(name, (error?.message ?? '').split('\n'))];
}

function summarize(outcome: Outcome<readonly Score[]>): void {
  const seconds = `${outcome.seconds.toFixed(0)} s`;
  scoresOf(outcome).forEach(({part, passed, failed, details}, i) => {
    const name = part === outcome.name || i > 0 ? part : `${outcome.name}: ${part}`;
    console.log(`${(i === 0 ? seconds : '').padStart(8)}  ${name}: ${passed} passed, ${failed} failed`);
    for (const detail of details.slice(0, NAMED_DETAILS)) console.log(`${''.padStart(12)}${detail}`);
  });
}
