/**
 * Products of matrices, and of batches of them.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import * as complex from '../../../algorithms/complex.js';
import {type DType, isBigInt, isFloating, lanes, type NumericArray} from '../../../host/dtypes.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import * as parts from '../../../tensors/complex_tensors.js';
import {broadcastTensor} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {stridedPositions} from '../../../tensors/rearrange.js';
import {type ComplexParts, preferHost, Value} from '../../../tensors/value.js';
import {reshape, runKernel} from '../../../tfjs/kernels.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {castValue} from '../../math/kernels/cast.js';
import {invalid} from '../../node.js';
import {
  batchOrientations,
  matMulOrientations,
  type Orientation,
  type ProductPlan,
  productPlan,
} from '../plan.js';

interface Product {
  readonly x: Value;
  readonly y: Value;
  readonly orientX: Orientation;
  readonly orientY: Orientation;
  readonly dtype: DType;
}

/** Multiplies the last two dimensions, broadcasts the others. */
export function multiplyMatrices(product: Product, ctx: KernelContext): Value {
  const {x, y, dtype} = product;
  const plan = productPlan(x.shape, y.shape, [product.orientX, product.orientY], ctx);
  const {depth, shape} = plan;
  if (sizeOf(shape) === 0 || depth === 0) return Value.host(dtype, shape, allocate(dtype, sizeOf(shape)));
  if (isFloating(x.dtype) && isFloating(y.dtype) && !preferHost(x, y)) {
    const {orientX, orientY} = product;
    const tensor = multiplyTensors(x.tensor(), y.tensor(), orientX.transposed, orientY.transposed);
    return fromTensor(tensor, dtype);
  }
  if (x.parts !== undefined || y.parts !== undefined) return multiplyParts(product);
  return Value.host(dtype, shape, multiplyOnHost(product, plan));
}

/** The product of complex matrices on a gradient tape. */
function multiplyParts({x, y, orientX, orientY, dtype}: Product): Value {
  const partsIn = (value: Value, {conjugated}: Orientation): ComplexParts =>
    conjugated ? parts.conj(parts.partsOf(value)) : parts.partsOf(value);
  const [a, b] = partsIn(x, orientX);
  const [c, d] = partsIn(y, orientY);
  const multiply = (left: tf.Tensor, right: tf.Tensor) =>
    multiplyTensors(left, right, orientX.transposed, orientY.transposed);
  const real = tf.sub(multiply(a, c), multiply(b, d));
  return parts.fromParts([real, tf.add(multiply(a, d), multiply(b, c))], dtype);
}

/** The product of float tensors of any rank from 2 on, differentiable: tfjs's gradient knows no broadcasting. */
export function multiplyTensors(
  x: tf.Tensor,
  y: tf.Tensor,
  transposeX = false,
  transposeY = false,
): tf.Tensor {
  if (x.rank === 2 && y.rank === 2) return matMulTensors(x, y, transposeX, transposeY);
  const matrixX = x.shape.slice(-2);
  const matrixY = y.shape.slice(-2);
  const columns = matrixY[transposeY ? 0 : 1]!;
  if (y.rank === 2 && !transposeX) {
    // One matrix for the whole batch: all rows go into one product.
    const flat = matMulTensors(reshape(x, [-1, matrixX[1]!]), y, false, transposeY);
    return reshape(flat, [...x.shape.slice(0, -1), columns]);
  }
  const [batchX, batchY] = [x.shape.slice(0, -2), y.shape.slice(0, -2)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchX, batchY);
  const stack = (t: tf.Tensor, own: number[], matrix: number[]): tf.Tensor => {
    const full = sameShape(own, batch) ? t : broadcastTensor(t, [...batch, ...matrix]);
    return reshape(full, [-1, ...matrix]);
  };
  const stacked = matMulTensors(stack(x, batchX, matrixX), stack(y, batchY, matrixY), transposeX, transposeY);
  return reshape(stacked, [...batch, matrixX[transposeX ? 1 : 0]!, columns]);
}

const matMulTensors = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor =>
  runKernel(tf.BatchMatMul, {a, b}, {transposeA, transposeB});

function multiplyOnHost(product: Product, plan: ProductPlan<number>): NumericArray {
  const {x, y, dtype} = product;
  const {rows, depth, columns, batch} = plan;
  const starts = [x, y].map((each) => batchStarts(each, batch));
  const arith = arithmeticFor(dtype, sizeOf(batch) * rows * columns, product);
  const [stepI, stepKX] = product.orientX.transposed ? [1, rows] : [depth, 1];
  const [stepKY, stepJ] = product.orientY.transposed ? [1, depth] : [columns, 1];
  for (let b = 0; b < starts[0]!.length; b++) {
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < depth; k++) {
        const at = starts[0]![b]! + i * stepI + k * stepKX;
        const row = (b * rows + i) * columns;
        arith.addRow(at, starts[1]![b]! + k * stepKY, stepJ, row, columns);
      }
    }
  }
  return arith.result();
}

