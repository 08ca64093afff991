/**
 * Names of tensors as TensorFlow 1 writes them: `node:output`, and `node` for an operation.
 *
 * @module
 */

import {FormatError} from '../../errors.js';
import type {Endpoint, Graph} from '../../graph/graph.js';
import {opDef} from '../../graph/op_defs.js';

/** `a/b:1` as the name of a node and the number of an output; `^a` and `a` name the node. */
export function splitTensorName(name: string): {node: string; output: number} {
  const [node, output] = name.replace(/^\^/, '').split(':');
  return {node: node!, output: Number(output ?? 0)};
}

/** The node of this name, or of the tensor of this name. */
export function nodeOf(graph: Graph, name: string): number {
  const index = graph.find(splitTensorName(name).node);
  if (index === undefined) throw new FormatError(`the graph has no node '${name}'`);
  return index;
}

/** The node that `name` stands for where it is an operation without results, such as an assignment of a resource. */
export function operationWithoutResult(graph: Graph, name: string): number | undefined {
  if (name.includes(':')) return undefined;
  const node = nodeOf(graph, name);
  return opDef(graph.nodes[node]!.op)?.outputs.length === 0 ? node : undefined;
}

/** The output of a node that a tensor's name stands for; a node's name stands for its first. */
export function endpointOf(graph: Graph, name: string): Endpoint {
  const {output} = splitTensorName(name);
  if (!Number.isInteger(output) || output < 0) throw new FormatError(`'${name}' is no tensor name`);
  return {node: nodeOf(graph, name), output};
}
