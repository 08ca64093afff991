/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'StringLength',
    'StringNGrams',
    'RegexFullMatch',
    'StaticRegexFullMatch',
    'StringToNumber',
    'DecodeRaw',
    'DecodePaddedRaw',
    'UnicodeDecode',
    'UnicodeDecodeWithOffsets',
    'UnicodeScript',
  ],
  {
    ReduceJoin: {constantInputs: ['reduction_indices']},
    UnsortedSegmentJoin: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
    ShardedFilename: {inputRanks: {shard: 'scalar', num_shards: 'scalar'}},
    ShardedFilespec: {inputRanks: {num_shards: 'scalar'}},
    DecodePaddedRaw: {constantInputs: ['fixed_length']},
    ...factsFor({dataDependent: true}, [
      ...['StringSplit', 'StringSplitV2', 'StringNGrams', 'DecodeRaw'],
      ...['UnicodeDecode', 'UnicodeDecodeWithOffsets'],
    ]),
  },
);
