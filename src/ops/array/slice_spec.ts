/**
 * What the masks of StridedSlice mean: the block of the input that is taken, and the shape it is given.
 *
 * Source: `tensorflow/core/util/strided_slice_op.cc` and the documentation of `tf.strided_slice`.
 *
 * @module
 */

import {formatShape} from '../../host/shape.js';
import type {KernelContext} from '../kernel.js';
import {invalid} from '../node.js';

/** A strided slice in terms of the input's own axes. */
export interface SliceSpec {
  readonly begin: readonly number[];
  readonly size: readonly number[];
  readonly steps: readonly number[];
  /** Shape of the result: `size` with new axes inserted and shrunk ones left out. */
  readonly shape: readonly number[];
}

interface Extent {
  readonly begin: number;
  readonly size: number;
  readonly step: number;
}

/** The node's masks. Bit `i` of each speaks of entry `i` of the operands `begin`, `end` and `strides`. */
interface Masks {
  readonly begin: number;
  readonly end: number;
  readonly ellipsis: number;
  readonly newAxis: number;
  readonly shrinkAxis: number;
}

/** Works out the slice of a tensor of `shape` from the operands and the node's mask attributes. */
export function sliceSpec(
  shape: readonly number[],
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
  ctx: KernelContext,
): SliceSpec {
  const masks = readMasks(ctx);
  if (begin.length !== end.length || begin.length !== strides.length) {
    throw invalid(ctx, 'begin, end and strides must have the same length');
  }
  const entries = begin.map((_, i) => i);
  const has = (mask: number, i: number) => ((mask >> i) & 1) === 1;
  const ellipses = entries.filter((i) => has(masks.ellipsis, i));
  if (ellipses.length > 1) throw invalid(ctx, 'there is more than one ellipsis');
  // Without an ellipsis there is one at the end.
  const ellipsis = ellipses[0] ?? begin.length;
  const isNew = (i: number) => has(masks.newAxis, i) && i !== ellipsis;
  const named = entries.filter((i) => i !== ellipsis && !isNew(i)).length;
  if (named > shape.length) {
    throw invalid(ctx, `${named} indices are too many for ${formatShape(shape)}`);
  }
  const extents: Extent[] = [];
  const result: number[] = [];
  for (let i = 0; i <= begin.length; i++) {
    if (i === ellipsis) {
      for (let left = shape.length - named; left > 0; left--) {
        const size = shape[extents.length]!;
        extents.push({begin: 0, size, step: 1});
        result.push(size);
      }
    } else if (i === begin.length) {
      break;
    } else if (isNew(i)) {
      result.push(1);
    } else {
      const bounds = {
        begin: has(masks.begin, i) ? undefined : begin[i]!,
        end: has(masks.end, i) ? undefined : end[i]!,
      };
      const shrinks = has(masks.shrinkAxis, i);
      const dim = shape[extents.length]!;
      const extent = shrinks
        ? elementAt(begin[i]!, strides[i]!, dim, ctx)
        : rangeOf(bounds, strides[i]!, dim, ctx);
      extents.push(extent);
      if (!shrinks) result.push(extent.size);
    }
  }
  return {
    begin: extents.map((extent) => extent.begin),
    size: extents.map((extent) => extent.size),
    steps: extents.map((extent) => extent.step),
    shape: result,
  };
}

function readMasks({attrs}: KernelContext): Masks {
  return {
    begin: attrs.int('begin_mask'),
    end: attrs.int('end_mask'),
    ellipsis: attrs.int('ellipsis_mask'),
    newAxis: attrs.int('new_axis_mask'),
    shrinkAxis: attrs.int('shrink_axis_mask'),
  };
}

/** A single index, whose axis disappears. */
function elementAt(index: number, step: number, dim: number, ctx: KernelContext): Extent {
  if (step <= 0) throw invalid(ctx, 'a single index needs a positive stride');
  const begin = index < 0 ? index + dim : index;
  if (begin < 0 || begin >= dim)
    throw invalid(ctx, `index ${index} is out of bounds for a dimension of ${dim}`);
  return {begin, size: 1, step: 1};
}

/** A range whose bounds are clamped to the dimension; absent bounds mean all of it. */
function rangeOf(
  bounds: {begin: number | undefined; end: number | undefined},
  step: number,
  dim: number,
  ctx: KernelContext,
): Extent {
  if (step === 0) throw invalid(ctx, 'strides must not be 0');
  const [lowest, highest] = step > 0 ? [0, dim] : [-1, dim - 1];
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + dim : at, lowest), highest);
  const begin = bounds.begin === undefined ? (step > 0 ? lowest : highest) : clamp(bounds.begin);
  const end = bounds.end === undefined ? (step > 0 ? highest : lowest) : clamp(bounds.end);
  return {begin, size: Math.max(0, Math.ceil((end - begin) / step)), step};
}
