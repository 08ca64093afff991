/**
 * What every column of the op table says of a node that it cannot take. Nothing here depends on how an op is computed.
 *
 * @module
 */

import {CallError, UnsupportedOpError} from '../errors.js';
import type {OpNode} from '../graph/graph.js';
import {formatShape, type PartialShape} from '../host/shape.js';

/** An error for a form of an op that is not implemented. */
export function unsupported(ctx: OpNode, what: string): UnsupportedOpError {
  return new UnsupportedOpError(`${ctx.op} (node '${ctx.name}'): ${what} is not supported`);
}

/** An error for inputs that the op does not allow (TensorFlow's InvalidArgumentError). */
export function invalid(ctx: OpNode, what: string): CallError {
  return new CallError(`${ctx.op} (node '${ctx.name}'): ${what}`);
}

/** Throws unless the shape has this rank, as far as it is known. */
export function checkRank(shape: PartialShape, rank: number, what: string, ctx: OpNode): void {
  if (shape !== null && shape.length !== rank) {
    throw invalid(ctx, `${what} must have ${rank} dimensions, got shape ${formatShape(shape)}`);
  }
}

/** An axis counted from the front, from one that may be negative. `rank` is the number of dimensions it may name. */
export function resolveAxis(axis: number, rank: number, ctx: OpNode): number {
  if (axis < -rank || axis >= rank) {
    throw invalid(ctx, `axis ${axis} is out of range for rank ${rank} (expected [${-rank}, ${rank}))`);
  }
  return axis < 0 ? axis + rank : axis;
}
