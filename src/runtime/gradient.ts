/**
 * Gradients that a model brings along: rewrites the graph of a function so that each identity with a gradient of its
 * own also receives what that gradient captures of the function.
 *
 * @module
 */

import type {Endpoint, FunctionGraph, GraphNode} from '../graph/graph.js';
import {CUSTOM_GRADIENT_OP} from '../ops/custom_gradient/op.js';
import type {Value} from '../tensors/value.js';

/** A custom gradient as a SavedModel holds it. */
export interface SavedGradient {
  /** The function that computes it. */
  readonly function: string;
  /** Tensors of forward functions that it captures, in order. */
  readonly captures: readonly {readonly function: string; readonly tensor: string}[];
  /** See `CustomGradient.results`. */
  readonly results: readonly (number | undefined)[];
  /** Completes the arguments (gradients, then captured tensors) with what else the function is bound to. */
  bind(args: readonly Value[]): readonly Value[];
}

/** The function with its custom gradients in place; the function itself where it has none. */
export function withCustomGradients(
  graph: FunctionGraph,
  gradients: ReadonlyMap<string, SavedGradient>,
): FunctionGraph {
  let changed = false;
  const nodes = graph.nodes.map((node): GraphNode => {
    if (node.op !== 'IdentityN' || !node.attrs.has('_gradient_op_type')) return node;
    const gradient = gradients.get(node.attrs.string('_gradient_op_type'));
    const captures = gradient?.captures.map(({tensor}) => endpoint(graph, tensor)) ?? [];
    changed = true;
    return {
      ...node,
      op: CUSTOM_GRADIENT_OP,
      inputs: [...node.inputs, ...captures.filter((capture) => capture !== undefined)],
      attrs: node.attrs.with('N', {type: 'int', value: node.inputs.length}),
    };
  });
  return changed ? {...graph, nodes} : graph;
}

/** A tensor name (`node:0`) as an endpoint of the graph. */
function endpoint(graph: FunctionGraph, tensor: string): Endpoint | undefined {
  const [name, output] = tensor.split(':');
  const node = graph.find(name!);
  return node === undefined ? undefined : {node, output: Number(output ?? 0)};
}
