/**
 * What a field of a protocol buffer message is, and how each field type is read, written and held in a tensor.
 *
 * Sources: `google/protobuf/descriptor.proto`, `tensorflow/core/util/proto/proto_utils.cc` (the dtypes of a type).
 *
 * @module
 */

import {EMPTY} from '../../algorithms/bytes.js';
import type {DType} from '../../host/dtypes.js';
import type {WordColumn} from '../parsing/columns.js';
import type {WireWriter} from './wire_writer.js';

/** What a default is: bigints for the 64-bit integers, 0 and 1 for booleans. */
export type FieldValue = number | bigint | Uint8Array;

/** How elements are written, the low three bits of a field's tag. */
export const WIRE = {varint: 0, fixed64: 1, delimited: 2, startGroup: 3, endGroup: 4, fixed32: 5} as const;

/** Appends an element of what was read: of a varint or of eight bytes two words, of four bytes the low one. */
export type Store = (column: WordColumn, low: number, high: number) => void;

/** Writes an element without its tag, from the words of one of a tensor: of 32 bits extended to 64 as its dtype has it. */
export type Put = (out: WireWriter, low: number, high: number) => void;

/** One type of fields. */
export interface FieldType {
  /** Its name in a `.proto` file. */
  readonly name: string;
  readonly wire: number;
  /** The dtypes a tensor of such elements may have, and how one is made of the words that are read, the low one first. */
  readonly stores: Readonly<Partial<Record<DType, Store>>>;
  /** Whether an element of any of the dtypes is the two words that are read. */
  readonly isPair: boolean;
  /** What an absent element is, where the field names no default. */
  readonly zero: FieldValue;
  /** How an element is written that is a number; of a tensor whose dtype has the same bits, but see {@link putOf}. */
  readonly put: Put;
}

/** One field of a message. */
export interface ProtoField {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  readonly repeated: boolean;
  /** The option `[packed = true]`. */
  readonly packed: boolean;
  /** True where a zero cannot be told from an absent field (proto3), so that serializers leave it out. */
  readonly implicit: boolean;
  readonly defaultValue: FieldValue;
}

const word: Store = (column, low) => column.push(low);
const pair: Store = (column, low, high) => column.pushPair(low, high);
const signed: Store = (column, low) => column.pushPair(low, low >> 31);
const unsigned: Store = (column, low) => column.pushPair(low, 0);
const truth: Store = (column, low, high) => column.push(low !== 0 || high !== 0 ? 1 : 0);
const zigzag = (low: number) => (low >>> 1) ^ -(low & 1);
const zigzagPair: Store = (column, low, high) => {
  const sign = -(low & 1);
  column.pushPair(((low >>> 1) | (high << 31)) ^ sign, (high >>> 1) ^ sign);
};

const FLOAT = new Float32Array(1);
const FLOAT_WORD = new Int32Array(FLOAT.buffer);
const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

/** A float32 as a float64. */
const widened: Store = (column, low) => {
  FLOAT_WORD[0] = low;
  DOUBLE[0] = FLOAT[0]!;
  column.pushPair(DOUBLE_WORDS[0]!, DOUBLE_WORDS[1]!);
};

const SIGNED_32 = {int32: word, int64: signed};
const UNSIGNED_32 = {uint32: word, uint64: unsigned};
/** Strings are places in the message, which are noted as they are. */
const IN_PLACE = {string: word};

const fixedWord: Put = (out, low) => out.fixed32(low);
const fixedPair: Put = (out, low, high) => {
  out.fixed32(low);
  out.fixed32(high);
};
const putPair: Put = (out, low, high) => out.varint(low, high);
/** Negative numbers take ten bytes. */
const putSigned: Put = (out, low) => out.varint(low, low >> 31);
const putUnsigned: Put = (out, low) => out.varint(low, 0);
const nothing: Put = () => undefined;

/** A float64 as a float32. */
const putNarrowed: Put = (out, low, high) => {
  DOUBLE_WORDS[0] = low;
  DOUBLE_WORDS[1] = high;
  FLOAT[0] = DOUBLE[0]!;
  out.fixed32(FLOAT_WORD[0]!);
};

const type = (
  name: string,
  wire: number,
  zero: FieldValue,
  stores: FieldType['stores'],
  put: Put,
): FieldType => ({
  name,
  wire,
  zero,
  stores,
  put,
  isPair: Object.values(stores).every((store) => store === pair),
});

const {varint, fixed32, fixed64, delimited, startGroup} = WIRE;

/** The field types by their numbers in `FieldDescriptorProto.Type`. */
export const FIELD_TYPES: Readonly<Record<number, FieldType>> = {
  1: type('double', fixed64, 0, {float64: pair}, fixedPair),
  2: type('float', fixed32, 0, {float32: word, float64: widened}, fixedWord),
  3: type('int64', varint, 0n, {int64: pair}, putPair),
  4: type('uint64', varint, 0n, {uint64: pair}, putPair),
  5: type('int32', varint, 0, SIGNED_32, putSigned),
  6: type('fixed64', fixed64, 0n, {uint64: pair}, fixedPair),
  7: type('fixed32', fixed32, 0, UNSIGNED_32, fixedWord),
  8: type('bool', varint, 0, {bool: truth}, (out, low) => out.varint(low === 0 ? 0 : 1, 0)),
  9: type('string', delimited, EMPTY, IN_PLACE, nothing),
  // As in TensorFlow, what is read begins and ends with the group's tags, but what is written gets them anew.
  10: type('group', startGroup, EMPTY, IN_PLACE, nothing),
  11: type('message', delimited, EMPTY, IN_PLACE, nothing),
  12: type('bytes', delimited, EMPTY, IN_PLACE, nothing),
  // A varint of more than 32 bits loses the high ones.
  13: type('uint32', varint, 0, UNSIGNED_32, putUnsigned),
  14: type('enum', varint, 0, {int32: word}, putSigned),
  15: type('sfixed32', fixed32, 0, SIGNED_32, fixedWord),
  16: type('sfixed64', fixed64, 0n, {int64: pair}, fixedPair),
  17: type(
    'sint32',
    varint,
    0,
    {
      int32: (column, low) => column.push(zigzag(low)),
      int64: (column, low) => signed(column, zigzag(low), 0),
    },
    (out, low) => out.varint((low << 1) ^ (low >> 31), 0),
  ),
  18: type('sint64', varint, 0n, {int64: zigzagPair}, (out, low, high) => {
    const sign = high >> 31;
    out.varint((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
  }),
};

/** How an element of a tensor of a dtype is written. */
export function putOf({name, put}: FieldType, dtype: DType): Put {
  return name === 'float' && dtype === 'float64' ? putNarrowed : put;
}

/** How an element of a type is made for a tensor of a dtype, where it is one of several numbers in one. */
export function packedStore({name, stores}: FieldType, dtype: DType): Store {
  // `ReadFromArray<int64, TYPE_INT32>` in `decode.h` does not extend the sign of packed elements.
  return name === 'int32' && dtype === 'int64' ? unsigned : stores[dtype]!;
}

/** The field types by their names in a `.proto` file. */
export const FIELD_TYPE_BY_NAME: ReadonlyMap<string, FieldType> = new Map(
  Object.values(FIELD_TYPES).map((each) => [each.name, each]),
);
