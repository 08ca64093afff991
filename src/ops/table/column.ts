/**
 * Storage of a table's keys or values: rows of a fixed number of elements, growing as they are set.
 *
 * @module
 */

import {EMPTY, equalBytes} from '../../algorithms/bytes.js';
import {type DType, lanes, type NumericArray} from '../../host/dtypes.js';
import {PackedStrings} from '../../host/strings.js';
import {allocate, allocateObjects, type elementsOf, type HostData} from '../../host/tensor.js';

/** Elements by position. */
export type Elements = ReturnType<typeof elementsOf>;

/** Rows of `width` elements. */
export class Column {
  readonly dtype: DType;
  readonly width: number;
  /** Numbers per row. */
  readonly #step: number;
  #data: NumericArray | Uint8Array[];

  constructor(dtype: DType, width: number, rows = 0) {
    this.dtype = dtype;
    this.width = width;
    this.#step = dtype === 'string' ? width : width * lanes(dtype);
    this.#data = dtype === 'string' ? allocateObjects(rows * width, EMPTY) : allocate(dtype, rows * width);
  }

  /** The rows one after the other, and perhaps room for more. Valid until the next `set`. */
  get data(): Elements {
    return this.#data;
  }

  /** The rows as host data. */
  get hostData(): HostData {
    return Array.isArray(this.#data) ? PackedStrings.of(this.#data) : this.#data;
  }

  /** Makes row `to` what row `from` of `source` is. A row one beyond the last is added. */
  set(to: number, source: Elements, from: number): void {
    const step = this.#step;
    if ((to + 1) * step > this.#data.length) this.#grow((to + 1) * step);
    for (let i = 0; i < step; i++) this.#data[to * step + i] = source[from * step + i] as never;
  }

  /** True when row `row` is what row `from` of `source` is. */
  equals(row: number, source: Elements, from: number): boolean {
    const step = this.#step;
    for (let i = 0; i < step; i++) {
      const own = this.#data[row * step + i];
      const other = source[from * step + i];
      if (own instanceof Uint8Array ? !equalBytes(own, other as Uint8Array) : own !== other) return false;
    }
    return true;
  }

  #grow(length: number): void {
    if (Array.isArray(this.#data)) {
      while (this.#data.length < length) this.#data.push(EMPTY);
      return;
    }
    const grown = allocate(this.dtype, Math.max(length, 2 * this.#data.length) / lanes(this.dtype));
    grown.set(this.#data as never);
    this.#data = grown;
  }
}
