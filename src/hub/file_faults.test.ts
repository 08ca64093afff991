/** Tests that every call of the file system may fail, with any error, and is then told in words. */

import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {HubError} from '../errors.js';
import {loadDirectory} from '../load.js';
import '../platform/node.js';
import {localDirectory} from '../platform/node.js';
import {nodeFiles} from '../platform/node_files.js';
import {nodeHub} from '../platform/node_hub.js';
import type {ModelSink} from '../platform/services.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {DirectoryCache, type ObtainOptions} from './cache.js';
import {digests, readDigests} from './testing/digests.js';
import {MODEL_FILES, temporaryDirectory, writeModel} from './testing/fixtures.js';

/** The machine's calls are counted while this is armed, and the one of a number fails. */
const faults = vi.hoisted(() => ({armed: false, calls: 0, failing: -1, code: '', hit: ''}));
const RAW = 'as the machine says it';

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<Record<string, unknown>>();
  type Call = (...args: unknown[]) => Promise<unknown>;
  const failing =
    (name: string, call: Call): Call =>
    async (...args) => {
      const fails = faults.armed && faults.calls++ === faults.failing;
      if (!fails) return call(...args);
      // What is closed is closed, whatever is said of it.
      if (name === 'close') await call(...args);
      faults.hit = name;
      throw Object.assign(new Error(`${faults.code}: ${RAW}, ${name} '${args[0]}'`), {code: faults.code});
    };
  const handle = (file: object) =>
    new Proxy(file, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        const bound = value.bind(target) as Call;
        return ['read', 'write', 'close', 'stat'].includes(String(key)) ? failing(String(key), bound) : bound;
      },
    });
  const wrapped = Object.entries(original)
    .filter(([name, value]) => typeof value === 'function' && name !== 'default')
    .map(([name, value]) => [name, failing(name, value as Call)] as const);
  const mocked: Record<string, unknown> = {...original, ...Object.fromEntries(wrapped)};
  const open = mocked.open as Call;
  mocked.open = async (...args: unknown[]) => handle((await open(...args)) as object);
  return {...mocked, default: mocked};
});

const CODES = [
  'ENOSPC',
  'EACCES',
  'EROFS',
  'EMFILE',
  'EIO',
  'ENOENT',
  'EISDIR',
  'ENOTDIR',
  'ESTALE',
  'EWHATEVER',
];
const HANDLE = 'https://example.com/model/1';
const TIMES: ObtainOptions = {lockTimeoutMs: 100, deadLockTimeoutMs: 50};

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  return () => vi.restoreAllMocks();
});

const fill = async (sink: ModelSink) => {
  for (const [name, bytes] of Object.entries(MODEL_FILES)) {
    const file = await sink.createFile(name);
    await file.write(bytes).finally(() => file.close());
  }
  return Object.fromEntries(Object.entries(MODEL_FILES).map(([name, bytes]) => [name, bytes.length]));
};

interface Trial {
  /** Runs before each trial, undisturbed. */
  readonly prepare: () => Promise<() => Promise<unknown>>;
  /** Runs after each, undisturbed. */
  readonly check?: () => Promise<void>;
  /** How many of the codes each call fails with. */
  readonly codes: number;
}

/** Lets each call of a piece of work fail, one at a time, and returns the calls that made it fail. */
async function failEach({prepare, check, codes}: Trial): Promise<Set<string>> {
  const run = async (failing: number, code: string) => {
    const work = await prepare();
    Object.assign(faults, {armed: true, calls: 0, failing, code, hit: ''});
    const error = await work().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    faults.armed = false;
    return error;
  };
  expect(await run(-1, '')).toBeNull();
  const total = faults.calls;
  expect(total).toBeGreaterThan(3);
  const noticed = new Set<string>();
  for (let call = 0; call < total; call++) {
    for (let i = 0; i < codes; i++) {
      const code = CODES[(call * codes + i) % CODES.length]!;
      const error = await run(call, code);
      const what = `call ${call} (${faults.hit}) fails with ${code}: ${error}`;
      if (error !== null) {
        noticed.add(faults.hit);
        expect(error, what).toBeInstanceOf(HubError);
        // What no table knows is passed on in the machine's words, behind ours.
        if (code !== 'EWHATEVER') expect((error as HubError).message, what).not.toContain(RAW);
        expect((error as HubError).message, what).toMatch(/\/|cache/);
      }
      await check?.();
    }
  }
  return noticed;
}

describe('a file system that fails', () => {
  it('at any call of a download is told in words, and the next download succeeds', async () => {
    const directory = path.join(await temporaryDirectory(), 'cache');
    const cache = new DirectoryCache(nodeFiles, nodeHub, directory);
    const noticed = await failEach({
      codes: 1,
      prepare: async () => {
        await nodeFiles.remove(directory);
        return () => cache.obtain(HANDLE, fill, TIMES);
      },
      check: async () => {
        const model = await cache.obtain(HANDLE, fill, TIMES);
        expect(await readDigests(model)).toEqual(digests(MODEL_FILES));
      },
    });
    for (const call of ['mkdir', 'link', 'open', 'write', 'close', 'rename', 'stat', 'readdir'])
      expect(noticed).toContain(call);
  });

  it('at any call of using and managing the cache is told in words', async () => {
    const directory = path.join(await temporaryDirectory(), 'cache');
    const cache = new DirectoryCache(nodeFiles, nodeHub, directory);
    const prepare = (work: () => Promise<unknown>) => async () => {
      await cache.obtain(HANDLE, fill, TIMES);
      return work;
    };
    for (const work of [
      () => cache.obtain(HANDLE, fill, TIMES),
      () => cache.lookup(HANDLE),
      () => cache.entries(),
      () => cache.remove(HANDLE),
      () => cache.clear(),
    ]) {
      await failEach({codes: 1, prepare: prepare(work)});
    }
  });

  it('at any call of loading is told in words', async () => {
    const fixture = fixturePath('mymul');
    const directory = path.join(await temporaryDirectory(), 'model');
    const names = Object.keys(await readDigests(localDirectory(fixture)));
    const files = names.map(async (name) => [name, await readFile(path.join(fixture, name))] as const);
    await writeModel(directory, Object.fromEntries(await Promise.all(files)));
    const noticed = await failEach({
      codes: CODES.length,
      prepare: async () => async () => (await loadDirectory(localDirectory(directory))).dispose(),
    });
    for (const call of ['open', 'read', 'stat']) expect(noticed).toContain(call);
  });
});
