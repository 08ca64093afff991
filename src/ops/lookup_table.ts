/**
 * Lookup tables: the resources behind the hash table ops. They live on the host.
 *
 * Mirrors `tensorflow/core/kernels/lookup_table_op.{h,cc}` and `initializable_lookup_table.cc`.
 *
 * @module
 */

import {CallError, UnsupportedOpError} from '../errors.js';
import {type DType, isInteger} from '../graph/dtypes.js';
import {formatShape, sameShape} from '../graph/shape.js';
import {type HostData, sizeOf} from '../graph/tensor.js';
import {toLatin1} from './bytes.js';
import {Column} from './column.js';
import {hash64} from './hashes.js';
import {type Resource, Value} from './value.js';

/** What a table maps. */
export interface TableSpec {
  readonly name: string;
  readonly keyDType: DType;
  readonly valueDType: DType;
  /** Shape of one key: a scalar, or for dense tables a vector. */
  readonly keyShape?: readonly number[];
  /** Shape of one value: a scalar or a vector. */
  readonly valueShape?: readonly number[];
}

/** A key as a Map knows it: equal for equal keys. */
type KeyId = string | number;

/** A table from keys to values. Every method throws a CallError for arguments that TensorFlow refuses. */
export abstract class LookupTable implements Resource {
  readonly kind = 'lookup table';
  readonly name: string;
  readonly keyDType: DType;
  readonly valueDType: DType;
  readonly keyShape: readonly number[];
  readonly valueShape: readonly number[];

  constructor({name, keyDType, valueDType, keyShape = [], valueShape = []}: TableSpec) {
    if (keyDType !== 'string' && !isInteger(keyDType)) {
      throw new UnsupportedOpError(`table '${name}': keys of dtype ${keyDType} are not supported`);
    }
    if (valueDType === 'variant' || valueDType === 'resource') {
      throw new UnsupportedOpError(`table '${name}': values of dtype ${valueDType} are not supported`);
    }
    this.name = name;
    this.keyDType = keyDType;
    this.valueDType = valueDType;
    this.keyShape = keyShape;
    this.valueShape = valueShape;
  }

  /** Number of keys. */
  abstract get size(): number;

  /**
   * The values of `keys`. Keys that the table has not get `defaultValue`: one value for all, or one for each key.
   */
  abstract find(keys: Value, defaultValue: Value): Value;

  /** Adds keys, or changes their values. */
  abstract insert(keys: Value, values: Value): void;

  /** Takes keys out; those that the table has not are passed over. */
  abstract remove(keys: Value): void;

  /** Makes what `exportValues` gave the table's content. */
  abstract importValues(keys: Value, values: Value): void;

  /** Every key and its value. */
  abstract exportValues(): [keys: Value, values: Value];

  protected fail(what: string): CallError {
    return new CallError(`table '${this.name}': ${what}`);
  }

  /** The ids of `keys`, whose trailing dimensions are one key. */
  protected keyIds(keys: Value): KeyId[] {
    if (keys.dtype !== this.keyDType) {
      throw this.fail(`keys must be ${this.keyDType}, got ${keys.dtype}`);
    }
    const from = keys.rank - this.keyShape.length;
    if (from < 0 || !sameShape(keys.shape.slice(from), this.keyShape)) {
      throw this.fail(`key shape ${formatShape(keys.shape)} must end with ${formatShape(this.keyShape)}`);
    }
    return elementIds(keys.dtype, keys.hostData(), sizeOf(this.keyShape));
  }

  /** Checks that there is one value for each key. */
  protected checkValues(keys: Value, values: Value): void {
    this.checkValueDType(values);
    const expected = this.valuesShape(keys);
    if (!sameShape(values.shape, expected)) {
      throw this.fail(`expected shape ${formatShape(expected)} for values, got ${formatShape(values.shape)}`);
    }
  }

