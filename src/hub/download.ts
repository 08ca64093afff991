/**
 * From an archive's address to a model's directory, through the cache that the platform has.
 *
 * @module
 */

import {HubError} from '../errors.js';
import {memoryDirectory} from '../platform/memory.js';
import type {ModelDirectory} from '../platform/platform.js';
import type {BrowserCache, FileSizes, ModelSink} from '../platform/services.js';
import {shownHandle} from '../shown.js';
import {acceptance, admit} from './admission.js';
import {unpackArchive} from './archive.js';
import {DirectoryCache, type Fill} from './cache.js';
import {copyInto} from './copy.js';
import {type HeaderPolicy, HttpSession} from './http.js';
import type {ResolveSettings} from './options.js';
import {Progress} from './progress.js';
import {transfer} from './transfer.js';

/** A model found in a cache, or put there. */
export interface Obtained {
  readonly directory: ModelDirectory;
  readonly fromCache: boolean;
  /** It is the one that the option `integrity` names, or any where that names none. */
  readonly isVerified?: true;
  /** Its files are read from afar, when they are read. */
  readonly isRemote?: true;
}

/** Where an archive's bytes come from. */
export type ArchiveSource =
  | {readonly url: string; readonly headersFor: HeaderPolicy}
  | {readonly file: string};

/** What an archive may have beyond the files in it: headers, padding, what does not compress. */
const MAX_OVERHEAD = 128 << 20;

/** The model of `handle`: from the cache, or else unpacked from `source` into it. */
export function obtainArchive(
  handle: string,
  source: ArchiveSource,
  settings: ResolveSettings,
): Promise<Obtained> {
  return obtainFrom(handle, settings, (sink, progress) => unpackInto(sink, source, settings, progress));
}

/** The model of `handle`: from the cache, or else copied into it from where it is. */
export function obtainCopy(
  handle: string,
  directory: ModelDirectory,
  settings: ResolveSettings,
): Promise<Obtained> {
  return obtainFrom(handle, settings, (sink, progress) =>
    copyInto(sink, directory, settings.maxBytes, (copied) => progress.downloading(copied, null)),
  );
}

async function obtainFrom(
  handle: string,
  settings: ResolveSettings,
  fetchInto: (sink: ModelSink, progress: Progress) => Promise<FileSizes>,
): Promise<Obtained> {
  const progress = new Progress(settings, handle);
  let downloaded = false;
  const fill: Fill = async (sink) => {
    downloaded = true;
    try {
      return await admit(handle, sink, settings, (inner) => fetchInto(inner, progress));
    } catch (cause) {
      throw about(handle, cause);
    }
  };
  let complete = false;
  try {
    settings.signal?.throwIfAborted();
    const directory = await obtain(handle, fill, settings, progress);
    complete = true;
    return {directory, fromCache: !downloaded, isVerified: true};
  } finally {
    progress.end(complete);
  }
}

async function obtain(
  handle: string,
  fill: Fill,
  settings: ResolveSettings,
  progress: Progress,
): Promise<ModelDirectory> {
  const {services} = settings;
  if (services.files) {
    const cache = new DirectoryCache(services.files, services, settings.cacheDir);
    const waiting = {onWait: () => progress.waiting()};
    return cache.obtain(handle, fill, {...settings, ...acceptance(settings), ...waiting});
  }
  const cache = await services.browserCache();
  return cache
    ? obtainInBrowser(cache, await services.sha1(handle), handle, fill, settings)
    : obtainInMemory(handle, fill);
}

async function obtainInBrowser(
  cache: BrowserCache,
  key: string,
  handle: string,
  fill: Fill,
  settings: ResolveSettings,
): Promise<ModelDirectory> {
  const {accepts} = acceptance(settings) ?? {};
  const lookup = async () => {
    const there = await cache.lookup(key);
    return there && (!accepts || (await accepts(there))) ? there : null;
  };
  const present = await lookup();
  if (present) return present;
  return cache.exclusively(key, settings.signal, async () => {
    // Another tab may have finished in the meantime.
    const there = await lookup();
    if (there) return there;
    const writer = await cache.begin(key, shownHandle(handle));
    try {
      return await writer.commit(await fill(writer));
    } catch (error) {
      await writer.clear().catch(() => undefined);
      throw error;
    }
  });
}

/** A model in an archive that the user holds in hand. Nothing of it is cached. */
export function unpackInHand(archive: File, settings: ResolveSettings): Promise<ModelDirectory> {
  return obtainInMemory(archive.name, (sink) =>
    unpackArchive(chunks(archive), sink, {maxBytes: settings.maxBytes, gunzip: settings.services.gunzip}),
  );
}

/** A file's bytes in pieces. Not every browser iterates streams by itself. */
async function* chunks(file: File): AsyncGenerator<Uint8Array> {
  const size = 1 << 20;
  for (let offset = 0; offset < file.size; offset += size) {
    yield new Uint8Array(await file.slice(offset, offset + size).arrayBuffer());
  }
}

/** For pages without storage: a page that was not served securely has none. */
async function obtainInMemory(handle: string, fill: Fill): Promise<ModelDirectory> {
  const files: Record<string, Uint8Array> = Object.create(null);
  const clear = async () => {
    for (const path of Object.keys(files)) delete files[path];
  };
  await fill({
    createDirectory: async () => undefined,
    clear,
    async createFile(path) {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      return {
        write: async (bytes) => {
          chunks.push(bytes.slice());
        },
        close: async () => {
          files[path] = new Uint8Array(await new Blob(chunks).arrayBuffer());
        },
      };
    },
  });
  return memoryDirectory(files, shownHandle(handle));
}

async function unpackInto(
  sink: ModelSink,
  source: ArchiveSource,
  settings: ResolveSettings,
  progress: Progress,
): Promise<FileSizes> {
  const unpack = (body: AsyncIterable<Uint8Array>) =>
    unpackArchive(body, sink, {maxBytes: settings.maxBytes, gunzip: settings.services.gunzip});
  if ('file' in source) return unpack(settings.services.files!.readFile(source.file));
  return transfer(
    {
      session: new HttpSession(settings, source.headersFor, settings.signal ?? new AbortController().signal),
      url: source.url,
      decodesContent: settings.services.http.decodesContent,
      maxBytes: settings.maxBytes + MAX_OVERHEAD,
      onBytes: (received, total) => progress.downloading(received, total),
    },
    unpack,
    () => sink.clear(),
  );
}

/** Names the handle in a failure whose words do not. */
function about(handle: string, cause: unknown): unknown {
  const name = shownHandle(handle);
  if (!(cause instanceof HubError) || cause.message.includes(name)) return cause;
  cause.message = `${name}: ${cause.message}`;
  return cause;
}
