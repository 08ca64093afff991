/**
 * Runs the calls that a fixture records (`fixtures/README.md`) on the model as loaded here, and compares with what
 * TensorFlow computed.
 *
 * @module
 */

import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'vitest';
import {CallError} from '../../errors.js';
import {type DType, dtypeInfo, lanes} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import {PackedStrings} from '../../host/strings.js';
import {type HostTensor, sizeOf} from '../../host/tensor.js';
import {decodeTensorBytes} from '../../host/tensor_bytes.js';
import {Variable} from '../../ops/variable/variable.js';
import {Value} from '../../tensors/value.js';
import {gradientsIfAny} from '../../tfjs/tape.js';
import type {ExactTensor} from '../boundary.js';
import {IndexedSlices, RaggedTensor, SparseTensor} from '../composites.js';
import type {CallOptions} from '../load/concrete_function.js';
import type {LoadedObject} from '../load/loaded_object.js';
import {identifierOf} from '../load/parameter_names.js';
import {isTuple, type RestoredFunction, tuple} from '../load/restored_function.js';
import type {Signature} from '../load/signature.js';

/** A nest as the fixtures write it. */
export type JsonNest = null | boolean | number | string | {readonly [tag: `$${string}`]: never};

interface JsonTensor {
  readonly $tensor: {readonly dtype: DType; readonly shape: number[]; readonly data: string | string[]};
}

interface JsonSpec {
  readonly dtype: DType;
  readonly shape: PartialShape;
}

export interface FixtureCase {
  readonly call: {readonly signature?: string; readonly function?: string};
  readonly args: JsonNest[];
  readonly kwargs: Record<string, JsonNest>;
  readonly outputs?: JsonNest;
  readonly error?: string;
  readonly tolerance?: {readonly rtol: number; readonly atol: number};
  readonly gradients?: {
    readonly inputs: (JsonTensor | null)[];
    readonly variables: Record<string, JsonTensor | null>;
  };
  readonly variables_after?: Record<string, JsonTensor>;
  readonly arguments_after?: JsonTensor[];
  readonly stochastic?: {
    readonly dtype: DType;
    readonly shape: number[];
    readonly mean: number;
    readonly std: number;
    readonly fraction_zero: number;
  };
}

export interface Fixture {
  readonly name: string;
  readonly directory: string;
  readonly description: string;
  readonly tags: string[] | null;
  readonly signatures: Record<string, {inputs: Record<string, JsonSpec>; outputs: Record<string, JsonSpec>}>;
  readonly variables: Record<string, JsonSpec & {trainable: boolean; value?: JsonTensor}>;
  readonly attributes?: Record<string, (string | null)[]>;
  readonly cases: FixtureCase[];
}

/** Every fixture of a directory. */
export function readFixtures(directory: string): Fixture[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith('.cases.json'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.cases.json'.length);
      const content = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Omit<
        Fixture,
        'name' | 'directory'
      >;
      return {...content, name, directory: join(directory, name)};
    });
}

/** Default tolerances end to end, by dtype; all else agrees exactly. */
const TOLERANCES: Partial<Record<DType, {rtol: number; atol: number}>> = {
  float32: {rtol: 1e-4, atol: 1e-5},
  complex64: {rtol: 1e-4, atol: 1e-5},
  float64: {rtol: 1e-9, atol: 1e-10},
  complex128: {rtol: 1e-9, atol: 1e-10},
  float16: {rtol: 1e-2, atol: 1e-3},
  bfloat16: {rtol: 4e-2, atol: 1e-2},
};

/** Title of a case for test reports. */
export function caseTitle({call, args, error, gradients, stochastic}: FixtureCase, index: number): string {
  const target = call.signature === undefined ? call.function : `signatures.${call.signature}`;
  const extra = [error && 'fails', gradients && 'gradients', stochastic && 'random']
    .filter(Boolean)
    .join(', ');
  return `#${index} ${target}(${args.length})${extra ? ` [${extra}]` : ''}`;
}

