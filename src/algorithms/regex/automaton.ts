/**
 * A program run by all of its ways at once: a deterministic automaton over bytes, whose states are made when a text first
 * leads to them.
 *
 * A state is a list of the instructions that wait for a byte, those that are preferred first, as RE2's DFA has it. What
 * assertions look for behind a place is known with the byte behind it; so a match is noted one byte late, on the way out of
 * the state that it is in. The end of a text counts as a byte of its own.
 *
 * @module
 */

import {
  ALT,
  ASSERT,
  BEGIN_LINE,
  BEGIN_TEXT,
  BYTE,
  CAPTURE,
  END_LINE,
  END_TEXT,
  FAIL,
  isWordByte,
  MATCH,
  NO_WORD_BOUNDARY,
  NOP,
  type Program,
  takes,
  WORD_BOUNDARY,
} from './program.js';

/** What a state is made of. */
interface State {
  /** Instructions that wait for a byte or for what an assertion wants, and ends of the pattern. */
  readonly waiting: Int32Array;
  /** Whether assertions are among them. */
  readonly asks: boolean;
  /** What holds before the next byte, as far as it is known; 0 where nothing asks. */
  readonly holds: number;
  /** Whether the last byte is one of a word. */
  readonly inWord: boolean;
}

/** The end of the text, as if it were a byte. */
const END_OF_TEXT = 256;

/** Numbers in a table of transitions and in lists of instructions; more of either, and all states are forgotten. */
const MOST_NUMBERS = 1 << 18;

/** What {@link State.inWord} adds to what holds, where both are one number. */
const IN_WORD = 256;

// A transition is the place of the next state's row in the table, 0 where it has not been asked for. Where there is
// more to say it is the complement of: that place times four, plus these.
const MATCHED = 1;
const AT_START = 2;
const DEAD = 0;

/** Where a state's bytes lead by the state it is, for one program. */
export class Automaton {
  readonly #program: Program;
  readonly #start: number;
  /** Whether the longest match is wanted, in place of the preferred one. */
  readonly #longest: boolean;
  /** The class of each byte: bytes of one class are the same to the program. */
  readonly #classes: Uint8Array;
  /** Transitions of a state: one for each class, and one for the end of the text. */
  readonly #width: number;
  #table: Int32Array;
  /** States by their number: that of their row. */
  #states: State[] = [];
  readonly #numbers = new Map<string, number>();
  /** Instructions in the lists of all states. */
  #listed = 0;
  /** How often all states were forgotten. */
  #forgotten = 0;
  /** Rows of the states that texts begin in, by what holds there. */
  readonly #starts = new Map<number, number>();
  /** The row of the state in which nothing has begun yet, if all texts begin in it, and which bytes leave it so. */
  #idle = -1;
  readonly #idleBytes = new Uint8Array(256);

  // The instructions gathered for a state, in order, and which those are.
  readonly #list: Int32Array;
  #count = 0;
  #mark = 0;
  readonly #marks: Int32Array;
  readonly #stack: number[] = [];

  /**
   * @param start - the instruction where it starts
   * @param longest - whether it looks for the longest match, in place of the one that the pattern prefers
   */
  constructor(program: Program, start: number, longest: boolean) {
    this.#program = program;
    this.#start = start;
    this.#longest = longest;
    const {classes, count} = classify(program);
    this.#classes = classes;
    this.#width = count + 1;
    this.#list = new Int32Array(program.ops.length);
    this.#marks = new Int32Array(program.ops.length);
    this.#table = new Int32Array(16 * this.#width);
    this.#forget();
  }

