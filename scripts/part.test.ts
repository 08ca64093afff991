/** Parts of a check, with commands that cost nothing. */

import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {chosenParts, counted, runParts, whole} from './part.js';

const node = (code: string): string[] => [process.execPath, '-e', code];
const says = (...lines: string[]): string[] => node(`console.log(${JSON.stringify(lines.join('\n'))})`);

let printed: string[];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => printed.push(chunk.toString()) > 0);
  return () => vi.restoreAllMocks();
});

afterEach(() => {
  process.exitCode = undefined;
});

/** The summary, without the seconds that differ. */
const summary = (): string[] =>
  printed
    .slice(printed.findIndex((line) => line.includes('Together')) + 1)
    .map((line) => line.replace(/^ *\d+ s/, '').trim());

it('pass or fail as a whole, or say themselves how much of them has passed', async () => {
  await runParts([
    whole('types', node('')),
    counted('saved', says('in 2.15: 3 passed, 0 failed', 'in the newest: 4 passed, 0 failed')),
  ]);
  expect(summary()).toEqual([
    'types: 1 passed, 0 failed',
    'saved: in 2.15: 3 passed, 0 failed',
    'in the newest: 4 passed, 0 failed',
    '8 passed, 0 failed',
  ]);
  expect(process.exitCode).toBeUndefined();
});

it('that fail are failures with their last words, and what needs them does not run', async () => {
  const fails = node('console.error("no compiler"); process.exit(3)');
  await runParts([whole('build', fails), whole('compare', node(''), {after: ['build']})]);
  expect(summary()).toEqual([
    'build: 0 passed, 1 failed',
    'no compiler',
    'compare: 0 passed, 1 failed',
    "did not run, for 'build' failed",
    '0 passed, 2 failed',
  ]);
  expect(process.exitCode).toBe(1);
});

it('that run nothing, or end badly after they have counted, are failures', async () => {
  await runParts([
    counted('silent', says('all is well')),
    counted('ended', node('console.log("cases: 2 passed, 0 failed"); process.exit(7)')),
  ]);
  expect(summary().filter((line) => /failed$|it /.test(line))).toEqual([
    'silent: 0 passed, 1 failed',
    'it ran nothing',
    'ended: cases: 2 passed, 0 failed',
    'ended: 0 passed, 1 failed',
    'it ended with exit code 7',
    'cases: 2 passed, 0 failed',
    '2 passed, 2 failed',
  ]);
});

it('that cannot be started are failures', async () => {
  await runParts([whole('missing', ['no-such-command-anywhere'])]);
  expect(summary().at(-1)).toBe('0 passed, 1 failed');
});

it('show their output whole', async () => {
  const slowly = node('console.log("a1"); setTimeout(() => console.log("a2"), 50)');
  await runParts([whole('a', slowly), whole('b', says('b1', 'b2'))]);
  expect(printed.filter((text) => /^[ab]1/.test(text)).sort()).toEqual(['a1\na2\n', 'b1\nb2\n']);
});

it('are chosen by words, with what they need', () => {
  const [one, two, three] = [
    whole('TensorFlow', []),
    whole('fixtures', [], {after: ['TensorFlow']}),
    whole('lint', []),
  ];
  const chosen = (...words: string[]) => chosenParts([one, two, three], words).map(({name}) => name);
  expect(chosen()).toEqual(['TensorFlow', 'fixtures', 'lint']);
  expect(chosen('fix')).toEqual(['TensorFlow', 'fixtures']);
  expect(chosen('lin', 'Tensor')).toEqual(['TensorFlow', 'lint']);
  expect(() => chosen('nothing')).toThrowWithMessage(Error, 'there are: TensorFlow, fixtures, lint');
});
