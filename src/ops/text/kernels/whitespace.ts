/**
 * TF Text's tokenizer that cuts UTF-8 at white space.
 *
 * Mirrors `tensorflow_text/core/kernels/whitespace_tokenizer.cc`.
 *
 * @module
 */

import {CODE_SHIFT, characterAt, LENGTH_MASK} from '../../../algorithms/utf8_characters.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {TokenSpans} from '../token_spans.js';

/** Tokens are runs of what is no white space; `input_config` is a bit for each code point that is. */
const whitespaceTokenize: Kernel = ([input, config]) => {
  const bits = config!.string();
  const isWhite = Uint8Array.from({length: 128}, (_, code) => bitOf(bits, code));
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const tokens = new TokenSpans(strings);
  for (let i = 0; i < strings.length; i++) {
    const end = ends[i]!;
    let token = -1;
    for (let at = starts[i]!; at < end; ) {
      const byte = bytes[at]!;
      // Bytes that are no UTF-8 are parts of tokens.
      const character = byte < 0x80 ? (byte << CODE_SHIFT) | 1 : characterAt(bytes, at, end);
      const next = at + (character < 0 ? -character : character & LENGTH_MASK);
      if (character < 0 || (byte < 0x80 ? isWhite[byte] : bitOf(bits, character >> CODE_SHIFT)) === 0) {
        if (token < 0) token = at;
      } else if (token >= 0) {
        // The op takes each white space for one byte when it ends a token.
        tokens.add(token, next - 1);
        token = -1;
      }
      at = next;
    }
    if (token >= 0) tokens.add(token, end);
    tokens.endRow();
  }
  return [tokens.tokens(), tokens.splits('int64'), ...tokens.offsets('int32')];
};

function bitOf(bits: Uint8Array, code: number): number {
  const place = code >> 3;
  return place < bits.length ? (bits[place]! >> (code & 7)) & 1 : 0;
}

/** The tokenizer. */
export const textWhitespace: OpFamily = {
  'TFText>WhitespaceTokenizeWithOffsetsV2': {kernel: whitespaceTokenize},
};
