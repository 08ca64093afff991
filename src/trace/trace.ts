/**
 * Traces a function: runs it on samples, reconciles what was recorded, and writes the graph.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import {type DType, dtypeInfo} from '../graph/dtypes.js';
import type {Structure, TensorStructure} from '../graph/nest.js';
import type {PartialShape} from '../graph/shape.js';
import {completeActiveBackend} from '../runtime/backend.js';
import {GraphBuilder, type Operand} from './graph_builder.js';
import {KERNEL_RULES} from './kernels.js';
import {type Recording, type Ref, type RefTree, record, recordingError, untraced} from './recording.js';
import {TensorSpec} from './tensor_spec.js';
import type {Capture, TracedFunction} from './traced_function.js';

/** An argument as a trace sees it: specs of tensors, and values that are no tensors, nested. */
export type ArgumentValue =
  | TensorSpec
  | boolean
  | number
  | string
  | null
  | readonly ArgumentValue[]
  | {readonly [key: string]: ArgumentValue};

/** What to trace. */
export interface TraceRequest {
  readonly name: string;
  readonly argNames: readonly string[];
  readonly args: readonly ArgumentValue[];
  readonly kwargs: Readonly<Record<string, boolean | number | string | null>>;
  /** Runs the function on tensors in place of the specs. */
  run(args: readonly unknown[]): unknown;
}

/** Traces a function for one structure of arguments. */
export function traceFunction(request: TraceRequest): TracedFunction {
  completeActiveBackend();
  const inputs: Structure = {
    kind: 'tuple',
    items: [
      {
        kind: 'tuple',
        items: request.args.map((arg, i) => structureOf(arg, request.argNames[i] ?? `args_${i}`)),
      },
      {
        kind: 'dict',
        fields: new Map(
          Object.keys(request.kwargs)
            .sort()
            .map((key) => [key, structureOf(request.kwargs[key]!, key)]),
        ),
      },
    ],
  };
  const specs = tensorsOf(inputs);
  const runs = [2, 3].map((size) => runOnce(request, size));
  const [first] = runs;
  const builder = new GraphBuilder();
  const captures: Capture[] = [];
  const operands = new Map<number, Operand[]>();
  const handles = new Map<tf.Variable, Operand>();
  const parameters = specs.map((spec, i) => builder.parameter(sanitized(spec.name, i), spec.dtype));
  for (const {what} of first!.recording.entries) {
    if ((what.kind === 'read' || what.kind === 'assign') && !handles.has(what.variable)) {
      handles.set(what.variable, builder.parameter('unknown', 'resource'));
      captures.push({kind: 'variable', variable: what.variable});
    }
  }
  const operand = ({entry, output}: Ref) => operands.get(entry)![output]!;
  first!.recording.entries.forEach((entry, index) => {
    const {what} = entry;
    const made = builder.within(entry.scope.join('/'), (): Operand[] => {
      switch (what.kind) {
        case 'parameter':
          return [builder.cast(parameters[what.index]!, entry.outputs[0]!.dtype as DType)];
        case 'constant':
          return [builder.constant(what.value)];
        case 'read':
          return [builder.op('ReadVariableOp', [handles.get(what.variable)!], {dtype: what.variable.dtype})];
        case 'kernel': {
          const rule = KERNEL_RULES[what.kernel];
          if (rule === undefined)
            throw recordingError(entry, `the tfjs kernel ${what.kernel} has no TensorFlow op`);
          return rule(lookUp(entry.inputs, operand), what.attrs, builder);
        }
        default:
          throw recordingError(entry, `${what.kind} cannot be traced`);
      }
    });
    operands.set(index, made);
  });
  const names = first!.results.map((ref, i) => ({
    name: i === 0 ? 'identity' : `identity_${i}`,
    operand: builder.op('Identity', [operand(ref)]),
  }));
  const graph = builder.finish(request.name, names, []);
  const shapes = first!.shapes.map((shape, i): PartialShape => {
    const other = runs[1]!.shapes[i]!;
    return other.length === shape.length
      ? shape.map((dim, axis) => (dim === other[axis] ? dim : null))
      : null;
  });
  let next = 0;
  const outputs = outputStructure(first!.output, '', () => shapes[next++]!);
  return {name: request.name, graph, inputs, outputs, captures, callees: new Map()};
}

function lookUp(tree: RefTree, operand: (ref: Ref) => Operand): Record<string, Operand> {
  return Object.fromEntries(
    Object.entries(tree as Record<string, Ref>).map(([name, ref]) => [name, operand(ref)]),
  );
}

