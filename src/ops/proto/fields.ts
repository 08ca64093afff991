/**
 * What a field of a protocol buffer message is, and how each field type is read, written and held in a tensor.
 *
 * Sources: `google/protobuf/descriptor.proto`, `tensorflow/core/util/proto/proto_utils.cc` (the dtypes of a type).
 *
 * @module
 */

import {EMPTY} from '../../algorithms/bytes.js';
import type {DType} from '../../host/dtypes.js';
import {type BinaryReader, BinaryWriter} from '../../proto/wire.js';

/** What one element of a field is while it is handled: bigints for the 64-bit integers, 0 and 1 for booleans. */
export type FieldValue = number | bigint | Uint8Array;

/** How elements are written, the low three bits of a field's tag. */
export const WIRE = {varint: 0, fixed64: 1, delimited: 2, startGroup: 3, endGroup: 4, fixed32: 5} as const;

/** One type of fields. */
export interface FieldType {
  /** Its name in a `.proto` file. */
  readonly name: string;
  readonly wire: number;
  /** The dtypes a tensor of such elements may have. */
  readonly dtypes: readonly DType[];
  /** What an absent element is, where the field names no default. */
  readonly zero: FieldValue;
  /** The element after the tag. `number` is the field's, which only a group is interested in. */
  read(reader: BinaryReader, number: number): FieldValue;
  /** Writes an element of a tensor of one of `dtypes`, without its tag. */
  write(writer: BinaryWriter, value: FieldValue): void;
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

/** The number modulo 2^32, signed: what a C++ cast makes of it. */
const toInt32 = (value: FieldValue) =>
  typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : (value as number);

const toUint32 = (value: FieldValue) =>
  typeof value === 'bigint' ? Number(BigInt.asUintN(32, value)) : (value as number);

type Codec = Pick<FieldType, 'read' | 'write'>;

const type =
  (wire: number, zero: FieldValue, ...dtypes: DType[]) =>
  (name: string, codec: Codec): FieldType => ({name, wire, zero, dtypes, ...codec});

const varint32 = type(WIRE.varint, 0, 'int32', 'int64');
const varint64 = type(WIRE.varint, 0n, 'int64');
const delimited = type(WIRE.delimited, EMPTY, 'string');

const asBytes: Codec = {
  read: (reader) => reader.bytes(),
  write: (writer, value) => writer.bytes(value as Uint8Array),
};

/** The field types by their numbers in `FieldDescriptorProto.Type`. */
export const FIELD_TYPES: Readonly<Record<number, FieldType>> = {
  1: type(
    WIRE.fixed64,
    0,
    'float64',
  )('double', {
    read: (reader) => reader.double(),
    write: (writer, value) => writer.double(value as number),
  }),
  2: type(
    WIRE.fixed32,
    0,
    'float32',
    'float64',
  )('float', {
    read: (reader) => reader.float(),
    write: (writer, value) => writer.float(Math.fround(value as number)),
  }),
  3: varint64('int64', {
    read: (reader) => BigInt(reader.int64()),
    write: (writer, value) => writer.int64(value as bigint),
  }),
  4: type(
    WIRE.varint,
    0n,
    'uint64',
  )('uint64', {
    read: (reader) => BigInt(reader.uint64()),
    write: (writer, value) => writer.uint64(value as bigint),
  }),
  5: varint32('int32', {
    read: (reader) => reader.int32(),
    write: (writer, value) => writer.int32(toInt32(value)),
  }),
  6: type(
    WIRE.fixed64,
    0n,
    'uint64',
  )('fixed64', {
    read: (reader) => BigInt(reader.fixed64()),
    write: (writer, value) => writer.fixed64(value as bigint),
  }),
  7: type(
    WIRE.fixed32,
    0,
    'uint32',
    'uint64',
  )('fixed32', {
    read: (reader) => reader.fixed32(),
    write: (writer, value) => writer.fixed32(toUint32(value)),
  }),
  8: type(
    WIRE.varint,
    0,
    'bool',
  )('bool', {
    read: (reader) => Number(reader.bool()),
    write: (writer, value) => writer.bool(value !== 0),
  }),
  9: delimited('string', asBytes),
  // As in TensorFlow, what is read begins and ends with the group's tags, but what is written gets them anew.
  10: type(
    WIRE.startGroup,
    EMPTY,
    'string',
  )('group', {
    read: (reader, number) => {
      const content = reader.skip(WIRE.startGroup, number);
      return new BinaryWriter().tag(number, WIRE.startGroup).raw(content).finish();
    },
    write: (writer, value) => writer.raw(value as Uint8Array),
  }),
  11: delimited('message', asBytes),
  12: delimited('bytes', asBytes),
  // A varint of more than 32 bits loses the high ones, which `reader.uint32()` would not allow.
  13: type(
    WIRE.varint,
    0,
    'uint32',
    'uint64',
  )('uint32', {
    read: (reader) => reader.int32() >>> 0,
    write: (writer, value) => writer.uint32(toUint32(value)),
  }),
  14: type(
    WIRE.varint,
    0,
    'int32',
  )('enum', {
    read: (reader) => reader.int32(),
    write: (writer, value) => writer.int32(value as number),
  }),
  15: type(
    WIRE.fixed32,
    0,
    'int32',
    'int64',
  )('sfixed32', {
    read: (reader) => reader.sfixed32(),
    write: (writer, value) => writer.sfixed32(toInt32(value)),
  }),
  16: type(
    WIRE.fixed64,
    0n,
    'int64',
  )('sfixed64', {
    read: (reader) => BigInt(reader.sfixed64()),
    write: (writer, value) => writer.sfixed64(value as bigint),
  }),
  17: varint32('sint32', {
    read: (reader) => {
      const zigzag = reader.int32();
      return (zigzag >>> 1) ^ -(zigzag & 1);
    },
    write: (writer, value) => writer.sint32(toInt32(value)),
  }),
  18: varint64('sint64', {
    read: (reader) => BigInt(reader.sint64()),
    write: (writer, value) => writer.sint64(value as bigint),
  }),
};

/** The field types by their names in a `.proto` file. */
export const FIELD_TYPE_BY_NAME: ReadonlyMap<string, FieldType> = new Map(
  Object.values(FIELD_TYPES).map((each) => [each.name, each]),
);

/** True for the value that a field with implicit presence leaves out. */
export function isZero(value: FieldValue): boolean {
  return value instanceof Uint8Array ? value.length === 0 : value === 0n || Object.is(value, 0);
}
