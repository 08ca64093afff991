/**
 * Reads the wanted fields of encoded messages straight into columns. What is not wanted is passed over.
 *
 * Source: `tensorflow/core/kernels/decode_proto_op.cc`.
 *
 * @module
 */

import type {DType} from '../../host/dtypes.js';
import type {PackedStrings} from '../../host/strings.js';
import {allocate} from '../../host/tensor.js';
import type {Value} from '../../tensors/value.js';
import {type Column, readVarint64, StringColumn, WordColumn} from '../parsing/columns.js';
import {type ProtoField, packedStore, type Store, WIRE} from './fields.js';

/** Groups within groups, as protobuf allows. */
const MAX_DEPTH = 100;

/** A wanted field, and its elements of all messages. */
class FieldReading {
  readonly number: number;
  readonly wire: number;
  readonly repeated: boolean;
  /** Of fields with implicit presence a zero does not count. */
  readonly skipsZero: boolean;
  readonly column: Column;
  /** The same column, by what it holds. */
  readonly words: WordColumn | undefined;
  readonly strings: StringColumn | undefined;
  readonly store: Store;
  readonly packedStore: Store;
  /** Whether an element is the words that are read. */
  readonly isPair: boolean;
  /** Where the elements of each message end. */
  readonly rowEnds: Int32Array;
  /** Where those of the message at hand begin. */
  rowStart = 0;

  constructor(
    field: ProtoField,
    dtype: DType,
    defaultValue: Value,
    messages: PackedStrings,
    skipsZero: boolean,
  ) {
    const {type} = field;
    this.number = field.number;
    this.wire = type.wire;
    this.repeated = field.repeated;
    this.skipsZero = skipsZero;
    this.store = type.stores[dtype]!;
    this.packedStore = packedStore(type, dtype);
    this.isPair = type.isPair;
    if (dtype === 'string') {
      this.strings = new StringColumn(messages.bytes, defaultValue.strings());
    } else {
      this.words = new WordColumn(dtype, defaultValue.numeric());
    }
    this.column = (this.strings ?? this.words)!;
    this.column.reserve(messages.length);
    this.rowEnds = allocate('int32', messages.length) as Int32Array;
  }
}

/** Fields of a batch of messages. */
export class MessageFields {
  readonly #messages: PackedStrings;
  readonly #readings: readonly FieldReading[];
  readonly #wanted = new Map<number, FieldReading>();
  readonly #words = new Int32Array(2);
  #last: FieldReading | undefined;
  /** The message at hand. */
  #start = 0;

