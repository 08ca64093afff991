/**
 * Reads `tensorflow.Example` straight from its bytes: only the features that are asked for, straight into arrays.
 *
 * Source: `tensorflow/core/example/{example,feature}.proto`; as in `example_proto_fast_parsing.cc`, of features with
 * the same name the last one counts.
 *
 * @module
 */

import {toLatin1} from '../../algorithms/bytes.js';
import {BinaryReader} from '../../proto/wire.js';

/** dtypes of features. */
export type FeatureDType = 'string' | 'float32' | 'int64';

/** A feature's values. */
export type FeatureValues =
  | {readonly dtype: 'string'; readonly data: Uint8Array[]}
  | {readonly dtype: 'float32'; readonly data: number[]}
  | {readonly dtype: 'int64'; readonly data: bigint[]};

const LENGTH_DELIMITED = 2;

/** The bytes of every field `wanted` of a message. Other fields are passed over. */
function* submessages(bytes: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted && wireType === LENGTH_DELIMITED) yield reader.bytes();
    else reader.skip(wireType, field);
  }
}

/** The encoded `Feature`s of an encoded `Example` by name (one character per byte). Throws for damaged bytes. */
export function readExample(bytes: Uint8Array): Map<string, Uint8Array> {
  const features = new Map<string, Uint8Array>();
  for (const map of submessages(bytes, 1)) readFeatureMap(map, features);
  return features;
}

/** Adds the entries of a `map<string, V>` (field 1 of `Features` and `FeatureLists`) as encoded messages. */
export function readFeatureMap(bytes: Uint8Array, entries: Map<string, Uint8Array>): void {
  for (const entry of submessages(bytes, 1)) {
    let key = '';
    let value = new Uint8Array(0) as Uint8Array;
    for (const name of submessages(entry, 1)) key = toLatin1(name);
    for (const message of submessages(entry, 2)) value = message;
    entries.set(key, value);
  }
}

/** The encoded `Feature`s of an encoded `FeatureList`. */
export function readFeatureList(bytes: Uint8Array): Uint8Array[] {
  return [...submessages(bytes, 1)];
}

/** The encoded parts of an encoded `SequenceExample` by name: its context, and its feature lists. */
export function readSequenceExample(bytes: Uint8Array): {
  readonly context: Map<string, Uint8Array>;
  readonly lists: Map<string, Uint8Array>;
} {
  const context = new Map<string, Uint8Array>();
  const lists = new Map<string, Uint8Array>();
  for (const map of submessages(bytes, 1)) readFeatureMap(map, context);
  for (const map of submessages(bytes, 2)) readFeatureMap(map, lists);
  return {context, lists};
}

/** The values of an encoded `Feature`; undefined for one of no kind. */
export function readFeature(bytes: Uint8Array): FeatureValues | undefined {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== LENGTH_DELIMITED || field > 3) {
      reader.skip(wireType, field);
      continue;
    }
    const list = reader.bytes();
    if (field === 1) return {dtype: 'string', data: [...submessages(list, 1)]};
    if (field === 2) return {dtype: 'float32', data: numbers(list, (from) => from.float())};
    return {dtype: 'int64', data: numbers(list, (from) => BigInt(from.int64()))};
  }
  return undefined;
}

/** A repeated number, packed or not. */
function numbers<T>(bytes: Uint8Array, read: (reader: BinaryReader) => T): T[] {
  const out: T[] = [];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== 1) {
      reader.skip(wireType, field);
    } else if (wireType === LENGTH_DELIMITED) {
      const end = reader.end(reader.uint32());
      while (reader.pos < end) out.push(read(reader));
      reader.finish(end);
    } else {
      out.push(read(reader));
    }
  }
  return out;
}
