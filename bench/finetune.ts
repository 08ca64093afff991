/**
 * How long a step of fine-tuning takes beside Python's `hub.KerasLayer` with Keras 2, and whether steps leave anything
 * in memory.
 *
 * @module
 */

import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {runScript} from './children.js';
import {
  type Benchmark,
  type BenchmarkOptions,
  type FinetuneMeasurement,
  findPython,
  formatBytes,
  formatRatio,
  formatTime,
  median,
  printTable,
  type Requirement,
  runCommand,
} from './measure.js';

const PYTHON_SCRIPT = fileURLToPath(new URL('finetune_tensorflow.py', import.meta.url));
const SMALL_MODEL = fileURLToPath(new URL('../examples/models/digits', import.meta.url));

interface Task {
  readonly name: string;
  readonly title: string;
  /** How many steps are measured in a process, by backend; of a frozen layer, epochs. */
  readonly backends: Readonly<Record<string, number>>;
  readonly pythonSteps: number;
  /** The layer's weights stay as they are, and `fit` trains what is on top. */
  readonly isFrozen?: boolean;
  /** The most that a step may take, of Keras's. */
  readonly limit?: number;
}

/** What is fine-tuned. */
const TASKS: readonly Task[] = [
  {
    name: 'mobilenet',
    title: 'A new head on a frozen MobileNetV2, 96x96, alpha 0.35, batch 16',
    backends: {wasm: 3},
    pythonSteps: 3,
    isFrozen: true,
    limit: 0.7,
  },
  {
    name: 'mobilenet',
    title: 'MobileNetV2, 96x96, alpha 0.35, batch 16',
    // A step of tfjs's cpu backend takes the better part of a minute.
    backends: {wasm: 5},
    pythonSteps: 20,
  },
  {
    name: 'text',
    title: 'Text classifier, 20,000 x 50 embeddings, batch 32 of 12 words',
    backends: {wasm: 20, cpu: 5},
    pythonSteps: 20,
  },
];

/** The backends on which memory is measured. */
const BACKENDS = ['wasm', 'cpu'] as const;

/** Steps after which nothing may be left. */
const STEPS = 500;

/** What the garbage collector and the compiler may keep. */
const HEAP_LIMIT = 5e6;

export const finetune: Benchmark = {
  name: 'finetune',
  description: 'Fine-tuning: time of a training step, and memory over many',
  async run(options) {
    const python = findPython();
    const required: Requirement[] = [];
    if (python === undefined) {
      console.log(
        'MobileNetV2 and the text classifier are built by TensorFlow, which TFHUB_PYTHON names or `npm run conformance` ' +
          'installs; there is none.',
      );
    } else {
      required.push(...(await steps(python, options)));
    }
    return [...required, ...(await memory())];
  },
};

async function steps(python: string, {rounds}: BenchmarkOptions): Promise<Requirement[]> {
  const required: Requirement[] = [];
  const directory = await mkdtemp(join(tmpdir(), 'tensorflow-hub-bench-'));
  try {
    await runCommand<null>(python, [PYTHON_SCRIPT, 'build', directory]);
    for (const task of TASKS) {
      console.log(`\n${task.title}`);
      const measured = new Map<string, number[]>();
      for (let round = 0; round < rounds; round++) {
        for (const [label, run] of ways(task, directory, python)) {
          const {milliseconds} = await run();
          measured.set(label, [...(measured.get(label) ?? []), milliseconds]);
        }
      }
      const times = [...measured].map(([label, all]) => [label, median(all)] as const);
      const [, theirs] = times.at(-1)!;
      printTable(
        ['', 'step', 'of Keras'],
        times.map(([label, ours]) => [label, formatTime(ours), formatRatio(ours / theirs)]),
      );
      const {title, limit} = task;
      const [, ours] = times[0]!;
      if (limit !== undefined) required.push({what: `${title}: of Keras`, limit, measured: ours / theirs});
    }
    return required;
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
}

/** What takes the steps, by the label of its row, each in a process of its own; Keras last. */
function ways(
  {name, backends, pythonSteps, isFrozen}: Task,
  directory: string,
  python: string,
): [string, () => Promise<Pick<FinetuneMeasurement, 'milliseconds'>>][] {
  return [
    ...Object.entries(backends).map(([backend, steps]): [string, () => Promise<FinetuneMeasurement>] => [
      `${backend} backend`,
      () =>
        runScript(
          'finetune_child.ts',
          join(directory, name),
          name,
          backend,
          String(steps),
          ...(isFrozen ? ['frozen'] : []),
        ),
    ]),
    [
      'Keras 2 (Python)',
      () =>
        runCommand(python, [PYTHON_SCRIPT, isFrozen ? 'fit' : 'train', directory, name, String(pythonSteps)]),
    ],
  ];
}

async function memory(): Promise<Requirement[]> {
  console.log(
    `\nA small network with batch normalisation, batch 2: more in memory after ${STEPS} steps than before`,
  );
  const measured: [string, FinetuneMeasurement][] = [];
  for (const backend of BACKENDS) {
    measured.push([
      backend,
      await runScript('finetune_child.ts', SMALL_MODEL, 'digits', backend, String(STEPS)),
    ]);
  }
  printTable(
    ['', 'step', 'tensors', 'bytes of tensors', 'heap'],
    measured.map(([backend, {milliseconds, tensors, tensorBytes, heapBytes}]) => [
      `${backend} backend`,
      formatTime(milliseconds),
      String(tensors),
      String(tensorBytes),
      formatBytes(heapBytes),
    ]),
  );
  return measured.flatMap(([backend, {tensors, tensorBytes, heapBytes}]) => [
    {what: `${STEPS} steps, ${backend}: tensors left`, limit: 0, measured: tensors, format: String},
    {
      what: `${STEPS} steps, ${backend}: bytes of tensors left`,
      limit: 0,
      measured: tensorBytes,
      format: String,
    },
    {
      what: `${STEPS} steps, ${backend}: heap grown by`,
      limit: HEAP_LIMIT,
      measured: heapBytes,
      format: formatBytes,
    },
  ]);
}
