/**
 * The cache on a file system, in the layout of the reference (tensorflow_hub/compressed_module_resolver.py): a model
 * lives in `<cache>/<SHA-1 of its handle>`, and beside it lie `.descriptor.txt` for people, `.manifest.json` (see
 * manifest.ts; its modification time is the model's last use), and while it is downloaded what lock.ts describes.
 *
 * @module
 */

import {DownloadError, HandleError, HubError} from '../errors.js';
import {ownEntry} from '../own_entry.js';
import type {ModelDirectory} from '../platform/platform.js';
import type {CacheEntry, FileSizes, FileSystem, HubServices, ModelSink} from '../platform/services.js';
import {DownloadLock, directorySize, type LockTimes} from './lock.js';
import {warn} from './log.js';
import {
  descriptorFile,
  inspect,
  listFiles,
  type Manifest,
  type ModelState,
  manifestFile,
  readDescriptor,
  readManifest,
} from './manifest.js';
import {shownHandle} from './shown.js';

/** Downloads a model into a sink and says what it consists of. */
export type Fill = (sink: ModelSink) => Promise<FileSizes>;

export interface ObtainOptions extends LockTimes {
  readonly signal?: AbortSignal;
  /** Called again and again while another process downloads the model. */
  readonly onWait?: () => void;
}

const KEY = /^[0-9a-f]{40}$/;
/** Temporary directories without a lock whose files are older than this belong to nobody any more. */
const ORPHAN_MS = 24 * 60 * 60 * 1000;

/** Failures of a file system that say what to do. */
const FILE_ERRORS: Readonly<Record<string, (directory: string) => string>> = {
  ENOSPC: (directory) => `The disk of the cache ${directory} is full. Free room, or set TFHUB_CACHE_DIR.`,
  EDQUOT: (directory) =>
    `The quota for the cache ${directory} is used up. Free room, or set TFHUB_CACHE_DIR.`,
  EROFS: (directory) =>
    `The cache ${directory} is read-only. Set TFHUB_CACHE_DIR to a directory that is not.`,
  EACCES: (directory) =>
    `The cache ${directory} may not be written to. Set TFHUB_CACHE_DIR to a directory that may.`,
  EPERM: (directory) =>
    `The cache ${directory} may not be written to. Set TFHUB_CACHE_DIR to a directory that may.`,
  ENOTDIR: (directory) => `The cache ${directory} is not a directory. Set TFHUB_CACHE_DIR to one.`,
  EEXIST: (directory) => `The cache ${directory} is not a directory. Set TFHUB_CACHE_DIR to one.`,
};

export class DirectoryCache {
  readonly directory: string;
  private readonly files: FileSystem;

  constructor(
    files: FileSystem,
    private readonly services: Pick<HubServices, 'sha1' | 'environment'>,
    cacheDir?: string,
  ) {
    this.files = files;
    const chosen = cacheDir || services.environment('TFHUB_CACHE_DIR');
    if (chosen && /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(chosen)) {
      throw new HandleError(
        `The cache cannot be at ${shownHandle(chosen)}: set TFHUB_CACHE_DIR to a directory of this machine.`,
      );
    }
    this.directory = files.absolute(chosen || files.join(files.temporaryDirectory, 'tfhub_modules'));
  }

  /** Where the model of a handle lives, whether it is there or not. */
  async pathOf(handle: string): Promise<string> {
    return this.files.join(this.directory, await this.services.sha1(handle));
  }

  /** The model of a handle, if it is there and whole. */
  async lookup(handle: string): Promise<ModelDirectory | null> {
    const path = await this.pathOf(handle);
    const state = await this.inspect(path, handle);
    return state === 'whole' ? this.files.directory(path) : null;
  }

  /** The model of a handle: the one that is there, or the one that `fill` downloads, once for all that ask. */
  async obtain(handle: string, fill: Fill, options: ObtainOptions): Promise<ModelDirectory> {
    const path = await this.pathOf(handle);
    if ((await this.inspect(path, handle)) === 'whole') return this.files.directory(path);
    await this.guarded(() => this.makeCache());
    const lock = new DownloadLock(this.files, path);
    try {
      while (!(await this.guarded(() => lock.tryTake()))) {
        await lock.waitForOther(options, options.signal, options.onWait);
      }
      // Whoever held the lock until now has most likely left the model behind.
      const state = await this.inspect(path, handle);
      if (state !== 'whole') await this.download(handle, path, state, lock, fill);
    } finally {
      await lock.release().catch(() => undefined);
    }
    return this.files.directory(path);
  }

