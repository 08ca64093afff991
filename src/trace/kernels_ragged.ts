/**
 * Kernels on sparse and ragged tensors and on strings as TensorFlow ops. Indices are int64 in TensorFlow where tfjs has
 * int32.
 *
 * @module
 */

import type {Operand} from '../graph/builder.js';
import type {DType} from '../host/dtypes.js';
import type {KernelCall, KernelRule, KernelRules} from './kernel_call.js';

const wide = ({graph}: KernelCall, operand: Operand): Operand => graph.cast(operand, 'int64');

/** Outputs in the dtypes that tfjs gives. */
function narrowed({graph, outputs}: KernelCall, operands: readonly Operand[]): Operand[] {
  return outputs.map(({dtype}, i) => graph.cast(operands[i]!, dtype as DType));
}

const sparseFillEmptyRows: KernelRule = (call) => {
  const [indices, shape] = [wide(call, call.in('indices')), wide(call, call.in('denseShape'))];
  const inputs = [indices, call.in('values'), shape, call.in('defaultValue')];
  return narrowed(call, call.graph.node('SparseFillEmptyRows', inputs));
};

const sparseReshape: KernelRule = (call) => {
  const inputs = ['inputIndices', 'inputShape', 'newShape'].map((name) => wide(call, call.in(name)));
  return narrowed(call, call.graph.node('SparseReshape', inputs));
};

const raggedGather: KernelRule = (call) => {
  const splits = call.list('paramsNestedSplits').map(({operand}) => operand);
  const inputs = [splits, call.in('paramsDenseValues'), call.in('indices')];
  return call.graph.node('RaggedGather', inputs, {OUTPUT_RAGGED_RANK: call.outputs.length - 1});
};

const raggedRange: KernelRule = (call) => {
  const inputs = ['starts', 'limits', 'deltas'].map((name) => call.in(name));
  return call.graph.node('RaggedRange', inputs, {Tsplits: 'int32'});
};

const raggedTensorToTensor: KernelRule = (call) => {
  const partitions = call.list('rowPartitionTensors').map(({operand}) => operand);
  const inputs = [call.in('shape'), call.in('values'), call.in('defaultValue'), partitions];
  const types = call.attr('rowPartitionTypes') as readonly string[];
  return call.op('RaggedTensorToTensor', inputs, {row_partition_types: types});
};

const stringNGrams: KernelRule = (call) =>
  call.graph.node('StringNGrams', [call.in('data'), call.in('dataSplits')], {
    separator: call.string('separator'),
    ngram_widths: call.numbers('nGramWidths'),
    left_pad: call.string('leftPad'),
    right_pad: call.string('rightPad'),
    pad_width: call.number('padWidth'),
    preserve_short_sequences: call.bool('preserveShortSequences'),
  });

const stringSplit: KernelRule = (call) => {
  const inputs = [call.in('input'), call.in('delimiter')];
  return narrowed(call, call.graph.node('StringSplit', inputs, {skip_empty: call.bool('skipEmpty')}));
};

const hashBucket: KernelRule = (call) =>
  narrowed(call, [
    call.op('StringToHashBucketFast', [call.in('input')], {num_buckets: call.number('numBuckets')}),
  ]);

const regexReplace: KernelRule = (call) =>
  call.op('StaticRegexReplace', [call.in('x')], {
    pattern: call.string('pattern'),
    rewrite: call.string('rewrite'),
    replace_global: call.bool('replaceGlobal'),
  });

/** Sparse and ragged tensors, strings. */
export const raggedKernels: KernelRules = {
  RaggedGather: raggedGather,
  RaggedRange: raggedRange,
  RaggedTensorToTensor: raggedTensorToTensor,
  SparseFillEmptyRows: sparseFillEmptyRows,
  SparseReshape: sparseReshape,
  StaticRegexReplace: regexReplace,
  StringNGrams: stringNGrams,
  StringSplit: stringSplit,
  StringToHashBucketFast: hashBucket,
};
