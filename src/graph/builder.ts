/**
 * Builds a function graph node by node: attributes that follow from the inputs are filled in, equal constants and equal
 * shape computations are made once, and what no result needs is left out.
 *
 * @module
 */

import {encodeUtf8} from '../algorithms/utf8.js';
import {SaveError} from '../errors.js';
import {type Attr, Attrs} from '../graph/attrs.js';
import {ARGUMENT_OP, type Endpoint, type FunctionGraph, type GraphNode} from '../graph/graph.js';
import {type ArgDef, type ArgType, type AttrDefType, type OpDef, opDef} from '../graph/op_defs.js';
import {type DType, isBigInt} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {allocate, type HostTensor, sizeOf} from '../host/tensor.js';

/** A node under construction. */
export interface BuiltNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Operand[];
  readonly controls: BuiltNode[];
  readonly attrs: ReadonlyMap<string, Attr>;
}

/** One output of a node under construction. */
export interface Operand {
  readonly node: BuiltNode;
  readonly output: number;
  readonly dtype: DType;
}

/** An attribute as a rule writes it: the op's definition says what it means. */
export type AttrInput =
  | number
  | bigint
  | boolean
  | string
  | null
  | HostTensor
  | {readonly func: string}
  | readonly (number | string | boolean | PartialShape)[];

/** Inputs of a node: list arguments as arrays. */
export type NodeInput = Operand | readonly Operand[];

/** How a node is placed in the graph. */
export interface NodeOptions {
  /** Nodes that run before this one. */
  readonly controls?: readonly BuiltNode[];
}

/** Constants of at most this many elements are compared, so that equal ones become one node. */
const MERGED_ELEMENTS = 64;

