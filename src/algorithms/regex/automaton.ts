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

/** What a state is made of, and what it has met. */
interface State {
  /**
   * Instructions that wait for a byte, and ends of the pattern. Where assertions wait, those that led here: what they lead
   * to, and in what order, is known when all is known that assertions ask.
   */
  readonly waiting: Int32Array;
  readonly asks: boolean;
  /** What holds before the next byte, as far as it is known; 0 where nothing asks. */
  readonly holds: number;
  /** Whether the last byte is one of a word. */
  readonly inWord: boolean;
  /** Bytes that do not lead away from it, 1 for each; none where that is not worth knowing. */
  passes: Uint8Array | undefined;
  /** Whether there is a match at each byte that it passes by. */
  notes: boolean;
  /** How often bytes were to be passed by. */
  visits: number;
  /** How many were. */
  passed: number;
}

/** The end of the text, as if it were a byte. */
const END_OF_TEXT = 256;

/** Numbers in a table of transitions and in lists of instructions; more of either, and all states are forgotten. */
const MOST_NUMBERS = 1 << 18;

/** What {@link State.inWord} adds to what holds, where both are one number. */
const IN_WORD = 256;

// A transition is the place of the next state's row in the table, 0 where it has not been asked for. Where there is more
// to say it is the complement of: that place, shifted, and these.

/** There is a match before the byte. */
const MATCHED = 1;
/** The next state passes bytes by. */
const PASSES = 2;
/** There is a match before each of these as well. */
const NOTES = 4;
const FLAG_BITS = 3;

/** The row of the state from which nothing leads on. */
const DEAD = 0;

/** Passing bytes by is worth the trouble from so many at a time; looked at after so many times. */
const WORTH_PASSING = 10;
const VISITS_TO_JUDGE = 256;

/**
 * What an automaton is asked: where the match ends that the pattern prefers, where the longest one ends, or whether all of
 * a text is a match.
 */
export type Question = 'preferred' | 'longest' | 'all';

/** Where a state's bytes lead by the state it is, for one program. */
export class Automaton {
  readonly #program: Program;
  readonly #start: number;
  readonly #question: Question;
  /** The class of each byte: bytes of one class are the same to the program. */
  readonly #classes: Uint8Array;
  /** The column of the end of the text, behind those of the classes. */
  readonly #endColumn: number;
  /** Rows begin at multiples of two to this power. */
  readonly #rowBits: number;
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
  /** That of the one where there are no assertions; -1 before it is needed. */
  #onlyStart = -1;

  // The instructions gathered for a state, in order, and which those are.
  readonly #list: Int32Array;
  #count = 0;
  /** What led to them, and how many had been gathered before each. */
  readonly #roots: number[] = [];
  readonly #counts: number[] = [];
  #mark = 0;
  readonly #marks: Int32Array;
  readonly #stack: number[] = [];

  /**
   * @param start - the instruction where it starts
   */
  constructor(program: Program, start: number, question: Question) {
    this.#program = program;
    this.#start = start;
    this.#question = question;
    const {classes, count} = classify(program);
    this.#classes = classes;
    this.#endColumn = count;
    this.#rowBits = 32 - Math.clz32(count);
    this.#list = new Int32Array(program.ops.length);
    this.#marks = new Int32Array(program.ops.length);
    this.#table = new Int32Array(16 << this.#rowBits);
    this.#forget();
  }

