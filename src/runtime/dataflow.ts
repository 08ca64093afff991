/**
 * Executes graphs with TensorFlow 1 control flow, in which loops are cycles and branches are tokens that may be dead.
 *
 * Values travel as tokens. A node fires when all of its inputs have arrived in one iteration of one frame; when one of
 * them is dead, so are its outputs. `Switch` kills the token of the branch not taken, `Merge` fires for the first live
 * token, `Enter` opens a frame for a loop, `NextIteration` hands a token to the frame's next iteration, and `Exit` hands
 * it back to the frame's parent.
 *
 * Source: "Implementation of Control Flow in TensorFlow" (whitepaper, 2017), section 4.
 *
 * @module
 */

import {dataflowRole} from '../graph/dataflow_ops.js';
import type {Graph, GraphNode} from '../graph/graph.js';
import type {CallInPieces, Session} from '../ops/kernel.js';
import type {Value} from '../tensors/value.js';
import {type FlowNode, FlowRun, type Role} from './dataflow_run.js';
import {checkArguments, type KernelLookup, prepare, type Runnable, type RunRequest} from './run.js';

/** A graph executed by its tokens. */
export class Dataflow implements Runnable {
  readonly #graph: Graph;
  readonly #request: RunRequest;
  readonly #nodes = new Map<number, FlowNode>();
  readonly #roots: number[] = [];

  constructor(
    graph: Graph,
    needed: ReadonlySet<number>,
    request: RunRequest,
    session: Session,
    lookup: KernelLookup,
  ) {
    this.#graph = graph;
    this.#request = request;
    const fed = new Set(request.feeds.map(({node}) => node));
    for (const index of needed) {
      const {inputs, controls} = graph.nodes[index]!;
      const isFed = fed.has(index);
      this.#nodes.set(index, {
        step: prepare(graph, index, session, lookup),
        role: roleOf(graph.nodes[index]!),
        inputs: isFed ? 0 : inputs.length,
        controls: isFed ? 0 : controls.length,
        forwardInputs: inputs.filter(({node}) => dataflowRole(graph.nodes[node]!.op) !== 'next').length,
        consumers: [],
        controlled: [],
      });
      if (isFed || inputs.length + controls.length === 0) this.#roots.push(index);
    }
    for (const index of needed) {
      if (fed.has(index)) continue;
      const {inputs, controls} = graph.nodes[index]!;
      inputs.forEach(({node, output}, input) => {
        const {consumers} = this.#nodes.get(node)!;
        (consumers[output] ??= []).push({node: index, input});
      });
      for (const control of controls) this.#nodes.get(control)!.controlled.push(index);
    }
  }

  run(args: readonly Value[]): Value[] {
    checkArguments(this.#graph, this.#request, args);
    return this.#start().run(args);
  }

  async runAsync(args: readonly Value[], call: CallInPieces): Promise<readonly Value[]> {
    checkArguments(this.#graph, this.#request, args);
    return this.#start().runAsync(args, call);
  }

  #start(): FlowRun {
    return new FlowRun(this.#graph, this.#nodes, this.#roots, this.#request);
  }
}

function roleOf({op}: GraphNode): Role {
  return op === 'ControlTrigger' ? 'trigger' : (dataflowRole(op) ?? 'op');
}
