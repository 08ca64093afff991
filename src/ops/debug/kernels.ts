/**
 * Ops that watch a program instead of computing: assertions, printing, summaries for TensorBoard.
 *
 * @module
 */

import {decodeUtf8} from '../../algorithms/utf8.js';
import {CallError} from '../../errors.js';
import {PackedStrings} from '../../host/strings.js';
import {printableLines} from '../../printable.js';
import {stringValue} from '../../tensors/strings.js';
import {type Resource, Value} from '../../tensors/value.js';
import type {Kernel, OpFamily, OpImplementation} from '../kernel.js';
import {invalid} from '../node.js';

/** Takes a line that an op of a model prints. */
export type Log = (line: string) => void;

/**
 * Standard error and not standard output, whichever the op names: that may be a program's machine-readable result. What
 * a model prints must not steer a terminal.
 */
const toConsole: Log = (line) => console.error(printableLines(line));

let log = toConsole;

/** Sends what models print somewhere else than to `console.error`; without an argument, back to there. */
export function setLog(to: Log = toConsole): void {
  log = to;
}

/** The first elements of a tensor: `[1 2 3...]`. */
function summarize(value: Value, count: number): string {
  const limit = count < 0 ? value.size : Math.min(count, value.size);
  const shown = Array.from({length: limit}, (_, i) => element(value, i)).join(' ');
  const text = limit < value.size ? `${shown}...` : shown;
  return value.rank === 0 ? text : `[${text}]`;
}

function element(value: Value, index: number): string {
  const {dtype} = value;
  if (dtype === 'string') return decodeUtf8(value.strings().at(index));
  if (dtype === 'resource' || dtype === 'variant') return `<${dtype}>`;
  const data = value.numeric();
  if (dtype === 'bool') return data[index] ? 'true' : 'false';
  if (dtype === 'complex64' || dtype === 'complex128') return `(${data[2 * index]},${data[2 * index + 1]})`;
  return String(data[index]);
}

const assertion: Kernel = ([condition, ...data], ctx) => {
  if (condition!.rank !== 0) throw invalid(ctx, 'the condition must be a scalar');
  if (condition!.number() !== 0) return [];
  const count = ctx.attrs.int('summarize');
  const parts = data.map((value) => `[${summarize(value, count)}]`);
  throw new CallError(`assertion failed: ${parts.join(' ')} (node '${ctx.name}')`);
};

const print: Kernel = ([input, ...data], ctx) => {
  const {attrs} = ctx;
  const printed = ctx.memo(() => ({times: 0}));
  const first = attrs.int('first_n');
  if (first >= 0 && printed.times >= first) return input!;
  printed.times++;
  const parts = data.map((value) => `[${summarize(value, attrs.int('summarize'))}]`);
  log(attrs.string('message') + parts.join(''));
  return input!;
};

const printV2: Kernel = ([input], ctx) => {
  const end = ctx.attrs.string('end');
  log(decodeUtf8(input!.string()) + (end === '\n' ? '' : end));
  return [];
};

/** A summary that nobody reads. */
const noSummary: OpImplementation = {
  kernel: () => stringValue([], PackedStrings.empty(1)),
  limits: 'gives an empty string: summaries are not recorded',
};
const nothing: OpImplementation = {kernel: () => [], limits: 'does nothing: summaries are not recorded'};

/** What a summary writer's handle refers to. */
class SummaryWriter implements Resource {
  readonly kind = 'summary writer';
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Assertions, printing, summaries. */
export const debug: OpFamily = {
  Assert: {kernel: assertion},
  Print: {kernel: print},
  PrintV2: {kernel: printV2, limits: 'prints to the log, whatever output_stream says'},
  Timestamp: {kernel: () => Value.host('float64', [], Float64Array.of(Date.now() / 1000))},

  AudioSummary: noSummary,
  AudioSummaryV2: noSummary,
  HistogramSummary: noSummary,
  ImageSummary: noSummary,
  MergeSummary: noSummary,
  ScalarSummary: noSummary,
  TensorSummary: noSummary,
  TensorSummaryV2: noSummary,

  SummaryWriter: {kernel: (_, {name}) => Value.object('resource', new SummaryWriter(name))},
  CreateSummaryFileWriter: nothing,
  CreateSummaryDbWriter: nothing,
  CloseSummaryWriter: nothing,
  FlushSummaryWriter: nothing,
  WriteAudioSummary: nothing,
  WriteGraphSummary: nothing,
  WriteHistogramSummary: nothing,
  WriteImageSummary: nothing,
  WriteRawProtoSummary: nothing,
  WriteScalarSummary: nothing,
  WriteSummary: nothing,
};
