/**
 * Code points in which this library and TensorFlow differ, and whether that is because TensorFlow's Unicode is older.
 *
 * @module
 */

import type {TextCall} from './text_calls.js';
import type {Output} from './text_compute.js';
import type {Column} from './text_corpus.js';

/** ICU's number of the script of what is not assigned, of private use, or a surrogate. */
const UNKNOWN_SCRIPT = 103;

/** All code points as numbers, with surrogates; and each behind one of private use, whose script is the unknown one. */
export const CODE_POINTS: Readonly<Record<'codePoints' | 'pairs', Column>> = {
  codePoints: {dtype: 'int32', data: Int32Array.from({length: 0x110000}, (_, code) => code)},
  pairs: {
    dtype: 'int32',
    data: Int32Array.from({length: 2 * 0x110000}, (_, i) => (i % 2 === 0 ? 0xe000 : i >> 1)),
    splits: Int32Array.from({length: 0x110000 + 1}, (_, row) => 2 * row),
  },
};

/** What tells TensorFlow's scripts, and those of TF Text, which has a Unicode of its own. */
export const SCRIPT_CALLS: Readonly<Record<'tensorflow' | 'text', TextCall>> = {
  tensorflow: {op: 'UnicodeScript', inputs: {input: {column: 'codePoints'}}, attrs: {}},
  text: {
    op: 'UnicodeScriptTokenizeWithOffsets',
    inputs: {input_values: {values: 'pairs'}, input_splits: {splits: 'pairs', dtype: 'int32'}},
    attrs: {},
  },
};

/** Which code points have no script, in the answers to {@link SCRIPT_CALLS}. */
export const WITHOUT_SCRIPT: Readonly<
  Record<keyof typeof SCRIPT_CALLS, (outputs: readonly Output[]) => (code: number) => boolean>
> = {
  tensorflow: ([scripts]) => {
    const numbers = integersOf(scripts!);
    return (code) => numbers[code] === UNKNOWN_SCRIPT;
  },
  // Two of one script are one token.
  text: ([_values, innerSplits, _starts, _limits, outerSplits]) => {
    const [inner, outer] = [integersOf(innerSplits!), integersOf(outerSplits!)];
    return (code) => inner[outer[code]! + 1]! - inner[outer[code]!]! === 2;
  },
};

const integersOf = ({bytes}: Output): Int32Array => new Int32Array(new Uint8Array(bytes).buffer);

/** Code points that are assigned in JavaScript's Unicode and have no script in another one. */
export function newerCodes(hasNoScript: (code: number) => boolean): ReadonlySet<number> {
  const newer = new Set<number>();
  for (let code = 0; code < 0x110000; code++) {
    if (hasNoScript(code) && ASSIGNED.test(String.fromCodePoint(code))) newer.add(code);
  }
  return newer;
}

const ASSIGNED = /[^\p{Cn}\p{Co}\p{Cs}]/u;

/** A code point in which two sides differ, and what one makes of it. */
export interface DifferingCode {
  readonly code: number;
  readonly ours: string;
}

/** Which code points differ in results for a column of all of them, by the column. None where they cannot be told apart. */
export const DIFFERING_CODES: Readonly<
  Record<string, (column: Column, ours: readonly Output[], theirs: readonly Output[]) => DifferingCode[]>
> = {
  codePoints: (_, [ours], [theirs]) => {
    const [a, b] = [integersOf(ours!), integersOf(theirs!)];
    return [...b.keys()].filter((code) => a[code] !== b[code]).map((code) => ({code, ours: ''}));
  },
  all: ({data}, ours, theirs) => {
    if (ours.length !== 1 || theirs.length !== 1 || ours[0]!.dtype !== 'string') return [];
    const [a, b] = [stringsOf(ours[0]!), stringsOf(theirs[0]!)];
    return (data as readonly Uint8Array[]).flatMap((row, i) =>
      a[i] === b[i]
        ? []
        : differingLines(Buffer.from(row).toString('utf8').split('\n'), a[i]!.split('\n'), b[i]!.split('\n')),
    );
  },
};

/** Code points, each between two letters in a line, whose lines differ; all where the lines are not as many. */
function differingLines(
  given: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): DifferingCode[] {
  const isTold = ours.length === given.length && theirs.length === given.length;
  return given.flatMap((line, i) =>
    isTold && ours[i] === theirs[i] ? [] : [{code: line.codePointAt(1)!, ours: ours[i] ?? ''}],
  );
}

/** The strings of a result, as text. */
function stringsOf({shape, bytes}: Output): string[] {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const own = Buffer.from(bytes);
  let at = 4 * size;
  return Array.from({length: size}, (_, i) => own.toString('utf8', at, (at += own.readInt32LE(4 * i))));
}

/**
 * Assigned on all sides, and of another script in newer Unicode: ARMENIAN FULL STOP is Common in TF Text and Armenian elsewhere, two marks of
 * Old Chinese are Common in both and Han here.
 */
export const OF_ANOTHER_SCRIPT: ReadonlySet<number> = new Set([0x589, 0x16fe2, 0x16fe3]);

/** Code points that are newer, or that become newer ones, may differ; and those whose script was changed, in that. */
export const mayDiffer = (newer: ReadonlySet<number>, {code, ours}: DifferingCode): boolean =>
  newer.has(code) ||
  [...ours].some((each) => newer.has(each.codePointAt(0)!)) ||
  (ours === '' && OF_ANOTHER_SCRIPT.has(code));

/** Code points in words: `U+0041 to U+005A, U+00B5`. */
export function rangesOf(codes: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const code of [...codes].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  const hex = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return ranges.map(([from, to]) => (from === to ? hex(from) : `${hex(from)} to ${hex(to)}`)).join(', ');
}
