/**
 * A program as lists: for each instruction that something leads to with a byte, a group or an assertion, all that it leads
 * to without one, in order.
 *
 * Follows RE2's `Prog::Flatten`. Where lists share a part, each has its own copy, and a way through one copy says nothing of
 * the other: in a few patterns with repetitions of what is empty, such as `()(?:|ab*)*.`, RE2 prefers for that reason what a
 * backtracking engine would not, and so do we.
 *
 * @module
 */

import {ALT, ASSERT, BYTE, CAPTURE, FAIL, MATCH, NOP, type Program} from './program.js';

/** The same program, as lists. */
export function flatten(program: Program): Program {
  return new Flattener(program).flatten();
}

/** An instruction of a list; `to` is the instruction that it leads to. */
interface Item {
  readonly op: number;
  readonly to: number;
  readonly arg: number;
}

class Flattener {
  readonly #program: Program;
  readonly #outs: Int32Array;
  readonly #args: Int32Array;
  /** Instructions that lists begin with. */
  readonly #roots = new Set<number>();
  /** For each instruction the alternatives that lead to it. */
  readonly #before = new Map<number, number[]>();
  // Where a walk has been.
  readonly #marks: Int32Array;
  #mark = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#outs = program.outs.slice();
    this.#args = program.args.slice();
    this.#marks = new Int32Array(program.ops.length);
    this.#skipNops();
  }

  flatten(): Program {
    const {start, startAnywhere, asserts} = this.#program;
    for (const root of [FAIL, startAnywhere, start]) this.#roots.add(root);
    this.#findRoots();
    // Those that are found here are not looked at again.
    const found = [...this.#roots].filter(
      (root) => root !== FAIL && root !== startAnywhere && root !== start,
    );
    for (const root of found.sort((a, b) => b - a)) this.#addShared(root);
    const lists = new Map<number, Item[]>();
    for (const root of this.#roots) lists.set(root, this.#itemsOf(root));
    const entries = entriesOf(lists);
    const instructions = assemble(lists, entries);
    return {...instructions, start: entries.get(start)!, startAnywhere: entries.get(startAnywhere)!, asserts};
  }

  /** Leads past no-ops. */
  #skipNops(): void {
    const {ops} = this.#program;
    const past = (at: number): number => {
      let next = at;
      while (ops[next] === NOP) next = this.#outs[next]!;
      return next;
    };
    for (let at = 1; at < ops.length; at++) {
      if (at === this.#program.startAnywhere) continue;
      if (ops[at] !== MATCH) this.#outs[at] = past(this.#outs[at]!);
      if (ops[at] === ALT) this.#args[at] = past(this.#args[at]!);
    }
  }

  /** What bytes, groups and assertions lead to; and what leads to what without them. */
  #findRoots(): void {
    const {ops} = this.#program;
    this.#mark++;
    const open = [this.#program.startAnywhere];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#marks[at] === this.#mark) continue;
      this.#marks[at] = this.#mark;
      const op = ops[at]!;
      const out = this.#outs[at]!;
      if (op === ALT) {
        const other = this.#args[at]!;
        for (const next of [out, other]) {
          const before = this.#before.get(next);
          if (before === undefined) this.#before.set(next, [at]);
          else before.push(at);
        }
        open.push(other, out);
      } else if (op === BYTE || op === CAPTURE || op === ASSERT) {
        this.#roots.add(out);
        open.push(out);
      } else if (op === NOP) open.push(out);
    }
  }

  /** Begins a list with what this root and something outside of its tree lead to. */
  #addShared(root: number): void {
    for (const at of this.#tree(root)) {
      for (const before of this.#before.get(at) ?? []) {
        if (this.#marks[before] === this.#mark) continue;
        this.#roots.add(at);
        break;
      }
    }
  }

  /** What a root leads to without a byte, in order, as far as other roots. */
  #tree(root: number): number[] {
    const {ops} = this.#program;
    const tree: number[] = [];
    this.#mark++;
    const open = [root];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#marks[at] === this.#mark) continue;
      this.#marks[at] = this.#mark;
      tree.push(at);
      if (at !== root && this.#roots.has(at)) continue;
      if (ops[at] === ALT) open.push(this.#args[at]!, this.#outs[at]!);
      else if (ops[at] === NOP) open.push(this.#outs[at]!);
    }
    return tree;
  }

  #itemsOf(root: number): Item[] {
    const {ops} = this.#program;
    return this.#tree(root).flatMap((at): Item | [] => {
      if (at !== root && this.#roots.has(at)) return {op: NOP, to: at, arg: 0};
      const op = ops[at]!;
      return op === ALT || op === NOP ? [] : {op, to: this.#outs[at]!, arg: this.#args[at]!};
    });
  }
}

/** Where each list begins in the program that {@link assemble} makes: its alternatives first, then its items. */
function entriesOf(lists: ReadonlyMap<number, readonly Item[]>): Map<number, number> {
  const entries = new Map<number, number>();
  let next = 1;
  for (const [root, {length}] of lists) {
    entries.set(root, root === FAIL || length === 0 ? FAIL : next);
    if (root !== FAIL) next += Math.max(0, 2 * length - 1);
  }
  return entries;
}

/** Lists as a program: a list is a chain of alternatives between its items. */
function assemble(
  lists: ReadonlyMap<number, readonly Item[]>,
  entries: ReadonlyMap<number, number>,
): Pick<Program, 'ops' | 'outs' | 'args'> {
  const ops = [FAIL];
  const outs = [0];
  const args = [0];
  const add = (op: number, out: number, arg: number): void => {
    ops.push(op);
    outs.push(out);
    args.push(arg);
  };
  for (const [root, items] of lists) {
    if (root === FAIL) continue;
    const entry = entries.get(root)!;
    const first = entry + items.length - 1;
    const last = items.length - 1;
    for (let i = 0; i < last; i++) add(ALT, first + i, i + 1 < last ? entry + i + 1 : first + last);
    for (const {op, to, arg} of items) add(op, op === MATCH || op === FAIL ? 0 : entries.get(to)!, arg);
  }
  return {ops: Uint8Array.from(ops), outs: Int32Array.from(outs), args: Int32Array.from(args)};
}