  /**
   * Where the match ends that begins at `from` or, if the automaton starts anywhere, at the first place possible; -1 for
   * none. The text is what lies between `start` and `end`.
   */
  forward(bytes: Uint8Array, start: number, end: number, from: number): number {
    const classes = this.#classes;
    let row = this.#startRow(bytes, start, end, from, false);
    let table = this.#table;
    let match = -1;
    let at = from;
    let next = this.#enter(row);
    for (;;) {
      if (next < 0) {
        const flags = ~next;
        row = flags >> FLAG_BITS;
        if (flags & PASSES) {
          const before = at;
          at = this.#pass(row, bytes, at, end);
          if (flags & NOTES && at > before) match = at - 1;
        } else if (row === DEAD) return match;
      } else row = next;
      next = 0;
      while (at < end && (next = table[row + classes[bytes[at]!]!]!) > 0) {
        row = next;
        at++;
      }
      if (at >= end) return this.#matchesAtEnd(row) ? end : match;
      if (next === 0) {
        next = this.#step(row, bytes[at]!);
        table = this.#table;
      }
      if (next < 0 && ~next & MATCHED) match = at;
      at++;
    }
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
      const flags = ~next;
      if (flags & MATCHED) match = at + 1;
      row = flags >> FLAG_BITS;
      if (row === DEAD) return match;
    }
    if (until === start) return this.#matchesAtEnd(row) ? until : match;
    // What is before `until` matters to assertions only.
    let next = table[row + classes[bytes[until - 1]!]!]!;
    if (next === 0) next = this.#step(row, bytes[until - 1]!);
    return next < 0 && ~next & MATCHED ? until : match;
  }

  /** Whether all of the text between `start` and `end` is a match. */
  matchesAll(bytes: Uint8Array, start: number, end: number): boolean {
    const classes = this.#classes;
    let row = this.#startRow(bytes, start, end, start, false);
    let table = this.#table;
    for (let at = start; at < end; ) {
      let next = table[row + classes[bytes[at]!]!]!;
      at++;
      if (next > 0) {
        row = next;
        continue;
      }
      if (next === 0) {
        next = this.#step(row, bytes[at - 1]!);
        table = this.#table;
      }
      row = next < 0 ? ~next >> FLAG_BITS : next;
      if (row === DEAD) return false;
      if (next < 0 && ~next & PASSES) at = this.#pass(row, bytes, at, end);
    }
    return this.#matchesAtEnd(row);
  }

  /** The transition to a state, where it is not one from another. */
  #enter(row: number): number {
    if (row === DEAD) return ~(DEAD << FLAG_BITS);
    const flags = this.#passFlags(row);
    return flags === 0 ? row : ~((row << FLAG_BITS) | flags);
  }

  #passFlags(row: number): number {
    const {passes, notes} = this.#states[row >> this.#rowBits]!;
    return passes === undefined ? 0 : notes ? PASSES | NOTES : PASSES;
  }

  /** The first place from `at` on whose byte a state does not pass by. */
  #pass(row: number, bytes: Uint8Array, at: number, end: number): number {
    const state = this.#states[row >> this.#rowBits]!;
    const {passes} = state;
    // Who entered it was told before it was no longer worth the trouble.
    if (passes === undefined) return at;
    let next = at;
    for (const last = end - 3; next < last; next += 4) {
      const first = passes[bytes[next]!]! & passes[bytes[next + 1]!]!;
      if ((first & passes[bytes[next + 2]!]! & passes[bytes[next + 3]!]!) === 0) break;
    }
    while (next < end && passes[bytes[next]!] === 1) next++;
    state.passed += next - at;
    if (++state.visits === VISITS_TO_JUDGE) this.#judge(row, state);
    return next;
  }

  /** Passing bytes by is given up where it mostly ends at once. */
  #judge(row: number, state: State): void {
    const isWorthIt = state.passed >= WORTH_PASSING * state.visits;
    state.visits = state.passed = 0;
    if (isWorthIt) return;
    state.passes = undefined;
    state.visits = VISITS_TO_JUDGE;
    const table = this.#table;
    for (let i = 0; i < table.length; i++) {
      const flags = ~table[i]!;
      if (flags < 0 || flags >> FLAG_BITS !== row) continue;
      table[i] = flags & MATCHED ? ~((row << FLAG_BITS) | MATCHED) : row;
    }
  }

  #matchesAtEnd(row: number): boolean {
    let next = this.#table[row + this.#endColumn]!;
    if (next === 0) next = this.#step(row, END_OF_TEXT);
    return next < 0 && (~next & MATCHED) !== 0;
  }

  /** The row of the state in which one begins at `at`, reading on from there or back. */
  #startRow(bytes: Uint8Array, start: number, end: number, at: number, back: boolean): number {
    if (this.#onlyStart >= 0) return this.#onlyStart;
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
    }
    if (asserts === 0) this.#onlyStart = row;
    return row;
  }

  /** Computes a transition. All states may be others afterwards. */
  #step(row: number, byte: number): number {
    const {waiting, asks, holds, inWord} = this.#states[row >> this.#rowBits]!;
    const {ops, outs, args, asserts} = this.#program;
    const isWord = byte !== END_OF_TEXT && isWordByte(byte);
    let now = holds | (isWord === inWord ? NO_WORD_BOUNDARY : WORD_BOUNDARY);
    let then = 0;
    if (byte === 0x0a) {
      now |= END_LINE;
      then = BEGIN_LINE;
    } else if (byte === END_OF_TEXT) now |= END_LINE | END_TEXT;
    let ready = waiting;
    if (asks) {
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
        if (this.#question === 'preferred') break;
      }
    }
    const forgotten = this.#forgotten;
    const next = this.#rowOf(then & asserts, isWord);
    // Whether all of a text matches, is seen at its end.
    const isNoted = matched && (this.#question !== 'all' || byte === END_OF_TEXT);
    // When there was no room for another state, this one was forgotten with the rest.
    const isForgotten = this.#forgotten !== forgotten;
    if (next === row && !isForgotten) this.#notePass(row, byte, isNoted);
    const flags = (isNoted ? MATCHED : 0) | (next === DEAD ? 0 : this.#passFlags(next));
    const transition = flags !== 0 || next === DEAD ? ~((next << FLAG_BITS) | flags) : next;
    if (!isForgotten) {
      this.#table[row + (byte === END_OF_TEXT ? this.#endColumn : this.#classes[byte]!)] = transition;
    }
    return transition;
  }

  /** Notes that a byte does not lead away from a state, nor those that are the same to the program. */
  #notePass(row: number, byte: number, isNoted: boolean): void {
    const state = this.#states[row >> this.#rowBits]!;
    if (this.#question === 'longest' || state.visits >= VISITS_TO_JUDGE) return;
    if (state.passes === undefined) {
      state.passes = new Uint8Array(256);
      state.notes = isNoted;
    } else if (state.notes !== isNoted) return;
    const classes = this.#classes;
    for (let each = 0; each < 256; each++) if (classes[each] === classes[byte]) state.passes[each] = 1;
  }

  // Gathering instructions.

  #clear(): void {
    this.#count = 0;
    this.#roots.length = 0;
    this.#counts.length = 0;
    this.#mark++;
  }

  /** Gathers what `first` leads to without a byte, where `holds` is what holds there; what is preferred first. */
  #follow(first: number, holds: number): void {
    const {ops, outs, args} = this.#program;
    if (this.#marks[first] === this.#mark) return;
    const stack = this.#stack;
    this.#roots.push(first);
    this.#counts.push(this.#count);
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
      if (op === MATCH && this.#question === 'preferred') break;
    }
    if (count === 0) return DEAD;
    const waiting = asks ? this.#rootsOf(count) : this.#list.slice(0, count);
    if (this.#question !== 'preferred') waiting.sort();
    const key = keyOf(waiting, asks ? holds | (inWord ? IN_WORD : 0) : 0);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      const entries = (this.#states.length + 1) << this.#rowBits;
      if (entries > MOST_NUMBERS || this.#listed + waiting.length > MOST_NUMBERS) this.#forget();
      number = this.#states.length;
      this.#states.push(stateOf(waiting, asks, asks ? holds : 0, asks && inWord));
      this.#listed += waiting.length;
      this.#numbers.set(key, number);
      this.#makeRoom();
    }
    return number << this.#rowBits;
  }

  /** What led to the first of what has been gathered. */
  #rootsOf(count: number): Int32Array {
    return Int32Array.from(this.#roots.filter((_, i) => this.#counts[i]! < count));
  }

  #makeRoom(): void {
    const needed = this.#states.length << this.#rowBits;
    if (needed <= this.#table.length) return;
    const table = new Int32Array(Math.max(needed, 2 * this.#table.length));
    table.set(this.#table);
    this.#table = table;
  }

  /** Forgets all states. The first is one from which nothing leads on. */
  #forget(): void {
    this.#states = [stateOf(new Int32Array(0), false, 0, false)];
    this.#listed = 0;
    this.#forgotten++;
    this.#numbers.clear();
    this.#starts.clear();
    this.#onlyStart = -1;
    this.#table.fill(0);
  }
}

const stateOf = (waiting: Int32Array, asks: boolean, holds: number, inWord: boolean): State => ({
  waiting,
  asks,
  holds,
  inWord,
  passes: undefined,
  notes: false,
  visits: 0,
  passed: 0,
});

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
