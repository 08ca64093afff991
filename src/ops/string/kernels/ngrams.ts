/**
 * N-grams of words.
 *
 * @module
 */

import {joinBytes} from '../../../algorithms/bytes.js';
import {StringPieces} from '../../../host/pieces_of_strings.js';
import {bytesFor, type PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {allocate, allocateObjects, numbersAs} from '../../../host/tensor.js';
import {zeros} from '../../../tensors/movement.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** N-grams of the rows of a ragged tensor, each row padded on both sides. */
const stringNGrams: Kernel = ([data, splits], ctx) => {
  const spec = ctx.memo(() => nGramSpec(ctx));
  const strings = data!.strings();
  // Without splits the op gives as many empty strings as there are data.
  if (splits!.size === 0) return [zeros('string', data!.shape), splits!];
  const bounds = splits!.numbers();
  checkSplits(bounds, strings.length, ctx);
  const outSplits = allocate('int32', bounds.length) as Int32Array;
  const rowsValue = () => Value.host(splits!.dtype, splits!.shape, numbersAs(splits!.dtype, outSplits));
  // Without data the op gives no n-grams, not even those of padding alone.
  if (strings.length === 0) return [stringValue(data!.shape, []), rowsValue()];
  const ngrams = new NGrams(strings, spec, bounds.length - 1);
  for (let row = 0; row + 1 < bounds.length; row++) {
    addRow(ngrams, bounds[row]!, bounds[row + 1]!, spec, ctx);
    outSplits[row + 1] = ngrams.endRow();
  }
  return [stringValue([ngrams.count], ngrams.strings()), rowsValue()];
};

interface NGramSpec {
  readonly separator: Uint8Array;
  readonly left: Uint8Array;
  readonly right: Uint8Array;
  readonly widths: readonly number[];
  /** Padding on each side; -1 for as much as each width allows. */
  readonly pad: number;
  readonly preserveShort: boolean;
}

function nGramSpec(ctx: KernelContext): NGramSpec {
  const {attrs} = ctx;
  const widths = attrs.ints('ngram_widths');
  if (widths.some((width) => width <= 0)) throw invalid(ctx, 'ngram_widths must contain positive values');
  return {
    separator: attrs.bytes('separator'),
    left: attrs.bytes('left_pad'),
    right: attrs.bytes('right_pad'),
    widths,
    pad: attrs.int('pad_width'),
    preserveShort: attrs.bool('preserve_short_sequences'),
  };
}

function checkSplits(splits: readonly number[], size: number, ctx: KernelContext): void {
  const rising = splits.every((split, i) => (i === 0 ? split === 0 : split >= splits[i - 1]!));
  if (splits.length > 0 && !(rising && splits.at(-1) === size)) {
    throw invalid(ctx, `data_splits [${splits}] do not rise from 0 to ${size}`);
  }
}

/** The n-grams of the tokens from `first` to `end`. */
function addRow(out: NGrams, first: number, end: number, spec: NGramSpec, ctx: KernelContext): void {
  const before = out.count;
  for (const width of spec.widths) {
    const pad = Math.min(spec.pad < 0 ? width - 1 : spec.pad, width - 1);
    // Padding counts as the tokens do that it stands beside.
    if (pad > end - first) allocateObjects(pad, 0);
    for (let at = first - pad; at + width <= end + pad; at++) out.add(first, end, at, at + width);
  }
  if (out.count > before || first === end || !spec.preserveShort) return;
  if (spec.pad < 0) {
    throw invalid(
      ctx,
      'pad_width should be >= 0 when preserve_short_sequences is true and no ngram_widths are given',
    );
  }
  allocateObjects(spec.pad, 0);
  out.add(first, end, first - spec.pad, end + spec.pad);
}

/** Tokens that have more than so many other bytes among them for each of their own share no memory with what is made of them. */
const FEW_OTHERS = 4;

/**
 * N-grams that are gathered one by one. One whose tokens lie in their text with the separator between them, as those do that a text was split into,
 * is a part of that text; bytes are only written for the others.
 */
class NGrams {
  readonly #tokens: PackedStrings;
  readonly #spec: NGramSpec;
  readonly #pieces: StringPieces;
  /** The bytes of n-grams that lie nowhere. */
  readonly #written: StringsBuilder;
  /** Bytes of the tokens, before those that are written. */
  readonly #base: number;

  constructor(tokens: PackedStrings, spec: NGramSpec, rows: number) {
    const isDense = tokens.bytes.length <= FEW_OTHERS * tokens.totalBytes;
    this.#tokens = isDense ? tokens : tokens.compact();
    this.#spec = spec;
    this.#pieces = new StringPieces(rows, tokens.length);
    this.#written = new StringsBuilder(0, 0);
    this.#base = this.#tokens.bytes.length;
  }

  /** N-grams so far. */
  get count(): number {
    return this.#pieces.count;
  }

  /** Joins the tokens from `from` to `to`; outside of the row from `first` to `end` is padding. */
  add(first: number, end: number, from: number, to: number): void {
    const {starts, ends} = this.#tokens;
    if (from >= first && to <= end && this.#liesJoined(from, to)) {
      this.#pieces.add(starts[from]!, ends[to - 1]!);
      return;
    }
    const start = this.#written.used;
    this.#write(first, end, from, to);
    this.#pieces.add(this.#base + start, this.#base + this.#written.used);
  }

  /** Whether the separator stands between all of the tokens where they come from. */
  #liesJoined(from: number, to: number): boolean {
    const {bytes, starts, ends} = this.#tokens;
    const {separator} = this.#spec;
    for (let i = from; i + 1 < to; i++) {
      if (starts[i + 1]! - ends[i]! !== separator.length) return false;
      for (let k = 0; k < separator.length; k++) if (bytes[ends[i]! + k] !== separator[k]) return false;
    }
    return true;
  }

  #write(first: number, end: number, from: number, to: number): void {
    const {bytes, starts, ends} = this.#tokens;
    const {separator, left, right} = this.#spec;
    const out = this.#written;
    for (let i = from; i < to; i++) {
      if (i > from && separator.length > 0) out.append(separator);
      if (i < first) out.append(left);
      else if (i >= end) out.append(right);
      else out.append(bytes, starts[i], ends[i]);
    }
  }

  /** Closes a row; gives the number of n-grams so far. */
  endRow(): number {
    this.#pieces.endRow();
    return this.#pieces.count;
  }

  /** What has been gathered. Nothing may be added afterwards. */
  strings(): PackedStrings {
    const {bytes} = this.#tokens;
    const {used} = this.#written;
    if (used === 0) return this.#pieces.of(bytes);
    const written = this.#written.bytes.subarray(0, used);
    return this.#pieces.of(joinBytes([bytes, written], undefined, bytesFor));
  }
}

/** N-grams. */
export const nGramming: OpFamily = {
  StringNGrams: {kernel: stringNGrams},
};
