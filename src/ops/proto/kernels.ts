/**
 * Ops that make protocol buffer messages of tensors and tensors of messages.
 *
 * Sources: `tensorflow/core/kernels/encode_proto_op.cc`, `decode_proto_op.cc`.
 *
 * @module
 */

import {checkBounds} from '../../host/budget.js';
import type {DType} from '../../host/dtypes.js';
import {formatShape, sameShape} from '../../host/shape.js';
import {PackedStrings} from '../../host/strings.js';
import {allocate, sizeOf} from '../../host/tensor.js';
import {textToBinary} from '../../proto/text_format.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, unsupported} from '../node.js';
import {isLocal, lookupMessage} from './descriptors.js';
import {type ProtoField, putOf, WIRE} from './fields.js';
import {MessageFields} from './message_fields.js';
import {WireWriter} from './wire_writer.js';

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
    if (field.type.stores[dtypes[i]!] === undefined) {
      throw invalid(ctx, `the field ${name} of type ${field.type.name} cannot be a ${dtypes[i]} tensor`);
    }
    return field;
  });
}

const encodeProto: Kernel = ([sizes, ...values], ctx) => {
  const dtypes = ctx.attrs.dtypes('Tinput_types');
  const fields = ctx.memo(() => fieldsOf(ctx, dtypes, false));
  const batch = batchShape(sizes!, values, fields, ctx);
  const columns = fields
    .map((field, i) => ({i, width: values[i]!.shape.at(-1)!, write: fieldWriter(field, values[i]!)}))
    .sort((a, b) => fields[a.i]!.number - fields[b.i]!.number);
  const counts = sizes!.numeric() as Int32Array;
  counts.forEach((count, at) => {
    const width = values[at % fields.length]!.shape.at(-1)!;
    if (count > width) throw invalid(ctx, `a size of ${count} is more than the ${width} values there are`);
  });
  const messages = sizeOf(batch);
  const writer = new WireWriter(messages, 16 * messages);
  for (let row = 0; row < messages; row++) {
    if (row % MESSAGES_PER_CHECK === 0) checkBounds();
    for (const {i, width, write} of columns) {
      const count = counts[row * fields.length + i]!;
      if (count !== 0) write(writer, row * width, row * width + count);
    }
    writer.end();
  }
  return stringValue(batch, writer.messages());
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

/** Writes the elements `start` to `end` of a field's tensor. */
type FieldWriter = (writer: WireWriter, start: number, end: number) => void;

function fieldWriter({number, type, packed}: ProtoField, values: Value): FieldWriter {
  if (values.dtype === 'string') return stringWriter(number, type.wire, values.strings());
  const put = putOf(type, values.dtype);
  const {words, isPair, isSigned} = wordsOf(values);
  const write = (writer: WireWriter, i: number) => {
    if (isPair) put(writer, words[2 * i]!, words[2 * i + 1]!);
    else put(writer, words[i]!, isSigned ? words[i]! >> 31 : 0);
  };
  if (!packed) {
    return (writer, start, end) => {
      for (let i = start; i < end; i++) {
        writer.tag(number, type.wire);
        write(writer, i);
      }
    };
  }
  return (writer, start, end) => {
    writer.tag(number, WIRE.delimited);
    writer.delimited(() => {
      for (let i = start; i < end; i++) write(writer, i);
    });
  };
}

function stringWriter(number: number, wire: number, strings: PackedStrings): FieldWriter {
  return (writer, start, end) => {
    for (let i = start; i < end; i++) {
      writer.tag(number, wire);
      if (wire === WIRE.delimited) writer.varint(strings.lengthAt(i), 0);
      writer.raw(strings, i);
      if (wire === WIRE.startGroup) writer.tag(number, WIRE.endGroup);
    }
  };
}

/** The elements of a tensor of numbers as words, one for each or two. */
function wordsOf(values: Value): {words: Int32Array; isPair: boolean; isSigned: boolean} {
  const data = values.numeric();
  const isPair = data.BYTES_PER_ELEMENT === 8;
  const words =
    values.dtype === 'bool'
      ? Int32Array.from(data as Uint8Array)
      : new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  return {words, isPair, isSigned: values.dtype === 'int32'};
}

const FORMATS = new Set(['binary', 'text']);

const decodeProto: Kernel = ([bytes], ctx) => {
  const dtypes = ctx.attrs.dtypes('output_types');
  const {fields, defaults, binary, normalizes} = ctx.memo(() => {
    const wanted = fieldsOf(ctx, dtypes, true);
    return {
      fields: wanted,
      defaults: wanted.map((field, i) => defaultOf(field, dtypes[i]!)),
      binary: toBinary(ctx),
      normalizes: ctx.attrs.bool('sanitize') || ctx.attrs.string('message_format') === 'text',
    };
  });
  if (bytes!.size === 0) throw invalid(ctx, 'there has to be at least one message');
  const messages = binary(bytes!.strings());
  const reader = new MessageFields(messages, fields, dtypes, defaults, normalizes);
  for (let i = 0; i < messages.length; i++) {
    if (i % MESSAGES_PER_CHECK === 0) checkBounds();
    try {
      reader.read(i);
    } catch (cause) {
      throw unparsed(i, cause, ctx);
    }
  }
  const count = fields.length;
  const sizes = allocate('int32', messages.length * count) as Int32Array;
  const outputs = reader.columns.map(({column, rowEnds}, i) => {
    let longest = 1;
    for (let row = 0, start = 0; row < rowEnds.length; row++) {
      const size = rowEnds[row]! - start;
      sizes[row * count + i] = size;
      longest = Math.max(longest, size);
      start += size;
    }
    // As wide as the longest row and at least 1, filled up with the default.
    return Value.host(dtypes[i]!, [...bytes!.shape, longest], column.padded(rowEnds, longest));
  });
  return [Value.host('int32', [...bytes!.shape, count], sizes), ...outputs];
};

/** Messages that are read before it is asked whether the call may go on. */
const MESSAGES_PER_CHECK = 1024;

function unparsed(i: number, cause: unknown, ctx: KernelContext): Error {
  return invalid(
    ctx,
    `message ${i} cannot be parsed: ${cause instanceof Error ? cause.message : String(cause)}`,
  );
}

/** What the elements of a field are that are missing. */
function defaultOf({defaultValue}: ProtoField, dtype: DType): Value {
  if (defaultValue instanceof Uint8Array) return stringValue([], [defaultValue]);
  return Value.scalar(dtype, defaultValue);
}

/** What makes messages in the node's format binary ones. */
function toBinary(ctx: KernelContext): (messages: PackedStrings) => PackedStrings {
  const format = ctx.attrs.string('message_format');
  if (!FORMATS.has(format)) throw invalid(ctx, `message_format must be binary or text, not ${format}`);
  if (format === 'binary') return (messages) => messages;
  if (!isLocal(ctx)) throw unsupported(ctx, "the text format of messages other than TensorFlow's own");
  const type = ctx.attrs.string('message_type');
  return (messages) =>
    PackedStrings.of(
      messages.toArray().map((message, i) => {
        try {
          return textToBinary(type, message, type);
        } catch (cause) {
          throw unparsed(i, cause, ctx);
        }
      }),
    );
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
