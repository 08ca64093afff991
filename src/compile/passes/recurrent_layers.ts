/**
 * Loops that are LSTM or GRU layers become one op of ONNX: a loop over a list of inputs, whose body is a cell and sets an element
 * of a list of outputs, as Keras writes them.
 *
 * What this holds of a loop is verified node by node; what only shows at run time makes the session fail.
 *
 * @module
 */

import {isStateful} from '../../graph/effects.js';
import type {Endpoint, GraphNode} from '../../graph/graph.js';
import {inferGraph, type KnownGraph} from '../../graph/infer.js';
import {elementOf} from '../../graph/known.js';
import type {OnnxTensor} from '../../onnx/builder.js';
import {NotLowered} from '../../onnx/not_lowered.js';
import {inferenceOf} from '../../ops/infer.js';
import {provided} from '../../ops/lower_checks.js';
import {elementsOfList, listFrom} from '../../ops/lower_lists.js';
import type {Lowering, WrittenList} from '../../ops/lowering.js';
import {recurrentLayer} from '../../ops/recurrent/onnx/layer.js';
import {type FunctionBody, isNext, sourceOf, writtenLists} from '../bodies.js';
import {type RecurrentCell, recurrentCell, type WeightSlice} from './recurrent_cell.js';

/** The functions of a loop. */
export interface LoopFunctions {
  readonly cond: FunctionBody;
  readonly body: FunctionBody;
}

/** A loop that is a layer. */
interface Layer {
  readonly cell: RecurrentCell;
  /** The loop variables that are added 1 to at each turn. */
  readonly counters: readonly number[];
  /** The list of inputs. */
  readonly sequence: number;
  /** The lists of outputs. */
  readonly written: ReadonlyMap<number, WrittenList>;
  /** The loop variables that say how many turns there are at most. */
  readonly limits: readonly number[];
}

/** What stands for the loop variables after a loop that is a layer; undefined for another one. */
export function layerOfLoop(
  inputs: readonly OnnxTensor[],
  functions: LoopFunctions,
  to: Lowering,
): readonly OnnxTensor[] | undefined {
  const layer = layerOf(inputs, functions, to);
  if (layer === undefined) return undefined;
  try {
    return built(inputs, layer, functions, to);
  } catch (error) {
    // It may still run as a loop.
    if (error instanceof NotLowered) return undefined;
    throw error;
  }
}

function layerOf(
  inputs: readonly OnnxTensor[],
  {cond, body}: LoopFunctions,
  to: Lowering,
): Layer | undefined {
  const {graph, parameters, results, handedOn} = body;
  if (body.order.some((index) => hasEffects(graph.nodes[index]!))) return undefined;
  const changed = inputs.flatMap((_, i) => (handedOn[i] === i ? [] : [i]));
  const counters = changed.filter((i) => isNext(graph, results[i]!, parameters[i]!));
  const lists = writtenLists(body);
  const written = new Map(changed.flatMap((i) => (lists[i] === undefined ? [] : [[i, lists[i]] as const])));
  const states = changed.filter((i) => !counters.includes(i) && !written.has(i));
  if (states.length === 0 || states.length > 2) return undefined;
  if (states.some((i) => inputs[i]!.dtype !== 'float32' && inputs[i]!.dtype !== 'float64')) return undefined;
  const known = inferGraph(graph, {
    rules: inferenceOf,
    given: parameters.map((endpoint, i) => ({
      endpoint,
      known: handedOn[i] === i ? inputs[i]! : to.results[i]!,
    })),
  });
  const limits = limitsOf(
    cond,
    (i) => counters.includes(i) && startsAtZero(inputs[i]!),
    (i) => handedOn[i] === i,
  );
  if (limits === undefined) return undefined;
  const reads = body.order.flatMap((index) => {
    const {op, inputs: read} = graph.nodes[index]!;
    return op === 'TensorListGetItem' ? [{index, list: read[0]!, at: read[1]!}] : [];
  });
  const [read] = reads;
  if (reads.length !== 1 || read === undefined) return undefined;
  const parameterOf = (endpoint: Endpoint) => {
    const {node} = sourceOf(graph, endpoint);
    return parameters.findIndex((each) => each.node === node);
  };
  const [sequence, position] = [parameterOf(read.list), parameterOf(read.at)];
  if (
    sequence < 0 ||
    handedOn[sequence] !== sequence ||
    inputs[sequence]!.list?.elements?.shape?.length !== 3
  )
    return undefined;
  if (!counters.includes(position) || !startsAtZero(inputs[position]!)) return undefined;
  const cell = cellOf(states, body, known, ({node}) => node === read.index);
  if (cell === undefined) return undefined;
  const next = sourceOf(graph, results[cell.states[0]!]!);
  for (const [i, how] of written) {
    if (!setsNext(body, results[i]!, next) || !isFilled(inputs, i, how)) return undefined;
  }
  return {cell, counters, sequence, written, limits};
}

