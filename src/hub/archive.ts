/**
 * Unpacks a model's archive while it arrives: gunzip, tar, files. Archives are taken for hostile: only what is
 * known to be harmless is written, and only into the sink.
 *
 * @module
 */

import {createTarDecoder} from 'modern-tar';
import {DownloadError, FormatError} from '../errors.js';
import type {FileSizes, ModelSink, Transform} from '../platform/services.js';
import {ArchivePaths} from './archive_paths.js';
import {lacksParts} from './manifest.js';
import {peek, through, Upstream} from './streams.js';
import {CheckedTar} from './tar_check.js';

export interface ArchiveLimits {
  /** Bound on the sum of the sizes of all files, in bytes. */
  readonly maxBytes: number;
  /** Bound on the number of files and directories. */
  readonly maxEntries?: number;
}

export interface UnpackOptions extends ArchiveLimits {
  /** Default: the web's own, which Node has, too, though a slow one. */
  readonly gunzip?: () => Transform<Uint8Array>;
}

const MAX_ENTRIES = 100_000;
/** What headers and padding may add to `maxBytes`; more of them than this is no model. */
const MAX_OVERHEAD = 64 << 20;
/** A gzip file may be wrapped in a gzip transfer encoding, and that is all. */
const MAX_GZIP_LAYERS = 2;

/**
 * Unpacks a tar archive, gzipped or not, into `sink`, and returns the files it held.
 *
 * @throws FormatError where the archive is truncated, corrupt, or holds what is refused; DownloadError where it is
 *     larger than allowed. What was written until then is left to the owner of the sink to remove.
 */
export async function unpackArchive(
  bytes: AsyncIterable<Uint8Array>,
  sink: ModelSink,
  options: UnpackOptions,
): Promise<FileSizes> {
  const unzipped = await gunzip(bytes, options.gunzip ?? (() => new DecompressionStream('gzip')));
  const checked = new CheckedTar(unzipped, {
    maxStreamBytes: options.maxBytes + MAX_OVERHEAD,
    maxEntries: options.maxEntries ?? MAX_ENTRIES,
  });
  const tar = new Upstream(checked);
  const paths = new ArchivePaths();
  const sizes: Record<string, number> = Object.create(null);
  let total = 0;
  let entries = 0;
  for await (const {header, body} of through(tar, createTarDecoder({strict: true}), explainTar)) {
    entries++;
    if (header.type !== 'file' && header.type !== 'directory') {
      throw new FormatError(`The archive holds '${header.name}', which is neither a file nor a directory.`);
    }
    const path = paths.add(header.name, header.type);
    if (header.type === 'directory') {
      if (path !== '') await sink.createDirectory(path);
      await body.cancel();
      continue;
    }
    total += header.size;
    if (total > options.maxBytes) {
      throw new DownloadError(
        `The archive holds more than the ${options.maxBytes} bytes allowed for it: '${path}' has ${header.size}. ` +
          'Raise the option maxBytes if that is wanted.',
      );
    }
    await writeFile(sink, path, body, (cause) => tar.failureOr(cause, explainTar));
    sizes[path] = header.size;
  }
  if (entries === 0) throw new FormatError('The archive is empty.');
  if (!checked.hasEndMark && lacksParts(sizes)) {
    throw new FormatError(
      'The archive is truncated: it ends without the mark of an end, and before all files of a model were there.',
    );
  }
  return {...sizes};
}

async function writeFile(
  sink: ModelSink,
  path: string,
  body: ReadableStream<Uint8Array>,
  explain: (cause: unknown) => unknown,
): Promise<void> {
  const file = await sink.createFile(path);
  try {
    const reader = body.getReader();
    for (;;) {
      const {done, value} = await reader.read().catch((cause) => {
        throw explain(cause);
      });
      if (done) break;
      await file.write(value);
    }
  } finally {
    await file.close();
  }
}

async function gunzip(
  bytes: AsyncIterable<Uint8Array>,
  makeTransform: () => Transform<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  let stream = bytes;
  for (let layer = 0; ; layer++) {
    const peeked = await peek(stream, 2);
    stream = peeked.stream;
    if (peeked.head.length === 0) throw new FormatError('The archive is empty.');
    if (peeked.head[0] !== 0x1f || peeked.head[1] !== 0x8b) return stream;
    if (layer === MAX_GZIP_LAYERS) throw new FormatError('The archive is compressed over and over.');
    stream = through(new Upstream(stream), makeTransform(), explainGzip);
  }
}

function explainGzip(cause: unknown): Error {
  return new FormatError(
    'The archive is truncated or corrupt: its gzip data ends early or does not decode.',
    {cause},
  );
}

function explainTar(cause: unknown): Error {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new FormatError(`The archive is truncated or corrupt: ${said}`, {cause});
}
