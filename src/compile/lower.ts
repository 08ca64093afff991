/**
 * Lowers the nodes of a graph to ops of ONNX, each for itself: what comes of a node, or why it stays with the interpreter.
 *
 * @module
 */

import {HubError} from '../errors.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  type FunctionLibrary,
  type Graph,
  type GraphNode,
} from '../graph/graph.js';
import type {FunctionResults, KnownGraph} from '../graph/infer.js';
import type {Known} from '../graph/known.js';
import {argTensors} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import type {DType} from '../host/dtypes.js';
import {sizeOf} from '../host/tensor.js';
import {type ConstantPool, OnnxBuilder, type OnnxTensor} from '../onnx/builder.js';
import {hasOnnxType} from '../onnx/dtypes.js';
import type {OnnxGraph, OnnxNode} from '../onnx/graph.js';
import {NotLowered, notLowered} from '../onnx/not_lowered.js';
import {inferenceOf} from '../ops/infer.js';
import type {Lowering} from '../ops/lowering.js';
import {loweringOf} from '../ops/onnx.js';

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

/** Values that are known before anything runs become constants up to this many elements; larger ones are `Const` nodes only. */
const FOLDED_ELEMENTS = 1024;

/** Lowers the nodes in `order`, which has producers before their readers. */
export function lowerGraph(
  graph: Graph,
  order: readonly number[],
  constants: ConstantPool,
  options: LowerOptions,
): LoweredGraph {
  const lowerer = new Lowerer(graph, constants, options, '');
  for (const index of order) lowerer.visit(index);
  return lowerer;
}

class Lowerer implements LoweredGraph {
  readonly fragments: (Fragment | undefined)[];
  readonly reasons: (string | undefined)[];
  readonly variables = new Map<string, VariableTensor>();
  readonly constants: ConstantPool;
  readonly #graph: Graph;
  readonly #options: LowerOptions;
  readonly #prefix: string;
  readonly #tensors: (OnnxTensor | undefined)[][];
  readonly #owners = new Map<string, Endpoint>();

  constructor(graph: Graph, constants: ConstantPool, options: LowerOptions, prefix: string) {
    this.#graph = graph;
    this.constants = constants;
    this.#options = options;
    this.#prefix = prefix;
    this.fragments = new Array(graph.nodes.length);
    this.reasons = new Array(graph.nodes.length);
    this.#tensors = graph.nodes.map(() => []);
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

  #isConstant({node}: Endpoint): boolean {
    return this.#graph.nodes[node]!.op === 'Const';
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
    inferenceOf(node.op)?.(
      node.inputs.map((input) => this.#known(input)),
      node,
      NO_FUNCTIONS,
    );
    const results = argTensors(definition!.outputs, node.attrs).map(
      ({dtype}, output) => this.#options.known.of({node: index, output}) ?? {dtype, shape: null},
    );
    const inputs = node.inputs.map((input, i) => {
      const isVariable = isReference(this.#graph, input) && !(definition!.inputs[i]?.isRef ?? false);
      return isVariable ? this.#variable(this.tensor(input), results[0]!.dtype, input) : this.tensor(input);
    });
    const to = new NodeLowering(`${this.#prefix}n${index}`, this.constants, {
      results,
      variable: (handle, dtype) => this.#variable(handle, dtype, node.inputs[inputs.indexOf(handle)]!),
      body: () => notLowered('bodies are not lowered yet'),
    });
    const given = rule(inputs, node, to);
    const outputs = (Array.isArray(given) ? given : [given]) as readonly OnnxTensor[];
    const complete = outputs.map((output, i): OnnxTensor => {
      const known = results[i];
      if (known === undefined) return output;
      if (known.dtype !== output.dtype) {
        if (!hasOnnxType(output.dtype)) return notLowered(`it is given ${output.dtype}`);
        throw new TypeError(`the rule of ${node.op} gives ${output.dtype} where ${known.dtype} is expected`);
      }
      if (!hasOnnxType(known.dtype)) return notLowered(`ONNX Runtime has no ${known.dtype}`);
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

  #variable(handle: OnnxTensor, dtype: DType, endpoint: Endpoint): OnnxTensor {
    const source = this.#source(endpoint);
    if (this.#options.isAssigned(source)) notLowered('the variable is assigned in the same call');
    if (!hasOnnxType(dtype)) notLowered(`ONNX Runtime has no ${dtype}`);
    const name = `${this.#prefix}variable${source.node}:${source.output}`;
    const known = this.variables.get(name);
    if (known !== undefined) return known;
    const made: VariableTensor = {name, dtype, shape: handle.handle?.shape ?? null, source};
    this.variables.set(name, made);
    return made;
  }

  /** Where a handle comes from, behind nodes that hand it on. */
  #source(endpoint: Endpoint): Endpoint {
    const {op, inputs} = this.#graph.nodes[endpoint.node]!;
    return op === 'Identity' && inputs.length === 1 ? this.#source(inputs[0]!) : endpoint;
  }
}

/** What a rule asks of its surroundings. */
type Services = Pick<Lowering, 'results' | 'variable' | 'body'>;

class NodeLowering extends OnnxBuilder implements Lowering {
  readonly results: readonly Known[];
  readonly #services: Services;

  constructor(prefix: string, constants: ConstantPool, services: Services) {
    super(prefix, constants);
    this.results = services.results;
    this.#services = services;
  }

  variable(handle: OnnxTensor, dtype: DType): OnnxTensor {
    return this.#services.variable(handle, dtype);
  }

  body(...args: Parameters<Lowering['body']>): OnnxGraph {
    return this.#services.body(...args);
  }
}

function isReference(graph: Graph, {node, output}: Endpoint): boolean {
  const outputs = opDef(graph.nodes[node]!.op)?.outputs;
  return outputs?.[Math.min(output, outputs.length - 1)]?.isRef ?? false;
}

function dtypeOf(graph: Graph, {node, output}: Endpoint): DType {
  const {op, attrs} = graph.nodes[node]!;
  const definition = opDef(op);
  return (definition && argTensors(definition.outputs, attrs)[output]?.dtype) ?? 'variant';
}
