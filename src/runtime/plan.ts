/**
 * Executes a graph that has a static order: a list of steps, each with the slots it reads and those it is the last to
 * read, so that a tensor is freed after its last use.
 *
 * @module
 */

import {CallError, FormatError} from '../errors.js';
import type {Endpoint, Graph} from '../graph/graph.js';
import type {CallInPieces, Kernel, Session} from '../ops/kernel.js';
import {isTurnOver} from '../platform/event_loop.js';
import type {Value} from '../tensors/value.js';
import {type Chain, findChains} from './chains.js';
import {
  checkArguments,
  execute,
  executeAsync,
  fetchedValues,
  type KernelLookup,
  prepare,
  prepareWith,
  type Runnable,
  type RunRequest,
  type Step,
} from './run.js';

interface PlannedStep {
  readonly step: Step;
  readonly inputs: readonly number[];
  /** Slot of the node's first output; the others follow. */
  readonly output: number;
  readonly outputs: number;
  /** Slots that nobody reads after this step. */
  readonly lastReads: readonly number[];
  /** Where this is the first of steps that can be computed as one. */
  readonly chain: ChainedSteps | undefined;
}

/** Steps that can be computed as one, the last of which has the result. */
interface ChainedSteps {
  readonly step: Step;
  /** What comes in from outside. */
  readonly inputs: readonly number[];
  readonly length: number;
}

