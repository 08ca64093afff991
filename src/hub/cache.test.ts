/** Tests of the cache: whole models or none, whoever else is at work in it, and whatever happens to its files. */

import {spawn} from 'node:child_process';
import {cpSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {mkdir, readdir, rm, stat, utimes, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {DownloadError, HandleError} from '../errors.js';
import '../platform/node.js';
import {nodeFiles} from '../platform/node_files.js';
import {nodeHub} from '../platform/node_hub.js';
import type {FileWriter, ModelSink} from '../platform/services.js';
import {DirectoryCache, type Fill, type ObtainOptions} from './cache.js';
import {descriptorFile, manifestFile} from './manifest.js';
import {sleep} from './retry.js';
import {digests, readDigests} from './testing/digests.js';
import {
  afterThis,
  archiveOf,
  contentOf,
  MODEL_FILES,
  noise,
  temporaryDirectory,
  tree,
  writeModel,
} from './testing/fixtures.js';
import {faulty, startServer} from './testing/server.js';
import {ResolveWorker} from './testing/workers.js';

const HANDLE = 'https://example.com/model/1';
const TIMES: ObtainOptions = {lockTimeoutMs: 400, deadLockTimeoutMs: 100};
const PATIENT: ObtainOptions = {lockTimeoutMs: 600_000, deadLockTimeoutMs: 600_000};

let directory: string;
let cache: DirectoryCache;
let model: string;

beforeEach(async () => {
  directory = path.join(await temporaryDirectory(), 'cache');
  cache = new DirectoryCache(nodeFiles, nodeHub, directory);
  model = await cache.pathOf(HANDLE);
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  return () => vi.restoreAllMocks();
});

/** Fills a sink with these files, and counts how often it had to. */
function filler(files = MODEL_FILES, delayMs = 0) {
  const fill = async (sink: ModelSink) => {
    fill.calls++;
    for (const [name, bytes] of Object.entries(files)) {
      const file = await sink.createFile(name);
      await file.write(bytes).finally(() => file.close());
      await sleep(delayMs);
    }
    return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes.length]));
  };
  fill.calls = 0;
  return fill;
}

async function expectWhole(files = MODEL_FILES) {
  expect(await readDigests(nodeFiles.directory(model))).toEqual(digests(files));
  // No locks, no temporary directories.
  expect((await readdir(directory)).filter((name) => /lock|tmp/.test(name))).toEqual([]);
}

const taskId = (digit: string) => digit.repeat(32);

/** A lock as another process leaves it, and what it has downloaded so far. */
async function leaveLock(owner: string, task: string, downloaded = 1000) {
  await mkdir(`${model}.${task}.tmp`, {recursive: true});
  await writeFile(`${model}.${task}.tmp/saved_model.pb`, noise(downloaded));
  await writeFile(`${model}.lock`, `${owner}.${task}`);
}

