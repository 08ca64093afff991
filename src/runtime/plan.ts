/**
 * Executes a graph that has a static order: a list of steps, each with the slots it reads and those it is the last to
 * read, so that a tensor is freed after its last use.
 *
 * @module
 */

import {CallError} from '../errors.js';
import type {Endpoint, Graph} from '../graph/graph.js';
import type {Session} from '../ops/kernel.js';
import type {Value} from '../ops/value.js';
import {execute, type KernelLookup, prepare, type Runnable, type RunRequest, type Step} from './run.js';

interface PlannedStep {
  readonly step: Step;
  readonly inputs: readonly number[];
  /** Slot of the node's first output; the others follow. */
  readonly output: number;
  readonly outputs: number;
  /** Slots that nobody reads after this step. */
  readonly lastReads: readonly number[];
}

/** A graph's nodes in order of execution. */
export class Plan implements Runnable {
  readonly #graph: Graph;
  readonly #steps: readonly PlannedStep[];
  readonly #slots: number;
  readonly #feeds: readonly (number | undefined)[];
  readonly #fetches: readonly number[];

  /** @param order - the nodes to run, each after what it needs; producers of feeds are not run */
  constructor(
    graph: Graph,
    order: readonly number[],
    request: RunRequest,
    session: Session,
    lookup: KernelLookup,
  ) {
    this.#graph = graph;
    const layout = new SlotLayout(graph, order, request);
    const fed = new Set(request.feeds.map(({node}) => node));
    const run = order.filter((index) => !fed.has(index) || layout.partlyFed(index, request.feeds));
    this.#slots = layout.size;
    this.#feeds = request.feeds.map((feed) => layout.find(feed));
    this.#fetches = request.fetches.map((fetch) => layout.find(fetch)!);
    const lastReader = new Map<number, number>();
    run.forEach((index, position) => {
      for (const input of graph.nodes[index]!.inputs) lastReader.set(layout.find(input)!, position);
    });
    for (const slot of this.#fetches) lastReader.delete(slot);
    this.#steps = run.map((index, position) => {
      const inputs = graph.nodes[index]!.inputs.map((input) => layout.find(input)!);
      return {
        step: prepare(graph, index, session, lookup),
        inputs,
        output: layout.first(index),
        outputs: layout.count(index),
        lastReads: [...new Set(inputs)].filter((slot) => lastReader.get(slot) === position),
      };
    });
  }

  run(args: readonly Value[]): Value[] {
    const slots = new Array<Value | undefined>(this.#slots);
    let results: Value[] = [];
    try {
      this.#feeds.forEach((slot, i) => {
        if (slot !== undefined) slots[slot] = args[i]!.retain();
      });
      for (const planned of this.#steps) this.#runStep(planned, slots);
      results = this.#fetches.map((slot) => slots[slot]!.retain());
    } finally {
      for (const value of slots) value?.release();
    }
    return results.map((result) => result.yield());
  }

  #runStep({step, inputs, output, outputs, lastReads}: PlannedStep, slots: (Value | undefined)[]): void {
    const operands = inputs.map((slot) => slots[slot]!);
    const results = execute(step, operands, this.#graph);
    if (results.length < outputs) {
      throw new CallError(
        `node '${step.node.name}' (${step.node.op}) in ${this.#graph.label} gave ${results.length} outputs where ` +
          `${outputs} are used`,
      );
    }
    for (let i = 0; i < results.length; i++) {
      const result = results[i]!.retain();
      // An input given back for the second time, or an output that nobody reads.
      if (i < outputs && slots[output + i] === undefined) slots[output + i] = result;
      else result.release();
    }
    for (const slot of lastReads) {
      slots[slot]!.release();
      slots[slot] = undefined;
    }
  }
}

/** Where the outputs of each node are kept: as many slots as somebody reads. */
class SlotLayout {
  readonly #first = new Map<number, number>();
  readonly #count = new Map<number, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  constructor(graph: Graph, order: readonly number[], {feeds, fetches}: RunRequest) {
    const use = ({node, output}: Endpoint) => {
      this.#count.set(node, Math.max(this.#count.get(node) ?? 0, output + 1));
    };
    for (const index of order) graph.nodes[index]!.inputs.forEach(use);
    feeds.forEach(use);
    fetches.forEach(use);
    for (const [node, count] of this.#count) {
      this.#first.set(node, this.#size);
      this.#size += count;
    }
  }

  /** Slot of an endpoint. */
  find({node, output}: Endpoint): number | undefined {
    const first = this.#first.get(node);
    return first === undefined ? undefined : first + output;
  }

  first(node: number): number {
    return this.#first.get(node) ?? 0;
  }

  count(node: number): number {
    return this.#count.get(node) ?? 0;
  }

  /** True when a fed node also has outputs that are read and not fed. */
  partlyFed(node: number, feeds: readonly Endpoint[]): boolean {
    const fed = new Set(feeds.filter((feed) => feed.node === node).map(({output}) => output));
    return fed.size < this.count(node);
  }
}
