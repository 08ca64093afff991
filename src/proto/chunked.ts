/**
 * Split SavedModels (`saved_model.cpb`): a message too large for one protocol buffer, cut into chunks, and a tree that
 * says where each belongs. The chunks are put together on the wire level, without decoding what they contain.
 *
 * Format: `tensorflow/tools/proto_splitter` (chunk.proto, g3doc/in-depth-guide.md, merge.cc). The rules of merging are
 * those of its Merger.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import type {FileHandle} from '../platform/platform.js';
import {decodeMessage} from './decode.js';
import {
  type ChunkedField,
  type ChunkedMessage,
  ChunkMetadata,
  type FieldIndex,
} from './generated/tensorflow/tools/proto_splitter/chunk.js';
import {RecordFile} from './riegeli.js';
import {type FieldSchema, type MessageSchema, messageSchema} from './schema.js';
import {BinaryReader, BinaryWriter} from './wire.js';

/**
 * Reads a `saved_model.cpb` and returns the bytes of the SavedModel it was split from.
 *
 * @param what - names the file in errors
 * @throws FormatError where the file is damaged or is not a split SavedModel.
 */
export async function readChunkedSavedModel(file: FileHandle, what = 'saved_model.cpb'): Promise<Uint8Array> {
  const records = await RecordFile.open(file, what);
  const metadata = decodeMessage(ChunkMetadata, await records.last(), `the last record of ${what}`);
  const root = new PartialMessage(messageSchema('tensorflow.SavedModel')!, what);
  await new Merger(records, metadata, what).merge(metadata.message, root);
  return root.toBytes();
}

/** One step of a path into a message: a field, and where it is repeated, which element or map entry. */
interface Step {
  readonly field: number;
  readonly element: {readonly index: number} | {readonly key: string} | undefined;
}

class Merger {
  readonly #records: RecordFile;
  readonly #chunks: ChunkMetadata['chunks'];
  readonly #what: string;
  readonly #used = new Set<number>();

  constructor(records: RecordFile, metadata: ChunkMetadata, what: string) {
    this.#records = records;
    this.#chunks = metadata.chunks;
    this.#what = what;
  }

  async merge(chunked: ChunkedMessage | undefined, target: PartialMessage): Promise<void> {
    if (chunked?.chunkIndex !== undefined) target.append(await this.#chunk(chunked.chunkIndex));
    const fields = (chunked?.chunkedFields ?? []).map((field) => ({field, steps: this.#steps(field)}));
    fields.sort((a, b) => compareSteps(a.steps, b.steps) || chunkOf(a.field) - chunkOf(b.field));
    for (const {field, steps} of fields) await this.#mergeField(field, steps, target);
  }

  async #mergeField(field: ChunkedField, steps: readonly Step[], target: PartialMessage): Promise<void> {
    let parent = target;
    for (const step of steps.slice(0, -1)) parent = parent.child(step.field, step.element);
    const last = steps.at(-1);
    if (last === undefined) {
      await this.merge(field.message, parent);
    } else if (parent.isMessage(last.field)) {
      await this.merge(field.message, parent.child(last.field, last.element));
    } else {
      parent.setBytes(last.field, last.element, await this.#chunk(chunkOf(field)));
    }
  }

  async #chunk(index: number): Promise<Uint8Array> {
    const info = this.#chunks[index];
    if (info === undefined) this.#fail(`it refers to chunk ${index} of ${this.#chunks.length}`);
    // What is used twice could be used a million times.
    if (this.#used.has(index)) this.#fail(`it uses chunk ${index} twice`);
    this.#used.add(index);
    const bytes = await this.#records.at(info.offset);
    if (bytes.length !== info.size)
      this.#fail(`chunk ${index} has ${bytes.length} bytes instead of ${info.size}`);
    return bytes;
  }

  #steps(field: ChunkedField): Step[] {
    const steps: Step[] = [];
    for (const {kind} of field.fieldTag) {
      const last = steps.at(-1);
      if (kind?.$case === 'field') {
        steps.push({field: kind.value, element: undefined});
      } else if (last === undefined || last.element !== undefined) {
        this.#fail('a path in it has an index or a key without a field');
      } else {
        steps[steps.length - 1] = {field: last.field, element: this.#element(kind)};
      }
    }
    if (steps.length > MAX_DEPTH) this.#fail(`a path in it has ${steps.length} steps`);
    return steps;
  }

  #element(kind: FieldIndex['kind']): {index: number} | {key: string} {
    if (kind?.$case === 'index') return {index: kind.value};
    if (kind?.$case === 'mapKey' && kind.value.type?.$case === 's') return {key: kind.value.type.value};
    return this.#fail('a path in it has a map key that is no text');
  }

  #fail(message: string): never {
    throw new FormatError(`${this.#what} cannot be put together: ${message}`);
  }
}

function chunkOf(field: ChunkedField): number {
  return field.message?.chunkIndex ?? 0;
}

/** The Merger's order: by fields and indices, a message before what is inside it. */
function compareSteps(a: readonly Step[], b: readonly Step[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x.field !== y.field) return x.field - y.field;
    if (x.element === undefined || y.element === undefined) {
      if (x.element !== y.element) return x.element === undefined ? -1 : 1;
    } else if ('index' in x.element && 'index' in y.element) {
      if (x.element.index !== y.element.index) return x.element.index - y.element.index;
    } else if ('key' in x.element && 'key' in y.element) {
      if (x.element.key !== y.element.key) return x.element.key < y.element.key ? -1 : 1;
    }
  }
  return a.length - b.length;
}

/** Messages within messages, as for any protocol buffer. */
const MAX_DEPTH = 100;

const DELIMITED = 2;

/** A field on the wire: as it is, or as a message being put together. */
interface Entry {
  readonly field: number;
  /** Tag and value; of a length-delimited field, its value alone. */
  bytes: Uint8Array;
  readonly delimited: boolean;
  message?: PartialMessage;
}

/** A message being put together: pieces of its wire form, taken apart as far as something goes inside it. */
class PartialMessage {
  readonly #schema: MessageSchema;
  readonly #what: string;
  /** Bytes that nobody has had to look into. */
  #pieces: Uint8Array[] = [];
  #entries: Entry[] | undefined;
  readonly #byField = new Map<number, Entry[]>();
  readonly #byKey = new Map<number, Map<string, Entry>>();

