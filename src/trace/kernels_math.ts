/**
 * Elementwise kernels, products of matrices, and complex numbers as TensorFlow ops.
 *
 * @module
 */

import type {Operand} from '../graph/builder.js';
import type {DType} from '../host/dtypes.js';
import type {TracedTensor} from './dims.js';
import type {KernelCall, KernelRule, KernelRules} from './kernel_call.js';
import {mergeLists, rankOf, type Size} from './varying.js';

/** Ops of one input that have the same name in TensorFlow. */
const UNARY = [
  ...[
    'Abs',
    'Acos',
    'Acosh',
    'Asin',
    'Asinh',
    'Atan',
    'Atanh',
    'Ceil',
    'Cos',
    'Cosh',
    'Elu',
    'Erf',
    'Exp',
    'Expm1',
  ],
  ...[
    'Floor',
    'IsFinite',
    'IsInf',
    'IsNan',
    'Log',
    'Log1p',
    'LogicalNot',
    'Neg',
    'OnesLike',
    'Reciprocal',
    'Relu',
  ],
  ...[
    'Relu6',
    'Round',
    'Rsqrt',
    'Selu',
    'Sigmoid',
    'Sign',
    'Sin',
    'Sinh',
    'Softplus',
    'Sqrt',
    'Square',
    'Tan',
  ],
  ...['Tanh', 'ZerosLike'],
];

/** Ops of two inputs by the kernel's name. */
const BINARY: Readonly<Record<string, string>> = {
  Add: 'AddV2',
  Atan2: 'Atan2',
  BitwiseAnd: 'BitwiseAnd',
  Equal: 'Equal',
  FloorDiv: 'FloorDiv',
  Greater: 'Greater',
  GreaterEqual: 'GreaterEqual',
  Less: 'Less',
  LessEqual: 'LessEqual',
  LogicalAnd: 'LogicalAnd',
  LogicalOr: 'LogicalOr',
  LogicalXor: 'NotEqual',
  Maximum: 'Maximum',
  Minimum: 'Minimum',
  Mod: 'FloorMod',
  Multiply: 'Mul',
  NotEqual: 'NotEqual',
  Pow: 'Pow',
  RealDiv: 'RealDiv',
  SquaredDifference: 'SquaredDifference',
  Sub: 'Sub',
};

const unary =
  (op: string): KernelRule =>
  (call) =>
    call.coerced(op, [call.in('x')]);

const binary =
  (op: string): KernelRule =>
  (call) =>
    call.coerced(op, [call.in('a'), call.in('b')]);

/** `x` where it is positive, else `alpha * x`. */
const prelu: KernelRule = (call) => {
  const {graph} = call;
  const [x, alpha] = [call.in('x'), call.in('alpha')];
  const scaled = graph.op('Mul', [alpha, x]);
  return graph.op('SelectV2', [graph.op('Less', [x, graph.scalar(x.dtype, 0)]), scaled, x]);
};

/** 1 where `x` is positive, else `alpha`; what is no number stays. */
const step: KernelRule = (call) => {
  const {graph, dtype} = call;
  const x = graph.cast(call.in('x'), 'float32');
  const positive = graph.op('Greater', [x, graph.scalar('float32', 0)]);
  const steps = graph.op('SelectV2', [
    positive,
    graph.scalar('float32', 1),
    call.real(alphaOf(call), 'float32'),
  ]);
  return graph.cast(graph.op('SelectV2', [graph.op('IsNan', [x]), x, steps]), dtype);
};

const alphaOf = (call: KernelCall): Size => (call.attr('alpha') ?? 0) as Size;

const clip: KernelRule = (call) => {
  const x = call.in('x');
  const bound = (name: string) => call.real(call.attr(name) as Size, x.dtype);
  return call.op('ClipByValue', [x, bound('clipValueMin'), bound('clipValueMax')]);
};

const matMul: KernelRule = (call) => matrixProduct(call, (product) => product);

