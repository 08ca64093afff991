/**
 * Arithmetic of sizes, most of which are known when a graph is compiled, and some only when it runs.
 *
 * @module
 */

import {entriesOf} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';

/** A size or a position: a number where it is known, otherwise a vector of one int64. */
export type Dimension = number | OnnxTensor;

/** Beyond every element, in every dtype of indices. One more, and ONNX Runtime takes it for the start where a slice goes backwards. */
export const FARTHEST = 2 ** 31 - 2;

/** The size of `x` along an axis. */
export function dimensionOf(x: OnnxTensor, axis: number, to: OnnxBuilder): Dimension {
  return x.shape?.[axis] ?? to.sizeAlong(x, axis);
}

/** All sizes of a tensor, of which the rank must be known. */
export function dimensionsOf(x: OnnxTensor, to: OnnxBuilder): Dimension[] {
  const shape = x.shape ?? notLowered('a rank is not known');
  return shape.map((_, axis) => dimensionOf(x, axis, to));
}

/** The elements of a vector of integers, of which it must be known how many there are. */
export function elementsAsDimensions(x: OnnxTensor, to: OnnxBuilder): Dimension[] {
  const entries = entriesOf(x) ?? notLowered('it is not known for how many axes there are numbers');
  return entries.map((entry, i) => entry ?? elementAt(x, i, to));
}

/** One element of a vector, as a vector of one int64. */
export function elementAt(x: OnnxTensor, index: number, to: OnnxBuilder): OnnxTensor {
  const isWhole = x.shape?.length === 1 && x.shape[0] === 1;
  const element = isWhole ? x : to.op('Gather', [x, to.ints([index])], {axis: 0}, {shape: [1]});
  return to.cast(element, 'int64');
}

/** A size as a vector of one int64. */
export function asTensor(size: Dimension, to: OnnxBuilder): OnnxTensor {
  return typeof size === 'number' ? to.ints([size]) : size;
}

const computed =
  (op: string, compute: (a: number, b: number) => number) =>
  (a: Dimension, b: Dimension, to: OnnxBuilder): Dimension =>
    typeof a === 'number' && typeof b === 'number'
      ? compute(a, b)
      : to.op(op, [asTensor(a, to), asTensor(b, to)], {}, {shape: [1]});

/** The sum of two sizes. */
export const plus = computed('Add', (a, b) => a + b);

/** The difference of two sizes. */
export const minus = computed('Sub', (a, b) => a - b);

/** The product of two sizes. */
export const times = computed('Mul', (a, b) => a * b);

/** How often a number goes into a size. The number is not 0: ONNX Runtime does not survive a division by that. */
export function dividedBy(a: Dimension, b: number, to: OnnxBuilder): Dimension {
  return typeof a === 'number' ? Math.floor(a / b) : to.op('Div', [a, to.ints([b])], {}, {shape: [1]});
}

/** The product of sizes. */
export function productOf(sizes: readonly Dimension[], to: OnnxBuilder): Dimension {
  return sizes.reduce<Dimension>((product, size) => (product === 1 ? size : times(product, size, to)), 1);
}

/** Sizes as a vector of int64. */
export function joined(sizes: readonly Dimension[], to: OnnxBuilder): OnnxTensor {
  const parts: OnnxTensor[] = [];
  for (let i = 0; i < sizes.length; ) {
    const size = sizes[i]!;
    if (typeof size !== 'number') {
      parts.push(size);
      i++;
      continue;
    }
    const start = i;
    while (i < sizes.length && typeof sizes[i] === 'number') i++;
    parts.push(to.ints(sizes.slice(start, i) as number[]));
  }
  if (parts.length === 0) return to.ints([]);
  return parts.length === 1 ? parts[0]! : to.op('Concat', parts, {axis: 0}, {shape: [sizes.length]});
}

/** `x` in a shape with as many elements. A size that is not known follows from the others. */
export function reshapedTo(x: OnnxTensor, sizes: readonly Dimension[], to: OnnxBuilder): OnnxTensor {
  const open = sizes.filter((size) => typeof size !== 'number').length;
  if (open === 0 || (open === 1 && !sizes.includes(0))) {
    return to.reshape(
      x,
      sizes.map((size) => (typeof size === 'number' ? size : -1)),
    );
  }
  return to.op('Reshape', [x, joined(sizes, to)], {allowzero: 1}, {shape: shapeOf(sizes)});
}

/** `x` in a shape in which a size of 0 is the size that `x` has there, whatever it is. */
export function reshapedKeeping(x: OnnxTensor, sizes: readonly Dimension[], to: OnnxBuilder): OnnxTensor {
  return to.op('Reshape', [x, joined(sizes, to)], {allowzero: 0});
}

/** What is known of a shape of these sizes. */
export function shapeOf(sizes: readonly Dimension[]): (number | null)[] {
  return sizes.map((size) => (typeof size === 'number' ? size : null));
}

/** `x`, a vector of one element, where `isBad` (of one element, too) is false; otherwise the session fails. */
export function guarded(x: OnnxTensor, isBad: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  // There is no second element to pick.
  return to.op('Gather', [x, to.cast(isBad, 'int64')], {axis: 0}, {shape: [1]});
}

/** A position that must lie within `[0, limit]`; where that is not known, the session fails unless it does. */
export function within(at: Dimension, limit: Dimension, to: OnnxBuilder): Dimension {
  if (typeof at === 'number' && typeof limit === 'number') return at;
  const place = asTensor(at, to);
  const isBeyond = to.op('Less', [asTensor(limit, to), place], {}, {dtype: 'bool', shape: [1]});
  if (typeof at === 'number') return guarded(place, isBeyond, to);
  const isBefore = to.op('Less', [place, to.ints([0])], {}, {dtype: 'bool', shape: [1]});
  return guarded(place, to.op('Or', [isBefore, isBeyond], {}, {shape: [1]}), to);
}
