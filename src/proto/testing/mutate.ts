/**
 * Mutates encoded messages knowing their schema: what comes out is a well-formed message in which a name, a number, an edge
 * or a whole part is another. Most of the time a value is replaced by one of the same field elsewhere in the message, which
 * gets much farther than chance.
 *
 * @module
 */

import {type FieldSchema, type MessageSchema, messageSchema} from '../schema.js';
import {BinaryReader, BinaryWriter} from '../wire.js';
import {join, varint} from './damage.js';

/** Random numbers that a seed repeats. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 to 1, without 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

/** A message taken apart, with its fields in the order in which they are written. */
interface Tree {
  readonly schema: MessageSchema;
  readonly fields: Field[];
}

interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly schema: FieldSchema | undefined;
  content: bigint | Uint8Array | Tree;
}

/** A place in the tree. */
interface Spot {
  readonly parent: Tree;
  readonly field: Field;
}

const isTree = (content: Field['content']): content is Tree =>
  typeof content === 'object' && !(content instanceof Uint8Array);

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

function parse(bytes: Uint8Array, schema: MessageSchema): Tree {
  const reader = new BinaryReader(bytes);
  const fields: Field[] = [];
  while (reader.pos < bytes.length) {
    const [number, wireType] = reader.tag();
    const own = schema.byNumber.get(number);
    fields.push({number, wireType, schema: own, content: contentOf(reader, number, wireType, own)});
  }
  return {schema, fields};
}

function contentOf(
  reader: BinaryReader,
  number: number,
  wireType: number,
  own?: FieldSchema,
): Field['content'] {
  if (wireType === VARINT) return BigInt(reader.uint64());
  if (wireType === DELIMITED) {
    const bytes = reader.bytes();
    const type = own?.type.kind === 'message' ? messageSchema(own.type.name) : undefined;
    return type === undefined ? bytes : parse(bytes, type);
  }
  return reader.skip(wireType, number);
}

function encode(tree: Tree): Uint8Array {
  return join(
    ...tree.fields.flatMap(({number, wireType, content}) => {
      const tag = varint((number << 3) | wireType);
      if (typeof content === 'bigint') return [tag, varint(BigInt.asUintN(64, content))];
      const bytes = isTree(content) ? encode(content) : content;
      return wireType === DELIMITED ? [tag, varint(bytes.length), bytes] : [tag, bytes];
    }),
  );
}

/** One of the two may be a part of the other, and a message is no part of itself. */
function copyOf(content: Field['content']): Field['content'] {
  return isTree(content) ? parse(encode(content), content.schema) : content;
}

/** Every field of the tree, by what it is: `NodeDef.op`, `TensorShapeProto.Dim.size`. */
function spotsOf(tree: Tree, found = new Map<string, Spot[]>()): Map<string, Spot[]> {
  for (const field of tree.fields) {
    const key = `${tree.schema.name}.${field.schema?.name ?? field.number}`;
    const spots = found.get(key);
    if (spots === undefined) found.set(key, [{parent: tree, field}]);
    else spots.push({parent: tree, field});
    if (isTree(field.content)) spotsOf(field.content, found);
  }
  return found;
}

/** Integers at which something changes. */
const ODD_NUMBERS = [
  ...[
    0n,
    1n,
    2n,
    3n,
    4n,
    5n,
    7n,
    8n,
    9n,
    10n,
    16n,
    20n,
    21n,
    22n,
    23n,
    100n,
    127n,
    128n,
    255n,
    1000n,
    65_536n,
  ],
  ...[10n ** 6n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n],
  ...[-1n, -2n, -100n, -(2n ** 31n), -(2n ** 63n)],
];

const ODD_FLOATS = [0, -0, 1, -1, 0.5, 1e38, -1e38, 1e-40, Number.NaN, Number.POSITIVE_INFINITY];

const ODD_NAMES = ['', '/', ':0', '^', '__proto__', 'constructor', 'x', '0', ' ', '\u{10ffff}', '../x'];

/**
 * A message with one thing changed.
 *
 * @param words - other words that may stand where a name does, such as those of ops
 * @returns The message, and what was changed, for a report.
 */
export function mutate(
  bytes: Uint8Array,
  type: string,
  random: Random,
  words: readonly string[],
): {readonly bytes: Uint8Array; readonly what: string} {
  const tree = parse(bytes, messageSchema(type)!);
  const spots = spotsOf(tree);
  if (spots.size === 0) return {bytes, what: 'nothing is left to change'};
  const key = random.pick([...spots.keys()]);
  const alike = spots.get(key)!;
  const spot = random.pick(alike);
  const how = change(spot, alike, random, words);
  return {bytes: encode(tree), what: `${key}: ${how}`};
}

function change(
  {parent, field}: Spot,
  alike: readonly Spot[],
  random: Random,
  words: readonly string[],
): string {
  const chance = random.next();
  const at = parent.fields.indexOf(field);
  if (chance < 0.12) {
    parent.fields.splice(at, 1);
    return 'dropped';
  }
  if (chance < 0.2) {
    parent.fields.splice(random.below(parent.fields.length + 1), 0, {...field});
    return 'twice';
  }
  const other = random.pick(alike).field;
  if (chance < 0.28) {
    [field.content, other.content] = [copyOf(other.content), copyOf(field.content)];
    return 'exchanged with another';
  }
  if (chance < 0.55) {
    field.content = copyOf(other.content);
    return 'as elsewhere';
  }
  const {content} = field;
  if (typeof content === 'bigint') {
    field.content =
      random.next() < 0.3 ? content + (random.next() < 0.5 ? 1n : -1n) : random.pick(ODD_NUMBERS);
    return `${content} to ${field.content}`;
  }
  if (isTree(content)) {
    content.fields.length = random.below(content.fields.length + 1);
    return 'cut off';
  }
  return changeBytes(field, content, random, words);
}

function changeBytes(field: Field, content: Uint8Array, random: Random, words: readonly string[]): string {
  const {schema, wireType} = field;
  if (wireType === FIXED32 || wireType === FIXED64) {
    const writer = new BinaryWriter();
    const number = random.pick(ODD_FLOATS);
    field.content = (wireType === FIXED32 ? writer.float(number) : writer.double(number)).finish();
    return `to ${number}`;
  }
  if (schema?.type.kind === 'scalar' && schema.type.scalar === 'string') {
    const text = new TextDecoder().decode(content);
    const changed = changeText(text, random, words);
    field.content = new TextEncoder().encode(changed);
    return `${JSON.stringify(text.slice(0, 80))} to ${JSON.stringify(changed.slice(0, 80))}`;
  }
  const chance = random.next();
  if (chance < 0.25 || content.length === 0) {
    field.content = content.subarray(0, random.below(content.length + 1));
    return 'cut off';
  }
  if (chance < 0.4) {
    field.content = join(
      content,
      Uint8Array.from({length: 1 + random.below(8)}, () => random.below(256)),
    );
    return 'longer';
  }
  const copy = content.slice();
  copy[random.below(copy.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
  field.content = copy;
  return 'a byte changed';
}

function changeText(text: string, random: Random, words: readonly string[]): string {
  switch (random.below(5)) {
    case 0:
      return random.pick(ODD_NAMES);
    case 1:
      return text.slice(0, random.below(text.length + 1));
    case 2:
      return `${text}:${random.below(3)}`;
    case 3:
      return text.startsWith('^') ? text.slice(1) : `^${text}`;
    default:
      return random.pick(words);
  }
}
