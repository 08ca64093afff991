/**
 * Kernels that reduce, accumulate, rank or count as TensorFlow ops.
 *
 * @module
 */

import type {Operand} from '../graph/builder.js';
import type {KernelCall, KernelRule, KernelRules} from './kernel_call.js';
import type {Size} from './varying.js';

const reduction =
  (op: string, axes = 'axis'): KernelRule =>
  (call) => {
    const x = call.tensor('x');
    const {graph, dtype} = call;
    // tfjs averages integers as floats.
    const operand = graph.cast(x.operand, op === 'All' || op === 'Any' ? 'bool' : dtype);
    return graph.op(op, [operand, call.axes(axes, x)], {keep_dims: call.bool('keepDims')});
  };

const arg =
  (op: string): KernelRule =>
  (call) => {
    const x = call.tensor('x');
    const axis = call.graph.scalar('int32', call.axis('axis', x));
    return call.op(op, [numeric(call, x.operand), axis], {output_type: 'int32'});
  };

/** Booleans as integers, for ops that take numbers only. */
function numeric({graph}: KernelCall, operand: Operand): Operand {
  return operand.dtype === 'bool' ? graph.cast(operand, 'int32') : operand;
}

const cumulative =
  (op: string): KernelRule =>
  (call) => {
    const x = call.tensor('x');
    const {graph, dtype} = call;
    const axis = graph.scalar('int32', call.axis('axis', x));
    const attrs = {exclusive: call.bool('exclusive'), reverse: call.bool('reverse')};
    return graph.cast(graph.op(op, [numeric(call, x.operand), axis], attrs), dtype);
  };

const topK: KernelRule = (call) => {
  const k = call.scalar(call.attr('k') as Size);
  return call.graph.node('TopKV2', [call.in('x'), k], {sorted: call.bool('sorted')});
};

const bincount: KernelRule = (call) => {
  const inputs = [call.in('x'), call.scalar(call.attr('size') as Size), call.in('weights')];
  return call.graph.cast(call.op('Bincount', inputs), call.dtype);
};

const denseBincount: KernelRule = (call) => {
  const inputs = [call.in('x'), call.scalar(call.attr('size') as Size), call.in('weights')];
  const counts = call.op('DenseBincount', inputs, {binary_output: call.bool('binaryOutput')});
  return call.graph.cast(counts, call.dtype);
};

const bound =
  (op: string): KernelRule =>
  (call) =>
    call.op(op, [call.in('sortedSequence'), call.in('values')], {out_type: 'int32'});

const unsortedSegmentSum: KernelRule = (call) => {
  const count = call.scalar(call.attr('numSegments') as Size);
  return call.op('UnsortedSegmentSum', [call.in('x'), call.in('segmentIds'), count]);
};

const sparseSegment =
  (op: string): KernelRule =>
  (call) =>
    call.op(op, [call.in('data'), call.in('indices'), call.in('segmentIds')]);

const unique: KernelRule = (call) => {
  const x = call.tensor('x');
  return call.graph.node('UniqueV2', [x.operand, call.graph.ints([call.axis('axis', x)])], {
    out_idx: 'int32',
  });
};

/** Reductions, accumulations, counts. */
export const reductionKernels: KernelRules = {
  All: reduction('All'),
  Any: reduction('Any'),
  ArgMax: arg('ArgMax'),
  ArgMin: arg('ArgMin'),
  Bincount: bincount,
  Cumprod: cumulative('Cumprod'),
  Cumsum: cumulative('Cumsum'),
  DenseBincount: denseBincount,
  LowerBound: bound('LowerBound'),
  Max: reduction('Max', 'reductionIndices'),
  Mean: reduction('Mean'),
  Min: reduction('Min'),
  Prod: reduction('Prod'),
  SearchSorted: (call) => bound(call.string('side') === 'right' ? 'UpperBound' : 'LowerBound')(call),
  SparseSegmentMean: sparseSegment('SparseSegmentMean'),
  SparseSegmentSum: sparseSegment('SparseSegmentSum'),
  Sum: reduction('Sum'),
  TopK: topK,
  Unique: unique,
  UnsortedSegmentSum: unsortedSegmentSum,
  UpperBound: bound('UpperBound'),
};
