/**
 * TF Text ops on SentencePiece models.
 *
 * Mirrors `tensorflow_text/core/kernels/sentencepiece_kernels.cc`.
 *
 * @module
 */

import type {SentencePieceModel} from '../../../algorithms/sentencepiece.js';
import {Int32List} from '../../../host/int32_list.js';
import {Int64List} from '../../../host/int64_list.js';
import {StringsBuilder} from '../../../host/strings.js';
import {allocate} from '../../../host/tensor.js';
import {integers, wideIntegers} from '../../../tensors/integers.js';
import {stringValue} from '../../../tensors/strings.js';
import {type Resource, Value} from '../../../tensors/value.js';
import {type Kernel, type KernelContext, type OpFamily, resourceOf} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
import {readSentencePieceModel} from '../sentencepiece_model.js';

/** A model as a resource. */
class SentencePieceResource implements Resource {
  readonly kind = 'SentencePiece model';
  readonly name: string;
  readonly model: SentencePieceModel;

  constructor(name: string, model: Uint8Array) {
    this.name = name;
    this.model = readSentencePieceModel(model);
  }
}

/** The handle of a model, read at its first use. */
const sentencepiece: Kernel = (_, ctx) => {
  const resource = resourceOf(ctx, (name) => {
    const model = ctx.attrs.bytes('model');
    if (model.length === 0) throw invalid(ctx, 'the attribute model must be specified');
    return new SentencePieceResource(name, model);
  });
  return Value.object('resource', resource);
};

function modelOf(handle: Value): SentencePieceModel {
  return handle.object(SentencePieceResource).model;
}

/** What is done beside cutting and joining. */
interface Extras {
  readonly addBos: boolean;
  readonly addEos: boolean;
  readonly reverse: boolean;
}

function extrasOf(flags: readonly Value[], model: SentencePieceModel, ctx: KernelContext): Extras {
  const [addBos, addEos, reverse] = flags.map((flag) => flag.number() !== 0) as [boolean, boolean, boolean];
  const {unknownId} = model.vocabulary;
  if (addBos && model.bosId === unknownId)
    throw invalid(ctx, 'add_bos: the model has no piece for a beginning');
  if (addEos && model.eosId === unknownId) throw invalid(ctx, 'add_eos: the model has no piece for an end');
  return {addBos, addEos, reverse};
}

/** Pieces of all texts, as ids or as strings, and where each text's begin. */
class Pieces {
  readonly ids: Int32List | undefined;
  readonly strings: StringsBuilder | undefined;
  /** The bytes of its text that each piece stands for; undefined where nobody asks. */
  readonly starts: Int64List | undefined;
  readonly ends: Int64List | undefined;
  readonly splits: Int32List;
  readonly #model: SentencePieceModel;
  #count = 0;

  constructor(
    model: SentencePieceModel,
    texts: number,
    room: number,
    asStrings: boolean,
    withOffsets: boolean,
  ) {
    this.#model = model;
    this.ids = asStrings ? undefined : new Int32List(room);
    this.strings = asStrings ? new StringsBuilder(room, 4 * room) : undefined;
    this.starts = withOffsets ? new Int64List(room) : undefined;
    this.ends = withOffsets ? new Int64List(room) : undefined;
    this.splits = new Int32List(texts + 1);
    this.splits.push(0);
  }

  /** Adds the text that the model encoded last. */
  addText({addBos, addEos, reverse}: Extras): void {
    const {encoded, bosId, eosId} = this.#model;
    const {count} = encoded;
    if (reverse) {
      if (addEos) this.#addMarker(eosId);
      for (let i = count - 1; i >= 0; i--) this.#add(i);
      if (addBos) this.#addMarker(bosId);
    } else {
      if (addBos) this.#addMarker(bosId);
      for (let i = 0; i < count; i++) this.#add(i);
      if (addEos) this.#addMarker(eosId);
    }
    this.splits.push(this.#count);
  }

  #add(i: number): void {
    const {encoded} = this.#model;
    this.#count++;
    if (this.ids !== undefined) this.ids.push(encoded.ids[i]!);
    else this.#model.writePiece(i, this.strings!);
    if (this.starts === undefined) return;
    this.starts.push(encoded.starts[i]!);
    this.ends!.push(encoded.ends[i]!);
  }

