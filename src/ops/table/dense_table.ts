/**
 * `MutableDenseHashTable`: a table with open addressing whose buckets are visible. What it exports, and a checkpoint
 * holds, is its buckets as they lie, empty ones among them; so each key goes to the bucket where TensorFlow would put
 * and look for it.
 *
 * @module
 */

import {hash64} from '../../algorithms/hashes.js';
import {formatShape, sameShape} from '../../host/shape.js';
import {allocate, elementsOf, sizeOf} from '../../host/tensor.js';
import {Value} from '../../tensors/value.js';
import {Column, type Elements} from './column.js';
import {KeyIndex} from './key_index.js';
import {type Entries, LookupTable, type TableSpec} from './lookup_table.js';

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
  readonly #reserved: Column;
  readonly #maxLoad: number;
  #buckets: Buckets;

  constructor(spec: DenseSpec) {
    super({...spec, keyShape: spec.emptyKey.shape});
    if (this.keyShape.length > 1) throw this.fail('the empty key must be a scalar or a vector');
    if (!sameShape(spec.deletedKey.shape, this.keyShape)) {
      throw this.fail('empty and deleted keys must have the same shape');
    }
    this.#reserved = new Column(this.keyDType, sizeOf(this.keyShape), 2);
    this.#reserved.set(0, elementsOf(spec.emptyKey.hostData()), 0);
    this.#reserved.set(1, elementsOf(spec.deletedKey.hostData()), 0);
    if (this.#reserved.equals(0, this.#reserved.data, 1)) {
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
    return this.#buckets.index.size;
  }

  override find(keys: Value, defaultValue: Value): Value {
    this.#checkKeys(keys);
    return this.gather(keys, defaultValue, this.#buckets, false);
  }

  override has(key: Uint8Array): boolean {
    return this.keyDType === 'string' && this.#buckets.index.find([key], 0) >= 0;
  }

  override insert(keys: Value, values: Value): void {
    const count = this.#checkKeys(keys);
    this.checkValues(keys, values);
    // All keys count as new, as in TensorFlow: the buckets may grow without need.
    const pending = this.size + count;
    let buckets = this.#buckets.count;
    while (pending > buckets * this.#maxLoad) buckets *= 2;
    if (buckets > this.#buckets.count) this.#grow(buckets);
    const [keyData, valueData] = [elementsOf(keys.hostData()), elementsOf(values.hostData())];
    for (let i = 0; i < count; i++) this.#buckets.put(keyData, valueData, i);
  }

  override remove(keys: Value): void {
    const count = this.#checkKeys(keys);
    for (let i = 0; i < count; i++) this.#buckets.remove(elementsOf(keys.hostData()), i);
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
    const [keyData, valueData] = [elementsOf(keys.hostData()), elementsOf(values.hostData())];
    for (let i = 0; i < count; i++) this.#buckets.place(i, keyData, valueData, i);
  }

  override exportValues(): [Value, Value] {
    const {keys, values, count} = this.#buckets;
    const copy = ({dtype, width, data}: Column) => {
      const rows = new Column(dtype, width, count);
      for (let i = 0; i < count; i++) rows.set(i, data, i);
      return Value.host(dtype, [count, width], rows.hostData);
    };
    return [copy(keys), copy(values)];
  }

  #allocate(count: number): Buckets {
    return new Buckets(this, this.#reserved, count);
  }

  #grow(count: number): void {
    const {keys, values, index} = this.#buckets;
    this.#buckets = this.#allocate(count);
    for (const bucket of index.rows()) this.#buckets.put(keys.data, values.data, bucket);
  }

  /** Checks that `keys` is a list of keys, none of which is reserved; gives their number. */
  #checkKeys(keys: Value): number {
    const count = this.countKeys(keys);
    if (keys.rank > this.keyShape.length + 1) {
      throw this.fail(`keys must be a list of keys, got shape ${formatShape(keys.shape)}`);
    }
    const data = elementsOf(keys.hostData());
    for (let i = 0; i < count; i++) {
      if (this.#reserved.equals(0, data, i)) throw this.fail('the empty_key cannot be used as a key');
      if (this.#reserved.equals(1, data, i)) throw this.fail('the deleted_key cannot be used as a key');
    }
    return count;
  }
}

class Buckets implements Entries {
  readonly #reserved: Column;
  readonly count: number;
  readonly keys: Column;
  readonly values: Column;
  readonly index: KeyIndex;
  /** 1 for buckets with an entry. */
  readonly #taken: Uint8Array;

  constructor(table: LookupTable, reserved: Column, count: number) {
    this.#reserved = reserved;
    this.count = count;
    this.keys = new Column(table.keyDType, sizeOf(table.keyShape), count);
    this.values = new Column(table.valueDType, sizeOf(table.valueShape), count);
    this.index = new KeyIndex(this.keys);
    this.#taken = allocate('bool', count) as Uint8Array;
    for (let i = 0; i < count; i++) this.keys.set(i, reserved.data, 0);
  }

  /** Puts an entry in its key's bucket, or else in the first of its probe sequence that has none. */
  put(keys: Elements, values: Elements, from: number): void {
    const own = this.index.find(keys, from);
    if (own >= 0) {
      this.values.set(own, values, from);
      return;
    }
    const mask = this.count - 1;
    let bucket = Number(keyHash(keys, from, this.keys.width) & BigInt(mask));
    for (let probe = 1; this.#taken[bucket] === 1; probe++) bucket = (bucket + probe) & mask;
    this.place(bucket, keys, values, from);
  }

  /** Puts what may be an entry, or one of the reserved keys, in a bucket. */
  place(bucket: number, keys: Elements, values: Elements, from: number): void {
    this.keys.set(bucket, keys, from);
    this.values.set(bucket, values, from);
    if (this.#reserved.equals(0, keys, from) || this.#reserved.equals(1, keys, from)) return;
    this.#taken[bucket] = 1;
    this.index.add(bucket);
  }

  remove(keys: Elements, from: number): void {
    const bucket = this.index.find(keys, from);
    if (bucket < 0) return;
    this.index.delete(bucket);
    this.#taken[bucket] = 0;
    this.keys.set(bucket, this.#reserved.data, 1);
  }
}

/** The hash whose low bits name a key's first bucket: an integer is its own. */
function keyHash(keys: Elements, row: number, width: number): bigint {
  let hash = 0n;
  for (let i = row * width; i < (row + 1) * width; i++) {
    const element = keys[i] as Uint8Array | number | bigint;
    const own = element instanceof Uint8Array ? hash64(element).toBigInt() : BigInt(element);
    hash = width === 1 ? own : combineHashes(hash, BigInt.asUintN(64, own));
  }
  return BigInt.asUintN(64, hash);
}

/** `Hash64Combine` of `tsl/platform/hash.h`. */
function combineHashes(a: bigint, b: bigint): bigint {
  return a ^ BigInt.asUintN(64, b + 0x9e3779b97f4a7800n + (a << 10n) + (a >> 4n));
}
