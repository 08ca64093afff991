/**
 * What the executors share: the interface of something that can be run, and how one node is executed.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError, FormatError, HubError, UnsupportedOpError} from '../errors.js';
import type {Endpoint, Graph, GraphNode, OpNode} from '../graph/graph.js';
import {opDef} from '../graph/op_defs.js';
import {checkBounds} from '../host/budget.js';
import type {AsyncKernel, CallInPieces, Computation, Kernel, KernelContext, Session} from '../ops/kernel.js';
import {Variable} from '../ops/variable/variable.js';
import {Value} from '../tensors/value.js';
import {closeScope, openScope} from '../tfjs/scope.js';

/** A part of a graph that is ready to be executed. */
export interface Runnable {
  /**
   * Computes the fetches from the feeds. The caller holds the arguments; the results belong to nobody until the caller
   * retains them.
   */
  run(args: readonly Value[]): Value[];
  /**
   * The same in pieces, as part of an asynchronous call. The results are retained for the caller, who is to release them.
   */
  runAsync(args: readonly Value[], call: CallInPieces): Promise<readonly Value[]>;
}

/** Makes of the results of a call what the caller gets, and lists the tfjs tensors in it. */
export type Convert<T> = (results: readonly Value[]) => {
  readonly result: T;
  readonly tensors: readonly tf.Tensor[];
};

/** What to run of a graph. */
export interface RunRequest {
  /** Endpoints whose values are given, in the order of the arguments. */
  readonly feeds: readonly Endpoint[];
  /** Endpoints whose values are asked for, in the order of the results. */
  readonly fetches: readonly Endpoint[];
  /** Nodes to run for their effect. */
  readonly targets: readonly number[];
}

/** @throws FormatError when a graph is given more or fewer values than it takes. */
export function checkArguments(graph: Graph, {feeds}: RunRequest, args: readonly Value[]): void {
  if (args.length !== feeds.length) {
    throw new FormatError(`${graph.label} takes ${feeds.length} values and is given ${args.length}`);
  }
}

/** A node with its kernel looked up. */
export interface Step {
  readonly index: number;
  readonly node: GraphNode;
  readonly kernel: Kernel;
  /** How an asynchronous call computes it, where that is another way. */
  readonly asyncKernel: AsyncKernel | undefined;
  readonly context: KernelContext;
  /** Inputs that carry a reference to a variable where the op wants its value (TensorFlow 1). */
  readonly dereferenced: readonly boolean[] | undefined;
}

/** Looks up how an op is computed; undefined where it is not. */
export type KernelLookup = (op: string) => Computation | undefined;

/** Prepares one node. A missing kernel fails when the node runs, so that the rest of the graph stays usable. */
export function prepare(graph: Graph, index: number, session: Session, lookup: KernelLookup): Step {
  const node = graph.nodes[index]!;
  return prepareWith(lookup(node.op) ?? {kernel: missingKernel(node.origin ?? graph)}, graph, index, session);
}

/** Prepares a node that is computed so, with inputs that may come from elsewhere than the graph. */
export function prepareWith(
  {kernel, asyncKernel}: Computation,
  graph: Graph,
  index: number,
  session: Session,
): Step {
  const node = graph.nodes[index]!;
  const definition = opDef(node.op);
  let kept: {readonly memo: unknown} | undefined;
  const context: KernelContext = {
    name: node.name,
    op: node.op,
    attrs: node.attrs,
    outputs: definition?.outputs.length ?? 1,
    session,
    memo: <T>(create: () => T): T => {
      kept ??= {memo: session.memo(node.origin?.node ?? node, create)};
      return kept.memo as T;
    },
  };
  const dereferenced = dereferencedInputs(graph, node);
  // What a reference stands for is read at one moment.
  return {
    index,
    node,
    kernel,
    asyncKernel: dereferenced === undefined ? asyncKernel : undefined,
    context,
    dereferenced,
  };
}

/** A kernel that says that there is none, for the nodes of a graph. */
export function missingKernel(graph: Pick<Graph, 'label'>): Kernel {
  return (_inputs, {op, name}) => {
    throw new UnsupportedOpError(
      `op ${op} is not supported (node '${name}' in ${graph.label}). ` +
        `\`tfhub ops\` lists every op a model uses and whether it is supported.`,
    );
  };
}

/** Runs one node. Of the tfjs tensors it makes, only those of its outputs outlive it. */
export function execute(step: Step, inputs: readonly Value[], graph: Graph): readonly Value[] {
  checkBounds();
  openScope();
  let outputs: readonly Value[] = [];
  try {
    const operands = step.dereferenced
      ? inputs.map((v, i) => (step.dereferenced![i] ? dereference(v) : v))
      : inputs;
    const result = step.kernel(operands, step.context);
    outputs = ownTensors(result instanceof Value ? [result] : result, operands);
    return outputs;
  } catch (error) {
    throw located(error, step, graph, inputs);
  } finally {
    closeScope(tensorsOf(outputs));
  }
}

/** {@link execute} by the node's asynchronous kernel. The outputs are retained, for the caller to release. */
export async function executeAsync(
  step: Step,
  inputs: readonly Value[],
  graph: Graph,
  call: CallInPieces,
): Promise<readonly Value[]> {
  call.run(checkBounds);
  try {
    const outputs = await step.asyncKernel!(inputs, step.context, call);
    if (outputs !== undefined) return outputs;
  } catch (error) {
    // That a call is not wanted any more is not the node's doing.
    throw call.signal.aborted && error === call.signal.reason ? error : located(error, step, graph, inputs);
  }
  return call.run(() => execute(step, inputs, graph).map((output) => output.retain()));
}