/** Where each matrix of the broadcast batch starts in an operand. */
function batchStarts({shape}: Value, batch: readonly number[]): Int32Array {
  const own = shape.slice(0, -2);
  const lead = batch.length - own.length;
  let step = sizeOf(shape.slice(-2));
  const steps = new Array<number>(batch.length).fill(0);
  for (let axis = own.length - 1; axis >= 0; axis--) {
    if (own[axis] !== 1) steps[lead + axis] = step;
    step *= own[axis]!;
  }
  return stridedPositions(batch, steps);
}

/** The inner loop of a product for one class of dtype: `out[row + j] += x[at] * y[from + j * step]`. */
interface Arithmetic {
  addRow(at: number, from: number, step: number, row: number, columns: number): void;
  result(): NumericArray;
}

function arithmeticFor(dtype: DType, size: number, {x, y, orientX, orientY}: Product): Arithmetic {
  const kind =
    lanes(dtype) === 2 ? 'complex' : isBigInt(dtype) ? 'bigint' : isFloating(dtype) ? 'float' : 'int';
  const operandDType = isFloating(dtype) ? 'float64' : dtype;
  const operand = (each: Value): NumericArray =>
    kind === 'float' || each.dtype === dtype ? each.numeric() : castValue(each, operandDType).numeric();
  const signs = [orientX, orientY].map(({conjugated}) => (conjugated ? -1 : 1));
  return ARITHMETIC[kind](operand(x), operand(y), dtype, size, signs as [number, number]);
}

type MakeArithmetic = (
  x: NumericArray,
  y: NumericArray,
  dtype: DType,
  size: number,
  imaginarySigns: readonly [number, number],
) => Arithmetic;

const ARITHMETIC: Record<'float' | 'int' | 'bigint' | 'complex', MakeArithmetic> = {
  float: (x, y, dtype, size) => {
    const [a, b, out] = [x as Float64Array, y as Float64Array, new Float64Array(size)];
    return {
      addRow: (at, from, step, row, columns) => {
        const factor = a[at]!;
        for (let j = 0; j < columns; j++) out[row + j]! += factor * b[from + j * step]!;
      },
      result: () => (dtype === 'float64' ? out : convertNumbers(out, dtype)),
    };
  },
  int: (x, y, dtype, size) => {
    const [a, b, out] = [x as Int32Array, y as Int32Array, allocate(dtype, size) as Int32Array];
    return {
      addRow: (at, from, step, row, columns) => {
        const factor = a[at]!;
        for (let j = 0; j < columns; j++) out[row + j]! += Math.imul(factor, b[from + j * step]!);
      },
      result: () => out,
    };
  },
  bigint: (x, y, dtype, size) => {
    const [a, b, out] = [x as BigInt64Array, y as BigInt64Array, allocate(dtype, size) as BigInt64Array];
    return {
      addRow: (at, from, step, row, columns) => {
        const factor = a[at]!;
        for (let j = 0; j < columns; j++) out[row + j]! += factor * b[from + j * step]!;
      },
      result: () => out,
    };
  },
  complex: (x, y, dtype, size, [signX, signY]) => {
    const [a, b, out] = [x as Float64Array, y as Float64Array, new Float64Array(2 * size)];
    return {
      addRow: (at, from, step, row, columns) => {
        const factor: complex.Complex = [a[2 * at]!, signX * a[2 * at + 1]!];
        for (let j = 0; j < columns; j++) {
          const position = 2 * (from + j * step);
          const term = complex.mul(factor, [b[position]!, signY * b[position + 1]!]);
          out[2 * (row + j)]! += term[0];
          out[2 * (row + j) + 1]! += term[1];
        }
      },
      result: () => (dtype === 'complex128' ? out : Float32Array.from(out)),
    };
  },
};

const matMul: Kernel = ([x, y], ctx) => {
  if (x!.rank !== 2 || y!.rank !== 2) {
    throw invalid(ctx, `two matrices are needed, got ${formatShape(x!.shape)} and ${formatShape(y!.shape)}`);
  }
  const [orientX, orientY] = matMulOrientations(ctx);
  return multiplyMatrices({x: x!, y: y!, orientX, orientY, dtype: x!.dtype}, ctx);
};

function batchProduct([x, y]: readonly Value[], dtype: DType, ctx: KernelContext): Value {
  const [orientX, orientY] = batchOrientations(ctx);
  return multiplyMatrices({x: x!, y: y!, orientX, orientY, dtype}, ctx);
}

/** The first version of the op does not broadcast. */
const batchMatMul: Kernel = (inputs, ctx) => {
  const [x, y] = inputs as [Value, Value];
  if (!sameShape(x.shape.slice(0, -2), y.shape.slice(0, -2))) {
    throw invalid(ctx, `batches ${formatShape(x.shape)} and ${formatShape(y.shape)} differ`);
  }
  return batchProduct(inputs, x.dtype, ctx);
};

export const matrixProducts: OpFamily = {
  MatMul: {kernel: matMul},
  BatchMatMul: {kernel: batchMatMul},
  BatchMatMulV2: {kernel: (inputs, ctx) => batchProduct(inputs, inputs[0]!.dtype, ctx)},
  BatchMatMulV3: {kernel: (inputs, ctx) => batchProduct(inputs, ctx.attrs.dtype('Tout'), ctx)},
};
