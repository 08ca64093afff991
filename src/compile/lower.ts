/**
 * Lowers the nodes of a graph to ops of ONNX, each for itself: what comes of a node, or why it stays with the interpreter.
 *
 * @module
 */

import {HubError} from '../errors.js';
import type {FunctionRef} from '../graph/attrs.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  type FunctionLibrary,
  type Graph,
  type GraphNode,
} from '../graph/graph.js';
import {type FunctionResults, inferGraph, type KnownGraph} from '../graph/infer.js';
import type {Known} from '../graph/known.js';
import {argTensors} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import type {DType} from '../host/dtypes.js';
import {inOnePiece, type Pieces} from '../host/pieces.js';
import {sizeOf} from '../host/tensor.js';
import {type ConstantPool, OnnxBuilder, type OnnxTensor} from '../onnx/builder.js';
import {hasOnnxType} from '../onnx/dtypes.js';
import {neededNodes, type OnnxGraph, type OnnxNode} from '../onnx/graph.js';
import {NotLowered, notLowered} from '../onnx/not_lowered.js';
import {inferenceOf} from '../ops/infer.js';
import {checkKnownRanks} from '../ops/input_ranks.js';
import type {BodyPorts, Lower, Lowering, WrittenList} from '../ops/lowering.js';
import {loweringOf} from '../ops/onnx.js';
import {isReference, takesReference} from '../runtime/run.js';
import {FunctionBodies, type FunctionBody, sourceOf, writtenLists} from './bodies.js';
import {layerOfLoop} from './passes/recurrent_layers.js';

/** What came of a node. */
export interface Fragment {
  readonly nodes: readonly OnnxNode[];
  /** What stands for each of its outputs. */
  readonly outputs: readonly OnnxTensor[];
}

/** A variable that fragments read, and the handle that leads to it. */
export interface VariableTensor extends OnnxTensor {
  readonly source: Endpoint;
}

/** What came of a graph. */
export interface LoweredGraph {
  /** By node: undefined for those that stay with the interpreter. */
  readonly fragments: readonly (Fragment | undefined)[];
  /** By node: why it stays. */
  readonly reasons: readonly (string | undefined)[];
  /** By the name of the tensor. */
  readonly variables: ReadonlyMap<string, VariableTensor>;
  readonly constants: ConstantPool;
  /** What a tensor of the graph is called in fragments. */
  tensor(endpoint: Endpoint): OnnxTensor;
  /** The tensor of the graph that has this name first: others of that name are the same. Undefined for constants and variables. */
  owner(name: string): Endpoint | undefined;
}

/** What a lowering goes by. */
export interface LowerOptions {
  readonly library: FunctionLibrary;
  readonly known: KnownGraph;
  /** Whether a variable's value may change while the graph runs: then it is read when it is its turn. */
  readonly isAssigned: (handle: Endpoint) => boolean;
}

/** What called functions give was found out before. */
const NO_FUNCTIONS: FunctionResults = {of: () => []};

/** Values that are known before anything runs become constants up to this many elements; larger ones are `Const` nodes and arguments only. */
const FOLDED_ELEMENTS = 1024;

/** Lowers the nodes in `order`, which has producers before their readers. */
export function lowerGraph(
  graph: Graph,
  order: readonly number[],
  constants: ConstantPool,
  options: LowerOptions,
): LoweredGraph {
  return inOnePiece(lowerGraphInPieces(graph, order, constants, options));
}

/** {@link lowerGraph} in pieces. */
export function* lowerGraphInPieces(
  graph: Graph,
  order: readonly number[],
  constants: ConstantPool,
  options: LowerOptions,
): Pieces<LoweredGraph> {
  const lowerer = new Lowerer(graph, constants, options);
  for (const index of order) {
    lowerer.visit(index);
    yield;
  }
  return lowerer;
}

/** Where a function is lowered: in a graph around it. */
interface Surroundings {
  /** Of the names of its tensors. */
  readonly prefix: string;
  /** What stands for its parameters. */
  readonly args: ReadonlyMap<number, OnnxTensor>;
  readonly outermost: Lowerer;
  /** The functions that it is in. */
  readonly open: readonly string[];
}