  /**
   * Where the match ends that begins at `from` or, if the automaton starts anywhere, at the first place possible; -1 for
   * none. The text is what lies between `start` and `end`.
   */
  forward(bytes: Uint8Array, start: number, end: number, from: number): number {
    const classes = this.#classes;
    const idleBytes = this.#idleBytes;
    let row = this.#startRow(bytes, start, end, from, false);
    let table = this.#table;
    let match = -1;
    let at = from;
    if (row === this.#idle) while (at < end && idleBytes[bytes[at]!] === 1) at++;
    while (at < end) {
      let next = table[row + classes[bytes[at]!]!]!;
      if (next > 0) {
        row = next;
        at++;
        continue;
      }
      if (next === 0) {
        next = this.#step(row, bytes[at]!);
        table = this.#table;
      }
      if (next < 0) {
        next = ~next;
        if (next & MATCHED) match = at;
        if (next >> 2 === DEAD) return match;
        at++;
        if (next & AT_START) while (at < end && idleBytes[bytes[at]!] === 1) at++;
        row = next >> 2;
      } else {
        row = next;
        at++;
      }
    }
    return this.#matchesAtEnd(row) ? end : match;
  }

  /** Where the longest match begins that ends at `from`, none before `until`; the program is one that reads backward. */
  backward(bytes: Uint8Array, start: number, end: number, from: number, until: number): number {
    const classes = this.#classes;
    let row = this.#startRow(bytes, start, end, from, true);
    let table = this.#table;
    let match = -1;
    for (let at = from - 1; at >= until; at--) {
      let next = table[row + classes[bytes[at]!]!]!;
      if (next === 0) {
        next = this.#step(row, bytes[at]!);
        table = this.#table;
      }
      if (next > 0) {
        row = next;
        continue;
      }
      next = ~next;
      if (next & MATCHED) match = at + 1;
      if (next >> 2 === DEAD) return match;
      row = next >> 2;
    }
    if (until === start) return this.#matchesAtEnd(row) ? until : match;
    // What is before `until` matters to assertions only.
    let next = table[row + classes[bytes[until - 1]!]!]!;
    if (next === 0) next = this.#step(row, bytes[until - 1]!);
    return next < 0 && ~next & MATCHED ? until : match;
  }

  /** Whether all of the text between `start` and `end` is a match; the automaton is one for the longest. */
  matchesAll(bytes: Uint8Array, start: number, end: number): boolean {
    const classes = this.#classes;
    let row = this.#startRow(bytes, start, end, start, false);
    let table = this.#table;
    for (let at = start; at < end; at++) {
      let next = table[row + classes[bytes[at]!]!]!;
      if (next === 0) {
        next = this.#step(row, bytes[at]!);
        table = this.#table;
      }
      if (next < 0) next = ~next >> 2;
      if (next === DEAD) return false;
      row = next;
    }
    return this.#matchesAtEnd(row);
  }

  #matchesAtEnd(row: number): boolean {
    let next = this.#table[row + this.#width - 1]!;
    if (next === 0) next = this.#step(row, END_OF_TEXT);
    return next < 0 && (~next & MATCHED) !== 0;
  }

  /** The row of the state in which one begins at `at`, reading on from there or back. */
  #startRow(bytes: Uint8Array, start: number, end: number, at: number, back: boolean): number {
    if (this.#idle > 0) return this.#idle;
    const {asserts} = this.#program;
    let holds = 0;
    let inWord = false;
    if (asserts !== 0) {
      const edge = back ? at === end : at === start;
      const byte = edge ? -1 : bytes[back ? at : at - 1]!;
      if (edge) holds = BEGIN_TEXT | BEGIN_LINE;
      else if (byte === 0x0a) holds = BEGIN_LINE;
      inWord = isWordByte(byte);
    }
    const key = holds | (inWord ? IN_WORD : 0);
    let row = this.#starts.get(key);
    if (row === undefined) {
      this.#clear();
      this.#follow(this.#start, holds);
      row = this.#rowOf(holds, inWord);
      this.#starts.set(key, row);
      if (asserts === 0) this.#idle = row;
    }
    return row;
  }

