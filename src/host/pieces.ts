/**
 * Work that can be done in pieces: between two of them, an asynchronous call lets others have their turn.
 *
 * @module
 */

import {isTurnOver, nextTurn} from '../platform/event_loop.js';

/** Gives up control after each piece, and gives the result at the end. */
export type Pieces<T> = Generator<void, T, void>;

/** Does all of it. */
export function inOnePiece<T>(pieces: Pieces<T>): T {
  for (;;) {
    const {done, value} = pieces.next();
    if (done) return value;
  }
}

/** Does as many pieces as the present turn of the event loop has time for, at least one. Undefined where there are more. */
export function inThisTurn<T>(pieces: Pieces<T>): {readonly result: T} | undefined {
  do {
    const {done, value} = pieces.next();
    if (done) return {result: value};
  } while (!isTurnOver());
  return undefined;
}

/** Does all of it, in as many turns of the event loop as it takes. */
export async function inTurns<T>(pieces: Pieces<T>): Promise<T> {
  for (;;) {
    while (isTurnOver()) await nextTurn();
    const done = inThisTurn(pieces);
    if (done !== undefined) return done.result;
  }
}
