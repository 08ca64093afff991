/**
 * Writes loops and branches: nodes that run functions, which are written along. These take, besides their arguments, what
 * they use of the function around them.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import {type BuiltNode, type GraphBuilder, type Operand, outputsOf} from '../graph/builder.js';
import {statefulNodes} from '../graph/effects.js';
import type {DType} from '../host/dtypes.js';
import {resourceKeys} from './captures.js';
import {FunctionWriter} from './function_writer.js';
import {changedBy} from './resource_order.js';
import {type Bound, boundOf, mergeBound} from './step_needs.js';
import type {Step, StepKind, Steps} from './steps.js';
import {commonShape, type MergedTensor, partialShape} from './varying.js';

/**
 * What a loop carries before its own variables, as `tf.while_loop` has it and the gradient of `While` expects it: how many turns
 * it has taken, and how many there may be (-1: any number).
 */
const LOOP_COUNTERS = [
  {name: 'loop_counter', initial: 0},
  {name: 'maximum_iterations', initial: -1},
] as const;

/** Functions that loops and branches are made of, by how their names end. */
const PARTS = {
  while_cond: {isCounted: true, passesOn: false},
  while_body: {isCounted: true, passesOn: true},
  cond_true: {isCounted: false, passesOn: false},
  cond_false: {isCounted: false, passesOn: false},
} as const satisfies Record<string, Part>;

interface Part {
  /** It takes the counters of a loop. */
  readonly isCounted: boolean;
  /** It gives the next turn what it was given. */
  readonly passesOn: boolean;
}

/** A node that runs functions. */
interface StructuredNode {
  readonly op: string;
  readonly inputs: Parameters<GraphBuilder['statement']>[1];
  readonly attrs: Parameters<GraphBuilder['statement']>[2];
  readonly bound: Bound;
  /** The resources that its functions may change. */
  readonly changed: readonly object[];
}

/** A loop, as its condition and its body. */
export function writeLoop(
  writer: FunctionWriter,
  step: Step,
  {cond, body}: Extract<StepKind, {kind: 'loop'}>,
): Operand[] {
  const {graph} = writer;
  const vars = writer.inputsOf(step);
  const bound = mergeBound([boundOf(cond), boundOf(body)]);
  const dtypes = vars.map(({operand}) => operand.dtype);
  const functions = [
    writeInner(writer, 'while_cond', cond, dtypes, bound),
    writeInner(writer, 'while_body', body, dtypes, bound),
  ] as const;
  const shapes = step.outputs.map((output, i) =>
    partialShape(commonShape([output, vars[i]!, ...loopShapes(body, i)])),
  );
  const operands = [
    ...LOOP_COUNTERS.map(({initial}) => graph.scalar('int32', initial)),
    ...vars.map(({operand}) => operand),
    ...boundOperands(writer, bound),
  ];
  const node = writeStructured(writer, {
    op: functions.some(({stateful}) => stateful) ? 'While' : 'StatelessWhile',
    inputs: [operands],
    attrs: {
      cond: {func: functions[0].name},
      body: {func: functions[1].name},
      output_shapes: [
        ...LOOP_COUNTERS.map(() => []),
        ...shapes,
        ...bound.outer.map(() => null),
        ...bound.captured.map(() => null),
      ],
    },
    bound,
    changed: [...changedBy(body), ...changedBy(cond)],
  });
  return outputsOf(node).slice(LOOP_COUNTERS.length, LOOP_COUNTERS.length + dtypes.length);
}

