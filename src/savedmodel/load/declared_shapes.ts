/**
 * Inputs of other shapes than the declared ones. A signature of TensorFlow 2 and a concrete function check the dtype and
 * leave the shape to the graph: a signature declared for `[1, 3]` that multiplies by a matrix runs on `[4, 3]`.
 *
 * @module
 */

import {HubError} from '../../errors.js';
import type {Structure} from '../../graph/nest.js';
import {formatShape} from '../../host/shape.js';
import {currentObserver} from '../../runtime/observer.js';
import {describeInput} from '../boundary.js';

/** An input that came in another shape than it was declared with. */
export interface OtherShape {
  /** What the input is called, for messages. */
  readonly input: string;
  readonly declared: Structure;
  readonly given: unknown;
}

/**
 * The structure of a tensor, or of a variable, for any shape; undefined where the declared one must hold: bytes are a
 * string only where a scalar is declared, and a function that is being traced is told of what cannot fit, as in TensorFlow.
 */
export function ofAnyShape(structure: Structure, given: unknown): Structure | undefined {
  if (currentObserver() !== undefined) return undefined;
  if (structure.kind === 'tensor') {
    const isBytes = structure.dtype === 'string' && ArrayBuffer.isView(given);
    return isBytes ? undefined : {...structure, shape: null};
  }
  return structure.kind === 'composite' && structure.variable !== undefined
    ? {...structure, shape: null, variable: {}}
    : undefined;
}

/** Makes a call. If it fails, the error leads with the inputs that were not as declared: the reason, more often than not. */
export function callWithOtherShapes<T>(others: readonly OtherShape[], call: () => T): T {
  if (others.length === 0) return call();
  try {
    return call();
  } catch (error) {
    throw explained(error, others);
  }
}

/** {@link callWithOtherShapes} of a call that is asynchronous. */
export async function callWithOtherShapesAsync<T>(
  others: readonly OtherShape[],
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw others.length === 0 ? error : explained(error, others);
  }
}

function explained(error: unknown, others: readonly OtherShape[]): unknown {
  if (error instanceof HubError) error.message = `${others.map(describe).join('\n')}\n${error.message}`;
  return error;
}

function describe({input, declared, given}: OtherShape): string {
  return `${input} is declared as ${describeDeclared(declared)}, and ${describeInput(given)} was given`;
}

function describeDeclared(declared: Structure): string {
  if (declared.kind !== 'tensor' && declared.kind !== 'composite') return declared.kind;
  const {dtype = 'a tensor', shape = null} = declared;
  return `${dtype} ${formatShape(shape)}`;
}
