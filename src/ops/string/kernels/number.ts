/**
 * Ops between numbers and text.
 *
 * @module
 */

import {fromLatin1, indexOfBytes, toLatin1} from '../../../algorithms/bytes.js';
import {numberReader} from '../../../algorithms/number_bytes.js';
import {isNumberDType} from '../../../algorithms/number_text.js';
import {type Conversion, printf, shortestFloat} from '../../../algorithms/printf.js';
import {joinBytes} from '../../../host/bytes.js';
import {dtypeInfo, type NumericArray} from '../../../host/dtypes.js';
import {stridesOf} from '../../../host/shape.js';
import {type PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {allocate} from '../../../host/tensor.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';

/** Writes the element at an index of the host data. */
type ElementWriter = (data: NumericArray, index: number) => string;

const asString: Kernel = ([input], ctx) => {
  const {conversion, write} = ctx.memo(() => formatOf(ctx));
  if (input!.dtype === 'string') return stringValue(input!.shape, padStrings(input!.strings(), conversion));
  const data = input!.numeric();
  const out = new StringsBuilder(input!.size, 4 * input!.size);
  for (let i = 0; i < input!.size; i++) {
    out.appendText(write(data, i));
    out.end();
  }
  return stringValue(input!.shape, out.strings());
};

function formatOf(ctx: KernelContext): {conversion: Conversion; write: ElementWriter} {
  const {attrs} = ctx;
  const dtype = attrs.dtype('T');
  const {kind} = dtypeInfo(dtype);
  const [scientific, shortest] = [attrs.bool('scientific'), attrs.bool('shortest')];
  const [precision, width] = [attrs.int('precision'), attrs.int('width')];
  const isFloat = kind === 'float' || kind === 'complex';
  if (kind === 'variant' || kind === 'resource') throw unsupported(ctx, `${dtype} input`);
  if (!isFloat && (scientific || shortest)) {
    throw invalid(ctx, `scientific and shortest format not supported for ${dtype}`);
  }
  if (!isFloat && precision >= 0) throw invalid(ctx, `precision not supported for ${dtype}`);
  if (scientific && shortest) throw invalid(ctx, 'cannot select both scientific and shortest notation');
  const floatLetter = shortest ? 'g' : scientific ? 'e' : 'f';
  const conversion: Conversion = {
    letter: isFloat ? floatLetter : kind === 'uint' ? 'u' : 'd',
    flags: fillFlags(ctx),
    ...(width >= 0 && {width}),
    ...(precision >= 0 && {precision}),
  };
  if (kind === 'bool') return {conversion, write: (data, i) => (data[i] ? 'true' : 'false')};
  if (kind !== 'complex') return {conversion, write: (data, i) => printf(data[i]!, conversion)};
  const write: ElementWriter = (data, i) =>
    `(${printf(data[2 * i]!, conversion)},${printf(data[2 * i + 1]!, conversion)})`;
  return {conversion, write};
}

function fillFlags(ctx: KernelContext): string {
  const fill = ctx.attrs.string('fill');
  if (fill.length > 1) throw invalid(ctx, 'fill string must be one or fewer characters');
  if (fill !== '' && !'+- 0#'.includes(fill)) throw invalid(ctx, `fill argument not supported: '${fill}'`);
  return fill;
}

function padStrings(strings: PackedStrings, {flags, width = 0}: Conversion): PackedStrings {
  const {bytes, starts, ends} = strings;
  const out = new StringsBuilder(strings.length, strings.totalBytes);
  for (let i = 0; i < strings.length; i++) {
    const padding = Math.max(0, width - strings.lengthAt(i));
    out.reserve(padding);
    if (flags === '-') out.append(bytes, starts[i], ends[i]);
    for (let k = 0; k < padding; k++) out.push(SPACE);
    if (flags !== '-') out.append(bytes, starts[i], ends[i]);
    out.end();
  }
  return out.strings();
}

const SPACE = 0x20;

const stringToNumber: Kernel = ([input], ctx) => {
  const dtype = ctx.attrs.dtype('out_type');
  if (!isNumberDType(dtype)) throw unsupported(ctx, `out_type ${dtype}`);
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const out = allocate(dtype, strings.length);
  const read = numberReader(dtype, out as Int32Array);
  for (let i = 0; i < strings.length; i++) {
    if (!read(bytes, starts[i]!, ends[i]!, i)) {
      throw invalid(ctx, `could not convert '${toLatin1(strings.at(i))}' to ${dtype}`);
    }
  }
  return Value.host(dtype, input!.shape, out);
};

/** Puts summaries of tensors in the place of each placeholder of a template. */
const stringFormat: Kernel = (inputs, ctx) => {
  const {attrs} = ctx;
  const placeholder = attrs.bytes('placeholder');
  const summarize = attrs.int('summarize');
  const template = attrs.bytes('template');
  const parts: Uint8Array[] = [];
  let at = 0;
  inputs.forEach((input, i) => {
    const next = indexOfBytes(template, placeholder, at);
    if (next < 0)
      throw invalid(ctx, `the template has ${i} placeholders, but there are ${inputs.length} inputs`);
    parts.push(template.subarray(at, next), summary(input, summarize, ctx));
    at = next + placeholder.length;
  });
  const rest = template.subarray(at);
  if (inputs.length > 0 && indexOfBytes(rest, placeholder) >= 0) {
    throw invalid(ctx, `the template has more placeholders than the ${inputs.length} inputs`);
  }
  return stringValue([], [joinBytes([...parts, rest])]);
};

/** `Tensor::SummarizeValue` in print_v2 form: the first and last `edge` elements of every axis, all when negative. */
function summary(value: Value, summarize: number, ctx: KernelContext): Uint8Array {
  const print = elementPrinter(value, ctx);
  const {shape, rank, size} = value;
  const edge = summarize < 0 ? size : Math.min(summarize, size);
  const strides = stridesOf(shape);
  const axisText = (axis: number, offset: number): string => {
    if (axis === rank) return print(offset);
    const last = axis === rank - 1;
    const spacing = last ? ' ' : '\n'.repeat(rank - axis - 1) + ' '.repeat(axis + 1);
    const count = shape[axis]!;
    const range = (from: number, to: number) =>
      Array.from({length: Math.max(0, to - from)}, (_, i) =>
        axisText(axis + 1, offset + (from + i) * strides[axis]!),
      );
    const head = range(0, Math.min(edge, count)).join(spacing);
    const gap = count > 2 * edge ? ['...'] : [];
    const tail = range(Math.max(edge, count - edge), count);
    return `[${[head, ...gap, ...tail].join(spacing)}]`;
  };
  return fromLatin1(axisText(0, 0));
}

function elementPrinter(value: Value, ctx: KernelContext): (index: number) => string {
  const {dtype} = value;
  const {kind} = dtypeInfo(dtype);
  if (kind === 'string') {
    const strings = value.strings();
    return (i) => `"${cEscape(strings.at(i))}"`;
  }
  if (kind === 'variant' || kind === 'resource') throw unsupported(ctx, `a ${dtype} input`);
  const data = value.numeric();
  if (kind === 'complex') return () => '?';
  if (kind === 'float') return (i) => shortestFloat(data[i] as number, dtype !== 'float64');
  return (i) => String(data[i]);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
};

/** `absl::Utf8SafeCEscape`. */
function cEscape(bytes: Uint8Array): string {
  return toLatin1(bytes).replace(/[^ !#-&(-[\]-~\x80-\xff]/g, (character) => {
    return ESCAPES[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}

/** Numbers to text and back. */
export const stringNumber: OpFamily = {
  AsString: {kernel: asString, limits: 'no variant input', unsupportedDtypes: {T: ['variant']}},
  StringToNumber: {kernel: stringToNumber},
  StringFormat: {kernel: stringFormat, limits: 'no resource or variant inputs'},
};
