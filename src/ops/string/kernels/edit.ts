/**
 * Ops that change, measure or join strings. Strings are bytes; ops with a `UTF8_CHAR` unit or a `utf-8` encoding look
 * at the characters in them.
 *
 * @module
 */

import {EMPTY, isContinuation, isSpace} from '../../../algorithms/bytes.js';
import {decodeUtf8, encodeUtf8} from '../../../algorithms/utf8.js';
import {joinBytes} from '../../../host/bytes.js';
import {stridesOf} from '../../../host/shape.js';
import {ARRAY_BYTES, allocateObjects, sizeOf} from '../../../host/tensor.js';
import {broadcastOrThrow, forEachBroadcast} from '../../../tensors/host.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';
import {reductionPlan} from '../../reduction/plan.js';
import {joinedSegments, joinedShape} from '../plan.js';

/** A kernel that maps each string by itself. */
function mapStrings(map: (string: Uint8Array, ctx: KernelContext) => Uint8Array): Kernel {
  return ([input], ctx) =>
    stringValue(
      input!.shape,
      input!.strings().map((string) => map(string, ctx)),
    );
}

/** Changes case: ASCII letters, or with the `utf-8` encoding every letter. */
function changeCase(first: number, text: (text: string) => string): Kernel {
  const ascii = (string: Uint8Array) =>
    string.map((byte) => (byte >= first && byte < first + 26 ? byte ^ 0x20 : byte));
  return (inputs, ctx) => {
    const encoding = ctx.attrs.string('encoding');
    if (encoding !== '' && encoding !== 'utf-8') {
      throw invalid(ctx, `only utf-8 or '' (no encoding) are allowed, got '${encoding}'`);
    }
    const map = encoding === '' ? ascii : (string: Uint8Array) => encodeUtf8(text(textOfC(string)));
    return mapStrings(map)(inputs, ctx);
  };
}

/** UTF-8 text up to the first NUL: the op hands ICU a C string. */
function textOfC(string: Uint8Array): string {
  const end = string.indexOf(0);
  return decodeUtf8(end < 0 ? string : string.subarray(0, end));
}

function strip(string: Uint8Array): Uint8Array {
  let start = 0;
  let end = string.length;
  while (start < end && isSpace(string[start])) start++;
  while (end > start && isSpace(string[end - 1])) end--;
  return string.subarray(start, end);
}

/** Counts bytes, or those that start a character. */
const stringLength: Kernel = ([input], ctx) => {
  const count = ctx.attrs.string('unit') === 'UTF8_CHAR' ? countCharacters : (s: Uint8Array) => s.length;
  return Value.host('int32', input!.shape, Int32Array.from(input!.strings(), count));
};

function countCharacters(string: Uint8Array): number {
  let count = 0;
  for (const byte of string) if (!isContinuation(byte)) count++;
  return count;
}

/** Joins element by element; scalars go with every element. */
const stringJoin: Kernel = (inputs, ctx) => {
  const separator = ctx.attrs.bytes('separator');
  const shape = joinedShape(
    inputs.map((input) => input.shape),
    ctx,
  ) as readonly number[];
  const columns = inputs.map((input) => ({strings: input.strings(), step: input.rank > 0 ? 1 : 0}));
  const out = Array.from({length: sizeOf(shape)}, (_, i) =>
    joinBytes(
      columns.map(({strings, step}) => strings[i * step]!),
      separator,
    ),
  );
  return stringValue(shape, out);
};

