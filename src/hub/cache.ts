/**
 * The cache on a file system, in the layout of the reference (tensorflow_hub/compressed_module_resolver.py): a model
 * lives in `<cache>/<SHA-1 of its handle>`, and beside it lie `.descriptor.txt` for people, `.manifest.json` (see
 * manifest.ts; its modification time is the model's last use), and while it is downloaded what lock.ts describes.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {warn} from '../log.js';
import type {ModelDirectory} from '../platform/platform.js';
import type {CacheEntry, FileSizes, FileSystem, HubServices, ModelSink} from '../platform/services.js';
import {shownHandle} from '../shown.js';
import {guarded} from './cache_errors.js';
import {CachePlace} from './cache_place.js';
import {DownloadLock, directorySize, type LockTimes} from './lock.js';
import {
  descriptorFile,
  hashGraph,
  inspect,
  listFiles,
  type Manifest,
  type ModelState,
  manifestFile,
  readDescriptor,
  readManifest,
} from './manifest.js';

/** Downloads a model into a sink and says what it consists of. */
export type Fill = (sink: ModelSink) => Promise<FileSizes>;

export interface ObtainOptions extends LockTimes {
  readonly signal?: AbortSignal;
  /** Called again and again while another process downloads the model. */
  readonly onWait?: () => void;
  /** Whether a model that is there, and whole, is the one that is wanted; another one is fetched anew. */
  readonly accepts?: (model: ModelDirectory) => Promise<boolean>;
}

/** A model as it was found; `other` is whole, and not the one that is wanted. */
type Found = ModelState | 'other';

/** Why a model that is there is fetched anew. */
const REASONS: Readonly<Partial<Record<Found, string>>> = {
  incomplete: 'has lost files',
  changed: 'is not as it was downloaded: its graph has changed',
  other: 'is not the one that the option integrity names',
};

const KEY = /^[0-9a-f]{40}$/;
/** Temporary directories without a lock whose files are older than this belong to nobody any more. */
const ORPHAN_MS = 24 * 60 * 60 * 1000;

export class DirectoryCache {
  readonly directory: string;
  private readonly place: CachePlace;

  constructor(
    private readonly files: FileSystem,
    private readonly services: Pick<HubServices, 'sha1' | 'sha256' | 'environment'>,
    cacheDir?: string,
  ) {
    this.place = new CachePlace(files, services, cacheDir);
    this.directory = this.place.directory;
  }

  /** Where the model of a handle lives, whether it is there or not. */
  async pathOf(handle: string): Promise<string> {
    return this.files.join(this.directory, await this.services.sha1(handle));
  }

  /** The model of a handle, if it is there and whole. */
  lookup(handle: string): Promise<ModelDirectory | null> {
    return this.guarded(async () => {
      await this.place.check();
      const path = await this.pathOf(handle);
      return (await this.inspect(path, handle)) === 'whole' ? this.files.directory(path) : null;
    });
  }

  /** The model of a handle: the one that is there, or the one that `fill` downloads, once for all that ask. */
  obtain(handle: string, fill: Fill, options: ObtainOptions): Promise<ModelDirectory> {
    return this.guarded(async () => {
      await this.place.check();
      const path = await this.pathOf(handle);
      if ((await this.inspect(path, handle, options)) !== 'whole') {
        await this.place.make();
        await this.downloadOnce(handle, path, fill, options);
      }
      return this.files.directory(path);
    });
  }

  private async downloadOnce(
    handle: string,
    path: string,
    fill: Fill,
    options: ObtainOptions,
  ): Promise<void> {
    const lock = new DownloadLock(this.files, path);
    try {
      while (!(await lock.tryTake())) await lock.waitForOther(options, options.signal, options.onWait);
      // Whoever held the lock until now has most likely left the model behind.
      const state = await this.inspect(path, handle, options);
      if (state !== 'whole') await this.download(handle, path, state, lock, fill, options);
    } finally {
      await lock.release().catch(() => undefined);
    }
  }

  entries(): Promise<CacheEntry[]> {
    return this.guarded(async () => {
      await this.place.check();
      const names = ((await this.files.list(this.directory)) ?? []).filter((name) => KEY.test(name));
      return (await Promise.all(names.map((key) => this.entry(key)))).filter((entry) => entry !== null);
    });
  }

  private async entry(key: string): Promise<CacheEntry | null> {
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
  }

