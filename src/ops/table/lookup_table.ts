/**
 * Lookup tables: the resources behind the hash table ops. They live on the host.
 *
 * Mirrors `tensorflow/core/kernels/lookup_table_op.{h,cc}` and `initializable_lookup_table.cc`.
 *
 * @module
 */

import {CallError, UnsupportedOpError} from '../../errors.js';
import {type DType, isInteger} from '../../host/dtypes.js';
import {integerAt, wordsOf} from '../../host/int64.js';
import {formatShape, sameShape} from '../../host/shape.js';
import {allocate, type HostData, sizeOf} from '../../host/tensor.js';
import {type Resource, Value} from '../../tensors/value.js';
import {type Column, columnOf, columnOver, LineNumbers, sameRow} from './column.js';
import {keysOf, type TableKeys} from './keys.js';

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

  /** Where the table has a string among its keys: a row, or -1. Always -1 where keys are no strings. */
  abstract idAt(bytes: Uint8Array, start: number, end: number): number;

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

  /** Elements of one value. */
  protected get valueWidth(): number {
    return sizeOf(this.valueShape);
  }

  /**
   * The values of the keys in `entries`, defaults for the others. A default of the result's shape is taken key by key
   * with `defaultPerKey`; else its first value serves all.
   */
  protected gather(keys: Value, defaultValue: Value, entries: Entries, defaultPerKey: boolean): Value {
    this.countKeys(keys);
    this.checkValueDType(defaultValue);
    const shape = this.#shapeOfValues(keys);
    const isFull = sameShape(defaultValue.shape, shape);
    if (!isFull && !sameShape(defaultValue.shape, this.valueShape)) {
      throw this.fail(
        `expected shape ${formatShape(this.valueShape)} or ${formatShape(shape)} for the default value, ` +
          `got ${formatShape(defaultValue.shape)}`,
      );
    }
    const rows = entries.keys.find(keys.hostData());
    const step = isFull && defaultPerKey ? 1 : 0;
    if (step === 0 && gatherNarrow(entries.values, rows, defaultValue)) return Value.freshNarrow(shape, rows);
    return Value.host(this.valueDType, shape, entries.values.gather(rows, defaultValue.hostData(), step));
  }
}

/** Int64 values in place of their rows, where they are held as int32; else false. */
function gatherNarrow(values: Column, rows: Int32Array, defaultValue: Value): boolean {
  if (values.gatherNarrow === undefined) return false;
  const fallback =
    defaultValue.size === 0 ? 0 : integerAt(wordsOf(defaultValue.hostData() as BigInt64Array), 0);
  return values.gatherNarrow(rows, fallback);
}

/** What finds the rows of keys, and the values in these. */
export interface Entries {
  readonly keys: Pick<TableKeys, 'find'>;
  readonly values: Column;
}

/** Every key of a table of scalars, and its value. */
function exported(table: LookupTable, keys: TableKeys, values: Column): [Value, Value] {
  const rows = keys.rows();
  return [
    Value.host(table.keyDType, [rows.length], keys.take(rows)),
    Value.host(table.valueDType, [rows.length, ...table.valueShape], values.gather(rows)),
  ];
}

/** `HashTable`: filled once, then only read. */
export class StaticTable extends LookupTable {
  #content: {readonly keys: TableKeys; readonly values: Column} | undefined;

  get size(): number {
    return this.#content?.keys.size ?? 0;
  }

  get isInitialized(): boolean {
    return this.#content !== undefined;
  }

  /**
   * Fills the table. A key may come again only with the same value; a table that is filled already takes as many
   * entries as it has, and leaves them.
   */
  initialize(keys: Value, values: Value): void {
    const count = this.countKeys(keys);
    this.checkValues(keys, values);
    if (count === 0) throw this.fail('it cannot be initialized with no entries');
    if (this.#content !== undefined) {
      if (count !== this.size) throw this.fail('it was already initialized with different data');
      return;
    }
    this.fill(keys.hostData(), values.hostData());
  }

  /**
   * Fills a table that is not filled yet with entries of its dtypes, one at least. They are kept and must not change
   * afterwards.
   */
  fill(keyData: HostData, valueData: HostData | LineNumbers): void {
    const width = this.valueWidth;
    const keys = keysOf(this.keyDType);
    const rows = keys.fill(keyData);
    const isCounting = valueData instanceof LineNumbers;
    let values = isCounting ? valueData : columnOver(this.valueDType, width, valueData);
    if (rows !== undefined) {
      const firsts = allocate('int32', keys.size) as Int32Array;
      let count = 0;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        if (row === count) {
          firsts[count++] = i;
        } else if (isCounting || !sameRow(this.valueDType, width, valueData, i, firsts[row]!)) {
          throw this.fail(`entry ${i} has the key of entry ${firsts[row]}, but another value`);
        }
      }
      values = columnOver(this.valueDType, width, values.gather(firsts));
    }
    this.#content = {keys, values};
  }

  override find(keys: Value, defaultValue: Value): Value {
    return this.gather(keys, defaultValue, this.#initialized(), false);
  }

  override idAt(bytes: Uint8Array, start: number, end: number): number {
    return this.#initialized().keys.idAt(bytes, start, end);
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
    const {keys, values} = this.#initialized();
    return exported(this, keys, values);
  }

  #initialized(): {readonly keys: TableKeys; readonly values: Column} {
    if (this.#content === undefined) throw this.fail('it is not initialized');
    return this.#content;
  }
}

/** `MutableHashTable` and `MutableHashTableOfTensors`. */
export class MutableTable extends LookupTable {
  #keys = keysOf(this.keyDType);
  #values = columnOf(this.valueDType, this.valueWidth);

  get size(): number {
    return this.#keys.size;
  }

  override find(keys: Value, defaultValue: Value): Value {
    return this.gather(keys, defaultValue, {keys: this.#keys, values: this.#values}, true);
  }

  override idAt(bytes: Uint8Array, start: number, end: number): number {
    return this.#keys.idAt(bytes, start, end);
  }

  override insert(keys: Value, values: Value): void {
    this.countKeys(keys);
    this.checkValues(keys, values);
    this.#values.put(this.#keys.add(keys.hostData()), values.hostData());
  }

  override remove(keys: Value): void {
    this.countKeys(keys);
    this.#keys.remove(keys.hostData());
  }

  override importValues(keys: Value, values: Value): void {
    this.countKeys(keys);
    this.checkValues(keys, values);
    this.#keys = keysOf(this.keyDType);
    this.#values = columnOf(this.valueDType, this.valueWidth);
    this.insert(keys, values);
  }

  override exportValues(): [Value, Value] {
    return exported(this, this.#keys, this.#values);
  }
}