interface Run {
  readonly recording: Recording;
  readonly output: unknown;
  readonly results: readonly Ref[];
  readonly shapes: readonly (readonly number[])[];
}

function runOnce(request: TraceRequest, size: number): Run {
  const {recording, result} = record((recording) => {
    const args = request.args.map((arg) => sampleOf(arg, size, (tensor) => recording.addParameter(tensor)));
    const output = request.run(args);
    const tensors: tf.Tensor[] = [];
    collect(output, tensors);
    return {
      output,
      results: tensors.map((each) => recording.refOf(each)),
      shapes: tensors.map(({shape}) => [...shape]),
    };
  });
  return {recording, ...result};
}

/** In the order of `tf.nest`: keys of objects sorted. */
function collect(output: unknown, out: tf.Tensor[]): void {
  if (output instanceof tf.Tensor) out.push(output);
  else if (Array.isArray(output)) for (const each of output) collect(each, out);
  else if (typeof output === 'object' && output !== null) {
    for (const key of Object.keys(output).sort()) collect((output as Record<string, unknown>)[key], out);
  }
}

function outputStructure(output: unknown, name: string, shape: () => PartialShape): Structure {
  if (output instanceof tf.Tensor)
    return {kind: 'tensor', name, dtype: output.dtype as DType, shape: shape()};
  if (Array.isArray(output))
    return {kind: 'list', items: output.map((each, i) => outputStructure(each, `${name}_${i}`, shape))};
  if (output === null || output === undefined) return {kind: 'none'};
  if (typeof output === 'object') {
    const keys = Object.keys(output).sort();
    return {
      kind: 'dict',
      fields: new Map(
        keys.map((key) => [key, outputStructure((output as Record<string, unknown>)[key], key, shape)]),
      ),
    };
  }
  if (typeof output === 'boolean' || typeof output === 'string' || typeof output === 'number') {
    return {kind: 'literal', value: output};
  }
  throw new SaveError(`a function that is saved cannot return a ${typeof output}`);
}

function structureOf(arg: ArgumentValue, name: string): Structure {
  if (arg instanceof TensorSpec)
    return {kind: 'tensor', name: arg.name ?? name, dtype: arg.dtype, shape: arg.shape};
  if (arg === null || arg === undefined) return {kind: 'none'};
  if (Array.isArray(arg))
    return {kind: 'list', items: arg.map((each, i) => structureOf(each, `${name}_${i}`))};
  if (typeof arg === 'object') {
    const nest = arg as Readonly<Record<string, ArgumentValue>>;
    return {
      kind: 'dict',
      fields: new Map(
        Object.keys(nest)
          .sort()
          .map((key) => [key, structureOf(nest[key]!, `${name}_${key}`)]),
      ),
    };
  }
  return {kind: 'literal', value: arg};
}

function tensorsOf(structure: Structure): TensorStructure[] {
  if (structure.kind === 'tensor') return [structure];
  if (structure.kind === 'list' || structure.kind === 'tuple') return structure.items.flatMap(tensorsOf);
  if (structure.kind === 'dict') return [...structure.fields.values()].flatMap(tensorsOf);
  return [];
}

function sampleOf(arg: ArgumentValue, size: number, add: (tensor: tf.Tensor) => void): unknown {
  if (arg instanceof TensorSpec) {
    const shape = (arg.shape ?? new Array<null>(size - 1).fill(null)).map((dim) => dim ?? size);
    const tensor = untraced(() =>
      tf.fill(shape, SAMPLE[dtypeInfo(arg.dtype).kind] ?? 1, TFJS_DTYPE[dtypeInfo(arg.dtype).kind]),
    );
    add(tensor);
    return tensor;
  }
  if (Array.isArray(arg)) return arg.map((each) => sampleOf(each, size, add));
  if (typeof arg === 'object' && arg !== null) {
    const nest = arg as Readonly<Record<string, ArgumentValue>>;
    const sampled: Record<string, unknown> = {};
    for (const key of Object.keys(nest).sort()) sampled[key] = sampleOf(nest[key]!, size, add);
    return sampled;
  }
  return arg;
}

const SAMPLE: Readonly<Record<string, number | string>> = {string: 'a b'};

const TFJS_DTYPE: Readonly<Record<string, 'float32' | 'int32' | 'bool' | 'string'>> = {
  float: 'float32',
  int: 'int32',
  uint: 'int32',
  bool: 'bool',
  string: 'string',
};

function sanitized(name: string, index: number): string {
  const clean = name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
  return /^[a-z]/.test(clean) ? clean : `arg_${index}`;
}