/** Makes one call on the loaded model and checks everything the case records. */
export function checkCase(model: LoadedObject, each: FixtureCase): void {
  tf.tidy(() =>
    withArguments(each, (args, kwargs, variables) => {
      checkWithinTidy(model, each, args, kwargs);
      checkArguments(variables, each);
    }),
  );
}

/** Makes one call asynchronously, and checks what it gives and what it does to variables. */
export async function checkCaseAsync(model: LoadedObject, each: FixtureCase): Promise<void> {
  const {args, kwargs, variables, dispose} = argumentsOf(each);
  try {
    // What arguments are made of is freed when the call has been made.
    const call = tf.tidy(() => ({
      promise: makeCallAsync(model, each.call, args(), kwargs()) as never,
    })).promise as Promise<unknown>;
    if (each.error !== undefined) {
      await expect(call).rejects.toThrow(CallError);
      return;
    }
    const output = await call;
    if (each.stochastic) checkStochastic(output as ExactTensor, each.stochastic);
    else compare(output, each.outputs!, each, 'output');
    if (each.variables_after) checkVariables(model, each.variables_after, each);
    checkArguments(variables, each);
  } finally {
    dispose();
  }
}

function checkArguments(variables: readonly Variable[], each: FixtureCase): void {
  each.arguments_after?.forEach((json, i) => {
    compareTensor(variables[i]!.exact(), decodeTensor(json), each, `variable ${i} of the arguments`);
  });
}

/** Gives the arguments of a case; the variables among them, in their order, live as long as `use` runs. */
function withArguments<T>(
  each: FixtureCase,
  use: (args: readonly unknown[], kwargs: Record<string, unknown>, variables: readonly Variable[]) => T,
): T {
  const {args, kwargs, variables, dispose} = argumentsOf(each);
  try {
    return use(args(), kwargs(), variables);
  } finally {
    dispose();
  }
}

/** The arguments of a case, made when they are asked for, and the variables among them in their order. */
function argumentsOf(each: FixtureCase) {
  const variables: Variable[] = [];
  const made = new Map<string, Variable>();
  const decodeWith = (nest: JsonNest): unknown =>
    decode(nest, (json) => {
      const key = JSON.stringify(json);
      const variable = made.get(key) ?? makeVariable(json, `argument_${made.size}`);
      made.set(key, variable);
      variables.push(variable);
      return variable.face();
    });
  return {
    args: () => each.args.map(decodeWith),
    kwargs: () => mapValues(each.kwargs, decodeWith),
    variables,
    dispose() {
      for (const variable of made.values()) variable.dispose();
    },
  };
}

interface JsonVariable {
  readonly value: JsonTensor;
  readonly trainable: boolean;
}

function makeVariable({value, trainable}: JsonVariable, name: string): Variable {
  const tensor = decodeTensor(value);
  const variable = new Variable({name, dtype: tensor.dtype, shape: tensor.shape, trainable});
  variable.assign(Value.of(tensor));
  return variable;
}

function checkWithinTidy(
  model: LoadedObject,
  each: FixtureCase,
  args: readonly unknown[],
  kwargs: Record<string, unknown>,
): void {
  const call = (options: CallOptions) => makeCall(model, each.call, args, kwargs, options);
  if (each.error !== undefined) {
    expect(() => call({exact: true})).toThrow(CallError);
    return;
  }
  // TensorFlow made the call once, for outputs and gradients; here it is made for each, from the same state.
  const before = each.gradients ? snapshot(model) : [];
  const output = call({exact: true});
  if (each.stochastic) checkStochastic(output as ExactTensor, each.stochastic);
  else compare(output, each.outputs!, each, 'output');
  for (const [variable, value] of before) variable.assign(Value.of(value));
  if (each.gradients) checkGradients(model, each, args, kwargs);
  if (each.variables_after) checkVariables(model, each.variables_after, each);
}

/** What the model's variables are now. */
function snapshot(model: LoadedObject): [Variable, HostTensor][] {
  const variables = model.modelInfo.variables().filter(({initialized}) => initialized);
  return variables.map((variable) => {
    const {dtype, shape, data} = variable.exact();
    return [variable, {dtype, shape, data: data.slice()}];
  });
}

