/**
 * Which dimensions of an op's results follow from values, not from the shapes of its inputs alone: what TensorFlow's shape
 * inference leaves unknown where all shapes are known.
 *
 * @module
 */

/** An output, or all of them, and one of its axes (counted from the back where negative), or all of them. */
export type OpenAxis = readonly [output: number | '*', axis: number | '*'];

const FIRST_OF_FIRST: readonly OpenAxis[] = [[0, 0]];
const FIRST_OF_TWO: readonly OpenAxis[] = [
  [0, 0],
  [1, 0],
];
const FIRST_OF_ALL: readonly OpenAxis[] = [['*', 0]];
const OFFSETS: readonly OpenAxis[] = [
  [0, 0],
  [2, 0],
  [3, 0],
];
const ALL: readonly OpenAxis[] = [['*', '*']];

const GROUPS: readonly (readonly [axes: readonly OpenAxis[], ops: string])[] = [
  [
    FIRST_OF_FIRST,
    'NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionWithOverlaps RaggedCross ' +
      'SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum SentencepieceTokenizeOp SparseSegmentMean SparseSegmentSqrtN ' +
      'SparseSegmentSum StringNGrams TensorListConcat TensorListConcatV2 Unique Where',
  ],
  [
    FIRST_OF_TWO,
    'BroadcastGradientArgs CTCGreedyDecoder DenseCountSparseOutput DenseToDenseSetOperation DenseToSparseSetOperation ' +
      'ListDiff LookupTableExportV2 NonMaxSuppressionV5 RaggedCountSparseOutput SparseAdd SparseCountSparseOutput SparseCross ' +
      'SparseCrossHashed SparseCrossV2 SparseFillEmptyRows SparseSegmentMeanGradV2 SparseSegmentSqrtNGradV2 ' +
      'SparseSegmentSumGradV2 SparseSlice SparseSparseMaximum SparseSparseMinimum SparseToSparseSetOperation StringSplit ' +
      'StringSplitV2',
  ],
  [
    FIRST_OF_ALL,
    'DynamicPartition ParseExample ParseExampleV2 ParseSingleExample RaggedFillEmptyRows RaggedGather RaggedTensorFromVariant ' +
      'RaggedTensorToSparse RegexSplitWithOffsets SparseConcat SparseSplit TFText>RoundRobinGenerateMasks TFText>RoundRobinTrim ' +
      'UnicodeScriptTokenizeWithOffsets WhitespaceTokenizeWithOffsets WordpieceTokenizeWithOffsets',
  ],
  [
    OFFSETS,
    'SentencepieceTokenizeWithOffsetsOp TFText>ByteSplitWithOffsets TFText>WhitespaceTokenizeWithOffsetsV2',
  ],
  [
    ALL,
    'DecodeProtoV2 DeserializeSparse OptionalGetValue ParseTensor RaggedBincount RaggedTensorToTensor SetSize ' +
      'SparseReduceMaxSparse SparseReduceSumSparse UniqueV2 UniqueWithCountsV2',
  ],
  [[[0, -1]], 'DecodeRaw'],
  [[[1, 0]], 'RaggedRange UnicodeDecode'],
  [
    [
      [1, 0],
      [2, 0],
    ],
    'UnicodeDecodeWithOffsets',
  ],
  [
    [
      [0, 0],
      [2, 0],
    ],
    'UniqueWithCounts',
  ],
];

/** By op. */
export const OPEN_AXES: ReadonlyMap<string, readonly OpenAxis[]> = new Map(
  GROUPS.flatMap(([axes, ops]) => ops.split(' ').map((op) => [op, axes] as const)),
);

/** Inputs whose values say how large the results are along the first axis, by the names that all ops have for them. */
const FIRST_SIZE = 'delta limit max_output_size nbins num num_segments output_dim0 start';

/** Inputs whose values say how large the results are along any axis. */
const SIZES =
  'a_shape axis begin block_shape concat_dim crop_size crops dense_shape depth dim dimension dims end fft_length filter_sizes ' +
  'fixed_length image_size input_shape input_sizes k ksize max_output_size_per_class max_total_size multiples num_elements ' +
  'num_samples orig_input_shape output_shape paddings perm reduction_axes reduction_indices shape size size_splits split_dim ' +
  'strides';

/** The axes that an input's values size, by the input's name. */
export const SIZING_INPUTS: ReadonlyMap<string, number | '*'> = new Map<string, number | '*'>([
  ...FIRST_SIZE.split(' ').map((name) => [name, 0] as const),
  ...SIZES.split(' ').map((name) => [name, '*'] as const),
]);

/** Ops whose results follow from the shapes of their inputs. */
export const SHAPE_OPS: ReadonlySet<string> = new Set(['Rank', 'Shape', 'ShapeN', 'Size']);