/** A function graph under construction. */
export class GraphBuilder {
  readonly #nodes: BuiltNode[] = [];
  readonly #parameters: {readonly node: BuiltNode; readonly dtype: DType}[] = [];
  readonly #names = new Map<string, number>();
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
      name: this.#unique(name),
      op: ARGUMENT_OP,
      inputs: [],
      controls: [],
      attrs: new Map(),
    };
    this.#parameters.push({node, dtype});
    return {node, output: 0, dtype};
  }

  /** Adds a node and gives its outputs, list outputs spread out. */
  node(
    op: string,
    inputs: readonly NodeInput[],
    attrs: Readonly<Record<string, AttrInput>> = {},
    options: NodeOptions = {},
  ): Operand[] {
    const node = this.statement(op, inputs, attrs, options);
    return outputDTypes(opDef(op)!, node.attrs).map((dtype, output) => ({node, output, dtype}));
  }

  /** Adds a node and gives it. */
  statement(
    op: string,
    inputs: readonly NodeInput[],
    attrs: Readonly<Record<string, AttrInput>> = {},
    options: NodeOptions = {},
  ): BuiltNode {
    const definition = opDef(op);
    if (definition === undefined) throw new SaveError(`TensorFlow has no op ${op}`);
    const all = completeAttrs(definition, inputs, attrs);
    const node: BuiltNode = {
      name: this.#unique(this.#scope === '' ? op : `${this.#scope}/${op}`),
      op,
      inputs: inputs.flat(),
      controls: [...(options.controls ?? [])],
      attrs: all,
    };
    this.#nodes.push(node);
    return node;
  }

  /** Adds a node of which everything is known, and gives it with its outputs. */
  raw(
    op: string,
    inputs: readonly Operand[],
    attrs: ReadonlyMap<string, Attr>,
    controls: readonly BuiltNode[],
  ): {readonly node: BuiltNode; readonly outputs: readonly Operand[]} {
    const name = this.#unique(this.#scope === '' ? op : `${this.#scope}/${op}`);
    const node: BuiltNode = {name, op, inputs, controls: [...controls], attrs};
    this.#nodes.push(node);
    return {node, outputs: outputDTypes(opDef(op)!, attrs).map((dtype, output) => ({node, output, dtype}))};
  }

  /** Adds a node and gives its first output. */
  op(op: string, inputs: readonly NodeInput[], attrs: Readonly<Record<string, AttrInput>> = {}): Operand {
    return this.node(op, inputs, attrs)[0]!;
  }

  /** A constant. Small ones of equal content are one node. */
  constant(value: HostTensor): Operand {
    const small = sizeOf(value.shape) <= MERGED_ELEMENTS && value.dtype !== 'string';
    const key = small ? `${value.dtype} ${value.shape} ${contentKey(value)}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const made = this.op('Const', [], {dtype: value.dtype, value});
    if (key !== undefined) this.#constants.set(key, made);
    return made;
  }

  /** A constant scalar. */
  scalar(dtype: DType, value: number | boolean): Operand {
    return this.constant({dtype, shape: [], data: numbers(dtype, [Number(value)])});
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

  /**
   * The finished function.
   *
   * @param effects - nodes that run whether a result needs them or not
   */
  finish(
    name: string,
    results: readonly {readonly name: string; readonly operand: Operand}[],
    effects: readonly BuiltNode[],
  ): FunctionGraph {
    const needed = this.#needed([...results.map(({operand}) => operand.node), ...effects]);
    const kept = [
      ...this.#parameters.map(({node}) => node),
      ...this.#nodes.filter((each) => needed.has(each)),
    ];
    const index = new Map(kept.map((node, i) => [node, i]));
    const endpoint = ({node, output}: Operand): Endpoint => ({node: index.get(node)!, output});
    const label = `function '${name}'`;
    const nodes = kept.map(
      (node): GraphNode => ({
        name: node.name,
        op: node.op,
        inputs: node.inputs.map(endpoint),
        controls: node.controls.map((control) => index.get(control)!),
        attrs: attrsOf(node, label),
      }),
    );
    const byName = new Map(kept.map(({name}, i) => [name, i]));
    return {
      name,
      label,
      nodes,
      find: (wanted) => byName.get(wanted),
      parameters: this.#parameters.map(({node, dtype}) => ({name: node.name, dtype})),
      results: results.map(({name, operand}) => ({name, dtype: operand.dtype, source: endpoint(operand)})),
      controlResults: effects.map((node) => index.get(node)!),
      attrs: new Attrs(() => undefined, label),
    };
  }

  #needed(roots: readonly BuiltNode[]): Set<BuiltNode> {
    const needed = new Set<BuiltNode>();
    const pending = [...roots];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (needed.has(node)) continue;
      needed.add(node);
      pending.push(...node.controls, ...node.inputs.map((input) => input.node));
    }
    return needed;
  }

  #unique(name: string): string {
    const count = this.#names.get(name) ?? 0;
    this.#names.set(name, count + 1);
    if (count === 0) return name;
    return this.#unique(`${name}_${count}`);
  }
}

function attrsOf({name, op, attrs}: BuiltNode, label: string): Attrs {
  const defaults = new Map(opDef(op)?.attrs.map((attr) => [attr.name, attr.default]));
  return new Attrs(
    (wanted) => attrs.get(wanted) ?? defaults.get(wanted),
    `node '${name}' (${op}) of ${label}`,
  );
}

/** Attributes given, and those that follow from dtypes and numbers of the inputs. */
function completeAttrs(
  {name: op, inputs: args, attrs: defs}: OpDef,
  inputs: readonly NodeInput[],
  given: Readonly<Record<string, AttrInput>>,
): Map<string, Attr> {
  const attrs = new Map<string, Attr>();
  if (inputs.length !== args.length) {
    throw new SaveError(`${op} takes ${args.length} inputs and is given ${inputs.length}`);
  }
  args.forEach((arg, i) => {
    const input = inputs[i]!;
    const list = Array.isArray(input) ? (input as readonly Operand[]) : [input as Operand];
    inferFrom(op, arg, list, attrs);
  });
  for (const {name, type} of defs) {
    const value = given[name];
    if (value !== undefined) attrs.set(name, toAttr(value, type));
  }
  for (const name of Object.keys(given)) {
    if (!attrs.has(name)) throw new SaveError(`${op} has no attribute '${name}'`);
  }
  for (const def of defs) {
    if (!attrs.has(def.name) && def.default === undefined) {
      throw new SaveError(`${op} needs the attribute '${def.name}'`);
    }
  }
  return attrs;
}

function inferFrom(op: string, arg: ArgDef, list: readonly Operand[], attrs: Map<string, Attr>): void {
  if (arg.kind === 'list') {
    attrs.set(arg.typeListAttr, {type: 'list', value: list.map(({dtype}) => ({type: 'type', value: dtype}))});
    return;
  }
  if (arg.kind === 'repeated') attrs.set(arg.numberAttr, {type: 'int', value: list.length});
  for (const {dtype} of list) {
    if ('dtype' in arg.type) {
      if (arg.type.dtype !== dtype) {
        throw new SaveError(`${op} takes ${arg.type.dtype} as '${arg.name}' and is given ${dtype}`);
      }
      continue;
    }
    const known = attrs.get(arg.type.typeAttr);
    if (known !== undefined && known.value !== dtype) {
      throw new SaveError(
        `${op} is given ${dtype} as '${arg.name}' where the other inputs are ${known.value}`,
      );
    }
    attrs.set(arg.type.typeAttr, {type: 'type', value: dtype});
  }
}

function toAttr(value: AttrInput, type: AttrDefType): Attr {
  const element = /^list\((\w+)\)$/.exec(type)?.[1];
  if (element !== undefined) {
    const items = value as readonly AttrInput[];
    return {type: 'list', value: items.map((item) => toAttr(item, element as AttrDefType))};
  }
  switch (type) {
    case 'string':
      return {type, value: encodeUtf8(value as string)};
    case 'func':
      return {type, value: {name: (value as {func: string}).func, attrs: new Map()}};
    default:
      return {type, value} as Attr;
  }
}

function outputDTypes({outputs, attrs: defs}: OpDef, attrs: ReadonlyMap<string, Attr>): DType[] {
  const defaultOf = (name: string) => defs.find((def) => def.name === name)?.default;
  const of = (type: ArgType): DType =>
    'dtype' in type ? type.dtype : ((attrs.get(type.typeAttr) ?? defaultOf(type.typeAttr))?.value as DType);
  return outputs.flatMap((arg) => {
    if (arg.kind === 'single') return [of(arg.type)];
    if (arg.kind === 'list') {
      return (attrs.get(arg.typeListAttr)!.value as readonly Attr[]).map((each) => each.value as DType);
    }
    const count = Number(attrs.get(arg.numberAttr)?.value);
    return new Array<DType>(count).fill(of(arg.type));
  });
}

/** JavaScript numbers as storage of a numeric dtype. */
export function numbers(dtype: DType, values: readonly number[]): HostTensor['data'] {
  const data = allocate(dtype, values.length);
  for (const [i, value] of values.entries()) data[i] = (isBigInt(dtype) ? BigInt(value) : value) as never;
  return data;
}

/** Tells -0 from 0, unlike the text of numbers. */
function contentKey({data}: HostTensor): string {
  return Array.from(data as ArrayLike<unknown>, (x) => (Object.is(x, -0) ? '-0' : String(x))).join();
}