/** Makes a call as a user would who wants tfjs tensors; for tests of memory. */
export function callForTensors(model: LoadedObject, each: FixtureCase): unknown {
  return withArguments(each, (args, kwargs) => makeCall(model, each.call, args, kwargs, {}));
}

function makeCall(
  model: LoadedObject,
  target: FixtureCase['call'],
  args: readonly unknown[],
  kwargs: Record<string, unknown>,
  options: CallOptions,
): unknown {
  if (target.signature !== undefined) {
    const signature = model.signatures[target.signature] as Signature;
    return signature(kwargs as Record<string, ExactTensor>, options);
  }
  return resolveFunction(model, target.function!).invoke(args, kwargs, options);
}

function makeCallAsync(
  model: LoadedObject,
  target: FixtureCase['call'],
  args: readonly unknown[],
  kwargs: Record<string, unknown>,
): Promise<unknown> {
  const options = {exact: true};
  return target.signature === undefined
    ? resolveFunction(model, target.function!).invokeAsync(args, kwargs, options)
    : model.signatures[target.signature]!.async(kwargs as Record<string, ExactTensor>, options);
}

/** The function at a dotted path from the model: numbers index lists. */
function resolveFunction(
  model: LoadedObject,
  path: string,
): Pick<RestoredFunction, 'invoke' | 'invokeAsync'> {
  let at: unknown = model;
  for (const step of path.split('.')) {
    if (step === '__call__') continue;
    at = resolveStep(at, step);
  }
  return at as Pick<RestoredFunction, 'invoke' | 'invokeAsync'>;
}

function resolveStep(at: unknown, step: string): unknown {
  if (Array.isArray(at)) return at[Number(step)];
  if (typeof (at as LoadedObject).get === 'function') return (at as LoadedObject).get(step);
  return (at as Record<string, unknown>)[step];
}

/** A tensor of a fixture. */
export function decodeTensor({$tensor: {dtype, shape, data}}: JsonTensor): HostTensor {
  if (Array.isArray(data)) return {dtype, shape, data: PackedStrings.of(data.map(fromBase64))};
  return {dtype, shape, data: decodeTensorBytes(dtype, fromBase64(data), sizeOf(shape))};
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** Gives the variable that a `$variable` of a nest stands for. */
type VariableOf = (json: JsonVariable) => tf.Variable;

/** How each tagged value of a nest becomes an argument. */
const DECODERS: Readonly<Record<string, (value: never, variable: VariableOf) => unknown>> = {
  $tensor: (value) => decodeTensor({$tensor: value}),
  $variable: (value, variable) => variable(value),
  $list: (items: JsonNest[], variable) => items.map((each) => decode(each, variable)),
  $tuple: (items: JsonNest[], variable) => tuple(...items.map((each) => decode(each, variable))),
  $dict: (fields: Record<string, JsonNest>, variable) => mapValues(fields, (each) => decode(each, variable)),
  $namedtuple: ({fields}: {fields: Record<string, JsonNest>}, variable) =>
    mapValues(fields, (each) => decode(each, variable)),
  $float: (text: string) => Number(text.replace('inf', 'Infinity')),
  $ragged: ({values, row_splits}: {values: JsonTensor; row_splits: JsonTensor[]}) =>
    RaggedTensor.fromNestedRowSplits(tensorOf(values), row_splits.map(tensorOf)),
  $sparse: (parts: {indices: JsonTensor; values: JsonTensor; dense_shape: JsonTensor}) =>
    new SparseTensor(tensorOf(parts.indices), tensorOf(parts.values), tensorOf(parts.dense_shape)),
};

function decode(nest: JsonNest, variable: VariableOf): unknown {
  if (typeof nest !== 'object' || nest === null) return nest;
  const [tag, value] = Object.entries(nest)[0]!;
  return DECODERS[tag]!(value, variable);
}

function mapValues<T, R>(fields: Record<string, T>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, map(value)]));
}

