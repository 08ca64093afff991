/**
 * The fields of a message that a node names: from the descriptors the node carries, or from what is known of
 * TensorFlow's own messages.
 *
 * Sources: `google/protobuf/descriptor.proto`, `tensorflow/core/util/proto/descriptors.cc`.
 *
 * @module
 */

import {EMPTY, fromLatin1, toLatin1} from '../../algorithms/bytes.js';
import {FormatError, UnsupportedOpError} from '../../errors.js';
import {ownEntry} from '../../own_entry.js';
import {decodeMessage} from '../../proto/decode.js';
import {type FieldSchema, messageSchema} from '../../proto/schema.js';
import type {BinaryReader} from '../../proto/wire.js';
import type {KernelContext} from '../kernel.js';
import {invalid, unsupported} from '../node.js';
import {FIELD_TYPE_BY_NAME, FIELD_TYPES, type FieldType, type FieldValue, type ProtoField} from './fields.js';

/** Finds a field by its name, or an extension of the message by its full name; undefined for an unknown one. */
export interface FieldLookup {
  field(name: string): ProtoField | undefined;
  extension(name: string): ProtoField | undefined;
}

const BYTES_PREFIX = 'bytes://';
const LOCAL = new Set(['', 'local://']);

/** True where the descriptors are those linked into TensorFlow, not the model's. */
export function isLocal(ctx: KernelContext): boolean {
  return LOCAL.has(ctx.attrs.string('descriptor_source'));
}

/** The message that the node's `message_type` names. */
export function lookupMessage(ctx: KernelContext): FieldLookup {
  const source = ctx.attrs.bytes('descriptor_source');
  const name = ctx.attrs.string('message_type');
  if (isLocal(ctx)) return localMessage(name, ctx);
  if (toLatin1(source.subarray(0, BYTES_PREFIX.length)) !== BYTES_PREFIX) {
    throw unsupported(ctx, `reading descriptors from a file ('${ctx.attrs.string('descriptor_source')}')`);
  }
  const what = `descriptor_source of ${ctx.op} (node '${ctx.name}')`;
  const set = new DescriptorSet(source.subarray(BYTES_PREFIX.length), what);
  const message = set.message(name);
  if (message === undefined) throw invalid(ctx, `no descriptor found for message type ${name}`);
  return message;
}

function localMessage(name: string, ctx: KernelContext): FieldLookup {
  const schema = /^[\w.]+$/.test(name) ? messageSchema(name) : undefined;
  if (schema === undefined) {
    throw new UnsupportedOpError(
      `${ctx.op} (node '${ctx.name}'): the message type ${name} is not known here; ` +
        `a model has to carry its descriptors itself, with a descriptor_source of ${BYTES_PREFIX}`,
    );
  }
  return {
    field: (wanted) => {
      const field = schema.byName.get(wanted);
      return field && localField(field, name);
    },
    extension: () => undefined,
  };
}

/** The few repeated numbers of TensorFlow's messages without `[packed = true]`. */
const LOCAL_UNPACKED = new Set([
  'tensorflow.CheckpointState.all_model_checkpoint_timestamps',
  'tensorflow.SaveSliceInfoDef.full_shape',
  'tensorflow.SaveSliceInfoDef.var_offset',
  'tensorflow.SaveSliceInfoDef.var_shape',
  'tensorflow.SavedConcreteFunction.bound_inputs',
  'tensorflow.VersionDef.bad_consumers',
  'third_party.py.keras.protobuf.VersionDef.bad_consumers',
]);

/** TensorFlow's messages are proto3: no defaults but zero. */
function localField({name, number, repeated, oneof, type: of}: FieldSchema, message: string): ProtoField {
  const type = FIELD_TYPE_BY_NAME.get(of.kind === 'scalar' ? of.scalar : of.kind)!;
  return {
    name,
    number,
    type,
    repeated,
    packed: repeated && !LOCAL_UNPACKED.has(`${message}.${name}`),
    implicit: !repeated && oneof === undefined && of.kind !== 'message',
    defaultValue: type.zero,
  };
}

/** `FieldDescriptorProto`, as far as it matters here. */
interface FieldDescriptor {
  name: string;
  extendee: string;
  number: number;
  label: number;
  type: number;
  typeName: string;
  defaultValue: Uint8Array | undefined;
  packed: boolean;
  /** It belongs to a oneof, which proto3's `optional` makes up, too. */
  oneof: boolean;
}

/** A scope of names: a file or a message. What is in it is decoded when it is wanted. */
interface Scope {
  name: string;
  proto3: boolean;
  readonly depth: number;
  readonly fields: Uint8Array[];
  readonly messages: Uint8Array[];
  readonly enums: Uint8Array[];
  readonly extensions: Uint8Array[];
}

/** Messages within messages, as protobuf allows. */
const MAX_DEPTH = 100;

/** Field numbers have 29 bits: a tag has three more. */
const MAX_NUMBER = 2 ** 29 - 1;

const OPTIONAL = 1;
const REPEATED = 3;
const ENUM = 14;
const MESSAGE = 11;

