/** Tests of the server of models: its archives, its links, and to whom it answers. */

import {createHash} from 'node:crypto';
import {mkdir, readdir, rename, symlink, utimes, writeFile} from 'node:fs/promises';
import {request} from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import {unpackTar} from 'modern-tar';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {digests} from '../hub/testing/digests.js';
import {afterThis, MODEL_FILES, noise, temporaryDirectory, writeModel} from '../hub/testing/fixtures.js';
import {archiveStore} from './node_archive.js';
import {type HostOptions, hostModels} from './node_host.js';
import {ownNames} from './node_host_names.js';
import {ChangedFile, ModelTree} from './node_tree.js';

async function host(directory: string, options: Omit<HostOptions, 'directory'> = {}) {
  const server = await hostModels({directory, ...options});
  afterThis(() => server.close());
  return server;
}

/** The files in an archive, as their SHA-1. */
async function contentsOf(archive: Uint8Array): Promise<Record<string, string>> {
  const tar = archive[0] === 0x1f ? gunzipSync(archive) : archive;
  const files: Record<string, Uint8Array> = {};
  for (const {header, data} of await unpackTar(tar)) {
    if (header.type === 'file') files[header.name] = data ?? new Uint8Array();
  }
  return digests(files);
}

async function download(url: string): Promise<Uint8Array> {
  const answer = await fetch(`${url}?tf-hub-format=compressed`);
  expect(answer.status, await (answer.ok ? '' : answer.text())).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

/** Models of which no two have a file in common. */
function modelsOf(count: number): Map<string, Record<string, Uint8Array>> {
  return new Map(
    Array.from({length: count}, (_, i) => [
      `team/model${i}`,
      {'saved_model.pb': noise(3000, i + 1), 'variables/data': noise(100_000 + 1000 * i, 100 + i)},
    ]),
  );
}

/** Temporary directories of archives are made here, to be counted. */
async function ownTemporaryDirectory(): Promise<string> {
  const directory = await temporaryDirectory();
  vi.spyOn(os, 'tmpdir').mockReturnValue(directory);
  return directory;
}

afterEach(() => vi.restoreAllMocks());

describe.each([{gzip: false}, {gzip: true}])('archives (%j)', ({gzip}) => {
  it('are those of the model that was asked for, however many ask first at once', async () => {
    const directory = await temporaryDirectory();
    const models = modelsOf(6);
    for (const [name, files] of models) await writeModel(path.join(directory, name), files);
    for (let round = 0; round < 2; round++) {
      const server = await host(directory, {gzip});
      const asked = Array.from({length: 10}, () => [...models.keys()]).flat();
      const answers = await Promise.all(asked.map((name) => download(`${server.url}/${name}`)));
      for (const [name, files] of models) {
        const own = answers.filter((_, i) => asked[i] === name);
        expect(new Set(own.map(sha1)).size, name).toBe(1);
        expect(await contentsOf(own[0]!)).toEqual(digests(files));
      }
    }
  });

  it('are whole for all others when some go away', async () => {
    const directory = await temporaryDirectory();
    const models = modelsOf(4);
    for (const [name, files] of models) await writeModel(path.join(directory, name), files);
    const server = await host(directory, {gzip});
    const leave = async (name: string, after: number) => {
      const control = new AbortController();
      const answer = fetch(`${server.url}/${name}?tf-hub-format=compressed`, {signal: control.signal});
      const read = answer.then(async ({body}) => {
        for await (const chunk of body!) if ((after -= chunk.length) <= 0) control.abort();
      });
      if (after === 0) control.abort();
      await expect(read).rejects.toThrowWithMessage(DOMException, /abort/);
    };
    await Promise.all(
      [...models].flatMap(([name, files]) => [
        leave(name, 0),
        leave(name, 1),
        download(`${server.url}/${name}`).then(async (archive) =>
          expect(await contentsOf(archive)).toEqual(digests(files)),
        ),
        leave(name, 30_000),
      ]),
    );
    for (const [name, files] of models) {
      expect(await contentsOf(await download(`${server.url}/${name}`))).toEqual(digests(files));
    }
  });

  it('are made anew when the model has changed, though size and time be the same', async () => {
    const directory = await temporaryDirectory();
    const file = path.join(directory, 'model/saved_model.pb');
    const server = await host(directory, {gzip});
    for (const seed of [1, 2, 3]) {
      await writeModel(path.join(directory, 'model'), {'saved_model.pb': noise(5000, seed)});
      await utimes(file, 1, 1);
      expect(await contentsOf(await download(`${server.url}/model`))).toEqual(
        digests({'saved_model.pb': noise(5000, seed)}),
      );
    }
  });
});

describe('gzipped archives', () => {
  it('are kept once per model, by whatever path it is asked for', async () => {
    const temporary = await ownTemporaryDirectory();
    const directory = path.join(temporary, 'models');
    for (const version of ['1', '2']) {
      await writeModel(path.join(directory, 'model', version), {'saved_model.pb': noise(5000)});
    }
    await symlink('2', path.join(directory, 'model/latest'));
    await symlink('.', path.join(directory, 'loop'));
    const server = await host(directory, {gzip: true});
    for (const name of ['model', 'model/2', 'model/latest', 'loop/model', 'loop/loop/model/2']) {
      await download(`${server.url}/${name}`);
    }
    const [folder] = (await readdir(temporary)).filter((name) => name.startsWith('tfhub-host-'));
    expect(await readdir(path.join(temporary, folder!))).toHaveLength(1);
    await writeModel(path.join(directory, 'model/2'), {'saved_model.pb': noise(6000)});
    expect(await contentsOf(await download(`${server.url}/model`))).toEqual(
      digests({'saved_model.pb': noise(6000)}),
    );
    await expect.poll(() => readdir(path.join(temporary, folder!))).toHaveLength(1);
    await server.close();
    expect(await readdir(temporary)).toEqual(['models']);
  });

  it('are read to their end by those who have begun, though the model changes', async () => {
    const temporary = await ownTemporaryDirectory();
    const directory = path.join(temporary, 'models');
    const [old, young] = [1, 2].map((seed) => ({'saved_model.pb': noise(1_000_000, seed)}));
    await writeModel(path.join(directory, 'model'), old);
    const tree = await ModelTree.open(directory);
    const store = archiveStore({gzip: true});
    afterThis(() => store.close());
    const archive = await store.archiveOf((await tree.find(['model']))!);
    const chunks: Uint8Array[] = [];
    for await (const chunk of archive.read(0, archive.size)) {
      chunks.push(chunk);
      if (chunks.length > 1) continue;
      await writeModel(path.join(directory, 'model'), young);
      await store.archiveOf((await tree.find(['model']))!);
      const [folder] = (await readdir(temporary)).filter((name) => name.startsWith('tfhub-host-'));
      await expect.poll(() => readdir(path.join(temporary, folder!))).toHaveLength(1);
    }
    expect(chunks.length).toBeGreaterThan(2);
    expect(await contentsOf(Buffer.concat(chunks))).toEqual(digests(old!));
  });

  it('that could not be made are made when asked for again', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model'));
    const tree = await ModelTree.open(directory);
    const found = (await tree.find(['model']))!;
    const store = archiveStore({gzip: true});
    afterThis(() => store.close());
    const aside = path.join(directory, 'aside');
    await rename(path.join(directory, 'model/saved_model.pb'), aside);
    await expect(store.archiveOf(found)).rejects.toThrow(ChangedFile);
    await rename(aside, path.join(directory, 'model/saved_model.pb'));
    const archive = await store.archiveOf((await tree.find(['model']))!);
    const chunks: Uint8Array[] = [];
    for await (const chunk of archive.read(0, archive.size)) chunks.push(chunk);
    expect(await contentsOf(Buffer.concat(chunks))).toEqual(digests(MODEL_FILES));
  });
});

