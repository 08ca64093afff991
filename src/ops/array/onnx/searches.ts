/**
 * Counting, and finding elements and their places, as ops of ONNX.
 *
 * @module
 */

import {allElementsOf, elementOf} from '../../../graph/known.js';
import {type DType, dtypeInfo, isFloating, isInteger} from '../../../host/dtypes.js';
import {allocate} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {forAll, onlyFor, rankOf, shapeKnown, truncated} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {resolveAxis} from '../../node.js';
import {uniqueAxis} from '../plan.js';
import {selected} from './unwrapped.js';

/** Numbers that are counted before anything runs. */
const LARGEST_CONSTANT = 2 ** 20;

/** Larger steps may leave the range of numbers before there are too many of them for any memory. */
const LARGEST_STEP = 16;

/** Numbers from one up to another. A step of 0, with which the session fails, stands for what leads nowhere. */
const range: Lower = (inputs, _node, to) => {
  const [start, limit, delta] = inputs as readonly [OnnxTensor, OnnxTensor, OnnxTensor];
  onlyFor(start, 'int32', 'int64', 'float32', 'float64');
  if (isFloating(start.dtype)) return floatRange(start, limit, delta, to);
  const [from, end, step] = inputs.map(elementOf);
  if (step === undefined || step === 0 || Math.abs(step) > LARGEST_STEP)
    notLowered('the step is not known, or large');
  const numbers = (by: OnnxTensor) => {
    if (start.dtype === 'int32' || from !== undefined) return to.op('Range', [start, limit, by]);
    // Numbers are counted in float64: the way between two of them is small, what they are may not be.
    const way = to.op('Sub', [limit, start]);
    return to.op('Add', [to.op('Range', [to.scalar('int64', 0), way, by]), start]);
  };
  if (from !== undefined && end !== undefined) return numbers(delta);
  const [low, high] = step! > 0 ? [start, limit] : [limit, start];
  const isBad = to.op('Less', [high, low], {}, {dtype: 'bool', shape: []});
  return numbers(to.op('Where', [isBad, to.scalar(start.dtype, 0), to.scalar(start.dtype, step!)]));
};

/** ONNX Runtime adds up steps, where TensorFlow multiplies: so the steps are counted. */
function floatRange(start: OnnxTensor, limit: OnnxTensor, delta: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const step = Number((delta.value?.data as Float32Array | undefined)?.[0] ?? Number.NaN);
  if (!(Math.abs(step) > 0)) notLowered('the step is not known');
  const way = to.op('Sub', [limit, start]);
  const count = truncated(to.op('Ceil', [to.op('Abs', [to.op('Div', [way, delta])])]), 'int64', to);
  const [low, high] = step > 0 ? [start, limit] : [limit, start];
  // No comparison holds for NaN; what is infinite has a count below 0.
  const leads = to.op('LessOrEqual', [low, high], {}, {dtype: 'bool'});
  const zero = to.scalar('int64', 0);
  const ends = to.op('LessOrEqual', [zero, count], {}, {dtype: 'bool'});
  const by = to.cast(to.op('And', [leads, ends]), 'int64');
  const places = to.cast(to.op('Range', [zero, count, by]), start.dtype);
  return to.op('Add', [to.op('Mul', [places, delta]), start]);
}

/** `count` floats that are `step` apart, the last of which is given. */
const linSpace: Lower = ([start, stop, num], _node, to) => {
  const {dtype} = start!;
  onlyFor(start!, 'float32', 'float64');
  const count = elementOf(num) ?? notLowered('it is not known how many numbers there are');
  if (count < 1 || count > LARGEST_CONSTANT) notLowered(`there are ${count} numbers`);
  if (count === 1) return to.reshape(start!, [1]);
  const step = to.op('Div', [to.op('Sub', [stop, start]), to.scalar(dtype, count - 1)]);
  const places = to.vector(
    dtype,
    Array.from({length: count - 1}, (_, i) => i),
  );
  const numbers = to.op('Add', [to.op('Mul', [places, step]), start]);
  return to.op('Concat', [numbers, to.reshape(stop!, [1])], {axis: 0});
};

/** Indices compared with all numbers up to `depth`: no index wraps, and one that is out of range is equal to none. */
const oneHot: Lower = ([indices, depth, on, off], node, to) => {
  const count = elementOf(depth) ?? notLowered('the depth is not known');
  if (count > LARGEST_CONSTANT) notLowered('the depth is large');
  const axis = node.attrs.int('axis');
  const at = axis === -1 ? -1 : resolveAxis(axis, rankOf(indices!) + 1, node);
  const after = at === -1 ? 0 : rankOf(indices!) - at;
  const dtype: DType = indices!.dtype === 'int64' ? 'int64' : 'int32';
  const data = allocate(dtype, count);
  for (let i = 0; i < count; i++) data[i] = (dtype === 'int64' ? BigInt(i) : i) as never;
  const places = to.constant({dtype, shape: [count, ...new Array<number>(after).fill(1)], data});
  const isHot = to.op('Equal', [to.unsqueeze(to.cast(indices!, dtype), [at]), places], {}, {dtype: 'bool'});
  const [yes, no] = [on!, off!].map(({value}) => value && Number((value.data as Float32Array)[0]));
  if (yes === 1 && no === 0) return to.cast(isHot, on!.dtype);
  return selected(isHot, on!, off!, to);
};

