/**
 * The order of axes that ONNX has: channels first. Transpositions around ops cancel out where ops follow each other.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';

const numbersFrom = (first: number, count: number): number[] =>
  Array.from({length: count}, (_, i) => first + i);

/** `x`, of `rank` axes with the channels last, with the channels first. */
export function channelsInFront(x: OnnxTensor, rank: number, to: OnnxBuilder): OnnxTensor {
  return to.transpose(x, [0, rank - 1, ...numbersFrom(1, rank - 2)]);
}

/** The inverse of {@link channelsInFront}. */
export function channelsAtEnd(x: OnnxTensor, rank: number, to: OnnxBuilder): OnnxTensor {
  return to.transpose(x, [0, ...numbersFrom(2, rank - 2), 1]);
}

/** What `compute` makes of `x` with the channels first, in the order of axes that `x` has. */
export function withChannelsFirst(
  x: OnnxTensor,
  rank: number,
  isFirst: boolean,
  to: OnnxBuilder,
  compute: (x: OnnxTensor) => OnnxTensor,
): OnnxTensor {
  if (isFirst) return compute(x);
  return channelsAtEnd(compute(channelsInFront(x, rank, to)), rank, to);
}

/** The axes of convolution filters, `[..., in, out]`, in ONNX's order: `[out, in, ...]`. */
export function filterInFront(filter: OnnxTensor, rank: number, to: OnnxBuilder): OnnxTensor {
  return to.transpose(filter, [rank - 1, rank - 2, ...numbersFrom(0, rank - 2)]);
}
