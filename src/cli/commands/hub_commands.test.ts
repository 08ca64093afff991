/** Tests of the commands around handles: resolve, cache, host. */

import * as fs from 'node:fs';
import path from 'node:path';
import {Command, CommanderError} from 'commander';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {DownloadError, HandleError, IntegrityError} from '../../errors.js';
import {afterThis, MODEL_FILES, temporaryDirectory, writeModel} from '../../hub/testing/fixtures.js';
import {getPlatform} from '../../platform/current.js';
import '../../platform/node.js';
import {hostModels} from '../../platform/node_host.js';
import {registerCache} from './cache.js';
import {registerHost} from './host.js';
import {registerResolve} from './resolve.js';

let printed: string[];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line) => printed.push(line));
});
afterEach(() => vi.restoreAllMocks());

async function tfhub(...args: string[]): Promise<string[]> {
  printed = [];
  const program = new Command('tfhub').exitOverride().configureOutput({writeErr: () => undefined});
  registerResolve(program);
  registerCache(program);
  registerHost(program);
  await program.parseAsync(args, {from: 'user'});
  return printed;
}

async function served() {
  const directory = await temporaryDirectory();
  await writeModel(path.join(directory, 'model'));
  const server = await hostModels({directory});
  afterThis(() => server.close());
  return {handle: `${server.url}/model`, directory};
}

describe('tfhub resolve', () => {
  it('prints the local path', async () => {
    const {handle, directory} = await served();
    const cacheDir = await temporaryDirectory();
    const [downloaded] = await tfhub('resolve', handle, '--cache-dir', cacheDir);
    expect(path.dirname(downloaded!)).toBe(cacheDir);
    expect(await tfhub('resolve', path.join(directory, 'model'))).toEqual([path.join(directory, 'model')]);
    const [json] = await tfhub('resolve', handle, '--cache-dir', cacheDir, '--json');
    expect(JSON.parse(json!)).toEqual({handle, path: downloaded, fromCache: true});
  });

  it('takes a bound on the size', async () => {
    const {handle} = await served();
    const cacheDir = await temporaryDirectory();
    const bounded = (bytes: string) =>
      tfhub('resolve', handle, '--cache-dir', cacheDir, '--max-bytes', bytes);
    await expect(bounded('1000')).rejects.toThrowWithMessage(
      DownloadError,
      /more than the 1000 bytes allowed/,
    );
    await expect(bounded('much')).rejects.toThrowWithMessage(HandleError, /The option maxBytes is a number/);
    expect(await bounded('1e6')).toHaveLength(1);
  });

  it('prints the integrity of a model, and takes it', async () => {
    const {handle, directory} = await served();
    const cacheDir = await temporaryDirectory();
    const [integrity] = await tfhub('resolve', handle, '--cache-dir', cacheDir, '--print-integrity');
    expect(integrity).toMatch(/^sha256-[A-Za-z0-9+/]{43}=$/);
    expect(await tfhub('resolve', path.join(directory, 'model'), '--print-integrity')).toEqual([integrity]);
    const args = ['resolve', handle, '--cache-dir', cacheDir, '--integrity'];
    const [json] = await tfhub(...args, integrity!, '--print-integrity', '--json');
    expect(JSON.parse(json!)).toMatchObject({handle, fromCache: true, integrity});
    await expect(tfhub(...args, `sha256-${'A'.repeat(43)}=`)).rejects.toThrow(IntegrityError);
  });
});

