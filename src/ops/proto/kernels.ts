/**
 * Ops that make protocol buffer messages of tensors and tensors of messages.
 *
 * Sources: `tensorflow/core/kernels/encode_proto_op.cc`, `decode_proto_op.cc`.
 *
 * @module
 */

import {type DType, isBigInt} from '../../host/dtypes.js';
import {formatShape, sameShape} from '../../host/shape.js';
import {allocate, elementAt, type HostData, sizeOf} from '../../host/tensor.js';
import {textToBinary} from '../../proto/text_format.js';
import {BinaryReader, BinaryWriter} from '../../proto/wire.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, unsupported} from '../node.js';
import {isLocal, lookupMessage} from './descriptors.js';
import {type FieldValue, isZero, type ProtoField, WIRE} from './fields.js';

/** The fields that the node's `field_names` name, of dtypes that suit them. */
function fieldsOf(ctx: KernelContext, dtypes: readonly DType[], extensions: boolean): ProtoField[] {
  const message = lookupMessage(ctx);
  const names = ctx.attrs.strings('field_names');
  if (names.length !== dtypes.length) {
    throw invalid(ctx, `${names.length} field_names do not go with ${dtypes.length} tensors`);
  }
  return names.map((name, i) => {
    const field = message.field(name) ?? (extensions ? message.extension(name) : undefined);
    if (field === undefined) {
      throw invalid(ctx, `unknown field ${name} in message type ${ctx.attrs.string('message_type')}`);
    }
    if (!field.type.dtypes.includes(dtypes[i]!)) {
      throw invalid(ctx, `the field ${name} of type ${field.type.name} cannot be a ${dtypes[i]} tensor`);
    }
    return field;
  });
}

const encodeProto: Kernel = ([sizes, ...values], ctx) => {
  const fields = ctx.memo(() => fieldsOf(ctx, ctx.attrs.dtypes('Tinput_types'), false));
  const batch = batchShape(sizes!, values, fields, ctx);
  const columns = fields
    .map((field, i) => ({field, i, data: values[i]!.hostData(), width: values[i]!.shape.at(-1)!}))
    .sort((a, b) => a.field.number - b.field.number);
  const counts = sizes!.numeric() as Int32Array;
  counts.forEach((count, at) => {
    const width = values[at % fields.length]!.shape.at(-1)!;
    if (count > width) throw invalid(ctx, `a size of ${count} is more than the ${width} values there are`);
  });
  const messages = Array.from({length: sizeOf(batch)}, (_, row) => {
    const writer = new BinaryWriter();
    for (const {field, i, data, width} of columns) {
      const count = counts[row * fields.length + i]!;
      if (count !== 0) writeField(writer, field, data, row * width, row * width + count);
    }
    return writer.finish();
  });
  return stringValue(batch, messages);
};

/** What all of the shapes begin with. */
function batchShape(
  sizes: Value,
  values: readonly Value[],
  fields: readonly ProtoField[],
  ctx: KernelContext,
): number[] {
  const batch = values[0]!.shape.slice(0, -1);
  values.forEach(({rank, shape}, i) => {
    const found = `the values of ${fields[i]!.name} have shape ${formatShape(shape)}`;
    if (rank < 2) throw invalid(ctx, `${found}, where at least a matrix is expected`);
    if (!sameShape(shape.slice(0, -1), batch)) {
      throw invalid(ctx, `${found}, which should be ${formatShape(batch)} up to the last dimension`);
    }
  });
  const expected = [...batch, fields.length];
  if (!sameShape(sizes.shape, expected)) {
    throw invalid(ctx, `sizes should have shape ${formatShape(expected)}, not ${formatShape(sizes.shape)}`);
  }
  return batch;
}

/** Writes the elements `start` to `end` of a tensor. */
function writeField(
  writer: BinaryWriter,
  {number, type, packed}: ProtoField,
  data: HostData,
  start: number,
  end: number,
): void {
  if (packed && type.wire !== WIRE.delimited && type.wire !== WIRE.startGroup) {
    writer.tag(number, WIRE.delimited).fork();
    for (let i = start; i < end; i++) type.write(writer, elementAt(data, i) as FieldValue);
    writer.join();
    return;
  }
  for (let i = start; i < end; i++) {
    writer.tag(number, type.wire);
    type.write(writer, elementAt(data, i) as FieldValue);
    if (type.wire === WIRE.startGroup) writer.tag(number, WIRE.endGroup);
  }
}

const FORMATS = new Set(['binary', 'text']);

const decodeProto: Kernel = ([bytes], ctx) => {
  const dtypes = ctx.attrs.dtypes('output_types');
  const {fields, binary, normalize} = ctx.memo(() => ({
    fields: fieldsOf(ctx, dtypes, true),
    binary: toBinary(ctx),
    normalize: ctx.attrs.bool('sanitize') || ctx.attrs.string('message_format') === 'text',
  }));
  if (bytes!.size === 0) throw invalid(ctx, 'there has to be at least one message');
  const reader = new MessageFields(fields, dtypes, normalize);
  const rows = bytes!
    .strings()
    .toArray()
    .map((message, i) => {
      try {
        return reader.read(binary(message));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw invalid(ctx, `message ${i} cannot be parsed: ${reason}`);
      }
    });
  const sizes = Int32Array.from(rows.flatMap((row) => row.map((values) => values.length)));
  const outputs = fields.map((field, i) => column(bytes!.shape, rows, i, field, dtypes[i]!));
  return [Value.host('int32', [...bytes!.shape, fields.length], sizes), ...outputs];
};

