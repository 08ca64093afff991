/**
 * `rawOps`: every TensorFlow op that this library computes, as a function.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {UnsupportedOpError} from '../../errors.js';
import {type OpDef, opDef, opNames} from '../../graph/op_defs.js';
import {isFloating} from '../../host/dtypes.js';
import {isSupported, kernelOf} from '../../ops/registry.js';
import {EagerContext, executeEagerly} from '../../runtime/eager.js';
import {type CallObserver, currentObserver} from '../../runtime/observer.js';
import {Value} from '../../tensors/value.js';
import {isTaping} from '../../tfjs/tape.js';
import {type BoundInput, type BoundOp, bindOp, fail, inputValue, outputsOf} from './binding.js';
import type {RawOps} from './generated/raw_ops.js';
import {isOpaque, RawTensor, toTensor} from './tensor.js';

/** What a raw op gives: a tensor, an array of them, an object of these by output, or nothing. */
export type RawOutput = tf.Tensor | RawTensor | readonly RawOutput[] | {readonly [name: string]: RawOutput};

/** `R` with a {@link RawTensor} for every tfjs tensor. */
type Exactly<R> = R extends tf.Tensor
  ? RawTensor
  : R extends readonly (infer E)[]
    ? Exactly<E>[]
    : R extends RawTensor | undefined
      ? R
      : {[K in keyof R]: Exactly<R[K]>};

/** {@link RawOps} whose results are all in TensorFlow's own dtypes. */
export type ExactRawOps = {
  readonly [Op in keyof RawOps]: (...args: Parameters<RawOps[Op]>) => Exactly<ReturnType<RawOps[Op]>>;
};

type RawOp = (inputs?: Named, attrs?: Named) => RawOutput | undefined;
type Named = Readonly<Record<string, unknown>>;

/** Why an op cannot be a raw op; undefined for one that can. */
export function refusal(def: OpDef): string | undefined {
  const {name, inputs, outputs, attrs} = def;
  if (kernelOf(name) === undefined) {
    return isSupported(name) ? 'is executed within a graph only' : 'is not supported';
  }
  if ([...inputs, ...outputs].some(({isRef}) => isRef)) {
    return 'takes or gives a reference of TensorFlow 1; use the op on resources';
  }
  if (attrs.some(({type}) => /func/.test(type))) {
    return 'calls functions of a model, which are no arguments of a raw op';
  }
  return name.startsWith('_') ? 'is internal to TensorFlow' : undefined;
}

/** A table of functions by op, each made when it is first asked for. */
function tableOfOps(exact: boolean, more: Readonly<Record<string, unknown>>): object {
  const made = new Map<string | symbol, unknown>(Object.entries(more));
  const find = (name: string | symbol): unknown => {
    if (!made.has(name) && typeof name === 'string') {
      const def = opDef(name);
      if (def !== undefined) made.set(name, rawOp(def, exact));
    }
    return made.get(name);
  };
  return new Proxy(Object.create(null) as object, {
    get: (_, name) => find(name),
    has: (_, name) => find(name) !== undefined,
    ownKeys: () => [...opNames()].filter((name) => refusal(opDef(name)!) === undefined),
    getOwnPropertyDescriptor: (_, name) =>
      find(name) === undefined
        ? undefined
        : {value: find(name), enumerable: true, configurable: true, writable: false},
    set: () => false,
  });
}

function rawOp(def: OpDef, exact: boolean): RawOp {
  const reason = refusal(def);
  const call: RawOp = (inputs = {}, attrs = {}) => {
    if (reason !== undefined) throw new UnsupportedOpError(`op ${def.name} ${reason}`);
    return run(bindOp(def, inputs, attrs), exact);
  };
  return Object.defineProperty(call, 'name', {value: def.name});
}

function run(bound: BoundOp, exact: boolean): RawOutput | undefined {
  const observer = currentObserver();
  const flat =
    observer === undefined || mayBeDifferentiated(bound)
      ? execute(bound, exact)
      : executeObserved(bound, exact, observer);
  let next = 0;
  const all = outputsOf(bound).map(({name, isList, dtypes}): readonly [string, RawOutput] => {
    const each = dtypes.map(() => flat[next++]!);
    return [name, isList ? each : each[0]!];
  });
  return all.length > 1 ? Object.fromEntries(all) : all[0]?.[1];
}

