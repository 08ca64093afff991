/**
 * `MutableDenseHashTable`: a table with open addressing whose buckets are visible. What it exports, and a checkpoint
 * holds, is its buckets as they lie, empty ones among them; so each key goes to the bucket where TensorFlow would put
 * and look for it.
 *
 * @module
 */

import {hash64} from '../../algorithms/murmur_hash.js';
import {viewOf} from '../../algorithms/string_hash.js';
import {CallError} from '../../errors.js';
import type {NumericArray} from '../../host/dtypes.js';
import {wordsOf} from '../../host/int64.js';
import {formatShape, sameShape} from '../../host/shape.js';
import {PackedStrings} from '../../host/strings.js';
import {allocate, type HostData, int32Array, sizeOf} from '../../host/tensor.js';
import {convertNumbers} from '../../tensors/host.js';
import {Value} from '../../tensors/value.js';
import {columnOf, type MutableColumn, type RowSource} from './column.js';
import {LookupTable, type TableSpec} from './lookup_table.js';

/** What a dense table is made with beyond its spec. */
export interface DenseSpec extends TableSpec {
  /** The key that buckets in which nothing lies hold. */
  readonly emptyKey: Value;
  /** The key that buckets hold out of which something was taken. */
  readonly deletedKey: Value;
  readonly buckets: number;
  readonly maxLoad: number;
}

/** A dense table. */
export class DenseTable extends LookupTable {
  /** The empty key and the deleted key. */
  readonly #reserved: MutableColumn;
  readonly #reservedHashes: readonly [empty: number, deleted: number];
  readonly #maxLoad: number;
  #buckets: Buckets;

  constructor(spec: DenseSpec) {
    super({...spec, keyShape: spec.emptyKey.shape});
    if (this.keyShape.length > 1) throw this.fail('the empty key must be a scalar or a vector');
    if (!sameShape(spec.deletedKey.shape, this.keyShape)) {
      throw this.fail('empty and deleted keys must have the same shape');
    }
    this.#reserved = columnOf(this.keyDType, sizeOf(this.keyShape), 2);
    const [empty, deleted] = [spec.emptyKey.hostData(), spec.deletedKey.hostData()];
    this.#reserved.put(Int32Array.of(EMPTY), empty);
    this.#reserved.put(Int32Array.of(DELETED), deleted);
    const width = sizeOf(this.keyShape);
    this.#reservedHashes = [keyHashes(empty, width)[0]!, keyHashes(deleted, width)[0]!];
    if (this.#reserved.is(EMPTY, this.#reserved.source(deleted), 0)) {
      throw this.fail('empty and deleted keys cannot be equal');
    }
    if (!(spec.maxLoad > 0 && spec.maxLoad < 1)) {
      throw this.fail(`max_load_factor must be between 0 and 1, got ${spec.maxLoad}`);
    }
    if (spec.buckets < 4 || !Number.isInteger(Math.log2(spec.buckets))) {
      throw this.fail(`the number of buckets must be at least 4 and a power of 2, got ${spec.buckets}`);
    }
    this.#maxLoad = spec.maxLoad;
    this.#buckets = this.#allocate(spec.buckets);
  }

  get size(): number {
    return this.#buckets.size;
  }

