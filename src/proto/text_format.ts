/**
 * The protocol buffer text format (`saved_model.pbtxt`): text to the message's bytes, which the generated types then
 * decode like any others.
 *
 * Grammar: https://protobuf.dev/reference/protobuf/textformat-spec/. As in protobuf's own parsers, a field without a
 * schema, a second value for a field that is not repeated and a second field of a oneof are errors.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {decodeMessage, type MessageDecoder} from './decode.js';
import {enumValues, type FieldSchema, type MessageSchema, messageSchema, type ScalarType} from './schema.js';
import {BinaryWriter} from './wire.js';

/** Messages within messages, as for the binary format. */
const MAX_DEPTH = 100;

const ANY = 'google.protobuf.Any';

/**
 * Parses a message in text format.
 *
 * @param type - the generated type to return
 * @param typeName - its full name, such as `tensorflow.SavedModel`
 * @param text - the text, or its UTF-8 bytes
 * @param what - names the file in errors
 * @throws FormatError with line and column where the text is not such a message.
 */
export function decodeTextMessage<T>(
  type: MessageDecoder<T>,
  typeName: string,
  text: string | Uint8Array,
  what: string,
): T {
  return decodeMessage(type, textToBinary(typeName, text, what), what);
}

/** The binary form of a message in text format; see {@link decodeTextMessage}. */
export function textToBinary(typeName: string, text: string | Uint8Array, what: string): Uint8Array {
  const schema = messageSchema(typeName);
  if (schema === undefined) throw new FormatError(`${what}: messages of type ${typeName} are not known here`);
  return new Parser(typeof text === 'string' ? text : new TextDecoder().decode(text), what).parse(schema);
}

/** A number as written: its sign apart, so that `-0` and the most negative integer survive. */
interface NumberToken {
  readonly negative: boolean;
  readonly digits: string;
}

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?/y;
const ANY_NAME = /[A-Za-z0-9_.\-~%!$&'()*+,;=/ \t]+/y;
const DECIMAL_INTEGER = /^(?:0|[1-9]\d*)$/;
const OCTAL_INTEGER = /^0[0-7]+$/;
const HEX_INTEGER = /^0[xX]/;

const INFINITY_NAME = /^inf(?:inity)?$/i;
const NAN_NAME = /^nan$/i;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  t: true,
  '1': true,
  false: false,
  False: false,
  f: false,
  '0': false,
};

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
  '?': 0x3f,
  '\\': 0x5c,
  "'": 0x27,
  '"': 0x22,
};

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

type ScalarRule = readonly [wireType: number, write: (writer: BinaryWriter, parser: Parser) => unknown];

/** How the value of each scalar type is read from text and written. */
const SCALARS: Readonly<Record<ScalarType, ScalarRule>> = {
  double: [FIXED64, (writer, parser) => writer.double(parser.float())],
  float: [FIXED32, (writer, parser) => writer.float(Math.fround(parser.float()))],
  int64: [VARINT, (writer, parser) => writer.int64(parser.signed(64))],
  uint64: [VARINT, (writer, parser) => writer.uint64(parser.unsigned(64))],
  int32: [VARINT, (writer, parser) => writer.int32(Number(parser.signed(32)))],
  uint32: [VARINT, (writer, parser) => writer.uint32(Number(parser.unsigned(32)))],
  sint64: [VARINT, (writer, parser) => writer.sint64(parser.signed(64))],
  sint32: [VARINT, (writer, parser) => writer.sint32(Number(parser.signed(32)))],
  fixed64: [FIXED64, (writer, parser) => writer.fixed64(parser.unsigned(64))],
  fixed32: [FIXED32, (writer, parser) => writer.fixed32(Number(parser.unsigned(32)))],
  sfixed64: [FIXED64, (writer, parser) => writer.sfixed64(parser.signed(64))],
  sfixed32: [FIXED32, (writer, parser) => writer.sfixed32(Number(parser.signed(32)))],
  bool: [VARINT, (writer, parser) => writer.bool(parser.bool())],
  string: [DELIMITED, (writer, parser) => writer.bytes(parser.bytes())],
  bytes: [DELIMITED, (writer, parser) => writer.bytes(parser.bytes())],
};