  constructor(schema: MessageSchema, what: string) {
    this.#schema = schema;
    this.#what = what;
  }

  /** Merges the bytes of another message of this type into it. */
  append(bytes: Uint8Array): void {
    if (this.#entries === undefined) this.#pieces.push(bytes);
    else this.#addFields(bytes);
  }

  isMessage(number: number): boolean {
    return this.#field(number).type.kind === 'message';
  }

  /**
   * The message in a field, created where there is none. Of a map it is the value of the entry with the key.
   */
  child(number: number, element: Step['element']): PartialMessage {
    const field = this.#field(number);
    const entries = this.#entriesOf(number);
    if (element === undefined) {
      if (field.repeated)
        this.#fail(`${this.#schema.name}.${field.name} is repeated, and a path does not say which`);
      // Several values of a single message field are one message in pieces.
      const [first = this.#add(number), ...rest] = entries;
      const message = this.#open(first, field);
      for (const entry of rest) message.append(entry.bytes);
      if (rest.length > 0) this.#remove(number, rest);
      return message;
    }
    if (!field.repeated)
      this.#fail(`${this.#schema.name}.${field.name} is not repeated, and a path has an index`);
    if ('key' in element) return this.#open(this.#mapEntry(field, element.key), field).child(2, undefined);
    if (element.index > entries.length) {
      this.#fail(
        `${this.#schema.name}.${field.name} has ${entries.length} elements, and a path names ${element.index}`,
      );
    }
    return this.#open(entries[element.index] ?? this.#add(number), field);
  }

  /** Sets a field of type bytes or string. */
  setBytes(number: number, element: Step['element'], value: Uint8Array): void {
    const field = this.#field(number);
    const {type} = field;
    const entries = this.#entriesOf(number);
    if (type.kind !== 'scalar' || (type.scalar !== 'bytes' && type.scalar !== 'string')) {
      this.#fail(
        `a chunk is the value of ${this.#schema.name}.${field.name}, which is neither bytes nor a message`,
      );
    }
    if (!field.repeated) {
      this.#remove(number, entries);
      this.#add(number, value);
      return;
    }
    const entry = element !== undefined && 'index' in element ? entries[element.index] : undefined;
    if (entry === undefined)
      this.#fail(`a path names an element that ${this.#schema.name}.${field.name} does not have`);
    if (!entry.delimited) this.#fail(`${this.#schema.name}.${field.name} is not what it should be`);
    entry.bytes = value;
  }

  /** The message's wire form, fields in the order of their numbers, as protobuf writes them. */
  toBytes(): Uint8Array {
    const target = new Uint8Array(this.byteLength());
    this.write(target, 0);
    return target;
  }

  #field(number: number): FieldSchema {
    const field = this.#schema.byNumber.get(number);
    if (field === undefined) this.#fail(`${this.#schema.name} has no field ${number}`);
    return field;
  }

