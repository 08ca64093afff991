/**
 * Slices as ops of ONNX, which clamps bounds: where TensorFlow does not, what is taken is checked.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {entriesOf, integersOf} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {
  asTensor,
  type Dimension,
  dimensionOf,
  elementAt,
  elementsAsDimensions,
  FARTHEST,
  joined,
  minus,
  plus,
  reshapedKeeping,
  within,
} from './sizes.js';

/** What is taken along an axis. `to` before the first element is {@link BEFORE_ALL}. */
export interface AxisSlice {
  readonly axis: number;
  readonly from: Dimension;
  readonly to: Dimension;
  readonly step: number;
}

/** Where a slice that goes backwards ends, so that the first element is in it. */
export const BEFORE_ALL = -FARTHEST;

/** Takes a slice along some axes. */
export function sliced(x: OnnxTensor, parts: readonly AxisSlice[], to: OnnxBuilder): OnnxTensor {
  if (parts.length === 0) return x;
  const steps = parts.map(({step}) => step);
  return to.op('Slice', [
    x,
    joined(
      parts.map(({from}) => from),
      to,
    ),
    joined(
      parts.map((part) => part.to),
      to,
    ),
    to.ints(parts.map(({axis}) => axis)),
    ...(steps.every((step) => step === 1) ? [] : [to.ints(steps)]),
  ]);
}

/** What an entry of StridedSlice's operands says. */
type Entry =
  | {readonly kind: 'new'}
  | {readonly kind: 'rest'}
  | {readonly kind: 'index'; readonly axis: number; readonly entry: number}
  | {readonly kind: 'range'; readonly axis: number; readonly entry: number};

const has = (mask: number, i: number): boolean => ((mask >> i) & 1) === 1;

/** The entries in order. Axes after an ellipsis are counted from the back. */
function entriesFrom(count: number, {attrs}: OpNode): Entry[] {
  const [ellipsis, newAxis, shrinks] = ['ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((name) =>
    attrs.int(name),
  ) as [number, number, number];
  const all = Array.from({length: count}, (_, i) => i);
  const isAxis = (i: number) => !has(ellipsis, i) && !has(newAxis, i);
  let axis = 0;
  const entries = all.map((i): Entry => {
    if (has(ellipsis, i)) {
      axis = -all.filter((k) => k > i && isAxis(k)).length;
      return {kind: 'rest'};
    }
    if (has(newAxis, i)) return {kind: 'new'};
    return {kind: has(shrinks, i) ? 'index' : 'range', axis: axis++, entry: i};
  });
  return ellipsis === 0 ? [...entries, {kind: 'rest'}] : entries;
}

/** Bounds in the range of dimensions: the largest int64 is a common 'up to the end'. */
function boundsOf(x: OnnxTensor): readonly (number | null)[] | undefined {
  const known = integersOf(x) ?? entriesOf(x);
  return known?.map((bound) => bound && Math.min(Math.max(bound, BEFORE_ALL), FARTHEST));
}

const stridedSlice: Lower = ([x, begin, end, strides], node, to) => {
  const steps = boundsOf(strides!);
  const count = steps?.length ?? notLowered('it is not known how many axes are sliced');
  const [starts, ends] = [begin!, end!].map(
    (bounds) => boundsOf(bounds) ?? new Array<null>(count).fill(null),
  ) as [(number | null)[], (number | null)[]];
  const [beginMask, endMask] = [node.attrs.int('begin_mask'), node.attrs.int('end_mask')];
  const entries = entriesFrom(count, node);
  const bound = (known: (number | null)[], from: OnnxTensor, i: number): Dimension =>
    known[i] ?? elementAt(from, i, to);
  const stepAt = (i: number): number => steps![i] ?? notLowered('the strides are not known');
  const rank = x!.shape?.length;
  const sizeOf = (axis: number): number | null =>
    rank === undefined ? null : x!.shape![axis < 0 ? axis + rank : axis]!;

  const ranges = entries.flatMap((entry) => {
    if (entry.kind !== 'range') return [];
    const {axis, entry: i} = entry;
    const from = has(beginMask, i) ? undefined : bound(starts, begin!, i);
    const upTo = has(endMask, i) ? undefined : bound(ends, end!, i);
    return range(axis, {from, to: upTo, step: stepAt(i)}, sizeOf(axis));
  });
  const indices = entries.flatMap((entry) => {
    if (entry.kind !== 'index') return [];
    if (stepAt(entry.entry) <= 0) notLowered('TensorFlow refuses the stride');
    const at = bound(starts, begin!, entry.entry);
    return {axis: entry.axis, at};
  });
  const [first] = indices;
  const picked =
    indices.length === 1 && ranges.length === 0
      ? to.op('Gather', [x, scalarOf(first!.at, to)], {axis: first!.axis})
      : elementsOf(x!, ranges, indices, to);
  return to.unsqueeze(picked, newAxes(entries));
};

