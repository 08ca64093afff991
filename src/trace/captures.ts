/**
 * What a traced function is bound to besides its arguments: variables, tables, other values of loaded models, and large
 * constants. Each is one thing however often it is used, and known by a key.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {Variable} from '../ops/variable/variable.js';
import type {Value} from '../tensors/value.js';
import type {Capture} from './traced_function.js';

/** A parameter of a function besides its arguments: the same key is the same thing. */
export interface Captured {
  readonly key: object;
  readonly dtype: DType;
  readonly capture: Capture;
}

/** Constants of more elements are captured in place of standing in the graph. */
const LARGE = 1024;

/** A variable, by its handle. */
export function capturedVariable(variable: Variable): Captured {
  return {key: variable, dtype: 'resource', capture: {kind: 'variable', variable: variable.face()}};
}

/** A variable is one thing, whether the function or one it calls is bound to it. */
export function capturedValue(value: Value): Captured {
  if (value.dtype !== 'resource') return {key: value, dtype: value.dtype, capture: {kind: 'value', value}};
  const [object] = value.hostData() as readonly object[];
  if (object instanceof Variable && object.initialized) return capturedVariable(object);
  return {key: object!, dtype: 'resource', capture: {kind: 'value', value}};
}

/** A large constant; undefined for one that stands in the graph. */
export function capturedConstant(value: HostTensor): Captured | undefined {
  if (sizeOf(value.shape) <= LARGE) return undefined;
  return {key: value, dtype: value.dtype, capture: {kind: 'constant', value}};
}

/** The keys of those that are resources. */
export function resourceKeys(captured: readonly Captured[]): object[] {
  return captured.flatMap(({key, dtype}) => (dtype === 'resource' ? [key] : []));
}
