/**
 * Where the axes of an image are, for the ops that depend on their order.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {formatShape} from '../../host/shape.js';
import {invalid} from '../node.js';

/** The axis of the channels that a bias belongs to. */
export function channelAxis(rank: number, {attrs}: OpNode): number {
  const isFirst = attrs.has('data_format') && attrs.string('data_format').startsWith('NC');
  return isFirst ? 1 : rank - 1;
}

/** Of each entry of `DataFormatVecPermute`'s result, which entry of a vector (or of a vector of pairs) it is. */
export function entryOrder(shape: readonly number[], node: OpNode): number[] {
  const [from, to] = formatsOf(node);
  const [length] = shape;
  const isSpatial = length === from.length - 2;
  const isPairs = shape.length === 2;
  if (
    shape.length < 1 ||
    shape.length > 2 ||
    (length !== from.length && !isSpatial) ||
    (isPairs && shape[1] !== 2)
  ) {
    throw invalid(node, `${formatShape(shape)} has no entry, or pair of entries, for each axis of ${from}`);
  }
  const axes = (format: string) => [...(isSpatial ? format.replace(/[NC]/g, '') : format)];
  return axes(to).map((axis) => {
    const at = axes(from).indexOf(axis);
    if (at < 0) throw invalid(node, `${axes(to).join('')} does not have the axes of ${axes(from).join('')}`);
    return at;
  });
}

/** The number that an axis of the one format has in the other; a negative one counts from the end. */
export function mappedAxis(axis: number, node: OpNode): number {
  const [from, to] = formatsOf(node);
  const name = from[axis < 0 ? axis + from.length : axis];
  if (name === undefined) throw invalid(node, `axis ${axis} is out of range for ${from}`);
  return to.indexOf(name);
}

function formatsOf({attrs}: OpNode): [from: string, to: string] {
  return [attrs.string('src_format'), attrs.string('dst_format')];
}
