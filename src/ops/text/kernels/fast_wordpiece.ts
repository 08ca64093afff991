/**
 * TF Text's fast WordPiece tokenizer, whose model is a tensor, and the way back.
 *
 * Mirrors `tensorflow_text/core/kernels/fast_wordpiece_tokenizer_kernel_template.h`.
 *
 * @module
 */

import {Int32List} from '../../../host/int32_list.js';
import {nearestNumbers} from '../../../host/int64.js';
import {PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {integers} from '../../../tensors/integers.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {FastWordPieceModel, FastWordPieces} from '../fast_word_pieces.js';
import {readOnce} from '../model_tensor.js';

/** About, for the room to begin with. */
const BYTES_PER_PIECE = 4;

/** Pieces of each string, as strings and ids, and the parts of the string that they stand for. */
const tokenize: Kernel = ([input, model], ctx) => {
  const cutter = readOnce(model!, ctx, (bytes) => new FastWordPieces(new FastWordPieceModel(bytes)));
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const count = strings.length;
  const splits = new Int32List(count + 1);
  splits.push(0);
  cutter.begin(count + Math.ceil(strings.totalBytes / BYTES_PER_PIECE));
  for (let i = 0; i < count; i++) {
    cutter.cut(bytes, starts[i]!, ends[i]!);
    splits.push(cutter.pieces.count);
  }
  const pieces = cutter.finish();
  const shape = [pieces.count];
  return [
    stringValue(shape, new PackedStrings(cutter.bytes, pieces.textStarts, pieces.textEnds)),
    Value.host('int64', shape, pieces.ids),
    integers('int64', splits),
    Value.host('int64', shape, pieces.starts),
    Value.host('int64', shape, pieces.ends),
  ];
};

const SPACE = 0x20;

/** Words of the pieces of each row, spaces between them. */
const detokenize: Kernel = ([values, splits, model], ctx) => {
  const {vocabulary, suffix} = readOnce(model!, ctx, (bytes) => new FastWordPieceModel(bytes));
  if (vocabulary === undefined) {
    throw invalid(ctx, 'the model cannot detokenize: it was built without support_detokenization');
  }
  const {texts, isSuffix} = vocabulary;
  const ids = values!.numeric() as Int32Array;
  const bounds = nearestNumbers(splits!.numeric());
  const out = new StringsBuilder(bounds.length, 4 * ids.length);
  for (let row = 0; row + 1 < bounds.length; row++) {
    const [first, last] = [bounds[row]!, bounds[row + 1]!];
    if (first < 0 || first > last || last > ids.length) {
      throw invalid(
        ctx,
        `input_row_splits: row ${row} is from ${first} to ${last}, and there are ${ids.length} ids`,
      );
    }
    for (let i = first; i < last; i++) {
      const id = ids[i]!;
      const text = texts[id];
      if (text === undefined) throw invalid(ctx, `id ${id} is not in [0, ${texts.length})`);
      const continues = isSuffix[id] === 1;
      // A row that begins within a word shows it.
      if (i === first && continues) out.append(suffix);
      if (i > first && !continues) out.push(SPACE);
      out.append(text);
    }
    out.end();
  }
  return stringValue([out.count], out.strings());
};

/** The tokenizer, and the way back. */
export const textFastWordpiece: OpFamily = {
  FastWordpieceTokenizeWithOffsets: {
    kernel: tokenize,
    limits: 'punctuation that the Unicode version of the JavaScript engine does not know is none',
  },
  'TFText>FastWordpieceDetokenize': {kernel: detokenize},
};
