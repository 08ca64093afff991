/**
 * The cache in browsers: the origin private file system, or Cache Storage where that cannot be written to.
 *
 * Both keep a manifest for each model, written last: a model without one, or with a file that is not as the manifest
 * says, is none. Web Locks keep tabs from downloading the same model at the same time.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {blobFile, handleDirectory} from './browser_directory.js';
import {errorCode, fileError} from './file_error.js';
import {FlatDirectory} from './memory.js';
import type {FileHandle, ModelDirectory} from './platform.js';
import type {BrowserCache, BrowserCacheWriter, CacheEntry, FileSizes, FileWriter} from './services.js';

const NAME = 'tensorflow-hub';
/** Each write crosses a process boundary, so they are gathered. */
const WRITE_BYTES = 1 << 20;

interface Manifest {
  readonly handle: string;
  /** ISO 8601. */
  readonly downloaded: string;
  /** Where the files are: a place of its own for each download. */
  readonly place: string;
  readonly files: FileSizes;
}

/** The cache that this browser can have, or null where it has no storage: pages not served securely have none. */
export async function openBrowserCache(): Promise<BrowserCache | null> {
  const root = await originFileSystem();
  if (root) return wordedCache(new FileSystemCache(root));
  if (typeof caches === 'undefined') return null;
  return caches.open(NAME).then(
    (storage) => wordedCache(new StorageCache(storage)),
    () => null,
  );
}

async function originFileSystem(): Promise<FileSystemDirectoryHandle | null> {
  // Some browsers have the file system and write to it only in workers, synchronously.
  if (typeof FileSystemFileHandle === 'undefined' || !('createWritable' in FileSystemFileHandle.prototype))
    return null;
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(NAME, {create: true});
  } catch {
    return null;
  }
}

/** What the two kinds share: how a download is kept from happening twice, and what a lack of room is called. */
abstract class LockedCache {
  async exclusively<T>(key: string, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    if (typeof navigator === 'undefined' || !navigator.locks) return task();
    return navigator.locks.request(`${NAME}/${key}`, signal ? {signal} : {}, task);
  }
}

class FileSystemCache extends LockedCache implements BrowserCache {
  constructor(private readonly root: FileSystemDirectoryHandle) {
    super();
  }

  async lookup(key: string): Promise<ModelDirectory | null> {
    const manifest = await this.manifest(key);
    const directory = manifest && (await orNull(this.root.getDirectoryHandle(manifest.place)));
    if (!directory) return null;
    const checks = Object.entries(manifest.files).map(async ([path, size]) => {
      const file = await (await orNull(fileAt(directory, path, false)))?.getFile();
      return file?.size === size;
    });
    if (!(await Promise.all(checks)).every(Boolean)) return null;
    await this.write(`${key}.used`, '').catch(() => undefined);
    return handleDirectory(directory);
  }

  async begin(key: string, handle: string): Promise<BrowserCacheWriter> {
    const place = `${key}.${crypto.randomUUID()}`;
    const previous = (await this.manifest(key))?.place;
    await this.removePlaces(key, previous);
    const open = () => this.root.getDirectoryHandle(place, {create: true});
    let directory = await open();
    return {
      createDirectory: async (path) => {
        await directoryAt(directory, path.split('/'), true);
      },
      createFile: (path) => createFile(directory, path),
      clear: async () => {
        await this.removeEntry(place);
        directory = await open();
      },
      commit: async (files) => {
        const manifest: Manifest = {handle, downloaded: new Date().toISOString(), place, files};
        await this.write(`${key}.json`, JSON.stringify(manifest));
        if (previous !== undefined) await this.removeEntry(previous);
        return handleDirectory(directory);
      },
    };
  }

  async entries(): Promise<CacheEntry[]> {
    const found: CacheEntry[] = [];
    for await (const name of this.root.keys()) {
      const key = /^(.*)\.json$/.exec(name)?.[1];
      const manifest = key === undefined ? null : await this.manifest(key);
      if (key === undefined || !manifest) continue;
      const used = await (await orNull(this.root.getFileHandle(`${key}.used`)))?.getFile();
      found.push(entryOf(key, manifest, used ? new Date(used.lastModified) : null));
    }
    return found;
  }

