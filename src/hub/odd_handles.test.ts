/** Tests that what is no handle, and what is no answer, is told in words. */

import {mkdir, rmdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {DownloadError, FormatError, HandleError, HubError} from '../errors.js';
import {load, loadDirectory} from '../load.js';
import '../platform/node.js';
import '../platform/node_hub.js';
import {localDirectory} from '../platform/node.js';
import {type ModelSource, registerResolver, resolve} from './resolver.js';
import {archiveOf, serve, temporaryDirectory, tree} from './testing/fixtures.js';
import {faulty, status} from './testing/server.js';

let directory: string;
let cacheDir: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  cacheDir = path.join(directory, 'cache');
  vi.stubEnv('KAGGLE_CONFIG_DIR', cacheDir);
  vi.stubEnv('KAGGLEHUB_CACHE', path.join(cacheDir, 'kagglehub'));
});

describe('a source that is none', () => {
  it.each([
    [0, 'not by 0'],
    [undefined, 'not by undefined'],
    [null, 'not by null'],
    [true, 'not by true'],
    [10n, 'not by 10'],
    [Symbol('s'), 'not by Symbol(s)'],
    [() => 'x', 'not by () =>'],
    [{}, 'not by an object Object'],
    [Object.create(null), 'not by an object.'],
    [[], 'not by an object Array'],
    [[null], 'not by an object Array'],
    [{open: 5, list: 5}, 'not by an object Object'],
    [{open: () => null, list: 5}, 'not by an object Object'],
    [{[Symbol.iterator]: 5}, 'not by an object Object'],
    [new Map([['a', 1]]), 'not by an object Map'],
    [Promise.resolve('x'), 'not by an object Promise'],
    [new Uint8Array(3), 'not by an object Uint8Array'],
  ])('is named: %s', async (source, says) => {
    for (const use of [resolve, load]) {
      const error = await use(source as ModelSource).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(HandleError);
      expect((error as Error).message).toContain(says);
    }
    const error = await loadDirectory(source as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HandleError);
    expect((error as Error).message).toContain('hub.load takes handles');
  });

  it('of savedModel.load may be a handle, which belongs elsewhere', async () => {
    await expect(loadDirectory('/some/where' as never)).rejects.toThrowWithMessage(
      HandleError,
      'not /some/where. hub.load takes handles.',
    );
    expect(() => localDirectory(5 as never)).toThrow(HandleError);
  });

  it('may come from a resolver', async () => {
    const remove = registerResolver({
      name: 'wrong',
      supports: (handle) => handle === 'wrong:x',
      resolve: async () => ({path: '/x'}) as never,
    });
    await expect(resolve('wrong:x')).rejects.toThrowWithMessage(
      HandleError,
      "The resolver 'wrong' returns neither",
    );
    remove();
  });
});

