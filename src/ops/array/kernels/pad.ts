/**
 * Ops that pad, with one element or with what the edge mirrors.
 *
 * @module
 */

import {int32Array} from '../../../host/tensor.js';
import {around, concat, pad, reverse, slice} from '../../../tensors/movement.js';
import {addRows} from '../../../tensors/rows.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {type Amounts, amountsOf, mirroredShape, mirrorOffset, unmirroredShape} from '../plan.js';

const padKernel: Kernel = ([x, paddings, fill], ctx) => {
  const {before, after} = amounts(paddings!, x!, ctx);
  return pad(x!, before, after, fill);
};

function amounts(paddings: Value, x: Value, ctx: KernelContext): Amounts {
  return amountsOf(paddings.numbers(), paddings.shape, x.rank, ctx);
}

const mirrorPad: Kernel = ([x, paddings], ctx) => {
  const given = amounts(paddings!, x!, ctx);
  mirroredShape(x!.shape, given, ctx);
  const offset = mirrorOffset(ctx);
  return x!.shape.reduce((padded, size, axis) => {
    const [head, tail] = [given.before[axis]!, given.after[axis]!];
    const flags = padded.shape.map((_, k) => k === axis);
    const mirror = (start: number, count: number) => {
      const begin = new Array<number>(padded.rank).fill(0).with(axis, start);
      return reverse(slice(padded, begin, padded.shape.with(axis, count)), flags);
    };
    const parts = [mirror(offset, head), padded, mirror(size - offset - tail, tail)];
    return concat(
      parts.filter((part, i) => i === 1 || part.shape[axis]! > 0),
      axis,
    );
  }, x!);
};

/** The gradient of MirrorPad: every element is added where it was copied from. */
const mirrorPadGrad: Kernel = ([dy, paddings], ctx) => {
  const given = amounts(paddings!, dy!, ctx);
  const sizes = unmirroredShape(dy!.shape, given, ctx);
  const offset = mirrorOffset(ctx);
  return dy!.shape.reduce((folded, padded, axis) => {
    const [size, head] = [sizes[axis]!, given.before[axis]!];
    if (size === padded) return folded;
    const [outer, inner] = around(folded.shape, axis);
    const index = int32Array(outer * padded, (i) => {
      const at = (i % padded) - head;
      const from = at < 0 ? -at - 1 + offset : at >= size ? 2 * size - 1 - offset - at : at;
      return Math.floor(i / padded) * size + from;
    });
    return addRows(folded, inner, index, folded.shape.with(axis, size));
  }, dy!);
};

/** Ops that pad. */
export const padOps: OpFamily = {
  Pad: {kernel: padKernel},
  PadV2: {kernel: padKernel},
  MirrorPad: {kernel: mirrorPad},
  MirrorPadGrad: {kernel: mirrorPadGrad},
};
