/**
 * How long a call of a model takes: with the native engine, and with all else that runs such a model.
 *
 * @module
 */

import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {loadavg, tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {benchPackages, installBench} from '../scripts/tensorflow.js';
import {builtChild} from './children.js';
import {type CompiledGraph, Contender, type ContenderAnswer, type GivenInput} from './contender.js';
import {fill, type Line, MODELS, type Model} from './inference_lines.js';
import {directoryOf} from './kept_models.js';
import {
  type Benchmark,
  type BenchmarkOptions,
  formatRatio,
  formatTime,
  median,
  printTable,
  pythonForModels,
  type Requirement,
  runCommand,
} from './measure.js';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const THREADS = [1, 2] as const;

/** How long a contender computes in a round, in milliseconds. */
const PERIOD = 250;

/** A contender of which nothing is required is measured in so many rounds. */
const ROUNDS_OF_OTHERS = 2;

const CONTENDERS = ['native', 'tfjs-wasm', 'GraphModel', 'TensorFlow', 'ONNX Runtime'] as const;
type Name = (typeof CONTENDERS)[number];

/** With one thread whatever they are told. */
const SINGLE: ReadonlySet<Name> = new Set(['tfjs-wasm', 'GraphModel']);

/** What the same numbers may differ by in other orders of adding, of the largest one. */
const TOLERANCE = 1e-3;

export const inference: Benchmark = {
  name: 'inference',
  description: 'Inference: time of a call, from arrays to arrays',
  async run(options) {
    const python = pythonForModels();
    if (python === undefined) return [];
    const models = await buildModels(chosenModels(options.only), python);
    const rows: Row[] = [];
    const directory = await mkdtemp(join(tmpdir(), 'tensorflow-hub-bench-'));
    try {
      for (const [{lines}, built] of models) {
        for (const threads of THREADS) {
          rows.push(...(await measureModel({lines, built, python, threads, directory}, options)));
        }
      }
    } finally {
      await rm(directory, {recursive: true, force: true});
    }
    printRows(rows);
    if (options.explain) printInterpreted(rows);
    return requirements(rows);
  },
};

/** The models that there are, with those of their lines in whose titles one of the words occurs. */
function chosenModels(only: readonly string[] = []): Model[] {
  const isChosen = ({title}: Line): boolean =>
    only.length === 0 || only.some((each) => title.toLowerCase().includes(each.toLowerCase()));
  return MODELS.flatMap((model) => {
    const lines = model.lines.filter(isChosen);
    if (lines.length === 0) return [];
    if (model.path === undefined || existsSync(model.path)) return [{...model, lines}];
    console.log(`${model.name}: skipped, for there is no ${fileURLToPath(model.path)}`);
    return [];
  });
}

/** A line of the table. */
interface Row {
  readonly title: string;
  readonly threads: number;
  /** Milliseconds of a call. */
  readonly times: ReadonlyMap<Name, number>;
  /** What results differ by from TensorFlow's, of the largest number in them. */
  readonly differences: ReadonlyMap<Name, number>;
  readonly compiled: readonly CompiledGraph[];
  /** What else the machine had to do: processes that were running or waiting to, beside the one that was measured. */
  readonly load: number;
}

/** Where a model and what was converted from it are. */
export interface BuiltModel {
  readonly savedModel: string;
  readonly onnx: string | undefined;
  readonly graphModel: string | undefined;
}

/** Puts what is measured beside TensorFlow on Python's path, unless a Python is named that has it. */
function usePackages(): void {
  if (process.env.TFHUB_PYTHON !== undefined) return;
  installBench();
  process.env.PYTHONPATH = [benchPackages, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
}

/**
 * Makes models and converts them, or finds them: they are kept from run to run as long as their script stays the same.
 */
export async function buildModels(models: readonly Model[], python: string): Promise<Map<Model, BuiltModel>> {
  usePackages();
  const place = await directoryOf('tensorflow-hub-bench-models', script('inference_models.py'));
  const missing = models.filter(({name}) => !existsSync(join(place, name)));
  if (missing.length > 0) {
    console.log(`Building ${missing.map(({name}) => name).join(', ')}`);
    const sources = missing.map(({name, path}) => (path ? `${name}=${fileURLToPath(path)}` : name));
    await runCommand<null>(python, [script('inference_models.py'), place, ...sources]);
  }
  const places = models.map(({name, path}) => ({
    savedModel: path ? fileURLToPath(path) : join(place, name, 'saved_model'),
    onnx: join(place, name, 'model.onnx'),
    graphModel: join(place, name, 'graph_model'),
  }));
  await convertGraphModels(places);
  const built = places.map(({savedModel, onnx, graphModel}) => ({
    savedModel,
    onnx: existsSync(onnx) ? onnx : undefined,
    graphModel: existsSync(join(graphModel, 'model.json')) ? graphModel : undefined,
  }));
  return new Map(models.map((model, i) => [model, built[i]!]));
}

/** What tfjs's converter makes of models, where there is the converter. */
async function convertGraphModels(
  places: readonly {readonly savedModel: string; readonly graphModel: string}[],
): Promise<void> {
  const python = findConverter();
  const missing = places.filter(({graphModel}) => !existsSync(graphModel));
  if (python === undefined || missing.length === 0) return;
  const pairs = missing.flatMap(({savedModel, graphModel}) => [savedModel, graphModel]);
  await runCommand<null>(python, [script('inference_graph_models.py'), ...pairs]);
}

/** An interpreter with tfjs's converter, which cannot be installed beside TensorFlow 2.15. */
function findConverter(): string | undefined {
  const installed = script('../.venv/tfjs/bin/python');
  return process.env.TFHUB_TFJS_PYTHON ?? (existsSync(installed) ? installed : undefined);
}

/** What is measured in the same processes. */
interface Task {
  readonly lines: readonly Line[];
  readonly built: BuiltModel;
  readonly python: string;
  readonly threads: number;
  /** For what is handed to processes and what comes back. */
  readonly directory: string;
}

async function measureModel(task: Task, options: BenchmarkOptions): Promise<Row[]> {
  const contenders = startContenders(task);
  try {
    const rows: Row[] = [];
    for (const line of task.lines) {
      const row = await measureLine(line, contenders, task, options);
      // The table comes when all is measured, which takes its time.
      console.error(progressOf(row));
      rows.push(row);
    }
    return rows;
  } finally {
    await Promise.all([...contenders.values()].map((each) => each.end()));
  }
}

function startContenders({built, python, threads}: Task): Map<Name, Contender> {
  const count = String(threads);
  const node = (kind: string, path: string) =>
    new Contender(process.execPath, [builtChild('inference_child.ts'), kind, path, count]);
  const inPython = (kind: string, path: string) =>
    new Contender(python, [script('inference_python.py'), kind, path, count]);
  const contenders = new Map<Name, Contender>();
  contenders.set('native', node('onnx', built.savedModel));
  contenders.set('TensorFlow', inPython('tensorflow', built.savedModel));
  if (built.onnx !== undefined) contenders.set('ONNX Runtime', inPython('onnxruntime', built.onnx));
  if (threads === 1) {
    contenders.set('tfjs-wasm', node('tfjs', built.savedModel));
    if (built.graphModel !== undefined) contenders.set('GraphModel', node('graph-model', built.graphModel));
  }
  return contenders;
}

async function measureLine(
  line: Line,
  contenders: Map<Name, Contender>,
  {threads, directory}: Task,
  {rounds}: BenchmarkOptions,
): Promise<Row> {
  const inputs = await givenInputs(line, directory);
  const folder = (name: Name) => join(directory, `${name} results`);
  const first = new Map<Name, ContenderAnswer>();
  await Promise.all(
    [...contenders].map(async ([name, contender]) => {
      await rm(folder(name), {recursive: true, force: true});
      await mkdir(folder(name));
      try {
        first.set(name, await contender.ask({inputs, results: folder(name)}));
      } catch (error) {
        console.log(`${line.title}, ${name}: ${faultIn(String(error))}`);
        contenders.delete(name);
      }
    }),
  );
  const measured = new Map<Name, number[]>();
  const loads: number[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contender] of contenders) {
      if (SINGLE.has(name) && round > ROUNDS_OF_OTHERS) continue;
      const {milliseconds} = await contender.ask({inputs, milliseconds: PERIOD});
      if (round > 0) measured.set(name, [...(measured.get(name) ?? []), milliseconds]);
    }
    loads.push(loadavg()[0]!);
  }
  const expected = await readResults(folder('TensorFlow'));
  const differences = new Map<Name, number>();
  for (const name of contenders.keys()) {
    if (name !== 'TensorFlow') differences.set(name, difference(await readResults(folder(name)), expected));
  }
  return {
    title: line.title,
    threads,
    times: new Map([...measured].map(([name, all]) => [name, median(all)])),
    differences,
    compiled: first.get('native')?.compiled ?? [],
    load: median(loads),
  };
}

