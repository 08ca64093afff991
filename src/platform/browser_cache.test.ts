/** Tests of the cache in browsers, over a file system in memory: any call of the storage may fail, and is told in words. */

import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {HubError} from '../errors.js';
import {openBrowserCache} from './browser_cache.js';
import type {BrowserCache} from './services.js';
import {memoryHandle} from './testing/memory_handle.js';

const KEY = 'a'.repeat(40);
const FILES = {'saved_model.pb': 'graph', 'variables/variables.index': 'index'};
const SIZES = Object.fromEntries(Object.entries(FILES).map(([name, text]) => [name, text.length]));
const NAMES = [
  'QuotaExceededError',
  'NotFoundError',
  'NotAllowedError',
  'InvalidStateError',
  'NoModificationAllowedError',
  'UnknownError',
  'SomeError',
];
const RAW = 'as the browser says it';

/** The calls of the storage are counted; the one of this number fails. */
const faults = {calls: 0, failing: -1, name: ''};

/** A handle, or what can be written to, whose calls may fail. */
function faulty<T extends object>(target: T): T {
  return new Proxy(target, {
    get(inner, key) {
      const value = Reflect.get(inner, key) as unknown;
      if (typeof value !== 'function') return value;
      const call = value.bind(inner) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (faults.calls++ === faults.failing) throw new DOMException(RAW, faults.name);
        const result = call(...args);
        return result instanceof Promise ? result.then(wrapped) : result;
      };
    },
  });
}

const wrapped = (result: unknown) =>
  typeof result === 'object' && result !== null && ('kind' in result || 'write' in result)
    ? faulty(result)
    : result;

async function freshCache(): Promise<BrowserCache> {
  const root = faulty(memoryHandle('root'));
  vi.stubGlobal('navigator', {storage: {getDirectory: async () => root}});
  vi.stubGlobal(
    'FileSystemFileHandle',
    class {
      createWritable() {}
    },
  );
  return (await openBrowserCache())!;
}

async function store(cache: BrowserCache): Promise<void> {
  const writer = await cache.begin(KEY, 'https://example.com/m');
  await writer.createDirectory('variables');
  for (const [name, text] of Object.entries(FILES)) {
    const file = await writer.createFile(name);
    await file.write(new TextEncoder().encode(text));
    await file.close();
  }
  await writer.commit(SIZES);
}

beforeEach(() => {
  faults.failing = -1;
});
afterEach(() => vi.unstubAllGlobals());

describe('the cache of a browser', () => {
  it('has a model when all of it was stored', async () => {
    const cache = await freshCache();
    expect(await cache.lookup(KEY)).toBeNull();
    await store(cache);
    const model = await cache.lookup(KEY);
    expect(await model!.list()).toEqual(['saved_model.pb', 'variables']);
    expect(await cache.entries()).toMatchObject([{key: KEY, handle: 'https://example.com/m', size: 10}]);
    expect(await cache.remove(KEY)).toBe(true);
    expect(await cache.lookup(KEY)).toBeNull();
  });

  it.each([
    ['storing a model', async () => undefined, store],
    ['looking for one', store, (cache: BrowserCache) => cache.lookup(KEY)],
    ['listing what is there', store, (cache: BrowserCache) => cache.entries()],
    ['removing one', store, (cache: BrowserCache) => cache.remove(KEY)],
  ] as const)('tells in words what fails while %s', async (_, prepare, work) => {
    const run = async (failing: number, name: string) => {
      const cache = await freshCache();
      await prepare(cache);
      Object.assign(faults, {calls: 0, failing, name});
      const error = await work(cache).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      faults.failing = -1;
      return {cache, error};
    };
    expect((await run(-1, '')).error).toBeNull();
    const total = faults.calls;
    expect(total).toBeGreaterThan(0);
    for (let call = 0; call < total; call++) {
      for (const name of NAMES) {
        const {cache, error} = await run(call, name);
        if (error !== null) {
          expect(error, `call ${call}: ${name}`).toBeInstanceOf(HubError);
          // What no table knows is passed on as it was said, behind words of ours.
          if (name !== 'SomeError') expect((error as HubError).message).not.toContain(RAW);
          expect((error as HubError).message).toMatch(/cache of this page/);
        }
        // Whole, or not there.
        const model = await cache.lookup(KEY);
        if (model) expect((await model.open('variables/variables.index'))!.size).toBe(5);
        await store(cache);
        expect(await cache.lookup(KEY)).not.toBeNull();
      }
    }
  });
});
