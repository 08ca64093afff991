/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor({repeatable: true}, ['CheckNumerics'], {
  StopGradient: {gradient: 'none'},
  Reshape: {inputRanks: {shape: 'vector'}},
  BroadcastArgs: {inputRanks: {s0: 'vector', s1: 'vector'}},
  ConcatOffset: {inputRanks: {concat_dim: 'scalar', shape: 'vector'}},
  UnravelIndex: {inputRanks: {indices: 'flat', dims: 'vector'}},
  Concat: {inputRanks: {concat_dim: 'legacyScalar'}},
  ConcatV2: {inputRanks: {axis: 'legacyScalar'}},
  Split: {inputRanks: {split_dim: 'scalar'}},
  SplitV: {inputRanks: {size_splits: 'vector', split_dim: 'single'}},
  Slice: {inputRanks: {begin: 'vector', size: 'vector'}},
  StridedSlice: {inputRanks: {begin: 'vector', end: 'vector', strides: 'vector'}},
  StridedSliceGrad: {inputRanks: {shape: 'vector', begin: 'vector', end: 'vector', strides: 'vector'}},
  TensorStridedSliceUpdate: {inputRanks: {begin: 'vector', end: 'vector', strides: 'vector'}},
  Transpose: {inputRanks: {perm: 'vector'}},
  ConjugateTranspose: {inputRanks: {perm: 'vector'}},
  Reverse: {inputRanks: {dims: 'vector'}},
  ReverseV2: {inputRanks: {axis: 'vector'}},
  ReverseSequence: {inputRanks: {seq_lengths: 'vector'}},
  Roll: {inputRanks: {shift: 'flat', axis: 'flat'}},
  Tile: {inputRanks: {multiples: 'vector'}},
  BroadcastTo: {inputRanks: {shape: 'vector'}},
  SpaceToBatchND: {inputRanks: {block_shape: 'vector'}},
  BatchToSpaceND: {inputRanks: {block_shape: 'vector'}},
  Fill: {inputRanks: {dims: 'flat'}},
  ZerosLike: {gradient: 'none'},
  OnesLike: {gradient: 'none'},
  Empty: {inputRanks: {shape: 'vector'}},
  Range: {
    inputRanks: {start: 'legacyScalar', limit: 'legacyScalar', delta: 'legacyScalar'},
    gradient: 'none',
  },
  LinSpace: {inputRanks: {start: 'scalar', stop: 'scalar', num: 'scalar'}, gradient: 'none'},
  OneHot: {inputRanks: {depth: 'scalar'}, gradient: 'none'},
  UniqueV2: {inputRanks: {axis: 'vector'}},
  UniqueWithCountsV2: {inputRanks: {axis: 'vector'}},
});