/** A fixture's tensor as a tfjs tensor: int64 narrows to int32, doubles to floats. */
function tensorOf(json: JsonTensor): tf.Tensor {
  const {dtype, shape, data} = decodeTensor(json);
  if (dtype === 'string') return tf.tensor((data as PackedStrings).toArray(), shape as number[], 'string');
  const {kind} = dtypeInfo(dtype);
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  const type = kind === 'float' ? 'float32' : kind === 'bool' ? 'bool' : 'int32';
  return tf.tensor(numbers, shape as number[], type);
}

/** Compares a result with the nest that TensorFlow gave. */
function compare(actual: unknown, expected: JsonNest, each: FixtureCase, what: string): void {
  if (typeof expected !== 'object' || expected === null) {
    expect(actual, what).toEqual(expected);
    return;
  }
  const [tag, value] = Object.entries(expected)[0]! as [string, never];
  if (tag === '$tensor') {
    compareTensor(actual as ExactTensor, decodeTensor({$tensor: value}), each, what);
  } else if (tag === '$ragged') {
    const {values, row_splits: splits} = value as {values: JsonNest; row_splits: JsonNest[]};
    const parts = actual as Record<string, ExactTensor>;
    compare(parts.flat_values, values, each, `${what}.values`);
    splits.forEach((split, i) => {
      compare(parts[`row_splits_${i}`], split, each, `${what}.row_splits[${i}]`);
    });
  } else if (tag === '$sparse') {
    for (const [name, part] of Object.entries(value as Record<string, JsonNest>)) {
      compare((actual as Record<string, unknown>)[name], part, each, `${what}.${name}`);
    }
  } else {
    const fields = tag === '$namedtuple' ? (value as {fields: object}).fields : (value as object);
    expect(Object.keys(actual as object).sort(), what).toEqual(Object.keys(fields).sort());
    for (const [key, item] of Object.entries(fields)) {
      compare((actual as Record<string, unknown>)[key], item as JsonNest, each, `${what}.${key}`);
    }
  }
}

function compareTensor(actual: ExactTensor, expected: HostTensor, each: FixtureCase, what: string): void {
  expect({dtype: actual.dtype, shape: [...actual.shape]}, what).toEqual({
    dtype: expected.dtype,
    shape: [...expected.shape],
  });
  const tolerance = TOLERANCES[expected.dtype];
  const data = Array.from(actual.data as ArrayLike<unknown>);
  const wanted = Array.from(expected.data as ArrayLike<unknown>);
  expect(data.length, what).toBe(wanted.length);
  expect(data.length, what).toBe(sizeOf(expected.shape) * lanes(expected.dtype));
  if (tolerance === undefined) {
    expect(data, what).toEqual(wanted);
    return;
  }
  const {rtol, atol} = each.tolerance ?? tolerance;
  (data as number[]).forEach((value, i) => {
    const target = wanted[i] as number;
    const close =
      Object.is(value, target) ||
      value === target ||
      Math.abs(value - target) <= atol + rtol * Math.abs(target);
    if (!close) expect.fail(`${what}[${i}]: got ${value}, TensorFlow gives ${target}`);
  });
}

/** Random results: the shape, and a mean and deviation within what chance explains. */
function checkStochastic(output: ExactTensor, expected: NonNullable<FixtureCase['stochastic']>): void {
  expect({dtype: output.dtype, shape: [...output.shape]}).toEqual({
    dtype: expected.dtype,
    shape: expected.shape,
  });
  const values = Array.from(output.data as ArrayLike<number | bigint>, Number);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  const zeros = values.filter((x) => x === 0).length / values.length;
  // Both sides are samples: six standard errors of the difference.
  const slack = (6 * Math.SQRT2 * Math.max(expected.std, 1e-6)) / Math.sqrt(values.length) + 1e-6;
  expect(Math.abs(mean - expected.mean), `mean ${mean} and ${expected.mean}`).toBeLessThanOrEqual(slack);
  expect(Math.abs(std - expected.std), `deviation ${std} and ${expected.std}`).toBeLessThanOrEqual(2 * slack);
  expect(Math.abs(zeros - expected.fraction_zero)).toBeLessThanOrEqual(6 / Math.sqrt(values.length));
}

