/**
 * Variables as arguments: a function that was traced for a `tf.Variable` takes one of the caller's, and what it assigns is
 * the caller's.
 *
 * Source: `VariableSpec.is_compatible_with` in `tensorflow/python/ops/resource_variable_ops.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {CompositeStructure} from '../../graph/nest.js';
import type {PartialShape} from '../../host/shape.js';
import {elementAt, type HostTensor} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/variable.js';
import {Value} from '../../tensors/value.js';

/**
 * The handle of a variable that fits: of the same dtype, a shape that the declared one does not exclude, and trainable or
 * not as the one that the function was traced with. Undefined where it does not fit, and for what is no variable:
 * TensorFlow takes no tensor in its place, either.
 *
 * @param convert - whether a `tf.variable` of the user's may stand for one of a dtype that tfjs does not know: an int32
 *   variable for int64, a float32 variable for float64
 */
export function variableHandle(
  input: unknown,
  {dtype, shape = null, variable: declared}: CompositeStructure,
  convert: boolean,
): Value | undefined {
  const variable = variableOf(input, dtype!, convert);
  if (variable === undefined || variable.dtype !== dtype) return undefined;
  if (declared?.trainable !== undefined && variable.trainable !== declared.trainable) return undefined;
  if (!mayBeOneShape(variable.shape, shape)) return undefined;
  return Value.object('resource', variable);
}

function variableOf(input: unknown, dtype: Variable['dtype'], convert: boolean): Variable | undefined {
  if (input instanceof tf.Variable) return convert ? Variable.of(input, dtype) : Variable.of(input);
  // The handle of a variable, as raw ops give it.
  const {dtype: given, data} = (input ?? {}) as Partial<HostTensor>;
  const [object] = given === 'resource' && Array.isArray(data) ? (data as readonly unknown[]) : [];
  return object instanceof Variable ? object : undefined;
}

function mayBeOneShape(a: PartialShape, b: PartialShape): boolean {
  if (a === null || b === null) return true;
  return a.length === b.length && a.every((dim, i) => dim === null || b[i] === null || dim === b[i]);
}

/**
 * The flat inputs without those of variables that the function was traced with in several places: these are one input of
 * its graph. Undefined where the caller gives different variables in these places.
 *
 * @param first - for each flat input, the place of the first one that must be the same; see {@link samePlaces}
 */
export function withoutRepeated(values: readonly Value[], first: readonly number[]): Value[] | undefined {
  const object = (value: Value | undefined) => value && elementAt(value.hostData(), 0);
  const same = first.every((place, i) => place === i || object(values[place]) === object(values[i]));
  return same ? values.filter((_, i) => first[i] === i) : undefined;
}
