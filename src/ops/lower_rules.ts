/**
 * Rules of lowering that many ops share.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {mergeShapes} from '../host/shape.js';
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

/** An op of ONNX that gives truth values. */
export function truth(op: string, inputs: readonly OnnxTensor[], to: OnnxBuilder): OnnxTensor {
  return to.op(op, inputs, {}, {dtype: 'bool'});
}

/**
 * Floats as integers, as TensorFlow converts them on x86, whatever the machine of the session does with what does not fit: NaN and numbers that are
 * too large are the lowest one. Narrow integers are the low bits of wider ones.
 */
export function truncated(x: OnnxTensor, dtype: DType, to: OnnxBuilder): OnnxTensor {
  const isWide = dtype === 'int64' || dtype === 'uint32';
  const [wide, limit] = isWide ? (['int64', 2 ** 63] as const) : (['int32', 2 ** 31] as const);
  const number = x.dtype === 'float16' ? to.cast(x, 'float32') : x;
  const fits = truth('Less', [number, to.scalar(number.dtype, limit)], to);
  const whole = to.op(
    'Where',
    [fits, to.cast(number, wide), to.scalar(wide, -limit)],
    {},
    {dtype: wide, shape: x.shape},
  );
  return to.cast(whole, dtype);
}

/** The larger or the smaller one of two. ONNX Runtime's Max and Min look at the lower halves of int64 as if they had signs. */
export function extremum(op: 'Max' | 'Min', x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  if (x.dtype !== 'int64') return to.op(op, [x, y]);
  return to.op('Where', [truth(op === 'Max' ? 'Greater' : 'Less', [x, y], to), x, y]);
}

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

/** Refuses all dtypes but real floats. */
export function onlyForFloats(x: OnnxTensor): void {
  onlyFor(x, 'float32', 'float64', 'float16');
}

/** Zeros of a dtype, as many as there are numbers: where one of these is not 0, the session throws. */
export function zerosOrThrow(x: OnnxTensor, dtype: DType, to: OnnxBuilder): OnnxTensor {
  // There is only the element 0 to be taken.
  return to.op('Gather', [to.vector(dtype, [0]), to.op('Abs', [x])], {}, {shape: x.shape});
}

/** `x`, which must have this rank: where it has not, the session throws. */
export function withRank(x: OnnxTensor, rank: number, to: OnnxBuilder): OnnxTensor {
  const {shape} = x;
  if (shape !== null) return shape.length === rank ? x : notLowered('an operand has another rank');
  const sizes = to.shapeOf(x);
  const difference = to.op('Sub', [to.op('Shape', [sizes]), to.ints([rank])]);
  // There is only the element 0 to be taken: any difference is out of range.
  const zero = to.op('Gather', [to.ints([0]), to.op('Abs', [difference])]);
  return to.op(
    'Reshape',
    [x, to.op('Add', [sizes, zero])],
    {allowzero: 1},
    {shape: new Array(rank).fill(null)},
  );
}

/**
 * `x`, which must have the shape of `like`, as TensorFlow demands of many ops that broadcast in ONNX: where it has not, the session
 * throws. Both ranks must be known.
 *
 * @param count - how many axes must be the same; all of them by default
 */
export function shapedLike(x: OnnxTensor, like: OnnxTensor, to: OnnxBuilder, count?: number): OnnxTensor {
  const [own, wanted] = [shapeKnown(x), shapeKnown(like)];
  const compared = count ?? Math.max(own.length, wanted.length);
  const merged = mergeShapes(own.slice(0, compared), wanted.slice(0, compared));
  if (merged === undefined) notLowered('shapes differ');
  const isSame = own.every((size, i) => i >= compared || (size !== null && size === wanted[i]));
  if (isSame || x.name === like.name) return x;
  const vector = {shape: [compared]};
  const sizes = leadingSizes(x, compared, to);
  const differences = to.op('Sub', [sizes, leadingSizes(like, compared, to)], {}, vector);
  const checked = to.op('Add', [sizes, zerosOrThrow(differences, 'int64', to)], {}, vector);
  const rest = own.slice(compared);
  const all =
    rest.length === 0
      ? checked
      : to.op('Concat', [checked, to.op('Shape', [x], {start: compared}, {dtype: 'int64'})], {axis: 0});
  return to.op('Reshape', [x, all], {allowzero: 1}, {shape: [...merged!, ...rest]});
}

/** The first sizes of `x` as a vector of int64. */
function leadingSizes(x: OnnxTensor, count: number, to: OnnxBuilder): OnnxTensor {
  const sizes = shapeKnown(x).slice(0, count);
  if (!sizes.includes(null)) return to.ints(sizes as number[]);
  return to.op('Shape', [x], {end: count}, {dtype: 'int64', shape: [count]});
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