  #addMarker(id: number): void {
    this.#count++;
    if (this.ids !== undefined) this.ids.push(id);
    else this.#model.writeId(id, this.strings!);
    this.starts?.push(0);
    this.ends?.push(0);
  }

  /** The pieces, and the splits. */
  values(ctx: KernelContext): Value[] {
    const pieces =
      this.ids === undefined
        ? stringValue([this.#count], this.strings!.strings())
        : Value.host('int32', [this.#count], this.ids.int32());
    return [pieces, integers(ctx.attrs.dtype('Tsplits'), this.splits)];
  }
}

/** Bytes of text for one piece, about, for the room to begin with. */
const BYTES_PER_PIECE = 4;

/** The pieces of each string; the inputs are those of both tokenizing ops. */
function encodeAll(inputs: readonly Value[], ctx: KernelContext, withOffsets: boolean): Pieces {
  const [handle, input, nbest, , ...flags] = inputs as Value[];
  if (ctx.attrs.bool('return_nbest')) throw unsupported(ctx, 'return_nbest');
  if (nbest!.numbers().some((size) => size !== 0 && size !== 1)) {
    throw unsupported(ctx, `sampling (nbest_size ${nbest!.numbers()[0]})`);
  }
  const model = modelOf(handle!);
  const extras = extrasOf(flags, model, ctx);
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const room = strings.length + Math.ceil(strings.totalBytes / BYTES_PER_PIECE);
  const pieces = new Pieces(
    model,
    strings.length,
    room,
    ctx.attrs.dtype('out_type') === 'string',
    withOffsets,
  );
  for (let i = 0; i < strings.length; i++) {
    model.encode(bytes, starts[i]!, ends[i]!);
    pieces.addText(extras);
  }
  return pieces;
}

const tokenize: Kernel = (inputs, ctx) => encodeAll(inputs, ctx, false).values(ctx);

const tokenizeWithOffsets: Kernel = (inputs, ctx) => {
  const pieces = encodeAll(inputs, ctx, true);
  return [...pieces.values(ctx), wideIntegers(pieces.starts!), wideIntegers(pieces.ends!)];
};

const detokenize: Kernel = ([handle, values, splits, ...flags], ctx) => {
  const model = modelOf(handle!);
  const {addBos, addEos, reverse} = extrasOf(flags, model, ctx);
  const {decoder, vocabulary} = model;
  const bounds = splits!.numbers();
  const count = values!.size;
  const strings = values!.dtype === 'string' ? values!.strings() : undefined;
  const ids = strings === undefined ? (values!.numeric() as Int32Array) : undefined;
  const add = (i: number) => {
    if (strings !== undefined) {
      decoder.addText(strings.bytes, strings.starts[i]!, strings.ends[i]!);
      return;
    }
    const id = ids![i]!;
    if (id < 0 || id >= vocabulary.size) throw invalid(ctx, `id ${id} is not in [0, ${vocabulary.size})`);
    decoder.add(id);
  };
  const out = new StringsBuilder(Math.max(0, bounds.length - 1), 4 * count);
  for (let row = 0; row + 1 < bounds.length; row++) {
    const [from, to] = [bounds[row]!, bounds[row + 1]!];
    if (from < 0 || from > to || to > count) {
      throw invalid(ctx, `input_splits do not rise from 0 to at most ${count}: ${from} is followed by ${to}`);
    }
    decoder.begin();
    if (reverse ? addEos : addBos) decoder.add(reverse ? model.eosId : model.bosId);
    for (let i = from; i < to; i++) add(reverse ? to - 1 - (i - from) : i);
    if (reverse ? addBos : addEos) decoder.add(reverse ? model.bosId : model.eosId);
    decoder.finish();
    out.add(decoder.text, 0, decoder.length);
  }
  return stringValue([out.count], out.strings());
};

const vocabularySize: Kernel = ([handle]) => Value.scalar('int32', modelOf(handle!).vocabulary.size);

const idToString: Kernel = ([handle, ids], ctx) => {
  const model = modelOf(handle!);
  const {size} = model.vocabulary;
  const numbers = ids!.numeric() as Int32Array;
  const out = new StringsBuilder(numbers.length, 4 * numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const id = numbers[i]!;
    if (id < 0 || id >= size) throw invalid(ctx, `id ${id} is not in [0, ${size})`);
    model.writeId(id, out);
  }
  return stringValue(ids!.shape, out.strings());
};

const stringToId: Kernel = ([handle, input]) => {
  const {vocabulary} = modelOf(handle!);
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const ids = allocate('int32', strings.length);
  for (let i = 0; i < strings.length; i++) ids[i] = vocabulary.idOf(bytes, starts[i]!, ends[i]!);
  return Value.host('int32', input!.shape, ids);
};

const MODELS = 'unigram and BPE models';
const SEGMENTATION = `${MODELS}; the best segmentation only (nbest_size 0 or 1)`;

/** SentencePiece. */
export const textSentencepiece: OpFamily = {
  SentencepieceOp: {kernel: sentencepiece, limits: MODELS},
  SentencepieceTokenizeOp: {kernel: tokenize, limits: SEGMENTATION},
  SentencepieceTokenizeWithOffsetsOp: {kernel: tokenizeWithOffsets, limits: SEGMENTATION},
  SentencepieceDetokenizeOp: {kernel: detokenize, limits: MODELS},
  SentencepieceVocabSizeOp: {kernel: vocabularySize},
  SentencepieceIdToStringOp: {kernel: idToString},
  SentencepieceStringToIdOp: {kernel: stringToId},
};
