/**
 * What benchmarks share: steps measured in processes of their own, medians, and tables.
 *
 * @module
 */

import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** A benchmark of `npm run bench`. Prints its tables; returns what was required of it. */
export interface Benchmark {
  readonly name: string;
  readonly description: string;
  run(options: BenchmarkOptions): Promise<Requirement[]>;
}

export interface BenchmarkOptions {
  /** How often each measurement is made; what is reported is the median. */
  readonly rounds: number;
  /** Words in the titles of the lines to be measured, where a benchmark has lines; all lines where there are none. */
  readonly only?: readonly string[];
  /** Say of compiled graphs what is not compiled, and why. */
  readonly explain?: boolean;
}

/** A measurement that must not be above a limit. */
export interface Requirement {
  readonly what: string;
  readonly limit: number;
  readonly measured: number;
  /** How to print both; a ratio where absent. */
  readonly format?: (value: number) => string;
}

/** What a process that reads files plainly prints. */
export interface PlainMeasurement {
  readonly milliseconds: number;
  readonly peakBytes: number;
}

/** What a process that loads a model prints. Milliseconds from the start of loading. */
export interface LoadMeasurement {
  /** The model is loaded. */
  readonly loaded: number;
  /** Its function is ready to be called. */
  readonly ready: number;
  /** The results of the first call are there. */
  readonly answered: number;
  /** What another call takes, once everything is warm. */
  readonly secondCall: number;
  /** The most memory the process ever had, everything counted. */
  readonly peakBytes: number;
}

/** What a process that fine-tunes a model prints. */
export interface FinetuneMeasurement {
  /** Of a step, the median. */
  readonly milliseconds: number;
  /** More of each after the last step than after the warm-up. */
  readonly tensors: number;
  readonly tensorBytes: number;
  readonly heapBytes: number;
}

/** Runs a command; gives the JSON in the last line it prints. */
export async function runCommand<T>(command: string, args: readonly string[]): Promise<T> {
  const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe']});
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} failed (${code}):\n${errors}`);
  return JSON.parse(output.trimEnd().split('\n').at(-1)!) as T;
}

/** An interpreter with TensorFlow: the one that is named, or the one of `npm run conformance`. */
export function findPython(): string | undefined {
  const installed = fileURLToPath(new URL('../.venv/2.15/bin/python', import.meta.url));
  return process.env.TFHUB_PYTHON ?? (existsSync(installed) ? installed : undefined);
}

/** {@link findPython} where models are built by it; says so where there is none. */
export function pythonForModels(): string | undefined {
  const python = findPython();
  if (python === undefined) {
    console.log(
      'The models are built by TensorFlow, which TFHUB_PYTHON names or `npm run conformance` installs; there is none.',
    );
  }
  return python;
}

/** The middle one of several measurements, for each of their numbers by itself. */
export function medians<T extends {readonly [K in keyof T]: number}>(rounds: readonly T[]): T {
  const keys = Object.keys(rounds[0]!) as (keyof T)[];
  return Object.fromEntries(keys.map((key) => [key, median(rounds.map((round) => round[key]))])) as T;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Rows in columns as wide as their widest cell; the first column is flush left, the others flush right. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  console.log(line(head));
  console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const row of rows) console.log(line(row));
}

export function formatTime(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${milliseconds.toFixed(0)} ms`;
}

export function formatBytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}
