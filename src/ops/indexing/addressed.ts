/**
 * Indices as numbers of rows, checked: what kernels that pick and write slices have in common.
 *
 * @module
 */

import {formatShape, stridesOf} from '../../host/shape.js';
import {int32Array, sizeOf} from '../../host/tensor.js';
import {NO_ROW} from '../../tensors/rows.js';
import type {Value} from '../../tensors/value.js';
import type {KernelContext} from '../kernel.js';
import {invalid} from '../node.js';
import {addressing} from './plan.js';

/** Indices below `limit`, checked. */
export function rowIndices(indices: Value, limit: number, ctx: KernelContext): Int32Array {
  const data = indices.numeric();
  const out = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const index = Number(data[i]);
    if (index < 0 || index >= limit) throw invalid(ctx, `indices[${i}] = ${index} is not in [0, ${limit})`);
    out[i] = index;
  }
  return out;
}

/** What the innermost dimension of `indices` addresses: slices of `width` elements of a tensor of some shape. */
export interface Slices {
  readonly rows: Int32Array;
  readonly width: number;
  /** Shape of all addressed slices together. */
  readonly shape: readonly number[];
}

/** The slices of a tensor of `shape` that indices name. */
export function addressedSlices(indices: Value, shape: readonly number[], ctx: KernelContext): Slices {
  const {depth, rest, shape: all} = addressing(indices.shape, shape, ctx);
  const lead = shape.slice(0, depth);
  const strides = stridesOf(lead);
  const ignoring = ctx.attrs.has('bad_indices_policy') && ctx.attrs.string('bad_indices_policy') === 'IGNORE';
  const data = indices.numeric();
  const rowAt = (i: number): number => {
    let row = 0;
    for (let k = 0; k < depth; k++) {
      const index = Number(data[i * depth + k]);
      if (index < 0 || index >= lead[k]!) {
        if (ignoring) return NO_ROW;
        const found = data.slice(i * depth, (i + 1) * depth);
        throw invalid(ctx, `indices[${i}] = [${found.join(', ')}] does not index into ${formatShape(shape)}`);
      }
      row += index * strides[k]!;
    }
    return row;
  };
  const rows = int32Array(sizeOf(indices.shape.slice(0, -1)), (i) => rowAt(i));
  return {rows, width: sizeOf(rest), shape: all};
}
