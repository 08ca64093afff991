/**
 * Ops that translate between the orders of an image's axes, such as NHWC and NCHW.
 *
 * @module
 */

import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {entryOrder, mappedAxis} from '../plan.js';

/** Reorders the entries (numbers, or pairs of them) of a vector that has one per axis, or one per spatial axis. */
const vectorPermute: Kernel = ([x], ctx) => {
  const {shape, dtype} = x!;
  const order = entryOrder(shape, ctx);
  const source = x!.numeric();
  const out = allocate(dtype, source.length);
  const width = shape[1] ?? 1;
  order.forEach((at, i) => {
    for (let k = 0; k < width; k++) out[i * width + k] = source[at * width + k]! as never;
  });
  return Value.host(dtype, shape, out);
};

/** Translates numbers of axes; negative ones count from the end. */
const dimMap: Kernel = ([x], ctx) => {
  const {dtype, shape} = x!;
  const mapped = x!.numbers().map((axis) => mappedAxis(axis, ctx));
  return Value.vector(dtype, mapped).reshape(shape);
};

/** Orders of axes. */
export const dataFormats: OpFamily = {
  DataFormatVecPermute: {kernel: vectorPermute},
  DataFormatDimMap: {kernel: dimMap},
};