/** Where new axes stand in the result; those after an ellipsis are counted from the back. */
function newAxes(entries: readonly Entry[]): number[] {
  const kept = entries.filter(({kind}) => kind !== 'index');
  const rest = kept.findIndex(({kind}) => kind === 'rest');
  return kept.flatMap(({kind}, i) => (kind === 'new' ? [i < rest ? i : i - kept.length] : []));
}

function scalarOf(at: Dimension, to: OnnxBuilder): OnnxTensor {
  return typeof at === 'number' ? to.scalar('int64', at) : to.squeeze(at, [0]);
}

/** Ranges of some axes and single elements of others, whose axes disappear. */
function elementsOf(
  x: OnnxTensor,
  ranges: readonly AxisSlice[],
  indices: readonly {readonly axis: number; readonly at: Dimension}[],
  to: OnnxBuilder,
): OnnxTensor {
  const slices = indices.flatMap(({axis, at}): AxisSlice[] =>
    typeof at === 'number' ? [{axis, from: at, to: at === -1 ? FARTHEST : at + 1, step: 1}] : [],
  );
  const block = sliced(x, [...ranges, ...slices], to);
  const picked = indices.reduce(
    (from, {axis, at}) => (typeof at === 'number' ? from : to.op('Gather', [from, at], {axis})),
    block,
  );
  // An index that is out of range leaves no element, and an axis that cannot disappear.
  return to.squeeze(
    picked,
    indices.map(({axis}) => axis),
  );
}

interface Bounds {
  readonly from: Dimension | undefined;
  readonly to: Dimension | undefined;
  readonly step: number;
}

/** A range as ONNX says it; nothing where it is the whole axis. */
function range(axis: number, {from, to, step}: Bounds, size: number | null): AxisSlice[] {
  if (step === 0) notLowered('TensorFlow refuses the stride');
  const isAll = step === 1 && (from === undefined || from === 0) && (to === undefined || to === FARTHEST);
  if (isAll) return [];
  const known = size !== null && typeof from !== 'object' && typeof to !== 'object';
  if (known) return knownRange(axis, {from, to, step}, size);
  // TensorFlow finds nothing before the first element, where ONNX starts with that.
  const isSure = (from === undefined || (typeof from === 'number' && from >= -1)) && typeof to !== 'object';
  if (step < 0 && !isSure) notLowered('it goes backwards between places that are not known');
  return [
    {
      axis,
      from: from ?? (step > 0 ? 0 : FARTHEST),
      to: to ?? (step > 0 ? FARTHEST : BEFORE_ALL),
      step,
    },
  ];
}

function knownRange(axis: number, {from, to, step}: Bounds, size: number): AxisSlice[] {
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const clamped = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, lowest), highest);
  const first = from === undefined ? (step > 0 ? 0 : size - 1) : clamped(from as number);
  const last = to === undefined ? (step > 0 ? size : -1) : clamped(to as number);
  if ((last - first) / step <= 0) return [{axis, from: 0, to: 0, step: 1}];
  if (step === 1 && first === 0 && last === size) return [];
  return [{axis, from: first, to: last < 0 ? BEFORE_ALL : last, step}];
}

/** Slices that must lie within the tensor. */
const slice: Lower = ([x, begin, size], _node, to) => {
  const [starts, sizes] = [elementsAsDimensions(begin!, to), elementsAsDimensions(size!, to)];
  const checks = starts.map((): Dimension => 0);
  const parts = starts.flatMap((from, axis): AxisSlice[] => {
    const count = sizes[axis]!;
    const known = x!.shape?.[axis] ?? null;
    if (from === 0 && (count === -1 || count === known)) return [];
    if (typeof from === 'number' && typeof count === 'number' && known !== null)
      return [{axis, from, to: count === -1 ? known : from + count, step: 1}];
    const dim = dimensionOf(x!, axis, to);
    if (typeof count === 'number') {
      const start = from === 0 ? from : within(from, count > 0 ? minus(dim, count, to) : dim, to);
      if (from === 0 && count > 0) checks[axis] = count;
      return [{axis, from: start, to: count === -1 ? FARTHEST : plus(start, count, to), step: 1}];
    }
    const start = from === 0 ? from : within(from, dim, to);
    const isRest = to.op('Equal', [count, to.ints([-1])], {}, {dtype: 'bool', shape: [1]});
    const rest = asTensor(minus(dim, start, to), to);
    const wanted = to.op('Where', [isRest, rest, count], {}, {shape: [1]});
    checks[axis] = wanted;
    return [{axis, from: start, to: plus(start, wanted, to), step: 1}];
  });
  const taken = sliced(x!, parts, to);
  return checks.every((check) => check === 0) ? taken : reshapedKeeping(taken, checks, to);
};

/** Ops that take slices. */
export const sliceRules: LowerTable = {
  StridedSlice: stridedSlice,
  Slice: slice,
};
