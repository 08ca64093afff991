/**
 * How much memory a batch takes while it is computed, beyond the input that lies there, in a process of its own for each line.
 *
 * @module
 */

import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {builtChild} from './children.js';
import {
  type BenchmarkOptions,
  formatBytes,
  formatRatio,
  medians,
  printTable,
  type Requirement,
  runCommand,
} from './measure.js';
import type {BuiltText} from './text_contender.js';
import type {TextLine} from './text_lines.js';

/** What a process prints that computed one batch. */
export interface BatchMemory {
  /** Of all strings of the input: their UTF-8, and where each begins and ends. */
  readonly inputBytes: number;
  /** Of the results, in TensorFlow's dtypes. */
  readonly resultBytes: number;
  /** Memory of the process at its peak during the call, more than before. */
  readonly peakBytes: number;
}

/** The peak may be so many times the bytes of input and results. */
const LIMIT = 2;

/** Where Linux says what memory a process had at its peak, and forgets it. */
export const FORGET_PEAK = '/proc/self/clear_refs';

/** The memory of each line; nothing on systems that do not say it. */
export async function measureMemory(
  lines: readonly TextLine[],
  built: ReadonlyMap<string, BuiltText>,
  {rounds}: BenchmarkOptions,
): Promise<ReadonlyMap<TextLine, BatchMemory>> {
  const measured = new Map<TextLine, BatchMemory>();
  if (!existsSync(FORGET_PEAK)) {
    console.log('Memory: only measured on Linux');
    return measured;
  }
  for (const line of lines) {
    const {savedModel, signature, data} = built.get(line.model)!;
    const strings = {file: join(data, line.data), data: line.data, count: line.count};
    const args = [
      '--expose-gc',
      builtChild('text_memory_child.ts'),
      savedModel,
      signature,
      JSON.stringify(strings),
    ];
    try {
      const all: BatchMemory[] = [];
      for (let round = 0; round < rounds; round++)
        all.push(await runCommand<BatchMemory>(process.execPath, args));
      measured.set(line, medians(all));
    } catch {
      // What cannot be computed was said with its time.
    }
  }
  return measured;
}

export function printMemory(measured: ReadonlyMap<TextLine, BatchMemory>): Requirement[] {
  if (measured.size === 0) return [];
  const ratio = ({inputBytes, resultBytes, peakBytes}: BatchMemory) => peakBytes / (inputBytes + resultBytes);
  console.log();
  printTable(
    ['memory of a batch', 'strings', 'input', 'results', 'peak, beyond the input', 'of both'],
    [...measured].map(([{title, count}, each]) => [
      title,
      String(count),
      formatBytes(each.inputBytes),
      formatBytes(each.resultBytes),
      formatBytes(each.peakBytes),
      formatRatio(ratio(each)),
    ]),
  );
  return [...measured].map(([{title}, each]) => ({
    what: `${title}: peak memory of a batch, of input and results`,
    limit: LIMIT,
    measured: ratio(each),
  }));
}