/** Cuts `len` units from `pos` on; a negative `pos` counts from the end. `input` broadcasts with both. */
const substr: Kernel = ([input, pos, len], ctx) => {
  if (String(pos!.shape) !== String(len!.shape)) {
    throw invalid(ctx, `pos and len should have the same shape, got [${pos!.shape}] and [${len!.shape}]`);
  }
  const cut = ctx.attrs.string('unit') === 'UTF8_CHAR' ? cutCharacters : cutBytes;
  const [strings, starts, lengths] = [input!.strings(), pos!.numeric(), len!.numeric()];
  const shape = broadcastOrThrow(input!.shape, pos!.shape);
  const out = allocateObjects<Uint8Array>(sizeOf(shape), EMPTY);
  forEachBroadcast([input!.shape, pos!.shape], shape, (i, [at, k]) => {
    const piece = cut(strings[at!]!, Number(starts[k!]), Number(lengths[k!]));
    if (piece === undefined) {
      throw invalid(ctx, `pos ${starts[k!]} out of range for string at index ${i}`);
    }
    out[i] = piece;
  });
  return stringValue(shape, out);
};

function cutBytes(string: Uint8Array, pos: number, length: number): Uint8Array | undefined {
  const start = pos < 0 ? pos + string.length : pos;
  if (start < 0 || start > string.length) return undefined;
  return string.subarray(start, length < 0 ? string.length : start + length);
}

function cutCharacters(string: Uint8Array, pos: number, length: number): Uint8Array | undefined {
  const start = pos < 0 ? backward(string, -pos) : forward(string, 0, pos);
  if (start === undefined) return undefined;
  return string.subarray(start, forward(string, start, length) ?? string.length);
}

/** The offset `count` characters after `from`, undefined where the string ends before. */
function forward(string: Uint8Array, from: number, count: number): number | undefined {
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at >= string.length) return undefined;
    do at++;
    while (at < string.length && isContinuation(string[at]!));
  }
  return at;
}

/** The offset of the last but `count` character, undefined where there are fewer. */
function backward(string: Uint8Array, count: number): number | undefined {
  let at = string.length;
  for (let i = 0; i < count; i++) {
    do at--;
    while (at > 0 && isContinuation(string[at]!));
    if (at < 0) return undefined;
  }
  return at;
}

/** Joins along the first axis given, then what that gave along the second, and so on. */
const reduceJoin: Kernel = ([input, indices], ctx) => {
  const separator = ctx.attrs.bytes('separator');
  const {rank, shape} = input!;
  const axes = indices!.numbers().map((axis) => resolveAxis(axis, rank, ctx));
  if (new Set(axes).size !== axes.length) throw invalid(ctx, `duplicate reduction dimension in [${axes}]`);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const strides = stridesOf(shape);
  const strings = input!.strings();
  const members = offsetsOver(axes.toReversed(), shape, strides);
  const out = offsetsOver(kept, shape, strides).map((base) =>
    joinBytes(
      members.map((offset) => strings[base + offset]!),
      separator,
    ),
  );
  return stringValue(reductionPlan(shape, axes, ctx).shape, out);
};

/** Offsets of every position along `axes`, the last axis running fastest. */
function offsetsOver(
  axes: readonly number[],
  shape: readonly number[],
  strides: readonly number[],
): number[] {
  let offsets = [0];
  for (const axis of axes) {
    const steps = Array.from({length: shape[axis]!}, (_, i) => i * strides[axis]!);
    offsets = offsets.flatMap((offset) => steps.map((step) => offset + step));
  }
  return offsets;
}

/** Joins the strings of each segment, in their order. */
const unsortedSegmentJoin: Kernel = ([input, ids, count], ctx) => {
  const segments = count!.number();
  if (segments < 0) throw invalid(ctx, `num_segments ${segments} must not be negative`);
  const shape = joinedSegments(input!.shape, ids!.shape, segments, ctx);
  const inner = shape.slice(1);
  const width = sizeOf(inner);
  const strings = input!.strings();
  const groups = allocateObjects(segments * width, 0, ARRAY_BYTES).map(() => [] as Uint8Array[]);
  ids!.numbers().forEach((id, row) => {
    if (id < 0 || id >= segments)
      throw invalid(ctx, `segment_ids[${row}] = ${id} is out of range [0, ${segments})`);
    for (let i = 0; i < width; i++) groups[id * width + i]!.push(strings[row * width + i]!);
  });
  const separator = ctx.attrs.bytes('separator');
  return stringValue(
    shape,
    groups.map((group) => joinBytes(group, separator)),
  );
};

