/**
 * Who reads the outputs of each node: the edges of a graph from their other end.
 *
 * @module
 */

import type {FunctionGraph, Graph} from './graph.js';

/** One input of one node. */
export interface Consumer {
  /** Index into {@link Graph.nodes}. */
  readonly node: number;
  readonly input: number;
}

/** Who waits for one node. */
export interface Consumers {
  /** By output number, who reads it. A number that nobody reads may be absent. */
  readonly outputs: readonly (readonly Consumer[] | undefined)[];
  /** Nodes that run after this one although they read nothing of it. */
  readonly controls: readonly number[];
  /** Results of the function that it gives: their numbers, by output. */
  readonly results: readonly {readonly output: number; readonly result: number}[];
}

/** For each node, who reads what it gives. */
export function consumersOf(graph: Graph | FunctionGraph): readonly Consumers[] {
  const consumers = graph.nodes.map(() => ({
    outputs: [] as Consumer[][],
    controls: [] as number[],
    results: [] as {output: number; result: number}[],
  }));
  for (const [node, {inputs, controls}] of graph.nodes.entries()) {
    for (const [input, from] of inputs.entries()) {
      const {outputs} = consumers[from.node]!;
      outputs[from.output] ??= [];
      outputs[from.output]!.push({node, input});
    }
    for (const control of controls) consumers[control]!.controls.push(node);
  }
  const results = 'results' in graph ? graph.results : [];
  for (const [result, {source}] of results.entries()) {
    consumers[source.node]!.results.push({output: source.output, result});
  }
  return consumers;
}
