/**
 * What is known of the shape of the elements of a list or an array: several places say something of it.
 *
 * @module
 */

import {formatShape, type PartialShape} from '../../host/shape.js';
import type {KernelContext} from '../kernel.js';
import {invalid} from '../node.js';

/** What both shapes say together; an error where they contradict. */
export function mergeShapes(a: PartialShape, b: PartialShape, ctx: KernelContext): PartialShape {
  if (a === null) return b;
  if (b === null) return a;
  const fits = a.length === b.length && a.every((dim, i) => dim === null || b[i] === null || dim === b[i]);
  if (!fits) throw invalid(ctx, `element shapes ${formatShape(a)} and ${formatShape(b)} do not agree`);
  return a.map((dim, i) => dim ?? b[i]!);
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