/** What makes a message in the node's format a binary one. */
function toBinary(ctx: KernelContext): (message: Uint8Array) => Uint8Array {
  const format = ctx.attrs.string('message_format');
  if (!FORMATS.has(format)) throw invalid(ctx, `message_format must be binary or text, not ${format}`);
  if (format === 'binary') return (message) => message;
  if (!isLocal(ctx)) throw unsupported(ctx, "the text format of messages other than TensorFlow's own");
  const type = ctx.attrs.string('message_type');
  return (message) => textToBinary(type, message, type);
}

/** Reads the wanted fields of messages. */
class MessageFields {
  readonly #wanted = new Map<number, {index: number; field: ProtoField; unsigned: boolean}>();
  readonly #count: number;
  readonly #normalize: boolean;

  constructor(fields: readonly ProtoField[], dtypes: readonly DType[], normalize: boolean) {
    this.#count = fields.length;
    this.#normalize = normalize;
    fields.forEach((field, index) => {
      // Of a field that is wanted twice, TensorFlow fills the first tensor.
      if (this.#wanted.has(field.number)) return;
      // `ReadFromArray<int64, TYPE_INT32>` in `decode.h` does not extend the sign of packed elements.
      const unsigned = field.type.name === 'int32' && dtypes[index] === 'int64';
      this.#wanted.set(field.number, {index, field, unsigned});
    });
  }

  /** The elements of each wanted field. */
  read(message: Uint8Array): FieldValue[][] {
    const rows: FieldValue[][] = Array.from({length: this.#count}, () => []);
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const wanted = this.#wanted.get(number);
      if (wanted === undefined) {
        reader.skip(wire, number);
        continue;
      }
      const {index, field, unsigned} = wanted;
      if (wire === field.type.wire) add(rows, index, field, [field.type.read(reader, number)]);
      else if (wire === WIRE.delimited) add(rows, index, field, readPacked(reader.bytes(), field, unsigned));
      else reader.skip(wire, number);
    }
    reader.finish(reader.len);
    if (this.#normalize) this.#dropZeros(rows);
    return rows;
  }

  /** TensorFlow gets a message that it serialized anew, and proto3 does not write a zero. */
  #dropZeros(rows: FieldValue[][]): void {
    for (const {index, field} of this.#wanted.values()) {
      const [value] = rows[index]!;
      if (field.implicit && value !== undefined && isZero(value)) rows[index] = [];
    }
  }
}

/** Of a field that is not repeated, the last value counts. */
function add(rows: FieldValue[][], index: number, field: ProtoField, values: FieldValue[]): void {
  if (!field.repeated) {
    if (values.length > 0) rows[index] = values.slice(-1);
    return;
  }
  const row = rows[index]!;
  for (const value of values) row.push(value);
}

function readPacked(bytes: Uint8Array, {type, number}: ProtoField, unsigned: boolean): FieldValue[] {
  if (type.wire === WIRE.startGroup && bytes.length > 0) throw new RangeError('a group cannot be packed');
  const reader = new BinaryReader(bytes);
  const values: FieldValue[] = [];
  while (reader.pos < reader.len) {
    const value = type.read(reader, number);
    values.push(unsigned ? (value as number) >>> 0 : value);
  }
  return values;
}

/** One field of all messages as a tensor: as wide as the longest row and at least 1, filled up with the default. */
function column(
  batch: readonly number[],
  rows: readonly FieldValue[][][],
  index: number,
  field: ProtoField,
  dtype: DType,
): Value {
  const width = rows.reduce((most, row) => Math.max(most, row[index]!.length), 1);
  const size = rows.length * width;
  const convert = isBigInt(dtype)
    ? (value: FieldValue) => BigInt(value as number)
    : (value: FieldValue) => value;
  const out = (dtype === 'string' ? new Array<Uint8Array>(size) : allocate(dtype, size)) as FieldValue[];
  out.fill(convert(field.defaultValue));
  rows.forEach((row, r) => {
    row[index]!.forEach((value, i) => {
      out[r * width + i] = convert(value);
    });
  });
  return Value.host(dtype, [...batch, width], out as unknown as HostData);
}

const DESCRIPTOR_LIMITS =
  'Descriptors: `bytes://`, and `local://` for the messages of saved models and `tensorflow.Example`; no files.';

/** Messages and tensors. */
export const proto: OpFamily = {
  EncodeProto: {kernel: encodeProto, limits: DESCRIPTOR_LIMITS},
  DecodeProtoV2: {
    kernel: decodeProto,
    limits:
      `${DESCRIPTOR_LIMITS} The text format only for the latter. \`sanitize\` leaves out zeros as proto3 does, but ` +
      'does not look into embedded messages or check strings. Read where TensorFlow refuses or loses values: an ' +
      'empty packed chunk after others, a packed field that is not repeated.',
  },
};