class Lowerer implements LoweredGraph {
  readonly fragments: (Fragment | undefined)[];
  readonly reasons: (string | undefined)[];
  readonly variables = new Map<string, VariableTensor>();
  readonly constants: ConstantPool;
  readonly #graph: Graph;
  readonly #options: LowerOptions;
  readonly #surroundings: Surroundings | undefined;
  readonly #prefix: string;
  readonly #tensors: (OnnxTensor | undefined)[][];
  readonly #owners = new Map<string, Endpoint>();
  readonly #bodies: FunctionBodies;

  constructor(graph: Graph, constants: ConstantPool, options: LowerOptions, surroundings?: Surroundings) {
    this.#graph = graph;
    this.constants = constants;
    this.#options = options;
    this.#surroundings = surroundings;
    this.#prefix = surroundings?.prefix ?? '';
    this.#bodies = surroundings ? surroundings.outermost.#bodies : new FunctionBodies(options.library);
    this.fragments = new Array(graph.nodes.length);
    this.reasons = new Array(graph.nodes.length);
    this.#tensors = graph.nodes.map((_, index) => {
      const arg = surroundings?.args.get(index);
      return arg === undefined ? [] : [arg];
    });
  }

  tensor(endpoint: Endpoint): OnnxTensor {
    const ofNode = this.#tensors[endpoint.node]!;
    return (ofNode[endpoint.output] ??= this.#given(endpoint));
  }

  owner(name: string): Endpoint | undefined {
    return this.#owners.get(name);
  }

  /** A tensor that comes from elsewhere than fragments, as long as it is no constant. */
  #given(endpoint: Endpoint): OnnxTensor {
    const known = this.#known(endpoint);
    const {value} = known;
    if (
      value !== undefined &&
      hasOnnxType(known.dtype) &&
      (sizeOf(value.shape) <= FOLDED_ELEMENTS || this.#isConstant(endpoint))
    ) {
      return {...this.constants.add(value), elements: known.elements!};
    }
    const name = `${this.#prefix}n${endpoint.node}:${endpoint.output}`;
    this.#owners.set(name, endpoint);
    return {...known, name};
  }

  /** What is known of the value of an argument holds of every call. */
  #isConstant({node}: Endpoint): boolean {
    const {op} = this.#graph.nodes[node]!;
    return op === 'Const' || op === ARGUMENT_OP;
  }

  #known(endpoint: Endpoint): Known {
    return this.#options.known.of(endpoint) ?? {dtype: dtypeOf(this.#graph, endpoint), shape: null};
  }

  visit(index: number): void {
    const node = this.#graph.nodes[index]!;
    if (node.op === ARGUMENT_OP || node.op === 'Const') return;
    try {
      this.fragments[index] = this.#lower(node, index);
    } catch (error) {
      if (error instanceof NotLowered) this.reasons[index] = error.message;
      // What is wrong with the node, the interpreter says when it is its turn.
      else if (error instanceof HubError) this.reasons[index] = error.message.split('\n')[0]!;
      else throw error;
    }
  }

  #lower(node: GraphNode, index: number): Fragment {
    const rule = loweringOf(node.op) ?? notLowered(`${node.op} has no ONNX rule`);
    const definition = opDef(node.op);
    // Refuses what TensorFlow refuses, as far as shapes tell.
    const known = node.inputs.map((input) => this.#known(input));
    // Damaged graphs contradict themselves: what is wrong with them, the interpreter says.
    for (const [i, {dtype}] of argTensors(definition!.inputs, node.attrs).entries()) {
      const given = known[i]?.dtype ?? notLowered('an input is missing');
      if (given !== dtype) notLowered(`it is given ${given} for ${dtype}`);
    }
    checkKnownRanks(known, node);
    inferenceOf(node.op)?.(known, node, NO_FUNCTIONS);
    const results = argTensors(definition!.outputs, node.attrs).map(
      ({dtype}, output) => this.#options.known.of({node: index, output}) ?? {dtype, shape: null},
    );
    const inputs = node.inputs.map((input, i) => {
      const isVariable = isReference(this.#graph, input) && !takesReference(node, i);
      return isVariable ? this.#variable(this.tensor(input), results[0]!.dtype, input) : this.tensor(input);
    });
    const outermost = this.#surroundings?.outermost ?? this;
    const to = new NodeLowering(`${this.#prefix}n${index}`, this.constants, {
      results,
      bodies: this.#bodies,
      variable: (handle, dtype) => outermost.#variableOf(handle, dtype),
      inline: (fn, args, prefix) => this.#inlined(fn, args, prefix),
    });
    const outputs = this.#layer(inputs, node, to) ?? applied(rule, inputs, node, to);
    const complete = outputs.map((output, i): OnnxTensor => {
      const known = results[i];
      if (known === undefined) return output;
      if (known.dtype !== output.dtype) {
        if (!hasOnnxType(output.dtype)) return notLowered(`it is given ${output.dtype}`);
        throw new TypeError(`the rule of ${node.op} gives ${output.dtype} where ${known.dtype} is expected`);
      }
      if (output.list !== undefined) return {...known, name: output.name, list: output.list};
      // A handle leaves as it came.
      const isHandle = known.dtype === 'resource' && inputs.some(({name}) => name === output.name);
      if (!isHandle && !hasOnnxType(known.dtype)) return notLowered(`ONNX Runtime has no ${known.dtype}`);
      return {...known, name: output.name};
    });
    const made = new Set(to.nodes.flatMap((each) => each.outputs));
    for (const [output, tensor] of complete.entries()) {
      this.#tensors[index]![output] = tensor;
      const isFirst = made.has(tensor.name) && !this.#owners.has(tensor.name);
      if (isFirst) this.#owners.set(tensor.name, {node: index, output});
    }
    return {nodes: to.nodes, outputs: complete};
  }

  /** A loop that is a recurrent layer. */
  #layer(
    inputs: readonly OnnxTensor[],
    {op, attrs}: GraphNode,
    to: NodeLowering,
  ): readonly OnnxTensor[] | undefined {
    if (op !== 'While' && op !== 'StatelessWhile') return undefined;
    const [cond, body] = ['cond', 'body'].map((name) => this.#bodies.get(attrs.func(name).name)) as [
      FunctionBody,
      FunctionBody,
    ];
    const from = to.nodes.length;
    const outputs = layerOfLoop(inputs, {cond, body}, to);
    // What was built in vain.
    if (outputs === undefined) to.nodes.length = from;
    return outputs;
  }

  /** A function lowered in this graph, or in a body in it: the nodes, and what its results are. */
  #inlined(fn: FunctionRef, args: readonly OnnxTensor[], prefix: string): Inlined {
    const open = this.#surroundings?.open ?? [];
    if (open.includes(fn.name)) notLowered('functions call each other in a circle');
    const {graph, parameters, results, order} = this.#bodies.get(fn.name);
    const given = parameters.map((endpoint, i) => ({endpoint, known: knownOf(args[i]!)}));
    const known = inferGraph(graph, {rules: inferenceOf, library: this.#options.library, given});
    const lowerer = new Lowerer(
      graph,
      this.constants,
      {...this.#options, known},
      {
        prefix,
        args: new Map(parameters.map(({node}, i) => [node, args[i]!])),
        outermost: this.#surroundings?.outermost ?? this,
        open: [...open, fn.name],
      },
    );
    const nodes = order.flatMap((index) => lowerer.#complete(index));
    return {nodes, results: results.map((result) => lowerer.#result(result))};
  }

  /** What came of a node that must not stay with the interpreter. */
  #complete(index: number): readonly OnnxNode[] {
    const {op} = this.#graph.nodes[index]!;
    // Waits for others, which happen all the same.
    if (op === 'NoOp') return [];
    this.visit(index);
    const fragment = this.fragments[index];
    const isThere = fragment !== undefined || op === ARGUMENT_OP || op === 'Const';
    return isThere || this.#isFolded(index)
      ? (fragment?.nodes ?? [])
      : notLowered(`in it, ${this.reasons[index]}`);
  }

  /** True for a node without effects whose outputs are known. */
  #isFolded(index: number): boolean {
    const {op, attrs} = this.#graph.nodes[index]!;
    const {outputs = [], stateful = true} = opDef(op) ?? {};
    return !stateful && argTensors(outputs, attrs).every((_, output) => this.#isMade({node: index, output}));
  }

  #result(endpoint: Endpoint): OnnxTensor {
    if (!this.#isMade(endpoint)) notLowered(`in it, a result is ${this.#known(endpoint).dtype}`);
    return this.tensor(endpoint);
  }

  /** True for what a fragment, an argument or a constant stands for. */
  #isMade(endpoint: Endpoint): boolean {
    return (
      this.#owners.get(this.tensor(endpoint).name)?.node !== endpoint.node ||
      this.fragments[endpoint.node] !== undefined
    );
  }

  /** The variable that a handle leads to, wherever that was handed on to. */
  #variableOf(handle: OnnxTensor, dtype: DType): OnnxTensor {
    const endpoint = this.owner(handle.name) ?? notLowered('a handle is made in a function');
    return this.#variable(handle, dtype, endpoint);
  }

  #variable(handle: OnnxTensor, dtype: DType, endpoint: Endpoint): OnnxTensor {
    if (this.#surroundings !== undefined) notLowered('a variable is made in a function');
    const source = sourceOf(this.#graph, endpoint);
    if (this.#options.isAssigned(source)) notLowered('the variable is assigned in the same call');
    if (!hasOnnxType(dtype)) notLowered(`ONNX Runtime has no ${dtype}`);
    const name = `variable${source.node}:${source.output}`;
    const known = this.variables.get(name);
    if (known !== undefined) return known;
    // What is known of a reference is known of the variable.
    const {shape} = handle.dtype === 'resource' ? (handle.handle ?? {shape: null}) : handle;
    const made: VariableTensor = {name, dtype, shape, source};
    this.variables.set(name, made);
    return made;
  }
}

/** What is known of a tensor, whatever it is called. */
function knownOf({name: _, list: __, ...known}: OnnxTensor): Known {
  return known;
}

/** A function that was lowered where it is called. */
interface Inlined {
  readonly nodes: readonly OnnxNode[];
  readonly results: readonly OnnxTensor[];
}

function applied(
  rule: Lower,
  inputs: readonly OnnxTensor[],
  node: GraphNode,
  to: Lowering,
): readonly OnnxTensor[] {
  const given = rule(inputs, node, to);
  return (Array.isArray(given) ? given : [given]) as readonly OnnxTensor[];
}

/** What a rule asks of its surroundings. */
interface Services {
  readonly results: readonly Known[];
  readonly bodies: FunctionBodies;
  variable(handle: OnnxTensor, dtype: DType): OnnxTensor;
  inline(fn: FunctionRef, args: readonly OnnxTensor[], prefix: string): Inlined;
}

class NodeLowering extends OnnxBuilder implements Lowering {
  readonly results: readonly Known[];
  readonly #prefix: string;
  readonly #constants: ConstantPool;
  readonly #services: Services;
  #parts = 0;

  constructor(prefix: string, constants: ConstantPool, services: Services) {
    super(prefix, constants);
    this.results = services.results;
    this.#prefix = prefix;
    this.#constants = constants;
    this.#services = services;
  }

  variable(handle: OnnxTensor, dtype: DType): OnnxTensor {
    return this.#services.variable(handle, dtype);
  }

  handedOn({name}: FunctionRef): readonly (number | undefined)[] {
    return this.#services.bodies.get(name).handedOn;
  }

  written({name}: FunctionRef): readonly (WrittenList | undefined)[] {
    return writtenLists(this.#services.bodies.get(name));
  }

  inline(fn: FunctionRef, args: readonly OnnxTensor[]): readonly OnnxTensor[] {
    const {nodes, results} = this.#services.inline(fn, args, `${this.#prefix}.${this.#parts++}/`);
    this.nodes.push(...nodes);
    return results;
  }

  body(build: (to: Lowering) => BodyPorts): OnnxGraph {
    const name = `${this.#prefix}.${this.#parts++}`;
    const inner = new NodeLowering(name, this.#constants, this.#services);
    const {inputs, outputs} = build(inner);
    // What a body gives has to be made in it.
    const given = outputs.map((output) => inner.op('Identity', [output], {}, {shape: output.shape}));
    const nodes = neededNodes(inner.nodes, new Set(given.map((each) => each.name)));
    return {name, nodes, inputs, outputs: given, initializers: []};
  }
}

function dtypeOf(graph: Graph, {node, output}: Endpoint): DType {
  const {op, attrs} = graph.nodes[node]!;
  const definition = opDef(op);
  return (definition && argTensors(definition.outputs, attrs)[output]?.dtype) ?? 'variant';
}
