/**
 * Shapes of strings that are joined, and of elements that are read from their bytes.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {type DType, dtypeInfo} from '../../host/dtypes.js';
import {mergeShapes, type PartialShape} from '../../host/shape.js';
import {invalid} from '../node.js';

/** The one shape of strings that are joined element by element: scalars go with every element. */
export function joinedShape(shapes: readonly PartialShape[], node: OpNode): PartialShape {
  const arrays = shapes.filter((shape) => shape !== null && shape.length > 0);
  // What is not known may be a scalar, too.
  if (arrays.length === 0) return shapes.includes(null) ? null : [];
  return arrays.reduce((shape, each) => {
    const merged = mergeShapes(shape, each);
    if (merged === undefined) throw invalid(node, `input shapes do not match: [${each}] vs. [${shape}]`);
    return merged;
  });
}

/** The shape of strings that are joined segment by segment. */
export function joinedSegments<D extends number | null>(
  input: readonly D[],
  ids: readonly D[],
  segments: D,
  node: OpNode,
): D[] {
  if (ids.length === 0) throw invalid(node, 'segment_ids cannot have rank 0');
  const outer = input.slice(0, ids.length);
  if (mergeShapes(outer, ids) === undefined) {
    throw invalid(node, `inputs [${input}] must start with the shape of segment_ids [${ids}]`);
  }
  return [segments, ...input.slice(ids.length)];
}

/** How many elements of a dtype so many bytes are. */
export function elementsIn(length: number, dtype: DType, node: OpNode): number {
  const {bytes: width} = dtypeInfo(dtype);
  if (length % width === 0) return length / width;
  throw invalid(node, `a length of ${length} bytes is no multiple of ${width}, the size of ${dtype}`);
}