/** Variables by their keys in the fixtures: the saved name, or `@` and a path where names are shared. */
function variableOf(model: LoadedObject, key: string): {exact(): HostTensor} | undefined {
  if (!key.startsWith('@')) return model.modelInfo.variables().find(({name}) => name === key);
  const at = resolvePath(model, key.slice(1).split('.'));
  return model.modelInfo.variables().find((variable) => variable.initialized && variable.face() === at);
}

/** What a path leads to; names that contain dots are found by joining steps. */
function resolvePath(at: unknown, steps: readonly string[]): unknown {
  if (steps.length === 0 || at === undefined || at === null) return at;
  for (let length = 1; length <= steps.length; length++) {
    const found = resolvePath(resolveStep(at, steps.slice(0, length).join('.')), steps.slice(length));
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkVariables(model: LoadedObject, expected: Record<string, JsonTensor>, each: FixtureCase): void {
  for (const [key, json] of Object.entries(expected)) {
    const variable = variableOf(model, key);
    expect(variable, `variable '${key}'`).toBeDefined();
    compareTensor(variable!.exact(), decodeTensor(json), each, `variable '${key}'`);
  }
}

function byIdentifier<T>(table: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(table).map(([name, each]) => [identifierOf(name), each]));
}

/** What the fixture records of the model as a whole. */
export function checkModel(model: LoadedObject, fixture: Fixture): void {
  for (const [name, {inputs, outputs}] of Object.entries(fixture.signatures)) {
    const signature = model.signatures[name];
    expect(signature, `signature '${name}'`).toBeDefined();
    const described = (table: Signature['inputs']) =>
      mapValues(table as Record<string, JsonSpec>, ({dtype, shape}) => ({dtype, shape}));
    // Python shows identifiers in place of the names that the file has.
    expect(byIdentifier(described(signature!.inputs)), `inputs of '${name}'`).toEqual(byIdentifier(inputs));
    expect(described(signature!.outputs), `outputs of '${name}'`).toEqual(outputs);
  }
  for (const [key, {dtype, shape, trainable, value}] of Object.entries(fixture.variables)) {
    const variable = variableOf(model, key) as Variable | undefined;
    expect(variable, `variable '${key}'`).toBeDefined();
    expect({dtype: variable!.dtype, shape: variable!.shape, trainable: variable!.trainable}, key).toEqual({
      dtype,
      shape,
      trainable,
    });
    if (value) compareTensor(variable!.exact(), decodeTensor(value), {} as FixtureCase, `variable '${key}'`);
  }
  const lists = {variables: () => model.variables, trainable_variables: () => model.trainableVariables};
  for (const [name, names] of Object.entries(fixture.attributes ?? {})) {
    const faces = lists[name as keyof typeof lists]();
    const all = model.modelInfo.variables();
    const found = faces.map((face) => all.find((each) => each.initialized && each.face() === face)?.name);
    // Python leaves out reference variables, and shows lookup layers' vocabularies as something that is no variable.
    const differs = names.length === 0 || names.includes(null);
    if (differs) expect(found).toEqual(expect.arrayContaining(names.filter((each) => each !== null)));
    else expect(found, name).toEqual(names);
  }
}

/** Gradients of sum(output * cos(arange)) with respect to float arguments and trainable variables. */
function checkGradients(
  model: LoadedObject,
  each: FixtureCase,
  args: readonly unknown[],
  kwargs: Record<string, unknown>,
): void {
  const expected = each.gradients!;
  const leaves: ExactTensor[] = [];
  const collect = (value: unknown): void => {
    if (isExact(value)) leaves.push(value);
    else if (value instanceof RaggedTensor || value instanceof SparseTensor) return;
    else if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value).sort(keyOrder)) collect((value as never)[key]);
  };
  collect(args);
  collect(kwargs);
  const floats = leaves.filter(({dtype}) => dtypeInfo(dtype).kind === 'float');
  const tensors = floats.map(({data, shape}) =>
    tf.tensor(Float32Array.from(data as Float32Array), shape as number[]),
  );
  const wantedInputs = expected.inputs.filter((_, i) => isFloatLeaf(args, kwargs, i));
  const variables = Object.keys(expected.variables).map((key) => variableOf(model, key) as Variable);
  const faces = variables.map((variable) => variable.face());
  const loss = (...inputs: tf.Tensor[]): tf.Scalar => {
    const substitute = (value: unknown): unknown => {
      if (isExact(value)) return floats.includes(value) ? inputs[floats.indexOf(value)] : value;
      if (Array.isArray(value)) {
        const items = value.map(substitute);
        return isTuple(value) ? tuple(...items) : items;
      }
      if (typeof value !== 'object' || value === null) return value;
      if (value instanceof RaggedTensor || value instanceof SparseTensor) return value;
      return mapValues(value as Record<string, unknown>, substitute);
    };
    const output = makeCall(model, each.call, substitute(args) as unknown[], substitute(kwargs) as never, {});
    return contraction(output);
  };
  const watched = [...tensors, ...faces];
  const gradients = gradientsIfAny(() => loss(...tensors), watched);
  tensors.forEach((tensor, i) => {
    compareGradient(gradients[i], wantedInputs[i] ?? null, tensor, each, `gradient of input ${i}`);
  });
  Object.entries(expected.variables).forEach(([key, json], i) => {
    compareGradient(gradients[tensors.length + i], json, faces[i]!, each, `gradient of '${key}'`);
  });
}

