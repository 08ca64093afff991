/**
 * Streams of bytes as async iterables, the form they have everywhere in this folder; web streams are put to
 * use behind it.
 *
 * @module
 */

import type {Transform} from '../platform/services.js';

const ignore = () => undefined;

/** A stream that remembers how it failed, for those who meet the failure further down as something else. */
export class Upstream implements AsyncIterable<Uint8Array> {
  private failure: {readonly error: unknown} | null = null;

  constructor(private readonly source: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.source;
    } catch (error) {
      this.failure = {error};
      throw error;
    }
  }

  /** What this stream failed with, or else what `explain` makes of `cause`. */
  failureOr(cause: unknown, explain: (cause: unknown) => unknown): unknown {
    return this.failure ? this.failure.error : explain(cause);
  }
}

/**
 * Sends `source` through `transform`, holding no more than the transform does. A failure of `source` comes out
 * as itself, a failure of the transform as `explain` words it.
 */
export async function* through<T>(
  source: Upstream,
  transform: Transform<T>,
  explain: (cause: unknown) => unknown,
): AsyncGenerator<T> {
  const reader = transform.readable.getReader();
  void feed(source, transform.writable.getWriter());
  try {
    for (;;) {
      const {done, value} = await reader.read().catch((cause) => {
        throw source.failureOr(cause, explain);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: the source may be waiting for a network, and whoever owns it ends that wait.
    reader.cancel().catch(ignore);
  }
}

/** Never rejects: a failure of the writer is one of the transform, which its reader reports. */
async function feed(
  source: AsyncIterable<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  writer.closed.catch(ignore);
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await iterator.next();
    } catch (error) {
      await writer.abort(error).catch(ignore);
      return;
    }
    if (next.done) {
      await writer.close().catch(ignore);
      return;
    }
    try {
      await writer.ready;
      await writer.write(next.value as Uint8Array<ArrayBuffer>);
    } catch {
      await iterator.return?.().catch(ignore);
      return;
    }
  }
}

/** The first bytes of a stream (at least `length`, or all there are) and the whole stream, those included. */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{head: Uint8Array; stream: AsyncGenerator<Uint8Array>}> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < length) {
    const next = await iterator.next();
    if (next.done) break;
    first.push(next.value);
    size += next.value.length;
  }
  async function* stream(): AsyncGenerator<Uint8Array> {
    try {
      yield* first;
      for (;;) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return {head: concat(first), stream: stream()};
}

/** All bytes of a stream; throws what `tooLong` returns when there are more than `limit`. */
export async function collect(
  source: AsyncIterable<Uint8Array>,
  limit: number,
  tooLong: () => Error,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limit) throw tooLong();
    chunks.push(chunk);
  }
  return concat(chunks);
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
