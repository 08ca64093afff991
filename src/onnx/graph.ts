/**
 * Graphs of ONNX ops in memory: what rules build and sessions are made of.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';

/** An attribute: integers and text as they are, the rest by what it is. */
export type OnnxAttr =
  | number
  | readonly number[]
  | string
  | {readonly float: number}
  | {readonly floats: readonly number[]}
  | {readonly strings: readonly string[]}
  | {readonly tensor: HostTensor}
  | {readonly graph: OnnxGraph};

/** Attributes by name. */
export type OnnxAttrs = Readonly<Record<string, OnnxAttr>>;

/** One op. Tensors are known by name; an input that is left out has an empty one. */
export interface OnnxNode {
  readonly op: string;
  /** The set of ops it belongs to; ONNX's own where empty. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: OnnxAttrs;
}

/** An input or output of a graph. */
export interface OnnxPort {
  readonly name: string;
  readonly dtype: DType;
  /** Null where its rank is not known, or nobody needs it. */
  readonly shape: PartialShape;
}

/** What a graph starts with: a tensor, or where its bytes lie. */
export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly content: HostTensor['data'] | OnnxFileSlice;
}

/** Bytes in a file beside the model. */
export interface OnnxFileSlice {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A graph, or the body of a loop or a branch: those read tensors of the graphs around them by name. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly initializers: readonly OnnxInitializer[];
}

/** True for the place of bytes in a file, as opposed to the elements themselves. */
export function isFileSlice(content: OnnxInitializer['content']): content is OnnxFileSlice {
  return 'location' in content;
}

/** The nodes that lead to `wanted`, in their order; what they read is added to it. */
export function neededNodes(nodes: readonly OnnxNode[], wanted: Set<string>): OnnxNode[] {
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    kept.push(node);
    for (const name of namesRead(node)) wanted.add(name);
  }
  return kept.reverse();
}

/** The bodies of a loop or of branches. */
export function bodiesOf({attrs}: OnnxNode): readonly OnnxGraph[] {
  return Object.values(attrs).flatMap((attr) =>
    typeof attr === 'object' && 'graph' in attr ? [attr.graph] : [],
  );
}

/** What a node reads, in its bodies as well. */
export function namesRead(node: OnnxNode): readonly string[] {
  const bodies = bodiesOf(node);
  return bodies.length === 0 ? node.inputs : [...node.inputs, ...bodies.flatMap(outerNames)];
}

/** Nodes whose tensors, and those of their bodies, are called otherwise. */
export function renamedNodes(nodes: readonly OnnxNode[], rename: (name: string) => string): OnnxNode[] {
  return nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => (name === '' ? name : rename(name))),
    outputs: node.outputs.map((name) => (name === '' ? name : rename(name))),
    attrs: Object.fromEntries(
      Object.entries(node.attrs).map(([key, attr]) =>
        typeof attr === 'object' && 'graph' in attr
          ? [key, {graph: renamedGraph(attr.graph, rename)}]
          : [key, attr],
      ),
    ),
  }));
}

function renamedGraph(graph: OnnxGraph, rename: (name: string) => string): OnnxGraph {
  const named = <T extends {readonly name: string}>(each: T): T => ({...each, name: rename(each.name)});
  return {
    name: graph.name,
    nodes: renamedNodes(graph.nodes, rename),
    inputs: graph.inputs.map(named),
    outputs: graph.outputs.map(named),
    initializers: graph.initializers.map(named),
  };
}

function outerNames({nodes, inputs, outputs, initializers}: OnnxGraph): string[] {
  const own = new Set([
    ...nodes.flatMap((node) => node.outputs),
    ...[...inputs, ...initializers].map(({name}) => name),
  ]);
  const read = [...nodes.flatMap(namesRead), ...outputs.map(({name}) => name)];
  return read.filter((name) => name !== '' && !own.has(name));
}