  /** One that others share stays as they made it. */
  private async makeCache(): Promise<void> {
    if (!(await this.files.status(this.directory))) await this.files.makePrivate(this.directory);
    else await this.files.makeDirectory(this.directory);
  }

  async entries(): Promise<CacheEntry[]> {
    const names = ((await this.files.list(this.directory)) ?? []).filter((name) => KEY.test(name));
    const entries = names.map(async (key): Promise<CacheEntry | null> => {
      const path = this.files.join(this.directory, key);
      const [used, status] = await Promise.all([
        this.files.status(manifestFile(path)),
        this.files.status(path),
      ]);
      if (status?.kind !== 'directory') return null;
      const descriptor = await readDescriptor(this.files, path);
      const manifest = await readManifest(this.files, path);
      const written = await this.files.status(descriptorFile(path));
      const downloaded = manifest ? Date.parse(manifest.downloaded) : (written?.modified ?? Number.NaN);
      return {
        key,
        handle: manifest
          ? shownHandle(manifest.handle)
          : (/^Module: (.*)$/m.exec(descriptor ?? '')?.[1] ?? null),
        size: await directorySize(this.files, path),
        downloaded: Number.isNaN(downloaded) ? null : new Date(downloaded),
        lastUsed: used ? new Date(used.modified) : null,
      };
    });
    return (await Promise.all(entries)).filter((entry) => entry !== null);
  }

  /** Removes a model, by its handle or key. False where there is none. */
  async remove(handleOrKey: string): Promise<boolean> {
    const key = KEY.test(handleOrKey) ? handleOrKey : await this.services.sha1(handleOrKey);
    const path = this.files.join(this.directory, key);
    const wasThere = (await this.files.status(path)) !== null;
    await this.guarded(async () => {
      // Moved away first: a reader that comes now finds no model rather than half of one.
      const aside = `${path}.${crypto.randomUUID().replaceAll('-', '')}.tmp`;
      if (wasThere) await this.files.rename(path, aside);
      await this.files.remove(aside);
      await this.files.remove(manifestFile(path));
      await this.files.remove(descriptorFile(path));
    });
    return wasThere;
  }

  /** Removes all models, and what interrupted downloads left. Downloads that are under way are left alone. */
  async clear(): Promise<number> {
    const entries = await this.entries();
    for (const {key} of entries) await this.remove(key);
    for (const name of (await this.files.list(this.directory)) ?? []) await this.removeOrphan(name);
    return entries.length;
  }

  private async inspect(path: string, handle: string): Promise<ModelState> {
    const manifest = await readManifest(this.files, path);
    const {state, found} = await inspect(this.files, path, manifest);
    if (state === 'whole') {
      // A cache that may not be written to is still a cache.
      if (manifest) await this.files.touch(manifestFile(path));
      else if (found) await this.writeManifest(path, handle, found).catch(() => undefined);
    }
    return state;
  }

  private async download(
    handle: string,
    path: string,
    state: ModelState,
    lock: DownloadLock,
    fill: Fill,
  ): Promise<void> {
    if (state === 'damaged') {
      warn(`the cached model of ${shownHandle(handle)} has lost files; it is fetched anew.`);
    }
    await this.removeOrphans(path);
    const sizes = await this.guarded(async () => {
      await this.files.makeDirectory(lock.temporaryDirectory);
      return fill(new DirectorySink(this.files, lock.temporaryDirectory));
    });
    await this.guarded(async () => {
      if (state === 'damaged') {
        await this.mend(path, lock.temporaryDirectory, sizes);
      } else if (!(await this.files.rename(lock.temporaryDirectory, path))) {
        // Another program was faster, and its model is as good.
        await this.writeManifest(path, handle, await listFiles(this.files, path));
        return;
      }
      await this.files.writeText(descriptorFile(path), this.descriptor(handle));
      await this.writeManifest(path, handle, sizes);
    });
  }

