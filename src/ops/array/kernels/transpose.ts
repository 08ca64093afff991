/**
 * Transpose: axes in another order.
 *
 * @module
 */

import {lanes} from '../../../host/dtypes.js';
import {allocate} from '../../../host/tensor.js';
import {conj, fromParts, partsOf} from '../../../tensors/complex_tensors.js';
import {movesOnHost, transpose} from '../../../tensors/movement.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {permutation} from '../plan.js';

const transposeKernel: Kernel = ([x, perm], ctx) =>
  transpose(x!, permutation(x!.shape, perm!.numbers(), ctx));

const conjugateTranspose: Kernel = (inputs, ctx) => conjugate(transposeKernel(inputs, ctx) as Value);

function conjugate(x: Value): Value {
  if (lanes(x.dtype) === 1) return x;
  if (!movesOnHost(x)) {
    return fromParts(conj(partsOf(x)), x.dtype);
  }
  const source = x.numeric();
  const out = allocate(x.dtype, x.size);
  for (let i = 0; i < out.length; i++) out[i] = (i % 2 === 0 ? source[i]! : -source[i]!) as never;
  return Value.host(x.dtype, x.shape, out);
}

/** Ops that reorder axes. */
export const transposeOps: OpFamily = {
  Transpose: {kernel: transposeKernel},
  ConjugateTranspose: {kernel: conjugateTranspose},
};
