/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

/** How many tokens there are shows when they have been found. */
export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'WhitespaceTokenizeWithOffsets',
    'UnicodeScriptTokenizeWithOffsets',
    'TFText>WhitespaceTokenizeWithOffsetsV2',
    'TFText>ByteSplitWithOffsets',
    'FastWordpieceTokenizeWithOffsets',
    'FastBertNormalize',
    'TFText>RoundRobinTrim',
    'TFText>RoundRobinGenerateMasks',
  ],
  factsFor({dataDependent: true}, [
    ...['SentencepieceTokenizeOp', 'SentencepieceTokenizeWithOffsetsOp'],
    ...['WhitespaceTokenizeWithOffsets', 'TFText>WhitespaceTokenizeWithOffsetsV2'],
    ...['UnicodeScriptTokenizeWithOffsets', 'RegexSplitWithOffsets', 'WordpieceTokenizeWithOffsets'],
    ...['TFText>ByteSplitWithOffsets', 'TFText>RoundRobinTrim'],
    ...['FastWordpieceTokenizeWithOffsets', 'FastBertNormalize'],
  ]),
);
