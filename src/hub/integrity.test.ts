/** Tests of what pins a model: one hash, however the model comes; nothing else is loaded, or enters the cache. */

import {mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {DownloadError, FormatError, HandleError, HubError, IntegrityError} from '../errors.js';
import {kerasLayer} from '../keras.js';
import {load} from '../load.js';
import {memoryDirectory} from '../platform/memory.js';
import '../platform/node.js';
import '../platform/node_hub.js';
import {localDirectory} from '../platform/node.js';
import {hostModels} from '../platform/node_host.js';
import {portableSha256} from '../platform/sha256.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {integrityOf as integrityBy} from './integrity.js';
import {integrityOf, registerResolver, resolve} from './resolver.js';
import {digests, readDigests} from './testing/digests.js';
import {
  afterThis,
  archiveOf,
  MODEL_FILES,
  noise,
  serve,
  temporaryDirectory,
  tree,
  writeModel,
} from './testing/fixtures.js';
import {faulty} from './testing/server.js';
import {tar} from './testing/tar.js';

/**
 * Of the model of these tests, by other means: in its directory,
 * `find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum | openssl dgst -sha256 -binary | base64`
 */
const INTEGRITY = 'sha256-1VgQM/myGjOCNDgJy6J1vyrM0BNXQk9S9dtex5nk+vg=';
const OTHER = 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';

const text = (content: string) => new TextEncoder().encode(content);

let directory: string;
let cacheDir: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  cacheDir = path.join(directory, 'cache');
  vi.stubEnv('KAGGLE_CONFIG_DIR', cacheDir);
  vi.stubEnv('KAGGLEHUB_CACHE', path.join(directory, 'kagglehub'));
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  return () => vi.restoreAllMocks();
});

async function host(options: {gzip?: boolean} = {}) {
  const hosted = path.join(directory, 'hosted');
  await writeModel(path.join(hosted, 'model'));
  const server = await hostModels({directory: hosted, ...options});
  afterThis(() => server.close());
  return {server, model: path.join(hosted, 'model')};
}

const inCache = async () => (await readdir(cacheDir).catch(() => [])).filter((name) => !name.includes('.'));

describe('the integrity of a model', () => {
  it('is the SHA-256 of what sha256sum prints of its files', async () => {
    expect(await integrityOf(memoryDirectory(MODEL_FILES))).toBe(INTEGRITY);
    expect(await integrityBy(memoryDirectory(MODEL_FILES), portableSha256)).toBe(INTEGRITY);
  });

  it('is the same however the model comes, and wherever it lies', async () => {
    const local = path.join(directory, 'local');
    await writeModel(local);
    await mkdir(path.join(local, 'empty/er'), {recursive: true});
    const plain = path.join(directory, 'plain.tar');
    await writeFile(
      plain,
      tar(...Object.entries(MODEL_FILES).map(([name, body]) => ({name: `./${name}`, body}))),
    );
    const gzipped = path.join(directory, 'gzipped.tar.gz');
    await writeFile(gzipped, archiveOf());
    const {server} = await host();
    const {server: zipping} = await host({gzip: true});
    const gcs = {gcsEndpoint: server.url};
    const cases = [
      [local, {}],
      [plain, {}],
      [gzipped, {}],
      [`${server.url}/model`, {}],
      [`${zipping.url}/model`, {}],
      [`${server.url}/model/1`, {...gcs, loadFormat: 'UNCOMPRESSED'}],
      ['gs://tfhub/model', gcs],
      [memoryDirectory(MODEL_FILES), {}],
      [
        memoryDirectory(Object.fromEntries(Object.entries(MODEL_FILES).map(([name, b]) => [`x/${name}`, b]))),
        {},
      ],
      [[new File([archiveOf() as Uint8Array<ArrayBuffer>], 'model.tar.gz')], {}],
    ] as const;
    for (const [source, options] of cases) {
      // The first time as it comes, the second as it was kept.
      for (const integrity of [undefined, INTEGRITY, INTEGRITY]) {
        const resolved = await resolve(source, {...options, cacheDir, integrity});
        expect(await integrityOf(resolved.directory)).toBe(INTEGRITY);
      }
    }
  });

  it('follows the bytes of UTF-8, not the units of UTF-16', async () => {
    // U+FF5E comes before U+1D11E; in UTF-16 it is the other way round.
    const files = {
      '\u{1d11e}': text('b'),
      '\uff5e': text('a'),
      b: text(''),
      'a/b': text(''),
      'a.b': text(''),
    };
    const lines = ['a.b', 'a/b', 'b', '\uff5e', '\u{1d11e}'].map((name) => [
      name,
      files[name as keyof typeof files]!,
    ]);
    const hash = portableSha256();
    for (const [name, bytes] of lines as [string, Uint8Array][]) {
      const one = portableSha256();
      one.update(bytes);
      hash.update(text(`${Buffer.from(one.digest()).toString('hex')}  ${name}\n`));
    }
    const expected = `sha256-${Buffer.from(hash.digest()).toString('base64')}`;
    expect(await integrityOf(memoryDirectory(files))).toBe(expected);
  });

  it.each(Object.keys(MODEL_FILES))('is another where a byte of %s is', async (name) => {
    const changed = MODEL_FILES[name]!.slice();
    changed[changed.length - 1]! ^= 1;
    expect(await integrityOf(memoryDirectory({...MODEL_FILES, [name]: changed}))).not.toBe(INTEGRITY);
    const {[name]: moved, ...rest} = MODEL_FILES;
    expect(await integrityOf(memoryDirectory({...rest, [`${name}x`]: moved!}))).not.toBe(INTEGRITY);
  });

  it('is not told where it would be ambiguous, or never end', async () => {
    await expect(integrityOf(memoryDirectory({'a\nb': text('x')}))).rejects.toThrow(FormatError);
    await writeModel(path.join(directory, 'loop'));
    await symlink('.', path.join(directory, 'loop/one'));
    await symlink('.', path.join(directory, 'loop/two'));
    await expect(integrityOf(localDirectory(path.join(directory, 'loop')))).rejects.toThrowWithMessage(
      HubError,
      /links that lead in a circle|symbolic links/,
    );
  });
});

