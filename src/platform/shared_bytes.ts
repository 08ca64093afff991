/**
 * Copies of bytes for threads, made without holding up the event loop.
 *
 * @module
 */

import {isTurnOver, nextTurn} from './event_loop.js';

/** Copied at once: about a millisecond's work. */
const PIECE = 4 * 2 ** 20;

/** A copy that threads share. The bytes must stay as they are meanwhile. */
export async function sharedCopy(bytes: Uint8Array): Promise<Uint8Array> {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  await copyInto(copy, bytes);
  return copy;
}

/** A copy in a buffer of its own, which can be handed over; of the same type. The elements must stay as they are meanwhile. */
export async function ownCopy<T extends ArrayBufferView>(
  array: T,
): Promise<{readonly copy: T; readonly buffer: ArrayBuffer}> {
  const buffer = new ArrayBuffer(array.byteLength);
  const copied = copyInto(
    new Uint8Array(buffer),
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  );
  if (copied !== undefined) await copied;
  return {copy: new (typeOf(array))(buffer), buffer};
}

/** The type of a typed array; of one that Node calls a buffer, that which it is among typed arrays. */
function typeOf<T extends ArrayBufferView>(array: T): new (buffer: ArrayBuffer) => T {
  const {[Symbol.toStringTag]: name} = array as unknown as Uint8Array;
  return (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => T>)[name]!;
}

/** Undefined where it is done at once. */
function copyInto(to: Uint8Array, from: Uint8Array): Promise<void> | undefined {
  if (from.length > PIECE) return copyInPieces(to, from);
  to.set(from);
  return undefined;
}

async function copyInPieces(to: Uint8Array, from: Uint8Array): Promise<void> {
  for (let at = 0; at < from.length; at += PIECE) {
    if (isTurnOver()) await nextTurn();
    to.set(from.subarray(at, at + PIECE), at);
  }
}
