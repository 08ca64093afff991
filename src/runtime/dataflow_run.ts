/**
 * One execution of a graph with TensorFlow 1 control flow: where its tokens are. `dataflow.ts` says what becomes of them.
 *
 * @module
 */

import {CallError} from '../errors.js';
import type {DataflowRole} from '../graph/dataflow_ops.js';
import type {Graph} from '../graph/graph.js';
import {checkBounds} from '../host/budget.js';
import {isTrue} from '../ops/control_flow/kernels.js';
import type {CallInPieces} from '../ops/kernel.js';
import {isTurnOver} from '../platform/event_loop.js';
import {Value} from '../tensors/value.js';
import {execute, executeAsync, fetchedValues, type RunRequest, type Step} from './run.js';

/** What arrives at an input: a value, or the news that there will be none. */
type Token = Value | typeof DEAD;
const DEAD = Symbol('dead');

/** What becomes of a node's tokens. */
export type Role = DataflowRole | 'op' | 'trigger';

/** A node, and who waits for it. */
export interface FlowNode {
  readonly step: Step;
  readonly role: Role;
  readonly inputs: number;
  readonly controls: number;
  /** For a merge: inputs that are no back edge. When these are all dead, so is the merge. */
  readonly forwardInputs: number;
  /** Who reads each output. */
  readonly consumers: {readonly node: number; readonly input: number}[][];
  readonly controlled: number[];
}

/** A node of one iteration that waits for inputs. */
interface Waiting {
  readonly tokens: (Token | undefined)[];
  arrived: number;
  controls: number;
  dead: number;
  deadControls: number;
  fired: boolean;
}

interface Iteration {
  readonly frame: Frame;
  readonly number: number;
  readonly waiting: Map<number, Waiting>;
}

interface Frame {
  readonly depth: number;
  /** Where its exits lead. */
  readonly parent: Iteration | undefined;
  readonly iterations: Iteration[];
  readonly children: Map<string, Frame>;
  /** Loop invariants, which every iteration receives. */
  readonly constants: {readonly node: number; readonly token: Token}[];
  /** Exits that have only seen dead tokens so far. */
  readonly deadExits: Set<number>;
  readonly liveExits: Set<number>;
}

interface Ready {
  readonly node: number;
  readonly iteration: Iteration;
  readonly tokens: readonly (Token | undefined)[];
  readonly dead: boolean;
}

/** The state of one execution. */
export class FlowRun {
  readonly #graph: Graph;
  readonly #nodes: ReadonlyMap<number, FlowNode>;
  readonly #roots: readonly number[];
  readonly #request: RunRequest;
  readonly #frames: Frame[] = [];
  readonly #fetched = new Map<string, Token>();
  readonly #wanted: ReadonlySet<string>;
  /** Every value this run holds, so that nothing is left when it fails. */
  readonly #held = new Map<Value, number>();
  #ready: Ready[] = [];
  /** How many of these have been fired. */
  #fired = 0;