  async remove(key: string): Promise<boolean> {
    const there = (await this.manifest(key)) !== null;
    await this.removeEntry(`${key}.json`);
    await this.removeEntry(`${key}.used`);
    await this.removePlaces(key);
    return there;
  }

  private async manifest(key: string): Promise<Manifest | null> {
    const file = await (await orNull(this.root.getFileHandle(`${key}.json`)))?.getFile();
    return file ? parseManifest(await file.text()) : null;
  }

  /** What is written replaces what was there in one step. */
  private async write(name: string, text: string): Promise<void> {
    const file = await this.root.getFileHandle(name, {create: true});
    const writable = await file.createWritable();
    await writable.write(text);
    await writable.close();
  }

  /** Removes what downloads of a model left, but for one. Called under the model's lock. */
  private async removePlaces(key: string, but?: string): Promise<void> {
    const places: string[] = [];
    for await (const [name, {kind}] of this.root.entries()) {
      if (kind === 'directory' && name.startsWith(`${key}.`) && name !== but) places.push(name);
    }
    for (const place of places) await this.removeEntry(place);
  }

  private async removeEntry(name: string): Promise<void> {
    await orNull(this.root.removeEntry(name, {recursive: true}));
  }
}

async function createFile(directory: FileSystemDirectoryHandle, path: string): Promise<FileWriter> {
  const writable = await (await fileAt(directory, path, true)).createWritable();
  const gathered = new Uint8Array(WRITE_BYTES);
  let filled = 0;
  const flush = async () => {
    if (filled > 0) await guarded(() => writable.write(gathered.slice(0, filled)));
    filled = 0;
  };
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const piece = bytes.subarray(done, done + WRITE_BYTES - filled);
        gathered.set(piece, filled);
        filled += piece.length;
        done += piece.length;
        if (filled === WRITE_BYTES) await flush();
      }
    },
    async close() {
      await flush();
      await guarded(() => writable.close());
    },
  };
}

async function fileAt(directory: FileSystemDirectoryHandle, path: string, create: boolean) {
  const parts = path.split('/');
  const parent = await directoryAt(directory, parts.slice(0, -1), create);
  return parent.getFileHandle(parts.at(-1)!, {create});
}

async function directoryAt(directory: FileSystemDirectoryHandle, parts: readonly string[], create: boolean) {
  let inner = directory;
  for (const part of parts) inner = await inner.getDirectoryHandle(part, {create});
  return inner;
}

class StorageCache extends LockedCache implements BrowserCache {
  constructor(private readonly storage: Cache) {
    super();
  }

  async lookup(key: string): Promise<ModelDirectory | null> {
    const manifest = await this.manifest(key);
    if (!manifest) return null;
    const {place, files, handle} = manifest;
    const present = new Set((await this.storage.keys()).map((request) => request.url));
    if (!Object.keys(files).every((path) => present.has(addressOf(place, path)))) return null;
    return this.directory(handle, place, files);
  }

  async begin(key: string, handle: string): Promise<BrowserCacheWriter> {
    const place = `${key}.${crypto.randomUUID()}`;
    const previous = (await this.manifest(key))?.place;
    await this.removePlaces(key, previous);
    return {
      createDirectory: async () => undefined,
      createFile: async (path) => this.createFile(addressOf(place, path)),
      clear: () => this.removePlaces(key, previous),
      commit: async (files) => {
        const manifest: Manifest = {handle, downloaded: new Date().toISOString(), place, files};
        await this.storage.put(addressOf(key), new Response(JSON.stringify(manifest)));
        await this.removePlaces(key, place);
        return this.directory(handle, place, files);
      },
    };
  }

  async entries(): Promise<CacheEntry[]> {
    const found: CacheEntry[] = [];
    for (const {url} of await this.storage.keys()) {
      const key = /^([^/]+)$/.exec(url.slice(addressOf('').length))?.[1];
      const manifest = key === undefined ? null : await this.manifest(key);
      if (key !== undefined && manifest) found.push(entryOf(key, manifest, null));
    }
    return found;
  }