  #entriesOf(number: number): Entry[] {
    this.#takeApart();
    let entries = this.#byField.get(number);
    if (entries === undefined) this.#byField.set(number, (entries = []));
    return entries;
  }

  #takeApart(): Entry[] {
    if (this.#entries === undefined) {
      this.#entries = [];
      for (const piece of this.#pieces) this.#addFields(piece);
      this.#pieces = [];
    }
    return this.#entries;
  }

  #addFields(bytes: Uint8Array): void {
    try {
      const reader = new BinaryReader(bytes);
      while (reader.pos < reader.len) {
        const begin = reader.pos;
        const tag = reader.uint32();
        const delimited = (tag & 7) === DELIMITED;
        const value = delimited ? reader.bytes() : reader.skip(tag & 7, tag >>> 3);
        this.#push({
          field: tag >>> 3,
          bytes: delimited ? value : bytes.subarray(begin, reader.pos),
          delimited,
        });
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FormatError(`${this.#what}: a chunk is no ${this.#schema.name}: ${reason}`, {cause});
    }
  }

  #add(number: number, bytes: Uint8Array = new Uint8Array(0)): Entry {
    const entry: Entry = {field: number, bytes, delimited: true};
    this.#push(entry);
    return entry;
  }

  #push(entry: Entry): void {
    this.#entries!.push(entry);
    const siblings = this.#byField.get(entry.field);
    if (siblings === undefined) this.#byField.set(entry.field, [entry]);
    else siblings.push(entry);
    const keys = this.#byKey.get(entry.field);
    keys?.set(this.#keyOf(entry), entry);
  }

  #remove(number: number, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const removed = new Set(entries);
    this.#entries = this.#entries!.filter((entry) => !removed.has(entry));
    this.#byField.set(
      number,
      this.#byField.get(number)!.filter((entry) => !removed.has(entry)),
    );
  }

  #open(entry: Entry, field: FieldSchema): PartialMessage {
    if (!entry.delimited) this.#fail(`${this.#schema.name}.${field.name} is not what it should be`);
    if (entry.message === undefined) {
      if (field.type.kind !== 'message') this.#fail(`${this.#schema.name}.${field.name} is no message`);
      entry.message = new PartialMessage(messageSchema(field.type.name)!, this.#what);
      entry.message.append(entry.bytes);
    }
    return entry.message;
  }

  #mapEntry(field: FieldSchema, key: string): Entry {
    let keys = this.#byKey.get(field.number);
    if (keys === undefined) {
      keys = new Map(this.#entriesOf(field.number).map((entry) => [this.#keyOf(entry), entry]));
      this.#byKey.set(field.number, keys);
    }
    return keys.get(key) ?? this.#add(field.number, encodeMapKey(key));
  }

  /** The key of a map's entry: its first field. */
  #keyOf(entry: Entry): string {
    const message = new PartialMessage(KEY_SCHEMA, this.#what);
    message.append(entry.bytes);
    const key = message.#entriesOf(1).at(-1)?.bytes;
    return new TextDecoder().decode(key);
  }

  private byteLength(): number {
    if (this.#entries === undefined && this.#pieces.length <= 1) return this.#pieces[0]?.length ?? 0;
    this.#takeApart();
    for (const [number, entries] of this.#byField) {
      const field = this.#schema.byNumber.get(number);
      if (entries.length > 1 && field?.type.kind === 'message' && !field.repeated)
        this.child(number, undefined);
    }
    let size = 0;
    for (const entry of this.#takeApart()) {
      const length = entry.message?.byteLength() ?? entry.bytes.length;
      size += length + (entry.delimited ? varintSize(entry.field * 8) + varintSize(length) : 0);
    }
    return size;
  }

  private write(target: Uint8Array, start: number): number {
    let at = start;
    if (this.#entries === undefined && this.#pieces.length <= 1) {
      const piece = this.#pieces[0] ?? new Uint8Array(0);
      target.set(piece, at);
      return at + piece.length;
    }
    for (const {field, bytes, delimited, message} of this.#takeApart().sort((a, b) => a.field - b.field)) {
      if (delimited) {
        at = writeVarint(target, at, field * 8 + DELIMITED);
        at = writeVarint(target, at, message?.byteLength() ?? bytes.length);
      }
      if (message !== undefined) {
        at = message.write(target, at);
      } else {
        target.set(bytes, at);
        at += bytes.length;
      }
    }
    return at;
  }

  #fail(message: string): never {
    throw new FormatError(`${this.#what} cannot be put together: ${message}`);
  }
}

/** Stands for the type of any map's entries with text as keys. */
const KEY_SCHEMA: MessageSchema = {name: 'map entry', byName: new Map(), byNumber: new Map()};

/** The entry of a map that has this key and nothing else. */
function encodeMapKey(key: string): Uint8Array {
  return new BinaryWriter().tag(1, DELIMITED).string(key).finish();
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

function writeVarint(target: Uint8Array, at: number, value: number): number {
  let position = at;
  let rest = value;
  while (rest >= 0x80) {
    target[position++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[position++] = rest;
  return position;
}
