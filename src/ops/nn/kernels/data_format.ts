/**
 * Ops that translate between the orders of an image's axes, such as NHWC and NCHW.
 *
 * @module
 */

import {formatShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

function formats({attrs}: KernelContext): [string, string] {
  return [attrs.string('src_format'), attrs.string('dst_format')];
}

/** Reorders the entries (numbers, or pairs of them) of a vector that has one per axis, or one per spatial axis. */
const vectorPermute: Kernel = ([x], ctx) => {
  let [from, to] = formats(ctx);
  const {rank, shape, dtype} = x!;
  const length = shape[0];
  const isSpatial = length === from.length - 2;
  if (rank < 1 || rank > 2 || (length !== from.length && !isSpatial) || (rank === 2 && shape[1] !== 2)) {
    throw invalid(ctx, `${formatShape(shape)} has no entry, or pair of entries, for each axis of ${from}`);
  }
  if (isSpatial) [from, to] = [from.replace(/[NC]/g, ''), to.replace(/[NC]/g, '')];
  const source = x!.numeric();
  const out = allocate(dtype, source.length);
  const width = shape[1] ?? 1;
  [...to].forEach((axis, i) => {
    const at = from.indexOf(axis);
    if (at < 0) throw invalid(ctx, `${to} does not have the axes of ${from}`);
    for (let k = 0; k < width; k++) out[i * width + k] = source[at * width + k]! as never;
  });
  return Value.host(dtype, shape, out);
};

/** Translates numbers of axes; negative ones count from the end. */
const dimMap: Kernel = ([x], ctx) => {
  const [from, to] = formats(ctx);
  const {dtype, shape} = x!;
  const mapped = Value.vector(
    dtype,
    x!.numbers().map((axis) => {
      const name = from[axis < 0 ? axis + from.length : axis];
      if (name === undefined) throw invalid(ctx, `axis ${axis} is out of range for ${from}`);
      return to.indexOf(name);
    }),
  );
  return mapped.reshape(shape);
};

/** Orders of axes. */
export const dataFormats: OpFamily = {
  DataFormatVecPermute: {kernel: vectorPermute},
  DataFormatDimMap: {kernel: dimMap},
};
