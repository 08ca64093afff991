/**
 * Where the groups of a match are, once it is known where it begins and ends: the first way through the program, in the
 * order that the pattern prefers, that takes just these bytes.
 *
 * Where each byte allows but one way, that is gone. Else short matches are searched by going one way as far as it leads and
 * noting where one has been, long ones by going all ways at once, which needs no room for every byte of the match.
 *
 * @module
 */

import {ONE_PASS_GROUPS, OnePass} from './one_pass.js';
import {ALT, ASSERT, assertionsAt, BYTE, CAPTURE, MATCH, NOP, type Program, takes} from './program.js';

/** Places that may be noted, a bit for each: instructions times bytes. */
const MOST_PLACES = 1 << 25;

/** Finds groups, for one program. */
export class Captures {
  readonly #program: Program;
  /** Where each bracket is: twice the number of its group, one more where it closes; -1 where it took no part. */
  readonly places: Int32Array;
  readonly #onePass: OnePass | undefined;
  /** A bit for each instruction and place: whether one has been there. */
  #visited = new Int32Array(64);
  /** What is yet to be tried: an instruction and a place, or a bracket (as its complement) and where it was. */
  #stack = new Int32Array(256);

  /** @param groups - how many there are, the match as a whole included */
  constructor(program: Program, groups: number) {
    this.#program = program;
    this.#onePass = OnePass.of(program);
    this.places = new Int32Array(2 * groups);
  }

  /**
   * Finds the groups of the match from `from` to `to`, in the text from `start` to `end`: they are in `places` then.
   *
   * @param groups - how many of them are wanted
   */
  find(bytes: Uint8Array, start: number, end: number, from: number, to: number, groups: number): void {
    const {places} = this;
    for (let bracket = 2; bracket < places.length; bracket++) places[bracket] = -1;
    if (this.#onePass !== undefined && groups <= ONE_PASS_GROUPS) {
      this.#onePass.find(bytes, start, end, from, to, places);
    } else if (this.#program.ops.length * (to - from + 1) <= MOST_PLACES) {
      this.#backtrack(bytes, start, end, from, to, 2 * groups);
    } else this.#walk(bytes, start, end, from, to, 2 * groups);
    places[0] = from;
    places[1] = to;
  }

  #backtrack(
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    to: number,
    brackets: number,
  ): boolean {
    const {ops, outs, args} = this.#program;
    const {places} = this;
    let stack = this.#stack;
    const width = to - from + 1;
    const words = (ops.length * width + 31) >> 5;
    if (words > this.#visited.length) this.#visited = new Int32Array(2 * words);
    else this.#visited.fill(0, 0, words);
    const visited = this.#visited;
    stack[0] = this.#program.start;
    stack[1] = from;
    for (let top = 2; top > 0; ) {
      let at = stack[--top]!;
      let instruction = stack[--top]!;
      if (instruction < 0) {
        places[~instruction] = at;
        continue;
      }
      for (;;) {
        if (top + 2 > stack.length) {
          stack = new Int32Array(2 * stack.length);
          stack.set(this.#stack);
          this.#stack = stack;
        }
        const bit = instruction * width + at - from;
        if (visited[bit >> 5]! & (1 << (bit & 31))) break;
        visited[bit >> 5]! |= 1 << (bit & 31);
        const op = ops[instruction]!;
        if (op === ALT) {
          stack[top++] = args[instruction]!;
          stack[top++] = at;
        } else if (op === BYTE) {
          if (at === to || !takes(args[instruction]!, bytes[at]!)) break;
          at++;
        } else if (op === CAPTURE) {
          const bracket = args[instruction]!;
          if (bracket < brackets) {
            stack[top++] = ~bracket;
            stack[top++] = places[bracket]!;
            places[bracket] = at;
          }
        } else if (op === ASSERT) {
          if (args[instruction]! & ~assertionsAt(bytes, start, end, at)) break;
        } else if (op === MATCH) {
          if (at === to) return true;
          break;
        } else if (op !== NOP) break;
        instruction = outs[instruction]!;
      }
    }
    return false;
  }

  /** All ways at once, each with its own places. Where two meet, the one that is preferred goes on. */
  #walk(bytes: Uint8Array, start: number, end: number, from: number, to: number, brackets: number): void {
    const {ops, outs, args} = this.#program;
    const stack: number[] = [];
    let now = new Ways(ops.length, brackets);
    let next = new Ways(ops.length, brackets);
    // Adds what `first` leads to without a byte, with the places of the way so far.
    const follow = (ways: Ways, first: number, at: number, places: Int32Array): void => {
      const holds = assertionsAt(bytes, start, end, at);
      stack.length = 0;
      stack.push(first, 0);
      while (stack.length > 0) {
        const place = stack.pop()!;
        let instruction = stack.pop()!;
        if (instruction < 0) {
          places[~instruction] = place;
          continue;
        }
        for (;;) {
          if (!ways.add(instruction)) break;
          const op = ops[instruction]!;
          if (op === ALT) stack.push(args[instruction]!, 0);
          else if (op === CAPTURE) {
            const bracket = args[instruction]!;
            if (bracket < brackets) {
              stack.push(~bracket, places[bracket]!);
              places[bracket] = at;
            }
          } else if (op === ASSERT) {
            if (args[instruction]! & ~holds) break;
          } else if (op !== NOP) {
            if (op === BYTE || op === MATCH) ways.keep(instruction, places);
            break;
          }
          instruction = outs[instruction]!;
        }
      }
    };
    const places = new Int32Array(brackets).fill(-1);
    follow(now, this.#program.start, from, places);
    for (let at = from; at < to; at++) {
      next.clear();
      for (let i = 0; i < now.count; i++) {
        const instruction = now.kept[i]!;
        if (ops[instruction] !== BYTE || !takes(args[instruction]!, bytes[at]!)) continue;
        now.restore(i, places);
        follow(next, outs[instruction]!, at + 1, places);
      }
      [now, next] = [next, now];
    }
    for (let i = 0; i < now.count; i++) {
      if (ops[now.kept[i]!] !== MATCH) continue;
      now.restore(i, this.places);
      return;
    }
  }
}

/** Ways through a program that have come to the same place of the text, the preferred ones first. */
class Ways {
  /** The instructions at which they wait. */
  readonly kept: Int32Array;
  count = 0;
  readonly #places: Int32Array;
  readonly #brackets: number;
  readonly #marks: Int32Array;
  #mark = 1;

  constructor(instructions: number, brackets: number) {
    this.kept = new Int32Array(instructions);
    this.#places = new Int32Array(instructions * brackets);
    this.#brackets = brackets;
    this.#marks = new Int32Array(instructions);
  }

  clear(): void {
    this.count = 0;
    this.#mark++;
  }

  /** Notes an instruction; false when it was noted before. */
  add(instruction: number): boolean {
    if (this.#marks[instruction] === this.#mark) return false;
    this.#marks[instruction] = this.#mark;
    return true;
  }

  keep(instruction: number, places: Int32Array): void {
    const base = this.count * this.#brackets;
    for (let i = 0; i < this.#brackets; i++) this.#places[base + i] = places[i]!;
    this.kept[this.count++] = instruction;
  }

  /** Puts the places of a way into `places`. */
  restore(way: number, places: Int32Array): void {
    const base = way * this.#brackets;
    for (let i = 0; i < this.#brackets; i++) places[i] = this.#places[base + i]!;
  }
}
