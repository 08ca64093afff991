/**
 * Reductions over axes as ops of ONNX.
 *
 * @module
 */

import {allElementsOf} from '../../../graph/known.js';
import {dtypeInfo, isFloating} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {extremum, onlyForFloats, truth} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {reductionPlan} from '../plan.js';

/** What is reduced, and how. */
interface Reduced {
  readonly x: OnnxTensor;
  readonly axes: readonly number[];
  readonly keepsAxes: boolean;
  readonly to: OnnxBuilder;
}

/** A reduction of at least one axis; of none, each element is reduced by itself. */
function reduction(
  compute: (reduced: Reduced) => OnnxTensor,
  ofNoAxes: (x: OnnxTensor, to: OnnxBuilder) => OnnxTensor = (x) => x,
): Lower {
  return ([x, axes], {attrs}, to) => {
    const given = allElementsOf(axes) ?? notLowered('the axes are not known');
    const areAlike =
      given.every((axis) => axis < 0 === given[0]! < 0) && new Set(given).size === given.length;
    if (x!.shape === null && !areAlike) notLowered('it is not known whether an axis is given twice');
    if (given.length === 0) return ofNoAxes(x!, to);
    return compute({x: x!, axes: given, keepsAxes: attrs.bool('keep_dims'), to});
  };
}

function reduced(op: string, {x, axes, keepsAxes, to}: Reduced): OnnxTensor {
  return to.op(op, [x, to.ints(axes)], {keepdims: Number(keepsAxes)});
}

/** ONNX Runtime finds a NaN in some places only: a sum of magnitudes has one wherever it is. */
const extreme = (isLargest: boolean): Lower =>
  reduction((what) => {
    const {x, to} = what;
    if (x.dtype === 'int64' || x.dtype === 'uint32') return extremeLong(isLargest, what);
    const result = reduced(isLargest ? 'ReduceMax' : 'ReduceMin', what);
    if (!isFloating(x.dtype)) return result;
    const magnitude = reduced('ReduceL1', what);
    return to.op('Where', [truth('IsNaN', [magnitude], to), magnitude, result]);
  });

/** ONNX Runtime's reductions look at the lower halves of int64 as if they had signs, its TopK does not. */
function extremeLong(isLargest: boolean, {x, axes, keepsAxes, to}: Reduced): OnnxTensor {
  const extremes = axes.reduce(
    (left, axis) =>
      to.ops('TopK', [left, to.ints([1])], {axis, largest: Number(isLargest)}, [{}, {dtype: 'int64'}])[0]!,
    x,
  );
  return keepsAxes ? extremes : to.squeeze(extremes, axes);
}

/** Axes counted from the front, in ascending order; undefined where the rank is not known. */
function resolved({shape}: OnnxTensor, axes: readonly number[]): number[] | undefined {
  if (shape === null) return undefined;
  return axes.map((axis) => (axis < 0 ? axis + shape.length : axis)).sort((a, b) => a - b);
}

/** True for all axes between the first one and the last one of an image or a volume. */
function areSpatial(x: OnnxTensor, axes: readonly number[] | undefined): boolean {
  const rank = x.shape?.length ?? 0;
  return (rank === 4 || rank === 5) && axes?.length === rank - 2 && axes.every((axis, i) => axis === i + 1);
}

/** Pools with the channels first, where the transposition cancels that of the convolution before. */
function globalPool({x, keepsAxes, to}: Reduced): OnnxTensor {
  const rank = x.shape!.length;
  const spatial = Array.from({length: rank - 2}, (_, i) => i + 1);
  const pooled = to.op('GlobalAveragePool', [to.transpose(x, [0, rank - 1, ...spatial])]);
  if (!keepsAxes)
    return to.squeeze(
      pooled,
      spatial.map((axis) => axis + 1),
    );
  return to.op('Transpose', [pooled], {perm: [0, ...spatial.map((axis) => axis + 1), 1]});
}

/** Integers of 32 bits have sums below 2 ** 53 up to this many of them; of those with less bits there are never enough. */
const MOST_TERMS = 2 ** 21;

/**
 * Sums of integers in int64, which wrap. ONNX Runtime sums in float64: where that may be inexact, the last one of running sums is taken,
 * which takes longer.
 */
