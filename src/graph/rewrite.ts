/**
 * Rewriting of graphs by rules: a table says for an op what to build in its place.
 *
 * The graph that is given stays as it is. A rule sees what its node reads after rewriting, builds with the graph builder,
 * and whoever read the node reads what was built. Loops of TensorFlow 1 are no obstacle.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import {inOnePiece, type Pieces} from '../host/pieces.js';
import {type BuiltNode, GraphBuilder, type Operand, outputsOf} from './builder.js';
import {type Consumers, consumersOf} from './consumers.js';
import {statefulNodes} from './effects.js';
import {ARGUMENT_OP, type Endpoint, type FunctionGraph, type Graph, type GraphNode} from './graph.js';
import type {Infer, KnownGraph} from './infer.js';
import type {Known} from './known.js';
import {argTensors, dtypeAt} from './node_types.js';
import {opDef} from './op_defs.js';
import {forwardOrder} from './order.js';

/** A node that a rule may rewrite. */
export interface Site {
  readonly node: GraphNode;
  /** What the node reads, rewritten. */
  readonly inputs: readonly Operand[];
  /** The nodes that run before it. */
  readonly controls: readonly BuiltNode[];
  /** The graph that is built. */
  readonly graph: GraphBuilder;
  /** A tensor of the graph that is rewritten, as whoever reads it finds it in the new one. */
  operand(endpoint: Endpoint): Operand;
}

/**
 * What stands in the place of the node's outputs, one for each; undefined to leave the node as it is. A node that has none is left
 * out by giving none: who waited for it waits for what it waited for.
 */
export type RewriteRule = (site: Site) => readonly Operand[] | undefined;

/** Rules by op. */
export type RewriteTable = Readonly<Record<string, RewriteRule>>;

/** What is known beside the graph. */
export interface RewriteOptions {
  /** What is known of the graph's tensors, as `inferGraph` finds out. */
  readonly known?: KnownGraph;
  /** The rule of inference of an op, for nodes that rules build. */
  readonly inference?: (op: string) => Infer | undefined;
}

/**
 * The graph with its nodes rewritten, or itself where no rule has anything to do. Of a function, nodes that nothing needs
 * any more are left out, those with effects aside; of another graph none, for any may be fetched.
 *
 * @throws FormatError when a rule gives another number of outputs than the node has readers for.
 */
export function rewriteGraph<G extends Graph>(graph: G, rules: RewriteTable, options?: RewriteOptions): G;
export function rewriteGraph(graph: Graph, rules: RewriteTable, options: RewriteOptions = {}): Graph {
  return inOnePiece(rewriteGraphInPieces(graph, rules, options));
}

/** {@link rewriteGraph} in pieces. */
export function rewriteGraphInPieces<G extends Graph>(
  graph: G,
  rules: RewriteTable,
  options?: RewriteOptions,
): Pieces<G>;
export function* rewriteGraphInPieces(
  graph: Graph,
  rules: RewriteTable,
  options: RewriteOptions = {},
): Pieces<Graph> {
  if (!graph.nodes.some(({op}) => Object.hasOwn(rules, op))) return graph;
  const rewriting = new Rewriting(graph, options);
  yield;
  const hasChanged = yield* rewriting.apply(rules);
  return hasChanged ? rewriting.finish() : graph;
}

const isFunction = (graph: Graph): graph is FunctionGraph => 'parameters' in graph;

class Rewriting {
  readonly #graph: Graph;
  readonly #builder: GraphBuilder;
  /** By the number of the old node. */
  readonly #built: readonly BuiltNode[];
  readonly #replaced = new Set<number>();

