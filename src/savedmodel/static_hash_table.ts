/**
 * A lookup table that functions can use, and that is saved with them.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {HostTensor} from '../host/tensor.js';
import {func} from '../trace/func.js';
import {describeInput, type TensorInput, toValue} from './boundary.js';
import {rawOps} from './raw/raw_ops.js';
import type {RawTensor} from './raw/tensor.js';
import {ownResource, SAVED_OBJECT, type SavedObjectSpec, Trackable} from './save/trackable.js';

/** What a table maps to what. */
export interface TableEntries {
  /** A vector of keys. */
  readonly keys: TensorInput;
  /** As many values. */
  readonly values: TensorInput;
}

/** How a {@link StaticHashTable} is made. */
export interface StaticHashTableOptions {
  /** `string` or `int64` by default, as the keys are. */
  readonly keyDType?: DType;
  /** `string`, `int64` where all values are integers, or `float32` by default. */
  readonly valueDType?: DType;
  /** By which the table is known where it is loaded; tables of one name are one. Unique by default. */
  readonly name?: string;
}

/**
 * A table that does not change, such as a vocabulary. An attribute of a {@link Trackable}, it is saved with the functions that
 * use it. Mirrors `tf.lookup.StaticHashTable`.
 *
 * @example
 * class Ids extends Trackable {
 *   table = new StaticHashTable({keys: ['a', 'b'], values: [1, 2]}, -1);
 *   __call__ = func((words: tf.Tensor) => this.table.lookup(rawOps.StringLower({input: words})), {
 *     inputSignature: [new TensorSpec([null], 'string')],
 *   });
 * }
 */
export class StaticHashTable extends Trackable {
  readonly keyDType: DType;
  readonly valueDType: DType;
  readonly #handle: RawTensor;
  readonly #defaultValue: HostTensor;
  readonly #functions: readonly (readonly [name: string, value: unknown])[];

  /** @param defaultValue - of keys that the table has not */
  constructor({keys, values}: TableEntries, defaultValue: TensorInput, options: StaticHashTableOptions = {}) {
    super();
    const {keyDType = guess(keys, 'int64'), valueDType = guess(values, 'float32')} = options;
    this.keyDType = keyDType;
    this.valueDType = valueDType;
    const content = {keys: host(keys, keyDType, 'keys'), values: host(values, valueDType, 'values')};
    this.#defaultValue = host(defaultValue, valueDType, 'default value');
    const dtypes = {key_dtype: keyDType, value_dtype: valueDType};
    this.#handle = rawOps.HashTableV2({}, dtypes);
    ownResource(this, (this.#handle.data as readonly object[])[0]!);
    const name = options.name ?? `table_${globalThis.crypto.randomUUID()}`;
    const fill = () => rawOps.LookupTableImportV2({table_handle: this.#handle, ...content});
    fill();
    const done = () => tf.scalar(1, 'int32');
    const initialize = () => {
      fill();
      return done();
    };
    // As TensorFlow's loader knows them.
    this.#functions = [
      [
        '_create_resource',
        func(() => rawOps.HashTableV2({}, {...dtypes, shared_name: name}), {
          inputSignature: [],
          name: '_creator',
        }),
      ],
      ['_initialize', func(initialize, {inputSignature: [], name: '_initializer'})],
      ['_destroy_resource', func(done, {inputSignature: [], name: '_destroyer'})],
    ];
  }

  /** The handle, for raw ops. */
  get resourceHandle(): RawTensor {
    return this.#handle;
  }

  /** The values of keys, in their shape. */
  lookup(keys: TensorInput): tf.Tensor {
    return rawOps.LookupTableFindV2(
      {table_handle: this.#handle, keys, default_value: this.#defaultValue},
      {Tin: this.keyDType, Tout: this.valueDType},
    );
  }

  /** How many keys the table has, as a scalar. */
  size(): tf.Tensor {
    return rawOps.LookupTableSizeV2({table_handle: this.#handle});
  }

  override [SAVED_OBJECT](): SavedObjectSpec {
    return {isResource: true, children: this.#functions};
  }
}

/** The dtype of what a table holds: strings, int64 for integers, else `other`. */
function guess(given: TensorInput, other: DType): DType {
  return (['string', 'int64'] as const).find((dtype) => asValue(given, dtype) !== undefined) ?? other;
}

function asValue(given: TensorInput, dtype: DType) {
  return toValue(given, {kind: 'tensor', name: '', dtype, shape: null}, true);
}

function host(given: TensorInput, dtype: DType, what: string): HostTensor {
  const value = asValue(given, dtype);
  if (value === undefined)
    throw new CallError(`the ${what} of a table must be ${dtype}, got ${describeInput(given)}`);
  return {dtype, shape: value.shape, data: value.hostData().slice()};
}
