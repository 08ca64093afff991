import {expect, it} from 'vitest';
import {sideBySide, type Task} from './side_by_side.js';

/** Tasks that are over when they are told so. */
function manual(names: readonly string[], after: Readonly<Record<string, readonly string[]>> = {}) {
  const begun: string[] = [];
  const finish = new Map<string, (error?: Error) => void>();
  const tasks = names.map(
    (name): Task<string> => ({
      name,
      after: after[name] ?? [],
      run: () =>
        new Promise((resolve, reject) => {
          begun.push(name);
          finish.set(name, (error) => (error === undefined ? resolve(`${name}!`) : reject(error)));
        }),
    }),
  );
  const end = async (name: string, error?: Error): Promise<void> => {
    finish.get(name)!(error);
    await new Promise(setImmediate);
  };
  return {tasks, begun, end};
}

it('runs so many tasks at a time, the first ones first', async () => {
  const {tasks, begun, end} = manual(['a', 'b', 'c', 'd']);
  const all = sideBySide(tasks, 2);
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('a');
  await end('c');
  await end('d');
  expect((await all).map(({result}) => result)).toEqual(['a!', 'b!', 'c!', 'd!']);
});

it('runs a task after those it needs, and others meanwhile', async () => {
  const {tasks, begun, end} = manual(['build', 'compare', 'other'], {compare: ['build']});
  const all = sideBySide(tasks, 2);
  expect(begun).toEqual(['build', 'other']);
  await end('other');
  expect(begun).toEqual(['build', 'other']);
  await end('build');
  expect(begun).toEqual(['build', 'other', 'compare']);
  await end('compare');
  await all;
});

it('gives no place to a task that waits', async () => {
  const {tasks, begun, end} = manual(['a', 'b', 'download', 'compare'], {compare: ['download']});
  const all = sideBySide(
    tasks.map((task) => ({...task, waits: task.name === 'download'})),
    1,
  );
  expect(begun).toEqual(['a', 'download']);
  await end('download');
  expect(begun).toEqual(['a', 'download']);
  for (const name of ['a', 'b', 'compare']) await end(name);
  await all;
  expect(begun).toEqual(['a', 'download', 'b', 'compare']);
});

it('does not run what comes after a failure, and runs the rest', async () => {
  const {tasks, begun, end} = manual(['build', 'compare', 'again', 'other'], {
    compare: ['build'],
    again: ['compare'],
  });
  const all = sideBySide(tasks, 1);
  await end('build', new Error('no compiler'));
  await end('other');
  expect(begun).toEqual(['build', 'other']);
  expect((await all).map(({error}) => error?.message)).toEqual([
    'no compiler',
    "did not run, for 'build' failed",
    "did not run, for 'compare' failed",
    undefined,
  ]);
});

it('tells when tasks begin and end', async () => {
  const {tasks, end} = manual(['a', 'b']);
  const told: string[] = [];
  const all = sideBySide(tasks, 1, (name, outcome) => told.push(`${name} ${outcome?.result ?? 'begins'}`));
  await end('a');
  await end('b');
  await all;
  expect(told).toEqual(['a begins', 'a a!', 'b begins', 'b b!']);
});

it('refuses tasks that wait for each other', async () => {
  const {tasks} = manual(['a', 'b'], {a: ['b'], b: ['a']});
  await expect(sideBySide(tasks, 2)).rejects.toThrowWithMessage(
    Error,
    'these tasks wait for each other: a, b',
  );
});
