/**
 * What the call under way may still take: memory, time, and whether its caller still wants it. Storage is made deep
 * inside kernels, and calls are synchronous (or made of pieces that are), so the one that is under way is known here and not handed down.
 *
 * @module
 */

import {CallError} from '../errors.js';

/** How much a call may take. */
export interface Limits {
  /**
   * Bytes of the tensors that a call holds at one time beyond those that were there before. What would exceed them is not
   * allocated. Default: half of the machine's memory.
   */
  readonly bytes?: number;
  /**
   * Milliseconds until a call ends with an error. Looked at between two ops: one that is running is not interrupted. Those of an
   * asynchronous call count from when it is made, so that they bound its waiting, too.
   */
  readonly milliseconds?: number;
}

/** What bounds one call. */
export interface CallBounds {
  /** How much it may take, in place of what was given when the model was loaded. */
  readonly limits?: Limits;
  /**
   * Ends the call once aborted. A synchronous call looks at it where it looks at `limits.milliseconds`: while it runs no timer
   * fires and no event is handled, so that the signal tells mainly that a call is not to begin. An asynchronous one ends at once.
   */
  readonly signal?: AbortSignal;
}

/** What a call holds is looked at before every so many ops. */
const CHECKS_PER_COUNT = 16;

/** The bounds of a call under way. */
class Budget {
  readonly #outer: Budget | undefined;
  readonly #tensorBytes: () => number;
  readonly #bytes: number;
  /** Bytes that were held when the call began, and those that others have come to hold since. */
  #before: number;
  readonly #milliseconds: number;
  readonly #start: number;
  readonly #signal: AbortSignal | undefined;
  readonly #timed: boolean;
  #checks = 0;

  constructor({limits, signal}: CallBounds, tensorBytes: () => number, outer: Budget | undefined) {
    this.#outer = outer;
    this.#tensorBytes = tensorBytes;
    this.#bytes = bound(limits?.bytes, 'bytes');
    this.#before = this.#now();
    this.#milliseconds = bound(limits?.milliseconds, 'milliseconds');
    this.#signal = signal;
    this.#timed = this.#milliseconds !== Number.POSITIVE_INFINITY || signal !== undefined;
    this.#start = this.#timed ? performance.now() : 0;
  }

  /** Runs what takes memory that is not the call's. */
  spare<T>(f: () => T): T {
    const before = this.#now();
    try {
      return this.#outer === undefined ? f() : this.#outer.spare(f);
    } finally {
      this.#before += this.#now() - before;
    }
  }

  /** False when `bytes` more are too many. */
  hasRoom(bytes: number): boolean {
    return this.held + bytes <= this.#bytes && (this.#outer?.hasRoom(bytes) ?? true);
  }

  /** True where it is to end after some time. */
  get ends(): boolean {
    return this.#milliseconds !== Number.POSITIVE_INFINITY || (this.#outer?.ends ?? false);
  }

  /** @throws CallError when `bytes` more are too many. */
  take(bytes: number): void {
    const {held} = this;
    if (held + bytes > this.#bytes) {
      throw new CallError(
        `${inUnits(bytes)} more are needed beside the ${inUnits(Math.max(0, held))} that the call holds, and it may ` +
          `hold ${inUnits(this.#bytes)}: raise \`limits.bytes\` if the model is to have them`,
      );
    }
    this.#outer?.take(bytes);
  }

