/**
 * Several processes save over one model at the same time, again and again, while others load it and still others are killed
 * in the middle of it: each load is of one of the states that were saved, whole, and in the end one is there that was saved last.
 * `tsx scripts/conformance_concurrent_saves.ts FOLDER`: a folder within the project, for what is made on the way.
 *
 * @module
 */

import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'vite';
import {localDirectory} from '../src/platform/node.js';
import {saveModel} from '../src/savedmodel/save/save.js';
import {NUMBERS_PER_WRITER, type WriterMessage} from './concurrent_saves.js';
import {numbered, numberOf} from './kill_save_model.js';
import {type Score, tell} from './score.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SAVES = 1000;
const WRITERS = 3;
/** The number of the first process that is killed; those after it have the next ones. */
const FIRST_VICTIM = WRITERS + 1;
/** Processes are killed within so many milliseconds from when they begin to save. */
const LIFETIME = 500;
/** Where files never wait for a disk, and writers meet all the more often. */
const MEMORY = '/dev/shm';

/** @param options.directory - Within the project, for what is made on the way. */
export async function runConcurrentSaves(options: {
  readonly directory: string;
  readonly saves?: number;
  /** Whether processes are killed meanwhile. Default true. */
  readonly kill?: boolean;
}): Promise<Score> {
  const {directory, saves = SAVES, kill = true} = options;
  rmSync(directory, {recursive: true, force: true});
  mkdirSync(directory, {recursive: true});
  const script = await bundle(join(directory, 'child'));
  const models = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : directory, 'models-'));
  try {
    return await contend(script, models, Math.ceil(saves / WRITERS), kill);
  } finally {
    rmSync(models, {recursive: true});
  }
}

/** Has each writer save so many times. */
async function contend(script: string, models: string, saves: number, kill: boolean): Promise<Score> {
  const target = join(models, 'model');
  await saveModel((await numbered(0)).model, target);
  const failures: string[] = [];
  let loads = 0;
  const start = async (rank: number, count: number): Promise<ChildProcess> => {
    const args = [target, String(rank), String(count)];
    const child = fork(script, args, {execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc']});
    child.on('message', (message: WriterMessage) => {
      if (typeof message !== 'object') return;
      if ('failure' in message) failures.push(`writer ${rank}: ${message.failure}`);
      else loads += message.loads;
    });
    await told(child, 'ready');
    return child;
  };

  const writers = await Promise.all(Array.from({length: WRITERS}, (_, i) => start(i + 1, saves)));
  let writing = WRITERS;
  const written = writers.map(async (child) => {
    child.send('go');
    await told(child, 'done').finally(() => writing--);
  });
  const killed = {all: 0, withTheLock: 0};
  const killing = (async () => {
    while (kill && writing > 0) {
      const child = await start(FIRST_VICTIM + killed.all, NUMBERS_PER_WRITER - 1);
      child.send('go');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFETIME));
      // Few hold the lock at any moment: every other process is waited for until it does.
      while (killed.all % 2 === 0 && !hasLock(child, models)) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await once(child, 'exit');
      killed.all++;
      killed.withTheLock += Number(hasLock(child, models));
    }
  })();
  const isSaved = (number: number) =>
    number >= FIRST_VICTIM * NUMBERS_PER_WRITER || number % NUMBERS_PER_WRITER <= saves;
  while (writing > 0) {
    loads++;
    try {
      const number = await numberOf(localDirectory(target));
      if (!isSaved(number)) failures.push(`a load gave ${number}, which nobody saved`);
    } catch (error) {
      failures.push(`a load failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await Promise.all([...written, killing]);

  const final = await numberOf(localDirectory(target)).catch(() => Number.NaN);
  const isLast = final >= FIRST_VICTIM * NUMBERS_PER_WRITER || final % NUMBERS_PER_WRITER === saves;
  if (!isLast) failures.push(`in the end there is ${final}, which nobody saved last`);
  await saveModel((await numbered(1)).model, target, {overwrite: true});
  const left = [...readdirSync(models), ...readdirSync(target)].filter((name) => name.startsWith('.'));
  if (left.length > 0) failures.push(`left after the last save: ${left.join(', ')}`);
  const done = saves * WRITERS;
  const details = [
    `${done} saves by ${WRITERS} processes, ${loads} loads meanwhile, ` +
      `${killed.all} more processes killed while they saved, ${killed.withTheLock} of them held the lock`,
    ...failures.slice(0, 20),
  ];
  return {
    part: 'saves of several processes at once',
    passed: done + loads - failures.length,
    failed: failures.length,
    details,
  };
}

/** Whether the lock says that it is the process's. */
function hasLock({pid}: ChildProcess, models: string): boolean {
  try {
    return readFileSync(join(models, '.model.lock'), 'utf8').includes(`.${pid}.`);
  } catch {
    return false;
  }
}

/** Waits for a message of a process. */
function told(child: ChildProcess, expected: WriterMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => message === expected && resolve());
    child.on('exit', () => reject(new Error(`a process that saves ended before '${expected}'`)));
  });
}

/** The script in one file, which starts in a third of the time. */
async function bundle(outDir: string): Promise<string> {
  const ssr = 'scripts/concurrent_save_child.ts';
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    build: {ssr, outDir, emptyOutDir: true, target: 'node20', minify: false},
  });
  return join(outDir, 'concurrent_save_child.js');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory] = process.argv.slice(2);
  if (!directory) throw new Error('usage: conformance_concurrent_saves.ts FOLDER');
  tell([await runConcurrentSaves({directory})]);
}
