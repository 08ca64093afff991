/**
 * Decoding that fails as this library's errors do, naming what was being read.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {otherContent} from './other_content.js';
import {BinaryReader} from './wire.js';

/** A generated message type (`SavedModel`, `GraphDef`, ...) as far as reading it goes. */
export interface MessageDecoder<T> {
  decode(input: BinaryReader, length?: number): T;
}

/** A generated message type as far as writing it goes. */
export interface MessageEncoder<T> {
  encode(message: T): {finish(): Uint8Array<ArrayBuffer>};
}

/**
 * Decodes a message. Its `bytes` fields are views of `bytes`.
 *
 * @param what - Names the file or message in the error, e.g. `saved_model.pb of /models/x`.
 * @throws FormatError when the bytes are not such a message.
 */
export function decodeMessage<T>(type: MessageDecoder<T>, bytes: Uint8Array, what: string): T {
  try {
    return type.decode(new BinaryReader(bytes));
  } catch (cause) {
    const reason = otherContent(bytes) ?? (cause instanceof Error ? cause.message : String(cause));
    throw new FormatError(`${what} is not the protocol buffer it should be: ${reason}`, {cause});
  }
}

/** The bytes of a message, fields in the order of their numbers as TensorFlow writes them. */
export function encodeMessage<T>(type: MessageEncoder<T>, message: T): Uint8Array<ArrayBuffer> {
  return type.encode(message).finish();
}

const NO_BYTES = new Uint8Array();

/** A message with these fields, and every other one as protobuf leaves it when nobody sets it. */
export function makeMessage<T>(type: MessageDecoder<T>, fields: Partial<T>): T {
  return {...type.decode(new BinaryReader(NO_BYTES)), ...fields};
}