function integerSum(what: Reduced): OnnxTensor {
  const {x, axes, keepsAxes, to} = what;
  const {bytes} = dtypeInfo(x.dtype);
  if (bytes > 4 && x.dtype !== 'int64') notLowered(`it is computed in ${x.dtype}`);
  const wide = to.cast(x, 'int64');
  const terms = axes.map((axis) => x.shape?.at(axis) ?? Number.POSITIVE_INFINITY).reduce((a, b) => a * b);
  if (bytes < 4 || (bytes === 4 && terms <= MOST_TERMS)) return reduced('ReduceSum', {...what, x: wide});
  const sums = axes.reduce((sum, axis) => {
    const running = to.op('CumSum', [sum, to.scalar('int64', axis)]);
    return to.op('Gather', [running, to.ints([-1])], {axis});
  }, wide);
  return keepsAxes ? sums : to.squeeze(sums, axes);
}

const sum = reduction((what) =>
  isFloating(what.x.dtype) ? reduced('ReduceSum', what) : what.to.cast(integerSum(what), what.x.dtype),
);

/** The mean of integers is summed in int64 and truncated. */
function integerMean(what: Reduced, known: number | null): OnnxTensor {
  const {x, axes, to} = what;
  const count = known ? to.scalar('int64', known) : countOf(x, axes, to);
  return to.cast(to.op('Div', [integerSum(what), count]), x.dtype);
}

/** How many elements are folded into one, at least 1: a division by 0 would end the process. */
function countOf(x: OnnxTensor, axes: readonly number[], to: OnnxBuilder): OnnxTensor {
  const sizes = to.op('Gather', [to.shapeOf(x), to.ints(axes)]);
  return extremum('Max', to.op('ReduceProd', [sizes], {keepdims: 0}), to.scalar('int64', 1), to);
}

const mean: Lower = (inputs, node, to) =>
  reduction((what) => {
    const {x, axes} = what;
    if (!isFloating(x.dtype)) return integerMean(what, x.shape && reductionPlan(x.shape, axes, node).count);
    if (x.dtype === 'float32' && areSpatial(x, resolved(x, axes))) return globalPool(what);
    return reduced('ReduceMean', what);
  })(inputs, node, to);

/** Products of integers are multiplied out along axes of up to this many elements. */
const MOST_FACTORS = 64;

/** ONNX Runtime multiplies integers in float64, which does not wrap. */
function integerProduct({x, axes, keepsAxes, to}: Reduced): OnnxTensor {
  const order = resolved(x, axes) ?? notLowered('a rank is not known');
  let product = x;
  for (const axis of order) {
    const size = x.shape![axis]!;
    if (size === null || size === 0 || size > MOST_FACTORS)
      notLowered('it is not known how many integers there are, or there are many');
    if (size === 1) continue;
    const parts = to.ops('Split', [product], {axis, num_outputs: size!}, new Array(size!).fill({}));
    product = parts.reduce((left, right) => to.op('Mul', [left, right]));
  }
  return keepsAxes ? product : to.squeeze(product, order);
}

const product = reduction((what) =>
  isFloating(what.x.dtype) ? reduced('ReduceProd', what) : integerProduct(what),
);

/** Floats only: ONNX Runtime has no square roots of integers. */
const euclideanNorm = reduction(
  (what) => {
    onlyForFloats(what.x);
    return reduced('ReduceL2', what);
  },
  (x, to) => to.op('Abs', [x]),
);

const logic = (op: string): Lower => reduction((what) => reduced(op, what));

const l2Loss: Lower = ([x], _node, to) => {
  onlyForFloats(x!);
  return to.op('Mul', [to.op('ReduceSumSquare', [x], {keepdims: 0}), to.scalar(x!.dtype, 0.5)]);
};

export const reductions: LowerTable = {
  Sum: sum,
  Mean: mean,
  Max: extreme(true),
  Min: extreme(false),
  Prod: product,
  All: logic('ReduceMin'),
  Any: logic('ReduceMax'),
  EuclideanNorm: euclideanNorm,
  L2Loss: l2Loss,
};
