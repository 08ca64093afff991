/**
 * Decompositions into orthogonal factors: QR, eigenvalues of symmetric matrices, singular values. Computed on the host in
 * double precision, matrix by matrix.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {eigen, Matrix, qr, svd} from '../../../algorithms/orthogonal.js';
import {isFloating, lanes} from '../../../host/dtypes.js';
import {sizeOf} from '../../../host/tensor.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import {isTaping} from '../../../tfjs/tape.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {unsupported} from '../../node.js';
import {eigenShapes, matrixDimensions, qrShapes, svdShapes} from '../plan.js';
import {eigenGradients, type FactorGradient, qrGradients, svdGradients} from './orthogonal_gradients.js';

/** One output of a decomposition: its shape for one matrix, and its elements for each. */
interface Output {
  readonly shape: readonly number[];
  readonly parts: Float64Array[];
}

/** An op that takes each matrix of a batch apart into several arrays, and how each of them is differentiated. */
function decomposition(
  shapesOf: (rows: number, columns: number, ctx: KernelContext) => readonly (readonly number[])[],
  decompose: (matrix: Matrix, ctx: KernelContext) => readonly Float64Array[],
  gradients: readonly FactorGradient[],
): Kernel {
  return ([x], ctx) => {
    const {batch, rows, columns} = matrixDimensions(x!.shape, ctx);
    if (lanes(x!.dtype) === 2) throw unsupported(ctx, x!.dtype);
    const outputs: Output[] = shapesOf(rows, columns, ctx).map((shape) => ({shape, parts: []}));
    const source = x!.numeric() as Float64Array;
    for (let b = 0; b < sizeOf(batch); b++) {
      const data = source.subarray(b * rows * columns, (b + 1) * rows * columns);
      decompose(new Matrix(rows, columns, data), ctx).forEach((part, i) => {
        outputs[i]?.parts.push(part);
      });
    }
    const values = outputs.map((output) => collect(output, batch, x!));
    if (!x!.onDevice || !isFloating(x!.dtype) || !isTaping() || x!.size === 0) return values;
    return onTape(x!, values, gradients, ctx);
  };
}

function collect({shape, parts}: Output, batch: readonly number[], x: Value): Value {
  const full = [...batch, ...shape];
  const data = new Float64Array(sizeOf(full));
  parts.forEach((part, b) => {
    data.set(part, b * part.length);
  });
  return Value.host(x.dtype, full, convertNumbers(data, x.dtype));
}

/** The factors of `x` with their gradients. */
function onTape(
  x: Value,
  values: readonly Value[],
  gradients: readonly FactorGradient[],
  ctx: KernelContext,
): Value[] {
  const factors = values.map((value) => value.tensor());
  return values.map((value, i) => {
    const tied = withGradient(
      [x.tensor()],
      () => tf.clone(factors[i]!),
      (dy, [input], _, kept) => {
        if (isTaping()) throw unsupported(ctx, 'its second derivative');
        return [() => gradients[i]!(dy, kept, input!)];
      },
      factors,
    );
    return Value.device(tied, value.dtype);
  });
}

/** What stands for factors that are not computed. */
const nothing = (x: Value): Value => Value.host(x.dtype, [], convertNumbers(new Float64Array(1), x.dtype));

const qrKernel = decomposition(
  qrShapes,
  (matrix, ctx) => {
    const {rows, columns} = matrix;
    const inner = ctx.attrs.bool('full_matrices') ? rows : Math.min(rows, columns);
    const {q, r} = qr(matrix);
    return [q.corner(rows, inner).data, r.corner(inner, columns).data];
  },
  qrGradients,
);

const eigenKernel = decomposition(
  eigenShapes,
  (matrix) => {
    const {values, vectors} = eigen(matrix);
    return [values, vectors.data];
  },
  eigenGradients,
);

const svdKernel = decomposition(
  svdShapes,
  (matrix, ctx) => {
    const {rows, columns} = matrix;
    const {values, u, v} = svd(matrix);
    const full = ctx.attrs.bool('full_matrices');
    return [
      values,
      u.corner(rows, full ? rows : values.length).data,
      v.corner(columns, full ? columns : values.length).data,
    ];
  },
  svdGradients,
);

const limits = 'not of complex matrices; no second derivative';
const THIN = `${limits}; no gradient with full_matrices unless square (Qr: unless wide)`;

export const orthogonalDecompositions: OpFamily = {
  Qr: {kernel: qrKernel, limits: THIN},
  SelfAdjointEigV2: {
    kernel: (inputs, ctx) => {
      const [values, vectors] = eigenKernel(inputs, ctx) as [Value, Value];
      return [values, ctx.attrs.bool('compute_v') ? vectors : nothing(inputs[0]!)];
    },
    limits,
  },
  Svd: {
    kernel: (inputs, ctx) => {
      const [values, u, v] = svdKernel(inputs, ctx) as [Value, Value, Value];
      return ctx.attrs.bool('compute_uv') ? [values, u, v] : [values, nothing(u), nothing(v)];
    },
    limits: THIN,
  },
};