/** A graph's nodes in order of execution. */
export class Plan implements Runnable {
  readonly #graph: Graph;
  readonly #request: RunRequest;
  readonly #steps: readonly PlannedStep[];
  readonly #slots: number;
  readonly #feeds: readonly number[];
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
    this.#request = request;
    const layout = new SlotLayout(graph, order, request);
    const fed = new Set(request.feeds.map(({node}) => node));
    const own = order.filter((index) => !fed.has(index) || layout.partlyFed(index, request.feeds));
    const {order: run, chains} = findChains(graph, own, request, session);
    this.#slots = layout.size;
    this.#feeds = request.feeds.map((feed) => layout.find(feed));
    this.#fetches = request.fetches.map((fetch) => layout.find(fetch));
    const inputs = run.map((index) => graph.nodes[index]!.inputs.map((input) => layout.find(input)));
    const lastReads = lastReaders(inputs, layout.size, this.#fetches);
    this.#steps = run.map((index, position) => ({
      step: prepare(graph, index, session, lookup),
      inputs: inputs[position]!,
      output: layout.first(index),
      outputs: layout.count(index),
      lastReads: lastReads[position] ?? NO_SLOTS,
      chain: chained(chains.get(index), inputs.slice(position), graph, session),
    }));
  }

  run(args: readonly Value[]): Value[] {
    checkArguments(this.#graph, this.#request, args);
    const slots = new Array<Value | undefined>(this.#slots);
    let results: Value[] = [];
    try {
      this.#feed(slots, args);
      for (let at = 0; at < this.#steps.length; ) at += this.#runNext(at, slots);
      results = this.#results(slots);
    } finally {
      for (const value of slots) value?.release();
    }
    return results.map((result) => result.yield());
  }

  /** Runs the step at a place, or those that are computed together with it. How many it has run. */
  #runNext(at: number, slots: (Value | undefined)[]): number {
    const planned = this.#steps[at]!;
    if (planned.chain !== undefined && this.#runChain(planned.chain, at, slots)) return planned.chain.length;
    this.#runStep(planned, slots);
    return 1;
  }

  /** Computes a chain as one; false where that is not possible. */
  #runChain({step, inputs, length}: ChainedSteps, at: number, slots: (Value | undefined)[]): boolean {
    const [result] = execute(
      step,
      inputs.map((slot) => slots[slot]!),
      this.#graph,
    );
    if (result === undefined) return false;
    const {output, outputs} = this.#steps[at + length - 1]!;
    result.retain();
    if (outputs > 0) slots[output] = result;
    else result.release();
    for (let i = 0; i < length; i++) {
      for (const slot of this.#steps[at + i]!.lastReads) {
        // What the nodes of the chain hand to each other is nowhere.
        slots[slot]?.release();
        slots[slot] = undefined;
      }
    }
    return true;
  }

  async runAsync(args: readonly Value[], call: CallInPieces): Promise<readonly Value[]> {
    checkArguments(this.#graph, this.#request, args);
    const slots = new Array<Value | undefined>(this.#slots);
    try {
      this.#feed(slots, args);
      for (let at = 0; at < this.#steps.length; ) {
        await call.pause();
        const planned = this.#steps[at]!;
        if (planned.step.asyncKernel !== undefined) {
          await this.#runStepAsync(planned, slots, call);
          at++;
        } else {
          at = call.run(() => this.#runSteps(at, slots));
        }
      }
      return call.run(() => this.#results(slots));
    } finally {
      call.free(() => {
        for (const value of slots) value?.release();
      });
    }
  }

  #feed(slots: (Value | undefined)[], args: readonly Value[]): void {
    this.#feeds.forEach((slot, i) => {
      slots[slot]?.release();
      slots[slot] = args[i]!.retain();
    });
  }

  #results(slots: readonly (Value | undefined)[]): Value[] {
    return fetchedValues(this.#graph, this.#request, (_, i) => slots[this.#fetches[i]!]!);
  }

  /** Runs from a step on, as far as that can be done in one piece and in the present turn of the event loop. Gives the next step. */
  #runSteps(from: number, slots: (Value | undefined)[]): number {
    let at = from;
    do at += this.#runNext(at, slots);
    while (at < this.#steps.length && this.#steps[at]!.step.asyncKernel === undefined && !isTurnOver());
    return at;
  }

  #runStep(planned: PlannedStep, slots: (Value | undefined)[]): void {
    const operands = planned.inputs.map((slot) => slots[slot]!);
    this.#keep(planned, execute(planned.step, operands, this.#graph), slots);
  }

  async #runStepAsync(planned: PlannedStep, slots: (Value | undefined)[], call: CallInPieces): Promise<void> {
    const operands = planned.inputs.map((slot) => slots[slot]!);
    const results = await executeAsync(planned.step, operands, this.#graph, call);
    call.free(() => {
      try {
        this.#keep(planned, results, slots);
      } finally {
        for (const result of results) result.release();
      }
    });
  }

  /** Puts what a step gave into its slots, and frees what nobody reads any more. */
  #keep(
    {step, output, outputs, lastReads}: PlannedStep,
    results: readonly Value[],
    slots: (Value | undefined)[],
  ): void {
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

const NO_SLOTS: readonly number[] = [];

/** A chain as one step; `inputs` are the slots that its nodes read. */
function chained(
  chain: Chain | undefined,
  inputs: readonly (readonly number[])[],
  graph: Graph,
  session: Session,
): ChainedSteps | undefined {
  if (chain === undefined) return undefined;
  const {nodes, links, kernel} = chain;
  const own = nodes.map((_, i) => inputs[i]!.filter((_, input) => input !== links[i]));
  const starts = own.map((_, i) => own.slice(0, i).flat().length);
  const whole: Kernel = (values) => {
    const result = kernel(own.map(({length}, i) => values.slice(starts[i]!, starts[i]! + length)));
    return result ?? [];
  };
  return {
    step: prepareWith({kernel: whole}, graph, nodes.at(-1)!, session),
    inputs: own.flat(),
    length: nodes.length,
  };
}

/** For each position, the slots that are read there and nowhere later; absent where there is none. */
function lastReaders(
  inputs: readonly (readonly number[])[],
  slots: number,
  fetches: readonly number[],
): (readonly number[] | undefined)[] {
  const seen = new Uint8Array(slots);
  for (const slot of fetches) seen[slot] = 1;
  const last = new Array<number[] | undefined>(inputs.length);
  for (let position = inputs.length - 1; position >= 0; position--) {
    for (const slot of inputs[position]!) {
      if (seen[slot]) continue;
      seen[slot] = 1;
      (last[position] ??= []).push(slot);
    }
  }
  return last;
}

/** More tensors than any graph passes on; a damaged one may claim a million outputs for each node. */
const MAX_SLOTS = 2 ** 22;

/** Where the outputs of each node are kept: as many slots as somebody reads. */
class SlotLayout {
  /** By node: slot of the first output, and how many there are. */
  readonly #first: Int32Array;
  readonly #count: Int32Array;
  readonly size: number;

  constructor(graph: Graph, order: readonly number[], {feeds, fetches}: RunRequest) {
    const count = new Int32Array(graph.nodes.length);
    const use = ({node, output}: Endpoint) => {
      if (output >= count[node]!) count[node] = output + 1;
    };
    for (const index of order) for (const input of graph.nodes[index]!.inputs) use(input);
    feeds.forEach(use);
    fetches.forEach(use);
    const first = new Int32Array(graph.nodes.length);
    let size = 0;
    for (let node = 0; node < count.length; node++) {
      first[node] = size;
      size += count[node]!;
    }
    if (size > MAX_SLOTS) {
      throw new FormatError(`${graph.label} uses outputs that its nodes cannot have: ${size} of them`);
    }
    this.#first = first;
    this.#count = count;
    this.size = size;
  }

  /** Slot of an endpoint. */
  find({node, output}: Endpoint): number {
    return this.#first[node]! + output;
  }

  first(node: number): number {
    return this.#first[node]!;
  }

  count(node: number): number {
    return this.#count[node]!;
  }

  /** True when a fed node also has outputs that are read and not fed. */
  partlyFed(node: number, feeds: readonly Endpoint[]): boolean {
    const fed = new Set(feeds.filter((feed) => feed.node === node).map(({output}) => output));
    return fed.size < this.count(node);
  }
}
