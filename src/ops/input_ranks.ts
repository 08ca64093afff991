/**
 * Which ranks TensorFlow's kernels demand of inputs that are sizes, axes, bounds or places: a scalar for a depth, a vector for a
 * shape. A kernel behind {@link checkRanks} reads `axis.number()` or `shape.numbers()` and need not ask.
 *
 * @module
 */

import {type ArgDef, opDef} from '../graph/op_defs.js';
import {formatShape} from '../host/shape.js';
import type {Value} from '../tensors/value.js';
import type {Kernel, KernelContext} from './kernel.js';
import {invalid} from './node.js';

/** What the shape of an input has to be. */
type ShapeRule = keyof typeof SHAPE_RULES;

const SHAPE_RULES = {
  scalar: {holds: ({rank}: Value) => rank === 0, words: 'a scalar'},
  vector: {holds: ({rank}: Value) => rank === 1, words: 'a vector'},
  matrix: {holds: ({rank}: Value) => rank === 2, words: 'a matrix'},
  flat: {holds: ({rank}: Value) => rank <= 1, words: 'a scalar or a vector'},
  // What was a scalar before TensorFlow told scalars from vectors of one element.
  legacyScalar: {holds: ({rank, size}: Value) => rank <= 1 && size === 1, words: 'a scalar'},
  single: {holds: ({size}: Value) => size === 1, words: 'one element'},
} as const;