const BASE64 = encodeUtf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const PADDING = '='.charCodeAt(0);
/** Value of each byte as a base64 digit, -1 for others. */
const BASE64_VALUES = new Int8Array(256).fill(-1);
BASE64.forEach((byte, value) => {
  BASE64_VALUES[byte] = value;
});

/** Web-safe base64, padded on request. */
function encodeBase64(string: Uint8Array, ctx: KernelContext): Uint8Array {
  const pad = ctx.attrs.bool('pad');
  const digits = Math.ceil((string.length * 4) / 3);
  const out = new Uint8Array(pad ? Math.ceil(string.length / 3) * 4 : digits).fill(PADDING);
  for (let i = 0; i < digits; i++) {
    const bit = i * 6;
    const at = bit >> 3;
    const pair = (string[at]! << 8) | (string[at + 1] ?? 0);
    out[i] = BASE64[(pair >> (10 - (bit & 7))) & 0x3f]!;
  }
  return out;
}

function decodeBase64(string: Uint8Array, ctx: KernelContext): Uint8Array {
  let digits = string.length;
  if (digits % 4 === 0) for (let i = 0; i < 2 && string[digits - 1] === PADDING; i++) digits--;
  if (digits % 4 === 1) throw invalid(ctx, `${digits} base64 characters are no whole number of bytes`);
  const out = new Uint8Array(Math.floor((digits * 3) / 4));
  let bits = 0;
  let filled = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    const value = BASE64_VALUES[string[i]!]!;
    if (value < 0) throw invalid(ctx, `byte ${string[i]} is no web-safe base64 character`);
    bits = ((bits << 6) | value) & 0xffff;
    filled += 6;
    if (filled < 8) continue;
    filled -= 8;
    out[at++] = bits >> filled;
  }
  return out;
}

/** `basename-00003-of-00010`, or `basename-?????-of-00010` without a shard. */
function shardedName(basename: Uint8Array, shard: string, shards: number): Uint8Array {
  return joinBytes([basename, encodeUtf8(`-${shard}-of-${fiveDigits(shards)}`)]);
}

/** As C's `%05d` does: the sign counts as a digit. */
const fiveDigits = (x: number): string =>
  x < 0 ? `-${String(-x).padStart(4, '0')}` : String(x).padStart(5, '0');

const shardedFilename: Kernel = ([basename, shard, shards]) =>
  stringValue([], [shardedName(basename!.strings()[0]!, fiveDigits(shard!.number()), shards!.number())]);

const shardedFilespec: Kernel = ([basename, shards]) =>
  stringValue([], [shardedName(basename!.strings()[0]!, '?????', shards!.number())]);

const readFile: Kernel = ([filename], ctx) => {
  if (filename!.size !== 1) throw invalid(ctx, `filename must be a scalar, got shape [${filename!.shape}]`);
  return stringValue([], [ctx.session.readFile(filename!.strings()[0] ?? EMPTY)]);
};

/** Case, length, pieces, joins, base64, file names. */
export const stringEdit: OpFamily = {
  StringLower: {kernel: changeCase(0x41, (text) => text.toLowerCase())},
  StringUpper: {kernel: changeCase(0x61, (text) => text.toUpperCase())},
  StringStrip: {kernel: mapStrings(strip)},
  StringLength: {kernel: stringLength},
  StringJoin: {kernel: stringJoin},
  Substr: {kernel: substr},
  ReduceJoin: {kernel: reduceJoin},
  UnsortedSegmentJoin: {kernel: unsortedSegmentJoin},
  EncodeBase64: {kernel: mapStrings(encodeBase64)},
  DecodeBase64: {kernel: mapStrings(decodeBase64)},
  ShardedFilename: {kernel: shardedFilename},
  ShardedFilespec: {kernel: shardedFilespec},
  ReadFile: {kernel: readFile, limits: 'reads the files of the model only'},
};
