/**
 * Uses a loaded model in every way a user can: reads every attribute and variable, looks at every signature, calls
 * every function once with arguments of zeros. For tests of models that are damaged or hostile.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {HubError} from '../../errors.js';
import type {Structure, TensorStructure} from '../../graph/nest.js';
import {dtypeInfo} from '../../host/dtypes.js';
import {PackedStrings} from '../../host/strings.js';
import {allocate, sizeOf} from '../../host/tensor.js';
import type {ModelDirectory} from '../../platform/platform.js';
import type {ExactTensor} from '../boundary.js';
import {RaggedTensor, SparseTensor} from '../composites.js';
import type {ConcreteFunction} from '../load/concrete_function.js';
import {type LoadModelOptions, loadModel} from '../load/load.js';
import {LoadedObject} from '../load/loaded_object.js';
import {type RestoredFunction, tuple} from '../load/restored_function.js';
import type {Signature} from '../load/signature.js';

/** What came of it. */
export interface Exercise {
  /** The error that loading failed with. */
  readonly refused?: HubError;
  /** Uses that worked, and those that failed as they may: with an error of this library. */
  readonly worked: number;
  readonly failures: readonly HubError[];
  /** Every variable's value, in a form that compares. */
  readonly variables: string;
}

/** Larger arguments are not made: a damaged signature may ask for any size. */
const MAX_ELEMENTS = 1e5;

/**
 * Loads a model, uses it, and disposes of it.
 *
 * @param use - another use of it
 * @throws anything but a {@link HubError} that comes up, and an error when tensors are left afterwards.
 */
export async function exercise(
  directory: ModelDirectory,
  options: LoadModelOptions = {},
  use?: (model: LoadedObject) => Promise<void>,
): Promise<Exercise> {
  const before = tf.memory().numTensors;
  let result: Exercise;
  try {
    const model = await loadModel(directory, options);
    try {
      result = useAll(model);
      if (use !== undefined) result = withUse(result, await outcomeOf(() => use(model)));
    } finally {
      model.dispose();
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    result = {refused: error, worked: 0, failures: [], variables: ''};
  }
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`${left} tensors are left`);
  return result;
}

async function outcomeOf(use: () => Promise<void>): Promise<HubError | undefined> {
  try {
    await use();
    return undefined;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return error;
  }
}

function withUse(result: Exercise, failure: HubError | undefined): Exercise {
  if (failure === undefined) return {...result, worked: result.worked + 1};
  return {...result, failures: [...result.failures, failure]};
}

function useAll(model: LoadedObject): Exercise {
  const failures: HubError[] = [];
  let worked = 0;
  const attempt = <T>(use: () => T): T | undefined => {
    try {
      const result = use();
      worked++;
      return result;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      failures.push(error);
      return undefined;
    }
  };
  const variables = attempt(() => describeVariables(model)) ?? '';
  const functions = new Set<RestoredFunction>();
  const signatures = new Set<Signature>();
  const seen = new Set<unknown>();
  const queue: unknown[] = [model];
  for (const each of queue) {
    if (seen.has(each) || each === null) continue;
    seen.add(each);
    if (each instanceof LoadedObject) {
      for (const name of each.attributeNames) queue.push(attempt(() => each.get(name)));
      for (const signature of Object.values(attempt(() => each.signatures) ?? {})) signatures.add(signature);
      attempt(() => each.variables);
      attempt(() => each.trainableVariables);
      for (const loss of attempt(() => each.regularizationLosses) ?? []) queue.push(loss);
    } else if (isFunction(each)) {
      functions.add(each);
    } else if (Array.isArray(each)) {
      queue.push(...each);
    } else if (typeof each === 'object' && Object.getPrototypeOf(each) === Object.prototype) {
      for (const key of Object.keys(each)) queue.push(attempt(() => (each as Record<string, unknown>)[key]));
    }
  }
  for (const each of functions)
    for (const trace of each.concreteFunctions) attempt(() => callTrace(each, trace));
  for (const signature of signatures) attempt(() => callSignature(signature));
  return {worked, failures, variables};
}

function isFunction(value: unknown): value is RestoredFunction {
  return typeof value === 'function' && 'concreteFunctions' in value;
}

function describeVariables(model: LoadedObject): string {
  return JSON.stringify(
    model.modelInfo.variables().map((each) => {
      if (!each.initialized) return [each.name];
      const {dtype, shape, data} = each.exact();
      return [each.name, dtype, shape, Array.from(data as ArrayLike<unknown>, String)];
    }),
  );
}

function callTrace(target: RestoredFunction, trace: ConcreteFunction): void {
  const {args, kwargs} = trace.signature;
  tf.tidy(() => {
    const positional = args.map(example);
    const keywords = Object.fromEntries([...kwargs].map(([name, structure]) => [name, example(structure)]));
    target.invoke(positional, keywords);
  });
}

function callSignature(signature: Signature): void {
  const inputs = Object.values(signature.inputs).map(
    (each) => [each.name, zeros({kind: 'tensor', ...each})] as const,
  );
  tf.tidy(() => {
    signature(Object.fromEntries(inputs) as Record<string, ExactTensor>);
  });
}

/** An argument that fits the structure, as far as one can be made. */
function example(structure: Structure): unknown {
  switch (structure.kind) {
    case 'tensor':
      return zeros(structure);
    case 'composite':
      return compositeExample(structure.type, structure.components);
    case 'list':
      return structure.items.map(example);
    case 'tuple':
      return tuple(...structure.items.map(example));
    case 'dict':
    case 'namedTuple':
      return Object.fromEntries([...structure.fields].map(([key, field]) => [key, example(field)]));
    case 'none':
      return null;
    default:
      return structure.value;
  }
}

/** Empty ragged and sparse tensors. */
function compositeExample(type: string, components: readonly TensorStructure[]): unknown {
  const rank = components[0]?.shape?.length ?? 1;
  if (type === 'ragged') {
    const splits = components.slice(1).map(() => tf.tensor([0], [1], 'int32'));
    return RaggedTensor.fromNestedRowSplits(tf.zeros([0, ...new Array<number>(rank - 1).fill(1)]), splits);
  }
  if (type === 'sparse') {
    const dense = components[2]?.shape?.[0] ?? 1;
    if (dense > MAX_ELEMENTS) return null;
    return new SparseTensor(tf.zeros([0, dense], 'int32'), tf.zeros([0]), tf.zeros([dense], 'int32'));
  }
  return null;
}

/** Zeros of the dtype, two of whatever a dimension counts; null for what would be too large or is no data. */
function zeros({dtype, shape}: TensorStructure): ExactTensor | null {
  const dims = (shape ?? []).map((dim) => dim ?? 2);
  const size = sizeOf(dims);
  if (size > MAX_ELEMENTS) return null;
  const {kind} = dtypeInfo(dtype);
  if (kind === 'resource' || kind === 'variant') return null;
  const data = kind === 'string' ? PackedStrings.empty(size) : allocate(dtype, size);
  return {dtype, shape: dims, data};
}
