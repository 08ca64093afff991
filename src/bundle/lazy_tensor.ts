/**
 * Tensors of a checkpoint that stay in its files until somebody reads them.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {FileRange, LazyTensor} from '../host/lazy_tensor.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {tensorStorage} from '../host/tensor_bytes.js';
import {getPlatform} from '../platform/current.js';
import type {HeldFile} from '../platform/platform.js';
import type {StoredTensor} from './entries.js';
import {unmaskChecksum} from './table_format.js';

/** So much is read at a time to be compared with its checksum. */
const PIECE_BYTES = 2 ** 22;

/** dtypes whose stored elements are their numbers as the machine has them. */
const PLAIN: ReadonlySet<DType> = new Set<DType>([
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
]);

/** Whether a tensor can be used as it lies in a file of a machine of this byte order. */
export const isPlain = ({dtype, slices}: StoredTensor): boolean => PLAIN.has(dtype) && slices.length === 0;

/** A data file that is open as long as tensors in it may be read. */
export class SharedFile {
  readonly file: HeldFile;
  #holders = 0;

  constructor(file: HeldFile) {
    this.file = file;
  }

  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    // Closing an open file that was only read has nothing to report.
    if (--this.#holders === 0) void this.file.close();
  }
}

/** A tensor in a data file. */
export class StoredLazyTensor implements LazyTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly #stored: StoredTensor;
  readonly #shared: SharedFile;
  /** Names it in errors. */
  readonly #what: string;
  #isCompared: boolean;
  #failure: unknown;
  #holders = 1;

  /** @param compare - whether its bytes are to be compared with their checksum before they are given to anybody */
  constructor(stored: StoredTensor, shared: SharedFile, what: string, compare: boolean) {
    this.dtype = stored.dtype;
    this.shape = stored.shape;
    this.#stored = stored;
    this.#shared = shared.retain();
    this.#what = what;
    this.#isCompared = !compare;
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#stored.size;
  }

  get place(): FileRange {
    const {offset, size: length} = this.#stored;
    return {path: this.#shared.file.path, offset, length};
  }

  get identity(): string | undefined {
    const {identity} = this.#shared.file;
    return identity && `${identity}:${this.#stored.offset}:${this.#stored.size}:${this.#stored.checksum}`;
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  read(): HostTensor {
    this.check();
    const {dtype, shape} = this;
    const storage = tensorStorage(dtype, sizeOf(shape));
    this.#shared.file.readNow(storage.stored, this.#stored.offset);
    if (!this.#isCompared) this.#compare(getPlatform().crc32c(storage.stored));
    storage.finish();
    return {dtype, shape, data: storage.data};
  }

  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders === 0) this.#shared.release();
  }

  /**
   * Compares the bytes in the file with their checksum.
   *
   * @param breathe - awaited between pieces
   * @throws FormatError where they are damaged; from then on, all else throws it as well.
   */
  async compare(breathe?: () => Promise<void>): Promise<void> {
    const {offset, size} = this.#stored;
    const {crc32c} = getPlatform();
    const piece = new Uint8Array(Math.min(size, PIECE_BYTES));
    let crc = 0;
    for (let at = 0; at < size && this.#isWanted; at += PIECE_BYTES) {
      const part = piece.subarray(0, size - at);
      await this.#shared.file.readInto(part, offset + at);
      crc = crc32c(part, crc);
      await breathe?.();
    }
    if (this.#isWanted) this.#compare(crc);
  }

  get #isWanted(): boolean {
    return this.#holders > 0 && !this.#isCompared;
  }

  #compare(crc: number): void {
    if (unmaskChecksum(this.#stored.checksum) !== crc) {
      this.#failure = new FormatError(`${this.#what} is corrupt: its checksum is wrong`);
    }
    this.#isCompared = true;
    this.check();
  }
}