const hasEffects = ({op}: GraphNode): boolean => op !== 'ReadVariableOp' && isStateful(op);

const startsAtZero = (input: OnnxTensor): boolean => elementOf(input) === 0;

/** The cell, whichever of two states is the hidden one. */
function cellOf(
  states: readonly number[],
  body: FunctionBody,
  known: KnownGraph,
  isInput: (endpoint: Endpoint) => boolean,
): RecurrentCell | undefined {
  for (const order of states.length === 2 ? [states, states.toReversed()] : [states]) {
    const next = order.map((i) => body.results[i]!);
    const cell = recurrentCell(next, order, {body, known, isInput});
    if (cell !== undefined) return cell;
  }
  return undefined;
}

/** True where what is set in a list is the next hidden state. */
function setsNext({graph}: FunctionBody, result: Endpoint, next: Endpoint): boolean {
  const item = sourceOf(graph, graph.nodes[sourceOf(graph, result).node]!.inputs[2]!);
  return item.node === next.node && item.output === next.output;
}

/** True for a fresh list that is set from its beginning on, or at its only place. */
function isFilled(inputs: readonly OnnxTensor[], index: number, how: WrittenList): boolean {
  const {list} = inputs[index]!;
  if (list === undefined || list.elements !== undefined || list.turn !== undefined) return false;
  return 'counter' in how
    ? startsAtZero(inputs[how.counter]!)
    : how.place === 0 && elementOf(list.size) === 1;
}

/** The loop variables that counters, which start at 0, must be less than; undefined where there are other conditions. */
function limitsOf(
  {graph, parameters, results, order}: FunctionBody,
  isCounter: (parameter: number) => boolean,
  isInvariant: (parameter: number) => boolean,
): readonly number[] | undefined {
  const effects = order.some((index) => !CONDITION_OPS.has(graph.nodes[index]!.op));
  if (effects) return undefined;
  const parameterOf = (endpoint: Endpoint) => {
    const {node} = sourceOf(graph, endpoint);
    return parameters.findIndex((each) => each.node === node);
  };
  const limits: number[] = [];
  const pending = [results[0]!];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const {op, inputs} = graph.nodes[sourceOf(graph, next).node]!;
    if (op === 'LogicalAnd') pending.push(...inputs);
    else if (op === 'Less') {
      const [counter, limit] = inputs.map(parameterOf) as [number, number];
      if (counter < 0 || limit < 0 || !isCounter(counter) || !isInvariant(limit)) return undefined;
      limits.push(limit);
    } else return undefined;
  }
  return limits;
}

const CONDITION_OPS: ReadonlySet<string> = new Set([
  '_Arg',
  'Const',
  'Identity',
  'Less',
  'LogicalAnd',
  'NoOp',
]);

