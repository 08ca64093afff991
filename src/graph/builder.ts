/**
 * Builds graphs node by node, those of functions and plain ones: nodes get names, attributes that follow from the inputs are
 * filled in, equal constants and equal shape computations are made once, and what a function's results do not need is left
 * out of it.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {contentKey, type HostTensor, numbersAs, sizeOf} from '../host/tensor.js';
import {type Attr, Attrs} from './attrs.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  type FunctionGraph,
  type FunctionPort,
  type Graph,
  type GraphNode,
  type OpNode,
} from './graph.js';
import {type FunctionResults, type Infer, inferNode} from './infer.js';
import type {Known} from './known.js';
import {uniqueName} from './names.js';
import {type AttrInputs, completeAttrs} from './node_attrs.js';
import {attrDefault, type OpDef, opDef} from './op_defs.js';

export type {AttrInput} from './node_attrs.js';

/** A node under construction. */
export interface BuiltNode extends OpNode {
  readonly inputs: readonly Operand[];
  /** Nodes that run before this one. More may be added until the graph is finished, also nodes that were made later. */
  readonly controls: BuiltNode[];
  readonly device: string;
  /** See {@link GraphNode.origin}. */
  readonly origin?: GraphNode['origin'];
  /** What is known of all that it gives, list outputs spread out. */
  readonly outputs: readonly Known[];
}

/** One output of a node under construction, and what is known of it. */
export interface Operand extends Known {
  readonly node: BuiltNode;
  readonly output: number;
}

/** Inputs of a node: list arguments as arrays. */
export type NodeInput = Operand | readonly Operand[];

/** Attributes of a node, or what gives them where they depend on its name. */
export type NodeAttrs = AttrInputs | ((name: string) => AttrInputs);

/** How a node is placed in the graph. */
export interface NodeOptions {
  /** What to call it, with a number where that is taken. Default: its op. */
  readonly name?: string;
  /** Nodes that run before this one. */
  readonly controls?: readonly BuiltNode[];
  /** Where it is to run, such as `/device:CPU:0`. Default: anywhere. */
  readonly device?: string;
}

/** What a node is, and where. */
interface NodeParts extends NodeOptions {
  readonly inputs: readonly Operand[];
  /** Told the node's name. */
  readonly attrs: (name: string) => ReadonlyMap<string, Attr>;
}

/** A node as long as the builder may still change what it reads. */
interface OpenNode extends BuiltNode {
  inputs: readonly Operand[];
}

/** What a tensor gave way to, for nodes that were made before number `from`. */
interface Replacement {
  readonly by: Operand;
  readonly from: number;
}

/** How a builder finds out what is known of what it builds. */
export interface BuilderOptions {
  /** The rule of inference of an op (`ops/infer.ts`). Without rules, dtypes are all that is known. */
  readonly rules?: (op: string) => Infer | undefined;
}

/** Functions that nodes call are not looked into while a graph is built. */
const NO_FUNCTIONS: FunctionResults = {of: () => []};

/** Constants of at most this many elements are compared, so that equal ones become one node. */
const MERGED_ELEMENTS = 64;

/** A graph under construction. */
export class GraphBuilder {
  readonly #rules: NonNullable<BuilderOptions['rules']>;
  readonly #nodes: OpenNode[] = [];
  readonly #parameters: BuiltNode[] = [];
  readonly #kept: BuiltNode[] = [];
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, Operand>();
  readonly #shapes = new Map<BuiltNode, Map<number, Operand>>();
  readonly #replacements = new Map<BuiltNode, Map<number, Replacement>>();
  #scope = '';

  constructor({rules = () => undefined}: BuilderOptions = {}) {
    this.#rules = rules;
  }

  /** Nodes made by `build` are named below `scope`. */
  within<T>(scope: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = scope;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** A parameter of the function. */
  parameter(
    name: string,
    dtype: DType,
    known: {readonly shape?: PartialShape; readonly handle?: Known['handle']} = {},
  ): Operand {
    const unique = uniqueName(name, this.#names);
    const node: BuiltNode = {
      name: unique,
      op: ARGUMENT_OP,
      inputs: [],
      controls: [],
      attrs: new Attrs(() => undefined, `parameter '${unique}'`),
      device: '',
      outputs: [{shape: null, ...known, dtype}],
    };
    this.#parameters.push(node);
    return outputsOf(node)[0]!;
  }

  /** Adds a node and gives its outputs, list outputs spread out. */
  node(
    op: string,
    inputs: readonly NodeInput[],
    attrs: NodeAttrs = {},
    options: NodeOptions = {},
  ): Operand[] {
    return outputsOf(this.statement(op, inputs, attrs, options));
  }

  /** Adds a node and gives it. */
  statement(
    op: string,
    inputs: readonly NodeInput[],
    attrs: NodeAttrs = {},
    options: NodeOptions = {},
  ): BuiltNode {
    const definition = opDef(op);
    if (definition === undefined) throw new SaveError(`TensorFlow has no op ${op}`);
    return this.#add(op, {
      ...options,
      inputs: inputs.flat(),
      attrs: (name) => completeAttrs(definition, inputs, typeof attrs === 'function' ? attrs(name) : attrs),
    });
  }