/**
 * The product of matrices, or of batches of them. tfjs makes batches of one of what were matrices; they are multiplied as
 * the matrices they were.
 *
 * @param then - what becomes of the product
 */
export function matrixProduct(call: KernelCall, then: (product: Operand) => Operand): Operand {
  const [transposeA, transposeB] = [call.bool('transposeA'), call.bool('transposeB')];
  const [a, b] = [call.tensor('a'), call.tensor('b')];
  if (![a, b].every(isMatrix)) {
    const attrs = {adj_x: transposeA, adj_y: transposeB};
    return then(call.coerced('BatchMatMulV2', [a.operand, b.operand], attrs));
  }
  const operands = [a, b].map((each) => matrixOf(call, each));
  const attrs = {transpose_a: transposeA, transpose_b: transposeB};
  const product = then(call.coerced('MatMul', operands, attrs));
  const {shapes} = call.outputs[0]!;
  if (shapes.every((shape) => shape.length === 2)) return product;
  // What follows undoes this, and then it is left out.
  call.know(product, withoutFirst(shapes));
  const [, rows, columns] = call.outputShape() as readonly [Size, Size, Size];
  return call.op('Reshape', [product, call.vector([1, typeof rows === 'number' ? rows : -1, columns])]);
}

const withoutFirst = (shapes: TracedTensor['shapes']) => shapes.map((shape) => shape.slice(1));

/** True for a matrix, and for one that tfjs has made a batch of one. */
function isMatrix({shapes, operand}: TracedTensor): boolean {
  return shapes.every(
    (shape) => shape.length === 2 || (shape.length === 3 && shape[0] === 1 && operand.node.op === 'Reshape'),
  );
}

/** The matrix itself. */
function matrixOf(call: KernelCall, tensor: TracedTensor): Operand {
  if (rankOf(tensor) === 2) return tensor.operand;
  const source = call.unshaped(tensor);
  const shapes = withoutFirst(tensor.shapes);
  if (JSON.stringify(source.shapes) === JSON.stringify(shapes)) return source.operand;
  const [rows, columns] = mergeLists(shapes) as readonly [Size, Size];
  const known = typeof columns === 'number';
  const shape = known ? [typeof rows === 'number' ? rows : -1, columns] : [rows, -1];
  return call.know(call.op('Reshape', [source.operand, call.vector(shape)]), shapes).operand;
}

const complexAbs: KernelRule = (call) => call.op('ComplexAbs', [call.in('x')], {Tout: 'float32'});

const part =
  (op: string): KernelRule =>
  (call) =>
    call.op(op, [call.in('input')], {Tout: 'float32'});

/** Elementwise kernels, products, complex numbers. */
export const mathKernels: KernelRules = {
  ...Object.fromEntries(UNARY.map((op) => [op, unary(op)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([kernel, op]) => [kernel, binary(op)])),
  AddN: (call) => call.op('AddN', [call.list().map(({operand}) => operand)]),
  BatchMatMul: matMul,
  Cast: (call) => call.graph.cast(call.in('x'), call.string('dtype') as DType),
  ClipByValue: clip,
  Complex: (call) => call.op('Complex', [call.in('real'), call.in('imag')], {Tout: 'complex64'}),
  ComplexAbs: complexAbs,
  Einsum: (call) =>
    call.op('Einsum', [call.list().map(({operand}) => operand)], {equation: call.string('equation')}),
  EluGrad: (call) => call.op('EluGrad', [call.in('dy'), call.in('y')]),
  FFT: (call) => call.op('FFT', [call.in('input')]),
  IFFT: (call) => call.op('IFFT', [call.in('input')]),
  Identity: (call) => call.in('x'),
  Imag: part('Imag'),
  LeakyRelu: (call) => call.coerced('LeakyRelu', [call.in('x')], {alpha: call.number('alpha')}),
  Prelu: prelu,
  Real: part('Real'),
  Select: (call) => call.op('SelectV2', [call.in('condition'), call.in('t'), call.in('e')]),
  Step: step,
};
