/**
 * Writes reconciled steps as the graph of a function: each kind of step by the writer for it.
 *
 * @module
 */

import type {Operand} from '../graph/builder.js';
import type {FunctionGraph} from '../graph/graph.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {Callees} from './callees.js';
import {capturedValue} from './captures.js';
import {FunctionWriter, type Trace} from './function_writer.js';
import type {Step, StepKind, Steps} from './steps.js';
import type {Callee, Capture} from './traced_function.js';
import {partialShape} from './varying.js';
import {writeComputed, writeConstant, writeRandom} from './write_constants.js';
import {writeBranch, writeLoop} from './write_control_flow.js';
import {writeAssign, writeCall, writeOp, writeRead} from './write_effects.js';
import {writeKernel} from './write_kernels.js';

/** What a function is written with. */
export interface WriteRequest {
  readonly name: string;
  /** Names and dtypes of the arguments. */
  readonly parameters: readonly {readonly name: string; readonly dtype: DType}[];
  readonly steps: Steps;
}

/** A function, what it is bound to, and the functions it refers to. */
export interface WrittenFunction {
  readonly graph: FunctionGraph;
  readonly captures: readonly Capture[];
  readonly callees: ReadonlyMap<string, Callee>;
  /** Shapes of the results, as far as they are known. */
  readonly shapes: readonly PartialShape[];
  /** Whether sizes are computed by formulas that were found by trying. */
  readonly hasFormulas: boolean;
}

/** Writes a traced function. */
export function writeFunction({name, parameters, steps}: WriteRequest): WrittenFunction {
  const trace: Trace = {name, callees: new Callees(), writeStep, hasFormulas: false};
  const captures: Capture[] = [];
  const writer = new FunctionWriter(trace, ({capture, dtype}, graph) => {
    captures.push(capture);
    return graph.parameter(capture.kind === 'constant' ? 'constant' : 'resource', dtype);
  });
  const operands = parameters.map((each) => writer.graph.parameter(each.name, each.dtype));
  const results = writer.write(steps, operands);
  const graph = writer.finish(
    name,
    results.map((each) => writer.exact(each)),
  );
  const {callees, hasFormulas} = trace;
  return {graph, captures, callees: callees.byName, shapes: results.map(partialShape), hasFormulas};
}

/** Writes a step of one kind and gives what came of it. */
type StepWriter<K extends StepKind['kind']> = (
  writer: FunctionWriter,
  step: Step,
  what: Extract<StepKind, {kind: K}>,
) => readonly Operand[];

const WRITERS: {readonly [K in StepKind['kind']]: StepWriter<K>} = {
  parameter: (writer, _, {index}) => [writer.parameter(index)],
  outer: (writer, _, {outer}) => [writer.outer(outer)],
  constant: (writer, _, {value}) => [writeConstant(writer, value)],
  computed: (writer, {outputs}, {constant}) => [writeComputed(writer, constant, outputs[0]!.dtype as DType)],
  random: (writer, step, {random}) => [writeRandom(writer, random, step)],
  handle: (writer, _, {value}) => [writer.captured(capturedValue(value))],
  read: (writer, _, {variable}) => [writeRead(writer, variable)],
  assign: (writer, step, {variable}) => {
    writeAssign(writer, variable, writer.inputsOf(step)[0]!.operand);
    return [];
  },
  kernel: writeKernel,
  op: (writer, step, {op}) => writeOp(writer, step, op),
  call: (writer, step, {call}) => writeCall(writer, step, call),
  loop: writeLoop,
  branch: writeBranch,
  failed: (_writer, _step, {error}) => {
    throw error;
  },
};

function writeStep(writer: FunctionWriter, step: Step): readonly Operand[] {
  const write = WRITERS[step.what.kind] as StepWriter<StepKind['kind']>;
  return write(writer, step, step.what);
}
