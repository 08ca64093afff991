/**
 * Sizes that a kernel reads from its inputs.
 *
 * @module
 */

import {formatShape} from '../host/shape.js';
import type {Value} from '../tensors/value.js';
import type {KernelContext} from './kernel.js';
import {invalid} from './node.js';

/** A shape given as a tensor: sizes that are not negative. Anything else is a CallError. */
export function shapeOperand(value: Value, ctx: KernelContext): number[] {
  const shape = value.numbers();
  if (value.rank > 1 || shape.some((dim) => dim < 0)) {
    throw invalid(
      ctx,
      `a shape must be a vector of sizes that are not negative, got [${shape.join(', ')}]` +
        (value.rank > 1 ? ` of shape ${formatShape(value.shape)}` : ''),
    );
  }
  return shape;
}

/** So many elements a JavaScript array holds before it becomes a slow dictionary; more are asked for by mistake only. */
const MOST_OBJECTS = 2 ** 25;

/** Refuses more objects (strings, elements of a list, boxes) than can be held one by one. */
export function checkCount(count: number, what: string, ctx: KernelContext): number {
  if (count >= 0 && count <= MOST_OBJECTS) return count;
  throw invalid(ctx, `there cannot be ${count} ${what}: from 0 to ${MOST_OBJECTS} are possible`);
}
