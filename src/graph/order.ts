/**
 * Orders in which to go through a graph.
 *
 * @module
 */

import {dataflowRole} from './dataflow_ops.js';
import type {Graph} from './graph.js';

/** Nodes after what they read; what the next turn of a loop hands back comes later. Control edges do not matter here. */
export function forwardOrder({nodes}: Graph): number[] {
  const order: number[] = [];
  const seen = new Uint8Array(nodes.length);
  for (let root = 0; root < nodes.length; root++) {
    const stack = [root];
    while (stack.length > 0) {
      const index = stack.at(-1)!;
      if (seen[index] === DONE) {
        stack.pop();
        continue;
      }
      const isSecondVisit = seen[index] === OPEN;
      seen[index] = isSecondVisit ? DONE : OPEN;
      if (isSecondVisit) {
        order.push(index);
        stack.pop();
        continue;
      }
      const {op, inputs} = nodes[index]!;
      for (const {node} of inputs.toReversed()) {
        if (seen[node] === UNSEEN && !isBackEdge(op, nodes[node]!.op)) stack.push(node);
      }
    }
  }
  return order;
}

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

/** What a loop hands to its next turn arrives at its merge. */
function isBackEdge(reader: string, producer: string): boolean {
  return dataflowRole(reader) === 'merge' && dataflowRole(producer) === 'next';
}
