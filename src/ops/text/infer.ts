/**
 * Shapes of texts that are normalized and cut into tokens.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {partialSizeOf} from '../../host/shape.js';
import {forAll, rowSplits, SOME, scalar, shapeOfInput} from '../infer_rules.js';

/** Tokens of all strings, one after the other, and other numbers of each, before or after where each string's begin. */
const tokensOf =
  (input: number, outputs: readonly ('tokens' | 'splits')[]): Infer =>
  (inputs) => {
    const splits = rowSplits(partialSizeOf(inputs[input]!.shape));
    return outputs.map((output) => (output === 'splits' ? splits : SOME));
  };

/** Tokens of code points: rows of tokens stay as many as they were. */
const codePointTokens: Infer = ([, splits]) => [SOME, SOME, SOME, SOME, {shape: splits!.shape}];

/** A text for each row between splits. */
const detokenized =
  (splits: number): Infer =>
  (inputs) => [{shape: [fewer(partialSizeOf(inputs[splits]!.shape))]}];

/** There is one row less than there are splits. */
function fewer(size: number | null): number | null {
  return size === null ? null : Math.max(0, size - 1);
}

/** How many tokens each word becomes, or where its tokens begin. */
const wordpieces: Infer = ([words], {attrs}) => {
  const count = partialSizeOf(words!.shape);
  const isSplits = attrs.string('output_row_partition_type') === 'row_splits';
  return [SOME, isSplits ? rowSplits(count) : {shape: [count]}, SOME, SOME];
};

/** Strings, and of each where its bytes come from. */
const bertNormalized: Infer = ([input]) => [
  {shape: input!.shape},
  SOME,
  rowSplits(partialSizeOf(input!.shape)),
];

const roundRobinTrim: Infer = (inputs, {attrs}) => {
  const count = attrs.int('N');
  const splits = inputs.slice(1 + count);
  return [...splits.map(() => SOME), ...splits.map(({shape}) => ({shape}))];
};

const roundRobinMasks: Infer = (inputs, {attrs}) =>
  inputs.slice(1, 1 + attrs.int('N')).map(({shape}) => ({shape: [partialSizeOf(shape)]}));

export const infer: InferTable = {
  ...forAll(shapeOfInput(), ['CaseFoldUTF8', 'NormalizeUTF8']),
  ...forAll(scalar, ['SentencepieceOp', 'SentencepieceVocabSizeOp']),
  SentencepieceTokenizeOp: tokensOf(1, ['tokens', 'splits']),
  SentencepieceTokenizeWithOffsetsOp: tokensOf(1, ['tokens', 'splits', 'tokens', 'tokens']),
  SentencepieceDetokenizeOp: detokenized(2),
  ...forAll(shapeOfInput(1), ['SentencepieceIdToStringOp', 'SentencepieceStringToIdOp']),
  ...forAll(codePointTokens, ['WhitespaceTokenizeWithOffsets', 'UnicodeScriptTokenizeWithOffsets']),
  ...forAll(tokensOf(0, ['tokens', 'splits', 'tokens', 'tokens']), [
    'TFText>WhitespaceTokenizeWithOffsetsV2',
    'TFText>ByteSplitWithOffsets',
  ]),
  RegexSplitWithOffsets: tokensOf(0, ['tokens', 'tokens', 'tokens', 'splits']),
  WordpieceTokenizeWithOffsets: wordpieces,
  FastWordpieceTokenizeWithOffsets: tokensOf(0, ['tokens', 'tokens', 'splits', 'tokens', 'tokens']),
  'TFText>FastWordpieceDetokenize': detokenized(1),
  FastBertNormalize: bertNormalized,
  'TFText>RoundRobinTrim': roundRobinTrim,
  'TFText>RoundRobinGenerateMasks': roundRobinMasks,
};
