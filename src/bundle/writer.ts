/**
 * Writes checkpoints: TensorFlow's tensor bundles, byte for byte as `BundleWriter` in
 * `tensorflow/core/util/tensor_bundle/tensor_bundle.cc` does.
 *
 * Tensors are asked for one at a time, and written in pieces that are checksummed while the piece before is on its way
 * to the file: memory is that of one tensor and a few MB, whatever the size of the checkpoint.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import {type DType, dtypeInfo, type NumericArray} from '../host/dtypes.js';
import {sameShape} from '../host/shape.js';
import type {PackedStrings} from '../host/strings.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {encodeTensorBytes} from '../host/tensor_bytes.js';
import {getPlatform} from '../platform/current.js';
import type {FileWriter, OutputDirectory} from '../platform/platform.js';
import {encodeMessage} from '../proto/decode.js';
import {
  BundleEntryProto,
  BundleHeaderProto,
  BundleHeaderProto_Endianness,
} from '../proto/generated/tensorflow/core/protobuf/tensor_bundle.js';
import {utf8ByteString} from './byte_string.js';
import {BUNDLE_VERSION, dataFile, HEADER_KEY, indexFile} from './entries.js';
import {encodeStringTensor} from './string_tensor.js';
import {maskChecksum} from './table_format.js';
import {encodeTable} from './table_writer.js';
import {isFullSlice, parseShapeAndSlice, sliceKey, sliceToProto} from './tensor_slice.js';

/** A tensor to be written. */
export interface TensorToSave {
  /** Its name in the checkpoint. */
  readonly key: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /**
   * Where this is a part of a tensor: the shape of the whole and the slice that is given, as `SaveV2` takes them, such
   * as `20 4 0,10:-`.
   */
  readonly shapeAndSlice?: string;
  /** Gives its elements, when it is its turn to be written. They must not change afterwards. */
  read(): HostTensor | Promise<HostTensor>;
}

export interface WriteCheckpointOptions {
  /**
   * Begin another data file rather than let one grow beyond this many bytes; a larger tensor has a file to itself.
   * Strings are not counted. Default: 2 GiB.
   */
  readonly maxShardBytes?: number;
}

const DEFAULT_MAX_SHARD_BYTES = 2 ** 31;

/** So much is checksummed, then written while it is still in the processor's cache. */
const PIECE_BYTES = 2 ** 22;

/** Tensors that are smaller are gathered before they are written. */
const GATHERED_BYTES = 2 ** 18;

/**
 * Writes the checkpoint `prefix`: its data files, in the order of the tensors, then `prefix.index`.
 *
 * @param tensors - In the order in which their bytes are to lie in the data files.
 * @throws SaveError when two tensors have one name, one is of a dtype that has no bytes, or is not as announced.
 * @example
 * await writeCheckpoint(output, 'variables/variables', [
 *   {key: 'w/.ATTRIBUTES/VARIABLE_VALUE', dtype: 'float32', shape: [2], read: () => tensor},
 * ]);
 */
export async function writeCheckpoint(
  output: OutputDirectory,
  prefix: string,
  tensors: Iterable<TensorToSave>,
  options: WriteCheckpointOptions = {},
): Promise<void> {
  const shards = planShards(tensors, options.maxShardBytes ?? DEFAULT_MAX_SHARD_BYTES);
  const entries = new Map<string, BundleEntryProto>();
  for (const [shard, members] of shards.entries()) {
    const writer = new ShardWriter(await output.createFile(dataFile(prefix, shard, shards.length)));
    for (const tensor of members) {
      const key = addEntry(entries, tensor, shard);
      const offset = writer.size;
      const crc = await writeTensor(writer, tensor);
      const entry = entries.get(key)!;
      entry.offset = offset;
      entry.size = writer.size - offset;
      entry.crc32c = maskChecksum(crc);
    }
    await writer.close();
  }
  await writeIndex(output, prefix, shards.length, entries);
}

/**
 * Which tensors go to which data file. It is decided before anything is written, because the name of each file tells
 * how many there are.
 */
function planShards(tensors: Iterable<TensorToSave>, maxBytes: number): TensorToSave[][] {
  const shards: TensorToSave[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    const size = sizeOf(tensor.shape) * dtypeInfo(tensor.dtype).bytes;
    if (bytes > 0 && bytes + size > maxBytes) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)!.push(tensor);
    bytes += size;
  }
  return shards;
}