  /** @throws CallError when the call has taken too much already, or nobody wants it any more. */
  check(): void {
    if (this.#timed) this.#checkTime();
    if (++this.#checks % CHECKS_PER_COUNT === 0) this.#count();
    this.#outer?.check();
  }

  /** Asks after what came together of what was too little to be asked for. */
  #count(): void {
    if (this.held > this.#bytes) this.take(0);
  }

  /** Goes on with a call that holds so many bytes: what others took and freed in the meantime is not the call's. */
  resume(held: number): void {
    this.#before = this.#now() - held;
  }

  /** Bytes that the call holds. */
  get held(): number {
    return this.#now() - this.#before;
  }

  #now(): number {
    return this.#tensorBytes() + heldOnHost;
  }

  #checkTime(): void {
    if (this.#signal?.aborted) throw aborted(this.#signal.reason);
    if (performance.now() - this.#start > this.#milliseconds) throw tooLong(this.#milliseconds);
  }
}

/** What is said of a call whose signal was aborted. */
export function aborted(reason: unknown): CallError {
  return new CallError(`the call was aborted: ${reason instanceof Error ? reason.message : reason}`, {
    cause: reason,
  });
}

/** What is said of a call that takes more time than it has. */
export function tooLong(milliseconds: number): CallError {
  return new CallError(
    `the call takes longer than ${milliseconds} ms (\`limits.milliseconds\`), and is ended`,
  );
}

/** @throws CallError where a limit is no amount. */
export function checkLimits({bytes, milliseconds}: Limits): void {
  bound(bytes, 'bytes');
  bound(milliseconds, 'milliseconds');
}

function bound(limit: number | undefined, what: keyof Limits): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  if (typeof limit === 'number' && limit >= 0) return limit;
  throw new CallError(`limits.${what} must be a number that is not negative, not ${String(limit)}`);
}

let current: Budget | undefined;

/** Runs `f`, whose memory the model holds from then on: it is not counted as the call's that is under way. */
export function outsideBounds<T>(f: () => T): T {
  const budget = current;
  if (budget === undefined) return f();
  current = undefined;
  try {
    return budget.spare(f);
  } finally {
    current = budget;
  }
}

/** Bytes of host memory that values hold now. tfjs counts those of its tensors itself. */
let heldOnHost = 0;

/** Notes that values hold so many bytes of host memory more, or less. */
export function noteHostBytes(bytes: number): void {
  heldOnHost += bytes;
}

/**
 * Runs `f` within bounds. A call within another is bounded by both.
 *
 * @param tensorBytes - how many bytes tensors hold now
 */
export function withinBounds<T>(bounds: CallBounds, tensorBytes: () => number, f: () => T): T {
  const outer = current;
  current = new Budget(bounds, tensorBytes, outer);
  try {
    current.check();
    return f();
  } finally {
    current = outer;
  }
}

/** The bounds of a call that runs in pieces, between which other code runs. Its time counts from when they are made. */
export class PiecewiseBounds {
  readonly #budget: Budget;
  #held = 0;

  /** @param tensorBytes - how many bytes tensors hold now */
  constructor(bounds: CallBounds, tensorBytes: () => number) {
    this.#budget = new Budget(bounds, tensorBytes, undefined);
  }

  /** Runs a piece. */
  run<T>(f: () => T): T {
    const outer = current;
    current = this.#budget;
    this.#budget.resume(this.#held);
    try {
      return f();
    } finally {
      this.#held = this.#budget.held;
      current = outer;
    }
  }
}

/** True while a call is under way. */
export function isBounded(): boolean {
  return current !== undefined;
}

/** True while a call is under way that must end after some time (`limits.milliseconds`): loops are to ask. */
export function hasDeadline(): boolean {
  return current?.ends ?? false;
}

/** What is smaller is not asked for: it is noticed soon, as part of what a call holds. */
const SMALL_BYTES = 4096;

/** Asks, before storage is made, whether the call under way may have it. */
export function roomFor(bytes: number): void {
  if (bytes > SMALL_BYTES) current?.take(bytes);
}

/** Whether the call under way may have so much storage. */
export function hasRoomFor(bytes: number): boolean {
  return current?.hasRoom(bytes) ?? true;
}

/** Asks, between two steps, whether the call under way may go on. */
export function checkBounds(): void {
  current?.check();
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** A size in words: `8.6 GB`. */
function inUnits(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${Number(size.toPrecision(3))} ${UNITS[unit]}`;
}
