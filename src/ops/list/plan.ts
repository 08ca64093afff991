/**
 * What is known of the shape of the elements of a list or an array: several places say something of it.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import * as shapes from '../../host/shape.js';
import {formatShape, type PartialShape} from '../../host/shape.js';
import {invalid} from '../node.js';

/** What both shapes say together; an error where they contradict. */
export function mergeShapes(a: PartialShape, b: PartialShape, node: OpNode): PartialShape {
  const merged = shapes.mergeShapes(a, b);
  if (merged === undefined) {
    throw invalid(node, `element shapes ${formatShape(a)} and ${formatShape(b)} do not agree`);
  }
  return merged;
}

/** The shape, known in full; an error that says `what` has it where it is not. */
export function knownShape(shape: PartialShape, what: string, node: OpNode): number[] {
  if (shape === null || shape.includes(null)) {
    throw invalid(node, `${what}, and the shape ${formatShape(shape)} is not fully known`);
  }
  if (shape.some((dim) => dim! < 0))
    throw invalid(node, `${what}, and the shape ${formatShape(shape)} is negative`);
  return shape as number[];
}

/** A shape given as a scalar or vector: scalar -1 is unknown rank, a dimension of -1 is unknown. */
export function elementShapeFrom(dims: readonly (number | null)[], rank: number, node: OpNode): PartialShape {
  const [first] = dims;
  if (rank === 0) {
    if (first === -1 || first === null) return null;
    throw invalid(node, `a scalar element_shape must be -1 (of unknown rank), not ${first}`);
  }
  const negative = dims.find((dim) => dim !== null && dim < -1);
  if (negative !== undefined) throw invalid(node, `dimension ${negative} of element_shape is less than -1`);
  return dims.map((dim) => (dim === -1 ? null : dim));
}