/** By op and name of the input. Inputs that are not here are checked by the kernels, if anything of them is to be checked. */
export const INPUT_RANKS: Readonly<Record<string, Readonly<Record<string, ShapeRule>>>> = {
  Tile: {multiples: 'vector'},
  BroadcastTo: {shape: 'vector'},
  SpaceToBatchND: {block_shape: 'vector'},
  BatchToSpaceND: {block_shape: 'vector'},
  Fill: {dims: 'flat'},
  OneHot: {depth: 'scalar'},
  Empty: {shape: 'vector'},
  Range: {start: 'legacyScalar', limit: 'legacyScalar', delta: 'legacyScalar'},
  LinSpace: {start: 'scalar', stop: 'scalar', num: 'scalar'},
  UniqueV2: {axis: 'vector'},
  UniqueWithCountsV2: {axis: 'vector'},
  Reshape: {shape: 'vector'},
  BroadcastArgs: {s0: 'vector', s1: 'vector'},
  ConcatOffset: {concat_dim: 'scalar', shape: 'vector'},
  UnravelIndex: {indices: 'flat', dims: 'vector'},
  ConcatV2: {axis: 'legacyScalar'},
  Split: {split_dim: 'scalar'},
  SplitV: {size_splits: 'vector', split_dim: 'single'},
  Concat: {concat_dim: 'legacyScalar'},
  Slice: {begin: 'vector', size: 'vector'},
  Transpose: {perm: 'vector'},
  ReverseV2: {axis: 'vector'},
  Roll: {shift: 'flat', axis: 'flat'},
  ReverseSequence: {seq_lengths: 'vector'},
  Reverse: {dims: 'vector'},
  ConjugateTranspose: {perm: 'vector'},
  StridedSlice: {begin: 'vector', end: 'vector', strides: 'vector'},
  StridedSliceGrad: {shape: 'vector', begin: 'vector', end: 'vector', strides: 'vector'},
  TensorStridedSliceUpdate: {begin: 'vector', end: 'vector', strides: 'vector'},
  Conv2DBackpropInput: {input_sizes: 'vector'},
  Conv2DBackpropFilter: {filter_sizes: 'vector'},
  DepthwiseConv2dNativeBackpropInput: {input_sizes: 'vector'},
  DepthwiseConv2dNativeBackpropFilter: {filter_sizes: 'vector'},
  Conv3DBackpropInputV2: {input_sizes: 'vector'},
  Conv3DBackpropFilterV2: {filter_sizes: 'vector'},
  NonMaxSuppression: {max_output_size: 'scalar'},
  NonMaxSuppressionV2: {max_output_size: 'scalar', iou_threshold: 'scalar'},
  NonMaxSuppressionV3: {max_output_size: 'scalar', iou_threshold: 'scalar', score_threshold: 'scalar'},
  NonMaxSuppressionV4: {max_output_size: 'scalar', iou_threshold: 'scalar', score_threshold: 'scalar'},
  NonMaxSuppressionV5: {
    max_output_size: 'scalar',
    iou_threshold: 'scalar',
    score_threshold: 'scalar',
    soft_nms_sigma: 'scalar',
  },
  NonMaxSuppressionWithOverlaps: {
    max_output_size: 'scalar',
    overlap_threshold: 'scalar',
    score_threshold: 'scalar',
  },
  CombinedNonMaxSuppression: {
    max_output_size_per_class: 'scalar',
    max_total_size: 'scalar',
    iou_threshold: 'scalar',
    score_threshold: 'scalar',
  },
  CropAndResize: {crop_size: 'vector'},
  CropAndResizeGradImage: {image_size: 'vector'},
  ImageProjectiveTransformV3: {output_shape: 'vector', fill_value: 'scalar'},
  ImageProjectiveTransformV2: {output_shape: 'vector'},
  AdjustHue: {delta: 'scalar'},
  AdjustSaturation: {scale: 'scalar'},
  ScaleAndTranslate: {scale: 'vector', translation: 'vector'},
  GatherV2: {axis: 'scalar'},
  ScatterNd: {shape: 'vector'},
  MatrixDiagV3: {k: 'flat', num_rows: 'scalar', num_cols: 'scalar'},
  MatrixDiagPartV3: {k: 'flat'},
  MatrixSetDiagV3: {k: 'flat'},
  MatrixBandPart: {num_lower: 'scalar', num_upper: 'scalar'},
  MatrixDiagPartV2: {k: 'flat'},
  MatrixDiagV2: {k: 'flat', num_rows: 'scalar', num_cols: 'scalar'},
  MatrixSetDiagV2: {k: 'flat'},
  BroadcastGradientArgs: {s0: 'vector', s1: 'vector'},
  CTCGreedyDecoder: {sequence_length: 'vector'},
  FusedBatchNormV3: {mean: 'vector'},
  AvgPoolGrad: {orig_input_shape: 'vector'},
  AvgPool3DGrad: {orig_input_shape: 'vector'},
  QuantizeAndDequantizeV3: {num_bits: 'scalar'},
  RaggedGather: {params_nested_splits: 'vector'},
  RaggedFillEmptyRows: {value_rowids: 'vector', nrows: 'scalar', default_value: 'scalar'},
  RaggedFillEmptyRowsGrad: {reverse_index_map: 'vector'},
  RaggedCross: {ragged_row_splits: 'vector', sparse_shape: 'vector'},
  StatelessRandomUniformV2: {key: 'vector', counter: 'vector', alg: 'scalar'},
  StatelessRandomNormalV2: {key: 'vector', counter: 'vector', alg: 'scalar'},
  StatelessTruncatedNormalV2: {key: 'vector', counter: 'vector', alg: 'scalar'},
  RandomUniformInt: {minval: 'scalar', maxval: 'scalar'},
  StatelessRandomUniformInt: {minval: 'scalar', maxval: 'scalar'},
  StatelessRandomUniformIntV2: {
    key: 'vector',
    counter: 'vector',
    alg: 'scalar',
    minval: 'scalar',
    maxval: 'scalar',
  },
  StatelessRandomUniformFullIntV2: {key: 'vector', counter: 'vector', alg: 'scalar'},
  Multinomial: {num_samples: 'scalar'},
  StatelessMultinomial: {num_samples: 'scalar'},
  BlockLSTM: {seq_len_max: 'scalar'},
  BlockLSTMV2: {seq_len_max: 'scalar'},
  ArgMax: {dimension: 'scalar'},
  ArgMin: {dimension: 'scalar'},
  TopKV2: {k: 'scalar'},
  InTopKV2: {k: 'scalar'},
  Cumsum: {axis: 'scalar'},
  Cumprod: {axis: 'scalar'},
  CumulativeLogsumexp: {axis: 'scalar'},
  HistogramFixedWidth: {value_range: 'vector', nbins: 'scalar'},
  UnsortedSegmentSum: {num_segments: 'scalar'},
  UnsortedSegmentMax: {num_segments: 'scalar'},
  UnsortedSegmentMin: {num_segments: 'scalar'},
  UnsortedSegmentProd: {num_segments: 'scalar'},
  SparseSegmentSumWithNumSegments: {num_segments: 'scalar'},
  SparseSegmentSumGrad: {output_dim0: 'scalar'},
  SparseSegmentSumGradV2: {dense_output_dim0: 'scalar'},
  SparseSegmentMeanWithNumSegments: {num_segments: 'scalar'},
  SparseSegmentMeanGrad: {output_dim0: 'scalar'},
  SparseSegmentMeanGradV2: {dense_output_dim0: 'scalar'},
  SparseSegmentSqrtNWithNumSegments: {num_segments: 'scalar'},
  SparseSegmentSqrtNGrad: {output_dim0: 'scalar'},
  SparseSegmentSqrtNGradV2: {dense_output_dim0: 'scalar'},
  SparseToDense: {output_shape: 'vector', default_value: 'scalar'},
  SparseReorder: {input_shape: 'vector'},
  SparseFillEmptyRows: {dense_shape: 'vector', default_value: 'scalar'},
  SparseConcat: {shapes: 'vector'},
  SparseSlice: {shape: 'vector', start: 'vector', size: 'vector'},
  SparseSplit: {split_dim: 'scalar', shape: 'vector'},
  SparseReshape: {input_shape: 'vector', new_shape: 'vector'},
  SparseFillEmptyRowsGrad: {reverse_index_map: 'vector'},
  SparseSliceGrad: {input_start: 'vector'},
  SparseTensorDenseMatMul: {a_shape: 'vector'},
  SparseDenseCwiseMul: {sp_shape: 'vector'},
  SparseDenseCwiseDiv: {sp_shape: 'vector'},
  SparseDenseCwiseAdd: {sp_shape: 'vector'},
  SparseTensorDenseAdd: {a_shape: 'vector'},
  SparseReduceSum: {input_shape: 'vector', reduction_axes: 'flat'},
  SparseReduceMax: {input_shape: 'vector', reduction_axes: 'flat'},
  SparseReduceSumSparse: {input_shape: 'vector', reduction_axes: 'flat'},
  SparseReduceMaxSparse: {input_shape: 'vector', reduction_axes: 'flat'},
  SparseSoftmax: {sp_shape: 'vector'},
  SparseAdd: {a_shape: 'vector', b_shape: 'vector', thresh: 'scalar'},
  SparseAddGrad: {a_indices: 'matrix', b_indices: 'matrix', sum_indices: 'matrix'},
  SparseSparseMaximum: {a_shape: 'vector', b_shape: 'vector'},
  SparseSparseMinimum: {a_shape: 'vector', b_shape: 'vector'},
  DenseToSparseSetOperation: {set2_shape: 'vector'},
  SparseToSparseSetOperation: {set1_shape: 'vector', set2_shape: 'vector'},
  SetSize: {set_shape: 'vector'},
  SparseCross: {shapes: 'vector'},
  EmptyTensorList: {element_shape: 'flat', max_num_elements: 'scalar'},
  TensorListReserve: {element_shape: 'flat', num_elements: 'scalar'},
  TensorListFromTensor: {element_shape: 'flat'},
  TensorListStack: {element_shape: 'flat'},
  TensorListGather: {element_shape: 'flat'},
  TensorListScatter: {element_shape: 'flat'},
  TensorListScatterV2: {element_shape: 'flat', num_elements: 'scalar'},
  TensorListScatterIntoExistingList: {indices: 'vector'},
  TensorListSplit: {element_shape: 'flat', lengths: 'vector'},
  TensorListConcatV2: {element_shape: 'flat'},
  TensorArrayV3: {size: 'scalar'},
  TensorArrayWriteV3: {index: 'scalar'},
  TensorArrayReadV3: {index: 'scalar'},
  TensorArrayGatherV3: {indices: 'vector'},
  TensorArrayScatterV3: {indices: 'vector'},
  TensorArraySplitV3: {lengths: 'vector'},
  StackV2: {max_size: 'scalar'},
  SparseCrossV2: {shapes: 'vector'},
  SparseCrossHashed: {shapes: 'vector', num_buckets: 'scalar'},
  SparseCountSparseOutput: {dense_shape: 'vector'},
  SparseBincount: {dense_shape: 'vector'},
  UnsortedSegmentJoin: {num_segments: 'scalar'},
  ShardedFilename: {shard: 'scalar', num_shards: 'scalar'},
  ShardedFilespec: {num_shards: 'scalar'},
  StatefulUniform: {algorithm: 'scalar'},
  StatefulUniformInt: {algorithm: 'scalar', minval: 'scalar', maxval: 'scalar'},
  StatefulUniformFullInt: {algorithm: 'scalar'},
  StatefulStandardNormalV2: {algorithm: 'scalar'},
  StatefulTruncatedNormal: {algorithm: 'scalar'},
  RngReadAndSkip: {alg: 'scalar', delta: 'scalar'},
  RngSkip: {algorithm: 'scalar', delta: 'scalar'},
  StatelessRandomGammaV3: {key: 'vector', counter: 'vector', alg: 'scalar'},
  TensorListResize: {size: 'scalar'},
  TensorListSetItem: {index: 'scalar'},
};

