/**
 * Where bytes of records come from, each kind of source as one stream of pieces.
 *
 * @module
 */

import {CallError, FormatError, HandleError} from '../errors.js';
import {gcsMediaUrl} from '../hub/gcs.js';
import {parseHandle} from '../hub/handle.js';
import {type HeaderPolicy, HttpSession, originHeaders} from '../hub/http.js';
import {type ResolveOptions, settle} from '../hub/options.js';
import {through, Upstream} from '../hub/streams.js';
import {streamed} from '../hub/transfer.js';
import {type FileSystem, getHubServices} from '../platform/services.js';
import {shownHandle} from '../shown.js';

/**
 * A file of records: its path (Node), its `https:`, `http:`, `gs:` or `file:` address, what the user picked (`File`, `Blob`), bytes, or a stream
 * of them. A stream is read once.
 */
export type RecordSource =
  | string
  | URL
  | Blob
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** How a file of records is compressed: as `tf.data.TFRecordDataset` names it. */
export type CompressionType = '' | 'GZIP' | 'ZLIB';

/** How a file is downloaded. */
export type RecordDownloadOptions = Pick<
  ResolveOptions,
  'signal' | 'headers' | 'timeoutMs' | 'idleTimeoutMs' | 'retries' | 'gcsEndpoint'
>;

/** What a source is called in messages. */
export function nameOf(source: RecordSource): string {
  if (typeof source === 'string') return shownHandle(source);
  if (source instanceof URL) return shownHandle(source.href);
  if (source instanceof Blob) return (source as File).name || 'the blob';
  return source instanceof Uint8Array ? 'the bytes' : 'the stream';
}

/** The bytes of a source, not compressed any more. What it holds open is closed when they are no longer wanted. */
export function piecesOf(
  source: RecordSource,
  compression: CompressionType,
  options: RecordDownloadOptions,
): AsyncIterable<Uint8Array> {
  const bytes = bytesOf(source, options);
  const {gunzip, inflate} = getHubServices();
  const transforms = {GZIP: gunzip, ZLIB: inflate};
  if (compression === '') return bytes;
  const explain = (cause: unknown) =>
    new FormatError(
      `${nameOf(source)} is truncated or corrupt: its ${compression} data ends early or does not decode.`,
      {cause},
    );
  return through(new Upstream(bytes), transforms[compression](), explain);
}

function bytesOf(source: RecordSource, options: RecordDownloadOptions): AsyncIterable<Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) return bytesAt(String(source), options);
  if (source instanceof Uint8Array) return piecesOfBytes(source);
  if (source instanceof Blob) return piecesOfStream(source.stream());
  const {getReader, [Symbol.asyncIterator]: iterator} = (source ?? {}) as Partial<ReadableStream<Uint8Array>>;
  if (typeof getReader === 'function') return piecesOfStream(source as ReadableStream<Uint8Array>);
  if (typeof iterator === 'function') return source as AsyncIterable<Uint8Array>;
  throw new CallError('records are read from a path, an address, a Blob, bytes or a stream of them');
}

function bytesAt(place: string, options: RecordDownloadOptions): AsyncIterable<Uint8Array> {
  const handle = parseHandle(place);
  if (handle.kind === 'http')
    return download(handle.url, originHeaders(handle.url, options.headers), options);
  if (handle.kind === 'gs') {
    const {gcsEndpoint} = settle(options, getHubServices());
    return download(gcsMediaUrl(gcsEndpoint, handle), NO_HEADERS, options);
  }
  if (handle.kind === 'path') {
    const files = fileSystem(getHubServices().files, place, 'a File, a stream or an address');
    return files.readFile(files.absolute(handle.path));
  }
  throw new HandleError(`records cannot be read from ${shownHandle(place)}: give a path or an address`);
}

const NO_HEADERS: HeaderPolicy = () => ({});

/** @throws CallError where there are no files */
export function fileSystem(files: FileSystem | null, path: string, instead: string): FileSystem {
  if (files !== null) return files;
  throw new CallError(`there are no files here to find ${shownHandle(path)} among: give ${instead}`);
}

async function* download(
  url: string,
  headersFor: HeaderPolicy,
  options: RecordDownloadOptions,
): AsyncGenerator<Uint8Array> {
  const services = getHubServices();
  const settings = settle(options, services);
  const timeout = options.timeoutMs === undefined ? [] : [AbortSignal.timeout(options.timeoutMs)];
  const signal = AbortSignal.any([...(options.signal ? [options.signal] : []), ...timeout]);
  yield* streamed({
    session: new HttpSession(settings, headersFor, signal),
    url,
    decodesContent: services.http.decodesContent,
  });
}

/** As a file is read: who takes a little is not to copy all. */
const PIECE_BYTES = 1 << 20;

async function* piecesOfBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Not every browser iterates streams by itself. */
async function* piecesOfStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const {done, value} = await reader.read();
      isDone = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
