/**
 * Finds the function or signature of a model that a command is told.
 *
 * @module
 */

import {CallError} from '../errors.js';
import {ownEntry} from '../own_entry.js';
import {LoadedObject} from '../savedmodel/load/loaded_object.js';
import type {RestoredFunction} from '../savedmodel/load/restored_function.js';
import type {Signature} from '../savedmodel/load/signature.js';

/** What TensorFlow serves a model by. */
export const DEFAULT_SIGNATURE = 'serving_default';

/** @throws CallError when there is no such signature. */
export function signatureNamed({signatures}: LoadedObject, name: string): Signature {
  const found = ownEntry(signatures, name);
  if (found !== undefined) return found;
  const names = Object.keys(signatures).join(', ') || 'none';
  throw new CallError(`the model has no signature '${name}'; it has: ${names}`);
}

/**
 * The function at a dotted path.
 *
 * @throws CallError when there is none.
 */
export function functionAt(model: LoadedObject, path: string): RestoredFunction {
  let at: unknown = model;
  for (const step of path.split('.')) {
    at = Array.isArray(at)
      ? at[Number(step)]
      : typeof at === 'object' || typeof at === 'function'
        ? attribute(at, step)
        : undefined;
  }
  if (typeof (at as RestoredFunction | undefined)?.invoke === 'function') return at as RestoredFunction;
  throw new CallError(`the model has no function '${path}'; \`tfhub show --all\` lists its functions`);
}

function attribute(object: object | null, step: string): unknown {
  if (object instanceof LoadedObject) return object.get(step);
  return object === null ? undefined : ownEntry(object as Record<string, unknown>, step);
}
