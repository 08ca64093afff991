/**
 * Kills a process at random moments while it saves over a model: the directory always loads as the old model or as a
 * new one, whole. `tsx scripts/conformance_kill_save.ts FOLDER`: a folder within the project, for the model and what is made
 * on the way.
 *
 * @module
 */

import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'vite';
import {localDirectory} from '../src/platform/node.js';
import {saveModel} from '../src/savedmodel/save/save.js';
import {numbered, numberOf} from './kill_save_model.js';
import {type Score, tell} from './score.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const KILLS = 100;
/** Processes that are started ahead of time, for that takes longer than a save. */
const AHEAD = 3;

/** About how long replacing a model takes, in milliseconds. */
const REPLACING_FOR = 10;

async function killSaves(directory: string): Promise<Score> {
  const script = await bundle(join(directory, 'child'));
  const target = join(directory, 'models', 'model');
  await saveModel((await numbered(0)).model, target);
  const spread = await timeOfSave(script, join(directory, 'timed'));

  const failures: string[] = [];
  const met = {writing: 0, replacing: 0};
  let last = 0;
  let newer = 0;
  const ready: Promise<ChildProcess>[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    while (ready.length < Math.min(AHEAD, KILLS - kill)) ready.push(startSaver(script, target));
    const child = await ready.shift()!;
    child.send(last + 1);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 * spread));
    // Replacing the old model is a small part of saving: every other process gets as far as that.
    if (kill % 2 === 1) await replacing(child, target, Math.random() * REPLACING_FOR);
    child.kill('SIGKILL');
    await once(child, 'exit');
    met.replacing += Number(existsSync(join(target, '.saving')));
    met.writing += Number(readdirSync(join(directory, 'models')).length > 1);
    try {
      const number = await numberOf(localDirectory(target));
      if (number < last) failures.push(`kill ${kill}: the model went back from ${last} to ${number}`);
      newer += Number(number > last);
      last = number;
    } catch (error) {
      failures.push(`kill ${kill}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await saveModel((await numbered(last + 1)).model, target, {overwrite: true});
  const left = [...readdirSync(join(directory, 'models')), ...readdirSync(target)].filter((name) =>
    name.includes('.saving'),
  );
  if (left.length > 0) failures.push(`left after the last save: ${left.join(', ')}`);
  const details = [
    `${newer} kills of ${KILLS} found a newer model, ${met.writing} hit the writing of one, ${met.replacing} a replacement`,
    ...failures,
  ];
  return {
    part: 'saves that were killed',
    passed: KILLS - failures.length,
    failed: failures.length,
    details,
  };
}

/** Waits until the model is being replaced, and then for as many milliseconds. */
async function replacing(child: ChildProcess, target: string, more: number): Promise<void> {
  while (!existsSync(join(target, '.saving'))) {
    if (child.exitCode !== null) throw new Error('the process that saves ended by itself');
    await new Promise(setImmediate);
  }
  const until = performance.now() + more;
  while (performance.now() < until) await new Promise(setImmediate);
}

/** A process that has done all it can before it is told to save. */
async function startSaver(script: string, target: string): Promise<ChildProcess> {
  const child = fork(script, [target], {execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc']});
  await message(child, 'ready');
  return child;
}

async function message(child: ChildProcess, expected: string): Promise<void> {
  const ended = once(child, 'exit').then(() => ['exit']);
  const [received] = await Promise.race([once(child, 'message'), ended]);
  if (received !== expected) throw new Error(`the process that saves sent no '${expected}'`);
}

/** Milliseconds that a save takes, in a process like those that will be killed. */
async function timeOfSave(script: string, target: string): Promise<number> {
  const child = await startSaver(script, target);
  child.send(1);
  await message(child, 'saved');
  const start = performance.now();
  for (let i = 0; i < 5; i++) await message(child, 'saved');
  const time = (performance.now() - start) / 5;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return time;
}

/** The script in one file, which starts in a third of the time. */
async function bundle(outDir: string): Promise<string> {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    build: {ssr: 'scripts/kill_save_child.ts', outDir, emptyOutDir: true, target: 'node20', minify: false},
  });
  return join(outDir, 'kill_save_child.js');
}

const [directory] = process.argv.slice(2);
if (!directory) throw new Error('usage: conformance_kill_save.ts FOLDER');
rmSync(directory, {recursive: true, force: true});
mkdirSync(directory, {recursive: true});
tell([await killSaves(directory)]);
