/**
 * Where the features that are asked for lie in encoded records: `tensorflow.Example`, which has one map of features, and
 * `tensorflow.SequenceExample`, which has one of features and one of lists of features.
 *
 * Takes and refuses the same bytes as `example_proto_fast_parsing.cc`: entries of the maps that consist of a key and a value, and what
 * is unknown only beside the maps. As there, a length that reaches beyond what contains it ends there.
 *
 * @module
 */

import {allocate} from '../../host/tensor.js';
import {type FeatureKeys, UNWANTED} from './feature_keys.js';
import {WireCursor} from './wire_cursor.js';

/** Records that are gone through before their features are read: few enough that their bytes are still at hand then. */
export const BLOCK = 128;

/** A feature that a record does not have. */
export const ABSENT = -1;

/** Tags of the wire: the number of a field in the high bits, and how it is written. */
export const FIRST_DELIMITED = 0x0a;
const SECOND_DELIMITED = 0x12;

/** Lengths below this are one byte. */
const SHORT = 0x80;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** One map of a kind of records. */
export class FeatureSpans {
  readonly keys: FeatureKeys;
  /** By place of the feature and record of the block: where its value begins, or `ABSENT`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** By place: whether a feature without any value is as if it were not there. */
  readonly #skipsEmpty: readonly boolean[];
  readonly #cursor = new WireCursor();

  constructor(keys: FeatureKeys, skipsEmpty: readonly boolean[]) {
    this.keys = keys;
    this.#skipsEmpty = skipsEmpty;
    this.starts = allocate('int32', keys.count * BLOCK) as Int32Array;
    this.ends = allocate('int32', keys.count * BLOCK) as Int32Array;
  }

  /** Another call begins. */
  start(): void {
    this.keys.start();
  }

  /** Forgets the block before. */
  clear(): void {
    this.starts.fill(ABSENT);
  }

  /** Notes the entries of a map, those of a later one in the place of earlier ones. False where they are malformed. */
  read(bytes: Uint8Array, start: number, end: number, record: number): boolean {
    const cursor = this.#cursor;
    const {keys, starts, ends} = this;
    let at = start;
    for (let position = 0; at < end; position++) {
      if (bytes[at] !== FIRST_DELIMITED) return false;
      let length = bytes[at + 1]!;
      if (length < SHORT) {
        at += 2;
      } else {
        length = cursor.length(bytes, at + 1, end);
        if (length < 0) return false;
        at = cursor.at;
      }
      const entryEnd = Math.min(end, at + length);
      let keyStart = at;
      let keyEnd = at;
      let valueStart = at;
      let valueEnd = at;
      // The key and the value, as a rule in this order.
      for (let field = 0; field < 2; field++) {
        const tag = bytes[at];
        length = bytes[at + 1]!;
        let start = at + 2;
        if (!(length < SHORT)) {
          length = cursor.length(bytes, at + 1, entryEnd);
          if (length < 0) return false;
          start = cursor.at;
        }
        at = start + length;
        if (at > entryEnd) return false;
        if (tag === FIRST_DELIMITED) {
          keyStart = start;
          keyEnd = at;
        } else if (tag === SECOND_DELIMITED) {
          valueStart = start;
          valueEnd = at;
        } else {
          return false;
        }
      }
      if (at !== entryEnd) return false;
      const place = keys.find(bytes, keyStart, keyEnd, position);
      if (place !== UNWANTED && (valueStart < valueEnd || !this.#skipsEmpty[place])) {
        starts[place * BLOCK + record] = valueStart;
        ends[place * BLOCK + record] = valueEnd;
      }
    }
    return at === end;
  }
}

/** The maps of a record: field 1, and field 2 where there is one. */
export class RecordScanner {
  readonly #first: FeatureSpans;
  readonly #second: FeatureSpans | undefined;
  readonly #cursor = new WireCursor();

  constructor(first: FeatureSpans, second?: FeatureSpans) {
    this.#first = first;
    this.#second = second;
  }

  /** Notes the features of a record. False where it is malformed. */
  scan(bytes: Uint8Array, start: number, end: number, record: number): boolean {
    const cursor = this.#cursor;
    let at = start;
    while (at < end) {
      const tag = bytes[at];
      const map = tag === FIRST_DELIMITED ? this.#first : tag === SECOND_DELIMITED ? this.#second : undefined;
      if (map === undefined) {
        at = this.#skipped(bytes, at, end);
        if (at < 0) return false;
        continue;
      }
      const length = cursor.length(bytes, at + 1, end);
      if (length < 0) return false;
      at = Math.min(end, cursor.at + length);
      if (!map.read(bytes, cursor.at, at, record)) return false;
    }
    return true;
  }

  /** Behind a field that is none of the maps, or -1. */
  #skipped(bytes: Uint8Array, at: number, end: number): number {
    const cursor = this.#cursor;
    const tag = cursor.length(bytes, at, end);
    const behind = cursor.at;
    if (tag < 0) return -1;
    const wire = tag & 7;
    if (wire === VARINT) return cursor.length(bytes, behind, end) < 0 ? -1 : cursor.at;
    if (wire === FIXED64) return behind + 8 <= end ? behind + 8 : -1;
    if (wire === FIXED32) return behind + 4 <= end ? behind + 4 : -1;
    if (wire !== DELIMITED) return -1;
    const length = cursor.length(bytes, behind, end);
    return length < 0 ? -1 : Math.min(end, cursor.at + length);
  }
}
