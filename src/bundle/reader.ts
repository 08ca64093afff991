/**
 * Reads checkpoints: TensorFlow's tensor bundles, an index file and one or more data files ("shards").
 *
 * The index is a sorted table from a tensor's name to its dtype, shape and place in a shard. A tensor's bytes are read
 * by range straight into the memory they are used from, and checksummed piece by piece while the next piece is read.
 * (Mirrors `BundleReader` in `tensorflow/core/util/tensor_bundle/tensor_bundle.h`.)
 *
 * @module
 */

import {FormatError, HubError, UnsupportedOpError} from '../errors.js';
import {type DType, dtypeInfo, lanes, type NumericArray} from '../host/dtypes.js';
import {sameShape} from '../host/shape.js';
import {PackedStrings} from '../host/strings.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {storageIn, type TensorStorage, tensorStorage} from '../host/tensor_bytes.js';
import type {ModelDirectory} from '../platform/platform.js';
import {otherFileContent} from '../proto/other_content.js';
import {textOf, utf8ByteString} from './byte_string.js';
import {
  type BundleHeader,
  dataFile,
  decodeEntry,
  decodeHeader,
  HEADER_KEY,
  indexFile,
  type StoredTensor,
} from './entries.js';
import {isPlain, StoredLazyTensor} from './lazy_tensor.js';
import {Shard} from './shard.js';
import {checksumStringTensor, decodeStringTensor} from './string_tensor.js';
import {SortedTable} from './table.js';
import {unmaskChecksum} from './table_format.js';
import {
  areDisjoint,
  type Box,
  boxOf,
  copyOverlap,
  formatSlice,
  fullSlice,
  intersect,
  isContiguous,
  isFullSlice,
  isSliceKey,
  offsetIn,
  parseShapeAndSlice,
  sliceKey,
  type TensorSlice,
} from './tensor_slice.js';

/** A tensor from a checkpoint, in host storage (see {@link HostTensor}). */
export type CheckpointTensor = HostTensor;

/** What the index tells of a tensor. */
export interface CheckpointEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface CheckpointOptions {
  /** Compare the data with its checksums. The index is always compared. Default true. */
  readonly verifyChecksums?: boolean;
}

/** By key as a byte string, in the order of the index; an error for what cannot be read. */
type Entries = ReadonlyMap<string, StoredTensor | FormatError>;

/** A part of a tensor, and where it is in it. */
interface Part {
  readonly box: Box;
  readonly stored: StoredTensor;
}

/**
 * An open checkpoint.
 *
 * Reads may run concurrently. Memory beyond what is returned is a few MB, whatever the size of a tensor.
 *
 * @example
 * const checkpoint = await CheckpointReader.open(directory, 'variables/variables');
 * for (const key of checkpoint.keys()) console.log(key, await checkpoint.read(key));
 * await checkpoint.close();
 */
export class CheckpointReader {
  readonly #directory: ModelDirectory;
  readonly #prefix: string;
  readonly #name: string;
  readonly #header: BundleHeader;
  readonly #entries: Entries;
  readonly #verify: boolean;
  readonly #shards = new Map<number, Promise<Shard>>();

  private constructor(
    directory: ModelDirectory,
    prefix: string,
    header: BundleHeader,
    entries: Entries,
    verify: boolean,
  ) {
    this.#directory = directory;
    this.#prefix = prefix;
    this.#name = `${directory.name}/${prefix}`;
    this.#header = header;
    this.#entries = entries;
    this.#verify = verify;
  }

