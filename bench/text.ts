/**
 * How long text and records take: a call of a SavedModel, from JavaScript values to tfjs tensors, beside TensorFlow in Python.
 *
 * **What is in the times.** Ours begins with an array of JavaScript strings (of byte arrays for records) that lie in memory, TensorFlow's with a list of
 * Python's; both end when the signature has returned its results, tfjs tensors and eager tensors: making UTF-8 of the strings is in both. That is
 * what is required, as in `inference.ts`; beside it stands what each side takes from a tensor of strings that is there. Ours is the built package, as its users have it.
 *
 * Each side has one thread to compute with: TensorFlow by its configuration; ours has but the one of JavaScript, while V8 collects garbage and
 * compiles on others. Processor time, which counts these, too, stands beside the time by the clock.
 *
 * Contenders are processes of their own and are measured in turn. What they give is compared in the same run.
 *
 * @module
 */

import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {loadavg, tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {installText, textPackages} from '../scripts/tensorflow.js';
import {builtChild} from './children.js';
import {Contender} from './contender.js';
import {buildModels} from './inference.js';
import {MODELS} from './inference_lines.js';
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
import type {BuiltText, TextAnswer, TextRequest} from './text_contender.js';
import {LARGE_BATCH, TEXT_LINES, type TextLine} from './text_lines.js';
import {measureMemory, printMemory} from './text_memory.js';
import {type Disagreement, disagreement} from './text_results.js';
import {measureTable, TABLE_TITLE} from './text_table.js';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** How long a contender computes in a round, in milliseconds. */
const PERIOD = 250;

const WAYS = ['ours', 'TensorFlow', 'ours, tensor', 'TensorFlow, tensor'] as const;
type Way = (typeof WAYS)[number];

/** A contender, and with what its calls begin. */
const ASKED: Readonly<
  Record<Way, {readonly contender: 'ours' | 'TensorFlow'; readonly from: TextRequest['from']}>
> = {
  ours: {contender: 'ours', from: 'values'},
  'ours, tensor': {contender: 'ours', from: 'tensor'},
  TensorFlow: {contender: 'TensorFlow', from: 'values'},
  'TensorFlow, tensor': {contender: 'TensorFlow', from: 'tensor'},
};

/** A line of the table. */
interface Row {
  readonly line: TextLine;
  readonly answers: ReadonlyMap<Way, TextAnswer>;
  readonly apart: Disagreement;
  /** What else the machine had to do: processes that were running or waiting to, beside the one that was measured. */
  readonly load: number;
}

export const text: Benchmark = {
  name: 'text',
  description: 'Text and records: time of a call, from JavaScript values to tensors',
  async run(options) {
    const python = pythonForModels();
    if (python === undefined) return [];
    useTextPackages();
    const isChosen = (title: string): boolean =>
      !options.only?.length || options.only.some((each) => title.toLowerCase().includes(each.toLowerCase()));
    const lines = TEXT_LINES.filter(({title}) => isChosen(title));
    const models = new Set(lines.map(({model}) => model));
    if (isChosen(TABLE_TITLE)) models.add('table').add('small_table');
    const built = await buildTextModels([...models], python);
    const all: Requirement[] = [];
    const rows: Row[] = [];
    for (const line of lines) {
      const row = await measureLine(line, built.get(line.model)!, python, options);
      if (row === undefined) all.push({what: `${line.title}: cannot be computed`, limit: 0, measured: 1});
      else rows.push(row);
    }
    if (rows.length > 0) printRows(rows);
    all.push(...rows.flatMap(requirementsOf));
    const large = lines.filter(({count}) => count >= LARGE_BATCH);
    if (large.length > 0) all.push(...printMemory(await measureMemory(large, built, options)));
    if (isChosen(TABLE_TITLE)) all.push(...(await measureTable(built, python, options)));
    return all;
  },
};

/** Puts TF Text and SentencePiece on Python's path, unless a Python is named that has them. */
export function useTextPackages(): void {
  if (process.env.TFHUB_PYTHON !== undefined) return;
  installText();
  process.env.PYTHONPATH = [textPackages, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
}

/** Makes models of `text_models.py`, or finds them; the classifier is one of the inference benchmark. */
async function buildTextModels(names: readonly string[], python: string): Promise<Map<string, BuiltText>> {
  const place = await directoryOf(
    'tensorflow-hub-bench-text',
    script('text_data.py'),
    script('text_models.py'),
  );
  const data = join(place, 'data');
  const ownNames = names.filter((name) => name !== 'classifier');
  const missing = ownNames.filter((name) => !existsSync(join(place, name)));
  if (missing.length > 0 || !existsSync(data)) {
    console.log(`Building ${['data', ...missing].join(', ')}`);
    await runCommand<null>(python, [script('text_models.py'), place, ...missing]);
  }
  const built = new Map(
    ownNames.map((name): [string, BuiltText] => [
      name,
      {savedModel: join(place, name), signature: 'serve', data},
    ]),
  );
  if (names.includes('classifier')) {
    const [model] = (
      await buildModels(
        MODELS.filter(({name}) => name === 'text'),
        python,
      )
    ).values();
    built.set('classifier', {savedModel: model!.savedModel, signature: 'serving_default', data});
  }
  return built;
}

/** Undefined where a side does not compute it, which is printed. */
async function measureLine(
  line: TextLine,
  {savedModel, signature, data}: BuiltText,
  python: string,
  {rounds}: BenchmarkOptions,
): Promise<Row | undefined> {
  const contenders: Readonly<Record<'ours' | 'TensorFlow', Contender<TextRequest, TextAnswer>>> = {
    ours: new Contender(process.execPath, [builtChild('text_child.ts'), savedModel, signature]),
    TensorFlow: new Contender(python, [script('text_python.py'), savedModel, signature]),
  };
  const directory = await mkdtemp(join(tmpdir(), 'tensorflow-hub-bench-'));
  const strings = {file: join(data, line.data), data: line.data, count: line.count};
  try {
    const [ours, theirs] = await Promise.all(
      Object.entries(contenders).map(async ([name, contender]) => {
        const results = join(directory, name);
        await mkdir(results);
        await contender.ask({strings, from: 'values', results});
        return results;
      }),
    );
    const measured = new Map<Way, TextAnswer[]>(WAYS.map((way) => [way, []]));
    const loads: number[] = [];
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const way of WAYS) {
        const {contender, from} = ASKED[way];
        const answer = await contenders[contender].ask({strings, from, milliseconds: PERIOD});
        if (round > 0) measured.get(way)!.push(answer);
      }
      loads.push(loadavg()[0]!);
    }
    const answers = new Map([...measured].map(([way, all]) => [way, medianAnswer(all)]));
    const row = {line, answers, apart: disagreement(ours!, theirs!), load: median(loads)};
    // The table comes when all is measured, which takes its time.
    console.error(progressOf(row));
    return row;
  } catch (error) {
    console.log(`${line.title}: ${faultIn(String(error))}`);
    return undefined;
  } finally {
    await Promise.all(Object.values(contenders).map((each) => each.end()));
    await rm(directory, {recursive: true, force: true});
  }
}