describe('the option integrity', () => {
  it.each([
    OTHER.slice(0, -1),
    `${OTHER}=`,
    OTHER.replace('256', '512'),
    '',
    'sha256-',
    5,
    null,
    OTHER.replace('U=', 'V='),
  ])('refuses %j, which is none', async (integrity) => {
    await expect(resolve(directory, {integrity: integrity as string})).rejects.toThrow(HandleError);
  });

  it('keeps another model out of the cache', async () => {
    const server = await serve(faulty(archiveOf()));
    const handle = `${server.url}/m?signature=secret`;
    const error = await resolve(handle, {cacheDir, integrity: OTHER}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(IntegrityError);
    expect((error as Error).message).toContain(INTEGRITY);
    expect((error as Error).message).toContain(OTHER);
    expect(await tree(cacheDir)).toEqual([]);
    const {fromCache} = await resolve(handle, {cacheDir, integrity: INTEGRITY});
    expect(fromCache).toBe(false);
    expect((await resolve(handle, {cacheDir, integrity: INTEGRITY})).fromCache).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it('holds for a model that is in the cache: one that was tampered with is fetched anew', async () => {
    const server = await serve(faulty(archiveOf()));
    const handle = `${server.url}/m`;
    const {path: kept} = await resolve(handle, {cacheDir, integrity: INTEGRITY});
    for (const [file, bytes] of [
      ['variables/variables.data-00000-of-00001', noise(70_000, 5)],
      ['saved_model.pb', noise(1000, 5)],
      ['assets/more.txt', noise(3)],
    ] as const) {
      await writeFile(path.join(kept!, file), bytes);
      const {directory: again, fromCache} = await resolve(handle, {cacheDir, integrity: INTEGRITY});
      expect(fromCache).toBe(false);
      expect(await readDigests(again)).toEqual(digests(MODEL_FILES));
    }
    expect(server.requests).toHaveLength(4);
    expect(vi.mocked(console.warn).mock.calls.map(([line]) => line)).toEqual([
      expect.stringMatching(/is not the one that the option integrity names; it is fetched anew/),
      expect.stringMatching(/its graph has changed/),
      expect.stringMatching(/is not the one that the option integrity names/),
    ]);
    // Where no fetch gives the right one, what was there stays.
    await expect(resolve(handle, {cacheDir, integrity: OTHER})).rejects.toThrow(IntegrityError);
    expect((await resolve(handle, {cacheDir})).fromCache).toBe(true);
  });

  it('does not take what another program puts in the place meanwhile', async () => {
    const send = faulty(archiveOf());
    const server = await serve(async (request, response) => {
      const [key] = (await readdir(cacheDir)).map((name) => name.split('.')[0]!);
      await writeModel(path.join(cacheDir, key!), {'saved_model.pb': noise(3)});
      send(request, response);
    });
    const {directory: found} = await resolve(`${server.url}/m`, {cacheDir, integrity: INTEGRITY});
    expect(await readDigests(found)).toEqual(digests(MODEL_FILES));
  });

  it('holds for directories, archives, and what resolvers of a user return', async () => {
    const local = path.join(directory, 'local');
    await writeModel(local);
    const archive = path.join(directory, 'model.tar.gz');
    await writeFile(archive, archiveOf());
    const inHand = new File([archiveOf() as Uint8Array<ArrayBuffer>], 'model.tar.gz');
    afterThis(
      async () =>
        void registerResolver({
          name: 'pinned',
          supports: (handle) => handle === 'pinned:x',
          resolve: async () => memoryDirectory(MODEL_FILES),
        })(),
    );
    for (const source of [local, archive, [inHand], memoryDirectory(MODEL_FILES)]) {
      await resolve(source, {cacheDir, integrity: INTEGRITY});
      await expect(resolve(source, {cacheDir, integrity: OTHER})).rejects.toThrow(IntegrityError);
    }
    await writeFile(path.join(local, 'saved_model.pb'), noise(1000, 5));
    await expect(resolve(local, {integrity: INTEGRITY})).rejects.toThrow(IntegrityError);
  });

  it('has what is read from afar copied first: what was verified is what is loaded', async () => {
    const {server, model} = await host();
    for (const [handle, options] of [
      ['gs://tfhub/model', {}],
      [`${server.url}/model`, {loadFormat: 'UNCOMPRESSED'}],
    ] as const) {
      const settings = {...options, gcsEndpoint: server.url, cacheDir};
      await expect(resolve(handle, {...settings, integrity: OTHER})).rejects.toThrow(IntegrityError);
      expect(await inCache()).toEqual([]);
      await expect(
        resolve(handle, {...settings, integrity: INTEGRITY, maxBytes: 10_000}),
      ).rejects.toThrowWithMessage(DownloadError, /maxBytes/);
      const resolved = await resolve(handle, {...settings, integrity: INTEGRITY});
      expect(path.dirname(resolved.path!)).toBe(cacheDir);
      await writeFile(path.join(model, 'saved_model.pb'), noise(1000, 5));
      expect(await readDigests(resolved.directory)).toEqual(digests(MODEL_FILES));
      expect(
        await readDigests((await resolve(handle, {...settings, integrity: INTEGRITY})).directory),
      ).toEqual(digests(MODEL_FILES));
      await writeModel(model);
      await rm(cacheDir, {recursive: true});
    }
  });

  it('holds for what kagglehub has downloaded', async () => {
    const version = path.join(directory, 'kagglehub/models/o/m/tensorFlow2/v/3');
    await writeModel(version);
    await writeFile(`${version}.complete`, '');
    const handle = 'https://www.kaggle.com/models/o/m/tensorFlow2/v/3';
    expect((await resolve(handle, {cacheDir, integrity: INTEGRITY})).path).toBe(version);
    await expect(resolve(handle, {cacheDir, integrity: OTHER})).rejects.toThrow(IntegrityError);
    await expect(resolve('kaggle:o/m/tensorFlow2/v/3', {cacheDir, integrity: OTHER})).rejects.toThrow(
      IntegrityError,
    );
  });

  it('is taken by load and kerasLayer', async () => {
    const fixture = fixturePath('mymul');
    const integrity = await integrityOf(localDirectory(fixture));
    (await load(fixture, {integrity})).dispose();
    await expect(load(fixture, {integrity: OTHER})).rejects.toThrow(IntegrityError);
    const layer = await kerasLayer(fixture, {loadOptions: {integrity}});
    layer.dispose();
    await expect(kerasLayer(fixture, {loadOptions: {integrity: OTHER}})).rejects.toThrow(IntegrityError);
  });
});

describe('an archive without a model', () => {
  it.each([
    [
      {'readme.txt': text('hello')},
      /There is no model in it: it holds "readme\.txt"\. Looked for: saved_model\.pb/,
    ],
    [
      Object.fromEntries(Object.entries(MODEL_FILES).map(([name, bytes]) => [`repository-1/${name}`, bytes])),
      /it has "repository-1\/saved_model\.pb", and a model's files have to be at the root/,
    ],
    [{'variables/saved_model.pb': text('x')}, /at the root/],
  ])('does not enter the cache', async (files, says) => {
    const bytes = archiveOf(files as Record<string, Uint8Array>);
    const server = await serve(faulty(bytes));
    await writeFile(path.join(directory, 'it.tar.gz'), bytes);
    for (const handle of [`${server.url}/m`, path.join(directory, 'it.tar.gz')]) {
      const error = await resolve(handle, {cacheDir}).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(says);
      expect(await tree(cacheDir)).toEqual([]);
    }
  });

  it.each(['saved_model.pb', 'saved_model.pbtxt', 'saved_model.cpb', 'tfhub_module.pb'])(
    'is not one that has a %s',
    async (name) => {
      const server = await serve(faulty(archiveOf({[name]: text('x')})));
      await resolve(`${server.url}/m`, {cacheDir});
    },
  );
});
