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

/** Inputs whose values say how large the results are, by the names they have in the definitions of all ops. */
export const SIZING_INPUTS: ReadonlySet<string> = new Set([
  ...[
    'shape',
    'dims',
    'size',
    'output_shape',
    'input_shape',
    'dense_shape',
    'a_shape',
    'orig_input_shape',
    'image_size',
  ],
  ...[
    'begin',
    'end',
    'strides',
    'start',
    'limit',
    'delta',
    'size_splits',
    'paddings',
    'multiples',
    'block_shape',
    'crops',
  ],
  ...[
    'axis',
    'reduction_indices',
    'reduction_axes',
    'perm',
    'dimension',
    'dim',
    'concat_dim',
    'split_dim',
    'depth',
    'num',
  ],
  ...[
    'k',
    'nbins',
    'num_segments',
    'num_samples',
    'num_elements',
    'max_output_size',
    'max_output_size_per_class',
  ],
  ...[
    'max_total_size',
    'crop_size',
    'fft_length',
    'input_sizes',
    'filter_sizes',
    'ksize',
    'fixed_length',
    'output_dim0',
  ],
]);

/** Ops whose results follow from the shapes of their inputs. */
export const SHAPE_OPS: ReadonlySet<string> = new Set(['Rank', 'Shape', 'ShapeN', 'Size']);