/** Whether the leaf number `index` of the arguments, in TensorFlow's order, is a float tensor given as a tensor. */
function isFloatLeaf(args: readonly unknown[], kwargs: Record<string, unknown>, index: number): boolean {
  const kinds: boolean[] = [];
  const visit = (value: unknown): void => {
    if (isExact(value)) kinds.push(dtypeInfo(value.dtype).kind === 'float');
    else if (value instanceof RaggedTensor || value instanceof SparseTensor) kinds.push(false);
    else if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value).sort(keyOrder)) visit((value as never)[key]);
    else kinds.push(false);
  };
  visit(args);
  visit(kwargs);
  return kinds[index] ?? false;
}

function keyOrder(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : 1;
}

function isExact(value: unknown): value is ExactTensor {
  return (
    typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value
  );
}

function compareGradient(
  actual: tf.Tensor | undefined,
  expected: JsonTensor | null,
  x: tf.Tensor,
  each: FixtureCase,
  what: string,
): void {
  const data = actual == null ? new Float32Array(x.size) : actual.dataSync();
  const wanted = expected === null ? new Float32Array(x.size) : decodeTensor(expected).data;
  const numbers = Float32Array.from(wanted as Float32Array);
  const scale = numbers.reduce(
    (max, value) => (Number.isFinite(value) ? Math.max(max, Math.abs(value)) : max),
    0,
  );
  const {rtol, atol} = each.tolerance ?? {rtol: 1e-3, atol: 1e-4};
  numbers.forEach((target, i) => {
    const value = data[i]!;
    const close = Math.abs(value - target) <= atol * Math.max(1, scale) + rtol * Math.abs(target);
    if (!close && !(Number.isNaN(value) && Number.isNaN(target))) {
      expect.fail(`${what}[${i}]: got ${value}, TensorFlow gives ${target}`);
    }
  });
}

/** Sum over float outputs of sum(output * cos(arange(size))). */
function contraction(output: unknown): tf.Scalar {
  const floats: tf.Tensor[] = [];
  const visit = (value: unknown): void => {
    if (value instanceof tf.Tensor) {
      if (value.dtype === 'float32') floats.push(value);
    } else if (value instanceof RaggedTensor) {
      visit(value.flatValues);
    } else if (value instanceof SparseTensor || value instanceof IndexedSlices) {
      visit(value.values);
    } else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value).sort(keyOrder)) visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(output);
  const terms = floats.map((tensor) => {
    const weights = Float32Array.from({length: tensor.size}, (_, i) => Math.cos(i));
    return tf.sum(tf.mul(tensor, tf.tensor(weights, tensor.shape)));
  });
  return (terms.length === 0 ? tf.scalar(0) : tf.addN(terms)) as tf.Scalar;
}
