/**
 * A file that is read over HTTP by range, when it is read.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {checkRange} from '../platform/memory.js';
import type {FileHandle} from '../platform/platform.js';
import {shownHandle} from '../shown.js';
import {withDeadline} from './deadline.js';
import {failure, type HeaderPolicy, HttpSession} from './http.js';
import type {ResolveSettings} from './options.js';
import type {Patience} from './retry.js';

/** Reads smaller than this are served from whole blocks of this size, of which a few are kept. */
const BLOCK = 1 << 20;
const MAX_BLOCKS = 8;

export interface RemoteFileOptions {
  /** Each read is given the time that `timeoutMs` says. */
  readonly settings: ResolveSettings;
  readonly headersFor: HeaderPolicy;
  readonly url: string;
  readonly name: string;
  readonly size: number;
}

export function remoteFile(options: RemoteFileOptions): FileHandle {
  return new RemoteFile(options);
}

class RemoteFile implements FileHandle {
  readonly size: number;
  /** By number, the one used last at the end. */
  private readonly blocks = new Map<number, Promise<Uint8Array>>();

  constructor(private readonly options: RemoteFileOptions) {
    this.size = options.size;
  }

  async readInto(target: Uint8Array, offset: number): Promise<void> {
    checkRange(this.options.name, this.size, offset, target.length);
    if (target.length >= BLOCK) {
      await this.fetchInto(target, offset);
      return;
    }
    for (let done = 0; done < target.length; ) {
      const number = Math.floor((offset + done) / BLOCK);
      const block = await this.block(number);
      const piece = block.subarray(offset + done - number * BLOCK).subarray(0, target.length - done);
      target.set(piece, done);
      done += piece.length;
    }
  }

  async close(): Promise<void> {
    this.blocks.clear();
  }

  private block(number: number): Promise<Uint8Array> {
    const known = this.blocks.get(number);
    this.blocks.delete(number);
    const block = known ?? this.fetchBlock(number);
    this.blocks.set(number, block);
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= MAX_BLOCKS) break;
      this.blocks.delete(oldest);
    }
    return block;
  }

  private async fetchBlock(number: number): Promise<Uint8Array> {
    const block = new Uint8Array(Math.min(BLOCK, this.size - number * BLOCK));
    try {
      await this.fetchInto(block, number * BLOCK);
    } catch (error) {
      this.blocks.delete(number);
      throw error;
    }
    return block;
  }

  private async fetchInto(target: Uint8Array, offset: number): Promise<void> {
    const {settings, headersFor, name} = this.options;
    await withDeadline(settings, name, (signal) =>
      this.fillFrom(new HttpSession(settings, headersFor, signal), target, offset),
    );
  }

  /** Fills `target`, in as many requests as connections break. */
  private async fillFrom(session: HttpSession, target: Uint8Array, offset: number): Promise<void> {
    let done = 0;
    await session.read(async (patience) => {
      while (done < target.length) {
        for await (const chunk of this.range(session, patience, offset + done, offset + target.length)) {
          target.set(chunk, done);
          done += chunk.length;
          patience.reached(done);
        }
      }
    });
  }

  /** The bytes from `from` to before `to`, or as many of them as arrive. */
  private async *range(
    session: HttpSession,
    patience: Patience,
    from: number,
    to: number,
  ): AsyncGenerator<Uint8Array> {
    const {url, name} = this.options;
    const answer = await session.get(url, patience, {range: `bytes=${from}-${to - 1}`});
    // A server without ranges sends all; what comes before is passed over.
    if (answer.status !== 206 && answer.status !== 200) throw await failure(answer);
    const start =
      answer.status === 206 ? Number(/^bytes (\d+)-/.exec(answer.header('content-range') ?? '')?.[1]) : 0;
    if (!(start <= from)) {
      answer.cancel();
      throw new DownloadError(`${shownHandle(url)} answers another range than was asked for.`);
    }
    // An answer that is read to its end leaves its connection for the next one; where it has more, it is left.
    const endsThere = answer.header('content-length') === String(to - start);
    let position = start;
    for await (const chunk of answer.body) {
      const piece = chunk.subarray(Math.max(0, from - position), Math.max(0, to - position));
      position += chunk.length;
      if (piece.length > 0) yield piece;
      if (position >= to && !endsThere) return;
    }
    if (position < to)
      throw new DownloadError(`${name} ends at byte ${position}; bytes up to ${to} are needed.`);
  }
}
