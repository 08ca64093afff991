/**
 * Reading TFRecord files.
 *
 * @module
 */

import {CallError} from '../errors.js';
import {PackedStrings} from '../host/strings.js';
import {isTurnOver, nextTurn} from '../platform/event_loop.js';
import type {ExactTensor} from '../savedmodel/boundary.js';
import {RecordSplitter} from './record_format.js';
import {
  type CompressionType,
  nameOf,
  piecesOf,
  type RecordDownloadOptions,
  type RecordSource,
} from './record_source.js';

/** How TFRecord files are read. */
export interface TFRecordOptions extends RecordDownloadOptions {
  /** How the files are compressed. Default: `''`, not at all. */
  readonly compressionType?: CompressionType;
  /** Compare each record with its checksum. Default: true. */
  readonly verify?: boolean;
}

/** How records are brought together. */
export interface BatchOptions {
  /** Leave out a last batch of fewer records. Default: false. */
  readonly dropRemainder?: boolean;
}

/** Records as a string tensor, as a model takes them. They share memory. */
export interface RecordBatch extends ExactTensor {
  readonly dtype: 'string';
  readonly shape: readonly [number];
  /** The records: iterable, and `data.at(i)` is one. */
  readonly data: PackedStrings;
}

/**
 * The records of TFRecord files, one after the other, as `tf.data.TFRecordDataset` gives them.
 *
 * Files are read while records are asked for, a piece at a time, and closed when a loop over records ends, however it does.
 *
 * @throws FormatError where a file is damaged or truncated, with the byte at which the record begins.
 * @example
 * const dataset = new hub.TFRecordDataset('train.tfrecord.gz', {compressionType: 'GZIP'});
 * for await (const record of dataset) console.log(record.length);
 * for await (const examples of dataset.batch(256)) console.log(await model.call(examples));
 */
export class TFRecordDataset implements AsyncIterable<Uint8Array> {
  readonly #sources: readonly RecordSource[];
  readonly #options: TFRecordOptions;

  /** @param sources - a file, or several that are read one after the other */
  constructor(sources: RecordSource | readonly RecordSource[], options: TFRecordOptions = {}) {
    const {compressionType = ''} = options;
    if (!COMPRESSION_TYPES.includes(compressionType)) {
      throw new CallError(
        `compressionType is one of '', 'GZIP' and 'ZLIB', not '${String(compressionType)}'`,
      );
    }
    this.#sources = Array.isArray(sources) ? sources : [sources as RecordSource];
    this.#options = options;
  }

  /** Each record, in memory of its own. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    for await (const records of this.#groups(RECORDS_AT_ONCE, true)) {
      for (let i = 0; i < records.length; i++) yield records.at(i).slice();
    }
  }

  /**
   * Records `batchSize` at a time, each batch a string tensor that a model takes as it is.
   *
   * The memory of a batch is that of its records, about: none is copied out of it.
   */
  async *batch(
    batchSize: number,
    {dropRemainder = false}: BatchOptions = {},
  ): AsyncGenerator<RecordBatch, undefined> {
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new CallError(`batchSize is a whole number above 0, not ${String(batchSize)}`);
    }
    for await (const data of this.#groups(batchSize, false)) {
      if (data.length < batchSize && dropRemainder) return;
      yield {dtype: 'string', shape: [data.length], data};
    }
  }

  /** Records `most` at a time, of all files as of one; or fewer, where those that have arrived are not to wait for others. */
  async *#groups(most: number, atOnce: boolean): AsyncGenerator<PackedStrings> {
    const {compressionType = '', verify = true, signal} = this.#options;
    let left: PackedStrings | undefined;
    for (const source of this.#sources) {
      const splitter = new RecordSplitter(nameOf(source), verify);
      for await (const piece of piecesOf(source, compressionType, this.#options)) {
        splitter.add(piece);
        for (;;) {
          signal?.throwIfAborted();
          if (isTurnOver()) await nextTurn();
          const wanted = most - (left?.length ?? 0);
          const next = Math.min(wanted, splitter.count + RECORDS_AT_ONCE);
          splitter.find(next);
          if (splitter.count === next && next < wanted) continue;
          if (splitter.count === 0 || (splitter.count < wanted && !atOnce)) break;
          yield joined(left, splitter.take());
          left = undefined;
        }
      }
      splitter.end();
      // What a file has left over goes with the first records of the next one.
      if (splitter.count > 0) left = joined(left, splitter.take());
    }
    if (left !== undefined) yield left;
  }
}

const COMPRESSION_TYPES: readonly unknown[] = ['', 'GZIP', 'ZLIB'] satisfies CompressionType[];

/** Records that are found in one go: then others have their turn, and records that are wanted one by one are given. */
const RECORDS_AT_ONCE = 256;

function joined(first: PackedStrings | undefined, second: PackedStrings): PackedStrings {
  return first === undefined ? second : PackedStrings.of([...first, ...second]);
}
