/**
 * TF Text ops on SentencePiece models.
 *
 * @module
 */

import {bytesToEscaped} from '../../../algorithms/bytes.js';
import type {Piece, SentencePieceModel} from '../../../algorithms/sentencepiece.js';
import {encodeUtf8} from '../../../algorithms/utf8.js';
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

/** The pieces of each string; the inputs are those of both tokenizing ops. */
function encodeAll(inputs: readonly Value[], ctx: KernelContext): Piece[][] {
  const [handle, input, nbest, , addBos, addEos, reverse] = inputs as Value[];
  if (ctx.attrs.bool('return_nbest')) throw unsupported(ctx, 'return_nbest');
  if (nbest!.numbers().some((size) => size !== 0 && size !== 1)) {
    throw unsupported(ctx, `sampling (nbest_size ${nbest!.numbers()[0]})`);
  }
  const options = {addBos: isTrue(addBos!), addEos: isTrue(addEos!), reverse: isTrue(reverse!)};
  const model = modelOf(handle!);
  return input!
    .strings()
    .toArray()
    .map((string) => model.encode(string, options));
}

function isTrue(value: Value): boolean {
  return value.number() !== 0;
}

/** Pieces as ids or text, and where each string's begin. */
function piecesAndSplits(rows: readonly Piece[][], ctx: KernelContext): Value[] {
  const pieces = rows.flat();
  const splits = [0];
  for (const row of rows) splits.push(splits.at(-1)! + row.length);
  const values =
    ctx.attrs.dtype('out_type') === 'string'
      ? stringValue(
          [pieces.length],
          pieces.map(({text}) => encodeUtf8(text)),
        )
      : Value.vector(
          'int32',
          pieces.map(({id}) => id),
        );
  return [values, Value.vector(ctx.attrs.dtype('Tsplits'), splits)];
}

const tokenize: Kernel = (inputs, ctx) => piecesAndSplits(encodeAll(inputs, ctx), ctx);

const tokenizeWithOffsets: Kernel = (inputs, ctx) => {
  const rows = encodeAll(inputs, ctx);
  const pieces = rows.flat();
  return [
    ...piecesAndSplits(rows, ctx),
    Value.vector(
      'int64',
      pieces.map(({start}) => start),
    ),
    Value.vector(
      'int64',
      pieces.map(({end}) => end),
    ),
  ];
};

const vocabularySize: Kernel = ([handle]) => Value.scalar('int32', modelOf(handle!).pieces.length);

const idToString: Kernel = ([handle, ids], ctx) => {
  const {pieces} = modelOf(handle!);
  const strings = ids!.numbers().map((id) => {
    const piece = pieces[id];
    if (piece === undefined) throw invalid(ctx, `id ${id} is not in [0, ${pieces.length})`);
    return encodeUtf8(piece.text);
  });
  return stringValue(ids!.shape, strings);
};

const stringToId: Kernel = ([handle, strings]) => {
  const model = modelOf(handle!);
  const ids = strings!
    .strings()
    .toArray()
    .map((string) => model.idOf(bytesToEscaped(string)));
  return Value.host('int32', strings!.shape, Int32Array.from(ids));
};

const MODELS = 'unigram and BPE models';
const SEGMENTATION = `${MODELS}; the best segmentation only (nbest_size 0 or 1)`;

/** SentencePiece. */
export const textSentencepiece: OpFamily = {
  SentencepieceOp: {kernel: sentencepiece, limits: MODELS},
  SentencepieceTokenizeOp: {kernel: tokenize, limits: SEGMENTATION},
  SentencepieceTokenizeWithOffsetsOp: {kernel: tokenizeWithOffsets, limits: SEGMENTATION},
  SentencepieceVocabSizeOp: {kernel: vocabularySize},
  SentencepieceIdToStringOp: {kernel: idToString},
  SentencepieceStringToIdOp: {kernel: stringToId},
};
