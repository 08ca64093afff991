/**
 * TF Text's tokenizer of words that asks a table for pieces.
 *
 * Mirrors `tensorflow_text/core/kernels/wordpiece_kernel.cc`.
 *
 * @module
 */

import {Int32List} from '../../../host/int32_list.js';
import {Int64List} from '../../../host/int64_list.js';
import {PackedStrings} from '../../../host/strings.js';
import {integers, wideIntegers} from '../../../tensors/integers.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {LookupTable, StaticTable} from '../../table/lookup_table.js';
import {type WordPieceSpec, WordPieces} from '../word_pieces.js';

function specOf({attrs}: KernelContext): WordPieceSpec {
  return {
    suffix: attrs.bytes('suffix_indicator'),
    maxBytes: attrs.int('max_bytes_per_word'),
    maxCharacters: attrs.int('max_chars_per_token'),
    unknown: attrs.bool('use_unknown_token') ? attrs.bytes('unknown_token') : undefined,
    splitUnknown: attrs.bool('split_unknown_characters'),
  };
}

/** When so many bytes of words are kept after a call, they are forgotten. */
const MOST_KEPT = 2 ** 22;

/** The words that the node has seen: for this call alone where the table may change. */
function wordPieces(table: LookupTable, ctx: KernelContext): WordPieces {
  const kept = ctx.memo((): {spec: WordPieceSpec; table?: LookupTable; pieces?: WordPieces} => ({
    spec: specOf(ctx),
  }));
  if (!(table instanceof StaticTable && table.isInitialized)) return new WordPieces(kept.spec, table);
  if (kept.pieces === undefined || kept.table !== table || kept.pieces.kept > MOST_KEPT) {
    kept.pieces = new WordPieces(kept.spec, table);
    kept.table = table;
  }
  return kept.pieces;
}

/** Cuts words into the longest pieces that a vocabulary has, from left to right. */
const wordpieceTokenize: Kernel = ([input, handle], ctx) => {
  const pieces = wordPieces(handle!.object(LookupTable), ctx);
  const {bytes, starts, ends} = input!.strings();
  const count = starts.length;
  const isSplits = ctx.attrs.string('output_row_partition_type') === 'row_splits';
  // Most words are few pieces.
  const room = count + (count >> 1);
  const lists = {
    starts: new Int32List(room),
    ends: new Int32List(room),
    wordStarts: new Int64List(room),
    wordEnds: new Int64List(room),
  };
  const partition = new Int32List(count + 1);
  if (isSplits) partition.push(0);
  let before = 0;
  for (let i = 0; i < count; i++) {
    pieces.append(pieces.wordAt(bytes, starts[i]!, ends[i]!), lists);
    const {length} = lists.starts;
    partition.push(isSplits ? length : length - before);
    before = length;
  }
  const tokens = new PackedStrings(pieces.bytes, lists.starts.int32(), lists.ends.int32());
  return [
    stringValue([tokens.length], tokens),
    integers('int64', partition),
    wideIntegers(lists.wordStarts),
    wideIntegers(lists.wordEnds),
  ];
};

/** The tokenizer. */
export const textWordpiece: OpFamily = {
  WordpieceTokenizeWithOffsets: {kernel: wordpieceTokenize},
};
