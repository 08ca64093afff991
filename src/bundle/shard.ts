/**
 * A data file of a checkpoint: fills memory with ranges of it, and checksums them on the way.
 *
 * @module
 */

import {getPlatform} from '../platform/current.js';
import type {FileHandle} from '../platform/platform.js';
import {SharedFile} from './lazy_tensor.js';

/** So much is read, then checksummed while it is still in the processor's cache and the next piece is on its way. */
const PIECE_BYTES = 2 ** 22;

/**
 * Most tensors of most models are small, and lie side by side: one read from the file, for which it costs little more
 * to read this much, serves many of them.
 */
const WINDOW_BYTES = 2 ** 18;

/** Tensors may be asked for in another order than they lie in: so many windows are kept, those last used. */
const WINDOWS = 32;

/** A longer range is read by itself. */
const SMALL_BYTES = 2 ** 15;

/** An open data file. Reads may run concurrently. */
export class Shard {
  readonly #file: FileHandle;
  /** By position in the file, the one last used at the end. */
  readonly #windows = new Map<number, Promise<Uint8Array>>();

  #held: SharedFile | null | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  /** Fills `target` with the bytes from `offset` on. */
  async readInto(target: Uint8Array, offset: number): Promise<void> {
    const start = offset - (offset % WINDOW_BYTES);
    if (target.length > SMALL_BYTES || offset + target.length > start + WINDOW_BYTES) {
      await this.#file.readInto(target, offset);
    } else if (target.length > 0) {
      const window = await this.#window(start);
      target.set(window.subarray(offset - start, offset - start + target.length));
    }
  }

  /** As `readInto`; returns the CRC-32C of the bytes. */
  async readChecksummed(target: Uint8Array, offset: number): Promise<number> {
    const {crc32c} = getPlatform();
    const piece = (at: number) => target.subarray(at, at + PIECE_BYTES);
    let crc = 0;
    let reading = this.readInto(piece(0), offset);
    for (let at = 0; at < target.length; at += PIECE_BYTES) {
      await reading;
      const next = at + PIECE_BYTES;
      if (next < target.length) reading = this.readInto(piece(next), offset + next);
      crc = crc32c(piece(at), crc);
    }
    await reading;
    return crc;
  }

  /** The file, open as long as tensors in it are used; null where files cannot be held. */
  hold(): SharedFile | null {
    if (this.#held === undefined) {
      const file = this.#file.hold?.() ?? null;
      this.#held = file && new SharedFile(file).retain();
    }
    return this.#held;
  }

  async close(): Promise<void> {
    this.#windows.clear();
    this.#held?.release();
    await this.#file.close();
  }

  #window(start: number): Promise<Uint8Array> {
    const window = this.#windows.get(start) ?? this.#readWindow(start);
    this.#windows.delete(start);
    this.#windows.set(start, window);
    if (this.#windows.size > WINDOWS) this.#windows.delete(this.#windows.keys().next().value!);
    return window;
  }

  async #readWindow(start: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.min(WINDOW_BYTES, this.#file.size - start));
    await this.#file.readInto(bytes, start);
    return bytes;
  }
}
