/**
 * Shapes of images that are resized, cut and projected, and of boxes that are picked. Sizes may be unknown (null).
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {derived, formatShape, type PartialShape} from '../../host/shape.js';
import {type Window, windowsOf} from '../convolution/plan.js';
import {checkRank, invalid} from '../node.js';

type Size = number | null;

/** An operand of two sizes, and its shape. */
export interface SizeOperand<D extends Size> {
  readonly shape: PartialShape;
  readonly elements: readonly D[];
}

/** The shape of images that are resized. */
export function resizedShape<D extends Size>(images: readonly D[], size: SizeOperand<D>, node: OpNode): D[] {
  const [height, width] = size.elements as [D, D];
  checkRank(images, 4, 'images', node);
  if (size.shape !== null && (size.shape.length !== 1 || size.elements.length !== 2)) {
    throw invalid(node, `the size must be [height, width], got shape ${formatShape(size.shape)}`);
  }
  if (!isPositive(size.elements)) throw invalid(node, `the size ${height}x${width} must be positive`);
  if (images.slice(1).includes(0 as D)) throw invalid(node, 'there must be at least one pixel and channel');
  return [images[0] as D, height, width, images[3] as D];
}

/** The shape of images that are made from others, so many of them and with the same channels, of a given size. */
export function imagesOfSize<D extends Size>(
  count: D,
  size: readonly D[],
  channels: D,
  what: string,
  node: OpNode,
): D[] {
  if (size.length !== 2 || !isPositive(size)) throw invalid(node, `${what} ${size} must be positive`);
  return [count, ...size, channels];
}

function isPositive(sizes: readonly Size[]): boolean {
  return sizes.every((size) => size === null || size > 0);
}

/** How many boxes there are, `[n, 4]`, each in the image that `owners`, `[n]`, says. */
export function boxCount<D extends Size>(boxes: readonly D[], owners: readonly D[], node: OpNode): D {
  const [count, sides] = boxes as [D, D];
  const [owned] = owners as [D];
  const differs = (a: Size, b: Size) => a !== null && b !== null && a !== b;
  if (boxes.length !== 2 || differs(sides, 4) || owners.length !== 1 || differs(owned, count)) {
    throw invalid(node, `boxes must have shape (n, 4) and box_index (n,), got ${formatShape(boxes)}`);
  }
  return count ?? owned;
}

/** The windows that cut patches, `[height, width]`, out of images of `shape`. */
export function patchWindows<D extends Size>(shape: readonly D[], node: OpNode): Window<D>[] {
  const ofImage = (name: string): number[] => node.attrs.ints(name).slice(1, 3);
  const [sizes, strides] = [ofImage('ksizes'), ofImage('strides')] as [D[], D[]];
  return windowsOf({inputs: shape.slice(1, 3), sizes, strides, dilations: ofImage('rates')}, node);
}

/** What `CombinedNonMaxSuppression` picks from. */
interface Detections<D extends Size> {
  readonly boxes: D;
  readonly classes: D;
  readonly perClass: D;
  readonly total: D;
}

/** How many boxes of one class are picked at most, and for how many of all classes there is room in the result. */
export function detectionLimits<D extends Size>(
  {boxes, classes, perClass, total}: Detections<D>,
  node: OpNode,
): {readonly perClass: D; readonly room: D} {
  const limit = derived(Math.min, perClass, boxes);
  if (limit !== null && limit <= 0) throw invalid(node, 'max_output_size_per_class must be positive');
  if (total !== null && total <= 0) throw invalid(node, 'max_total_size must be positive');
  const room = node.attrs.bool('pad_per_class')
    ? derived((most, each, count) => Math.min(most, each * count), total, limit, classes)
    : total;
  return {perClass: limit, room};
}
