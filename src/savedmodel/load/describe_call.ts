/**
 * Calls in words: what was passed, and what a function takes, in the shape that TensorFlow users know.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../../errors.js';
import type {Structure} from '../../graph/nest.js';
import {TensorSpec} from '../../graph/tensor_spec.js';
import {formatShape} from '../../host/shape.js';
import {RaggedTensor, SparseTensor} from '../composites.js';
import type {ConcreteFunction} from './concrete_function.js';

/** The error for arguments that no trace fits; `why`, where there is one reason. */
export function noMatch(
  name: string,
  concreteFunctions: readonly ConcreteFunction[],
  bound: {readonly args: readonly unknown[]; readonly kwargs: ReadonlyMap<string, unknown>},
  why: string | undefined,
): CallError {
  const options = concreteFunctions.map((each, i) => {
    const {args, kwargs} = each.signature;
    return `Option ${i + 1}:\n${describeCall(args.map(describeStructure), describeMap(kwargs, describeStructure))}`;
  });
  return new CallError(
    `no trace of ${name}() fits the arguments${why === undefined ? '. ' : `: ${why}${why.endsWith('?') ? '' : '.'}\n`}Got:\n` +
      `${describeCall(bound.args.map(describeArgument), describeMap(bound.kwargs, describeArgument))}\n\n` +
      `Expected these arguments to match one of the following ${options.length} option(s):\n\n${options.join('\n\n')}`,
  );
}

function describeCall(args: readonly string[], kwargs: string): string {
  const lines = args.map((arg) => `    * ${arg}`);
  return [`  Positional arguments (${args.length} total):`, ...lines, `  Keyword arguments: ${kwargs}`].join(
    '\n',
  );
}

function describeMap<T>(map: ReadonlyMap<string, T>, describe: (value: T) => string): string {
  return `{${[...map].map(([key, value]) => `${key}: ${describe(value)}`).join(', ')}}`;
}

/** A structure the way Python shows it: `TensorSpec(shape=(None,), dtype=tf.float32, name='x')`. */
export function describeStructure(structure: Structure): string {
  switch (structure.kind) {
    case 'tensor': {
      const {shape, dtype, name} = structure;
      const label = name === '' ? '' : `, name='${name}'`;
      return `TensorSpec(shape=${formatShape(shape)}, dtype=tf.${dtype}${label})`;
    }
    case 'composite': {
      const {className, shape, dtype, variable} = structure;
      if (variable?.trainable !== undefined) {
        return `${className}Spec(${formatShape(shape ?? null)}, tf.${dtype}, trainable=${variable.trainable})`;
      }
      return `${className}Spec(${dtype === undefined ? '' : `${formatShape(shape ?? null)}, tf.${dtype}`})`;
    }
    case 'list':
      return `[${structure.items.map(describeStructure).join(', ')}]`;
    case 'tuple':
      return `(${structure.items.map(describeStructure).join(', ')}${structure.items.length === 1 ? ',' : ''})`;
    case 'dict':
      return describeMap(structure.fields, describeStructure);
    case 'namedTuple':
      return `${structure.name}(${[...structure.fields].map(([k, v]) => `${k}=${describeStructure(v)}`).join(', ')})`;
    case 'none':
      return 'null';
    case 'literal':
      return JSON.stringify(structure.value, (_, v) => (typeof v === 'bigint' ? v.toString() : v));
    case 'dtype':
      return `tf.${structure.value}`;
    case 'shape':
      return `TensorShape(${formatShape(structure.value)})`;
    case 'constant':
      return `constant ${structure.value.dtype} ${formatShape(structure.value.shape)}`;
  }
}

/** An argument, in the same way. */
export function describeArgument(value: unknown): string {
  if (value instanceof tf.Variable) {
    const {shape, dtype, trainable} = value;
    return `Variable(shape=${formatShape(shape)}, dtype=${dtype}, trainable=${trainable})`;
  }
  if (value instanceof TensorSpec) return String(value);
  if (value instanceof tf.Tensor) return `Tensor(shape=${formatShape(value.shape)}, dtype=${value.dtype})`;
  if (isShaped(value)) {
    return `Tensor(shape=${formatShape(value.shape)}, dtype=${String(value.dtype)})`;
  }
  if (value instanceof RaggedTensor) return `RaggedTensor(dtype=${value.flatValues.dtype})`;
  if (value instanceof SparseTensor) return `SparseTensor(dtype=${value.values.dtype})`;
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${(value as unknown as ArrayLike<unknown>).length})`;
  if (value === undefined) return 'undefined';
  if (value instanceof Promise) return 'a Promise';
  if (typeof value === 'function') return 'a function';
  const text = JSON.stringify(value, (_, each) => inNest(each)) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function isShaped(value: unknown): value is {readonly dtype: unknown; readonly shape: number[]} {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dtype' in value &&
    Array.isArray((value as {shape?: unknown}).shape)
  );
}

/** A part of an argument: tensors as such, not as what they are made of. */
function inNest(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof tf.Tensor || isShaped(value) ? describeArgument(value) : value;
}
