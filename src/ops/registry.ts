/**
 * Every op this library runs, from the tables of its families.
 *
 * @module
 */

import type {Attrs} from '../graph/attrs.js';
import {DATAFLOW_OPS} from '../graph/dataflow_ops.js';
import {ARGUMENT_OP} from '../graph/graph.js';
import {array} from './array/kernels.js';
import {checkpoint} from './checkpoint/kernels.js';
import {controlFlow} from './control_flow/kernels.js';
import {convolution} from './convolution/kernels.js';
import {customGradients} from './custom_gradient/kernels.js';
import {debug} from './debug/kernels.js';
import {factsOf} from './facts.js';
import {fingerprint} from './fingerprint/kernels.js';
import {guardGradient} from './gradient_guard.js';
import {image} from './image/kernels.js';
import {indexing} from './indexing/kernels.js';
import {checkKnownRanks, checkRanks} from './input_ranks.js';
import type {AsyncKernel, Computation, Kernel, OpFamily, OpImplementation} from './kernel.js';
import {linalg} from './linalg/kernels.js';
import {lists} from './list/kernels.js';
import {math} from './math/kernels.js';
import {nn} from './nn/kernels.js';
import {normalizations} from './normalization/kernels.js';
import {optionals} from './optional/kernels.js';
import {parsing} from './parsing/kernels.js';
import {proto} from './proto/kernels.js';
import {quantization} from './quantization/kernels.js';
import {ragged} from './ragged/kernels.js';
import {random} from './random/kernels.js';
import {recurrent} from './recurrent/kernels.js';
import {reduction} from './reduction/kernels.js';
import {segment} from './segment/kernels.js';
import {signal} from './signal/kernels.js';
import {sparse} from './sparse/kernels.js';
import {string} from './string/kernels.js';
import {table} from './table/kernels.js';
import {tensorArrays} from './tensor_array/kernels.js';
import {text} from './text/kernels.js';
import {training} from './training/kernels.js';
import {variables} from './variable/kernels.js';

/** Families by the name of their folder. */
export const OP_FAMILIES: Readonly<Record<string, OpFamily>> = {
  array,
  checkpoint,
  control_flow: controlFlow,
  convolution,
  custom_gradient: customGradients,
  debug,
  fingerprint,
  image,
  indexing,
  linalg,
  list: lists,
  math,
  nn,
  normalization: normalizations,
  optional: optionals,
  parsing,
  proto,
  quantization,
  ragged,
  random,
  recurrent,
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

const COMPUTATIONS: ReadonlyMap<string, Computation> = new Map(
  Object.values(OP_FAMILIES).flatMap((family) =>
    Object.entries(family).map(([op, {kernel, asyncKernel}]) => {
      const {inputRanks, handsOn, gradient} = factsOf(op);
      const checked = checkRanks(op, kernel, inputRanks);
      const guarded = handsOn || gradient === 'none' ? checked : guardGradient(checked);
      return [op, {kernel: guarded, asyncKernel: asyncKernel && checkRanksFirst(asyncKernel)}];
    }),
  ),
);

function checkRanksFirst(asyncKernel: AsyncKernel): AsyncKernel {
  return (inputs, ctx, call) => {
    checkKnownRanks(inputs, ctx);
    return asyncKernel(inputs, ctx, call);
  };
}

/** How an op is computed; undefined where it is not supported. */
export function computationOf(op: string): Computation | undefined {
  return COMPUTATIONS.get(op);
}

/** The kernel of an op, undefined where the op is not supported. */
export function kernelOf(op: string): Kernel | undefined {
  return COMPUTATIONS.get(op)?.kernel;
}

/** True when this library can run the op: it has a kernel, or the interpreter executes it itself. */
export function isSupported(op: string): boolean {
  return COMPUTATIONS.has(op) || INTERPRETED.has(op);
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
export const INTERPRETED: ReadonlySet<string> = new Set([ARGUMENT_OP, ...DATAFLOW_OPS]);