/**
 * Whether a gradient may be asked for along the op. Where a function that is traced asks for gradients itself, tfjs has them of
 * its own operations, so that these are recorded in place of the op.
 */
function mayBeDifferentiated({inputs}: BoundOp): boolean {
  return (
    isTaping() &&
    inputs.some(({given, dtype}) => given instanceof tf.Tensor && (isFloating(dtype) || dtype === 'resource'))
  );
}

/** Runs the op and gives its outputs, list outputs spread out. */
function execute(bound: BoundOp, exact: boolean, context?: EagerContext): (tf.Tensor | RawTensor)[] {
  const {def, attrs} = bound;
  const values = bound.inputs.map((input) => inputValue(def, input));
  bound.inputs.forEach(({given, dtype}, i) => {
    const isRead = given instanceof tf.Tensor && dtype !== 'resource' && !values[i]!.onDevice;
    if (isRead) currentObserver()?.reads(given);
  });
  const args = outlivesCall(bound) ? values.map(ownTensor) : values;
  const convert = (results: readonly Value[]) => {
    const result = results.map((value) => output(value, exact, def));
    return {result, tensors: result.flatMap((each) => (each instanceof RawTensor ? each.tensors : [each]))};
  };
  return executeEagerly(def, attrs, args, convert, context);
}

function output(value: Value, exact: boolean, {name}: OpDef): tf.Tensor | RawTensor {
  if (isOpaque(value.dtype)) return new RawTensor(value);
  if (!exact) return toTensor(value, `a result of ${name}`);
  const {dtype, shape} = value;
  return new RawTensor(Value.host(dtype, shape, value.hostData().slice()));
}

/** What the ops that one observer sees share: their resources are not those of the program. */
const contexts = new WeakMap<CallObserver, EagerContext>();

/** Runs the op under the eyes of an observer: as the one thing that it is, and not as what it is made of. */
function executeObserved(
  bound: BoundOp,
  exact: boolean,
  observer: CallObserver,
): readonly (tf.Tensor | RawTensor)[] {
  const {def, attrs} = bound;
  const context = contexts.get(observer) ?? new EagerContext();
  contexts.set(observer, context);
  const inputs = bound.inputs.map((input) => ({...input, value: () => valueFromOutside(def, input)}));
  return observer.op({name: def.name, attrs, inputs}, () => execute(bound, exact, context));
}

/** The value of an input that the observer has not seen come to be. */
function valueFromOutside(def: OpDef, input: BoundInput): Value {
  const value = inputValue(def, input);
  if (input.dtype === 'variant') {
    throw fail(def, `takes as ${input.label} a variant that was made outside of the function that is traced`);
  }
  return value;
}

/** Whether what the op makes or changes may hold on to its inputs. */
function outlivesCall(bound: BoundOp): boolean {
  const outputs = outputsOf(bound).flatMap(({dtypes}) => dtypes);
  return [...outputs, ...bound.inputs.map(({dtype}) => dtype)].some(isOpaque);
}

/** The same value with a tensor that the caller cannot dispose of. */
function ownTensor(value: Value): Value {
  const {deviceTensor} = value;
  return deviceTensor === undefined ? value : Value.device(tf.clone(deviceTensor), value.dtype);
}

/**
 * TensorFlow's ops by name, as `tf.raw_ops` has them: `rawOps.MatMul({a, b}, {transpose_b: true})`. Inputs and attributes
 * have TensorFlow's names; dtypes and numbers of tensors follow from the inputs where they are not given.
 *
 * An input is anything that a loaded function takes: a tfjs tensor, a typed array, a nested array, a number, a string; a
 * handle can be a `tf.Variable`. The result is a tfjs tensor, an array of them for a list, an object by name where the op
 * has several outputs, nothing where it has none; handles and variants are {@link RawTensor}s. A result in a dtype that
 * tfjs has not (int64 shown as int32) keeps its meaning when it is passed on to another raw op.
 *
 * `rawOps.exact` has the same ops with all results as {@link RawTensor}s.
 *
 * @throws CallError for arguments that the op does not take, UnsupportedOpError for an op that this library has not
 * @example
 * const {values} = rawOps.TopKV2({input: scores, k: 3});
 * const ids = rawOps.exact.StringToHashBucketFast({input: words}, {num_buckets: 2 ** 40});   // ids.data: BigInt64Array
 */
export const rawOps = tableOfOps(false, {exact: tableOfOps(true, {})}) as RawOps & {
  readonly exact: ExactRawOps;
};