  /**
   * @param defaults - what the elements that are missing are, one for each field
   * @param normalizes - whether fields that proto3 does not write are as if they were not there
   */
  constructor(
    messages: PackedStrings,
    fields: readonly ProtoField[],
    dtypes: readonly DType[],
    defaults: readonly Value[],
    normalizes: boolean,
  ) {
    this.#messages = messages;
    this.#readings = fields.map((field, i) => {
      const skipsZero = normalizes && field.implicit;
      const reading = new FieldReading(field, dtypes[i]!, defaults[i]!, messages, skipsZero);
      // Of a field that is wanted twice, TensorFlow fills the first tensor.
      if (!this.#wanted.has(field.number)) this.#wanted.set(field.number, reading);
      return reading;
    });
  }

  /** Reads message `i`. @throws RangeError where it is malformed. */
  read(i: number): void {
    const {bytes, starts, ends} = this.#messages;
    this.#start = starts[i]!;
    this.#readMessage(bytes, starts[i]!, ends[i]!);
    for (const reading of this.#readings) {
      const {column, rowStart} = reading;
      if (reading.skipsZero && column.count > rowStart && column.isZero(rowStart)) column.truncate(rowStart);
      reading.rowStart = column.count;
      reading.rowEnds[i] = column.count;
    }
  }

  /** Elements of each field, and where those of each message end. */
  get columns(): readonly {readonly column: Column; readonly rowEnds: Int32Array}[] {
    return this.#readings;
  }

  #readMessage(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const before = at;
      at = this.#varint(bytes, at, end);
      const tag = this.#words[0]! >>> 0;
      const number = this.#numberOf(tag, before);
      const wire = tag & 7;
      const field = this.#last?.number === number ? this.#last : this.#wanted.get(number);
      if (field === undefined) {
        at = this.#skipped(bytes, at, end, number, wire, 0);
        continue;
      }
      this.#last = field;
      if (wire === field.wire) at = this.#readOne(field, bytes, before, at, end);
      else if (wire === WIRE.delimited) at = this.#readPacked(field, bytes, at, end);
      else at = this.#skipped(bytes, at, end, number, wire, 0);
      // Of a field that is not repeated, the last value counts.
      if (!field.repeated && field.column.count > field.rowStart + 1) {
        field.column.truncate(field.rowStart, 'last');
      }
    }
    if (at !== end) throw this.#error(at, 'the message ends within a field');
  }

  /** Reads an element whose tag is at `tagAt`, and gives the place behind it. */
  #readOne(field: FieldReading, bytes: Uint8Array, tagAt: number, start: number, end: number): number {
    const {wire} = field;
    if (wire === WIRE.delimited) {
      const from = this.#varint(bytes, start, end);
      const to = this.#contentEnd(from, end);
      field.strings!.add(from, to);
      return to;
    }
    if (wire === WIRE.startGroup) {
      const to = this.#skipped(bytes, start, end, field.number, wire, 0);
      field.strings!.add(tagAt, to);
      return to;
    }
    const to = wire === WIRE.varint ? this.#varint(bytes, start, end) : this.#fixed(bytes, start, end, wire);
    field.store(field.words!, this.#words[0]!, this.#words[1]!);
    return to;
  }

  /** Reads numbers that are written as one field, its length first. */
  #readPacked(field: FieldReading, bytes: Uint8Array, start: number, end: number): number {
    const from = this.#varint(bytes, start, end);
    const to = this.#contentEnd(from, end);
    const column = field.words;
    if (column === undefined) {
      if (from < to) throw this.#error(from, 'groups cannot be packed');
      return to;
    }
    const {wire, isPair} = field;
    const width = wire === WIRE.fixed32 ? 4 : 8;
    if (wire === WIRE.varint && isPair) {
      if (!column.pushVarints(bytes, from, to)) throw this.#error(from, 'packed numbers are malformed');
    } else if (wire === WIRE.varint) {
      for (let at = from; at < to; ) {
        at = this.#varint(bytes, at, to);
        field.packedStore(column, this.#words[0]!, this.#words[1]!);
      }
    } else if ((to - from) % width !== 0) {
      throw this.#error(to, 'packed numbers end within one');
    } else if (4 * column.width === width) {
      column.pushBytes(bytes, from, to);
    } else {
      for (let at = from; at < to; ) {
        at = this.#fixed(bytes, at, to, wire);
        field.packedStore(column, this.#words[0]!, this.#words[1]!);
      }
    }
    return to;
  }

  /** Reads a varint to `#words`, and gives the place behind it. */
  #varint(bytes: Uint8Array, at: number, end: number): number {
    const byte = bytes[at]!;
    if (byte < 0x80 && at < end) {
      this.#words[0] = byte;
      this.#words[1] = 0;
      return at + 1;
    }
    return this.#next(readVarint64(bytes, at, this.#words, 0), at, end);
  }

  /** The place behind a varint at `at`, if it is one. */
  #next(next: number, at: number, end: number): number {
    if (next >= 0 && next <= end) return next;
    throw this.#error(at, next < 0 ? 'a number has more than ten bytes' : 'a number is cut off');
  }

  /** Reads four or eight bytes to `#words`, and gives the place behind them. */
  #fixed(bytes: Uint8Array, at: number, end: number, wire: number): number {
    const to = at + (wire === WIRE.fixed32 ? 4 : 8);
    if (to > end) throw this.#error(at, 'a number is cut off');
    for (let i = 0; at + 4 * i < to; i++) {
      const from = at + 4 * i;
      this.#words[i] =
        bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24);
    }
    return to;
  }

  /** Where what begins at `from` ends, whose length was read. */
  #contentEnd(from: number, end: number): number {
    const length = this.#words[0]! >>> 0;
    if (this.#words[1] !== 0) throw this.#error(from, 'a length has more than 32 bits');
    if (from + length <= end) return from + length;
    throw this.#error(from, `${length} bytes begin, of which ${end - from} are there`);
  }

  #numberOf(tag: number, at: number): number {
    if (this.#words[1] !== 0) throw this.#error(at, 'a tag has more than 32 bits');
    if (tag >>> 3 === 0) throw this.#error(at, 'a field has no number');
    return tag >>> 3;
  }

  /** The place behind a field whose tag was read. */
  #skipped(
    bytes: Uint8Array,
    start: number,
    end: number,
    number: number,
    wire: number,
    depth: number,
  ): number {
    if (wire === WIRE.varint) return this.#varint(bytes, start, end);
    if (wire === WIRE.fixed32 || wire === WIRE.fixed64) return this.#fixed(bytes, start, end, wire);
    if (wire === WIRE.delimited) return this.#contentEnd(this.#varint(bytes, start, end), end);
    if (wire !== WIRE.startGroup) throw this.#error(start, `field ${number} has the wire type ${wire}`);
    if (depth === MAX_DEPTH) throw this.#error(start, `groups are nested more than ${MAX_DEPTH} deep`);
    for (let at = start; at < end; ) {
      const before = at;
      at = this.#varint(bytes, at, end);
      const tag = this.#words[0]! >>> 0;
      const inner = this.#numberOf(tag, before);
      if ((tag & 7) !== WIRE.endGroup) at = this.#skipped(bytes, at, end, inner, tag & 7, depth + 1);
      else if (inner === number) return at;
      else throw this.#error(before, `the end of group ${inner} stands in group ${number}`);
    }
    throw this.#error(start, `group ${number} does not end`);
  }

  #error(at: number, what: string): RangeError {
    return new RangeError(`at byte ${at - this.#start} ${what}`);
  }
}