/** The line that says what went wrong, of all that a process printed. */
function faultIn(text: string): string {
  const [, ...printed] = text.split('\n');
  const lines = printed.filter((each) => /(Error|Exception|Fail)\w*( \[\w+\])?:/.test(each));
  return (lines.at(-1) ?? text).trim().slice(0, 300);
}

/** Writes inputs where contenders read them. */
async function givenInputs({inputs}: Line, directory: string): Promise<Record<string, GivenInput>> {
  const given: Record<string, GivenInput> = {};
  for (const [name, spec] of Object.entries(inputs)) {
    const values = fill(spec);
    const {dtype, shape} = spec;
    if (Array.isArray(values)) {
      given[name] = {dtype, shape, strings: values};
    } else {
      const file = join(directory, name);
      await writeFile(file, values);
      given[name] = {dtype, shape, file};
    }
  }
  return given;
}

async function readResults(folder: string): Promise<Map<string, Float32Array>> {
  const results = new Map<string, Float32Array>();
  for (const name of await readdir(folder)) {
    results.set(name, new Float32Array(new Uint8Array(await readFile(join(folder, name))).buffer));
  }
  return results;
}

/** The largest difference between results, of the largest number in each; infinite where they are not of the same form. */
function difference(
  results: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
): number {
  const each = [...expected].map(([name, theirs]) => {
    // A model with one output may have lost its name.
    const ours = results.get(name) ?? (results.size === 1 ? [...results.values()][0] : undefined);
    if (ours?.length !== theirs.length) return Number.POSITIVE_INFINITY;
    let [largest, furthest] = [0, 0];
    for (const [i, value] of theirs.entries()) {
      largest = Math.max(largest, Math.abs(value));
      furthest = Math.max(furthest, Math.abs(value - ours[i]!));
    }
    return furthest === 0 ? 0 : furthest / largest;
  });
  return Math.max(...each);
}

