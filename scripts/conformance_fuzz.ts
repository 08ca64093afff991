/**
 * Damages models, thousands of them, knowing what their parts mean, and uses each in every way: it is refused, fails in a
 * part or works; no error repeats what the JavaScript engine says, nothing hangs, and no process ends.
 *
 * The seed is printed. `TFHUB_FUZZ_SEED` makes another run, `TFHUB_FUZZ_COUNT` says how many models, `TFHUB_FUZZ_CASE`
 * tries a single one, and `TFHUB_FUZZ_LANES` says how many processes there are at one time: `npx tsx scripts/conformance_fuzz.ts`.
 *
 * @module
 */

import {type ChildProcess, execFileSync, fork} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {fileURLToPath} from 'node:url';
import type {Outcome} from './fuzz_outcome.js';
import {type Score, tell} from './score.js';

const CHILD = fileURLToPath(new URL('./fuzz_child.ts', import.meta.url));
/** The run that everybody makes: the same each time, so that what fails is what was changed. Other seeds and more models on demand. */
const COUNT = 5000;
const SEED = 78;

/** One process of five runs on the wasm backend; `TFHUB_BACKEND` takes one backend for all. */
const backendOf = (range: number): string =>
  process.env.TFHUB_BACKEND ?? (range % RANGES_PER_WASM === RANGES_PER_WASM - 1 ? 'wasm' : 'cpu');
const RANGES_PER_WASM = 5;

/** One process of five runs sessions, too, which takes several times as long; `TFHUB_ENGINE` takes one engine for all. */
const engineOf = (range: number): string =>
  process.env.TFHUB_ENGINE ?? (range % RANGES_PER_ONNX === 0 ? 'onnx' : 'tfjs');
const RANGES_PER_ONNX = 5;

/** A process that has worked so long on one model hangs: seconds of its own time, which other processes do not take away. */
const MAX_CPU_SECONDS = 60;
const WATCH_EVERY = 1000;

/** A process starts anew after so many models, so that what one leaves behind is not another's fault. */
const PER_PROCESS = 250;

type Message =
  | {readonly ready: true}
  | {readonly begin: number; readonly what: string}
  | {readonly end: number; readonly outcome: Outcome; readonly fault?: string};

/** What came of a range of models in one process. */
interface Report {
  readonly outcomes: Map<Outcome, number>;
  readonly faults: string[];
  /** The first model that was not tried. */
  readonly next: number;
}

/** Models that one process tries. */
interface Range {
  readonly backend: string;
  readonly engine: string;
  readonly from: number;
  readonly to: number;
}

/** Which models to try. */
interface FuzzOptions {
  readonly seed?: number;
  readonly count?: number;
  /** The number of the first one. */
  readonly first?: number;
  /** Processes at one time; default: as many as there are processors, four at most. */
  readonly lanes?: number;
}

const MAX_LANES = 4;

async function tryModels(options: FuzzOptions): Promise<Score> {
  const {seed = SEED, count = COUNT, first = 0} = options;
  const {lanes = Math.min(MAX_LANES, availableParallelism())} = options;
  console.log(`Damaged models: ${count} with seed ${seed}`);
  const outcomes = new Map<Outcome, number>();
  const faults: string[] = [];
  const ranges = Array.from({length: Math.ceil(count / PER_PROCESS)}, (_, range): Range => {
    const from = first + range * PER_PROCESS;
    return {
      backend: backendOf(range),
      engine: engineOf(range),
      from,
      to: Math.min(first + count, from + PER_PROCESS),
    };
  });
  const lane = async (): Promise<void> => {
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      for (let at = range.from; at < range.to; ) {
        const report = await tryRange(range, seed, at);
        for (const [outcome, times] of report.outcomes)
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + times);
        faults.push(...report.faults);
        at = report.next;
      }
    }
  };
  await Promise.all(Array.from({length: lanes}, lane));
  const tally = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ');
  const repeat = (fault: string) => `TFHUB_FUZZ_SEED=${seed} ${fault}`;
  const details = [`${count} damaged models with seed ${seed}: ${tally}`, ...faults.map(repeat)];
  return {part: 'damaged models', passed: count - faults.length, failed: faults.length, details};
}

/** Tries models in a process of their own, up to one that hangs or ends it. */
async function tryRange({backend, engine, to}: Range, seed: number, from: number): Promise<Report> {
  const outcomes = new Map<Outcome, number>();
  const faults: string[] = [];
  let under: {readonly number: number; readonly what: string; readonly since: number} | undefined;
  let next = from;
  const child = fork(CHILD, [backend], {
    execArgv: ['--import', 'tsx', '--max-old-space-size=2000'],
    env: {...process.env, TFHUB_ENGINE: engine},
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  // Ops that print write there, too.
  let said = '';
  child.stderr!.on('data', (text: Buffer) => {
    said = (said + text).slice(-2000);
  });
  const fault = (number: number, what: string): void => {
    faults.push(`TFHUB_BACKEND=${backend} TFHUB_ENGINE=${engine} TFHUB_FUZZ_CASE=${number} ${what}`);
    console.log(`  ${faults.at(-1)}`);
  };
  child.on('message', (message: Message) => {
    if ('ready' in message) child.send({seed, from, to});
    else if ('begin' in message)
      under = {number: message.begin, what: message.what, since: cpuSeconds(child)};
    else {
      outcomes.set(message.outcome, (outcomes.get(message.outcome) ?? 0) + 1);
      if (message.fault !== undefined) fault(message.end, `${under!.what}\n${message.fault}`);
      next = message.end + 1;
      under = undefined;
    }
  });
  const watch = setInterval(() => {
    if (under === undefined || cpuSeconds(child) - under.since < MAX_CPU_SECONDS) return;
    fault(under.number, `${under.what}\nhangs`);
    next = under.number + 1;
    under = undefined;
    child.kill('SIGKILL');
  }, WATCH_EVERY);
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  clearInterval(watch);
  if (under !== undefined) {
    fault(under.number, `${under.what}\nended the process (${code})\n${said}`);
    next = under.number + 1;
  } else if (next === from) {
    throw new Error(`the process that tries damaged models ended before it began (${code}): ${said}`);
  }
  return {outcomes, faults, next};
}

/** What a process has worked so far, in seconds. */
function cpuSeconds({pid}: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // User and system time, in hundredths.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    const [minutes, seconds] = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], {encoding: 'utf8'})
      .trim()
      .split(':')
      .slice(-2)
      .map(Number);
    return 60 * minutes! + seconds!;
  }
}

/** What the environment says of a run. */
function fuzzOptions(): FuzzOptions {
  const number = (name: string) => (process.env[name] === undefined ? undefined : Number(process.env[name]));
  const single = number('TFHUB_FUZZ_CASE');
  const lanes = number('TFHUB_FUZZ_LANES');
  const [seed, count] = [number('TFHUB_FUZZ_SEED'), single === undefined ? number('TFHUB_FUZZ_COUNT') : 1];
  return {
    ...(seed !== undefined && {seed}),
    ...(count !== undefined && {count}),
    ...(single !== undefined && {first: single}),
    ...(lanes !== undefined && {lanes}),
  };
}

tell([await tryModels(fuzzOptions())]);
