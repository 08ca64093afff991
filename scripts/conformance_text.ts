/**
 * Has ops of text, tables and hashes computed here and by TensorFlow 2.15 on random strings: results are the same byte for byte (of floats, NaN is
 * NaN), and what is refused there is refused here. `tsx scripts/conformance_text.ts FOLDER PYTHON [WORD...]`: a folder of its own, that
 * TensorFlow's Python, and words in the names of the ops that are compared, if not all. `TFHUB_TEXT_SEED` repeats a run.
 *
 * Code points that TensorFlow's Unicode does not have and JavaScript's has, and three whose script has changed, are met in no random text. They are
 * compared apart, with all others, and may differ.
 *
 * @module
 */

import {mkdirSync, rmSync} from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {HubError} from '../src/errors.js';
import {ensureBackend} from '../src/tfjs/backend.js';
import {type Score, tell} from './score.js';
import {installText} from './tensorflow.js';
import {Answers, type Part} from './text_answers.js';
import {type CallInput, TEXT_CALLS, type TextCall} from './text_calls.js';
import {
  CODE_POINTS,
  DIFFERING_CODES,
  type DifferingCode,
  mayDiffer,
  newerCodes,
  OF_ANOTHER_SCRIPT,
  rangesOf,
  SCRIPT_CALLS,
  WITHOUT_SCRIPT,
} from './text_code_points.js';
import {Computer, type Output} from './text_compute.js';
import {type Column, makeColumns} from './text_corpus.js';
import {nameOf, shownInputs, shownOutputs} from './text_examples.js';

/** Of what differs, so many rows are computed at a time, then one; of so many parts that differ. */
const STEPS = [
  {chunk: 1000, searched: 20},
  {chunk: 1, searched: 2},
];
/** So many examples are shown. */
const EXAMPLES = 3;

const [folder, python, ...words] = process.argv.slice(2);
if (!folder || !python) throw new Error('usage: conformance_text.ts FOLDER PYTHON [WORD...]');
const seed = Number(process.env.TFHUB_TEXT_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`TFHUB_TEXT_SEED=${seed}`);

await tf.setBackend('cpu');
await ensureBackend();
installText();
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
const answers = new Answers(folder, python);
answers.write(CODE_POINTS);
/** Code points that Unicode has not in TensorFlow, and in TF Text. */
const newer = {tensorflow: await askNewer('tensorflow'), text: await askNewer('text')};
const columns: Readonly<Record<string, Column>> = {
  ...makeColumns(
    seed,
    withThoseTheyChangeTo(new Set([...newer.tensorflow, ...newer.text, ...OF_ANOTHER_SCRIPT])),
  ),
  ...CODE_POINTS,
};
answers.write(columns);
await answers.writeModels();
const computer = new Computer(columns, folder);

/** With the older code points of which a newer one is the other case. */
function withThoseTheyChangeTo(codes: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(codes);
  for (const code of codes) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    for (const other of character.toLowerCase() + character.toUpperCase()) all.add(other.codePointAt(0)!);
  }
  return all;
}

async function askNewer(library: keyof typeof SCRIPT_CALLS): Promise<ReadonlySet<number>> {
  answers.ask({call: SCRIPT_CALLS[library], start: 0, end: 0x110000, chunk: 0x110000});
  const [{outputs}] = (await answers.next()) as [Part];
  return newerCodes(WITHOUT_SCRIPT[library](outputs!));
}

/** Rows that a call has: those of its shortest column. */
function rowsOf({inputs, rows = Number.POSITIVE_INFINITY}: TextCall): number {
  const counts = (Object.values(inputs).flat() as CallInput[]).map((input) => {
    if ('column' in input) return Math.floor(columns[input.column]!.data.length / (input.width ?? 1));
    if ('values' in input) return columns[input.values]!.splits!.length - 1;
    return Number.POSITIVE_INFINITY;
  });
  return Math.min(rows, ...counts);
}

/** What this library makes of a part. */
function computed(call: TextCall, {start, end}: Part): readonly Output[] | Error {
  try {
    return computer.compute(call, start, end);
  } catch (error) {
    return error as Error;
  }
}

/** What the two sides differ in; undefined where they agree. */
function difference(ours: readonly Output[] | Error, {outputs, error}: Part): string | undefined {
  if (ours instanceof Error) {
    if (error === undefined) return `is refused: ${ours.message}`;
    return ours instanceof HubError ? undefined : `fails with ${ours.name}: ${ours.message}`;
  }
  if (outputs === undefined) return `gives ${shownOutputs(ours)}, and TensorFlow refuses: ${error}`;
  const isEqual = ours.length === outputs.length && outputs.every((theirs, i) => isSame(ours[i]!, theirs));
  return isEqual ? undefined : `gives ${shownOutputs(ours)} in place of ${shownOutputs(outputs)}`;
}