function progressOf({title, threads, times}: Row): string {
  const each = [...times].map(([name, value]) => `${name} ${formatShortTime(value)}`);
  return `${title}, ${threads} threads: ${each.join(', ')}`;
}

const formatShortTime = (milliseconds: number): string =>
  milliseconds < 0.1 ? `${(milliseconds * 1000).toFixed(0)} us` : formatTime(milliseconds);

function printRows(rows: readonly Row[]): void {
  const time = (value: number | undefined) => (value === undefined ? '' : formatShortTime(value));
  const ratio = (value: number | undefined) => (value === undefined ? '' : formatRatio(value));
  console.log();
  printTable(
    ['', 'threads', ...CONTENDERS, 'of TensorFlow', 'of ONNX Runtime', 'differs by', 'sessions', 'load'],
    rows.map((row) => [
      row.title,
      String(row.threads),
      ...CONTENDERS.map((name) => time(row.times.get(name))),
      ratio(against(row, 'TensorFlow')),
      ratio(against(row, 'ONNX Runtime')),
      (row.differences.get('native') ?? Number.NaN).toExponential(0),
      row.compiled.map(({sessions}) => sessions).join('+'),
      row.load.toFixed(1),
    ]),
  );
}

/** Ops that cost the interpreter nothing: what they give is there. */
const FREE: ReadonlySet<string> = new Set([
  '_Arg',
  'Const',
  'NoOp',
  'Identity',
  'ReadVariableOp',
  'Placeholder',
]);

/** What is on the interpreter, once for each model. */
function printInterpreted(rows: readonly Row[]): void {
  for (const {title, threads, compiled} of rows) {
    for (const {label, sessions, lowered, interpreted} of threads === 1 ? compiled : []) {
      console.log(`\n${title}, ${label}: ${lowered} nodes in ${sessions} sessions`);
      const counts = new Map<string, number>();
      for (const {op, reason} of interpreted) {
        if (FREE.has(op)) continue;
        const key =
          reason === '' ? `${op}: not worth a session` : reason.includes(op) ? reason : `${op}: ${reason}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      for (const [key, count] of counts) console.log(`  ${count} interpreted: ${key}`);
    }
  }
}

/** How long the native engine takes, of another's time. */
function against({times}: Row, other: Name): number | undefined {
  const [ours, theirs] = [times.get('native'), times.get(other)];
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

function requirements(rows: readonly Row[]): Requirement[] {
  const ofEach = (other: Name) =>
    rows.flatMap((row) => {
      const measured = against(row, other);
      return measured === undefined ? [] : [{title: `${row.title}, ${row.threads} threads`, measured}];
    });
  const tensorflow = ofEach('TensorFlow');
  const mean = Math.exp(
    tensorflow.reduce((sum, {measured}) => sum + Math.log(measured), 0) / tensorflow.length,
  );
  return [
    ...ofEach('ONNX Runtime').map(({title, measured}) => ({
      what: `${title}: of ONNX Runtime in Python`,
      limit: 1.05,
      measured,
    })),
    ...tensorflow.map(({title, measured}) => ({what: `${title}: of TensorFlow`, limit: 1.05, measured})),
    {what: 'all: of TensorFlow, geometric mean', limit: 0.5, measured: mean},
    ...rows.flatMap(({title, threads, differences}) =>
      [...differences].flatMap(([name, measured]) =>
        measured <= TOLERANCE && name !== 'native'
          ? []
          : [
              {
                what: `${title}, ${threads} threads: ${name} differs from TensorFlow by`,
                limit: TOLERANCE,
                measured,
                format: (value: number) => value.toExponential(0),
              },
            ],
      ),
    ),
  ];
}