describe('tfhub cache', () => {
  it('shows handles without their keys, and removes such models by their directory', async () => {
    const {handle} = await served();
    const cacheDir = await temporaryDirectory();
    const signed = `${handle}?X-Signature=secret`;
    const [downloaded] = await tfhub('resolve', signed, '--cache-dir', cacheDir);
    const key = path.basename(downloaded!);
    const lines = await tfhub('cache', 'list', '--cache-dir', cacheDir);
    expect(lines[1]).toMatch(new RegExp(` ${handle} \\(directory ${key}\\)$`));
    const json = await tfhub('cache', 'list', '--cache-dir', cacheDir, '--json');
    expect([...lines, ...json].join()).not.toContain('secret');
    await expect(tfhub('cache', 'remove', `${signed}2`, '--cache-dir', cacheDir)).rejects.toThrowWithMessage(
      HandleError,
      `Not in the cache ${cacheDir}: ${handle}`,
    );
    await tfhub('cache', 'remove', key, '--cache-dir', cacheDir);
    expect(await tfhub('cache', 'list', '--cache-dir', cacheDir)).toEqual([`No models in ${cacheDir}`]);
  });

  it('lists, removes and clears', async () => {
    const {handle} = await served();
    const cacheDir = await temporaryDirectory();
    await tfhub('resolve', handle, '--cache-dir', cacheDir);
    await tfhub('resolve', `${handle}/1`, '--cache-dir', cacheDir);
    const lines = await tfhub('cache', 'list', '--cache-dir', cacheDir);
    expect(lines[0]).toMatch(/^ *SIZE {2}DOWNLOADED +LAST USED +HANDLE$/);
    expect(
      lines.slice(1, 3).every((line) => /^ *0\.1 MB {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}\d{4}.* http/.test(line)),
    ).toBe(true);
    const [json] = await tfhub('cache', 'list', '--cache-dir', cacheDir, '--json');
    const {models} = JSON.parse(json!);
    expect(models.map((model: {handle: string}) => model.handle).sort()).toEqual([handle, `${handle}/1`]);
    expect(models[0].size).toBe(Object.values(MODEL_FILES).reduce((sum, {length}) => sum + length, 0));
    await tfhub('cache', 'remove', handle, '--cache-dir', cacheDir);
    await expect(tfhub('cache', 'remove', handle, '--cache-dir', cacheDir)).rejects.toThrowWithMessage(
      HandleError,
      /Not in the cache/,
    );
    expect(await tfhub('cache', 'clear', '--cache-dir', cacheDir)).toEqual([
      `Removed 1 model from ${cacheDir}`,
    ]);
    expect(await tfhub('cache', 'list', '--cache-dir', cacheDir)).toEqual([`No models in ${cacheDir}`]);
  });
});

describe('what was compiled', () => {
  it('is listed and cleared with the models, or alone', async () => {
    vi.stubEnv('TFHUB_COMPILED_BYTES', '1000000');
    try {
      const {handle} = await served();
      const cacheDir = await temporaryDirectory();
      const keep = (name: string): void => {
        const compiled = getPlatform().compiledModels!(cacheDir)!;
        const pending = compiled.begin(compiled.key([name]))!;
        fs.writeFileSync(pending.path, 'x'.repeat(150_000));
        pending.keep();
      };
      const cache = (...args: string[]) => tfhub('cache', ...args, '--cache-dir', cacheDir);
      await tfhub('resolve', handle, '--cache-dir', cacheDir);
      keep('a');
      keep('b');
      expect((await cache('list')).at(-1)).toBe('2 compiled, 0.3 MB');
      const [json] = await cache('list', '--json');
      const {models, compiled} = JSON.parse(json!);
      expect(models).toHaveLength(1);
      expect(compiled.map(({size}: {size: number}) => size > 150_000)).toEqual([true, true]);
      expect(await cache('clear', '--compiled')).toEqual([`Removed 2 compiled from ${cacheDir}`]);
      expect(await cache('list')).toHaveLength(3);
      keep('c');
      expect(await cache('clear')).toEqual([`Removed 1 model and 1 compiled from ${cacheDir}`]);
      expect(await cache('list')).toEqual([`No models in ${cacheDir}`]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('tfhub host', () => {
  it('serves until it is told to stop', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model'));
    const running = tfhub('host', directory, '--port', '0', '--quiet');
    await expect.poll(() => printed).toHaveLength(1);
    const url = /http:\S+/.exec(printed[0]!)![0];
    expect(await (await fetch(url)).json()).toEqual({models: ['/model']});
    process.emit('SIGTERM');
    await running;
    await expect(fetch(url)).rejects.toThrow(TypeError);
  });

  it('refuses what is no port, and no directory', async () => {
    await expect(tfhub('host', '.', '--port', 'http')).rejects.toThrowWithMessage(
      CommanderError,
      /up to 65535/,
    );
    await expect(tfhub('host', '/no/such/directory')).rejects.toThrowWithMessage(
      HandleError,
      /is not a directory/,
    );
  });
});