  constructor(graph: Graph, {known, inference}: RewriteOptions) {
    this.#graph = graph;
    this.#builder = new GraphBuilder(inference && {rules: inference});
    const parameters = isFunction(graph) ? graph.parameters : [];
    const outputs = outputsOfNodes(graph, known);
    this.#built = graph.nodes.map((node, index) => {
      const port = node.op === ARGUMENT_OP ? parameters[index] : undefined;
      if (port !== undefined) return this.#builder.parameter(port.name, port.dtype, port).node;
      return this.#builder.adopt(node, outputs[index]!);
    });
    for (const [index, {inputs, controls}] of graph.nodes.entries()) {
      this.#builder.connect(
        this.#built[index]!,
        inputs.map((input) => this.#old(input)),
        controls.map((control) => this.#built[control]!),
      );
    }
  }

  /** Applies the rules to all nodes, producers before their readers; true when one of them had something to do. */
  *apply(rules: RewriteTable): Pieces<boolean> {
    for (const index of forwardOrder(this.#graph)) {
      const node = this.#graph.nodes[index]!;
      const rule = Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
      if (rule === undefined) continue;
      const built = this.#built[index]!;
      const from = this.#builder.size;
      const site: Site = {
        node,
        inputs: built.inputs.map((input) => this.#builder.resolved(input)),
        controls: built.controls,
        graph: this.#builder,
        operand: (endpoint) => this.#builder.resolved(this.#old(endpoint)),
      };
      const outputs = this.#builder.within(node.name, () => rule(site));
      if (outputs === undefined) continue;
      if (outputs.length !== built.outputs.length) {
        throw new FormatError(
          `the rule for ${node.op} gives ${outputs.length} outputs for '${node.name}', which has ${built.outputs.length}`,
        );
      }
      for (const [output, by] of outputs.entries()) {
        this.#builder.replace(this.#old({node: index, output}), by, from);
      }
      this.#replaced.add(index);
      yield;
    }
    return this.#replaced.size > 0;
  }

  finish(): Graph {
    const graph = this.#graph;
    const dropped = this.#dropControls();
    if (!isFunction(graph)) return this.#builder.plainGraph(graph.label);
    for (const index of statefulNodes(graph)) {
      if (!this.#replaced.has(index)) this.#builder.keep(this.#built[index]!);
    }
    const results = graph.results.map(({name, source}) => ({name, operand: this.#old(source)}));
    const effects = graph.controlResults
      .map((index) => this.#built[index]!)
      .filter((node) => !dropped.has(node));
    const finished: FunctionGraph = {
      ...this.#builder.finish(graph.name, results, effects),
      label: graph.label,
      attrs: graph.attrs,
    };
    return finished;
  }

  /** Nobody waits any more for nodes that were replaced by nothing, which are given. */
  #dropControls(): ReadonlySet<BuiltNode> {
    const dropped = new Set<BuiltNode>();
    for (const index of this.#replaced) {
      const node = this.#built[index]!;
      if (node.outputs.length === 0) dropped.add(node);
    }
    const awaited = (node: BuiltNode): readonly BuiltNode[] =>
      dropped.has(node)
        ? [...node.inputs.map((input) => input.node), ...node.controls].flatMap(awaited)
        : [node];
    for (const {controls} of dropped.size === 0 ? [] : this.#built) {
      if (controls.some((control) => dropped.has(control)))
        controls.splice(0, controls.length, ...new Set(controls.flatMap(awaited)));
    }
    return dropped;
  }

  #old({node, output}: Endpoint): Operand {
    const built = this.#built[node]!;
    return outputsOf(built)[output]!;
  }
}

/** What is known of the outputs of each node: of the dtypes, what its definition says, or else who reads them. */
function outputsOfNodes(graph: Graph, known: KnownGraph | undefined): readonly (readonly Known[])[] {
  const consumers = consumersOf(graph);
  return graph.nodes.map((node, index) => {
    if (node.op === ARGUMENT_OP) return [];
    const definition = opDef(node.op);
    const dtypes =
      definition === undefined
        ? dtypesAsRead(graph, consumers[index]!)
        : argTensors(definition.outputs, node.attrs).map(({dtype}) => dtype);
    return dtypes.map((dtype, output) => known?.of({node: index, output}) ?? {dtype, shape: null});
  });
}

/** The dtypes in which the outputs of an op that nobody has defined are read. */
function dtypesAsRead(graph: Graph, {outputs, results}: Consumers): readonly DType[] {
  const count = Math.max(outputs.length, ...results.map(({output}) => output + 1));
  return Array.from({length: count}, (_, output) => {
    const result = results.find((each) => each.output === output)?.result;
    if (result !== undefined) return (graph as FunctionGraph).results[result]!.dtype;
    for (const {node, input} of outputs[output] ?? []) {
      const {op, attrs} = graph.nodes[node]!;
      const dtype = dtypeAt(opDef(op)?.inputs ?? [], attrs, input);
      if (dtype !== undefined) return dtype;
    }
    // Nobody reads it, or only others of which nothing is known.
    return 'variant';
  });
}
