/**
 * Groups without a choice: in many patterns each byte says which of their ways goes on, so that one pass over a match finds
 * where its groups are.
 *
 * Follows the idea of RE2's `onepass.cc`.
 *
 * @module
 */

import {ALT, ASSERT, assertionsAt, BYTE, CAPTURE, FAIL, MATCH, NOP, type Program, takes} from './program.js';

/** Nodes of a program that has more are not looked for. */
const MOST_NODES = 256;

/** So many groups are found, the match as a whole included: those that a number of one digit asks for. */
export const ONE_PASS_GROUPS = 10;

// What a step wants: brackets from 2 on in the lower bits, what has to hold in the upper ones.
const BRACKET_BITS = 2 * ONE_PASS_GROUPS - 2;
const BRACKETS = (1 << BRACKET_BITS) - 1;

/** A program of which each byte allows one way at most. */
export class OnePass {
  /** For each node and byte the next node's row, -1 for none; and what happens before the byte. */
  readonly #rows: Int32Array;
  readonly #wants: Int32Array;
  /** For each node what happens where the match ends, -1 where it cannot. */
  readonly #ends: Int32Array;

  private constructor(rows: Int32Array, wants: Int32Array, ends: Int32Array) {
    this.#rows = rows;
    this.#wants = wants;
    this.#ends = ends;
  }

  /** Undefined where there is a choice, or too much to look at. */
  static of(program: Program): OnePass | undefined {
    const nodes = new Map<number, number>([[program.start, 0]]);
    const rows: number[] = [];
    const wants: number[] = [];
    const ends: number[] = [];
    // A map keeps its order, so that nodes that are added on the way are visited.
    for (const [start, number] of nodes) {
      if (number >= MOST_NODES) return undefined;
      const base = number * 256;
      for (let byte = 0; byte < 256; byte++) {
        rows.push(-1);
        wants.push(0);
      }
      ends.push(-1);
      const found = leaves(program, start);
      if (found === undefined) return undefined;
      for (const {instruction, want} of found) {
        if (program.ops[instruction] === MATCH) {
          if (ends[number] !== -1) return undefined;
          ends[number] = want;
          continue;
        }
        const to = program.outs[instruction]!;
        const next = nodes.get(to) ?? nodes.size;
        nodes.set(to, next);
        for (let byte = 0; byte < 256; byte++) {
          if (!takes(program.args[instruction]!, byte)) continue;
          const isSame = rows[base + byte] === next * 256 && wants[base + byte] === want;
          if (rows[base + byte] !== -1 && !isSame) return undefined;
          rows[base + byte] = next * 256;
          wants[base + byte] = want;
        }
      }
    }
    return new OnePass(Int32Array.from(rows), Int32Array.from(wants), Int32Array.from(ends));
  }

  /** Puts where the brackets of the match from `from` to `to` are into `places`, which has -1 everywhere. */
  find(bytes: Uint8Array, start: number, end: number, from: number, to: number, places: Int32Array): void {
    const rows = this.#rows;
    const wants = this.#wants;
    let row = 0;
    for (let at = from; at < to; at++) {
      const step = row + bytes[at]!;
      const want = wants[step]!;
      row = rows[step]!;
      if (row < 0) return;
      if (want === 0) continue;
      // One way only: where it does not hold, there is no match, and there is one.
      if ((want >> BRACKET_BITS) & ~assertionsAt(bytes, start, end, at)) return;
      note(want, at, places);
    }
    const want = this.#ends[row >> 8]!;
    if (want !== -1) note(want, to, places);
  }
}

/** Puts the brackets that are wanted at a place there. */
function note(want: number, at: number, places: Int32Array): void {
  for (let left = want & BRACKETS; left !== 0; left &= left - 1) {
    const bracket = 2 + 31 - Math.clz32(left & -left);
    if (bracket < places.length) places[bracket] = at;
  }
}

interface Leaf {
  readonly instruction: number;
  readonly want: number;
}

/** What a node leads to without a byte; undefined where two ways meet. */
function leaves({ops, outs, args}: Program, start: number): Leaf[] | undefined {
  const found: Leaf[] = [];
  const seen = new Set<number>();
  const open: Leaf[] = [{instruction: start, want: 0}];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    let {instruction, want} = next;
    for (;;) {
      const op = ops[instruction]!;
      if (op === FAIL) break;
      if (seen.has(instruction)) return undefined;
      seen.add(instruction);
      if (op === BYTE || op === MATCH) {
        found.push({instruction, want});
        break;
      }
      if (op === ALT) open.push({instruction: args[instruction]!, want});
      else if (op === CAPTURE) {
        const bracket = args[instruction]!;
        if (bracket >= 2 && bracket < 2 * ONE_PASS_GROUPS) want |= 1 << (bracket - 2);
      } else if (op === ASSERT) want |= args[instruction]! << BRACKET_BITS;
      else if (op !== NOP) return undefined;
      instruction = outs[instruction]!;
    }
  }
  return found;
}