  override find(keys: Value, defaultValue: Value): Value {
    const hashes = this.#hashesOf(keys);
    const found = {find: (data: HostData) => this.#buckets.find(data, hashes)};
    return this.gather(keys, defaultValue, {keys: found, values: this.#buckets.values}, false);
  }

  override idAt(bytes: Uint8Array, start: number, end: number): number {
    if (this.keyDType !== 'string' || this.keyShape.length > 0) return -1;
    const key = new PackedStrings(bytes, Int32Array.of(start), Int32Array.of(end));
    return this.#buckets.find(key, keyHashes(key, 1))[0]!;
  }

  override insert(keys: Value, values: Value): void {
    const hashes = this.#hashesOf(keys);
    this.checkValues(keys, values);
    // All keys count as new, as in TensorFlow: the buckets may grow without need.
    const pending = this.size + hashes.length;
    let buckets = Math.max(1, this.#buckets.count);
    while (pending > buckets * this.#maxLoad) buckets *= 2;
    if (buckets > this.#buckets.count) this.#grow(buckets);
    this.#buckets.putAll(keys.hostData(), hashes, values.hostData());
  }

  override remove(keys: Value): void {
    this.#buckets.remove(keys.hostData(), this.#hashesOf(keys));
  }

  override importValues(keys: Value, values: Value): void {
    if (keys.dtype !== this.keyDType) throw this.fail(`keys must be ${this.keyDType}, got ${keys.dtype}`);
    this.checkValueDType(values);
    // Buckets are a matrix even where keys or values are scalars.
    const count = keys.shape[0] ?? 0;
    const keyShape = [count, sizeOf(this.keyShape)];
    const valueShape = [count, sizeOf(this.valueShape)];
    if (!sameShape(keys.shape, keyShape) || !sameShape(values.shape, valueShape)) {
      throw this.fail(
        `buckets have shapes ${formatShape(keyShape)} and ${formatShape(valueShape)}, ` +
          `got ${formatShape(keys.shape)} and ${formatShape(values.shape)}`,
      );
    }
    this.#buckets = this.#allocate(count);
    this.#buckets.placeAll(keys.hostData(), values.hostData());
  }

  override exportValues(): [Value, Value] {
    const {keys, values, count} = this.#buckets;
    const all = allBuckets(count);
    return [
      Value.host(this.keyDType, [count, sizeOf(this.keyShape)], keys.gather(all)),
      Value.host(this.valueDType, [count, this.valueWidth], values.gather(all)),
    ];
  }

  #allocate(count: number): Buckets {
    return new Buckets(this, this.#reserved, count);
  }

  #grow(count: number): void {
    const old = this.#buckets;
    const rows = old.taken();
    this.#buckets = this.#allocate(count);
    const keys = old.keys.gather(rows);
    this.#buckets.putAll(keys, keyHashes(keys, sizeOf(this.keyShape)), old.values.gather(rows));
  }

  /** The hashes of `keys`, after a check that it is a list of keys none of which is reserved. */
  #hashesOf(keys: Value): Int32Array {
    const count = this.countKeys(keys);
    if (keys.rank > this.keyShape.length + 1) {
      throw this.fail(`keys must be a list of keys, got shape ${formatShape(keys.shape)}`);
    }
    const hashes = keyHashes(keys.hostData(), sizeOf(this.keyShape));
    const source = this.#reserved.source(keys.hostData());
    const [empty, deleted] = this.#reservedHashes;
    for (let i = 0; i < count; i++) {
      const hash = hashes[i]!;
      if (hash !== empty && hash !== deleted) continue;
      if (this.#reserved.is(EMPTY, source, i)) throw this.fail('the empty_key cannot be used as a key');
      if (this.#reserved.is(DELETED, source, i)) throw this.fail('the deleted_key cannot be used as a key');
    }
    return hashes;
  }
}

/** What a bucket holds: also the row of the reserved keys that the first two are told by. */
const EMPTY = 0;
const DELETED = 1;
const TAKEN = 2;

class Buckets {
  readonly #reserved: MutableColumn;
  /** How many there are. */
  readonly count: number;
  readonly keys: MutableColumn;
  readonly values: MutableColumn;
  readonly #states: Uint8Array;
  /** How many hold a key. */
  #size = 0;

  constructor(table: LookupTable, reserved: MutableColumn, count: number) {
    this.#reserved = reserved;
    this.count = count;
    this.keys = columnOf(table.keyDType, sizeOf(table.keyShape), count);
    this.values = columnOf(table.valueDType, sizeOf(table.valueShape), count);
    this.#states = allocate('uint8', count) as Uint8Array;
    const empty = this.#reservedKey(EMPTY);
    for (let bucket = 0; bucket < count; bucket++) this.keys.set(bucket, empty, 0);
  }

  get size(): number {
    return this.#size;
  }

  /** The bucket of each key, or -1. */
  find(keys: HostData, hashes: Int32Array): Int32Array {
    const source = this.keys.source(keys);
    const found = allocate('int32', hashes.length) as Int32Array;
    for (let i = 0; i < found.length; i++) found[i] = this.#find(hashes[i]!, source, i);
    return found;
  }

  /**
   * Puts each entry in its key's bucket, or else in the first of its probe sequence that has none. One out of which a key
   * was taken comes first, even where the same key lies in a later one: TensorFlow has it twice then, too.
   */
  putAll(keys: HostData, hashes: Int32Array, values: HostData): void {
    const source = this.keys.source(keys);
    const buckets = allocate('int32', hashes.length) as Int32Array;
    for (let i = 0; i < buckets.length; i++) buckets[i] = this.#take(hashes[i]!, source, i);
    // Of a key that comes again, the last value counts.
    this.values.put(buckets, values);
  }

  /** Puts what may be entries, or reserved keys, in the buckets one by one. */
  placeAll(keys: HostData, values: HostData): void {
    const source = this.keys.source(keys);
    const all = allBuckets(this.count);
    this.keys.put(all, keys);
    this.values.put(all, values);
    for (let bucket = 0; bucket < this.count; bucket++) {
      const isEmpty = this.#reserved.is(EMPTY, source, bucket);
      const state = isEmpty ? EMPTY : this.#reserved.is(DELETED, source, bucket) ? DELETED : TAKEN;
      this.#states[bucket] = state;
      if (state === TAKEN) this.#size++;
    }
  }

  remove(keys: HostData, hashes: Int32Array): void {
    const source = this.keys.source(keys);
    const deleted = this.#reservedKey(DELETED);
    for (let i = 0; i < hashes.length; i++) {
      const bucket = this.#find(hashes[i]!, source, i);
      if (bucket < 0) continue;
      this.keys.set(bucket, deleted, 0);
      this.#states[bucket] = DELETED;
      this.#size--;
    }
  }

  /** The buckets that hold a key. */
  taken(): Int32Array {
    return allBuckets(this.count).filter((bucket) => this.#states[bucket] === TAKEN);
  }

  #find(hash: number, source: RowSource, from: number): number {
    const mask = this.count - 1;
    let bucket = hash & mask;
    for (let probe = 1; probe <= this.count && this.#states[bucket] !== EMPTY; probe++) {
      if (this.#states[bucket] === TAKEN && this.keys.is(bucket, source, from)) return bucket;
      bucket = (bucket + probe) & mask;
    }
    return -1;
  }

  /** Puts a key in a bucket. */
  #take(hash: number, source: RowSource, from: number): number {
    const mask = this.count - 1;
    let bucket = hash & mask;
    for (let probe = 1; this.#states[bucket] === TAKEN; probe++) {
      if (this.keys.is(bucket, source, from)) return bucket;
      if (probe > this.count) throw new CallError('no bucket of a dense table is found for a key');
      bucket = (bucket + probe) & mask;
    }
    this.keys.set(bucket, source, from);
    this.#states[bucket] = TAKEN;
    this.#size++;
    return bucket;
  }

  #reservedKey(which: typeof EMPTY | typeof DELETED): RowSource {
    return this.keys.source(this.#reserved.gather(Int32Array.of(which)));
  }
}

const allBuckets = (count: number): Int32Array => int32Array(count, (i) => i);

/** The low words of the hashes by which keys find their buckets: an integer is its own. */
function keyHashes(keys: HostData, width: number): Int32Array {
  const words = keys instanceof PackedStrings ? stringHashes(keys) : longWords(keys as NumericArray);
  const hashes = allocate('int32', words.length / 2 / width) as Int32Array;
  for (let i = 0; i < hashes.length; i++) {
    hashes[i] = width === 1 ? words[2 * i]! : combined(words, 2 * i * width, 2 * (i + 1) * width);
  }
  return hashes;
}

/** Integers as two words each. */
function longWords(keys: NumericArray): Int32Array {
  const isLong = keys instanceof BigInt64Array || keys instanceof BigUint64Array;
  return wordsOf(isLong ? keys : (convertNumbers(keys, 'int64') as BigInt64Array));
}

/** The hash of each string: two words. */
function stringHashes({bytes, starts, ends}: PackedStrings): Int32Array {
  const words = allocate('int32', 2 * starts.length) as Int32Array;
  const view = viewOf(bytes);
  for (let i = 0; i < starts.length; i++) hash64(view, starts[i]!, ends[i]!, words, 2 * i);
  return words;
}

/** The constant 0x9e3779b97f4a7800. */
const GOLDEN_LOW = 0x7f4a7800;
const GOLDEN_HIGH = 0x9e3779b9;

/** The low word of hashes joined one after the other, by `Hash64Combine` of `tsl/platform/hash.h`. */
function combined(words: Int32Array, start: number, end: number): number {
  let low = 0;
  let high = 0;
  for (let at = start; at < end; at += 2) {
    const sum = (words[at]! >>> 0) + GOLDEN_LOW + ((low << 10) >>> 0) + (((low >>> 4) | (high << 28)) >>> 0);
    const upper = words[at + 1]! + GOLDEN_HIGH + ((high << 10) | (low >>> 22)) + (high >>> 4);
    high ^= upper + Math.floor(sum / 2 ** 32);
    low ^= sum;
  }
  return low;
}