  protected checkValueDType(values: Value): void {
    if (values.dtype === this.valueDType) return;
    throw this.fail(`values must be ${this.valueDType}, got ${values.dtype}`);
  }

  /** The shape of the values of `keys`. */
  protected valuesShape(keys: Value): number[] {
    return [...keys.shape.slice(0, keys.rank - this.keyShape.length), ...this.valueShape];
  }

  /** The values of the keys that `row` knows a row of `values` of; defaults for the others. */
  protected gather(
    keys: Value,
    defaultValue: Value,
    values: Column,
    row: (id: KeyId) => number | undefined,
  ): Value {
    const ids = this.keyIds(keys);
    this.checkValueDType(defaultValue);
    const shape = this.valuesShape(keys);
    const oneEach = sameShape(defaultValue.shape, shape) && this.usesFullDefaults;
    if (!sameShape(defaultValue.shape, shape) && !sameShape(defaultValue.shape, this.valueShape)) {
      throw this.fail(
        `expected shape ${formatShape(this.valueShape)} or ${formatShape(shape)} for the default value, ` +
          `got ${formatShape(defaultValue.shape)}`,
      );
    }
    const out = new Column(this.valueDType, values.width, ids.length);
    const defaults = defaultValue.hostData();
    ids.forEach((id, i) => {
      const found = row(id);
      if (found === undefined) out.set(i, defaults, oneEach ? i : 0);
      else out.set(i, values.data, found);
    });
    return Value.host(this.valueDType, shape, out.data);
  }

  /** Whether a default of the result's shape is taken key by key; else its first value serves all. */
  protected get usesFullDefaults(): boolean {
    return true;
  }
}

/** Ids of keys that are `width` elements each. */
function elementIds(dtype: DType, data: HostData, width: number): KeyId[] {
  const ids: KeyId[] =
    dtype === 'string'
      ? (data as readonly Uint8Array[]).map(toLatin1)
      : data instanceof BigInt64Array || data instanceof BigUint64Array
        ? int64Ids(data)
        : Array.from(data as ArrayLike<number>);
  if (width === 1) return ids;
  const joined = (row: number) => {
    const parts = ids.slice(row * width, (row + 1) * width).map(String);
    return parts.map((part) => `${part.length}:${part}`).join('');
  };
  return Array.from({length: ids.length / width}, (_, row) => joined(row));
}

/** Numbers where they are exact, which spares a Map the hashing of bigints. */
function int64Ids(data: BigInt64Array | BigUint64Array): KeyId[] {
  const halves = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  return Array.from({length: data.length}, (_, i) => {
    const low = halves[2 * i]!;
    const high = halves[2 * i + 1]!;
    if (high === low >> 31) return low;
    const number = high * 2 ** 32 + (low >>> 0);
    return Number.isSafeInteger(number) ? number : String(data[i]);
  });
}

/** Rows of keys and values, found by a Map. Rows of removed keys are used again. */
class Rows {
  readonly #rows = new Map<KeyId, number>();
  readonly #free: number[] = [];
  readonly keys: Column;
  readonly values: Column;

  constructor(table: LookupTable) {
    this.keys = new Column(table.keyDType, sizeOf(table.keyShape));
    this.values = new Column(table.valueDType, sizeOf(table.valueShape));
  }

  get size(): number {
    return this.#rows.size;
  }

  row(id: KeyId): number | undefined {
    return this.#rows.get(id);
  }

  /** Puts key and value `from` of the data in a new row. */
  add(id: KeyId, keys: HostData, values: HostData, from: number): void {
    const row = this.#free.pop() ?? this.#rows.size;
    this.#rows.set(id, row);
    this.keys.set(row, keys, from);
    this.values.set(row, values, from);
  }

