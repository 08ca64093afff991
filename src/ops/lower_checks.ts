/**
 * What only shows when a session runs, and makes it fail: the interpreter then says what is wrong.
 *
 * @module
 */

import {elementOf} from '../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../onnx/builder.js';
import {notLowered} from '../onnx/not_lowered.js';

/** An index that no tensor is large enough for. */
const NOWHERE = 2 ** 31 - 1;

/** `x`, in a session that fails where the truth value `condition` is false. */
export function provided(condition: OnnxTensor, x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const known = elementOf(condition);
  if (known === 1) return x;
  if (known === 0) notLowered('it fails whenever it runs');
  const row = to.op(
    'Where',
    [condition, to.scalar('int64', 0), to.scalar('int64', NOWHERE)],
    {},
    {shape: []},
  );
  const rows = to.unsqueeze(to.shapeOf(x), [0]);
  const {name: _, ...known_} = x;
  const shape = to.op('Gather', [rows, row], {axis: 0}, {shape: [x.shape?.length ?? null]});
  return {...known_, name: to.op('Reshape', [x, shape], {allowzero: 1}, {shape: x.shape}).name};
}

/** Indices of which negative ones are out of range, too. */
export function countedFromStart(indices: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const element = elementOf(indices);
  if (element !== undefined && element >= 0) return indices;
  const isNegative = to.op('Less', [indices, to.scalar(indices.dtype, 0)], {}, {dtype: 'bool'});
  return to.op('Where', [isNegative, to.scalar(indices.dtype, NOWHERE), indices], {}, {shape: indices.shape});
}

/** A count, which must not be negative, as a vector of one int64. */
export function countOf(count: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const known = elementOf(count);
  if (known !== undefined) return known < 0 ? notLowered('a count is negative') : to.ints([known]);
  const vector = to.op('Reshape', [to.cast(count, 'int64'), to.ints([1])], {}, {shape: [1]});
  const isThere = to.op(
    'GreaterOrEqual',
    [to.cast(count, 'int64'), to.scalar('int64', 0)],
    {},
    {dtype: 'bool'},
  );
  return provided(isThere, vector, to);
}