/** What to do with the fields of a message, by number; others are passed over. */
type Readers<T> = Readonly<Record<number, (into: T, reader: BinaryReader) => void>>;

/** Fills `into` from an encoded message. */
function readInto<T>(into: T, readers: Readers<T>, bytes: Uint8Array, what: string): T {
  const decode = (reader: BinaryReader) => {
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const read = readers[number];
      if (read === undefined) reader.skip(wire, number);
      else read(into, reader);
    }
    reader.finish(reader.len);
    return into;
  };
  return decodeMessage({decode}, bytes, what);
}

const FILE_SET: Readers<Uint8Array[]> = {1: (files, reader) => files.push(reader.bytes())};

const FILE: Readers<Scope> = {
  2: (file, reader) => {
    file.name = reader.string();
  },
  4: (file, reader) => file.messages.push(reader.bytes()),
  5: (file, reader) => file.enums.push(reader.bytes()),
  7: (file, reader) => file.extensions.push(reader.bytes()),
  12: (file, reader) => {
    file.proto3 = reader.string() === 'proto3';
  },
};

const DESCRIPTOR: Readers<Scope> = {
  1: (message, reader) => {
    message.name = reader.string();
  },
  2: (message, reader) => message.fields.push(reader.bytes()),
  3: (message, reader) => message.messages.push(reader.bytes()),
  4: (message, reader) => message.enums.push(reader.bytes()),
  6: (message, reader) => message.extensions.push(reader.bytes()),
};

const FIELD: Readers<FieldDescriptor> = {
  1: (field, reader) => {
    field.name = reader.string();
  },
  2: (field, reader) => {
    field.extendee = reader.string();
  },
  3: (field, reader) => {
    field.number = reader.int32();
  },
  4: (field, reader) => {
    field.label = reader.int32();
  },
  5: (field, reader) => {
    field.type = reader.int32();
  },
  6: (field, reader) => {
    field.typeName = reader.string();
  },
  7: (field, reader) => {
    field.defaultValue = reader.bytes();
  },
  8: (field, reader) => readInto(field, FIELD_OPTIONS, reader.bytes(), 'the options of a field'),
  9: (field, reader) => {
    reader.int32();
    field.oneof = true;
  },
};

const FIELD_OPTIONS: Readers<FieldDescriptor> = {
  2: (field, reader) => {
    field.packed = reader.bool();
  },
};

/** Names of an enum's values with their numbers, in their order. */
interface EnumDescriptor {
  name: string;
  readonly values: Map<string, number>;
}

const ENUM_DESCRIPTOR: Readers<EnumDescriptor> = {
  1: (descriptor, reader) => {
    descriptor.name = reader.string();
  },
  2: (descriptor, reader) => {
    const value = readInto({name: '', number: 0}, ENUM_VALUE, reader.bytes(), 'a value of an enum');
    descriptor.values.set(value.name, value.number);
  },
};

const ENUM_VALUE: Readers<{name: string; number: number}> = {
  1: (value, reader) => {
    value.name = reader.string();
  },
  2: (value, reader) => {
    value.number = reader.int32();
  },
};

const newScope = (proto3: boolean, depth: number): Scope => ({
  name: '',
  proto3,
  depth,
  fields: [],
  messages: [],
  enums: [],
  extensions: [],
});

const qualify = (scope: string, name: string) => (scope === '' ? name : `${scope}.${name}`);

/** The messages, enums and extensions of a `FileDescriptorSet` by their full names. */
class DescriptorSet {
  readonly #what: string;
  readonly #messages = new Map<string, Scope>();
  readonly #enums = new Map<string, ReadonlyMap<string, number>>();
  readonly #extensions = new Map<string, {field: FieldDescriptor; scope: Scope}>();

  constructor(bytes: Uint8Array, what: string) {
    this.#what = what;
    const pending: Scope[] = readInto([], FILE_SET, bytes, what).map((file) =>
      readInto(newScope(false, 0), FILE, file, what),
    );
    for (let scope = pending.pop(); scope !== undefined; scope = pending.pop()) {
      if (scope.depth > MAX_DEPTH) {
        throw new FormatError(`${what}: messages are nested more than ${MAX_DEPTH} deep`);
      }
      for (const each of scope.messages) {
        const message = readInto(newScope(scope.proto3, scope.depth + 1), DESCRIPTOR, each, what);
        message.name = qualify(scope.name, message.name);
        this.#messages.set(message.name, message);
        pending.push(message);
      }
      for (const each of scope.enums) {
        const {name, values} = readInto({name: '', values: new Map()}, ENUM_DESCRIPTOR, each, what);
        this.#enums.set(qualify(scope.name, name), values);
      }
      for (const each of scope.extensions) {
        const field = this.#readField(each);
        this.#extensions.set(qualify(scope.name, field.name), {field, scope});
      }
    }
  }