  /**
   * Reads the index of the checkpoint `prefix`, such as `variables/variables`.
   *
   * @throws FormatError when there is none, or it is damaged.
   */
  static async open(
    directory: ModelDirectory,
    prefix: string,
    options: CheckpointOptions = {},
  ): Promise<CheckpointReader> {
    const path = indexFile(prefix);
    const name = `${directory.name}/${prefix}`;
    const file = await directory.open(path);
    if (file === null)
      throw new FormatError(`${directory.name} has no checkpoint "${prefix}": there is no ${path}`);
    const values = new Map<string, Uint8Array>();
    try {
      const table = await SortedTable.open(file, `${directory.name}/${path}`);
      await table.scan((key, value) => {
        values.set(key, value);
      });
    } finally {
      await file.close();
    }
    const headerValue = values.get(HEADER_KEY);
    if (headerValue === undefined)
      throw new FormatError(`${name}.index has no header: it is no checkpoint's`);
    const header = decodeHeader(headerValue, name);
    values.delete(HEADER_KEY);
    const entries: Entries = new Map(
      Array.from(values, ([key, value]) => [key, decodeEntry(value, textOf(key), name)]),
    );
    checkPlaces(entries, header, name);
    return new CheckpointReader(directory, prefix, header, entries, options.verifyChecksums ?? true);
  }

