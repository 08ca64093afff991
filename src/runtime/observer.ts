/**
 * Who looks on while functions and raw ops are called: tracing, which records them as what they are. One variable says
 * who that is; whoever makes calls asks it, and knows nothing of what becomes of them.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {Attr} from '../graph/attrs.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {Value} from '../tensors/value.js';

/** A tensor, or what stands for one that tfjs has no dtype for: a handle, a variant, an exact result. */
export interface ObservedTensor {
  readonly dtype: DType | tf.DataType;
  readonly shape: readonly number[];
}

/** A call of a function of a loaded model. */
export interface ObservedCall {
  readonly callee: {readonly name: string};
  /** What it is given, without what it is bound to. */
  readonly inputs: readonly Value[];
  /** The values it is bound to, which follow its arguments. */
  readonly bound: readonly Value[];
  /** Its results as far as the function tells. */
  readonly outputs: readonly {readonly dtype: DType; readonly shape: PartialShape}[];
  /** Whether the call does or sees more than its inputs and outputs. */
  readonly stateful: boolean;
  /** Whether the caller wants its results in TensorFlow's own dtypes, in place of tfjs tensors. */
  readonly exact: boolean;
}

/** An input of an op that is run by its name. */
export interface ObservedInput {
  /** Of the argument in the op's definition: those of a list have one name. */
  readonly name: string;
  readonly dtype: DType;
  /** What the caller passed. */
  readonly given: unknown;
  /**
   * What kernels take for it, where the observer has not seen it come to be.
   *
   * @throws CallError where it cannot come from anywhere else
   */
  value(): Value;
}

/** An op that is run by its name. */
export interface ObservedOp {
  readonly name: string;
  /** All of them, defaults included. */
  readonly attrs: ReadonlyMap<string, Attr>;
  /** In the order of the definition, list arguments spread out. */
  readonly inputs: readonly ObservedInput[];
}

/** What is told to whoever looks on, and asked. */
export interface CallObserver {
  /** `value`, which is about to be given to a function or an op, was made of `tensor`. */
  madeOf(value: Value, tensor: tf.Tensor): void;
  /** The elements of `tensor` are about to be read, unseen by tfjs's engine. */
  reads(tensor: tf.Tensor): void;
  /** Whether a result that is no tfjs tensor has come of what is observed, so that its elements are those of one run. */
  hasSeen(result: object): boolean;
  /**
   * A function is called.
   *
   * @param make - makes the call, and lists the tfjs tensors of its result
   */
  call<T>(call: ObservedCall, make: () => {readonly result: T; readonly tensors: readonly tf.Tensor[]}): T;
  /**
   * An op is run by its name.
   *
   * @param run - runs it and gives its outputs, list outputs spread out
   */
  op<T extends ObservedTensor>(op: ObservedOp, run: () => readonly T[]): readonly T[];
}

let current: CallObserver | undefined;

/** Who looks on now; undefined where nobody does. */
export function currentObserver(): CallObserver | undefined {
  return current;
}

/** Runs `f` under the eyes of `observer`. */
export function observedBy<T>(observer: CallObserver | undefined, f: () => T): T {
  const outer = current;
  current = observer;
  try {
    return f();
  } finally {
    current = outer;
  }
}

/** Runs `f` with nobody looking on. */
export function unobserved<T>(f: () => T): T {
  return observedBy(undefined, f);
}
