/**
 * Damages encoded messages where it hurts: at their length fields, and by nesting.
 *
 * @module
 */

import {messageSchema} from '../schema.js';
import {BinaryReader} from '../wire.js';

/** A length within an encoded message. */
interface LengthField {
  /** Where it is written. */
  readonly start: number;
  readonly end: number;
  /** Where what it measures ends. */
  readonly contentEnd: number;
  /** The message it is in, if that is not the outermost one. */
  readonly within: LengthField | undefined;
}

/** Every length field of a message, those of the messages in it included. */
function lengthFields(bytes: Uint8Array, type: string): LengthField[] {
  const found: LengthField[] = [];
  const reader = new BinaryReader(bytes);
  const visit = (typeName: string, end: number, within: LengthField | undefined): void => {
    const schema = messageSchema(typeName);
    while (reader.pos < end) {
      const [number, wireType] = reader.tag();
      if (wireType !== 2) {
        reader.skip(wireType, number);
        continue;
      }
      const start = reader.pos;
      const length = reader.uint32();
      const field = {start, end: reader.pos, contentEnd: reader.pos + length, within};
      found.push(field);
      const kind = schema?.byNumber.get(number)?.type;
      if (kind?.kind === 'message') visit(kind.name, field.contentEnd, field);
      else reader.pos = field.contentEnd;
    }
  };
  visit(type, bytes.length, undefined);
  return found;
}

/**
 * The message with one of its lengths replaced, once for each of them. The lengths of the messages around it are made
 * to match, so that it is met only by whoever decodes the innermost one.
 */
export function* withEachLength(bytes: Uint8Array, type: string, length: Uint8Array): Generator<Uint8Array> {
  for (const field of lengthFields(bytes, type)) {
    let changed = length;
    let {start, end} = field;
    for (let around = field.within; around !== undefined; around = around.within) {
      const content = join(
        bytes.subarray(around.end, start),
        changed,
        bytes.subarray(end, around.contentEnd),
      );
      changed = join(varint(content.length), content);
      ({start} = around);
      end = around.contentEnd;
    }
    yield join(bytes.subarray(0, start), changed, bytes.subarray(end));
  }
}

/** Messages in messages, `depth` times: `tags` lead from one to the next of the same type. */
export function nested(tags: readonly number[], depth: number, innermost: Uint8Array): Uint8Array {
  const chain = Array.from({length: depth}, () => tags).flat();
  // The innermost length first.
  const heads: Uint8Array[] = [];
  let size = innermost.length;
  for (const tag of chain.reverse()) {
    const head = join(varint(tag), varint(size));
    heads.push(head);
    size += head.length;
  }
  return concatenate([...heads.reverse(), innermost]);
}

export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return concatenate(parts);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
