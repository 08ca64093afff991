/**
 * Lookup tables: the resources behind the hash table ops. They live on the host.
 *
 * Mirrors `tensorflow/core/kernels/lookup_table_op.{h,cc}` and `initializable_lookup_table.cc`.
 *
 * @module
 */

import {CallError, UnsupportedOpError} from '../../errors.js';
import {type DType, isInteger} from '../../host/dtypes.js';
import {formatShape, sameShape} from '../../host/shape.js';
import {elementsOf, sizeOf} from '../../host/tensor.js';
import {type Resource, Value} from '../../tensors/value.js';
import {Column, type Elements} from './column.js';
import {KeyIndex} from './key_index.js';

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

  /** True when the table has this key; always false where keys are no strings. */
  abstract has(key: Uint8Array): boolean;

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

  /** How many keys `keys` holds, whose trailing dimensions are one key. */
  protected countKeys(keys: Value): number {
    if (keys.dtype !== this.keyDType) {
      throw this.fail(`keys must be ${this.keyDType}, got ${keys.dtype}`);
    }
    const from = keys.rank - this.keyShape.length;
    if (from < 0 || !sameShape(keys.shape.slice(from), this.keyShape)) {
      throw this.fail(`key shape ${formatShape(keys.shape)} must end with ${formatShape(this.keyShape)}`);
    }
    return sizeOf(keys.shape.slice(0, from));
  }

  /** Checks that there is one value for each key. */
  protected checkValues(keys: Value, values: Value): void {
    this.checkValueDType(values);
    const expected = this.#shapeOfValues(keys);
    if (!sameShape(values.shape, expected)) {
      throw this.fail(`expected shape ${formatShape(expected)} for values, got ${formatShape(values.shape)}`);
    }
  }

  protected checkValueDType(values: Value): void {
    if (values.dtype === this.valueDType) return;
    throw this.fail(`values must be ${this.valueDType}, got ${values.dtype}`);
  }

  /** The shape of the values of `keys`. */
  #shapeOfValues(keys: Value): number[] {
    return [...keys.shape.slice(0, keys.rank - this.keyShape.length), ...this.valueShape];
  }

  /**
   * The values of the keys in `index`, defaults for the others. A default of the result's shape is taken key by key
   * with `defaultPerKey`; else its first value serves all.
   */
  protected gather(
    keys: Value,
    defaultValue: Value,
    {index, values}: Entries,
    defaultPerKey: boolean,
  ): Value {
    const count = this.countKeys(keys);
    this.checkValueDType(defaultValue);
    const shape = this.#shapeOfValues(keys);
    const isFull = sameShape(defaultValue.shape, shape);
    if (!isFull && !sameShape(defaultValue.shape, this.valueShape)) {
      throw this.fail(
        `expected shape ${formatShape(this.valueShape)} or ${formatShape(shape)} for the default value, ` +
          `got ${formatShape(defaultValue.shape)}`,
      );
    }
    const out = new Column(this.valueDType, values.width, count);
    const [keyData, defaults] = [elementsOf(keys.hostData()), elementsOf(defaultValue.hostData())];
    const step = isFull && defaultPerKey ? 1 : 0;
    for (let i = 0; i < count; i++) {
      const row = index.find(keyData, i);
      if (row >= 0) out.set(i, values.data, row);
      else out.set(i, defaults, i * step);
    }
    return Value.host(this.valueDType, shape, out.hostData);
  }
}

/** Keys, their values, and the index that finds them. */
export interface Entries {
  readonly index: KeyIndex;
  readonly keys: Column;
  readonly values: Column;
}

/** Entries in rows. Rows of removed keys are used again. */
class Rows implements Entries {
  readonly #free: number[] = [];
  readonly keys: Column;
  readonly values: Column;
  readonly index: KeyIndex;

  constructor(table: LookupTable) {
    this.keys = new Column(table.keyDType, sizeOf(table.keyShape));
    this.values = new Column(table.valueDType, sizeOf(table.valueShape));
    this.index = new KeyIndex(this.keys);
  }

  get size(): number {
    return this.index.size;
  }

  /** Puts entry `from` of the data in a new row. */
  add(keys: Elements, values: Elements, from: number): void {
    const row = this.#free.pop() ?? this.size;
    this.keys.set(row, keys, from);
    this.values.set(row, values, from);
    this.index.add(row);
  }

  remove(row: number): void {
    this.index.delete(row);
    this.#free.push(row);
  }

  export(table: LookupTable): [Value, Value] {
    const keys = new Column(table.keyDType, this.keys.width, this.size);
    const values = new Column(table.valueDType, this.values.width, this.size);
    this.index.rows().forEach((row, at) => {
      keys.set(at, this.keys.data, row);
      values.set(at, this.values.data, row);
    });
    return [
      Value.host(table.keyDType, [this.size, ...table.keyShape], keys.hostData),
      Value.host(table.valueDType, [this.size, ...table.valueShape], values.hostData),
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
    const count = this.countKeys(keys);
    this.checkValues(keys, values);
    if (count === 0) throw this.fail('it cannot be initialized with no entries');
    if (this.#rows !== undefined) {
      if (count !== this.size) throw this.fail('it was already initialized with different data');
      return;
    }
    const rows = new Rows(this);
    const [keyData, valueData] = [elementsOf(keys.hostData()), elementsOf(values.hostData())];
    for (let i = 0; i < count; i++) {
      const row = rows.index.find(keyData, i);
      if (row < 0) rows.add(keyData, valueData, i);
      else if (!rows.values.equals(row, valueData, i)) {
        throw this.fail(`entry ${i} has the key of entry ${row}, but another value`);
      }
    }
    this.#rows = rows;
  }

  override find(keys: Value, defaultValue: Value): Value {
    if (this.#rows === undefined) throw this.fail('it is not initialized');
    return this.gather(keys, defaultValue, this.#rows, false);
  }

  override has(key: Uint8Array): boolean {
    if (this.#rows === undefined) throw this.fail('it is not initialized');
    return this.keyDType === 'string' && this.#rows.index.find([key], 0) >= 0;
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

/** `MutableHashTable` and `MutableHashTableOfTensors`. */
export class MutableTable extends LookupTable {
  #rows = new Rows(this);

  get size(): number {
    return this.#rows.size;
  }

  override find(keys: Value, defaultValue: Value): Value {
    return this.gather(keys, defaultValue, this.#rows, true);
  }

  override has(key: Uint8Array): boolean {
    return this.keyDType === 'string' && this.#rows.index.find([key], 0) >= 0;
  }

  override insert(keys: Value, values: Value): void {
    const count = this.countKeys(keys);
    this.checkValues(keys, values);
    const [keyData, valueData] = [elementsOf(keys.hostData()), elementsOf(values.hostData())];
    for (let i = 0; i < count; i++) {
      const row = this.#rows.index.find(keyData, i);
      if (row < 0) this.#rows.add(keyData, valueData, i);
      else this.#rows.values.set(row, valueData, i);
    }
  }

  override remove(keys: Value): void {
    const count = this.countKeys(keys);
    for (let i = 0; i < count; i++) {
      const row = this.#rows.index.find(elementsOf(keys.hostData()), i);
      if (row >= 0) this.#rows.remove(row);
    }
  }

  override importValues(keys: Value, values: Value): void {
    this.countKeys(keys);
    this.checkValues(keys, values);
    this.#rows = new Rows(this);
    this.insert(keys, values);
  }

  override exportValues(): [Value, Value] {
    return this.#rows.export(this);
  }
}
