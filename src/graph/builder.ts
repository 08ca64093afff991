/**
 * Builds graphs node by node, those of functions and plain ones: nodes get names, attributes that follow from the inputs are
 * filled in, equal constants and equal shape computations are made once, and what a function's results do not need is left
 * out of it.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import {type DType, isBigInt} from '../host/dtypes.js';
import {allocate, type HostTensor, sizeOf} from '../host/tensor.js';
import {type Attr, Attrs} from './attrs.js';
import {ARGUMENT_OP, type Endpoint, type FunctionGraph, type Graph, type GraphNode} from './graph.js';
import {uniqueName} from './names.js';
import {type AttrInputs, completeAttrs, outputDTypes} from './node_attrs.js';
import {opDef} from './op_defs.js';

export type {AttrInput} from './node_attrs.js';

/** A node under construction. */
export interface BuiltNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Operand[];
  /** Nodes that run before this one. More may be added until the graph is finished, also nodes that were made later. */
  readonly controls: BuiltNode[];
  readonly attrs: ReadonlyMap<string, Attr>;
  readonly device: string;
}

/** One output of a node under construction. */
export interface Operand {
  readonly node: BuiltNode;
  readonly output: number;
  readonly dtype: DType;
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

/** Constants of at most this many elements are compared, so that equal ones become one node. */
const MERGED_ELEMENTS = 64;

/** A graph under construction. */
export class GraphBuilder {
  readonly #nodes: BuiltNode[] = [];
  readonly #parameters: {readonly node: BuiltNode; readonly dtype: DType}[] = [];
  readonly #kept: BuiltNode[] = [];
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, Operand>();
  readonly #shapes = new Map<BuiltNode, Map<number, Operand>>();
  #scope = '';

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
  parameter(name: string, dtype: DType): Operand {
    const node: BuiltNode = {
      name: uniqueName(name, this.#names),
      op: ARGUMENT_OP,
      inputs: [],
      controls: [],
      attrs: new Map(),
      device: '',
    };
    this.#parameters.push({node, dtype});
    return {node, output: 0, dtype};
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

  /** Adds a node and gives its first output. */
  op(op: string, inputs: readonly NodeInput[], attrs: NodeAttrs = {}, options: NodeOptions = {}): Operand {
    return this.node(op, inputs, attrs, options)[0]!;
  }

  /** A constant. Small ones of equal content are one node, but for those that are to have a name or a device. */
  constant(value: HostTensor, options?: NodeOptions): Operand {
    const isMerged =
      options === undefined && sizeOf(value.shape) <= MERGED_ELEMENTS && value.dtype !== 'string';
    const key = isMerged ? `${value.dtype} ${value.shape} ${contentKey(value)}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const made = this.op('Const', [], {dtype: value.dtype, value}, options);
    if (key !== undefined) this.#constants.set(key, made);
    return made;
  }

  /** A constant scalar. */
  scalar(dtype: DType, value: number | boolean, options?: NodeOptions): Operand {
    return this.constant({dtype, shape: [], data: numbers(dtype, [Number(value)])}, options);
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
    const needed = neededNodes([...results.map(({operand}) => operand.node), ...effects, ...this.#kept]);
    const kept = [
      ...this.#parameters.map(({node}) => node),
      ...this.#nodes.filter((each) => needed.has(each)),
    ];
    const label = `function '${name}'`;
    const {graph, endpoint, indexOf} = linked(kept, label);
    return {
      ...graph,
      name,
      parameters: this.#parameters.map(({node, dtype}) => ({name: node.name, dtype})),
      results: results.map(({name, operand}) => ({name, dtype: operand.dtype, source: endpoint(operand)})),
      controlResults: effects.map(indexOf),
      attrs: new Attrs(() => undefined, label),
    };
  }

  /** All the nodes, in the order in which they were added, as a graph that is no function. */
  plainGraph(label: string): Graph {
    return linked(this.#nodes, label).graph;
  }

  #add(op: string, {name = op, inputs, attrs, controls = [], device = ''}: NodeParts): BuiltNode {
    const unique = uniqueName(this.#scope === '' ? name : `${this.#scope}/${name}`, this.#names);
    const node: BuiltNode = {name: unique, op, inputs, controls: [...controls], attrs: attrs(unique), device};
    this.#nodes.push(node);
    return node;
  }
}

/** All that a node gives, list outputs spread out. */
export function outputsOf(node: BuiltNode): Operand[] {
  return outputDTypes(opDef(node.op)!, node.attrs).map((dtype, output) => ({node, output, dtype}));
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
    (node): GraphNode => ({
      name: node.name,
      op: node.op,
      inputs: node.inputs.map(endpoint),
      controls: node.controls.map(indexOf),
      attrs: attrsOf(node, label),
      device: node.device,
    }),
  );
  const graph: Graph = {label, nodes, find: (wanted) => byName.get(wanted)};
  return {graph, endpoint, indexOf};
}

function attrsOf({name, op, attrs}: BuiltNode, label: string): Attrs {
  const defaults = new Map(opDef(op)?.attrs.map((attr) => [attr.name, attr.default]));
  return new Attrs(
    (wanted) => attrs.get(wanted) ?? defaults.get(wanted),
    `node '${name}' (${op}) of ${label}`,
  );
}

/** JavaScript numbers as storage of a numeric dtype. */
function numbers(dtype: DType, values: readonly number[]): HostTensor['data'] {
  const data = allocate(dtype, values.length);
  for (const [i, value] of values.entries()) data[i] = (isBigInt(dtype) ? BigInt(value) : value) as never;
  return data;
}

/** Tells -0 from 0, unlike the text of numbers. */
function contentKey({data}: HostTensor): string {
  return Array.from(data as ArrayLike<unknown>, (x) => (Object.is(x, -0) ? '-0' : String(x))).join();
}