/** The id of a process that is no more. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid!;
}

describe('a download', () => {
  it('happens once for all that ask at the same time', async () => {
    const fill = filler(MODEL_FILES, 20);
    const caches = Array.from({length: 8}, () => new DirectoryCache(nodeFiles, nodeHub, directory));
    await Promise.all(caches.map((one) => one.obtain(HANDLE, fill, PATIENT)));
    expect(fill.calls).toBe(1);
    await expectWhole();
  });

  it('that fails leaves nothing, and the next one succeeds', async () => {
    const broken: Fill = async (sink) => {
      await filler()(sink);
      throw new Error('broken');
    };
    await expect(cache.obtain(HANDLE, broken, PATIENT)).rejects.toThrowWithMessage(Error, 'broken');
    expect(await tree(directory)).toEqual([]);
    await cache.obtain(HANDLE, filler(), PATIENT);
    await expectWhole();
  });

  it('whose place another program has taken meanwhile yields to it', async () => {
    const other = {...MODEL_FILES, 'assets/more.txt': noise(5)};
    const fill: Fill = async (sink) => {
      await writeModel(model, other);
      return filler()(sink);
    };
    await cache.obtain(HANDLE, fill, PATIENT);
    await expectWhole(other);
    expect(await cache.lookup(HANDLE)).not.toBeNull();
  });
});

describe('a lock', () => {
  it('is held with the content and beside the directory that the reference expects', async () => {
    let seen = '';
    let temporary: string[] = [];
    const fill: Fill = async (sink) => {
      const sizes = await filler()(sink);
      seen = await contentOf(`${model}.lock`);
      temporary = (await readdir(directory)).filter((name) => name.endsWith('.tmp'));
      return sizes;
    };
    await cache.obtain(HANDLE, fill, PATIENT);
    const [, task] = new RegExp(`^${os.hostname()}\\.${process.pid}\\.([0-9a-f]{32})$`).exec(seen) ?? [];
    expect(temporary).toEqual([`${path.basename(model)}.${task}.tmp`]);
  });

  it('of a process of this host that is gone is recovered, and what it downloaded removed', async () => {
    await leaveLock(`${os.hostname()}.${await deadProcess()}`, taskId('a'));
    await cache.obtain(HANDLE, filler(), {lockTimeoutMs: Number.POSITIVE_INFINITY, deadLockTimeoutMs: 100});
    await expectWhole();
    expect(console.warn).toHaveBeenCalledTimes(1);
  });

  it('of another host is recovered when it is stale, and not before', async () => {
    await leaveLock('other.host.with.dots.1', taskId('b'));
    const start = Date.now();
    await cache.obtain(HANDLE, filler(), TIMES);
    expect(Date.now() - start).toBeGreaterThanOrEqual(400);
    // What the other host may still be writing to is left to it.
    expect((await readdir(directory)).filter((name) => /lock|tmp/.test(name))).toEqual([
      `${path.basename(model)}.${taskId('b')}.tmp`,
    ]);
    expect(await cache.lookup(HANDLE)).not.toBeNull();
  });

  it('of a live owner that is slow is waited for', async () => {
    await leaveLock('other.1', taskId('c'));
    const fill = filler();
    let waits = 0;
    // However long it takes to look again, there is more by then; and together it is longer than the time-out.
    const onWait = () => {
      if (++waits < 12) writeFileSync(`${model}.${taskId('c')}.tmp/saved_model.pb`, noise(1000 + waits));
      else finish();
    };
    const finish = () => {
      mkdirSync(model, {recursive: true});
      cpSync(whole, model, {recursive: true});
      rmSync(`${model}.${taskId('c')}.tmp`, {recursive: true, force: true});
      rmSync(`${model}.lock`, {force: true});
    };
    const whole = path.join(await temporaryDirectory(), 'model');
    await writeModel(whole);
    await cache.obtain(HANDLE, fill, {lockTimeoutMs: 200, deadLockTimeoutMs: 200, onWait});
    expect(fill.calls).toBe(0);
    expect(waits).toBe(12);
    await expectWhole();
  });

  it('of a live owner of this host is waited for as long as it lives', async () => {
    await leaveLock(`${os.hostname()}.${process.pid}`, taskId('d'));
    let waits = 0;
    const onWait = () => {
      if (++waits === 12) rmSync(`${model}.lock`);
    };
    await cache.obtain(HANDLE, filler(), {...PATIENT, deadLockTimeoutMs: 50, onWait});
    expect(waits).toBe(12);
  });

  it('that was stolen from its owner is not removed by it', async () => {
    const fill: Fill = async (sink) => {
      const sizes = await filler()(sink);
      await rm(`${model}.lock`);
      await writeFile(`${model}.lock`, `other.1.${taskId('e')}`);
      return sizes;
    };
    await cache.obtain(HANDLE, fill, PATIENT);
    expect(await contentOf(`${model}.lock`)).toBe(`other.1.${taskId('e')}`);
    expect(await readDigests(nodeFiles.directory(model))).toEqual(digests(MODEL_FILES));
  });

  it('is not waited for any longer when the caller gives up', async () => {
    await leaveLock('other.1', taskId('f'));
    const reason = new Error('enough');
    const controller = new AbortController();
    const onWait = () => controller.abort(reason);
    const options = {...PATIENT, signal: controller.signal, onWait};
    await expect(cache.obtain(HANDLE, filler(), options)).rejects.toBe(reason);
  });
});

describe('a cached model that has lost files', () => {
  const lost = async (name: string) => {
    await cache.obtain(HANDLE, filler(), PATIENT);
    await rm(path.join(model, name));
  };

  it.each(Object.keys(MODEL_FILES))('%s is fetched anew, with one line about it', async (name) => {
    await lost(name);
    expect(await cache.lookup(HANDLE)).toBeNull();
    const fill = filler();
    await cache.obtain(HANDLE, fill, PATIENT);
    await expectWhole();
    expect(fill.calls).toBe(1);
    expect(console.warn).toHaveBeenCalledTimes(1);
  });

  it('all of them, and every file beside it, as cleaners leave it', async () => {
    await cache.obtain(HANDLE, filler(), PATIENT);
    for (const name of Object.keys(MODEL_FILES)) await rm(path.join(model, name));
    await rm(manifestFile(model));
    await rm(descriptorFile(model));
    await cache.obtain(HANDLE, filler(), PATIENT);
    await expectWhole();
  });

  it('is fetched anew also where the reference had downloaded it', async () => {
    await writeModel(model);
    expect(await cache.lookup(HANDLE)).not.toBeNull();
    await rm(path.join(model, 'assets/vocabulary.txt'));
    const fill = filler();
    await cache.obtain(HANDLE, fill, PATIENT);
    expect(fill.calls).toBe(1);
    await expectWhole();
  });

  it.each(['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'])(
    'is noticed without a manifest where it lacks %s',
    async (name) => {
      await writeModel(model);
      await rm(path.join(model, name));
      expect(await cache.lookup(HANDLE)).toBeNull();
    },
  );

  it('is noticed where a file is shorter than it was', async () => {
    await cache.obtain(HANDLE, filler(), PATIENT);
    await writeFile(path.join(model, 'saved_model.pb'), noise(10));
    await cache.obtain(HANDLE, filler(), PATIENT);
    await expectWhole();
  });

  it('is exchanged whole where the model has changed at its source', async () => {
    await lost('assets/vocabulary.txt');
    const newer = {'saved_model.pb': noise(1000, 77), 'variables/variables.index': noise(300, 3)};
    await cache.obtain(HANDLE, filler(newer), PATIENT);
    await expectWhole(newer);
  });

  it('gets them back without disturbing a reader', async () => {
    await lost('variables/variables.index');
    let reading = true;
    let reads = 0;
    const open = await nodeFiles.directory(model).open('saved_model.pb');
    const reader = (async () => {
      while (reading) {
        expect(await contentOf(path.join(model, 'assets/vocabulary.txt'))).toBe('a\nb\nc\n');
        const bytes = new Uint8Array(1000);
        await open!.readInto(bytes, 0);
        reads++;
      }
    })();
    await cache.obtain(HANDLE, filler(MODEL_FILES, 10), PATIENT);
    reading = false;
    await reader;
    await open!.close();
    expect(reads).toBeGreaterThan(5);
    await expectWhole();
  });

  it('is one that another program filled since, and whole', async () => {
    await cache.obtain(HANDLE, filler(), PATIENT);
    await rm(model, {recursive: true});
    const other = {'saved_model.pb': noise(5)};
    await writeModel(model, other);
    await writeFile(descriptorFile(model), 'Module: x\nDownload Time: later');
    const fill = filler();
    await cache.obtain(HANDLE, fill, PATIENT);
    expect(fill.calls).toBe(0);
    await expectWhole(other);
  });
});

describe('the disk', () => {
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'may be full or read-only, and then there is no model rather than half of one',
    async () => {
      await mkdir(directory);
      const run = async (...command: [string, ...string[]]) => {
        const child = spawn(command[0], command.slice(1), {stdio: 'ignore'});
        return new Promise<number | null>((resolve) => child.once('exit', resolve));
      };
      if ((await run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory)) !== 0) return;
      try {
        await expect(cache.obtain(HANDLE, filler(), PATIENT)).rejects.toThrowWithMessage(
          DownloadError,
          /disk of the cache .* is full/,
        );
        expect(await tree(directory)).toEqual([]);
        await run('mount', '-o', 'remount,size=1m', directory);
        await cache.obtain(HANDLE, filler(), PATIENT);
        await run('mount', '-o', 'remount,ro', directory);
        const fill = filler();
        await cache.obtain(HANDLE, fill, PATIENT);
        expect(fill.calls).toBe(0);
        await expect(cache.obtain(`${HANDLE}0`, filler(), PATIENT)).rejects.toThrowWithMessage(
          DownloadError,
          /read-only.*TFHUB_CACHE_DIR/,
        );
        await run('mount', '-o', 'remount,rw', directory);
        await cache.obtain(`${HANDLE}0`, filler(), PATIENT);
        await expectWhole();
      } finally {
        await run('umount', directory);
      }
    },
  );

  it('that fills up while a file is written is named in the error', async () => {
    const full = Object.assign(new Error('no space left on device'), {code: 'ENOSPC'});
    const files = {
      ...nodeFiles,
      createFile: async (file: string): Promise<FileWriter> => {
        const writer = await nodeFiles.createFile(file);
        return {...writer, write: () => Promise.reject(full)};
      },
    };
    const failing = new DirectoryCache(files, nodeHub, directory);
    await expect(failing.obtain(HANDLE, filler(), PATIENT)).rejects.toThrowWithMessage(
      DownloadError,
      /is full/,
    );
    expect(await tree(directory)).toEqual([]);
  });
});

describe('managing the cache', () => {
  it('needs a directory of this machine', () => {
    expect(() => new DirectoryCache(nodeFiles, nodeHub, 'gs://bucket/cache')).toThrowWithMessage(
      HandleError,
      /directory of this machine/,
    );
    expect(new DirectoryCache(nodeFiles, nodeHub, 'file:///a/b').directory).toBe('/a/b');
  });

  it('lists what is there, with its use', async () => {
    // Of a file system's times the fractions of a second are coarse.
    const start = Date.now() - 1000;
    await cache.obtain(HANDLE, filler(), PATIENT);
    await writeModel(await cache.pathOf('https://example.com/python/1'));
    await writeFile(
      descriptorFile(await cache.pathOf('https://example.com/python/1')),
      'Module: https://example.com/python/1\nDownload Time: 2025-01-02 03:04:05.000000\nDownloader Hostname: h (PID:1)',
    );
    await utimes(manifestFile(model), 1000, 1000);
    const entries = await cache.entries();
    expect(entries.map(({handle}) => handle).sort()).toEqual([HANDLE, 'https://example.com/python/1']);
    const own = entries.find(({handle}) => handle === HANDLE)!;
    expect(own.size).toBe(Object.values(MODEL_FILES).reduce((sum, {length}) => sum + length, 0));
    expect(own.lastUsed).toEqual(new Date(1_000_000));
    expect(own.downloaded!.getTime()).toBeGreaterThanOrEqual(start);
    expect(own.downloaded!.getTime()).toBeLessThanOrEqual(Date.now());
    await cache.obtain(HANDLE, filler(), PATIENT);
    const used = (await cache.entries()).find(({handle}) => handle === HANDLE)!.lastUsed!;
    expect(used.getTime()).toBeGreaterThanOrEqual(start);
  });

  it('removes one, by its handle or key', async () => {
    await cache.obtain(HANDLE, filler(), PATIENT);
    await cache.obtain(`${HANDLE}0`, filler(), PATIENT);
    expect(await cache.remove(HANDLE)).toBe(true);
    expect(await cache.remove(HANDLE)).toBe(false);
    const [other] = await cache.entries();
    expect(await cache.remove(other!.key)).toBe(true);
    expect(await tree(directory)).toEqual([]);
  });

  it('clears all but the downloads that are under way', async () => {
    await cache.obtain(`${HANDLE}0`, filler(), PATIENT);
    await leaveLock('other.1', taskId('a'));
    const orphan = `${model}.${taskId('9')}.tmp`;
    await mkdir(orphan);
    await utimes(orphan, 1000, 1000);
    expect(await cache.clear()).toBe(1);
    expect((await readdir(directory)).sort()).toEqual(
      [`${path.basename(model)}.${taskId('a')}.tmp`, `${path.basename(model)}.lock`].sort(),
    );
  });
});

describe('processes', () => {
  it('that are killed leave no half of a model, and the next one succeeds', async () => {
    const files = {...MODEL_FILES, 'variables/big': noise(300_000, 8)};
    const server = await startServer(faulty(archiveOf(files), {bytesPerSecond: 600_000}));
    afterThis(() => server.close());
    const options = {cacheDir: directory, deadLockTimeoutMs: 50};
    for (let round = 0; round < 4; round++) {
      const worker = await ResolveWorker.start();
      worker.begin({handle: `${server.url}/${round}`, options});
      await sleep(100 + Math.random() * 500);
      await worker.kill();
    }
    for (const name of await readdir(directory)) {
      if (!/^[0-9a-f]{40}$/.test(name)) continue;
      expect(await readDigests(nodeFiles.directory(path.join(directory, name)))).toEqual(digests(files));
    }
    const worker = await ResolveWorker.start();
    for (let round = 0; round < 4; round++) {
      const reply = await worker.resolve({handle: `${server.url}/${round}`, options});
      expect(reply).toMatchObject({digests: digests(files)});
    }
    await worker.kill();
    expect((await readdir(directory)).filter((name) => /lock|tmp/.test(name))).toEqual([]);
    expect((await stat(directory)).isDirectory()).toBe(true);
  });
});
