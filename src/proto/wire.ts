/**
 * The wire reader and writer under the generated message types: those of `@bufbuild/protobuf`, with the checks that
 * damaged and hostile files need. Every length is compared with the end of the data before it is used, and every
 * message has to end where its length said.
 *
 * @module
 */

import {BinaryReader as Base, type WireType} from '@bufbuild/protobuf/wire';

export {BinaryWriter} from '@bufbuild/protobuf/wire';

/** Up to here a loop over the bytes is faster than a `TextDecoder` call (measured on node and argument names). */
const SHORT_STRING = 32;

const utf8 = new TextDecoder();

/** What a `bytes` field holds until it is read. */
export const NO_BYTES = new Uint8Array(0);

/** A `BinaryReader` that trusts no length. Its `bytes()` are views of the input, not copies. */
export class BinaryReader extends Base {
  /** Messages being decoded around the present position; generated code limits it to 100, as protobuf does. */
  depth = 0;

  private readonly data: Uint8Array;

  constructor(data: Uint8Array) {
    // A subclass such as Node's Buffer would make every `bytes` field one, too.
    const plain =
      data.constructor === Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    super(plain);
    this.data = plain;
  }

  /** A 32-bit varint: tags, lengths, `uint32` fields. One of more than 32 bits is an error, not cut off. */
  override uint32: () => number = this.readUint32;

  /** Negative numbers take ten bytes on the wire. */
  override int32(): number {
    const byte = this.data[this.pos]!;
    if (byte < 0x80) {
      this.pos++;
      return byte;
    }
    return Number(BigInt.asIntN(32, BigInt(this.int64())));
  }

  override string(): string {
    const end = this.end(this.uint32());
    const start = this.pos;
    this.pos = end;
    if (end - start <= SHORT_STRING) {
      let text = '';
      for (let i = start; i < end; i++) {
        const byte = this.data[i]!;
        if (byte > 0x7f) return utf8.decode(this.data.subarray(start, end));
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return utf8.decode(this.data.subarray(start, end));
  }

  /** Where something of `length` bytes ends; the end of the data where no length is given. */
  end(length: number | undefined): number {
    if (length === undefined) return this.len;
    const end = this.pos + length;
    if (end > this.len) {
      throw new RangeError(
        `byte ${this.pos} starts ${length} bytes, of which ${this.len - this.pos} are there`,
      );
    }
    return end;
  }

  /** Called when a message's fields are read: it has to end where its length said. */
  finish(end: number): void {
    if (this.pos !== end) {
      throw new RangeError(`a message should end at byte ${end}, but a field of it ends at byte ${this.pos}`);
    }
  }

  /** An `int64` that is a size or a position. */
  int64Number(): number {
    const byte = this.data[this.pos]!;
    if (byte < 0x80) {
      this.pos++;
      return byte;
    }
    return safe(this.int64());
  }

  /** A `uint64` that is a size or a position. */
  uint64Number(): number {
    return safe(this.uint64());
  }

  override skip(wireType: WireType, fieldNumber?: number): Uint8Array {
    if (fieldNumber === 0) throw new RangeError(`the field before byte ${this.pos} has no number`);
    return super.skip(wireType, fieldNumber);
  }

  private readUint32(): number {
    const start = this.pos;
    let value = 0;
    for (let i = 0; i < 5; i++) {
      const byte = this.data[start + i];
      if (byte === undefined) throw new RangeError(`the data end within the number at byte ${start}`);
      if (byte < 0x80) {
        if (i === 4 && byte > 0x0f) break;
        this.pos = start + i + 1;
        return (value | (byte << (7 * i))) >>> 0;
      }
      value |= (byte & 0x7f) << (7 * i);
    }
    throw new RangeError(`the tag or length at byte ${start} has more than 32 bits`);
  }
}

function safe(value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large for a size or a position`);
  return number;
}