  remove(id: KeyId): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    this.#free.push(row);
  }

  /** All keys and values, in the order in which the keys were added. */
  export(table: LookupTable): [Value, Value] {
    const keys = new Column(table.keyDType, this.keys.width, this.size);
    const values = new Column(table.valueDType, this.values.width, this.size);
    let at = 0;
    for (const row of this.#rows.values()) {
      keys.set(at, this.keys.data, row);
      values.set(at++, this.values.data, row);
    }
    return [
      Value.host(table.keyDType, [at, ...table.keyShape], keys.data),
      Value.host(table.valueDType, [at, ...table.valueShape], values.data),
    ];
  }
}

/** `HashTable`: filled once, then only read. */
export class StaticTable extends LookupTable {
  #rows: Rows | undefined;

  get size(): number {
    return this.#rows?.size ?? 0;
  }

  get isInitialized(): boolean {
    return this.#rows !== undefined;
  }

  /**
   * Fills the table. A key may come again only with the same value; a table that is filled already takes as many
   * entries as it has, and leaves them.
   */
  initialize(keys: Value, values: Value): void {
    const ids = this.keyIds(keys);
    this.checkValues(keys, values);
    if (ids.length === 0) throw this.fail('it cannot be initialized with no entries');
    if (this.#rows !== undefined) {
      if (ids.length !== this.size) throw this.fail('it was already initialized with different data');
      return;
    }
    const rows = new Rows(this);
    const [keyData, valueData] = [keys.hostData(), values.hostData()];
    ids.forEach((id, i) => {
      const row = rows.row(id);
      if (row === undefined) rows.add(id, keyData, valueData, i);
      else if (!rows.values.equals(row, valueData, i)) {
        throw this.fail(`it has different values for the same key (entry ${i}, key ${printable(id)})`);
      }
    });
    this.#rows = rows;
  }

  override find(keys: Value, defaultValue: Value): Value {
    const rows = this.#rows;
    if (rows === undefined) throw this.fail('it is not initialized');
    return this.gather(keys, defaultValue, rows.values, (id) => rows.row(id));
  }

  protected override get usesFullDefaults(): boolean {
    return false;
  }

  override insert(): void {
    throw this.fail('it cannot be inserted into: it is filled once');
  }

  override remove(): void {
    throw this.fail('it cannot be removed from: it is filled once');
  }

  override importValues(keys: Value, values: Value): void {
    this.initialize(keys, values);
  }

  override exportValues(): [Value, Value] {
    if (this.#rows === undefined) throw this.fail('it is not initialized');
    return this.#rows.export(this);
  }
}

function printable(id: KeyId): string {
  return typeof id === 'number' ? String(id) : JSON.stringify(id);
}

/** `MutableHashTable` and `MutableHashTableOfTensors`. */
export class MutableTable extends LookupTable {
  #rows = new Rows(this);

  get size(): number {
    return this.#rows.size;
  }

  override find(keys: Value, defaultValue: Value): Value {
    return this.gather(keys, defaultValue, this.#rows.values, (id) => this.#rows.row(id));
  }

  override insert(keys: Value, values: Value): void {
    const ids = this.keyIds(keys);
    this.checkValues(keys, values);
    const [keyData, valueData] = [keys.hostData(), values.hostData()];
    ids.forEach((id, i) => {
      const row = this.#rows.row(id);
      if (row === undefined) this.#rows.add(id, keyData, valueData, i);
      else this.#rows.values.set(row, valueData, i);
    });
  }

  override remove(keys: Value): void {
    for (const id of this.keyIds(keys)) this.#rows.remove(id);
  }

  override importValues(keys: Value, values: Value): void {
    this.keyIds(keys);
    this.checkValues(keys, values);
    this.#rows = new Rows(this);
    this.insert(keys, values);
  }

  override exportValues(): [Value, Value] {
    return this.#rows.export(this);
  }
}

/** What a dense table is made with beyond its spec. */
export interface DenseSpec extends TableSpec {
  readonly emptyKey: Value;
  readonly deletedKey: Value;
  readonly buckets: number;
  readonly maxLoad: number;
}

/**
 * `MutableDenseHashTable`: open addressing. Its export is its buckets as they lie, empty ones among them, which is what
 * a checkpoint holds; so each key goes to the bucket where TensorFlow would look for it.
 */
export class DenseTable extends LookupTable {
  readonly #emptyKey: Value;
  readonly #deletedKey: Value;
  readonly #emptyId: KeyId;
  readonly #deletedId: KeyId;
  readonly #maxLoad: number;
  #buckets: number;
  #keys: Column;
  #values: Column;
  /** The bucket of each key. */
  #bucketOf = new Map<KeyId, number>();
  /** What lies in each bucket. */
  #ids: KeyId[];

