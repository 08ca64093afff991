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

import {CallError} from '../errors.js';
import {type DataflowRole, dataflowRole} from '../graph/dataflow_ops.js';
import type {Graph, GraphNode} from '../graph/graph.js';
import {checkBounds} from '../host/budget.js';
import {isTrue} from '../ops/control_flow/kernels.js';
import type {Session} from '../ops/kernel.js';
import {Value} from '../tensors/value.js';
import {
  checkArguments,
  execute,
  fetchedValues,
  type KernelLookup,
  prepare,
  type Runnable,
  type RunRequest,
  type Step,
} from './run.js';

/** What arrives at an input: a value, or the news that there will be none. */
type Token = Value | typeof DEAD;
const DEAD = Symbol('dead');

/** What becomes of a node's tokens. */
type Role = DataflowRole | 'op' | 'trigger';

interface FlowNode {
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
    return new FlowRun(this.#graph, this.#nodes, this.#roots, this.#request).run(args);
  }
}

function roleOf({op}: GraphNode): Role {
  return op === 'ControlTrigger' ? 'trigger' : (dataflowRole(op) ?? 'op');
}

/** The state of one execution. */
class FlowRun {
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
      const root = this.#openFrame(undefined).iterations[0]!;
      this.#feed(args, root);
      this.#drain();
      results = fetchedValues(this.#graph, this.#request, ({node, output}) => {
        const token = this.#fetched.get(`${node}:${output}`);
        if (token === undefined || token === DEAD) throw this.#noValue(node);
        return token;
      });
    } finally {
      for (const [value, count] of this.#held) for (let i = 0; i < count; i++) value.release();
    }
    return results.map((result) => result.yield());
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

  /** Fires ready nodes until none is left; then a loop that never ran lets its exits die, and so on outwards. */
  #drain(): void {
    for (;;) {
      for (let at = 0; at < this.#ready.length; at++) {
        this.#fire(this.#ready[at]!);
        if (at > 4096) {
          this.#ready = this.#ready.slice(at + 1);
          at = -1;
        }
      }
      this.#ready = [];
      const frame = this.#frames
        .filter(({deadExits}) => deadExits.size > 0)
        .reduce<Frame | undefined>(
          (deepest, each) => (each.depth > (deepest?.depth ?? -1) ? each : deepest),
          undefined,
        );
      if (frame === undefined) return;
      const exits = [...frame.deadExits];
      frame.deadExits.clear();
      for (const exit of exits) this.#emit(exit, frame.parent!, [], true);
    }
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
