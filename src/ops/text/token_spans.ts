/**
 * Tokens that are parts of strings: where they lie in the strings' bytes, so that no byte is copied.
 *
 * @module
 */

import type {DType} from '../../host/dtypes.js';
import {StringPieces} from '../../host/pieces_of_strings.js';
import type {PackedStrings} from '../../host/strings.js';
import {allocate} from '../../host/tensor.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';

/** Tokens of the strings of a tensor, one string after the other. */
export class TokenSpans {
  readonly #strings: PackedStrings;
  readonly #pieces: StringPieces;

  constructor(strings: PackedStrings) {
    this.#strings = strings;
    this.#pieces = new StringPieces(strings.length);
  }

  /** Adds a token by its place in the bytes of all strings. */
  add(start: number, end: number): void {
    this.#pieces.add(start, end);
  }

  /** Ends a string. */
  endRow(): void {
    this.#pieces.endRow();
  }

  tokens(): Value {
    const strings = this.#pieces.of(this.#strings.bytes);
    return stringValue([strings.length], strings);
  }

  /** How many tokens there are before each string, and in all. */
  splits(dtype: DType): Value {
    return Value.vector(dtype, this.#pieces.splits);
  }

  /** Where tokens begin and end in their strings. */
  offsets(dtype: DType): [starts: Value, ends: Value] {
    const {starts, ends} = this.#pieces;
    return [Value.vector(dtype, this.#withinStrings(starts)), Value.vector(dtype, this.#withinStrings(ends))];
  }

  #withinStrings(places: Int32Array): Int32Array {
    const {starts} = this.#strings;
    const {splits} = this.#pieces;
    const out = allocate('int32', places.length) as Int32Array;
    for (let row = 0; row < starts.length; row++) {
      const origin = starts[row]!;
      for (let i = splits[row]!; i < splits[row + 1]!; i++) out[i] = places[i]! - origin;
    }
    return out;
  }
}