const medianAnswer = (all: readonly TextAnswer[]): TextAnswer => ({
  milliseconds: median(all.map(({milliseconds}) => milliseconds)),
  processor: median(all.map(({processor}) => processor)),
  calls: median(all.map(({calls}) => calls)),
});

/** The line that says what went wrong, of all that a process printed. */
function faultIn(text: string): string {
  const lines = text.split('\n').filter((each) => /(Error|Exception)\w*( \[\w+\])?:/.test(each));
  return (lines.at(-1) ?? text).trim().slice(0, 300);
}

const timeOf = ({answers}: Row, way: Way): number => answers.get(way)!.milliseconds;
const processorOf = ({answers}: Row, way: Way): number => answers.get(way)!.processor;

const formatShortTime = (milliseconds: number): string =>
  milliseconds < 1 ? `${(milliseconds * 1000).toFixed(0)} us` : formatTime(milliseconds);

const progressOf = (row: Row): string =>
  `${row.line.title}: ${WAYS.map((way) => `${way} ${formatShortTime(timeOf(row, way))}`).join(', ')}`;

function printRows(rows: readonly Row[]): void {
  console.log();
  printTable(
    ['', 'strings', ...WAYS, 'of TensorFlow', 'tensor of tensor', 'processor', 'differs in', 'load'],
    rows.map((row) => [
      row.line.title,
      String(row.line.count),
      ...WAYS.map((way) => formatShortTime(timeOf(row, way))),
      formatRatio(timeOf(row, 'ours') / timeOf(row, 'TensorFlow')),
      formatRatio(timeOf(row, 'ours, tensor') / timeOf(row, 'TensorFlow, tensor')),
      formatRatio(processorOf(row, 'ours') / processorOf(row, 'TensorFlow')),
      row.line.tolerance === undefined ? String(row.apart.different) : row.apart.apart.toExponential(0),
      row.load.toFixed(1),
    ]),
  );
}

function requirementsOf(row: Row): Requirement[] {
  const {
    line: {title, limit, tolerance = 0},
    apart: {different, apart},
  } = row;
  const count = (value: number) => String(value);
  return [
    {what: `${title}: of TensorFlow`, limit, measured: timeOf(row, 'ours') / timeOf(row, 'TensorFlow')},
    {what: `${title}: bytes that differ from TensorFlow's`, limit: 0, measured: different, format: count},
    ...(tolerance === 0 && apart === 0
      ? []
      : [
          {
            what: `${title}: floats differ from TensorFlow's by`,
            limit: tolerance,
            measured: apart,
            format: (value: number) => value.toExponential(0),
          },
        ]),
  ];
}