  message(name: string): FieldLookup | undefined {
    const message = this.#messages.get(name);
    if (message === undefined) return undefined;
    const fields = new Map(
      message.fields.map((each) => {
        const field = this.#readField(each);
        return [field.name, field];
      }),
    );
    return {
      field: (wanted) => {
        const field = fields.get(wanted);
        return field && this.#resolve(field, message);
      },
      extension: (wanted) => {
        const found = this.#extensions.get(wanted);
        if (found === undefined) return undefined;
        const extended = lookup(this.#messages, found.field.extendee, found.scope.name);
        return extended === message ? this.#resolve(found.field, found.scope) : undefined;
      },
    };
  }

  #readField(bytes: Uint8Array): FieldDescriptor {
    const field: FieldDescriptor = {
      name: '',
      extendee: '',
      number: 0,
      label: OPTIONAL,
      type: 0,
      typeName: '',
      defaultValue: undefined,
      packed: false,
      oneof: false,
    };
    return readInto(field, FIELD, bytes, this.#what);
  }

  #resolve(field: FieldDescriptor, scope: Scope): ProtoField {
    const values = lookup(this.#enums, field.typeName, scope.name);
    // A type may be left to its name.
    const type = FIELD_TYPES[field.type || (values === undefined ? MESSAGE : ENUM)];
    if (type === undefined) throw new FormatError(`${this.#what}: ${field.name} is of type ${field.type}`);
    if (field.number < 1 || field.number > MAX_NUMBER) {
      throw new FormatError(`${this.#what}: ${field.name} has number ${field.number}`);
    }
    const repeated = field.label === REPEATED;
    return {
      name: field.name,
      number: field.number,
      type,
      repeated,
      packed: field.packed,
      implicit: scope.proto3 && !repeated && !field.oneof && !OF_MESSAGES.has(type.name),
      defaultValue: this.#defaultOf(field, type, values),
    };
  }

  #defaultOf(
    {name, defaultValue}: FieldDescriptor,
    type: FieldType,
    values: ReadonlyMap<string, number> | undefined,
  ): FieldValue {
    if (type.name === 'enum') return enumDefault(defaultValue, values) ?? type.zero;
    if (defaultValue === undefined) return type.zero;
    const parse = PARSE_DEFAULT[type.name] ?? PARSE_DEFAULT[typeof type.zero]!;
    try {
      return parse(defaultValue);
    } catch (cause) {
      throw new FormatError(`${this.#what}: ${name} cannot have the default ${toLatin1(defaultValue)}`, {
        cause,
      });
    }
  }
}

const OF_MESSAGES = new Set(['message', 'group']);

/** An absolute name (`.package.Name`), or a name sought from the innermost scope outwards. */
function lookup<T>(named: ReadonlyMap<string, T>, name: string, scope: string): T | undefined {
  if (name.startsWith('.')) return named.get(name.slice(1));
  for (let within = scope; ; within = within.slice(0, Math.max(0, within.lastIndexOf('.')))) {
    const found = named.get(qualify(within, name));
    if (found !== undefined || within === '') return found;
  }
}

/** The named value of an enum, or its first one. */
function enumDefault(
  text: Uint8Array | undefined,
  values: ReadonlyMap<string, number> | undefined,
): number | undefined {
  if (text !== undefined) return values?.get(toLatin1(text));
  return values?.values().next().value;
}

/** TensorFlow keeps an unsigned default in one byte (`DefaultValue` in `decode_proto_op.cc`). */
const lowByte = (text: Uint8Array) => BigInt.asUintN(8, BigInt(toLatin1(text)));

/** Defaults from the text that a descriptor has them in, by type or else by the kind of its elements. */
const PARSE_DEFAULT: Readonly<Record<string, (text: Uint8Array) => FieldValue>> = {
  double: parseFloatDefault,
  float: (text) => Math.fround(parseFloatDefault(text)),
  bool: (text) => Number(toLatin1(text) === 'true'),
  string: upToNull,
  bytes: (text) => upToNull(unescapeC(text)),
  message: () => EMPTY,
  group: () => EMPTY,
  uint32: (text) => Number(lowByte(text)),
  fixed32: (text) => Number(lowByte(text)),
  uint64: lowByte,
  fixed64: lowByte,
  number: (text) => Number(BigInt(toLatin1(text))),
  bigint: (text) => BigInt(toLatin1(text)),
};

const NOT_FINITE: Readonly<Record<string, number>> = {inf: Infinity, '-inf': -Infinity, nan: NaN};

function parseFloatDefault(text: Uint8Array): number {
  const written = toLatin1(text);
  return ownEntry(NOT_FINITE, written) ?? Number(written);
}

/** TensorFlow takes default strings as C strings. */
function upToNull(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

const ESCAPE = /\\(?:[xX]([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/gs;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** C's escapes, in which descriptors write the defaults of `bytes` fields. */
function unescapeC(text: Uint8Array): Uint8Array {
  const plain = toLatin1(text).replace(ESCAPE, (_, hex?: string, octal?: string, simple?: string) => {
    if (simple !== undefined) return SIMPLE_ESCAPES[simple] ?? simple;
    return String.fromCharCode(hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex, 16));
  });
  return fromLatin1(plain);
}