  /** Computes a transition. All states may be others afterwards. */
  #step(row: number, byte: number): number {
    const width = this.#width;
    const {waiting, asks, holds, inWord} = this.#states[row / width]!;
    const {ops, outs, args, asserts} = this.#program;
    const isWord = byte !== END_OF_TEXT && isWordByte(byte);
    let now = holds | (isWord === inWord ? NO_WORD_BOUNDARY : WORD_BOUNDARY);
    let then = 0;
    if (byte === 0x0a) {
      now |= END_LINE;
      then = BEGIN_LINE;
    } else if (byte === END_OF_TEXT) now |= END_LINE | END_TEXT;
    // What waits, and what it leads to with what is known of this place now.
    let ready = waiting;
    if (asks && asserts & now & ~holds) {
      this.#clear();
      for (const at of waiting) this.#follow(at, now);
      ready = this.#list.slice(0, this.#count);
    }
    this.#clear();
    let matched = false;
    for (const at of ready) {
      if (ops[at] === BYTE) {
        if (takes(args[at]!, byte)) this.#follow(outs[at]!, then);
      } else if (ops[at] === MATCH) {
        matched = true;
        // What comes later is not preferred.
        if (!this.#longest) break;
      }
    }
    const forgotten = this.#forgotten;
    let next = this.#rowOf(then & asserts, isWord);
    const column = byte === END_OF_TEXT ? width - 1 : this.#classes[byte]!;
    const special = (matched ? MATCHED : 0) | (next === this.#idle ? AT_START : 0);
    if (special !== 0 || next === DEAD) next = ~(next * 4 + special);
    // When there was no room for another state, this one was forgotten with the rest.
    if (this.#forgotten !== forgotten) return next;
    this.#table[row + column] = next;
    if (row === this.#idle && ~next === this.#idle * 4 + AT_START) {
      for (let each = 0; each < 256; each++) if (this.#classes[each] === column) this.#idleBytes[each] = 1;
    }
    return next;
  }

  // Gathering instructions.

  #clear(): void {
    this.#count = 0;
    this.#mark++;
  }

  /** Gathers what `first` leads to without a byte, where `holds` is what holds there; what is preferred first. */
  #follow(first: number, holds: number): void {
    const {ops, outs, args} = this.#program;
    const stack = this.#stack;
    stack.push(first);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (;;) {
        if (this.#marks[at] === this.#mark) break;
        this.#marks[at] = this.#mark;
        const op = ops[at]!;
        if (op === ALT) {
          stack.push(args[at]!);
          at = outs[at]!;
        } else if (op === NOP || op === CAPTURE) {
          at = outs[at]!;
        } else if (op === ASSERT && (args[at]! & ~holds) === 0) {
          at = outs[at]!;
        } else {
          if (op !== FAIL) this.#list[this.#count++] = at;
          break;
        }
      }
    }
  }

  /** The row of the state of what has been gathered. */
  #rowOf(holds: number, inWord: boolean): number {
    const {ops} = this.#program;
    let count = 0;
    let asks = false;
    while (count < this.#count) {
      const op = ops[this.#list[count++]!];
      if (op === ASSERT) asks = true;
      // What comes later is not preferred.
      if (op === MATCH && !this.#longest) break;
    }
    if (count === 0) return DEAD;
    const waiting = this.#list.slice(0, count);
    if (this.#longest) waiting.sort();
    const key = keyOf(waiting, asks ? holds | (inWord ? IN_WORD : 0) : 0);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      const entries = (this.#states.length + 1) * this.#width;
      if (entries > MOST_NUMBERS || this.#listed + count > MOST_NUMBERS) this.#forget();
      number = this.#states.length;
      this.#states.push({waiting, asks, holds: asks ? holds : 0, inWord: asks && inWord});
      this.#listed += count;
      this.#numbers.set(key, number);
      this.#makeRoom();
    }
    return number * this.#width;
  }

  #makeRoom(): void {
    const needed = this.#states.length * this.#width;
    if (needed <= this.#table.length) return;
    const table = new Int32Array(Math.max(needed, 2 * this.#table.length));
    table.set(this.#table);
    this.#table = table;
  }

  /** Forgets all states. The first is one from which nothing leads on. */
  #forget(): void {
    this.#states = [{waiting: new Int32Array(0), asks: false, holds: 0, inWord: false}];
    this.#listed = 0;
    this.#forgotten++;
    this.#numbers.clear();
    this.#starts.clear();
    this.#idle = -1;
    this.#idleBytes.fill(0);
    this.#table.fill(0);
  }
}

function keyOf(waiting: Int32Array, flags: number): string {
  let key = String.fromCharCode(flags);
  for (const at of waiting) {
    // Most programs are small.
    key += at < 0xffff ? String.fromCharCode(at) : String.fromCharCode(0xffff, at >> 16, at & 0xffff);
  }
  return key;
}

/** Puts bytes together that no instruction tells apart: the class of each, and how many classes there are. */
function classify({ops, args, asserts}: Program): {classes: Uint8Array; count: number} {
  const classes = new Uint8Array(256);
  /** How many bytes each class has. */
  const sizes = [256];
  const split = (bytes: readonly number[]): void => {
    const inside = new Map<number, number>();
    for (const byte of bytes) inside.set(classes[byte]!, (inside.get(classes[byte]!) ?? 0) + 1);
    for (const [each, size] of inside) {
      inside.set(each, size === sizes[each] ? each : sizes.length);
      if (size === sizes[each]) continue;
      sizes[each]! -= size;
      sizes.push(size);
    }
    for (const byte of bytes) classes[byte] = inside.get(classes[byte]!)!;
  };
  const ranges = new Set<number>();
  for (let at = 0; at < ops.length; at++) if (ops[at] === BYTE) ranges.add(args[at]!);
  for (const range of ranges) split(bytesWhere((byte) => takes(range, byte)));
  if (asserts & (BEGIN_LINE | END_LINE)) split([0x0a]);
  if (asserts & (WORD_BOUNDARY | NO_WORD_BOUNDARY)) split(bytesWhere(isWordByte));
  return {classes, count: sizes.length};
}

function bytesWhere(holds: (byte: number) => boolean): number[] {
  const out: number[] = [];
  for (let byte = 0; byte < 256; byte++) if (holds(byte)) out.push(byte);
  return out;
}
