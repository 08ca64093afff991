/**
 * Tables in the format of FlatBuffers, as models of TF Text are: no offset is trusted.
 *
 * @module
 */

import {littleEndianWords} from '../../algorithms/darts.js';
import {FormatError} from '../../errors.js';

/** A table of fields by number, in the order of their schema. */
export class FlatTable {
  readonly #what: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #table: number;
  readonly #fields: number;
  readonly #fieldsSize: number;

  /**
   * The root table of a buffer.
   *
   * @param what - what it is, for messages
   * @throws FormatError, as all methods do, where an offset leads out of the buffer.
   */
  constructor(bytes: Uint8Array, what: string) {
    this.#what = what;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#table = this.#follow(0);
    this.#fields = this.#table - this.#int32(this.#table);
    this.#fieldsSize = this.#uint16(this.#fields);
  }

  /** A 32-bit integer; 0 where the table has not got it. */
  int32(field: number): number {
    const at = this.#place(field);
    return at === 0 ? 0 : this.#int32(at);
  }

  bool(field: number): boolean {
    const at = this.#place(field);
    return at !== 0 && this.#byte(at) !== 0;
  }

  /** The bytes of a string or of a vector of bytes; empty where the table has not got it. Shares the buffer. */
  bytes(field: number): Uint8Array {
    const at = this.#place(field);
    return at === 0 ? new Uint8Array(0) : this.#bytesAt(this.#follow(at));
  }

  /** A vector of 32-bit integers, or of structs that consist of `width` of them. */
  int32s(field: number, width = 1): Int32Array {
    const at = this.#place(field);
    if (at === 0) return new Int32Array(0);
    const vector = this.#follow(at);
    const count = width * this.#count(vector, 4 * width);
    return littleEndianWords(this.#bytes.subarray(vector + 4, vector + 4 + 4 * count));
  }

  /** A vector of strings. */
  strings(field: number): Uint8Array[] {
    const at = this.#place(field);
    if (at === 0) return [];
    const vector = this.#follow(at);
    return Array.from({length: this.#count(vector, 4)}, (_, i) =>
      this.#bytesAt(this.#follow(vector + 4 + 4 * i)),
    );
  }

  /** Where a field is; 0 where the table has not got it. */
  #place(field: number): number {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.#fieldsSize) return 0;
    const offset = this.#uint16(this.#fields + entry);
    return offset === 0 ? 0 : this.#table + offset;
  }

  #bytesAt(vector: number): Uint8Array {
    const count = this.#count(vector, 1);
    return this.#bytes.subarray(vector + 4, vector + 4 + count);
  }

  /** How many elements of `size` bytes a vector has. */
  #count(vector: number, size: number): number {
    const count = this.#uint32(vector);
    this.#check(vector + 4, count * size);
    return count;
  }

  #follow(at: number): number {
    return at + this.#uint32(at);
  }

  #byte(at: number): number {
    this.#check(at, 1);
    return this.#view.getUint8(at);
  }

  #uint16(at: number): number {
    this.#check(at, 2);
    return this.#view.getUint16(at, true);
  }

  #int32(at: number): number {
    this.#check(at, 4);
    return this.#view.getInt32(at, true);
  }

  #uint32(at: number): number {
    this.#check(at, 4);
    return this.#view.getUint32(at, true);
  }

  #check(at: number, size: number): void {
    if (at >= 0 && at + size <= this.#bytes.length) return;
    throw new FormatError(
      `${this.#what} is damaged: ${size} bytes at ${at} are asked for, and it has ${this.#bytes.length}`,
    );
  }
}
