/**
 * Choosing a trace of a function by descriptions of tensors, without calling it.
 *
 * Source: `_concrete_function_callable_with` of `tensorflow/python/saved_model/function_deserialization.py`.
 *
 * @module
 */

import {childrenOf, type Structure} from '../../graph/nest.js';
import {TensorSpec} from '../../graph/tensor_spec.js';
import type {PartialShape} from '../../host/shape.js';
import type {ConcreteFunction} from './concrete_function.js';

/** Whether a value, which is no spec and contains none, fits a structure. */
type Fits = (input: unknown, structure: Structure) => boolean;

/** Whether bound arguments, some of which may be specs, fit the signature of a trace. */
export function acceptsSpec(
  {args, kwargs}: ConcreteFunction['signature'],
  bound: {readonly args: readonly unknown[]; readonly kwargs: ReadonlyMap<string, unknown>},
  fits: Fits,
): boolean {
  return (
    bound.args.length === args.length &&
    bound.kwargs.size === kwargs.size &&
    args.every((structure, i) => accepts(bound.args[i], structure, fits)) &&
    [...kwargs].every(
      ([key, structure]) => bound.kwargs.has(key) && accepts(bound.kwargs.get(key), structure, fits),
    )
  );
}

function accepts(input: unknown, structure: Structure, fits: Fits): boolean {
  if (!containsSpec(input)) return fits(input, structure);
  if (input instanceof TensorSpec) {
    const isTensor = structure.kind === 'tensor' && structure.dtype === input.dtype;
    return isTensor && areCompatible(structure.shape, input.shape);
  }
  if (Array.isArray(input)) {
    const isList = structure.kind === 'list' || structure.kind === 'tuple';
    return (
      isList &&
      structure.items.length === input.length &&
      structure.items.every((item, i) => accepts(input[i], item, fits))
    );
  }
  const entries = new Map(Object.entries(input as object));
  const isDict = structure.kind === 'dict' || structure.kind === 'namedTuple';
  return (
    isDict &&
    structure.fields.size === entries.size &&
    childrenOf(structure).every(
      ([key, child]) => entries.has(String(key)) && accepts(entries.get(String(key)), child, fits),
    )
  );
}

function containsSpec(input: unknown): boolean {
  if (input instanceof TensorSpec) return true;
  if (Array.isArray(input)) return input.some(containsSpec);
  if (typeof input !== 'object' || input === null) return false;
  const prototype = Object.getPrototypeOf(input);
  return (prototype === Object.prototype || prototype === null) && Object.values(input).some(containsSpec);
}

/** Whether some tensor has both shapes (`tf.TensorShape.is_compatible_with`). */
function areCompatible(a: PartialShape, b: PartialShape): boolean {
  if (a === null || b === null) return true;
  return a.length === b.length && a.every((dim, i) => dim === null || b[i] === null || dim === b[i]);
}