  constructor(spec: DenseSpec) {
    super({...spec, keyShape: spec.emptyKey.shape});
    this.#emptyKey = spec.emptyKey;
    this.#deletedKey = spec.deletedKey;
    this.#emptyId = this.keyIds(spec.emptyKey)[0]!;
    this.#deletedId = this.keyIds(spec.deletedKey)[0]!;
    this.#maxLoad = spec.maxLoad;
    this.#buckets = spec.buckets;
    if (this.keyShape.length > 1) throw this.fail('the empty key must be a scalar or a vector');
    if (this.#emptyId === this.#deletedId) throw this.fail('empty and deleted keys cannot be equal');
    if (!sameShape(spec.deletedKey.shape, this.keyShape)) {
      throw this.fail('empty and deleted keys must have the same shape');
    }
    if (!(spec.maxLoad > 0 && spec.maxLoad < 1)) {
      throw this.fail(`max_load_factor must be between 0 and 1, got ${spec.maxLoad}`);
    }
    if (spec.buckets < 4 || !Number.isInteger(Math.log2(spec.buckets))) {
      throw this.fail(`the number of buckets must be at least 4 and a power of 2, got ${spec.buckets}`);
    }
    [this.#keys, this.#values] = this.#columns(0);
    this.#ids = [];
    this.#allocate(spec.buckets);
  }

  get size(): number {
    return this.#bucketOf.size;
  }

  protected override get usesFullDefaults(): boolean {
    return false;
  }

  override find(keys: Value, defaultValue: Value): Value {
    this.#checkedIds(keys);
    if (keys.rank > this.keyShape.length + 1) {
      throw this.fail(`keys must be a list of keys, got shape ${formatShape(keys.shape)}`);
    }
    return this.gather(keys, defaultValue, this.#values, (id) => this.#bucketOf.get(id));
  }

  override insert(keys: Value, values: Value): void {
    const ids = this.#checkedIds(keys);
    this.checkValues(keys, values);
    // All keys count as new, as in TensorFlow: the buckets may grow without need.
    const pending = this.size + ids.length;
    let buckets = this.#buckets;
    while (pending > buckets * this.#maxLoad) buckets *= 2;
    if (buckets > this.#buckets) this.#rebucket(buckets);
    const [keyData, valueData] = [keys.hostData(), values.hostData()];
    ids.forEach((id, i) => {
      this.#put(id, keyData, valueData, i);
    });
  }

  override remove(keys: Value): void {
    const deleted = this.#deletedKey.hostData();
    for (const id of this.#checkedIds(keys)) {
      const bucket = this.#bucketOf.get(id);
      if (bucket === undefined) continue;
      this.#bucketOf.delete(id);
      this.#ids[bucket] = this.#deletedId;
      this.#keys.set(bucket, deleted, 0);
    }
  }

  override importValues(keys: Value, values: Value): void {
    // Buckets are a matrix even where keys or values are scalars.
    const buckets = keys.shape[0] ?? 0;
    const expected = [
      [buckets, this.#keys.width],
      [buckets, this.#values.width],
    ];
    this.checkValueDType(values);
    if (keys.dtype !== this.keyDType) throw this.fail(`keys must be ${this.keyDType}, got ${keys.dtype}`);
    if (!sameShape(keys.shape, expected[0]!) || !sameShape(values.shape, expected[1]!)) {
      throw this.fail(
        `buckets have shapes ${formatShape(expected[0]!)} and ${formatShape(expected[1]!)}, ` +
          `got ${formatShape(keys.shape)} and ${formatShape(values.shape)}`,
      );
    }
    const ids = elementIds(this.keyDType, keys.hostData(), this.#keys.width);
    this.#allocate(buckets);
    this.#ids = ids;
    ids.forEach((id, bucket) => {
      this.#keys.set(bucket, keys.hostData(), bucket);
      this.#values.set(bucket, values.hostData(), bucket);
      if (id !== this.#emptyId && id !== this.#deletedId) this.#bucketOf.set(id, bucket);
    });
  }

  override exportValues(): [Value, Value] {
    const [keys, values] = this.#columns(this.#buckets);
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      keys.set(bucket, this.#keys.data, bucket);
      values.set(bucket, this.#values.data, bucket);
    }
    return [
      Value.host(this.keyDType, [this.#buckets, keys.width], keys.data),
      Value.host(this.valueDType, [this.#buckets, values.width], values.data),
    ];
  }

  #columns(rows: number): [Column, Column] {
    return [
      new Column(this.keyDType, sizeOf(this.keyShape), rows),
      new Column(this.valueDType, sizeOf(this.valueShape), rows),
    ];
  }

  #allocate(buckets: number): void {
    this.#buckets = buckets;
    [this.#keys, this.#values] = this.#columns(buckets);
    this.#ids = new Array<KeyId>(buckets).fill(this.#emptyId);
    this.#bucketOf = new Map();
    const empty = this.#emptyKey.hostData();
    for (let bucket = 0; bucket < buckets; bucket++) this.#keys.set(bucket, empty, 0);
  }

  #rebucket(buckets: number): void {
    const [ids, keys, values] = [this.#ids, this.#keys, this.#values];
    this.#allocate(buckets);
    ids.forEach((id, i) => {
      if (id !== this.#emptyId && id !== this.#deletedId) this.#put(id, keys.data, values.data, i);
    });
  }

  /** Puts a key in the first bucket of its probe sequence that is its own, empty or deleted. */
  #put(id: KeyId, keys: HostData, values: HostData, from: number): void {
    const mask = this.#buckets - 1;
    let bucket = Number(BigInt.asUintN(52, this.#hash(keys, from))) % this.#buckets;
    for (let probe = 1; probe <= this.#buckets; probe++) {
      const found = this.#ids[bucket];
      if (found === id || found === this.#emptyId || found === this.#deletedId) {
        this.#ids[bucket] = id;
        this.#bucketOf.set(id, bucket);
        this.#keys.set(bucket, keys, from);
        this.#values.set(bucket, values, from);
        return;
      }
      bucket = (bucket + probe) & mask;
    }
    throw this.fail('no bucket is free');
  }

  #hash(keys: HostData, row: number): bigint {
    const {width} = this.#keys;
    let hash = 0n;
    for (let i = 0; i < width; i++) {
      const element = keys[row * width + i];
      const own =
        element instanceof Uint8Array ? hash64(element).toBigInt() : BigInt(element as number | bigint);
      hash = width === 1 ? own : combineHashes(hash, own);
    }
    return BigInt.asUintN(64, hash);
  }

  #checkedIds(keys: Value): KeyId[] {
    const ids = this.keyIds(keys);
    for (const id of ids) {
      if (id === this.#emptyId) throw this.fail('using the empty_key as a table key is not allowed');
      if (id === this.#deletedId) throw this.fail('using the deleted_key as a table key is not allowed');
    }
    return ids;
  }
}

/** `Hash64Combine` of `tsl/platform/hash.h`. */
function combineHashes(a: bigint, b: bigint): bigint {
  return a ^ BigInt.asUintN(64, b + 0x9e3779b97f4a7800n + (a << 10n) + (a >> 4n));
}
