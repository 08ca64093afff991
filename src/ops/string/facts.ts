/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  UnsortedSegmentJoin: {inputRanks: {num_segments: 'scalar'}},
  ShardedFilename: {inputRanks: {shard: 'scalar', num_shards: 'scalar'}},
  ShardedFilespec: {inputRanks: {num_shards: 'scalar'}},
};