function isSame(a: Output, b: Output): boolean {
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false;
  if (Buffer.compare(a.bytes, b.bytes) === 0) return true;
  const read = FLOATS[a.dtype];
  if (read === undefined || a.bytes.length !== b.bytes.length) return false;
  const [x, y] = [read(a.bytes), read(b.bytes)];
  return x.every((each, i) => Object.is(each, y[i]));
}

const FLOATS: Readonly<Record<string, (bytes: Uint8Array) => Float32Array | Float64Array>> = {
  float32: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
  float64: (bytes) => new Float64Array(new Uint8Array(bytes).buffer),
};

/** The parts in which the two sides differ. */
const differing = (call: TextCall, parts: readonly Part[]): Part[] =>
  parts.filter((part) => difference(computed(call, part), part) !== undefined);

/** What of these parts differs, in parts as small as they differ by themselves. */
async function smallest(call: TextCall, parts: readonly Part[]): Promise<Part[]> {
  let found = [...parts];
  for (const {chunk, searched} of STEPS) {
    const large = found.filter(({start, end}) => end - start > chunk).slice(0, searched);
    const small = found.filter(({start, end}) => end - start <= chunk);
    for (const {start, end} of large) answers.ask({call, start, end, chunk});
    for (const part of large) {
      const within = differing(call, await answers.next());
      // Rows may differ together and not alone.
      small.push(...(within.length > 0 ? within : [part]));
    }
    found = small;
  }
  return found;
}

/** The code points that differ in a call of a column of all code points that gives one for each; none for other calls. */
function codesIn(call: TextCall, [part]: readonly Part[]): DifferingCode[] {
  const [input] = Object.values(call.inputs) as CallInput[];
  if (input === undefined || !('column' in input)) return [];
  const find = DIFFERING_CODES[input.column];
  const ours = computed(call, part!);
  if (find === undefined || ours instanceof Error || part!.outputs === undefined) return [];
  return find(columns[input.column]!, ours, part!.outputs);
}

/** Why a call fails; undefined where it may differ as it does, which the notes say. */
async function failure(
  family: string,
  call: TextCall,
  parts: readonly Part[],
  notes: string[],
): Promise<string[] | undefined> {
  const codes = codesIn(call, parts);
  if (codes.length > 0) {
    const ofLibrary = family === 'TF Text' ? newer.text : newer.tensorflow;
    const others = codes.filter((each) => !mayDiffer(ofLibrary, each)).map(({code}) => code);
    const allowed = codes.length - others.length;
    if (allowed > 0) notes.push(`${nameOf(call)}: ${allowed} code points of newer Unicode differ`);
    if (others.length === 0) return undefined;
    return [`FAIL ${nameOf(call)}: ${others.length} code points differ: ${rangesOf(others)}`];
  }
  const found = await smallest(call, parts);
  const lines = found
    .map((part) => `${shownInputs(call, columns, part)} ${difference(computed(call, part), part)}`)
    .sort((a, b) => a.length - b.length);
  return [
    `FAIL ${nameOf(call)}: ${found.length} parts or more differ, such as`,
    ...lines.slice(0, EXAMPLES).map((each) => `  ${each}`),
  ];
}

/** Asks everything of a family, then compares as the answers come. */
async function compare(family: string, calls: readonly TextCall[]): Promise<Score> {
  for (const call of calls) {
    const end = rowsOf(call);
    answers.ask({call, start: 0, end, chunk: call.chunk ?? end});
  }
  const different: [TextCall, Part[]][] = [];
  for (const call of calls) {
    const parts = differing(call, await answers.next());
    if (parts.length > 0) different.push([call, parts]);
  }
  const failures: string[][] = [];
  const notes: string[] = [];
  for (const [call, parts] of different) {
    const failed = await failure(family, call, parts, notes);
    if (failed !== undefined) failures.push(failed);
  }
  const details = [...failures.flat(), ...notes];
  return {part: family, passed: calls.length - failures.length, failed: failures.length, details};
}

for (const [family, calls] of Object.entries(TEXT_CALLS)) {
  const chosen = calls.filter(
    ({op}) => words.length === 0 || words.some((each) => op.toLowerCase().includes(each.toLowerCase())),
  );
  if (chosen.length > 0) tell([await compare(family, chosen)]);
}
answers.end();