  /** Removes a model, or what is in its place, by its handle or key. False where there is nothing. */
  remove(handleOrKey: string): Promise<boolean> {
    return this.guarded(async () => {
      await this.place.check();
      const key = KEY.test(handleOrKey) ? handleOrKey : await this.services.sha1(handleOrKey);
      const path = this.files.join(this.directory, key);
      const wasThere = (await this.files.entry(path)) !== null;
      // Moved away first: a reader that comes now finds no model rather than half of one.
      const aside = `${path}.${crypto.randomUUID().replaceAll('-', '')}.tmp`;
      if (wasThere) await this.files.rename(path, aside);
      await this.files.remove(aside);
      await this.files.remove(manifestFile(path));
      await this.files.remove(descriptorFile(path));
      return wasThere;
    });
  }

  /** Removes all models, and what interrupted downloads left. Downloads that are under way are left alone. */
  clear(): Promise<number> {
    return this.guarded(async () => {
      const entries = await this.entries();
      for (const {key} of entries) await this.remove(key);
      for (const name of (await this.files.list(this.directory)) ?? []) await this.removeOrphan(name);
      return entries.length;
    });
  }

  private async inspect(
    path: string,
    handle: string,
    {accepts}: Pick<ObtainOptions, 'accepts'> = {},
  ): Promise<Found> {
    const manifest = await readManifest(this.files, path);
    const makeHash = this.services.sha256;
    const {state, found} = await inspect(this.files, path, manifest, makeHash);
    if (state === 'obstructed') {
      throw new DownloadError(
        `${path} is no directory, or a link that leads to none; the model of ${shownHandle(handle)} ` +
          `belongs there. Remove it, by hand or with 'tfhub cache remove ${path.slice(-40)}'.`,
      );
    }
    if (state !== 'whole') return state;
    if (accepts && !(await accepts(this.files.directory(path)))) return 'other';
    // A cache that may not be written to is still a cache.
    if (manifest) await this.files.touch(manifestFile(path));
    else if (found) await this.writeManifest(path, handle, found).catch(() => undefined);
    return 'whole';
  }

  private async download(
    handle: string,
    path: string,
    state: Found,
    lock: DownloadLock,
    fill: Fill,
    {accepts}: ObtainOptions,
  ): Promise<void> {
    const reason = REASONS[state];
    if (reason) warn(`the cached model of ${shownHandle(handle)} ${reason}; it is fetched anew.`);
    await this.removeOrphans(path);
    const fresh = lock.temporaryDirectory;
    await this.files.makeDirectory(fresh);
    const sizes = await fill(new DirectorySink(this.files, fresh));
    await this.demandAll(fresh, sizes);
    if (reason) {
      await this.mend(path, fresh, sizes);
    } else if (!(await this.files.rename(fresh, path))) {
      if (!accepts || (await accepts(this.files.directory(path)))) {
        // Another program was faster, and its model is as good.
        await this.writeManifest(path, handle, await listFiles(this.files, path));
        return;
      }
      await this.exchange(path, fresh);
    }
    await this.files.writeText(descriptorFile(path), this.descriptor(handle));
    await this.writeManifest(path, handle, sizes);
  }

  /** Makes sure that nobody has removed any of the files since they were written. */
  private async demandAll(directory: string, sizes: FileSizes): Promise<void> {
    const checks = Object.entries(sizes).map(async ([path, size]) => {
      const status = await this.files.status(this.inside(directory, path));
      return status?.size === size ? null : path;
    });
    const lost = (await Promise.all(checks)).find((path) => path !== null);
    if (lost === undefined) return;
    throw new DownloadError(
      `${lost} disappeared from the cache ${this.directory} before the model was whole: another program removes ` +
        'files there. Try again, or set TFHUB_CACHE_DIR to a directory that is left alone.',
    );
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
    if (!(await Promise.all(unchanged)).every(Boolean)) {
      await this.exchange(path, fresh);
      return;
    }
    const present = new Set(kept.map(([file]) => file));
    for (const file of Object.keys(sizes).filter((name) => !present.has(name))) {
      await this.files.makeDirectory(this.files.join(path, ...file.split('/').slice(0, -1)));
      await this.files.rename(this.inside(fresh, file), this.inside(path, file));
    }
  }

  /** Puts a directory in the place of another one, and again where another program has filled the place meanwhile. */
  private async exchange(path: string, fresh: string): Promise<void> {
    const old = `${fresh}.old.tmp`;
    do {
      await this.files.remove(old);
      await this.files.rename(path, old);
    } while (!(await this.files.rename(fresh, path)));
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
      graph: await hashGraph(this.files, path, sizes, this.services.sha256),
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

  private guarded<T>(work: () => Promise<T>): Promise<T> {
    return guarded(this.directory, work);
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
