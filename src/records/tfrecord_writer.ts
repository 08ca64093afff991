/**
 * Writing TFRecord files.
 *
 * @module
 */

import {joinBytes} from '../algorithms/bytes.js';
import {encodeUtf8} from '../algorithms/utf8.js';
import {CallError, SaveError} from '../errors.js';
import {type FileWriter, getHubServices, type Transform} from '../platform/services.js';
import {Turns} from '../platform/turns.js';
import {footerOf, headerOf} from './record_format.js';
import {type CompressionType, fileSystem} from './record_source.js';

/** Where records are written to: a path (Node), or a stream, as a picked file or a response gives it. */
export type RecordTarget = string | URL | WritableStream<Uint8Array>;

/** How a TFRecord file is written. */
export interface TFRecordWriterOptions {
  /** How the file is compressed. Default: `''`, not at all. */
  readonly compressionType?: CompressionType;
}

/** Small records are brought together until there are so many bytes. */
const PIECE_BYTES = 1 << 16;

/**
 * Writes a TFRecord file, as `tf.io.TFRecordWriter` does.
 *
 * A file appears under its name when it is closed, whole, in the place of one that was there. One that is left by an error, or by
 * `abort`, does not appear.
 *
 * @example
 * const writer = new hub.TFRecordWriter('train.tfrecord');
 * for (const example of examples) await writer.write(example);
 * await writer.close();
 */
export class TFRecordWriter {
  readonly #output: Promise<Output>;
  readonly #turns = new Turns();
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isClosed = false;

  constructor(target: RecordTarget, {compressionType = ''}: TFRecordWriterOptions = {}) {
    const format = FORMATS.get(compressionType);
    if (format === undefined) {
      throw new CallError(
        `compressionType is one of '', 'GZIP' and 'ZLIB', not '${String(compressionType)}'`,
      );
    }
    const plain = target instanceof WritableStream ? streamOutput(target) : fileOutput(String(target));
    this.#output = format === null ? plain : plain.then((output) => compressed(output, format));
    // Whoever writes is told.
    this.#output.catch(() => undefined);
  }

  /** Appends a record. Resolves when there is room for another. */
  async write(record: Uint8Array | string): Promise<void> {
    if (this.#isClosed) throw new SaveError('the TFRecordWriter is closed');
    const bytes = typeof record === 'string' ? encodeUtf8(record) : record.slice();
    this.#pieces.push(headerOf(bytes.length), bytes, footerOf(bytes));
    this.#bytes += bytes.length;
    if (this.#bytes >= PIECE_BYTES) await this.flush();
  }

  /** Hands on what was written so far. */
  flush(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return this.#turns.take(async () => {
      const output = await this.#output;
      if (pieces.length > 0) await output.write(joinBytes(pieces));
    });
  }

  /** Ends the file, and the stream. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.flush();
      await this.#end((output) => output.close());
    } catch (error) {
      await this.#end((output) => output.abort()).catch(() => undefined);
      throw error;
    }
  }

  /** Gives the file up. */
  async abort(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#end((output) => output.abort());
  }

  #end(step: (output: Output) => Promise<void>): Promise<void> {
    return this.#turns.take(async () => step(await this.#output));
  }
}

/** What the platform calls the ways to compress. */
const FORMATS: ReadonlyMap<unknown, 'gzip' | 'deflate' | null> = new Map([
  ['', null],
  ['GZIP', 'gzip'],
  ['ZLIB', 'deflate'],
] satisfies [CompressionType, 'gzip' | 'deflate' | null][]);

/** What bytes are written to. */
interface Output extends FileWriter {
  /** Ends it without what was written. */
  abort(): Promise<void>;
}

async function streamOutput(target: WritableStream<Uint8Array>): Promise<Output> {
  const writer = target.getWriter();
  return {
    write: async (bytes) => {
      await writer.ready;
      await writer.write(bytes);
    },
    close: () => writer.close(),
    abort: () => writer.abort(),
  };
}

/** A file that is written beside its place, and put there when it is whole. */
async function fileOutput(target: string): Promise<Output> {
  const files = fileSystem(getHubServices().files, target, 'a stream');
  const path = files.absolute(target);
  const beside = `${path}.tmp${crypto.randomUUID().replaceAll('-', '')}`;
  const file = await files.createFile(beside);
  return {
    write: (bytes) => file.write(bytes),
    close: async () => {
      try {
        await file.close();
        if (await files.rename(beside, path)) return;
      } catch (error) {
        await files.remove(beside).catch(() => undefined);
        throw error;
      }
      await files.remove(beside);
      throw new SaveError(`${path} cannot be written: a directory is there`);
    },
    abort: async () => {
      await file.close().catch(() => undefined);
      await files.remove(beside);
    },
  };
}

/** An output of compressed bytes. */
function compressed(output: Output, format: 'gzip' | 'deflate'): Output {
  const {readable, writable}: Transform<Uint8Array> = getHubServices().compress(format);
  const writer = writable.getWriter();
  const pumped = pump(readable, output);
  pumped.catch((error) => writer.abort(error).catch(() => undefined));
  return {
    write: async (bytes) => {
      await writer.ready;
      // What went wrong behind the compression says more than that it ended.
      await Promise.race([writer.write(bytes as Uint8Array<ArrayBuffer>), pumped]).catch(() => pumped);
    },
    close: async () => {
      await writer.close().catch(() => pumped);
      await pumped;
      await output.close();
    },
    abort: async () => {
      await writer.abort().catch(() => undefined);
      await pumped.catch(() => undefined);
      await output.abort();
    },
  };
}

async function pump(readable: ReadableStream<Uint8Array>, output: Output): Promise<void> {
  const reader = readable.getReader();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    await output.write(value);
  }
}
