/**
 * How long it takes from the start of a process to the first result of a model, and how much memory.
 *
 * @module
 */

import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {buildModels} from './inference.js';
import {MODELS} from './inference_lines.js';
import {
  type Benchmark,
  type BenchmarkOptions,
  formatBytes,
  formatRatio,
  formatTime,
  medians,
  printTable,
  pythonForModels,
  type Requirement,
  runCommand,
} from './measure.js';

const STARTED: readonly string[] = ['mobilenet_v2', 'resnet50'];

interface StartMeasurement {
  readonly milliseconds: number;
  readonly peakBytes: number;
}

export const start: Benchmark = {
  name: 'start',
  description: 'Starting: from the start of a process to the first result of a model in a directory',
  async run(options) {
    const python = pythonForModels();
    if (python === undefined) return [];
    const models = await buildModels(
      MODELS.filter(({name}) => STARTED.includes(name)),
      python,
    );
    const all: Requirement[] = [];
    for (const [{lines}, {savedModel}] of models) {
      all.push(
        ...(await startsOf({title: lines[0]!.title, kind: 'images', directory: savedModel}, python, options)),
      );
    }
    const directory = await mkdtemp(join(tmpdir(), 'tensorflow-hub-bench-'));
    try {
      console.log('\nBuilding an embedding of 1 GiB');
      await runCommand<null>(python, [script('start_embedding.py'), directory]);
      all.push(
        ...(await startsOf({title: 'embedding of 1 GiB', kind: 'embedding', directory}, python, options)),
      );
    } finally {
      await rm(directory, {recursive: true, force: true});
    }
    return all;
  },
};

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What is started. */
interface Started {
  readonly title: string;
  readonly kind: 'images' | 'embedding';
  readonly directory: string;
}

async function startsOf(
  {title, kind, directory}: Started,
  python: string,
  {rounds}: BenchmarkOptions,
): Promise<Requirement[]> {
  console.log(`\n${title}`);
  const ways = {
    cold: [process.execPath, script('start_child.mjs')],
    warm: [process.execPath, script('start_child.mjs')],
    tensorflow: [python, script('start_tensorflow.py')],
  } as const;
  type Way = keyof typeof ways;
  const names = Object.keys(ways) as Way[];
  const measured: Record<Way, StartMeasurement[]> = {cold: [], warm: [], tensorflow: []};
  // The first round brings the files into the operating system's cache.
  for (let round = 0; round <= rounds; round++) {
    const cache = await mkdtemp(join(tmpdir(), 'tensorflow-hub-bench-'));
    try {
      for (const name of names) {
        const [command, path] = ways[name];
        const once = await timeStart(command, [path, kind, directory], cache);
        if (round > 0) measured[name].push(once);
      }
    } finally {
      await rm(cache, {recursive: true, force: true});
    }
  }
  const [cold, warm, tensorflow] = names.map((name) => medians(measured[name])) as [
    StartMeasurement,
    StartMeasurement,
    StartMeasurement,
  ];
  const row = (label: string, {milliseconds, peakBytes}: StartMeasurement) => [
    label,
    formatTime(milliseconds),
    formatRatio(milliseconds / tensorflow.milliseconds),
    formatBytes(peakBytes),
    formatRatio(peakBytes / tensorflow.peakBytes),
  ];
  printTable(
    ['', 'first result', 'of Python', 'peak memory', 'of Python'],
    [
      row('node, nothing cached', cold),
      row('node, started before', warm),
      row('TensorFlow (Python)', tensorflow),
    ],
  );
  const peak = Math.max(cold.peakBytes, warm.peakBytes);
  const first = {
    what: `${title}: first start, of Python's`,
    measured: cold.milliseconds / tensorflow.milliseconds,
  };
  if (kind === 'embedding') {
    return [
      {...first, limit: 0.1},
      {what: `${title}: peak memory, of 250 MB`, limit: 1, measured: peak / 250e6},
    ];
  }
  return [
    {...first, limit: 0.12},
    {
      what: `${title}: second start, of the first`,
      limit: 0.5,
      measured: warm.milliseconds / cold.milliseconds,
    },
    {what: `${title}: peak memory, of Python's`, limit: 0.5, measured: peak / tensorflow.peakBytes},
  ];
}

/** Starts a process; the time until it prints its first line. */
async function timeStart(command: string, args: readonly string[], cache: string): Promise<StartMeasurement> {
  const begin = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, TFHUB_CACHE_DIR: cache},
  });
  let errors = '';
  child.stderr.on('data', (text) => (errors += text));
  let measured: StartMeasurement | undefined;
  createInterface(child.stdout).on('line', (line) => {
    measured ??= {milliseconds: performance.now() - begin, peakBytes: JSON.parse(line).peakBytes};
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0 || measured === undefined)
    throw new Error(`${command} ${args.join(' ')} failed:\n${errors}`);
  return measured;
}
