/**
 * What elementwise ops make of shapes.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {broadcastShapes, formatShape, sameShape} from '../../host/shape.js';
import {invalid} from '../node.js';

/** For each of two shapes, the axes over which a gradient of what they broadcast to is summed. */
export function reducedAxes(
  a: readonly number[],
  b: readonly number[],
  node: OpNode,
): readonly [number[], number[]] {
  if (broadcastShapes(a, b) === undefined) {
    throw invalid(node, `incompatible shapes: ${formatShape(a)} vs. ${formatShape(b)}`);
  }
  if (sameShape(a, b)) return [[], []];
  const rank = Math.max(a.length, b.length);
  const axes = Array.from({length: rank}, (_, axis) => axis);
  const ofShape = (shape: readonly number[]) => {
    const lead = rank - shape.length;
    return axes.filter((axis) => axis < lead || shape[axis - lead] === 1);
  };
  return [ofShape(a), ofShape(b)];
}