/** `kernel`, whose inputs have the ranks that TensorFlow demands; others are a CallError that names the input. */
export function checkRanks(op: string, kernel: Kernel): Kernel {
  const rules = INPUT_RANKS[op];
  if (rules === undefined) return kernel;
  const rulesOf = new WeakMap<KernelContext, readonly (NamedRule | undefined)[]>();
  return (inputs, ctx) => {
    let named = rulesOf.get(ctx);
    if (named === undefined) {
      named = opDef(op)!.inputs.flatMap((arg) =>
        new Array(countOf(arg, ctx)).fill(namedRule(arg.name, rules)),
      );
      rulesOf.set(ctx, named);
    }
    for (let i = 0; i < inputs.length; i++) {
      const rule = named[i];
      if (rule === undefined || rule.holds(inputs[i]!)) continue;
      throw invalid(ctx, `${rule.name} must be ${rule.words}, not of shape ${formatShape(inputs[i]!.shape)}`);
    }
    return kernel(inputs, ctx);
  };
}

interface NamedRule {
  readonly name: string;
  readonly words: string;
  holds(value: Value): boolean;
}

function namedRule(name: string, rules: Readonly<Record<string, ShapeRule>>): NamedRule | undefined {
  const rule = rules[name];
  return rule && {name, ...SHAPE_RULES[rule]};
}

/** How many of a node's inputs are one argument of its op. */
function countOf(arg: ArgDef, {attrs}: KernelContext): number {
  if (arg.kind === 'single') return 1;
  return arg.kind === 'repeated' ? attrs.int(arg.numberAttr) : attrs.dtypes(arg.typeListAttr).length;
}
