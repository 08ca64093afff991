/**
 * The fields of TensorFlow's messages as data, for code that handles messages of any type: the text format, and the
 * merging of split files. Generated message types do not need it.
 *
 * @module
 */

import {FIELD_TABLE} from './generated/field_table.js';

/** Protocol buffer scalar types that TensorFlow's messages use. */
export type ScalarType =
  | 'double'
  | 'float'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'fixed64'
  | 'fixed32'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'uint32'
  | 'sfixed32'
  | 'sfixed64'
  | 'sint32'
  | 'sint64';

/** One field of a message. */
export interface FieldSchema {
  readonly name: string;
  readonly number: number;
  readonly repeated: boolean;
  /** The oneof it belongs to. */
  readonly oneof: string | undefined;
  readonly type:
    | {readonly kind: 'scalar'; readonly scalar: ScalarType}
    | {readonly kind: 'enum'; readonly name: string}
    | {readonly kind: 'message'; readonly name: string};
}

/** The fields of one message. */
export interface MessageSchema {
  readonly name: string;
  readonly byName: ReadonlyMap<string, FieldSchema>;
  readonly byNumber: ReadonlyMap<number, FieldSchema>;
}

let lines: Map<string, string> | undefined;
const messages = new Map<string, MessageSchema>();
const enums = new Map<string, ReadonlyMap<string, number>>();

/** The words of a table line after the name that it starts with. */
function lineOf(name: string): string[] | undefined {
  lines ??= new Map(
    FIELD_TABLE.split('\n').map((line) => {
      const end = line.indexOf(' ');
      return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)];
    }),
  );
  const line = lines.get(name);
  return line === undefined ? undefined : line === '' ? [] : line.split(' ');
}

/** The schema of a message by its full name, such as `tensorflow.NodeDef`; undefined for one that is not known. */
export function messageSchema(name: string): MessageSchema | undefined {
  let schema = messages.get(name);
  if (schema === undefined) {
    const fields = lineOf(name)?.map(parseField);
    if (fields === undefined) return undefined;
    schema = {
      name,
      byName: new Map(fields.map((field) => [field.name, field])),
      byNumber: new Map(fields.map((field) => [field.number, field])),
    };
    messages.set(name, schema);
  }
  return schema;
}

/** The values of an enum by its full name, such as `tensorflow.DataType`. */
export function enumValues(name: string): ReadonlyMap<string, number> {
  let values = enums.get(name);
  if (values === undefined) {
    const words = lineOf(`#${name}`) ?? [];
    values = new Map(
      words.map((word) => {
        const equals = word.indexOf('=');
        return [word.slice(0, equals), Number(word.slice(equals + 1))];
      }),
    );
    enums.set(name, values);
  }
  return values;
}

function parseField(word: string): FieldSchema {
  const [, name, number, arity, mark, type, oneof] = /^(\w+)=(\d+)([:*])(#?)([\w.]+)(?:\/(\w+))?$/.exec(
    word,
  )!;
  return {
    name: name!,
    number: Number(number),
    repeated: arity === '*',
    oneof,
    type:
      mark === '#'
        ? {kind: 'enum', name: type!}
        : type!.includes('.')
          ? {kind: 'message', name: type!}
          : {kind: 'scalar', scalar: type as ScalarType},
  };
}
