/**
 * What the masks of StridedSlice mean: the block of the input that is taken, and the shape it is given.
 *
 * Source: `tensorflow/core/util/strided_slice_op.cc` and the documentation of `tf.strided_slice`.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {derived, formatShape} from '../../host/shape.js';
import {invalid} from '../node.js';

/** A strided slice in terms of the input's own axes. */
export interface SliceSpec<D extends number | null = number> {
  readonly begin: readonly D[];
  readonly size: readonly D[];
  readonly steps: readonly D[];
  /** Shape of the result: `size` with new axes inserted and shrunk ones left out. */
  readonly shape: readonly D[];
}

interface Extent<D> {
  readonly begin: D;
  readonly size: D;
  readonly step: D;
}

/** The node's masks. Bit `i` of each speaks of entry `i` of the operands `begin`, `end` and `strides`. */
interface Masks {
  readonly begin: number;
  readonly end: number;
  readonly ellipsis: number;
  readonly newAxis: number;
  readonly shrinkAxis: number;
}

/**
 * Works out the slice of a tensor of `shape` from the operands and the node's mask attributes. Where a size or an operand is
 * not known, neither is what follows from it; a dimension that is masked on both sides is known without its bounds.
 */
export function sliceSpec<D extends number | null>(
  shape: readonly D[],
  begin: readonly D[],
  end: readonly D[],
  strides: readonly D[],
  ctx: OpNode,
): SliceSpec<D> {
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
  const extents: Extent<D>[] = [];
  const result: (D | 1)[] = [];
  for (let i = 0; i <= begin.length; i++) {
    if (i === ellipsis) {
      for (let left = shape.length - named; left > 0; left--) {
        const size = shape[extents.length]!;
        extents.push({begin: 0 as D, size, step: 1 as D});
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
    shape: result as readonly D[],
  };
}

function readMasks({attrs}: OpNode): Masks {
  return {
    begin: attrs.int('begin_mask'),
    end: attrs.int('end_mask'),
    ellipsis: attrs.int('ellipsis_mask'),
    newAxis: attrs.int('new_axis_mask'),
    shrinkAxis: attrs.int('shrink_axis_mask'),
  };
}

/** A single index, whose axis disappears. */
function elementAt<D extends number | null>(index: D, step: D, dim: D, ctx: OpNode): Extent<D> {
  if (step !== null && step <= 0) throw invalid(ctx, 'a single index needs a positive stride');
  const begin =
    index !== null && index >= 0 ? index : derived((at: number, size: number) => at + size, index, dim);
  const isOutside = begin !== null && (begin < 0 || (dim !== null && begin >= dim));
  if (isOutside) throw invalid(ctx, `index ${index} is out of bounds for a dimension of ${dim}`);
  return {begin, size: 1 as D, step: 1 as D};
}

/** A range whose bounds are clamped to the dimension; absent bounds mean all of it. */
function rangeOf<D extends number | null>(
  bounds: {begin: D | undefined; end: D | undefined},
  step: D,
  dim: D,
  ctx: OpNode,
): Extent<D> {
  if (step === 0) throw invalid(ctx, 'strides must not be 0');
  const clamped = (at: D): D =>
    derived(
      (place, size, by) => {
        const [lowest, highest] = by > 0 ? [0, size] : [-1, size - 1];
        return Math.min(Math.max(place < 0 ? place + size : place, lowest!), highest!);
      },
      at,
      dim,
      step,
    );
  const first = derived((size, by) => (by > 0 ? 0 : size - 1), dim, step);
  const last = derived((size, by) => (by > 0 ? size : -1), dim, step);
  const begin = bounds.begin === undefined ? first : clamped(bounds.begin);
  const end = bounds.end === undefined ? last : clamped(bounds.end);
  const count = (from: number, to: number, by: number) => Math.max(0, Math.ceil((to - from) / by));
  return {begin, size: derived(count, begin, end, step), step};
}