describe('links', () => {
  it('that lead back to where they are do not multiply models or files', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'team/model'));
    await writeModel(path.join(directory, 'team/other'));
    for (const name of ['a', 'b', 'team/a', 'team/model/a', 'team/model/b']) {
      await symlink('.', path.join(directory, name));
    }
    await symlink('../..', path.join(directory, 'team/model/assets/up'));
    const server = await host(directory);
    expect(await (await fetch(server.url)).json()).toEqual({models: ['/team/model', '/team/other']});
    expect(await contentsOf(await download(`${server.url}/team/model`))).toEqual(digests(MODEL_FILES));
    const listed = await (await fetch(`${server.url}/storage/v1/b/tfhub/o?prefix=team/`)).json();
    expect(listed.items.map(({name}: {name: string}) => name)).toEqual(
      ['model', 'other'].flatMap((model) =>
        Object.keys(MODEL_FILES)
          .map((file) => `team/${model}/${file}`)
          .sort(),
      ),
    );
  });

  it('to models and to what they share are followed', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model/3'), {'saved_model.pb': noise(10)});
    await mkdir(path.join(directory, 'shared'));
    await writeFile(path.join(directory, 'shared/words.txt'), 'a');
    await symlink('../../shared', path.join(directory, 'model/3/assets'));
    await symlink('3', path.join(directory, 'model/latest'));
    const server = await host(directory);
    expect(await (await fetch(server.url)).json()).toEqual({models: ['/model/3', '/model/latest']});
    expect(await contentsOf(await download(`${server.url}/model/latest`))).toEqual(
      digests({'assets/words.txt': Buffer.from('a'), 'saved_model.pb': noise(10)}),
    );
  });

  it('that multiply are refused', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model'), {'saved_model.pb': noise(10)});
    const levels = 16;
    for (let level = 0; level < levels; level++) {
      await mkdir(path.join(directory, `model/${level}`));
      if (level === levels - 1) continue;
      for (const name of ['a', 'b']) {
        await symlink(`../${level + 1}`, path.join(directory, `model/${level}/${name}`));
      }
    }
    const server = await host(directory);
    const answer = await fetch(`${server.url}/model?tf-hub-format=compressed`);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toMatch(/more than 10000 files and directories/);
  });
});

