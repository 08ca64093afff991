/**
 * Solving with matrices: inverses, determinants, Cholesky factors, linear systems. Computed on the host in double
 * precision; the gradients are matrix products of tfjs tensors.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {
  cholesky,
  determinant,
  inverse,
  logDeterminant,
  solve,
  substitute,
  transposed,
} from '../../../algorithms/triangular.js';
import {CallError} from '../../../errors.js';
import {isFloating, lanes} from '../../../host/dtypes.js';
import {sizeOf} from '../../../host/tensor.js';
import {broadcastTensor, withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {broadcastTo} from '../../../tensors/movement.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {unsupported} from '../../node.js';
import {solvePlan, squareSize} from '../plan.js';
import {multiplyTensors} from './matmul.js';

/** The result, or an error where the matrix has no inverse. */
function invertible(result: Float64Array | undefined): Float64Array {
  if (result === undefined) throw new CallError('the matrix has no inverse');
  return result;
}

/** A function of one matrix of a batch. */
type MatrixFunction = (matrix: Float64Array, n: number) => ArrayLike<number>;

const inverseOf: MatrixFunction = (matrix, n) => invertible(inverse(matrix, n));

/** Applies `f` to each of the square matrices in `data`. */
function mapMatrices(data: ArrayLike<number>, n: number, f: MatrixFunction): Float64Array {
  const all = Float64Array.from(data);
  const results: ArrayLike<number>[] = [];
  for (let at = 0; n > 0 && at < all.length; at += n * n) results.push(f(all.subarray(at, at + n * n), n));
  const out = new Float64Array(results.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of results) {
    out.set(each, at);
    at += each.length;
  }
  return out;
}

/** Applies `f` to the matrices of a tensor; not differentiable by itself. */
function mapTensor(x: tf.Tensor, shape: readonly number[], f: MatrixFunction): tf.Tensor {
  const values = mapMatrices(x.dataSync(), x.shape.at(-1)!, f);
  return tf.tensor(Float32Array.from(values), shape as number[], 'float32');
}

function realSquareSize(x: Value, ctx: KernelContext): number {
  const size = squareSize(x.shape, ctx);
  if (lanes(x.dtype) === 2) throw unsupported(ctx, x.dtype);
  return size;
}

const isOnTape = (...values: readonly Value[]): boolean =>
  values.some((value) => value.onDevice && isFloating(value.dtype) && value.size > 0);

function fromNumbers(like: Value, shape: readonly number[], data: Float64Array): Value {
  return Value.host(like.dtype, shape, convertNumbers(data, like.dtype));
}

/** An op on the square matrices of one value, on the host or differentiable. */
function matrixOp(
  f: MatrixFunction,
  resultShape: (shape: readonly number[]) => readonly number[],
  differentiable: (x: tf.Tensor) => tf.Tensor,
): Kernel {
  return ([x], ctx) => {
    const n = realSquareSize(x!, ctx);
    if (isOnTape(x!)) return fromTensor(differentiable(x!.tensor()), x!.dtype);
    const shape = resultShape(x!.shape);
    // The determinant of a matrix without elements is 1, its logarithm 0.
    const data = n > 0 ? mapMatrices(x!.numeric() as Float64Array, n, f) : emptyResults(f, shape);
    return fromNumbers(x!, shape, data);
  };
}

function emptyResults(f: MatrixFunction, shape: readonly number[]): Float64Array {
  const one = f(new Float64Array(0), 0)[0] ?? 0;
  return new Float64Array(sizeOf(shape)).fill(one);
}

const same = (shape: readonly number[]): readonly number[] => shape;
const batchOnly = (shape: readonly number[]): readonly number[] => shape.slice(0, -2);

/** Swaps the last two axes. */
export function transposeLast(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** A number per matrix, as a factor of its elements. */
const perMatrix = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [...x.shape, 1, 1]);

export function inverseTensor(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => mapTensor(input!, x.shape, inverseOf),
    (dy, _, y) => [tf.neg(multiplyTensors(multiplyTensors(y, dy, true, false), y, false, true))],
  );
}

function determinantTensor(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => mapTensor(input!, batchOnly(x.shape), (each, n) => [determinant(each, n)]),
    (dy, [input], y) => [tf.mul(perMatrix(tf.mul(dy, y)), transposeLast(inverseTensor(input!)))],
  );
}

function logDeterminantTensor(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => mapTensor(input!, batchOnly(x.shape), (each, n) => [logDeterminant(each, n)[1]]),
    (dy, [input]) => [tf.mul(perMatrix(dy), transposeLast(inverseTensor(input!)))],
  );
}

/** The lower triangles of matrices, their diagonal times `diagonal`. */
export function lowerTriangle(x: tf.Tensor, diagonal = 1): tf.Tensor {
  const n = x.shape.at(-1)!;
  const mask = Float32Array.from({length: n * n}, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return i === j ? diagonal : Number(i > j);
  });
  return tf.mul(x, tf.tensor2d(mask, [n, n]));
}

/** The gradient is that of I. Murray, "Differentiation of the Cholesky decomposition" (2016), as in TensorFlow. */
function choleskyTensor(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => mapTensor(input!, x.shape, cholesky),
    (dy, _, y) => {
      const middle = lowerTriangle(multiplyTensors(y, dy, true, false), 0.5);
      const lowerInverse = inverseTensor(y);
      const half = multiplyTensors(multiplyTensors(lowerInverse, middle, true, false), lowerInverse);
      return [tf.mul(tf.add(half, transposeLast(half)), 0.5)];
    },
  );
}