  /** Adds a node of which everything is known, and gives it with its outputs. */
  raw(
    op: string,
    inputs: readonly Operand[],
    attrs: ReadonlyMap<string, Attr>,
    controls: readonly BuiltNode[],
  ): {readonly node: BuiltNode; readonly outputs: readonly Operand[]} {
    const node = this.#add(op, {inputs, attrs: () => attrs, controls});
    return {node, outputs: outputsOf(node)};
  }

  /**
   * Takes a node over from another graph, as it is and under its own name. What it reads and waits for is told by
   * {@link connect}: in a graph with loops, some of that comes later.
   *
   * @param outputs - what is known of what it gives
   */
  adopt({name, op, attrs, device = '', origin}: GraphNode, outputs: readonly Known[]): BuiltNode {
    this.#names.add(name);
    const node: OpenNode = {
      name,
      op,
      attrs,
      device,
      inputs: [],
      controls: [],
      outputs,
      ...(origin && {origin}),
    };
    this.#nodes.push(node);
    return node;
  }

  /** Tells what an adopted node reads and waits for. */
  connect(node: BuiltNode, inputs: readonly Operand[], controls: readonly BuiltNode[]): void {
    (node as OpenNode).inputs = inputs;
    node.controls.push(...controls);
  }

  /** Number of the nodes made so far, parameters aside. */
  get size(): number {
    return this.#nodes.length;
  }

  /**
   * Puts `by` in the place of `operand`: whoever read that reads this.
   *
   * @param from - nodes from this number on go on reading `operand`: those that make `by` of it
   */
  replace(operand: Operand, by: Operand, from = this.#nodes.length): void {
    let ofNode = this.#replacements.get(operand.node);
    if (ofNode === undefined) this.#replacements.set(operand.node, (ofNode = new Map()));
    ofNode.set(operand.output, {by, from});
  }

  /**
   * What is read, after all replacements, by who was told to read `operand`.
   *
   * @param reader - number of the node that reads; one from before all replacements where absent
   */
  resolved(operand: Operand, reader = FIRST_READER): Operand {
    const replacement = this.#replacements.get(operand.node)?.get(operand.output);
    if (replacement === undefined || reader >= replacement.from) return operand;
    return this.resolved(replacement.by, reader);
  }

  /** Adds a node and gives its first output. */
  op(op: string, inputs: readonly NodeInput[], attrs: NodeAttrs = {}, options: NodeOptions = {}): Operand {
    return this.node(op, inputs, attrs, options)[0]!;
  }

  /** A constant. Small ones of equal content are one node, but for those that are to have a name or a device. */
  constant(value: HostTensor, options?: NodeOptions): Operand {
    const isMerged =
      options === undefined && sizeOf(value.shape) <= MERGED_ELEMENTS && value.dtype !== 'string';
    const key = isMerged ? contentKey(value) : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const made = this.op('Const', [], {dtype: value.dtype, value}, options);
    if (key !== undefined) this.#constants.set(key, made);
    return made;
  }

  /** A constant scalar. */
  scalar(dtype: DType, value: number | boolean, options?: NodeOptions): Operand {
    return this.constant({dtype, shape: [], data: numbersAs(dtype, [Number(value)])}, options);
  }

  /** A constant vector of int32. */
  ints(values: readonly number[]): Operand {
    return this.constant({dtype: 'int32', shape: [values.length], data: Int32Array.from(values)});
  }

  /** The shape of a tensor as a vector of int32, computed when the graph runs. */
  shapeOf(operand: Operand): Operand {
    let ofNode = this.#shapes.get(operand.node);
    if (ofNode === undefined) this.#shapes.set(operand.node, (ofNode = new Map()));
    let shape = ofNode.get(operand.output);
    if (shape === undefined) {
      shape = this.op('Shape', [operand], {out_type: 'int32'});
      ofNode.set(operand.output, shape);
    }
    return shape;
  }

