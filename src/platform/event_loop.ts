/**
 * Turns of the event loop: how long the present one has computed, and waiting for another.
 *
 * All asynchronous calls of a process share one event loop. Each by itself knows nothing of how long the others have held it, so it is
 * kept here.
 *
 * @module
 */

/** For so many milliseconds calls compute before timers, messages and requests get their turn. */
const TURN_MS = 8;

/** When computing began in the present turn; undefined where nothing has computed in it. */
let began: number | undefined;

/** Who waits for a turn. */
const waiting: (() => void)[] = [];

let isScheduled = false;

/** Whether the present turn has been computing long enough. */
export function isTurnOver(): boolean {
  const now = performance.now();
  if (began === undefined) {
    began = now;
    schedule();
  }
  return now - began > TURN_MS;
}

/** Resolves in a turn of the event loop in which there is time to compute. One after the other: all at once would make a long turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  afterEvents(() => {
    isScheduled = false;
    const next = waiting.shift();
    began = next === undefined ? undefined : performance.now();
    next?.();
    if (next !== undefined) schedule();
  });
}

/** Node's own, as it was before tests put fake timers in its place; browsers have none. */
const {setImmediate} = globalThis as {setImmediate?: (f: () => void) => void};

/** Calls `f` when the events that are there have been handled. */
const afterEvents: (f: () => void) => void = setImmediate ?? afterMessage;

/** A timer would wait for 4 ms at least. */
function afterMessage(f: () => void): void {
  const {port1, port2} = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    f();
  };
  port2.postMessage(null);
}
