import {execFile, spawnSync} from 'node:child_process';
import * as fs from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import type {CompiledModels} from './compiled_models.js';
import './node.js';
import {nodeCompiledModels} from './node_compiled_models.js';
import {ownerText, thisProcess} from './node_owner.js';

let cache: string;
let models: CompiledModels;

beforeEach(() => {
  cache = join(fs.mkdtempSync(join(tmpdir(), 'compiled-')), 'cache');
  vi.stubEnv('TFHUB_COMPILED_BYTES', '100000');
  models = nodeCompiledModels(cache)!;
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(join(cache, '..'), {recursive: true});
});

const named = (name: string): string => models.key([name]);

function write(key: string, model: string, constants?: string): ReturnType<CompiledModels['begin']> {
  const pending = models.begin(key)!;
  fs.writeFileSync(pending.path, model);
  if (constants !== undefined) fs.writeFileSync(join(pending.path, '..', pending.constants), constants);
  return pending;
}

function keep(key: string, model: string, constants?: string): void {
  write(key, model, constants)!.keep();
}

function found(key: string): {model: string; constants: string | undefined} | undefined {
  const kept = models.find(key);
  if (kept === undefined) return undefined;
  const constants = join(kept.directory, 'constants.bin');
  return {
    model: Buffer.from(kept.model).toString(),
    constants: fs.existsSync(constants) ? fs.readFileSync(constants, 'utf8') : undefined,
  };
}

describe('a key', () => {
  it('is the same for the same parts, and another for others', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const keys = [
      ['a', bytes],
      ['a', Uint8Array.of(1, 2, 4)],
      ['a\u0001\u0002\u0003'],
      ['a', '\u0001', '\u0002\u0003'],
      ['a', '\u0001\u0002', '\u0003'],
      [],
      [''],
    ].map((parts) => models.key(parts));
    expect(new Set(keys).size).toBe(keys.length);
    expect(models.key(['a', '\u0001\u0002\u0003'])).toBe(keys[0]);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a compiled model', () => {
  it('is found once it is kept, by whoever looks', () => {
    expect(models.find(named('a'))).toBeUndefined();
    const pending = write(named('a'), 'graph', 'weights')!;
    expect(found(named('a'))).toBeUndefined();
    pending.keep();
    models = nodeCompiledModels(cache)!;
    expect(found(named('a'))).toEqual({model: 'graph', constants: 'weights'});
    expect(fs.readdirSync(models.directory)).toEqual([named('a')]);
  });

  it('need not have constants beside it', () => {
    keep(named('a'), 'graph');
    expect(found(named('a'))).toEqual({model: 'graph', constants: undefined});
  });

  it('leaves nothing where it is given up, or cannot be kept', () => {
    write(named('a'), 'graph')!.discard();
    const pending = models.begin(named('b'))!;
    fs.rmSync(join(pending.path, '..'), {recursive: true});
    pending.keep();
    expect(models.entries()).toEqual([]);
    expect(fs.readdirSync(models.directory)).toEqual([]);
  });

  it('stays what the first has kept', () => {
    const [first, second] = [write(named('a'), 'first')!, write(named('a'), 'second')!];
    first.keep();
    second.keep();
    expect(found(named('a'))!.model).toBe('first');
    expect(fs.readdirSync(models.directory)).toEqual([named('a')]);
  });

  it('is removed where its files are not what was written', () => {
    for (const file of ['model.onnx', 'constants.bin', 'seal.json']) {
      keep(named(file), 'graph', 'weights');
      const path = join(models.directory, named(file), file);
      fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace(/\w/, 'X'));
      expect(models.find(named(file))).toBeUndefined();
    }
    keep(named('a'), 'graph', 'weights');
    fs.truncateSync(join(models.directory, named('a'), 'constants.bin'), 3);
    expect(models.find(named('a'))).toBeUndefined();
    keep(named('a'), 'again');
    expect(found(named('a'))!.model).toBe('again');
  });

  it('goes where there is no room for all, the one first that was not used for the longest time', () => {
    const size = 30_000;
    const names = ['a', 'b', 'c'];
    for (const [i, name] of names.entries()) {
      keep(named(name), name, 'x'.repeat(size));
      const used = new Date(Date.now() - 60_000 * (10 - i));
      fs.utimesSync(join(models.directory, named(name), 'seal.json'), used, used);
    }
    expect(models.find(named('a'))).toBeDefined();
    keep(named('d'), 'd', 'x'.repeat(size));
    expect(['a', 'b', 'c', 'd'].filter((name) => models.find(named(name)) !== undefined)).toEqual([
      'a',
      'c',
      'd',
    ]);
    const entries = models.entries();
    expect(entries.every((each) => each.size > size && each.size < size + 100)).toBe(true);
    expect(entries.map(({key}) => key).sort()).toEqual(['a', 'c', 'd'].map(named).sort());
    expect(Math.max(...entries.map(({lastUsed}) => Math.abs(Date.now() - lastUsed.getTime())))).toBeLessThan(
      60 * 60_000,
    );
  });

  it('that a process left half-written is removed', () => {
    models.begin(named('a'))!.discard();
    const {pid} = spawnSync(process.execPath, ['--version']);
    const left = join(models.directory, `.${named('b')}.saving-${ownerText({...thisProcess(), pid})}.1234`);
    fs.mkdirSync(left);
    const pending = models.begin(named('c'))!;
    expect(fs.existsSync(left)).toBe(false);
    // One that is being written stays.
    models.begin(named('d'))!.discard();
    expect(fs.existsSync(join(pending.path, '..'))).toBe(true);
  });
});