/** The coordinates of what is not zero. */
const where: Lower = ([condition], _node, to) => {
  if (rankOf(condition!) === 0) notLowered('TensorFlow refuses a scalar');
  const found = to.op('NonZero', [to.cast(condition!, 'bool')], {}, {dtype: 'int64'});
  return to.transpose(found, [1, 0]);
};

/** Distinct elements, or slices, in the order in which they occur first; where each occurs, and how often. */
const uniqueAlong =
  (axisOf: (inputs: readonly OnnxTensor[], node: Parameters<Lower>[1]) => number): Lower =>
  (inputs, node, to) => {
    const [x] = inputs as [OnnxTensor];
    // NaN is not equal to itself, and ONNX Runtime has it once all the same.
    if (isFloating(x.dtype) || x.dtype === 'bool') notLowered(`it is computed in ${x.dtype}`);
    const rank = rankOf(x);
    const axis = axisOf(inputs, node);
    const attrs = {sorted: 0, ...(rank > 1 && {axis})};
    const whole: OnnxTensor[] = to.ops('Unique', [x], attrs, [
      {},
      null,
      {dtype: 'int64'},
      to.results.length > 2 ? {dtype: 'int64'} : null,
    ]);
    const dtype = node.attrs.dtype('out_idx');
    const [values, , places, counts] = whole as [OnnxTensor, undefined, OnnxTensor, OnnxTensor | undefined];
    return [values, to.cast(places, dtype), ...(counts === undefined ? [] : [to.cast(counts, dtype)])];
  };

const ofVector = uniqueAlong(([x]) => {
  if (rankOf(x!) !== 1) notLowered('TensorFlow refuses what is no vector');
  return 0;
});

const ofAxis = uniqueAlong(([x, axis], node) =>
  uniqueAxis(shapeKnown(x!), allElementsOf(axis) ?? notLowered('the axis is not known'), node),
);

/** Longer rows are better searched than counted. */
const COUNTED_LENGTH = 256;

/** How many elements of a row lie before a value, which is its place if the row is sorted. */
const bound =
  (isBefore: (row: OnnxTensor, values: OnnxTensor, to: OnnxBuilder) => OnnxTensor): Lower =>
  ([sorted, values], {attrs}, to) => {
    const length = sorted!.shape?.[1] ?? null;
    if (!isSorted(sorted!)) notLowered('it is not known that the rows are sorted');
    if (length === null || length > COUNTED_LENGTH) notLowered('the rows are long');
    const rows = to.unsqueeze(sorted!, [1]);
    const counted = to.cast(isBefore(rows, to.unsqueeze(values!, [2]), to), 'int32');
    const places = to.op('ReduceSum', [counted, to.ints([2])], {keepdims: 0});
    return to.cast(places, attrs.dtype('out_type'));
  };

/** True for a constant of which each row is sorted, and which broadcasting does not stretch. */
function isSorted({value}: OnnxTensor): boolean {
  if (value === undefined || value.shape.length !== 2 || dtypeInfo(value.dtype).array === undefined)
    return false;
  const length = value.shape[1]!;
  const data = value.data as Float64Array;
  return data.every((element, i) => i % length === 0 || data[i - 1]! <= element);
}

const isLess = (a: OnnxTensor, b: OnnxTensor, to: OnnxBuilder): OnnxTensor =>
  to.op('Less', [a, b], {}, {dtype: 'bool'});

/** The same number as another dtype. */
const cast: Lower = ([x], {attrs}, to) => {
  const target = attrs.dtype('DstT');
  if (x!.dtype === target) return x!;
  if (attrs.bool('Truncate')) notLowered('Truncate is set');
  if (!isFloating(x!.dtype) || !isInteger(target)) return to.cast(x!, target);
  if (target === 'uint64') notLowered('ONNX Runtime converts infinity differently');
  return truncated(x!, target, to);
};

/** Ops that count, and that find elements. */
export const searchRules: LowerTable = {
  Cast: cast,
  Range: range,
  LinSpace: linSpace,
  OneHot: oneHot,
  Where: where,
  ...forAll(ofVector, ['Unique', 'UniqueWithCounts']),
  ...forAll(ofAxis, ['UniqueV2', 'UniqueWithCountsV2']),
  LowerBound: bound(isLess),
  UpperBound: bound((row, values, to) => to.op('Not', [isLess(values, row, to)])),
};