  /** The names of the tensors, in the order of their bytes. Parts of partitioned tensors are not among them. */
  keys(): string[] {
    return [...this.#entries.keys()].filter((key) => !isSliceKey(key)).map(textOf);
  }

  has(key: string): boolean {
    return this.#entries.has(utf8ByteString(key));
  }

  /** @throws FormatError when there is no tensor of that name. */
  entry(key: string): CheckpointEntry {
    const {dtype, shape} = this.#stored(key);
    return {dtype, shape};
  }

  /**
   * Reads a tensor; one that was stored in parts is put together.
   *
   * @throws FormatError when there is none of that name, or the files are damaged.
   */
  async read(key: string): Promise<CheckpointTensor> {
    const stored = this.#stored(key);
    if (stored.slices.length === 0) return this.#readStored(stored);
    return this.#readParts(key, stored, fullSlice(stored.shape.length));
  }

  /**
   * As {@link read}; a tensor of at least `least` bytes that can be used as it lies in its file stays there, where files can be held
   * open. It is not compared with its checksum yet.
   *
   * @throws FormatError as {@link read} does, damaged elements of those that stay aside.
   */
  async readLazily(key: string, least: number): Promise<CheckpointTensor | StoredLazyTensor> {
    const stored = this.#stored(key);
    if (stored.size < least || this.#header.bigEndian || !isPlain(stored)) return this.read(key);
    const shared = (await this.#locate(stored)).hold();
    if (shared === null) return this.read(key);
    return new StoredLazyTensor(stored, shared, this.#what(stored), this.#verify);
  }

  /**
   * Reads a slice of a tensor, as `RestoreV2` does.
   *
   * @param shapeAndSlice - The shape of the full tensor and the slice, such as `20 4 0,10:-`; all of it when empty.
   * @throws FormatError when it does not fit the tensor that is stored, or as `read` does.
   */
  async readSlice(key: string, shapeAndSlice: string): Promise<CheckpointTensor> {
    if (shapeAndSlice === '') return this.read(key);
    const stored = this.#stored(key);
    const {shape, slice} = parseShapeAndSlice(shapeAndSlice);
    if (!sameShape(shape, stored.shape)) {
      throw new FormatError(
        `${this.#what(stored)} has the shape [${stored.shape}], and a slice of [${shape}] was asked for`,
      );
    }
    return this.#readParts(key, stored, slice);
  }

  /** Closes the data files. Reads that are under way fail. */
  async close(): Promise<void> {
    const shards = await Promise.allSettled(this.#shards.values());
    this.#shards.clear();
    await Promise.all(
      shards.map((shard) => (shard.status === 'fulfilled' ? shard.value.close() : undefined)),
    );
  }

  #stored(key: string): StoredTensor {
    const stored = this.#entries.get(utf8ByteString(key));
    if (stored === undefined) {
      throw new FormatError(`the checkpoint ${this.#name} has no tensor ${JSON.stringify(key)}`);
    }
    if (stored instanceof Error) throw stored;
    return stored;
  }

  /** Names a tensor in errors. */
  #what(stored: StoredTensor): string {
    return `tensor ${JSON.stringify(stored.name)} of ${this.#name}`;
  }

  /** A tensor, or part of one, that is stored in one piece. */
  async #readStored(stored: StoredTensor): Promise<CheckpointTensor> {
    const {dtype, shape} = stored;
    const shard = await this.#locate(stored);
    if (dtype === 'string')
      return {dtype, shape, data: PackedStrings.of(await this.#readStrings(stored, shard))};
    const storage = this.#allocate(stored, stored.elementCount);
    await this.#fill(storage, stored, shard);
    return {dtype, shape, data: storage.data};
  }

  /** A slice of a tensor, from the parts that the tensor is stored in. */
  async #readParts(key: string, whole: StoredTensor, slice: TensorSlice): Promise<CheckpointTensor> {
    const {dtype} = whole;
    const box = boxOf(slice, whole.shape);
    const parts = this.#partsOf(key, whole, box);
    // Before anything is allocated for them: all parts are where they should be.
    const shards = await Promise.all(parts.map(({stored}) => this.#locate(stored)));
    const count = sizeOf(box.shape);
    if (dtype === 'string') {
      const data = new Array<Uint8Array>(count);
      for (const [i, part] of parts.entries()) {
        copyOverlap(await this.#readStrings(part.stored, shards[i]!), part.box, data, box, 1);
      }
      return {dtype, shape: box.shape, data: PackedStrings.of(data)};
    }
    const {data} = this.#allocate(whole, count);
    for (const [i, part] of parts.entries()) await this.#fillFrom(part, shards[i]!, data, box);
    return {dtype, shape: box.shape, data};
  }

  /** Puts what a part has of `box` in `data`, which is the elements of that box. */
  async #fillFrom(part: Part, shard: Shard, data: NumericArray, box: Box): Promise<void> {
    const {stored} = part;
    const width = lanes(stored.dtype);
    if (isWithin(part.box, box) && isContiguous(part.box, box)) {
      const start = offsetIn(box, part.box.start) * width;
      const range = data.subarray(start, start + stored.elementCount * width);
      await this.#fill(storageIn(stored.dtype, range), stored, shard);
    } else {
      const storage = this.#allocate(stored, stored.elementCount);
      await this.#fill(storage, stored, shard);
      // Both are of the dtype's one array type, so elements fit.
      copyOverlap<number | bigint>(storage.data, part.box, data, box, width);
    }
  }

  /** The stored parts that hold the elements of `box`, each of them once. */
  #partsOf(key: string, whole: StoredTensor, box: Box): Part[] {
    const slices = whole.slices.length === 0 ? [fullSlice(whole.shape.length)] : whole.slices;
    const boxes = slices.map((slice) => boxOf(slice, whole.shape));
    const parts: Part[] = [];
    let covered = 0;
    for (const [i, slice] of slices.entries()) {
      const overlap = intersect(boxes[i]!, box);
      if (overlap === null) continue;
      covered += sizeOf(overlap.shape);
      parts.push({box: boxes[i]!, stored: this.#storedPart(key, whole, slice, boxes[i]!)});
    }
    if (covered !== sizeOf(box.shape) || !areDisjoint(boxes)) {
      throw new FormatError(`${this.#what(whole)} is corrupt: its parts do not make up the whole`);
    }
    return parts;
  }

  #storedPart(key: string, whole: StoredTensor, slice: TensorSlice, box: Box): StoredTensor {
    if (isFullSlice(slice)) return whole;
    const stored = this.#entries.get(sliceKey(utf8ByteString(key), slice));
    if (stored === undefined) {
      throw new FormatError(`${this.#what(whole)} is corrupt: its part ${formatSlice(slice)} is missing`);
    }
    if (stored instanceof Error) throw stored;
    if (stored.dtype !== whole.dtype || !sameShape(stored.shape, box.shape)) {
      throw new FormatError(
        `${this.#what(whole)} is corrupt: its part ${formatSlice(slice)} has another dtype or shape`,
      );
    }
    return {...stored, name: `${whole.name} ${formatSlice(slice)}`};
  }

  /** The open shard, once it is sure that it has the bytes of `stored`. */
  async #locate(stored: StoredTensor): Promise<Shard> {
    const {dtype, offset, size, slices} = stored;
    if (dtype === 'variant') {
      throw new UnsupportedOpError(
        `${this.#what(stored)} is a variant, which cannot be read from a checkpoint`,
      );
    }
    if (dtype === 'resource' || slices.length > 0) {
      throw new FormatError(`${this.#what(stored)} is corrupt: it is of a kind that has no bytes of its own`);
    }
    const shard = await this.#shard(stored.shard);
    if (offset + size > shard.size) {
      throw new FormatError(
        `${this.#what(stored)} ends at byte ${offset + size} of a data file that has ${shard.size}: ` +
          ((await otherFileContent(shard)) ?? 'the file is truncated or the index is corrupt'),
      );
    }
    return shard;
  }

  #shard(number: number): Promise<Shard> {
    let shard = this.#shards.get(number);
    if (shard === undefined) {
      shard = this.#openShard(number);
      this.#shards.set(number, shard);
    }
    return shard;
  }

  async #openShard(number: number): Promise<Shard> {
    const path = dataFile(this.#prefix, number, this.#header.shardCount);
    const file = await this.#directory.open(path);
    if (file === null)
      throw new FormatError(`the checkpoint ${this.#name} is incomplete: there is no ${path}`);
    return new Shard(file);
  }

  #allocate(stored: StoredTensor, elementCount: number): TensorStorage {
    try {
      return tensorStorage(stored.dtype, elementCount);
    } catch (cause) {
      throw new HubError(
        `${this.#what(stored)} is too large for this JavaScript engine: ${elementCount} elements`,
        {cause},
      );
    }
  }

  async #fill(storage: TensorStorage, stored: StoredTensor, shard: Shard): Promise<void> {
    if (this.#verify) {
      this.#compare(stored, await shard.readChecksummed(storage.stored, stored.offset));
    } else {
      await shard.readInto(storage.stored, stored.offset);
    }
    if (this.#header.bigEndian)
      swapBytes(storage.stored, dtypeInfo(stored.dtype).bytes / lanes(stored.dtype));
    storage.finish();
  }

  async #readStrings(stored: StoredTensor, shard: Shard): Promise<Uint8Array[]> {
    const bytes = new Uint8Array(stored.size);
    await shard.readInto(bytes, stored.offset);
    const what = this.#what(stored);
    const tensor = decodeStringTensor(bytes, stored.elementCount, what);
    if (this.#verify) {
      this.#compare(stored, checksumStringTensor(bytes, tensor, this.#header.bigEndian, what));
    }
    return tensor.strings;
  }

  #compare(stored: StoredTensor, crc: number): void {
    if (unmaskChecksum(stored.checksum) !== crc) {
      throw new FormatError(`${this.#what(stored)} is corrupt: its checksum is wrong`);
    }
  }
}

