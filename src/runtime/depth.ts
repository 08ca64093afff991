/**
 * How deep functions of a model may call each other (TensorFlow itself knows no recursion).
 *
 * @module
 */

import {CallError} from '../errors.js';
import type {FunctionRef} from '../graph/attrs.js';

/** A level takes up to 1.4 kB of JavaScript's stack, which has about 1 MB and belongs to the caller, too. */
const MAX_DEPTH = 400;

/** @throws CallError where a function is called by so many others that it must not be called. */
export function checkDepth(depth: number, {name}: FunctionRef): void {
  if (depth < MAX_DEPTH) return;
  throw new CallError(`functions of the model call each other more than ${MAX_DEPTH} deep (at '${name}')`);
}