describe('several processes', () => {
  it('keep, find and remove at a time: whatever is found is whole, and nothing is left behind', async () => {
    const script = fileURLToPath(new URL('./testing/compiled_models_child.ts', import.meta.url));
    const child = (seed: number): Promise<number> =>
      new Promise((resolve, reject) => {
        const args = ['--import', 'tsx', script, cache, '150', String(seed)];
        execFile(process.execPath, args, (error, stdout) =>
          error ? reject(error) : resolve(Number(stdout)),
        );
      });
    const found = await Promise.all([1, 2, 3, 4].map(child));
    expect(Math.min(...found)).toBeGreaterThan(0);
    const names = fs.readdirSync(models.directory);
    expect(names.filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
    // Room for three of them.
    expect(models.entries().reduce((sum, {size}) => sum + size, 0)).toBeLessThanOrEqual(100_000);
  });
});

describe('the place', () => {
  it('is beside the models', () => {
    vi.stubEnv('TFHUB_CACHE_DIR', cache);
    expect(nodeCompiledModels()!.directory).toBe(join(cache, 'compiled'));
    vi.stubEnv('TFHUB_CACHE_DIR', '');
    vi.stubEnv('TMPDIR', cache);
    expect(nodeCompiledModels()!.directory).toBe(join(cache, 'tfhub_modules', 'compiled'));
  });

  it('is none where nothing is to be kept, or the cache is no directory of this machine', () => {
    vi.stubEnv('TFHUB_COMPILED_BYTES', '0');
    expect(nodeCompiledModels(cache)).toBeUndefined();
    vi.stubEnv('TFHUB_COMPILED_BYTES', '');
    expect(nodeCompiledModels(cache)!.most).toBe(2 ** 29);
    for (const wrong of ['gs://bucket/cache', 'file://elsewhere/cache', 5 as never])
      expect(nodeCompiledModels(wrong)).toBeUndefined();
  });

  it('is made for its user alone, and used where nobody else may write', () => {
    vi.stubEnv('TFHUB_CACHE_DIR', '');
    vi.stubEnv('TMPDIR', join(cache, '..'));
    models = nodeCompiledModels()!;
    keep(named('a'), 'graph');
    const directory = join(cache, '..', 'tfhub_modules');
    expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
    expect(found(named('a'))).toBeDefined();
    for (const path of [directory, models.directory]) {
      fs.chmodSync(path, 0o777);
      expect(models.find(named('a'))).toBeUndefined();
      expect(models.begin(named('b'))).toBeUndefined();
      expect(models.entries()).toEqual([]);
      fs.chmodSync(path, 0o700);
    }
    expect(found(named('a'))).toBeDefined();
  });

  it('that cannot be written keeps nothing, and fails nothing', () => {
    fs.writeFileSync(cache, 'no directory');
    expect(models.find(named('a'))).toBeUndefined();
    expect(models.begin(named('a'))).toBeUndefined();
    expect(models.entries()).toEqual([]);
    models.remove(named('a'));
    expect(fs.readFileSync(cache, 'utf8')).toBe('no directory');
  });
});
