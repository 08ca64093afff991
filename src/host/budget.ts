/**
 * What the call under way may still take: memory, time, and whether its caller still wants it. Storage is made deep
 * inside kernels, and calls are synchronous, so the one that is under way is known here and not handed down.
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
  /** Milliseconds until a call ends with an error. Looked at between two ops: one that is running is not interrupted. */
  readonly milliseconds?: number;
}

/** What bounds one call. */
export interface CallBounds {
  /** How much it may take, in place of what was given when the model was loaded. */
  readonly limits?: Limits;
  /**
   * Ends the call once aborted; looked at where `limits.milliseconds` are. A call is synchronous: while it runs no timer
   * fires and no event is handled, so the signal tells mainly that a call is not to begin.
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
  /** Bytes that were held when the call began. */
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
    this.#before = tensorBytes() + heldOnHost;
    this.#milliseconds = bound(limits?.milliseconds, 'milliseconds');
    this.#signal = signal;
    this.#timed = this.#milliseconds !== Number.POSITIVE_INFINITY || signal !== undefined;
    this.#start = this.#timed ? performance.now() : 0;
  }

  /** Runs what takes memory that is not the call's. */
  spare<T>(f: () => T): T {
    const before = this.#tensorBytes() + heldOnHost;
    try {
      return this.#outer === undefined ? f() : this.#outer.spare(f);
    } finally {
      this.#before += this.#tensorBytes() + heldOnHost - before;
    }
  }

  /** False when `bytes` more are too many. */
  hasRoom(bytes: number): boolean {
    const held = this.#tensorBytes() + heldOnHost - this.#before;
    return held + bytes <= this.#bytes && (this.#outer?.hasRoom(bytes) ?? true);
  }

  /** True where it is to end after some time. */
  get ends(): boolean {
    return this.#milliseconds !== Number.POSITIVE_INFINITY || (this.#outer?.ends ?? false);
  }

  /** @throws CallError when `bytes` more are too many. */
  take(bytes: number): void {
    const held = this.#tensorBytes() + heldOnHost - this.#before;
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
    if (this.#tensorBytes() + heldOnHost - this.#before > this.#bytes) this.take(0);
  }

  #checkTime(): void {
    if (this.#signal?.aborted) {
      const {reason} = this.#signal;
      throw new CallError(`the call was aborted: ${reason instanceof Error ? reason.message : reason}`, {
        cause: reason,
      });
    }
    if (performance.now() - this.#start > this.#milliseconds) {
      throw new CallError(
        `the call takes longer than ${this.#milliseconds} ms (\`limits.milliseconds\`), and is ended`,
      );
    }
  }
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