function built(
  inputs: readonly OnnxTensor[],
  {cell, counters, sequence, written, limits}: Layer,
  {body}: LoopFunctions,
  to: Lowering,
): readonly OnnxTensor[] {
  const {elements, size: turns} = inputs[sequence]!.list!;
  const dtype = inputs[cell.states[0]!]!.dtype;
  const sizes = [
    ...limits.map((i) => to.op('Reshape', [to.cast(inputs[i]!, 'int64'), to.ints([1])], {}, {shape: [1]})),
    ...[...written].flatMap(([i, how]) => ('counter' in how ? [inputs[i]!.list!.size] : [])),
  ];
  const sequences = withTurns(elements!, turns, sizes, to);
  const weights = new Map<number, OnnxTensor>();
  const weightOf = (parameter: number): OnnxTensor => {
    const known = weights.get(parameter);
    if (known !== undefined) return known;
    const input = inputs[parameter]!;
    const made = input.dtype === 'resource' ? to.variable(input, dtype) : input;
    weights.set(parameter, made);
    return made;
  };
  const slice = (each: WeightSlice): OnnxTensor => sliced(weightOf(each.parameter), each, to);
  const [hidden, memory] = cell.states.map((i) => inputs[i]!);
  const outputs = recurrentLayer(
    {
      kind: cell.kind,
      units: cell.units,
      input: sequences,
      hidden: hidden!,
      cell: memory,
      gates: cell.gates.map(({kernel, recurrent, biases, resetBiases}) => ({
        kernel: slice(kernel),
        recurrent: slice(recurrent),
        biases: biases.map(slice),
        resetBiases: resetBiases.map(slice),
      })),
      resetsAfter: cell.resetsAfter,
    },
    to,
  );
  return inputs.map((input, i) => {
    if (body.handedOn[i] === i) return input;
    if (counters.includes(i)) {
      const start = to.cast(to.squeeze(turns, [0]), input.dtype);
      return startsAtZero(input) ? start : to.op('Add', [input, start], {}, {shape: []});
    }
    const how = written.get(i);
    if (how !== undefined) {
      const last = {...to.unsqueeze(outputs.hidden, [0]), shape: [1, ...outputs.hidden.shape!]};
      const all = 'counter' in how ? outputs.all : last;
      return listFrom(elementsOfList(input), all, to);
    }
    return i === cell.states[0] ? outputs.hidden : outputs.cell!;
  });
}

/** The sequence, in a session that fails where there is not a turn for each element, or none at all. */
function withTurns(
  elements: OnnxTensor,
  turns: OnnxTensor,
  sizes: readonly OnnxTensor[],
  to: Lowering,
): OnnxTensor {
  const count = elementOf(turns);
  const open = sizes.filter((size) => count === undefined || elementOf(size) !== count);
  const zero = to.ints([0]);
  const conditions = [
    ...open.map((size) => to.op('Equal', [size, turns], {}, {dtype: 'bool', shape: [1]})),
    ...(count === undefined ? [to.op('Greater', [turns, zero], {}, {dtype: 'bool', shape: [1]})] : []),
  ];
  if (conditions.length === 0) return elements;
  const all = conditions.reduce((both, each) => to.op('And', [both, each], {}, {shape: [1]}));
  return provided(to.squeeze(all, [0]), elements, to);
}

/** Columns of a matrix, or elements of a vector. */
function sliced(whole: OnnxTensor, {row, from, to: end}: WeightSlice, to: Lowering): OnnxTensor {
  const vector =
    row === undefined
      ? whole
      : to.op('Gather', [whole, to.scalar('int64', row)], {axis: 0}, {shape: [whole.shape?.[1] ?? null]});
  const rank = vector.shape?.length ?? 0;
  if (vector.shape?.[rank - 1] === end - from) return vector;
  return to.op(
    'Slice',
    [vector, to.ints([from]), to.ints([end]), to.ints([-1])],
    {},
    {
      shape: [...(vector.shape?.slice(0, -1) ?? []), end - from],
    },
  );
}