/** How a system of equations is solved. */
interface Solver {
  /** The solution for one matrix of size `n`, transposed beforehand if the op's `adjoint` is set. */
  readonly solve: (matrix: Float64Array, right: Float64Array, n: number, columns: number) => Float64Array;
  /** Cuts the gradient down to the elements that the solver reads. */
  readonly mask: (gradient: tf.Tensor) => tf.Tensor;
}

const general: Solver = {
  solve: (matrix, right, n, columns) => invertible(solve(matrix, right, n, columns)),
  mask: (gradient) => gradient,
};

function triangular(lower: boolean, adjoint: boolean): Solver {
  return {
    solve: (matrix, right, n, columns) => {
      const x = Float64Array.from(right);
      substitute(matrix, x, n, columns, {lower: lower !== adjoint, unit: false});
      return x;
    },
    mask: (gradient) =>
      lower ? lowerTriangle(gradient) : transposeLast(lowerTriangle(transposeLast(gradient))),
  };
}

function solveBatch(
  matrices: ArrayLike<number>,
  right: ArrayLike<number>,
  n: number,
  columns: number,
  adjoint: boolean,
  solver: Solver,
): Float64Array {
  const [a, b] = [Float64Array.from(matrices), Float64Array.from(right)];
  const out = new Float64Array(b.length);
  for (let at = 0, i = 0; at < b.length; at += n * columns, i += n * n) {
    const matrix = a.subarray(i, i + n * n);
    out.set(
      solver.solve(adjoint ? transposed(matrix, n) : matrix, b.subarray(at, at + n * columns), n, columns),
      at,
    );
  }
  return out;
}

/** The solution X of A X = B, or of A' X = B with `adjoint`; both have one batch shape. */
function solveTensor(
  a: tf.Tensor,
  b: tf.Tensor,
  adjoint: boolean,
  solverFor: (adjoint: boolean) => Solver,
): tf.Tensor {
  const [n, columns] = b.shape.slice(-2) as [number, number];
  return withGradient(
    [a, b],
    (matrices, right) => {
      const values = solveBatch(
        matrices!.dataSync(),
        right!.dataSync(),
        n,
        columns,
        adjoint,
        solverFor(adjoint),
      );
      return tf.tensor(Float32Array.from(values), b.shape, 'float32');
    },
    (dy, [matrices], x) => {
      const dRight = solveTensor(matrices!, dy, !adjoint, solverFor);
      const dMatrix = adjoint
        ? multiplyTensors(x, dRight, false, true)
        : multiplyTensors(dRight, x, false, true);
      return [solverFor(adjoint).mask(tf.neg(dMatrix)), dRight];
    },
  );
}

function solveKernel(
  solverFor: (ctx: KernelContext) => (adjoint: boolean) => Solver,
  broadcasts: boolean,
): Kernel {
  return ([a, b], ctx) => {
    realSquareSize(a!, ctx);
    const {size: n, columns, batch, shape: shapeB} = solvePlan(a!.shape, b!.shape, broadcasts, ctx);
    const shapeA = [...batch, n, n];
    const adjoint = ctx.attrs.bool('adjoint');
    if (sizeOf(shapeB) === 0) return fromNumbers(b!, shapeB, new Float64Array(0));
    if (isOnTape(a!, b!)) {
      const x = solveTensor(
        broadcastTensor(a!.tensor(), shapeA),
        broadcastTensor(b!.tensor(), shapeB),
        adjoint,
        solverFor(ctx),
      );
      return fromTensor(x, b!.dtype);
    }
    const [left, right] = [broadcastTo(a!, shapeA), broadcastTo(b!, shapeB)].map(
      (each) => each.numeric() as Float64Array,
    );
    return fromNumbers(b!, shapeB, solveBatch(left!, right!, n, columns, adjoint, solverFor(ctx)(adjoint)));
  };
}

const matrixInverse: Kernel = (inputs, ctx) => {
  const adjoint = ctx.attrs.bool('adjoint');
  const f: MatrixFunction = (matrix, n) => inverseOf(adjoint ? transposed(matrix, n) : matrix, n);
  return matrixOp(f, same, (x) => inverseTensor(adjoint ? transposeLast(x) : x))(inputs, ctx);
};

const signOfDeterminant = matrixOp(
  (matrix, n) => [logDeterminant(matrix, n)[0]],
  batchOnly,
  (x) => mapTensor(x, batchOnly(x.shape), (each, n) => [logDeterminant(each, n)[0]]),
);
const logOfDeterminant = matrixOp(
  (matrix, n) => [logDeterminant(matrix, n)[1]],
  batchOnly,
  logDeterminantTensor,
);

const limits = 'not of complex matrices';

export const decompositions: OpFamily = {
  MatrixInverse: {kernel: matrixInverse, limits},
  MatrixDeterminant: {
    kernel: matrixOp((matrix, n) => [determinant(matrix, n)], batchOnly, determinantTensor),
    limits,
  },
  LogMatrixDeterminant: {
    kernel: (inputs, ctx) => [signOfDeterminant, logOfDeterminant].map((each) => each(inputs, ctx) as Value),
    limits,
  },
  Cholesky: {kernel: matrixOp(cholesky, same, choleskyTensor), limits},
  MatrixSolve: {kernel: solveKernel(() => () => general, false), limits},
  MatrixTriangularSolve: {
    kernel: solveKernel((ctx) => (adjoint) => triangular(ctx.attrs.bool('lower'), adjoint), true),
    limits,
  },
};
