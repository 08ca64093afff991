/**
 * What a table made from a file of a million lines costs: from the start of loading its model to the first lookup, and the memory that it holds;
 * of each, what a model with a table of ten lines costs is taken away. Every measurement is a process of its own, for a table is made once.
 *
 * @module
 */

import {readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {builtChild} from './children.js';
import {
  type BenchmarkOptions,
  formatBytes,
  formatRatio,
  formatTime,
  medians,
  printTable,
  type Requirement,
  runCommand,
} from './measure.js';
import type {BuiltText} from './text_contender.js';

export const TABLE_TITLE = 'table of 1,000,000 lines';

/** What a process prints that has looked up a word. */
export interface TableMeasurement {
  /** From the start of loading to the result of the first lookup. */
  readonly milliseconds: number;
  /** What the first lookup gave. */
  readonly found: number;
  /** Of garbage collected: the heap, and memory outside of it that belongs to it. */
  readonly heldBytes: number;
  /** All memory of the process. */
  readonly residentBytes: number;
}

const TIME_LIMIT = 1;
/** Of the file's bytes. */
const MEMORY_LIMIT = 3;

const MODELS = ['table', 'small_table'] as const;

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

type Measure = (path: string) => Promise<TableMeasurement>;

export async function measureTable(
  built: ReadonlyMap<string, BuiltText>,
  python: string,
  {rounds}: BenchmarkOptions,
): Promise<Requirement[]> {
  const words = join(built.get('table')!.data, 'words');
  const word = readFileSync(words, 'utf8').trimEnd().split('\n').at(-1)!;
  const contenders: Readonly<Record<string, Measure>> = {
    ours: (path) =>
      runCommand(process.execPath, ['--expose-gc', builtChild('text_table_child.ts'), path, word]),
    TensorFlow: (path) => runCommand(python, [script('text_table_python.py'), path, word]),
  };
  const measured = new Map<string, TableMeasurement[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(contenders)) {
      for (const model of MODELS) {
        const key = `${name} ${model}`;
        measured.set(key, [...(measured.get(key) ?? []), await measure(built.get(model)!.savedModel)]);
      }
    }
  }
  const costs = Object.keys(contenders).map((name) => {
    const [large, small] = MODELS.map((model) => medians(measured.get(`${name} ${model}`)!));
    return {
      name,
      found: large!.found,
      milliseconds: large!.milliseconds - small!.milliseconds,
      heldBytes: large!.heldBytes - small!.heldBytes,
      residentBytes: large!.residentBytes - small!.residentBytes,
    };
  });
  const {size} = statSync(words);
  console.log();
  printTable(
    [TABLE_TITLE, 'to the first lookup', 'held', 'of the file', 'resident'],
    costs.map(({name, milliseconds, heldBytes, residentBytes}) => [
      name,
      formatTime(milliseconds),
      heldBytes > 0 ? formatBytes(heldBytes) : '',
      heldBytes > 0 ? formatRatio(heldBytes / size) : '',
      formatBytes(residentBytes),
    ]),
  );
  const [ours, theirs] = costs;
  return [
    {
      what: `${TABLE_TITLE}: time, of TensorFlow`,
      limit: TIME_LIMIT,
      measured: ours!.milliseconds / theirs!.milliseconds,
    },
    {what: `${TABLE_TITLE}: memory, of the file`, limit: MEMORY_LIMIT, measured: ours!.heldBytes / size},
    {
      what: `${TABLE_TITLE}: lookups that differ from TensorFlow's`,
      limit: 0,
      measured: Number(ours!.found !== theirs!.found),
      format: String,
    },
  ];
}
