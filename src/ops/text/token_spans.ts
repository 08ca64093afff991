/**
 * Tokens that are parts of strings: where they lie in the strings' bytes, so that no byte is copied.
 *
 * @module
 */

import type {DType} from '../../host/dtypes.js';
import {Int32List} from '../../host/int32_list.js';
import {PackedStrings} from '../../host/strings.js';
import {integers} from '../../tensors/integers.js';
import {stringValue} from '../../tensors/strings.js';
import type {Value} from '../../tensors/value.js';

/** About, for the room to begin with. */
const BYTES_PER_TOKEN = 5;

/** Tokens of the strings of a tensor, one string after the other. */
export class TokenSpans {
  readonly #strings: PackedStrings;
  readonly #starts: Int32List;
  readonly #ends: Int32List;
  /** Tokens before each string, and all. */
  readonly #splits: Int32List;

  constructor(strings: PackedStrings) {
    this.#strings = strings;
    const room = strings.length + Math.ceil(strings.totalBytes / BYTES_PER_TOKEN);
    this.#starts = new Int32List(room);
    this.#ends = new Int32List(room);
    this.#splits = new Int32List(strings.length + 1);
    this.#splits.push(0);
  }

  /** Adds a token by its place in the bytes of all strings. */
  add(start: number, end: number): void {
    this.#starts.push(start);
    this.#ends.push(end);
  }

  /** Ends a string. */
  endRow(): void {
    this.#splits.push(this.#starts.length);
  }

  tokens(): Value {
    const strings = new PackedStrings(this.#strings.bytes, this.#starts.int32(), this.#ends.int32());
    return stringValue([strings.length], strings);
  }

  splits(dtype: DType): Value {
    return integers(dtype, this.#splits);
  }

  /** Where tokens begin and end in their strings. */
  offsets(dtype: DType): [starts: Value, ends: Value] {
    return [
      integers(dtype, this.#withinStrings(this.#starts)),
      integers(dtype, this.#withinStrings(this.#ends)),
    ];
  }

  #withinStrings({data, length}: Int32List): Int32List {
    const {starts} = this.#strings;
    const splits = this.#splits.data;
    const out = new Int32List(length);
    out.length = length;
    for (let row = 0; row < starts.length; row++) {
      const origin = starts[row]!;
      for (let i = splits[row]!; i < splits[row + 1]!; i++) out.data[i] = data[i]! - origin;
    }
    return out;
  }
}
