/**
 * Softmax and cross entropies as ops of ONNX.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {guarded} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';

/** Loss and its gradient with respect to the logits, of `labels` by a row each. */
function crossEntropy(logits: OnnxTensor, labels: OnnxTensor, to: OnnxBuilder): OnnxTensor[] {
  const {dtype} = logits;
  const cost = to.op('Mul', [labels, to.op('Neg', [to.op('LogSoftmax', [logits], {axis: -1})])]);
  // A class of zero probability costs nothing, however unlikely it is.
  const zero = to.scalar(dtype, 0);
  const isFree = to.op('Equal', [labels, zero], {}, {dtype: 'bool'});
  const counted = to.op('Where', [isFree, zero, cost]);
  const loss = to.op('ReduceSum', [counted, to.ints([-1])], {keepdims: 0});
  return [loss, to.op('Sub', [to.op('Softmax', [logits], {axis: -1}), labels])];
}

export const softmaxCrossEntropy: Lower = ([logits, labels], _node, to) => {
  const [classes, own] = [logits!.shape?.at(-1), labels!.shape?.at(-1)];
  if (logits!.shape?.length !== 2 || labels!.shape?.length !== 2 || classes == null || classes !== own)
    return notLowered('it is not known that logits and labels have the same classes');
  return crossEntropy(logits!, labels!, to);
};

export const sparseSoftmaxCrossEntropy: Lower = ([logits, labels], _node, to) => {
  const classes = logits!.shape?.[1] ?? notLowered('the number of classes is not known');
  const count = to.ints(Array.from({length: classes}, (_, i) => i));
  // A label that is no class reads beyond the classes, which throws.
  const label = oneForEachRow(to.cast(labels!, 'int64'), logits!, to);
  const isNegative = to.op('Less', [label, to.scalar('int64', 0)], {}, {dtype: 'bool'});
  const checked = to.op('Gather', [count, to.op('Where', [isNegative, to.scalar('int64', classes), label])]);
  const isOwn = to.op('Equal', [to.unsqueeze(checked, [1]), count], {}, {dtype: 'bool'});
  return crossEntropy(logits!, to.cast(isOwn, logits!.dtype), to);
};

/** The labels, unless there are more or less of them than rows of logits: then the session throws. */
function oneForEachRow(labels: OnnxTensor, logits: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  if (labels.shape?.[0] != null && labels.shape[0] === logits.shape?.[0]) return labels;
  const [count, rows] = [to.sizeAlong(labels, 0), to.sizeAlong(logits, 0)];
  return guarded(labels, to.op('Equal', [count, rows], {}, {dtype: 'bool'}), to);
}