/** What a kernel's outputs need of the tensors it made. A value born on the host keeps its tensor, if it has one. */
function tensorsOf(outputs: readonly Value[]): readonly tf.Tensor[] {
  if (outputs.length === 1) {
    const tensor = outputs[0]!.onlyTensor;
    if (tensor !== undefined) return [tensor];
  }
  const tensors: tf.Tensor[] = [];
  for (const output of outputs) {
    if (output.onDevice || output.dtype === 'variant') tensors.push(...output.deviceTensors());
  }
  return tensors;
}

/** So many values are compared faster than they are put into a set. */
const FEW_PAIRS = 64;

/** Whether each output has a tensor that no other value has. */
function areOwn(outputs: readonly Value[], inputs: readonly Value[]): boolean {
  return outputs.every((output, i) => {
    if (!output.onDevice || inputs.includes(output)) return true;
    const tensor = output.onlyTensor;
    if (tensor === undefined || inputs.some((input) => input.holds(tensor))) return false;
    for (let k = 0; k < i; k++) if (outputs[k] !== output && outputs[k]!.holds(tensor)) return false;
    return true;
  });
}

/** A kernel may build a result on the tensor of an input, or two results on one tensor: each gets its own. */
function ownTensors(outputs: readonly Value[], inputs: readonly Value[]): readonly Value[] {
  if (!outputs.some((output) => output.onDevice)) return outputs;
  // What most kernels give needs no books.
  if (outputs.length * (inputs.length + outputs.length) <= FEW_PAIRS && areOwn(outputs, inputs))
    return outputs;
  const taken = new Set<tf.Tensor>();
  for (const input of inputs) for (const tensor of input.deviceTensors()) taken.add(tensor);
  return outputs.map((output, i) => {
    if (inputs.includes(output) || outputs.indexOf(output) < i) return output;
    const own = output.unshared(taken);
    for (const tensor of own.deviceTensors()) taken.add(tensor);
    return own;
  });
}

/** So many nodes are told of those in which an error happened. */
const MOST_LINES = 11;

/** Adds to an error where in the model it happened, innermost node first. */
function located(error: unknown, {node}: Step, graph: Graph, inputs: readonly Value[]): Error {
  if (error instanceof UnsupportedOpError) return error;
  const where = [node.origin ?? {node, label: graph.label}, ...(node.origin?.calls ?? [])]
    .slice(0, MOST_LINES)
    .map((each) => `\n  at node '${each.node.name}' (${each.node.op}) in ${each.label}`)
    .join('');
  // No regular expression: matching one needs stack, too.
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new CallError(`functions of the model call each other too deeply${where}`, {cause: error});
  }
  if (error instanceof HubError) {
    // One line per function: the calling nodes, too, but not without end.
    if (error.message.split('\n').length <= MOST_LINES) error.message += where;
    return error;
  }
  const reason = isOfEngine(error)
    ? `op ${node.op} cannot compute with what it is given: ${describeInputs(inputs)}`
    : error instanceof Error
      ? error.message
      : String(error);
  return new CallError(`${reason}${where}`, {cause: error});
}

/**
 * True for what JavaScript itself says of a kernel that met values it was not made for, in a graph that contradicts the
 * op's definition: no words for a user.
 */
function isOfEngine(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

function describeInputs(inputs: readonly Value[]): string {
  if (inputs.length === 0) return 'no inputs, and its attributes';
  return inputs.map(({dtype, shape}) => `${dtype} [${shape.join(', ')}]`).join(', ');
}

/** Which inputs are reference edges that end in an op that takes values: known from both ops' definitions. */
function dereferencedInputs(graph: Graph, node: GraphNode): readonly boolean[] | undefined {
  if (!node.inputs.some((input) => isReference(graph, input))) return undefined;
  return node.inputs.map((input, i) => isReference(graph, input) && !takesReference(node, i));
}

/**
 * What a run gives for its fetches: of those that are reference edges the variables' values, read when all nodes have
 * run, as a session gives them.
 */
export function fetchedValues(
  graph: Graph,
  {fetches}: RunRequest,
  found: (endpoint: Endpoint, index: number) => Value,
): Value[] {
  return fetches.map((endpoint, i) => {
    const value = found(endpoint, i);
    return (isReference(graph, endpoint) ? dereference(value) : value).retain();
  });
}

/** True for an edge that carries a reference to a variable (TensorFlow 1). */
export function isReference(graph: Graph, {node, output}: Endpoint): boolean {
  const outputs = opDef(graph.nodes[node]!.op)?.outputs;
  // What lies beyond belongs to a list output, the last one.
  return outputs?.[Math.min(output, outputs.length - 1)]?.isRef ?? false;
}

/** True where an op takes the reference itself, as opposed to the value that it stands for. */
export function takesReference(node: OpNode & Pick<GraphNode, 'references'>, input: number): boolean {
  if (node.references !== undefined) return input < node.references;
  const inputs = opDef(node.op)?.inputs;
  if (inputs === undefined || inputs.length === 0) return false;
  return inputs[Math.min(input, inputs.length - 1)]!.isRef;
}

/** The value a reference stands for; references to other resources (tables) are passed on. */
export function dereference(value: Value): Value {
  if (value.dtype !== 'resource') return value;
  const [object] = value.hostData() as readonly object[];
  return object instanceof Variable ? object.read() : value;
}