describe('a handle that is malformed', () => {
  it.each([
    ['', /empty/],
    ['  ', /empty/],
    ['a\0b', /NUL/],
    ['gs://bucket/a\ud800', /half of a character/],
    ['https://h/\udc00', /half of a character/],
    ['file://elsewhere/model', /no path of this machine.*file:\/\/\/path/],
    ['file:///a%2Fb', /no path of this machine/],
    ['file:///%zz', /no path of this machine/],
    [`/${'n'.repeat(300)}`, /too long|does not exist/],
  ])('%j', async (handle, says) => {
    const error = await resolve(handle, {cacheDir}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HubError);
    expect((error as Error).message).toMatch(says);
  });

  it.each([
    ['u:100%pure', 'u:100%pure'],
    ['u:a%20b%', 'u:a b%'],
    // An escape that is no UTF-8 makes those that stand with it be taken as they are written.
    ['u%3a:%ff%C3%A9', 'u::%ff%C3%A9'],
    ['u:%', 'u:%'],
  ])('in its password is taken as it was meant: %s', async (credentials, meant) => {
    const server = await serve(faulty(archiveOf()));
    await resolve(`${server.url.replace('//', `//${credentials}@`)}/m`, {cacheDir});
    const sent = server.requests[0]!.headers.authorization!;
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe(meant);
  });

  it('is relative to a working directory that is gone', async () => {
    const before = process.cwd();
    await mkdir(path.join(directory, 'gone'));
    process.chdir(path.join(directory, 'gone'));
    await rmdir(path.join(directory, 'gone'));
    try {
      await expect(resolve('models/mine')).rejects.toThrowWithMessage(
        HandleError,
        /the working directory is gone/,
      );
      expect(() => localDirectory('models/mine')).toThrow(HandleError);
    } finally {
      process.chdir(before);
    }
  });

  it('is a link that leads nowhere, or in a circle', async () => {
    await symlink(path.join(directory, 'nothing'), path.join(directory, 'link'));
    await symlink('circle', path.join(directory, 'circle'));
    await expect(resolve(path.join(directory, 'link'))).rejects.toThrowWithMessage(
      HandleError,
      /symbolic link that leads nowhere/,
    );
    await expect(resolve(path.join(directory, 'circle'))).rejects.toThrowWithMessage(
      HubError,
      /symbolic links lead in a circle/,
    );
  });
});

describe('a model whose graph is no file', () => {
  it('says so', async () => {
    const model = path.join(directory, 'model');
    await mkdir(path.join(model, 'saved_model.pb'), {recursive: true});
    await expect(load(model)).rejects.toThrowWithMessage(
      FormatError,
      /saved_model\.pb is no file: it is a directory, or a link/,
    );
    const dangling = path.join(directory, 'dangling');
    await mkdir(dangling);
    await symlink('/nothing/there', path.join(dangling, 'saved_model.pb'));
    await expect(load(dangling)).rejects.toThrow(FormatError);
    await writeFile(path.join(directory, 'file'), '');
    await expect(loadDirectory(localDirectory(path.join(directory, 'file')))).rejects.toThrowWithMessage(
      FormatError,
      /no SavedModel/,
    );
  });
});

describe('an answer that is none', () => {
  const json = (text: string) => serve(status(200, {'content-type': 'application/json'}, text));

  it.each([
    'null',
    '[]',
    '5',
    '"text"',
    '{"items": 5}',
    '{"items": {}}',
    '{"items": [null]}',
    '{"items": [{"name": 5, "size": "1"}]}',
    '{"items": [{"name": "m/saved_model.pb"}]}',
    '{"items": [{"name": "m/saved_model.pb", "size": "-1"}]}',
    '{"items": [{"name": "m/saved_model.pb", "size": "1e9"}]}',
    '{"items": [{"name": "m/saved_model.pb", "size": "9999999999999999"}]}',
    '{"items": [{"name": "m/saved_model.pb", "size": "1", "generation": {}}]}',
    '{"items": [], "nextPageToken": 5}',
    'not JSON',
  ])('to a listing: %s', async (text) => {
    const server = await json(text);
    const error = await resolve('gs://bucket/m', {gcsEndpoint: server.url}).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(text === '[]' ? HubError : DownloadError);
    expect((error as Error).message).toMatch(/gs:\/\/bucket\/m|does not answer in JSON/);
  });

  it('to a listing, with names that lead elsewhere, is refused', async () => {
    for (const name of ['m/../../x', 'm//../x']) {
      const server = await json(JSON.stringify({items: [{name, size: '1'}]}));
      await expect(resolve('gs://bucket/m', {gcsEndpoint: server.url})).rejects.toThrow(FormatError);
    }
  });

  it.each(['null', '5', '{}', '{"versionNumber": "3"}', '[]'])(
    'to the question for the newest version: %s',
    async (text) => {
      const server = await json(text);
      const asking = resolve('kaggle:o/m/tensorFlow2/v', {cacheDir, kaggleEndpoint: server.url});
      await expect(asking).rejects.toThrowWithMessage(DownloadError, /does not say which version/);
      expect(await tree(directory)).toEqual([]);
    },
  );
});