class Parser {
  readonly #text: string;
  readonly #what: string;
  /** Offset of the next token: white space and comments before it are already skipped. */
  #pos = 0;

  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
    this.#skipSpace();
  }

  parse(schema: MessageSchema): Uint8Array {
    const writer = new BinaryWriter();
    this.#fields(schema, '', writer, 1);
    return writer.finish();
  }

  /** The fields of a message up to `close`, which is left to the caller; '' is the end of the text. */
  #fields(schema: MessageSchema, close: string, writer: BinaryWriter, depth: number): void {
    if (depth > MAX_DEPTH) this.#fail(`messages are nested more than ${MAX_DEPTH} deep`);
    const present = new Set<string>();
    for (;;) {
      if (this.#pos >= this.#text.length) {
        if (close === '') return;
        this.#fail(`the text ends before the '${close}' of a ${schema.name}`);
      }
      if (close !== '' && this.#text[this.#pos] === close) return;
      if (this.#text[this.#pos] === '[') this.#anyField(schema, present, writer, depth);
      else this.#field(schema, present, writer, depth);
      if (!this.#take(',')) this.#take(';');
    }
  }

  #field(schema: MessageSchema, present: Set<string>, writer: BinaryWriter, depth: number): void {
    const start = this.#pos;
    const name = this.#match(IDENTIFIER);
    if (name === undefined) this.#fail(`expected a field of ${schema.name}, found ${this.#found()}`);
    const field = schema.byName.get(name);
    if (field === undefined) this.#fail(`${schema.name} has no field '${name}'`, start);
    this.#claim(field, present, start);
    const colon = this.#take(':');
    if (field.type.kind !== 'message' && !colon) {
      this.#fail(`expected ':' after '${name}', found ${this.#found()}`);
    }
    if (field.repeated && this.#take('[')) {
      if (this.#take(']')) return;
      do this.#value(field, writer, depth);
      while (this.#take(','));
      this.#expect(']');
    } else {
      this.#value(field, writer, depth);
    }
  }

  /** Notes that a field is given; a second value of a single field, or of its oneof, is an error. */
  #claim(field: FieldSchema, present: Set<string>, start: number): void {
    if (field.repeated) return;
    const key = field.oneof === undefined ? field.name : `oneof ${field.oneof}`;
    if (present.has(key)) {
      this.#fail(
        field.oneof === undefined
          ? `field '${field.name}' is given twice`
          : `field '${field.name}' is given beside another of '${field.oneof}'`,
        start,
      );
    }
    present.add(key);
  }

  #value(field: FieldSchema, writer: BinaryWriter, depth: number): void {
    const {type} = field;
    if (type.kind === 'message') {
      writer.tag(field.number, DELIMITED).fork();
      this.#message(messageSchema(type.name)!, writer, depth + 1);
      writer.join();
    } else if (type.kind === 'enum') {
      writer.tag(field.number, VARINT).int32(this.#enum(type.name));
    } else {
      const [wireType, write] = SCALARS[type.scalar];
      writer.tag(field.number, wireType);
      write(writer, this);
    }
  }

  #message(schema: MessageSchema, writer: BinaryWriter, depth: number): void {
    const close = this.#take('{')
      ? '}'
      : this.#take('<')
        ? '>'
        : this.#fail(`expected '{', found ${this.#found()}`);
    this.#fields(schema, close, writer, depth);
    this.#expect(close);
  }

  /** `[type.googleapis.com/name] {...}` within an Any: the packed message in readable form. */
  #anyField(schema: MessageSchema, present: Set<string>, writer: BinaryWriter, depth: number): void {
    const start = this.#pos;
    this.#expect('[');
    const url = this.#match(ANY_NAME)?.replaceAll(/[ \t]/g, '');
    this.#expect(']');
    if (url === undefined || schema.name !== ANY) this.#fail(`${schema.name} takes no extensions`, start);
    const packed = messageSchema(url.slice(url.lastIndexOf('/') + 1));
    if (packed === undefined) this.#fail(`messages of type '${url}' are not known here`, start);
    for (const field of schema.byName.values()) this.#claim(field, present, start);
    this.#take(':');
    writer.tag(1, DELIMITED).string(url);
    writer.tag(2, DELIMITED).fork();
    this.#message(packed, writer, depth + 1);
    writer.join();
  }

  #enum(name: string): number {
    const start = this.#pos;
    const word = this.#match(IDENTIFIER);
    if (word === undefined) return Number(this.signed(32));
    const value = enumValues(name).get(word);
    if (value === undefined) this.#fail(`${name} has no value '${word}'`, start);
    return value;
  }

  bool(): boolean {
    const start = this.#pos;
    const word = this.#match(IDENTIFIER) ?? this.#match(NUMBER);
    const value = word === undefined ? undefined : Object.hasOwn(BOOLEANS, word) ? BOOLEANS[word] : undefined;
    if (value === undefined) this.#fail(`expected true or false, found ${this.#found(start)}`, start);
    return value;
  }

  float(): number {
    const start = this.#pos;
    const negative = this.#take('-');
    const word = this.#match(IDENTIFIER);
    if (word !== undefined) {
      if (NAN_NAME.test(word)) return Number.NaN;
      if (!INFINITY_NAME.test(word)) this.#fail(`expected a number, found '${word}'`, start);
      return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    }
    const {digits} = this.#number(start, negative);
    if (HEX_INTEGER.test(digits) || OCTAL_INTEGER.test(digits)) {
      this.#fail(`a floating point field takes decimal numbers, not '${digits}'`, start);
    }
    const value = Number(digits.replace(/[fF]$/, ''));
    return negative ? -value : value;
  }

  signed(bits: 32 | 64): bigint {
    return this.#integer((value) => BigInt.asIntN(bits, value), `int${bits}`);
  }

  unsigned(bits: 32 | 64): bigint {
    return this.#integer((value) => BigInt.asUintN(bits, value), `uint${bits}`);
  }

  #integer(wrap: (value: bigint) => bigint, type: string): bigint {
    const start = this.#pos;
    const {negative, digits} = this.#number(start, this.#take('-'));
    // More digits than 64 bits have in base 8 need not become a bigint to be out of range.
    const magnitude =
      digits.length > 24
        ? undefined
        : DECIMAL_INTEGER.test(digits) || HEX_INTEGER.test(digits)
          ? BigInt(digits)
          : OCTAL_INTEGER.test(digits)
            ? BigInt(`0o${digits.slice(1)}`)
            : this.#fail(`expected an integer, found '${digits}'`, start);
    const value = magnitude !== undefined && negative ? -magnitude : magnitude;
    if (value === undefined || wrap(value) !== value) {
      this.#fail(`${negative ? '-' : ''}${digits.slice(0, 40)} is out of the range of ${type}`, start);
    }
    return value;
  }

  #number(start: number, negative: boolean): NumberToken {
    const digits = this.#match(NUMBER);
    if (digits === undefined) this.#fail(`expected a number, found ${this.#found()}`, start);
    return {negative, digits};
  }

  /** One or more adjacent string literals. */
  bytes(): Uint8Array {
    const sink = new ByteSink();
    let quote = this.#text[this.#pos];
    if (quote !== '"' && quote !== "'") this.#fail(`expected a string, found ${this.#found()}`);
    for (; quote === '"' || quote === "'"; quote = this.#text[this.#pos]) this.#literal(quote, sink);
    return sink.bytes();
  }

  #literal(quote: string, sink: ByteSink): void {
    const text = this.#text;
    const start = this.#pos++;
    const closing = quote.charCodeAt(0);
    for (;;) {
      const code = text.charCodeAt(this.#pos);
      if (code === closing) break;
      if (Number.isNaN(code) || code === 0x0a) this.#fail('a string without end', start);
      if (code === 0x5c) {
        this.#escape(sink);
      } else if (code < 0x80) {
        sink.byte(code);
        this.#pos++;
      } else {
        const point = text.codePointAt(this.#pos)!;
        sink.codePoint(point);
        this.#pos += point > 0xffff ? 2 : 1;
      }
    }
    this.#pos++;
    this.#skipSpace();
  }

  #escape(sink: ByteSink): void {
    const start = this.#pos;
    const next = this.#text[start + 1] ?? '';
    const simple = Object.hasOwn(SIMPLE_ESCAPES, next) ? SIMPLE_ESCAPES[next] : undefined;
    if (simple !== undefined) {
      sink.byte(simple);
      this.#pos += 2;
      return;
    }
    const [, octal, hex, short, long] = this.#escapeDigits();
    if (octal !== undefined && Number.parseInt(octal, 8) <= 0xff) sink.byte(Number.parseInt(octal, 8));
    else if (hex !== undefined) sink.byte(Number.parseInt(hex, 16));
    else if (short !== undefined) sink.codePoint(this.#surrogates(Number.parseInt(short, 16), start));
    else if (long !== undefined) sink.codePoint(this.#scalarValue(Number.parseInt(long, 16), start));
    else this.#fail(`unknown escape '\\${next}' in a string`, start);
  }

  #escapeDigits(): readonly (string | undefined)[] {
    ESCAPE.lastIndex = this.#pos;
    const match = ESCAPE.exec(this.#text) ?? [];
    this.#pos += match[0]?.length ?? 0;
    return match;
  }

  /** The character of `\uXXXX`; two of them make one beyond the basic plane. */
  #surrogates(unit: number, start: number): number {
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const low = Number.parseInt(this.#escapeDigits()[3] ?? '', 16);
      if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    return this.#scalarValue(unit, start);
  }

  #scalarValue(point: number, start: number): number {
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      this.#fail(`U+${point.toString(16).toUpperCase()} is no character`, start);
    }
    return point;
  }

  /** What `pattern` matches at the present position, and steps over it. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#pos;
    const matched = pattern.exec(this.#text)?.[0];
    if (matched !== undefined) {
      this.#pos += matched.length;
      this.#skipSpace();
    }
    return matched;
  }

  #take(symbol: string): boolean {
    if (this.#text[this.#pos] !== symbol) return false;
    this.#pos++;
    this.#skipSpace();
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#fail(`expected '${symbol}', found ${this.#found()}`);
  }

  #skipSpace(): void {
    const text = this.#text;
    let pos = this.#pos;
    for (;;) {
      const code = text.charCodeAt(pos);
      if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) {
        pos++;
      } else if (code === 0x23) {
        const end = text.indexOf('\n', pos);
        pos = end < 0 ? text.length : end;
      } else {
        break;
      }
    }
    this.#pos = pos;
  }

  #found(pos = this.#pos): string {
    return pos >= this.#text.length
      ? 'the end of the text'
      : `'${this.#text.slice(pos, pos + 20).split(/\s/)[0]}'`;
  }

  #fail(message: string, pos = this.#pos): never {
    const before = this.#text.slice(0, pos);
    const line = before.split('\n').length;
    const column = pos - before.lastIndexOf('\n');
    throw new FormatError(`${this.#what}, line ${line}, column ${column}: ${message}`);
  }
}

const ESCAPE = /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** A byte array that grows. */
class ByteSink {
  #buffer = new Uint8Array(64);
  #size = 0;

  byte(value: number): void {
    if (this.#size === this.#buffer.length) {
      const larger = new Uint8Array(this.#size * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer[this.#size++] = value;
  }

  codePoint(point: number): void {
    for (const byte of UTF8.encode(String.fromCodePoint(point))) this.byte(byte);
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }
}

const UTF8 = new TextEncoder();
