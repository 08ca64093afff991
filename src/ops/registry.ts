/**
 * Every op this library runs, from the tables of its families.
 *
 * @module
 */

// tfjs-core alone registers no gradients; tfjs-layers brings them.
import '@tensorflow/tfjs-layers';
import type {Attrs} from '../graph/attrs.js';
import {array} from './array.js';
import {checkpoint} from './checkpoint.js';
import {controlFlow} from './control_flow.js';
import {customGradients} from './custom_gradient.js';
import {debug} from './debug.js';
import {fingerprint} from './fingerprint.js';
import {guardGradient} from './gradient_guard.js';
import {image} from './image.js';
import {indexing} from './indexing.js';
import {checkRanks} from './input_ranks.js';
import type {Kernel, OpFamily, OpImplementation} from './kernel.js';
import {linalg} from './linalg.js';
import {lists} from './list.js';
import {math} from './math.js';
import {nn} from './nn.js';
import {optionals} from './optional.js';
import {parsing} from './parsing.js';
import {proto} from './proto.js';
import {ragged} from './ragged.js';
import {random} from './random.js';
import {reduction} from './reduction.js';
import {segment} from './segment.js';
import {signal} from './signal.js';
import {sparse} from './sparse.js';
import {string} from './string.js';
import {table} from './table.js';
import {tensorArrays} from './tensor_array.js';
import {text} from './text.js';
import {training} from './training.js';
import {variables} from './variable.js';

/** Families by the name of their file. */
export const OP_FAMILIES: Readonly<Record<string, OpFamily>> = {
  array,
  checkpoint,
  control_flow: controlFlow,
  custom_gradient: customGradients,
  debug,
  fingerprint,
  image,
  indexing,
  linalg,
  list: lists,
  math,
  nn,
  optional: optionals,
  parsing,
  proto,
  ragged,
  random,
  reduction,
  segment,
  signal,
  sparse,
  string,
  table,
  tensor_array: tensorArrays,
  text,
  training,
  variable: variables,
};

/** Families whose ops hand on values of others: what they return may be a constant. */
const TRANSPARENT: ReadonlySet<OpFamily> = new Set([
  controlFlow,
  customGradients,
  lists,
  optionals,
  tensorArrays,
  training,
  variables,
]);

const KERNELS: ReadonlyMap<string, Kernel> = new Map(
  Object.values(OP_FAMILIES).flatMap((family) =>
    Object.entries(family).map(([op, {kernel}]) => {
      const checked = checkRanks(op, kernel);
      return [op, TRANSPARENT.has(family) ? checked : guardGradient(op, checked)];
    }),
  ),
);

/** The kernel of an op, undefined where the op is not supported. */
export function kernelOf(op: string): Kernel | undefined {
  return KERNELS.get(op);
}

/** True when this library can run the op: it has a kernel, or the interpreter executes it itself. */
export function isSupported(op: string): boolean {
  return KERNELS.has(op) || INTERPRETED.has(op);
}

const UNSUPPORTED_DTYPES: ReadonlyMap<string, NonNullable<OpImplementation['unsupportedDtypes']>> = new Map(
  Object.values(OP_FAMILIES).flatMap((family) =>
    Object.entries(family).flatMap(([op, {unsupportedDtypes}]) =>
      unsupportedDtypes ? [[op, unsupportedDtypes] as const] : [],
    ),
  ),
);

/** Which of a node's dtypes its op is not supported for, such as `T = variant`; undefined where it can run. */
export function unsupportedDtype(op: string, attrs: Attrs): string | undefined {
  for (const [name, dtypes] of Object.entries(UNSUPPORTED_DTYPES.get(op) ?? {})) {
    const attr = attrs.raw(name);
    if (attr?.type === 'type' && dtypes.includes(attr.value)) return `${name} = ${attr.value}`;
  }
  return undefined;
}

/** Ops without kernel, which the interpreter executes itself. */
export const INTERPRETED: ReadonlySet<string> = new Set([
  '_Arg',
  ...['Switch', 'Merge', 'Enter', 'Exit', 'NextIteration'].flatMap((op) => [op, `Ref${op}`]),
]);
