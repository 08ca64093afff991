/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'Range',
    'LinSpace',
    'UniqueWithCountsV2',
    'LowerBound',
    'UpperBound',
    'Const',
    'Shape',
    'Size',
    'Rank',
    'ShapeN',
    'BroadcastArgs',
    'ConcatOffset',
    'InvertPermutation',
    'UnravelIndex',
  ],
  factsFor({repeatable: true}, ['CheckNumerics'], {
    StopGradient: {gradient: 'none'},
    Reshape: {inputRanks: {shape: 'vector'}, constantInputs: ['shape']},
    BroadcastArgs: {inputRanks: {s0: 'vector', s1: 'vector'}},
    ConcatOffset: {inputRanks: {concat_dim: 'scalar', shape: 'vector'}},
    UnravelIndex: {inputRanks: {indices: 'flat', dims: 'vector'}},
    Concat: {inputRanks: {concat_dim: 'legacyScalar'}, constantInputs: ['concat_dim']},
    ConcatV2: {inputRanks: {axis: 'legacyScalar'}, constantInputs: ['axis']},
    Split: {inputRanks: {split_dim: 'scalar'}, constantInputs: ['split_dim']},
    SplitV: {
      inputRanks: {size_splits: 'vector', split_dim: 'single'},
      constantInputs: ['size_splits', 'split_dim'],
    },
    Slice: {inputRanks: {begin: 'vector', size: 'vector'}, constantInputs: ['begin', 'size']},
    StridedSlice: {
      inputRanks: {begin: 'vector', end: 'vector', strides: 'vector'},
      constantInputs: ['begin', 'end', 'strides'],
    },
    StridedSliceGrad: {
      inputRanks: {shape: 'vector', begin: 'vector', end: 'vector', strides: 'vector'},
      constantInputs: ['shape'],
    },
    TensorStridedSliceUpdate: {inputRanks: {begin: 'vector', end: 'vector', strides: 'vector'}},
    Transpose: {inputRanks: {perm: 'vector'}, constantInputs: ['perm']},
    ConjugateTranspose: {inputRanks: {perm: 'vector'}, constantInputs: ['perm']},
    Reverse: {inputRanks: {dims: 'vector'}},
    ReverseV2: {inputRanks: {axis: 'vector'}},
    ReverseSequence: {inputRanks: {seq_lengths: 'vector'}},
    Roll: {inputRanks: {shift: 'flat', axis: 'flat'}},
    Tile: {inputRanks: {multiples: 'vector'}, constantInputs: ['multiples']},
    BroadcastTo: {inputRanks: {shape: 'vector'}, constantInputs: ['shape']},
    SpaceToBatchND: {inputRanks: {block_shape: 'vector'}, constantInputs: ['block_shape', 'paddings']},
    BatchToSpaceND: {inputRanks: {block_shape: 'vector'}, constantInputs: ['block_shape', 'crops']},
    Fill: {inputRanks: {dims: 'flat'}, constantInputs: ['dims']},
    ZerosLike: {gradient: 'none'},
    OnesLike: {gradient: 'none'},
    Empty: {inputRanks: {shape: 'vector'}, constantInputs: ['shape']},
    Range: {
      inputRanks: {start: 'legacyScalar', limit: 'legacyScalar', delta: 'legacyScalar'},
      constantInputs: ['start', 'limit', 'delta'],
      gradient: 'none',
    },
    LinSpace: {
      inputRanks: {start: 'scalar', stop: 'scalar', num: 'scalar'},
      constantInputs: ['num'],
      gradient: 'none',
    },
    OneHot: {inputRanks: {depth: 'scalar'}, constantInputs: ['depth'], gradient: 'none'},
    UniqueV2: {inputRanks: {axis: 'vector'}, constantInputs: ['axis'], dataDependent: true},
    UniqueWithCountsV2: {inputRanks: {axis: 'vector'}, constantInputs: ['axis'], dataDependent: true},
    Where: {dataDependent: true},
    Unique: {dataDependent: true},
    UniqueWithCounts: {dataDependent: true},
    ListDiff: {dataDependent: true},
    ExpandDims: {constantInputs: ['dim']},
    Pad: {constantInputs: ['paddings']},
    PadV2: {constantInputs: ['paddings']},
    MirrorPad: {constantInputs: ['paddings']},
    MirrorPadGrad: {constantInputs: ['paddings']},
    SpaceToBatch: {constantInputs: ['paddings']},
    BatchToSpace: {constantInputs: ['crops']},
  }),
);
