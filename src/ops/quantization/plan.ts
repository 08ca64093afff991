/**
 * Which elements share a range.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {sizeOf} from '../../host/tensor.js';
import {resolveAxis} from '../node.js';

/** A shape seen as `[outer, channels, inner]`: each channel along the node's `axis` has a range, or (-1) all share one. */
export function channelView(
  shape: readonly number[],
  node: OpNode,
): [outer: number, channels: number, inner: number] {
  const axis = node.attrs.has('axis') ? node.attrs.int('axis') : -1;
  if (axis === -1) return [1, 1, sizeOf(shape)];
  const at = resolveAxis(axis, shape.length, node);
  return [sizeOf(shape.slice(0, at)), shape[at]!, sizeOf(shape.slice(at + 1))];
}
