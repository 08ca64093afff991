/**
 * What is known of the shape of the elements of a list or an array: several places say something of it.
 *
 * @module
 */

import * as shapes from '../../host/shape.js';
import {formatShape, type PartialShape} from '../../host/shape.js';
import type {KernelContext} from '../kernel.js';
import {invalid} from '../node.js';

/** What both shapes say together; an error where they contradict. */
export function mergeShapes(a: PartialShape, b: PartialShape, ctx: KernelContext): PartialShape {
  const merged = shapes.mergeShapes(a, b);
  if (merged === undefined) {
    throw invalid(ctx, `element shapes ${formatShape(a)} and ${formatShape(b)} do not agree`);
  }
  return merged;
}

/** The shape, known in full; an error that says `what` has it where it is not. */
export function knownShape(shape: PartialShape, what: string, ctx: KernelContext): number[] {
  if (shape === null || shape.includes(null)) {
    throw invalid(ctx, `${what}, and the shape ${formatShape(shape)} is not fully known`);
  }
  if (shape.some((dim) => dim! < 0))
    throw invalid(ctx, `${what}, and the shape ${formatShape(shape)} is negative`);
  return shape as number[];
}