/** Makes the entry of a tensor; where it is a part of one, also the entry of the whole. Returns the key of the first. */
function addEntry(entries: Map<string, BundleEntryProto>, tensor: TensorToSave, shard: number): string {
  const name = utf8ByteString(tensor.key);
  const part = tensor.shapeAndSlice ? parseShapeAndSlice(tensor.shapeAndSlice) : undefined;
  let key = name;
  if (part !== undefined && !isFullSlice(part.slice)) {
    let whole = entries.get(name);
    if (whole === undefined) entries.set(name, (whole = entryOf(tensor.dtype, part.shape, 0)));
    whole.slices.push(sliceToProto(part.slice));
    key = sliceKey(name, part.slice);
  }
  if (entries.has(key))
    throw new SaveError(`two tensors to be saved are called ${JSON.stringify(tensor.key)}`);
  entries.set(key, entryOf(tensor.dtype, tensor.shape, shard));
  return key;
}

function entryOf(dtype: DType, shape: readonly number[], shardId: number): BundleEntryProto {
  return {
    dtype: dtypeInfo(dtype).enum as BundleEntryProto['dtype'],
    shape: {dim: shape.map((size) => ({size, name: ''})), unknownRank: false},
    shardId,
    offset: 0,
    size: 0,
    crc32c: 0,
    slices: [],
  };
}

/** Returns the CRC-32C of what the tensor's entry vouches for. */
async function writeTensor(writer: ShardWriter, tensor: TensorToSave): Promise<number> {
  const what = `tensor ${JSON.stringify(tensor.key)}`;
  const {dtype, shape, data} = await tensor.read();
  if (dtype !== tensor.dtype || !sameShape(shape, tensor.shape)) {
    throw new SaveError(
      `${what} was to be ${tensor.dtype} [${tensor.shape}] and turned out to be ${dtype} [${shape}]`,
    );
  }
  if (dtype === 'string') {
    const {pieces, checksum} = encodeStringTensor((data as PackedStrings).toArray());
    for (const piece of pieces) await writer.write(piece);
    return checksum;
  }
  if (dtypeInfo(dtype).array === undefined) {
    throw new SaveError(`${what} is a ${dtype}, which a checkpoint cannot hold`);
  }
  const {crc32c} = getPlatform();
  let crc = 0;
  for (const piece of numericPieces(dtype, data as NumericArray)) {
    crc = crc32c(piece, crc);
    await writer.write(piece);
  }
  return crc;
}

/** The stored form of numbers, piece by piece: memory as it is where that is the stored form, else a narrowed copy. */
function* numericPieces(dtype: DType, data: NumericArray): Generator<Uint8Array, void> {
  const step = PIECE_BYTES / data.BYTES_PER_ELEMENT;
  for (let at = 0; at < data.length; at += step) {
    yield encodeTensorBytes(dtype, data.subarray(at, Math.min(at + step, data.length)));
  }
}

async function writeIndex(
  output: OutputDirectory,
  prefix: string,
  numShards: number,
  entries: ReadonlyMap<string, BundleEntryProto>,
): Promise<void> {
  const header: BundleHeaderProto = {
    numShards,
    endianness: BundleHeaderProto_Endianness.LITTLE,
    version: {producer: BUNDLE_VERSION, minConsumer: 0, badConsumers: []},
  };
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = [
    [HEADER_KEY, encodeMessage(BundleHeaderProto, header)] as const,
    ...sorted.map(([key, entry]) => [key, encodeMessage(BundleEntryProto, entry)] as const),
  ];
  const file = await output.createFile(indexFile(prefix));
  for (const block of encodeTable(rows)) await file.write(block);
  await file.close();
}

/** A data file: small writes are gathered, and one write is under way while the next is prepared. */
class ShardWriter {
  /** Bytes written so far. */
  size = 0;
  readonly #file: FileWriter;
  /** Small writes are put in the first while the second is on its way to the file. */
  #buffers = [new Uint8Array(GATHERED_BYTES), new Uint8Array(GATHERED_BYTES)] as const;
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileWriter) {
    this.#file = file;
  }

  /** `bytes` must stay as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    this.size += bytes.length;
    if (this.#filled + bytes.length > GATHERED_BYTES) await this.#flush();
    if (bytes.length > GATHERED_BYTES) {
      await this.#pass(bytes);
    } else {
      this.#buffers[0].set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#writing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    const [full, free] = this.#buffers;
    const bytes = full.subarray(0, this.#filled);
    this.#filled = 0;
    await this.#pass(bytes);
    this.#buffers = [free, full];
  }

  async #pass(bytes: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#file.write(bytes);
    // A failure is met by whoever waits next.
    this.#writing.catch(() => undefined);
  }
}
