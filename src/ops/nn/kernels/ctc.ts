/**
 * Decoding of connectionist temporal classification.
 *
 * @module
 */

import {bestPath} from '../../../algorithms/ctc.js';
import {formatShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** The best class of each step, repetitions merged if asked for, blanks left out; as a sparse matrix. */
const greedyDecoder: Kernel = ([inputs, sequenceLength], ctx) => {
  if (inputs!.rank !== 3)
    throw invalid(ctx, `inputs must have 3 dimensions, got ${formatShape(inputs!.shape)}`);
  const [time, batch, classes] = inputs!.shape as [number, number, number];
  const lengths = sequenceLength!.numbers();
  if (lengths.length !== batch)
    throw invalid(ctx, `expected ${batch} sequence lengths, got ${lengths.length}`);
  const blankIndex = ctx.attrs.int('blank_index');
  const blank = blankIndex < 0 ? classes + blankIndex : blankIndex;
  if (blank < 0 || blank >= classes) throw invalid(ctx, `blank_index ${blankIndex} is out of range`);
  const merges = ctx.attrs.bool('merge_repeated');
  const logits = inputs!.numeric() as Float64Array;
  const logProbability = allocate(inputs!.dtype, batch) as Float64Array;
  const decoded = lengths.map((length, b) => {
    if (length > time) throw invalid(ctx, `sequence length ${length} exceeds the ${time} steps`);
    const steps = Array.from({length}, (_, t) => {
      const at = (t * batch + b) * classes;
      return logits.subarray(at, at + classes);
    });
    const path = bestPath(steps, {blank, merges});
    for (const logit of path.logits) logProbability[b] = logProbability[b]! - logit;
    return path.labels;
  });
  const indices = decoded.flatMap((labels, b) => labels.flatMap((_, i) => [b, i]));
  const longest = Math.max(0, ...decoded.map((labels) => labels.length));
  return [
    Value.vector('int64', indices).reshape([indices.length / 2, 2]),
    Value.vector('int64', decoded.flat()),
    Value.vector('int64', [batch, longest]),
    Value.host(inputs!.dtype, [batch, 1], logProbability),
  ];
};

/** Connectionist temporal classification. */
export const ctc: OpFamily = {
  CTCGreedyDecoder: {kernel: greedyDecoder, limits: 'not differentiable, as in TensorFlow'},
};
