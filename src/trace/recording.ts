/**
 * What is recorded of one run of a function: a list of entries, one for each thing that tfjs did. A tensor is known by the
 * entry that made it; what comes from outside (a variable, a tensor closed over) enters by an entry of its own when it is
 * first used.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {Attr} from '../graph/attrs.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';
import type {ObservedTensor} from '../runtime/observer.js';
import type {Value} from '../tensors/value.js';
import type {Sample} from './random.js';
import type {ForeignFunction} from './traced_function.js';

/** A tensor of a recording: output number `output` of entry number `entry`. */
export interface Ref {
  readonly entry: number;
  readonly output: number;
}

/** The tensors that an entry reads: by name or in a list, as the kernel has them. */
export type RefTree = Ref | null | readonly RefTree[] | {readonly [name: string]: RefTree};

/** Names of attributes with their values: numbers, strings, booleans, and arrays of these. */
export type KernelAttrs = Readonly<Record<string, unknown>>;

/** What one run of a function did. */
export interface Recording {
  readonly entries: readonly Entry[];
}

/** A recording within another: a branch, or the condition or the body of a loop. */
export interface SubRun {
  readonly recording: Recording;
  readonly results: readonly Ref[];
}

/** What an entry stands for. */
export type EntryKind =
  /** A tensor given to the function. */
  | {readonly kind: 'parameter'; readonly index: number}
  /** A tensor of the recording around this one (the body of a loop uses what is outside of the loop). */
  | {readonly kind: 'outer'; readonly outer: Ref}
  /** A tensor made of JavaScript data, or closed over. */
  | {readonly kind: 'constant'; readonly value: HostTensor}
  | {readonly kind: 'random'; readonly sample: Sample}
  | {readonly kind: 'read'; readonly variable: tf.Variable}
  | {readonly kind: 'assign'; readonly variable: tf.Variable}
  | {readonly kind: 'kernel'; readonly kernel: string; readonly attrs: KernelAttrs}
  /** One op of TensorFlow. */
  | {readonly kind: 'op'; readonly op: RecordedOp}
  /** The handle of a variable, of a table or of another resource from outside. */
  | {readonly kind: 'handle'; readonly value: Value}
  /** A call of a function that exists already. */
  | {readonly kind: 'call'; readonly call: ForeignCall}
  | {readonly kind: 'loop'; readonly cond: SubRun; readonly body: SubRun}
  | {readonly kind: 'branch'; readonly branches: readonly [whenTrue: SubRun, whenFalse: SubRun]};

/** An op of TensorFlow that the function asked for by name. */
export interface RecordedOp {
  readonly name: string;
  readonly attrs: ReadonlyMap<string, Attr>;
  /** dtypes of its inputs. */
  readonly inputs: readonly DType[];
  /** Their names in the op's definition: those of a list have one name. */
  readonly names: readonly string[];
}

/** A call of a function of a loaded model. */
export interface ForeignCall {
  readonly callee: ForeignFunction;
  /** dtypes of the function's parameters, without those of `bound`. */
  readonly inputs: readonly DType[];
  /** The values it is bound to, which follow its arguments. */
  readonly bound: readonly Value[];
  readonly outputs: readonly DType[];
  /** Shapes of the results as far as the function tells. */
  readonly shapes: readonly PartialShape[];
  /** Whether the call does or sees more than its inputs and outputs. */
  readonly stateful: boolean;
}

/** One step of a recording. */
export interface Entry {
  readonly what: EntryKind;
  readonly inputs: RefTree;
  /** dtype and shape of each. */
  readonly outputs: readonly ObservedTensor[];
  /** Names of the tfjs ops that were running, outermost first. */
  readonly scope: readonly string[];
  /** The user's line that led here; undefined where it cannot be told. */
  readonly source: string | undefined;
}

/** True for a tensor in a tree of them. */
export function isRef(tree: RefTree): tree is Ref {
  return tree !== null && typeof (tree as Ref).entry === 'number';
}

/** The tensors in a tree. */
export function refsOf(tree: RefTree): Ref[] {
  if (tree === null) return [];
  return isRef(tree) ? [tree] : Object.values(tree).flatMap((each) => refsOf(each as RefTree));
}

/** An error about a step of a recording, with the user's line. */
export function located(entry: Pick<Entry, 'source'>, what: string): SaveError {
  return new SaveError(entry.source === undefined ? what : `${what}\n  at ${entry.source}`);
}
