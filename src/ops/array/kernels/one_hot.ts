/**
 * OneHot: indices as rows of which one element differs.
 *
 * @module
 */

import {lanes} from '../../../host/dtypes.js';
import {filledNumbers} from '../../../host/movement.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {concat, movesOnHost} from '../../../tensors/movement.js';
import {takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {oneHotShape} from '../plan.js';

const oneHot: Kernel = ([indices, depth, on, off], ctx) => {
  const count = depth!.number();
  const {axis, shape} = oneHotShape(indices!.shape, count, ctx);
  const inner = sizeOf(indices!.shape.slice(axis));
  const hot = allocate('int32', sizeOf(shape)) as Int32Array;
  // An index out of range makes no element hot.
  indices!.numbers().forEach((index, i) => {
    if (index < 0 || index >= count) return;
    hot[(Math.floor(i / inner) * count + index) * inner + (i % inner)] = 1;
  });
  if (!movesOnHost(on!, off!)) return takeRows(pair(off!, on!), 1, hot, shape);
  return oneHotOnHost(on!, off!, hot, shape);
};

function oneHotOnHost(on: Value, off: Value, hot: Int32Array, shape: readonly number[]): Value {
  if (on.dtype === 'string' || lanes(on.dtype) > 1) return takeRows(pair(off, on), 1, hot, shape);
  const out = filledNumbers(off, hot.length);
  const element = (on.hostData() as readonly unknown[])[0];
  for (let i = 0; i < hot.length; i++) if (hot[i] === 1) out[i] = element as never;
  return Value.host(on.dtype, shape, out);
}

function pair(first: Value, second: Value): Value {
  return concat([first.reshape([1]), second.reshape([1])], 0);
}

/** The op on its own. */
export const oneHotOps: OpFamily = {OneHot: {kernel: oneHot}};