  constructor(
    graph: Graph,
    nodes: ReadonlyMap<number, FlowNode>,
    roots: readonly number[],
    request: RunRequest,
  ) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#roots = roots;
    this.#request = request;
    this.#wanted = new Set(request.fetches.map(({node, output}) => `${node}:${output}`));
  }

  run(args: readonly Value[]): Value[] {
    let results: Value[] = [];
    try {
      this.#begin(args);
      for (let ready = this.#next(); ready !== undefined; ready = this.#next()) this.#fire(ready);
      results = this.#results();
    } finally {
      this.#releaseAll();
    }
    return results.map((result) => result.yield());
  }

  async runAsync(args: readonly Value[], call: CallInPieces): Promise<readonly Value[]> {
    try {
      call.run(() => this.#begin(args));
      for (;;) {
        await call.pause();
        const apart = call.run(() => this.#fireWhilePossible());
        if (apart === undefined) break;
        await this.#fireAsync(apart, call);
      }
      return call.run(() => this.#results());
    } finally {
      call.free(() => this.#releaseAll());
    }
  }

  #begin(args: readonly Value[]): void {
    this.#feed(args, this.#openFrame(undefined).iterations[0]!);
  }

  #results(): Value[] {
    return fetchedValues(this.#graph, this.#request, ({node, output}) => {
      const token = this.#fetched.get(`${node}:${output}`);
      if (token === undefined || token === DEAD) throw this.#noValue(node);
      return token;
    });
  }

  #releaseAll(): void {
    for (const [value, count] of this.#held) for (let i = 0; i < count; i++) value.release();
  }

  /**
   * Fires what can be fired in one piece and in the present turn of the event loop. Gives the node that comes next where it is to be fired by
   * itself; undefined when none is left.
   */
  #fireWhilePossible(): Ready | undefined {
    for (let ready = this.#next(); ready !== undefined; ready = this.#next()) {
      const isApart = !ready.dead && this.#nodes.get(ready.node)!.step.asyncKernel !== undefined;
      if (isApart || isTurnOver()) return ready;
      this.#fire(ready);
    }
    return undefined;
  }

  async #fireAsync(ready: Ready, call: CallInPieces): Promise<void> {
    const {node, iteration, tokens, dead} = ready;
    const {step} = this.#nodes.get(node)!;
    if (dead || step.asyncKernel === undefined) {
      await call.pause();
      call.run(() => this.#fire(ready));
      return;
    }
    const outputs = await executeAsync(step, tokens as Value[], this.#graph, call);
    call.free(() => {
      this.#emit(node, iteration, outputs, false);
      for (const output of outputs) output.release();
      for (const token of tokens) this.#drop(token);
    });
  }

  #noValue(node: number): CallError {
    return new CallError(
      `node '${this.#graph.nodes[node]!.name}' of ${this.#graph.label} has no value: ` +
        'it is in a branch that was not taken, or inside a loop',
    );
  }

  #feed(args: readonly Value[], root: Iteration): void {
    const fed = new Map<number, Token[]>();
    this.#request.feeds.forEach(({node, output}, i) => {
      const tokens = fed.get(node) ?? [];
      tokens[output] = args[i]!;
      fed.set(node, tokens);
    });
    for (const index of this.#roots) {
      const tokens = fed.get(index);
      if (tokens !== undefined) this.#emit(index, root, tokens, false);
      else this.#ready.push({node: index, iteration: root, tokens: [], dead: false});
    }
  }

  /** The next node to fire. When there is none, a loop that never ran lets its exits die, and so on outwards; undefined when all is done. */
  #next(): Ready | undefined {
    for (;;) {
      if (this.#fired < this.#ready.length) {
        const next = this.#ready[this.#fired++]!;
        if (this.#fired > 4096) {
          this.#ready = this.#ready.slice(this.#fired);
          this.#fired = 0;
        }
        return next;
      }
      this.#ready = [];
      this.#fired = 0;
      if (!this.#letExitsDie()) return undefined;
    }
  }

  /** False where there are no such loops. */
  #letExitsDie(): boolean {
    const frame = this.#frames
      .filter(({deadExits}) => deadExits.size > 0)
      .reduce<Frame | undefined>(
        (deepest, each) => (each.depth > (deepest?.depth ?? -1) ? each : deepest),
        undefined,
      );
    if (frame === undefined) return false;
    const exits = [...frame.deadExits];
    frame.deadExits.clear();
    for (const exit of exits) this.#emit(exit, frame.parent!, [], true);
    return true;
  }

  #fire({node, iteration, tokens, dead}: Ready): void {
    // A loop need not run a single op.
    checkBounds();
    const {role, step} = this.#nodes.get(node)!;
    if (dead) this.#fireDead(node, role, iteration);
    else if (role === 'op' || role === 'trigger') {
      const outputs = execute(step, tokens as Value[], this.#graph);
      for (const output of outputs) output.retain();
      this.#emit(node, iteration, outputs, false);
      for (const output of outputs) output.release();
    } else this.#fireControl(node, role, iteration, tokens as Value[]);
    for (const token of tokens) this.#drop(token);
  }

  #fireDead(node: number, role: Role, iteration: Iteration): void {
    if (role === 'next') return;
    if (role === 'exit') {
      const {frame} = iteration;
      if (!frame.liveExits.has(node)) frame.deadExits.add(node);
    } else if (role === 'enter') {
      this.#enter(node, iteration, DEAD);
    } else {
      this.#emit(node, iteration, [], true);
    }
  }

  #fireControl(node: number, role: Role, iteration: Iteration, [value, condition]: readonly Value[]): void {
    switch (role) {
      case 'switch':
        this.#emit(node, iteration, isTrue(condition!) ? [DEAD, value!] : [value!, DEAD], false);
        break;
      case 'enter':
        this.#enter(node, iteration, value!);
        break;
      case 'exit':
        iteration.frame.liveExits.add(node);
        iteration.frame.deadExits.delete(node);
        this.#emit(node, iteration.frame.parent!, [value!], false);
        break;
      case 'next':
        this.#emit(node, this.#iteration(iteration.frame, iteration.number + 1), [value!], false);
        break;
    }
  }

  #enter(node: number, iteration: Iteration, token: Token): void {
    const {attrs} = this.#nodes.get(node)!.step.node;
    const name = `${iteration.number}/${attrs.string('frame_name')}`;
    let frame = iteration.frame.children.get(name);
    if (frame === undefined) {
      frame = this.#openFrame(iteration);
      iteration.frame.children.set(name, frame);
    }
    if (!attrs.bool('is_constant')) {
      this.#emit(node, frame.iterations[0]!, [token], token === DEAD);
      return;
    }
    this.#hold(token);
    frame.constants.push({node, token});
    for (const each of frame.iterations) this.#emit(node, each, [token], token === DEAD);
  }

  #openFrame(parent: Iteration | undefined): Frame {
    const frame: Frame = {
      depth: parent === undefined ? 0 : parent.frame.depth + 1,
      parent,
      iterations: [],
      children: new Map(),
      constants: [],
      deadExits: new Set(),
      liveExits: new Set(),
    };
    this.#frames.push(frame);
    this.#iteration(frame, 0);
    return frame;
  }

  #iteration(frame: Frame, number: number): Iteration {
    let iteration = frame.iterations[number];
    if (iteration === undefined) {
      iteration = {frame, number, waiting: new Map()};
      frame.iterations[number] = iteration;
      for (const {node, token} of frame.constants) this.#emit(node, iteration, [token], token === DEAD);
    }
    return iteration;
  }

  /** Hands a node's outputs to their readers in `iteration`. */
  #emit(node: number, iteration: Iteration, outputs: readonly Token[], dead: boolean): void {
    const {consumers, controlled} = this.#nodes.get(node)!;
    if (iteration.frame.parent === undefined) this.#fetch(node, outputs);
    consumers.forEach((readers, output) => {
      const token = dead ? DEAD : (outputs[output] ?? DEAD);
      for (const {node: reader, input} of readers) this.#deliver(reader, iteration, input, token);
    });
    for (const reader of controlled) this.#deliverControl(reader, iteration, dead);
  }

  #fetch(node: number, outputs: readonly Token[]): void {
    outputs.forEach((token, output) => {
      const key = `${node}:${output}`;
      if (!this.#wanted.has(key) || token === DEAD) return;
      this.#hold(token);
      this.#fetched.set(key, token);
    });
  }

  #deliver(node: number, iteration: Iteration, input: number, token: Token): void {
    const waiting = this.#waiting(node, iteration);
    if (this.#nodes.get(node)!.role === 'merge') {
      this.#deliverToMerge(node, iteration, waiting, input, token);
      return;
    }
    this.#hold(token);
    waiting.tokens[input] = token;
    waiting.arrived++;
    if (token === DEAD) waiting.dead++;
    this.#fireWhenComplete(node, iteration, waiting);
  }

  #deliverControl(node: number, iteration: Iteration, dead: boolean): void {
    const waiting = this.#waiting(node, iteration);
    waiting.controls++;
    if (dead) waiting.deadControls++;
    if (this.#nodes.get(node)!.role === 'merge') this.#fireMerge(node, iteration, waiting);
    else this.#fireWhenComplete(node, iteration, waiting);
  }

  #fireWhenComplete(node: number, iteration: Iteration, waiting: Waiting): void {
    const {inputs, controls, role} = this.#nodes.get(node)!;
    if (waiting.arrived < inputs || waiting.controls < controls) return;
    iteration.waiting.delete(node);
    const dead = role !== 'trigger' && waiting.dead + waiting.deadControls > 0;
    this.#ready.push({node, iteration, tokens: waiting.tokens, dead});
  }

  #deliverToMerge(node: number, iteration: Iteration, waiting: Waiting, input: number, token: Token): void {
    if (token === DEAD) waiting.dead++;
    else if (waiting.tokens.length === 0) {
      this.#hold(token);
      waiting.tokens.push(token);
      waiting.arrived = input;
    }
    this.#fireMerge(node, iteration, waiting);
  }

  /** Fires once, for the first live token; dies when no forward input is left that could bring one. */
  #fireMerge(node: number, iteration: Iteration, waiting: Waiting): void {
    const {controls, forwardInputs} = this.#nodes.get(node)!;
    if (waiting.fired || waiting.controls < controls) return;
    const [token] = waiting.tokens;
    if (token !== undefined && token !== DEAD) {
      waiting.fired = true;
      this.#emit(node, iteration, [token, Value.scalar('int32', waiting.arrived)], false);
      this.#drop(token);
    } else if (waiting.dead === forwardInputs && iteration.number === 0) {
      waiting.fired = true;
      this.#emit(node, iteration, [], true);
    }
  }

  #waiting(node: number, iteration: Iteration): Waiting {
    let waiting = iteration.waiting.get(node);
    if (waiting === undefined) {
      waiting = {tokens: [], arrived: 0, controls: 0, dead: 0, deadControls: 0, fired: false};
      iteration.waiting.set(node, waiting);
    }
    return waiting;
  }

  #hold(token: Token): void {
    if (token === DEAD) return;
    token.retain();
    this.#held.set(token, (this.#held.get(token) ?? 0) + 1);
  }

  #drop(token: Token | undefined): void {
    if (token === undefined || token === DEAD) return;
    const count = this.#held.get(token)!;
    if (count === 1) this.#held.delete(token);
    else this.#held.set(token, count - 1);
    token.release();
  }
}