  /** Tells operands apart. */
  idOf({node, output}: Operand): string {
    return `${node.name}:${output}`;
  }

  /** The same tensor in another dtype. */
  cast(operand: Operand, dtype: DType): Operand {
    return operand.dtype === dtype ? operand : this.op('Cast', [operand], {DstT: dtype});
  }

  /** Keeps a node in the function, although no result needs it. */
  keep(node: BuiltNode): void {
    this.#kept.push(node);
  }

  /**
   * The finished function: its parameters, and the nodes that are needed, in the order in which they were added.
   *
   * @param effects - nodes that run whether a result needs them or not
   */
  finish(
    name: string,
    results: readonly {readonly name: string; readonly operand: Operand}[],
    effects: readonly BuiltNode[],
  ): FunctionGraph {
    this.#settle();
    const given = results.map(({operand}) => this.resolved(operand));
    const needed = neededNodes([...given.map(({node}) => node), ...effects, ...this.#kept]);
    const kept = [...this.#parameters, ...this.#nodes.filter((each) => needed.has(each))];
    const label = `function '${name}'`;
    const {graph, endpoint, indexOf} = linked(kept, label);
    return {
      ...graph,
      name,
      parameters: this.#parameters.map(({name, outputs}) => ({name, ...portOf(outputs[0]!)})),
      results: results.map(({name}, i) => ({name, ...portOf(given[i]!), source: endpoint(given[i]!)})),
      controlResults: effects.map(indexOf),
      attrs: new Attrs(() => undefined, label),
    };
  }

  /** All the nodes, in the order in which they were added, as a graph that is no function. */
  plainGraph(label: string): Graph {
    this.#settle();
    return linked(this.#nodes, label).graph;
  }

  #add(op: string, {name = op, inputs, attrs, controls = [], device = ''}: NodeParts): BuiltNode {
    const unique = uniqueName(this.#scope === '' ? name : `${this.#scope}/${name}`, this.#names);
    const definition = opDef(op)!;
    const described: OpNode = {name: unique, op, attrs: attrsOf(unique, definition, attrs(unique))};
    const outputs = inferNode(described, definition, inputs, this.#rules(op), NO_FUNCTIONS);
    const node: OpenNode = {...described, inputs, controls: [...controls], device, outputs};
    this.#nodes.push(node);
    return node;
  }

  /** Carries out the replacements. */
  #settle(): void {
    if (this.#replacements.size === 0) return;
    for (const [number, node] of this.#nodes.entries()) {
      node.inputs = node.inputs.map((input) => this.resolved(input, number));
    }
  }
}

/** Results of the function come before all nodes, as readers. */
const FIRST_READER = -1;

/** All that a node gives, list outputs spread out. */
export function outputsOf(node: BuiltNode): Operand[] {
  return node.outputs.map((known, output) => ({...known, node, output}));
}

/** What a function says of a parameter or result. */
function portOf({dtype, shape, handle}: Known): Omit<FunctionPort, 'name'> {
  return {dtype, ...(shape !== null && {shape}), ...(handle && {handle})};
}

/** The nodes that some nodes lead back to, and these. */
function neededNodes(roots: readonly BuiltNode[]): Set<BuiltNode> {
  const needed = new Set<BuiltNode>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    pending.push(...node.controls, ...node.inputs.map((input) => input.node));
  }
  return needed;
}

/** Nodes as a graph: every edge resolved. */
function linked(built: readonly BuiltNode[], label: string) {
  const index = new Map(built.map((node, i) => [node, i]));
  const byName = new Map(built.map(({name}, i) => [name, i]));
  const indexOf = (node: BuiltNode): number => index.get(node)!;
  const endpoint = ({node, output}: Operand): Endpoint => ({node: indexOf(node), output});
  const nodes = built.map(
    ({name, op, attrs, inputs, controls, device, origin}): GraphNode => ({
      name,
      op,
      inputs: inputs.map(endpoint),
      controls: controls.map(indexOf),
      attrs,
      device,
      ...(origin && {origin}),
    }),
  );
  const graph: Graph = {label, nodes, find: (wanted) => byName.get(wanted)};
  return {graph, endpoint, indexOf};
}

function attrsOf(name: string, definition: OpDef, attrs: ReadonlyMap<string, Attr>): Attrs {
  return new Attrs(
    (wanted) => attrs.get(wanted) ?? attrDefault(definition, wanted),
    `node '${name}' (${definition.name})`,
  );
}