  /**
   * Gives a damaged model its files back. Where those that are left are the same as the new ones, only the missing
   * ones are moved in, and a reader that has the model open notices nothing; otherwise the directory is exchanged.
   */
  private async mend(path: string, fresh: string, sizes: FileSizes): Promise<void> {
    const kept = Object.entries(await listFiles(this.files, path));
    const unchanged = kept.map(
      async ([file, size]) =>
        size === sizes[file] &&
        (await this.files.sameContent(this.inside(path, file), this.inside(fresh, file))),
    );
    if ((await Promise.all(unchanged)).every(Boolean)) {
      const present = new Set(kept.map(([file]) => file));
      for (const file of Object.keys(sizes).filter((name) => !present.has(name))) {
        await this.files.makeDirectory(this.files.join(path, ...file.split('/').slice(0, -1)));
        await this.files.rename(this.inside(fresh, file), this.inside(path, file));
      }
      return;
    }
    const old = `${fresh}.old.tmp`;
    await this.files.rename(path, old);
    await this.files.rename(fresh, path);
    await this.files.remove(old);
  }

  private inside(directory: string, file: string): string {
    return this.files.join(directory, ...file.split('/'));
  }

  private async removeOrphans(path: string): Promise<void> {
    const key = path.slice(-40);
    for (const name of (await this.files.list(this.directory)) ?? []) {
      if (name.startsWith(key)) await this.removeOrphan(name);
    }
  }

  /** Removes a temporary directory that nothing has been written to for a day. */
  private async removeOrphan(name: string): Promise<void> {
    if (!/^[0-9a-f]{40}\..*tmp/.test(name)) return;
    const path = this.files.join(this.directory, name);
    const status = await this.files.status(path);
    const inside = await listFiles(this.files, path);
    const times = await Promise.all(
      Object.keys(inside).map((file) => this.files.status(this.inside(path, file))),
    );
    const newest = Math.max(status?.modified ?? 0, ...times.map((time) => time?.modified ?? 0));
    if (Date.now() - newest > ORPHAN_MS) await this.files.remove(path).catch(() => undefined);
  }

  private async writeManifest(path: string, handle: string, sizes: FileSizes): Promise<void> {
    const manifest: Manifest = {
      handle: shownHandle(handle),
      downloaded: new Date().toISOString(),
      descriptor: (await readDescriptor(this.files, path)) ?? '',
      files: sizes,
    };
    await this.files.writeText(manifestFile(path), `${JSON.stringify(manifest, null, 1)}\n`);
  }

  /** The text that the reference writes beside a model. */
  private descriptor(handle: string): string {
    const now = new Date();
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
    return [
      `Module: ${shownHandle(handle)}`,
      `Download Time: ${local.replace('T', ' ').replace('Z', '000')}`,
      `Downloader Hostname: ${this.files.hostName} (PID:${this.files.processId})`,
    ].join('\n');
  }

  /** Words a failure of the file system for its user. */
  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof HubError || !(cause instanceof Error)) throw cause;
      const {code} = cause as {code?: unknown};
      const words = typeof code === 'string' ? ownEntry(FILE_ERRORS, code) : undefined;
      if (!words) throw cause;
      throw new DownloadError(words(this.directory), {cause});
    }
  }
}

/** The files of a model, under one directory. */
class DirectorySink implements ModelSink {
  constructor(
    private readonly files: FileSystem,
    private readonly directory: string,
  ) {}

  private at(path: string): string {
    return this.files.join(this.directory, ...path.split('/'));
  }

  async createDirectory(path: string): Promise<void> {
    await this.files.makeDirectory(this.at(path));
  }

  async createFile(path: string) {
    const parents = path.split('/').slice(0, -1);
    if (parents.length > 0) await this.files.makeDirectory(this.at(parents.join('/')));
    return this.files.createFile(this.at(path));
  }

  async clear(): Promise<void> {
    await this.files.remove(this.directory);
    await this.files.makeDirectory(this.directory);
  }
}
