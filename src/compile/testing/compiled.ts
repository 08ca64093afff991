/**
 * Small compiled functions for tests, with what becomes of them.
 *
 * @module
 */

import {GraphBuilder, type Operand} from '../../graph/builder.js';
import type {FunctionGraph} from '../../graph/graph.js';
import type {CallBounds} from '../../host/budget.js';
import {inferenceOf} from '../../ops/infer.js';
import {Variable} from '../../ops/variable/variable.js';
import type {CompiledModels} from '../../platform/compiled_models.js';
import {nodeOnnxRuntime} from '../../platform/node_onnx.js';
import type {AsyncOnnxRuntime, OnnxRuntime} from '../../platform/onnx_runtime.js';
import type {QueueOptions} from '../../runtime/call_queue.js';
import {Runtime} from '../../runtime/runtime.js';
import {Value} from '../../tensors/value.js';
import type {CompileReport} from '../analyse.js';
import {onnxCompiler} from '../compile.js';

let disposers: (() => void)[] = [];

/** Frees what the functions here have made. */
export function disposeCompiled(): void {
  for (const dispose of disposers) dispose();
  disposers = [];
}

export interface CompiledOptions {
  readonly asyncRuntime?: AsyncOnnxRuntime | undefined;
  readonly queue?: QueueOptions;
  readonly runtime?: OnnxRuntime;
  readonly compiled?: CompiledModels;
  /** False: the interpreter alone. */
  readonly isCompiled?: boolean;
}

const plainResults = (results: readonly Value[]) => ({
  result: results.map(({dtype, shape, data}) => ({dtype, shape: [...shape], data: [...data]})),
  tensors: [],
});

/** Functions with a compiler that tells what it does; `f` is called. */
export function compiled(...functions: readonly FunctionGraph[]) {
  return compiledWith({}, ...functions);
}

/** {@link compiled} with options. */
export function compiledWith(
  {asyncRuntime, queue, isCompiled = true, runtime: onnx = nodeOnnxRuntime()!, compiled}: CompiledOptions,
  ...functions: readonly FunctionGraph[]
) {
  const sessions: string[] = [];
  const reports: CompileReport[] = [];
  const compiler = onnxCompiler({
    runtime: onnx,
    compiled,
    asyncRuntime: asyncRuntime && (async () => asyncRuntime),
    threads: 1,
    onSession: (name) => sessions.push(name),
    onCompiled: (report) => reports.push(report),
  });
  const library = {
    get: (name: string) => functions.find((each) => each.name === name),
    names: () => functions.map(({name}) => name),
    gradientOf: () => undefined,
  };
  const runtime = new Runtime({library, compiler: isCompiled ? compiler : undefined, ...(queue && {queue})});
  disposers.push(() => runtime.dispose());
  const call = (...args: Value[]) => runtime.invoke(runtime.function('f'), args, plainResults);
  const callAsync = async (args: readonly Value[], bounds?: CallBounds) =>
    runtime.invokeAsync(runtime.function('f'), args, [], plainResults, bounds);
  return {call, callAsync, sessions, reports, runtime};
}

/** Numbers that count up. */
export const floats = (shape: readonly number[], from = 0) =>
  Value.host(
    'float32',
    shape,
    Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) => i + from),
  );

/** A variable of a model, and a handle of it for a call. */
export function variable(
  name: string,
  values: readonly number[],
): {readonly variable: Variable; readonly handle: () => Value} {
  const made = new Variable({name, dtype: 'float32', shape: [values.length], trainable: true});
  made.assign(Value.host('float32', [values.length], Float32Array.from(values)));
  disposers.push(() => made.dispose());
  return {variable: made, handle: () => Value.object('resource', made).pin()};
}

/** Enough nodes for a session. */
export function work(graph: GraphBuilder, x: Operand, y: Operand): Operand {
  const product = graph.op('Mul', [graph.op('AddV2', [x, y]), y]);
  return graph.op('Sub', [graph.op('Neg', [product]), x]);
}

/** What {@link work} gives. */
export const expected = (x: number, y: number) => -((x + y) * y) - x;

export const builder = () => new GraphBuilder({rules: inferenceOf});