/** Reverses the bytes of each number of `width` bytes. */
function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) {
    for (let low = start, high = start + width - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

/**
 * Tensors never share bytes. With that, and each being within its file, no index however crafted makes the tensors of
 * a checkpoint larger than its files.
 */
function checkPlaces(entries: Entries, header: BundleHeader, name: string): void {
  const places: StoredTensor[] = [];
  for (const stored of entries.values())
    if (!(stored instanceof Error) && stored.size > 0) places.push(stored);
  places.sort((a, b) => a.shard - b.shard || a.offset - b.offset);
  for (const [i, stored] of places.entries()) {
    const quoted = JSON.stringify(stored.name);
    if (stored.shard < 0 || stored.shard >= header.shardCount) {
      throw new FormatError(
        `tensor ${quoted} of ${name} is in data file ${stored.shard} of ${header.shardCount}`,
      );
    }
    const before = places[i - 1];
    if (before?.shard === stored.shard && before.offset + before.size > stored.offset) {
      throw new FormatError(`${name} is corrupt: tensor ${quoted} overlaps ${JSON.stringify(before.name)}`);
    }
  }
}

function isWithin(part: Box, whole: Box): boolean {
  return part.start.every(
    (start, d) => start >= whole.start[d]! && start + part.shape[d]! <= whole.start[d]! + whole.shape[d]!,
  );
}