  async remove(key: string): Promise<boolean> {
    const there = await this.storage.delete(addressOf(key));
    await this.removePlaces(key);
    return there;
  }

  private async manifest(key: string): Promise<Manifest | null> {
    const response = await this.storage.match(addressOf(key));
    return response ? parseManifest(await response.text()) : null;
  }

  private directory(name: string, place: string, files: FileSizes): ModelDirectory {
    return new FlatDirectory(
      name,
      Object.entries(files).map(
        ([path, size]) => [path, () => this.open(addressOf(place, path), size)] as const,
      ),
    );
  }

  private open(address: string, size: number): FileHandle {
    let file: Promise<FileHandle> | null = null;
    const read = async () => {
      const response = await this.storage.match(address);
      if (!response)
        throw new DownloadError('A model was removed from the cache while it was read. Load it again.');
      return blobFile(await response.blob(), address);
    };
    return {
      size,
      async readInto(target, offset) {
        file ??= read();
        await (await file).readInto(target, offset);
      },
      async close() {
        file = null;
      },
    };
  }

  private createFile(address: string): FileWriter {
    const {readable, writable} = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const stored = guarded(() => this.storage.put(address, new Response(readable)));
    // Whether it is stored matters when the file is closed; until then a failure comes out of the writes.
    stored.catch((error) => writer.abort(error));
    return {
      write: async (bytes) => {
        await Promise.race([writer.write(bytes), stored]);
      },
      close: async () => {
        await writer.close().catch(() => undefined);
        await stored;
      },
    };
  }

  private async removePlaces(key: string, but?: string): Promise<void> {
    for (const {url} of await this.storage.keys()) {
      const place = url.slice(addressOf('').length).split('/', 1)[0]!;
      if (place.startsWith(`${key}.`) && place !== but) await this.storage.delete(url);
    }
  }
}

/** Cache Storage files by address; these are never asked of a server. */
function addressOf(place: string, path?: string): string {
  const parts = path === undefined ? [place] : [place, ...path.split('/').map(encodeURIComponent)];
  return `${location.origin}/.${NAME}/${parts.join('/')}`;
}

function parseManifest(text: string): Manifest | null {
  try {
    const {handle, downloaded, place, files} = JSON.parse(text) as Partial<Manifest>;
    const isManifest =
      typeof handle === 'string' && typeof downloaded === 'string' && typeof place === 'string';
    return isManifest && typeof files === 'object' ? {handle, downloaded, place, files} : null;
  } catch {
    return null;
  }
}

function entryOf(key: string, {handle, downloaded, files}: Manifest, lastUsed: Date | null): CacheEntry {
  const size = Object.values(files).reduce((sum, bytes) => sum + bytes, 0);
  return {key, handle, size, downloaded: new Date(downloaded), lastUsed};
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch {
    return null;
  }
}

/** Says what a failure of the storage means. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = errorCode(cause);
    if (code === '') throw cause;
    const words = Object.hasOwn(WORDS, code) ? WORDS[code]! : fileError('use', 'a file there', code).message;
    throw new DownloadError(`The cache of this page failed. ${words}`, {cause});
  }
}

const WORDS: Readonly<Record<string, string>> = {
  QuotaExceededError:
    'The browser gives this page no more storage. Remove models from its cache, or free room on the disk.',
  NotFoundError: 'Its files were removed while they were in use. Load the model again.',
};

/** A cache whose failures are told in words. */
function wordedCache(cache: BrowserCache): BrowserCache {
  return {
    lookup: (key) => guarded(() => cache.lookup(key)),
    exclusively: (key, signal, task) => cache.exclusively(key, signal, task),
    entries: () => guarded(() => cache.entries()),
    remove: (key) => guarded(() => cache.remove(key)),
    async begin(key, handle) {
      const writer = await guarded(() => cache.begin(key, handle));
      return {
        createDirectory: (path) => guarded(() => writer.createDirectory(path)),
        createFile: (path) => guarded(() => writer.createFile(path)),
        clear: () => guarded(() => writer.clear()),
        commit: (files) => guarded(() => writer.commit(files)),
      };
    },
  };
}