/** A branch, as what it does in either case. */
export function writeBranch(
  writer: FunctionWriter,
  step: Step,
  {branches}: Extract<StepKind, {kind: 'branch'}>,
): Operand[] {
  const {graph} = writer;
  const [pred] = writer.inputsOf(step);
  const bound = mergeBound(branches.map(boundOf));
  const [whenTrue, whenFalse] = branches;
  const functions = [
    writeInner(writer, 'cond_true', whenTrue, [], bound),
    writeInner(writer, 'cond_false', whenFalse, [], bound),
  ] as const;
  const [yes, no] = [resultsOf(whenTrue), resultsOf(whenFalse)];
  if (yes.length !== no.length || yes.some(({dtype}, i) => dtype !== no[i]!.dtype)) {
    throw new SaveError('both branches of cond have to give as many tensors, of the same dtypes');
  }
  const dtypes = yes.map(({dtype}) => dtype as DType);
  const node = writeStructured(writer, {
    op: functions.some(({stateful}) => stateful) ? 'If' : 'StatelessIf',
    inputs: [graph.op('Reshape', [pred!.operand, graph.ints([])]), boundOperands(writer, bound)],
    attrs: {
      then_branch: {func: functions[0].name},
      else_branch: {func: functions[1].name},
      Tout: dtypes,
      output_shapes: yes.map((each, i) => partialShape(commonShape([each, no[i]!]))),
    },
    bound,
    changed: branches.flatMap(changedBy),
  });
  return outputsOf(node).slice(0, dtypes.length);
}

/** A node that runs functions of its own, in the right order with what else uses their resources. */
function writeStructured(
  {graph, order}: FunctionWriter,
  {op, inputs, attrs, bound, changed}: StructuredNode,
): BuiltNode {
  const changing = new Set(changed);
  const keys = resourceKeys(bound.captured);
  const controls = keys.flatMap((key) =>
    changing.has(key) ? order.beforeChange([key]) : order.beforeRead(key),
  );
  const node = graph.statement(op, inputs, attrs, {controls: [...new Set(controls)]});
  for (const key of keys) if (!changing.has(key)) order.read(key, node);
  if (changing.size > 0) order.change([...changing], node);
  return node;
}

function boundOperands(writer: FunctionWriter, {outer, captured}: Bound): Operand[] {
  return [
    ...outer.map(({ref}) => writer.tensor(ref).operand),
    ...captured.map((each) => writer.captured(each)),
  ];
}

/** Writes a function that this one refers to. Its parameters are its own, and then what it is bound to. */
function writeInner(
  {trace}: FunctionWriter,
  part: keyof typeof PARTS,
  steps: Steps,
  dtypes: readonly DType[],
  bound: Bound,
): {readonly name: string; readonly stateful: boolean} {
  const writer = new FunctionWriter(trace, () => {
    throw new SaveError('a function within a function was not told what it is bound to');
  });
  const {graph} = writer;
  const {isCounted, passesOn} = PARTS[part];
  const counters = isCounted ? LOOP_COUNTERS.map(({name}) => graph.parameter(name, 'int32')) : [];
  const parameters = dtypes.map((dtype, i) => graph.parameter(`loop_var_${i}`, dtype));
  const passed = [
    ...bound.outer.map(({ref, dtype}, i) => {
      const operand = graph.parameter(`outer_${i}`, dtype);
      writer.bindOuter(ref, operand);
      return operand;
    }),
    ...bound.captured.map((each) => {
      const operand = graph.parameter('captured', each.dtype);
      writer.bind(each, operand);
      return operand;
    }),
  ];
  const results = writer.write(steps, parameters).map(({operand}) => operand);
  // A loop within has its name by now.
  const name = trace.callees.freeName(`${trace.name}_${part}`);
  const given = passesOn ? [...nextCounts(graph, counters), ...results, ...passed] : results;
  const written = writer.finish(name, given);
  trace.callees.add(written);
  return {name, stateful: statefulNodes(written).length > 0};
}

/** The counters of a loop in its next turn. */
function nextCounts(graph: GraphBuilder, [turns, ...mostTurns]: readonly Operand[]): Operand[] {
  if (turns === undefined) return [];
  return [graph.op('AddV2', [turns, graph.scalar('int32', 1)]), ...mostTurns];
}

function resultsOf({steps, results}: Steps): MergedTensor[] {
  return results.map(({entry, output}) => steps[entry]!.outputs[output]!);
}

/** Loop variable `i` as the body takes and gives it. */
function loopShapes(body: Steps, i: number): MergedTensor[] {
  const taken = body.steps.find(({what}) => what.kind === 'parameter' && what.index === i);
  return [resultsOf(body)[i]!, ...(taken ? [taken.outputs[0]!] : [])];
}
