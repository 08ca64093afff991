/**
 * Shapes of elementwise results. Sizes are computed with some of these ops, so that elements are followed through them.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {
  elementOf,
  elementsOf,
  SCALAR,
  shapeFrom,
  UNKNOWN,
  vectorOf,
  withElements,
} from '../../graph/known.js';
import {dtypeInfo} from '../../host/dtypes.js';
import {broadcastShapes, formatShape, isKnown, type PartialShape, partialSizeOf} from '../../host/shape.js';
import {
  broadcastOrThrow,
  broadcasts,
  combined,
  forAll,
  held,
  mergeOrThrow,
  oneShape,
  shapeOfInput,
} from '../infer_rules.js';
import {invalid} from '../node.js';
import {reducedAxes} from './plan.js';

/** A function of two integers, element by element. */
const arithmetic =
  (f: (a: number, b: number) => number): Infer =>
  ([x, y], node) => [combined([x!, y!], broadcastOrThrow(x!.shape, y!.shape, node), f)];

/** Whether something is true of two integers, element by element. */
const comparison = (holds: (a: number, b: number) => boolean): Infer =>
  arithmetic((a, b) => Number(holds(a, b)));

/** A function of an integer, element by element. */
const mapped =
  (f: (a: number) => number): Infer =>
  ([x]) => [
    withElements(
      x!.shape,
      elementsOf(x!)?.map((element) => (element === null ? null : held(f(element), x!.dtype))),
    ),
  ];

/** Condition and operands have one shape, or the condition is a scalar, or a vector that picks rows. */
const selectRows: Infer = ([condition, x, y], node) => {
  const shape = mergeOrThrow(x!.shape, y!.shape, node);
  const rank = condition!.shape?.length;
  return [{shape: rank === undefined || rank <= 1 ? shape : mergeOrThrow(shape, condition!.shape, node)}];
};

const selectBroadcast: Infer = ([condition, x, y], node) => {
  const shape = broadcastOrThrow(broadcastOrThrow(condition!.shape, x!.shape, node), y!.shape, node);
  const choice = elementOf(condition);
  const elements = choice === undefined ? undefined : elementsOf(choice === 0 ? y! : x!);
  // One that the condition, or the other value, stretches has more elements.
  return [partialSizeOf(shape) === elements?.length ? withElements(shape, elements) : {shape}];
};

const cast: Infer = ([x], {attrs}) => {
  const to = attrs.dtype('DstT');
  const isExact = to === 'int32' || to === 'int64';
  if (!isExact) return [{shape: x!.shape}];
  return [
    withElements(
      x!.shape,
      elementsOf(x!)?.map((element) => held(element, to)),
    ),
  ];
};

/** A narrower dtype adds a dimension that counts its elements, a wider one takes it away. */
const bitcast: Infer = ([x], node) => {
  const {shape} = x!;
  const [from, to] = [dtypeInfo(x!.dtype).bytes, dtypeInfo(node.attrs.dtype('type')).bytes];
  if (shape === null || from === to) return [{shape}];
  if (from > to) return [{shape: [...shape, from / to]}];
  const last = shape.at(-1);
  if (last === undefined || (last !== null && last !== to / from)) {
    throw invalid(node, `the last dimension of ${formatShape(shape)} must be ${to / from}`);
  }
  return [{shape: shape.slice(0, -1)}];
};

/** Shapes that do not broadcast are not equal, if the node says that this is no error. */
const equality =
  (isEqual: boolean): Infer =>
  (inputs, node, functions) => {
    const [a, b] = inputs.map(({shape}) => shape) as [PartialShape, PartialShape];
    const canFail = !node.attrs.bool('incompatible_shape_error') && a?.length !== 0 && b?.length !== 0;
    if (canFail && !(isKnown(a) && isKnown(b))) return [UNKNOWN];
    if (canFail && broadcastShapes(a!, b!) === undefined) return [SCALAR];
    return comparison((x, y) => (x === y) === isEqual)(inputs, node, functions);
  };

const broadcastGradientArgs: Infer = (shapes, node) => {
  const [a, b] = shapes.map(shapeFrom) as [PartialShape, PartialShape];
  return isKnown(a) && isKnown(b)
    ? reducedAxes(a, b, node).map(vectorOf)
    : [{shape: [null]}, {shape: [null]}];
};

export const infer: InferTable = {
  ...forAll(shapeOfInput(), [
    ...['Sign', 'Square', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Inv', 'Exp', 'Expm1', 'Log', 'Log1p', 'Sigmoid'],
    ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Tanh', 'Asinh', 'Acosh', 'Atanh'],
    ...['Erf', 'Erfc', 'Erfinv', 'Ndtri', 'Lgamma', 'Digamma', 'Floor', 'Ceil', 'Round', 'Rint', 'Conj'],
    ...['Invert', 'PopulationCount', 'IsNan', 'IsInf', 'IsFinite', 'Bucketize'],
    ...['Real', 'Imag', 'ComplexAbs', 'Angle'],
  ]),
  ...forAll(broadcasts, [
    ...[
      'MulNoNan',
      'RealDiv',
      'DivNoNan',
      'SquaredDifference',
      'Pow',
      'Atan2',
      'NextAfter',
      'Xdivy',
      'Xlogy',
    ],
    ...['Xlog1py', 'Polygamma', 'Zeta', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'LeftShift', 'RightShift'],
    'Complex',
  ]),
  ...forAll(oneShape, ['AddN', 'AccumulateNV2', 'ApproximateEqual']),
  ...forAll(oneShape, ['SigmoidGrad', 'TanhGrad', 'SqrtGrad', 'RsqrtGrad', 'ReciprocalGrad', 'InvGrad']),
  Neg: mapped((a) => -a),
  Abs: mapped(Math.abs),
  Add: arithmetic((a, b) => a + b),
  AddV2: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic((a, b) => Math.trunc(a / b)),
  FloorDiv: arithmetic((a, b) => Math.floor(a / b)),
  TruncateDiv: arithmetic((a, b) => Math.trunc(a / b)),
  FloorMod: arithmetic((a, b) => a - b * Math.floor(a / b)),
  TruncateMod: arithmetic((a, b) => a % b),
  Mod: arithmetic((a, b) => a % b),
  Maximum: arithmetic(Math.max),
  Minimum: arithmetic(Math.min),
  Equal: equality(true),
  NotEqual: equality(false),
  Less: comparison((a, b) => a < b),
  LessEqual: comparison((a, b) => a <= b),
  Greater: comparison((a, b) => a > b),
  GreaterEqual: comparison((a, b) => a >= b),
  LogicalAnd: arithmetic((a, b) => a & b),
  LogicalOr: arithmetic((a, b) => a | b),
  LogicalNot: mapped((a) => 1 - a),
  Select: selectRows,
  SelectV2: selectBroadcast,
  // Limits are scalars, or shaped like what is clipped.
  ClipByValue: shapeOfInput(),
  BoostedTreesBucketize: (inputs) => inputs.slice(0, inputs.length / 2).map(({shape}) => ({shape})),
  BroadcastGradientArgs: broadcastGradientArgs,
  Cast: cast,
  Bitcast: bitcast,
};
