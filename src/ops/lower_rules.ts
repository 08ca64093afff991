/**
 * Rules of lowering that many ops share.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../onnx/builder.js';
import type {OnnxAttrs} from '../onnx/graph.js';
import {notLowered} from '../onnx/not_lowered.js';
import type {Lower, LowerTable} from './lowering.js';

/** One rule for many ops. */
export function forAll(rule: Lower, ops: readonly string[]): LowerTable {
  return Object.fromEntries(ops.map((op) => [op, rule]));
}

/** The output is the first input. */
export const passes: Lower = ([x]) => x!;

/** The outputs are the inputs. */
export const passesAll: Lower = (inputs) => inputs;

/** One op of ONNX with the same inputs, and an output of the first one's dtype. */
export const same =
  (op: string, attrs: OnnxAttrs = {}): Lower =>
  (inputs, _node, to) =>
    to.op(op, inputs, attrs);

/** {@link same} for ops that give truth values. */
export const tests =
  (op: string): Lower =>
  (inputs, _node, to) =>
    to.op(op, inputs, {}, {dtype: 'bool'});

/** Refuses all dtypes but these. */
export function onlyFor(x: OnnxTensor, ...dtypes: readonly DType[]): void {
  if (!dtypes.includes(x.dtype)) notLowered(`it is computed in ${x.dtype}`);
}

/** The rank, which must be known. */
export function rankOf({shape}: OnnxTensor): number {
  return shape?.length ?? notLowered('a rank is not known');
}

/** The shape, of which the rank must be known. */
export function shapeKnown({shape}: OnnxTensor): readonly (number | null)[] {
  return shape ?? notLowered('a rank is not known');
}

/** The shape, which must be known in full. */
export function sizesKnown({shape}: OnnxTensor): readonly number[] {
  if (shape === null || shape.includes(null)) notLowered('a shape is not known');
  return shape as readonly number[];
}

/** A tensor of sizes or of axes as ONNX takes it. */
export function asInt64(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  return to.cast(x, 'int64');
}

/** `x`, as long as the truth values hold: otherwise the session throws, and the interpreter says what is wrong. */
export function guarded(x: OnnxTensor, holds: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const at = to.op('Where', [holds, to.scalar('int64', 0), to.scalar('int64', OUT_OF_RANGE)]);
  return to.op('Add', [x, to.op('Gather', [to.vector(x.dtype, [0]), at])], {}, {shape: x.shape});
}

/** An index that no tensor has. */
const OUT_OF_RANGE = 2 ** 31 - 1;