/** The status and headers of a request with a `Host` of one's choice, which fetch does not allow. */
function ask(url: string, headers: Readonly<Record<string, string>>, method = 'GET') {
  return new Promise<{status: number; headers: Readonly<Record<string, unknown>>}>((done, fail) => {
    const sent = request(url, {method, headers}, (answer) => {
      answer.resume();
      answer.on('end', () => done({status: answer.statusCode!, headers: answer.headers}));
    });
    sent.on('error', fail);
    sent.end();
  });
}

describe('a server of models', () => {
  it('knows no formats but its own', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model'));
    const server = await host(directory);
    for (const format of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'zip']) {
      const answer = await fetch(`${server.url}/model?tf-hub-format=${format}`);
      expect(answer.status, format).toBe(400);
      expect(await answer.text()).toContain(`'${format}' is no format`);
    }
  });

  it('lets no page of another origin read, unless told to', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model'));
    const origin = {origin: 'https://example.com'};
    const preflight = {...origin, 'access-control-request-method': 'GET'};
    for (const cors of [false, true]) {
      const {url} = await host(directory, {cors});
      const allowed = cors ? '*' : undefined;
      for (const target of [
        '/',
        '/model',
        '/model?tf-hub-format=compressed',
        '/none',
        '/storage/v1/b/tfhub/o',
      ]) {
        const {headers} = await ask(url + target, origin);
        expect(headers['access-control-allow-origin'], target).toBe(allowed);
      }
      const {status, headers} = await ask(`${url}/model`, preflight, 'OPTIONS');
      expect(status).toBe(cors ? 204 : 405);
      expect(headers['access-control-allow-origin']).toBe(allowed);
      expect(headers['access-control-allow-headers']).toBe(
        cors ? 'range, if-range, if-none-match' : undefined,
      );
    }
  });

  it('answers on this machine to its own names alone', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model'));
    const {url} = await host(directory, {allowedHosts: ['models.example.org']});
    const {port} = new URL(url);
    for (const name of ['localhost', 'LOCALHOST', `localhost:${port}`, '127.0.0.1', `[::1]:${port}`]) {
      expect((await ask(`${url}/model`, {host: name})).status, name).toBe(200);
    }
    expect((await ask(`${url}/model`, {host: 'Models.example.org:443'})).status).toBe(200);
    for (const name of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '192.0.2.1',
      ' /',
    ]) {
      for (const target of ['/', '/model?tf-hub-format=compressed', '/storage/v1/b/tfhub/o']) {
        expect((await ask(url + target, {host: name})).status, name + target).toBe(403);
      }
    }
  });
});

it('takes any name where the network is served, unless it is told which', () => {
  expect(ownNames('0.0.0.0', [])('models.example.org')).toBe(true);
  expect(ownNames('0.0.0.0', ['models.example.org'])('evil.example')).toBe(false);
  expect(ownNames('0.0.0.0', ['models.example.org'])('models.example.org:8000')).toBe(true);
  expect(ownNames('::1', [])('evil.example')).toBe(false);
  expect(ownNames('localhost', [])('[::1]:80')).toBe(true);
  expect(ownNames('127.0.0.1', [])(undefined)).toBe(true);
});
