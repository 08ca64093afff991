/** Tests of resolving handles, end to end on this machine. */

import {createHash} from 'node:crypto';
import {mkdir, symlink, utimes, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {DownloadError, FormatError, HandleError} from '../errors.js';
import {memoryDirectory} from '../platform/memory.js';
import '../platform/node.js';
import '../platform/node_hub.js';
import {hostModels} from '../platform/node_host.js';
import type {DownloadProgress} from './options.js';
import {registerResolver, resolve} from './resolver.js';
import {digests, readDigests} from './testing/digests.js';
import {
  afterThis,
  archiveOf,
  contentOf,
  MODEL_FILES,
  noise,
  serve,
  temporaryDirectory,
  tree,
  writeModel,
} from './testing/fixtures.js';
import {HOSTILE_ARCHIVES, HOSTILE_MAX_BYTES} from './testing/hostile.js';
import {faulty, status} from './testing/server.js';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

let cacheDir: string;

beforeEach(async () => {
  cacheDir = path.join(await temporaryDirectory(), 'cache');
  for (const name of [
    'TFHUB_CACHE_DIR',
    'TFHUB_MODEL_LOAD_FORMAT',
    'TFHUB_DOWNLOAD_PROGRESS',
    'KAGGLE_USERNAME',
  ]) {
    vi.stubEnv(name, '');
  }
  vi.stubEnv('KAGGLE_CONFIG_DIR', cacheDir);
  vi.stubEnv('KAGGLEHUB_CACHE', path.join(cacheDir, 'kagglehub'));
});

describe('paths', () => {
  it('are models where they lie', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'my model'));
    const cases = [
      path.join(directory, 'my model'),
      `${path.join(directory, 'my model')}//`,
      path.relative(process.cwd(), path.join(directory, 'my model')),
      pathToFileURL(path.join(directory, 'my model')).href,
      pathToFileURL(path.join(directory, 'my model')),
    ];
    for (const handle of cases) {
      const model = await resolve(handle);
      expect(model.path).toBe(path.join(directory, 'my model'));
      expect(model.fromCache).toBe(true);
      expect(await readDigests(model.directory)).toEqual(digests(MODEL_FILES));
    }
  });

  it('may lead to archives, which are unpacked once, and again when they change', async () => {
    const directory = await temporaryDirectory();
    const file = path.join(directory, 'model.tar.gz');
    await writeFile(file, archiveOf());
    const first = await resolve(file, {cacheDir});
    expect(first.fromCache).toBe(false);
    expect(await readDigests(first.directory)).toEqual(digests(MODEL_FILES));
    expect((await resolve(file, {cacheDir})).fromCache).toBe(true);
    await writeFile(file, archiveOf({'saved_model.pb': noise(5)}));
    await utimes(file, 1, 1);
    const second = await resolve(file, {cacheDir});
    expect(await readDigests(second.directory)).toEqual(digests({'saved_model.pb': noise(5)}));
  });

  it('that lead nowhere say where they looked', async () => {
    await expect(resolve('no/such/model')).rejects.toThrowWithMessage(
      HandleError,
      `${path.resolve('no/such/model')} does not exist`,
    );
    await expect(resolve('package.json')).rejects.toThrow(HandleError);
    await expect(resolve('ftp://host/x')).rejects.toThrowWithMessage(HandleError, /registerResolver/);
  });
});

describe('model URLs', () => {
  it('are downloaded into the layout of the reference, once', async () => {
    const server = await serve(faulty(archiveOf()));
    const handle = `${server.url}/google/model/1?user=me`;
    const model = await resolve(handle, {cacheDir});
    expect(server.requests.map(({url}) => url)).toEqual(['/google/model/1?user=me&tf-hub-format=compressed']);
    expect(model.path).toBe(path.join(cacheDir, sha1(handle)));
    expect(model.fromCache).toBe(false);
    expect(await readDigests(model.directory)).toEqual(digests(MODEL_FILES));
    expect((await tree(cacheDir)).filter((name) => !name.includes('/'))).toEqual([
      `${sha1(handle)}.descriptor.txt`,
      `${sha1(handle)}.manifest.json`,
    ]);
    expect(await contentOf(`${model.path}.descriptor.txt`)).toMatch(
      new RegExp(
        `^Module: ${server.url}/google/model/1\nDownload Time: \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}\n` +
          `Downloader Hostname: .* \\(PID:${process.pid}\\)$`,
      ),
    );
    const again = await resolve(handle, {cacheDir});
    expect(again).toMatchObject({path: model.path, fromCache: true});
    expect(server.requests).toHaveLength(1);
  });

  it('use TFHUB_CACHE_DIR, else the temporary directory', async () => {
    const server = await serve(faulty(archiveOf()));
    vi.stubEnv('TFHUB_CACHE_DIR', cacheDir);
    expect((await resolve(`${server.url}/m`)).path).toBe(path.join(cacheDir, sha1(`${server.url}/m`)));
  });

  it('come with a password that only their host learns', async () => {
    const other = await serve(faulty(archiveOf()));
    const server = await serve((request, response) => {
      if (request.url?.startsWith('/here')) response.writeHead(302, {location: '/there'}).end();
      else response.writeHead(307, {location: `${other.url}/elsewhere`}).end();
    });
    const handle = `${server.url.replace('//', '//me:a%20secret@')}/here`;
    await resolve(handle, {cacheDir, headers: {'X-Token': 't'}});
    const expected = `Basic ${Buffer.from('me:a secret').toString('base64')}`;
    expect(server.requests.map(({headers}) => [headers.authorization, headers['x-token']])).toEqual([
      [expected, 't'],
      [expected, 't'],
    ]);
    expect(other.requests[0]!.headers.authorization).toBeUndefined();
    expect(other.requests[0]!.headers['x-token']).toBeUndefined();
    for (const name of await tree(cacheDir)) {
      if (/\.(txt|json)$/.test(name))
        expect(await contentOf(path.join(cacheDir, name))).not.toContain('secret');
    }
  });

  it('report progress', async () => {
    const bytes = archiveOf();
    const server = await serve(faulty(bytes, {bytesPerSecond: 200_000}));
    const seen: DownloadProgress[] = [];
    await resolve(`${server.url}/m`, {cacheDir, onProgress: (progress) => seen.push(progress)});
    expect(seen.length).toBeGreaterThan(2);
    expect(seen[0]).toMatchObject({
      handle: `${server.url}/m`,
      phase: 'downloading',
      totalBytes: bytes.length,
    });
    expect(seen.at(-1)).toEqual({
      handle: `${server.url}/m`,
      phase: 'complete',
      receivedBytes: bytes.length,
      totalBytes: bytes.length,
    });
    const received = seen.map(({receivedBytes}) => receivedBytes);
    expect(received).toEqual([...received].sort((a, b) => a - b));
  });

  it('that answer with a page, or not at all, leave nothing in the cache', async () => {
    const page = await serve(status(200, {'content-type': 'text/html'}, '<html>sign in'));
    await expect(resolve(`${page.url}/m`, {cacheDir})).rejects.toThrowWithMessage(
      DownloadError,
      /web page instead of a model/,
    );
    const nothing = await serve(status(404));
    await expect(resolve(`${nothing.url}/m`, {cacheDir})).rejects.toThrowWithMessage(
      DownloadError,
      /no such model/,
    );
    const refused = await serve(
      status(403, {'content-type': 'application/json'}, '{"message": "Accept the terms."}'),
    );
    await expect(resolve(`${refused.url}/m`, {cacheDir})).rejects.toThrowWithMessage(
      DownloadError,
      /403.*The server said: Accept the terms\./,
    );
    const unknown = await serve(status(401));
    await expect(resolve(`${unknown.url}/m`, {cacheDir})).rejects.toThrowWithMessage(
      DownloadError,
      /https:\/\/user:password@host/,
    );
    expect(await tree(cacheDir)).toEqual([]);
  });

  it('can be given up', async () => {
    const server = await serve(faulty(archiveOf(), {bytesPerSecond: 20_000}));
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const options = {cacheDir, signal: controller.signal, onProgress: () => controller.abort(reason)};
    await expect(resolve(`${server.url}/m`, options)).rejects.toBe(reason);
    expect(await tree(cacheDir)).toEqual([]);
    await expect(resolve(`${server.url}/m`, {cacheDir, signal: AbortSignal.abort(reason)})).rejects.toBe(
      reason,
    );
  });

  it('are bounded in size', async () => {
    const server = await serve(faulty(archiveOf()));
    await expect(resolve(`${server.url}/m`, {cacheDir, maxBytes: 10_000})).rejects.toThrowWithMessage(
      DownloadError,
      /maxBytes/,
    );
    expect(await tree(cacheDir)).toEqual([]);
  });
});

describe('hostile archives', () => {
  it('write nothing outside the temporary directory, and leave nothing', async () => {
    const around = path.dirname(cacheDir);
    let bytes: Uint8Array = new Uint8Array(0);
    const server = await serve((request, response) => faulty(bytes)(request, response));
    for (const archive of HOSTILE_ARCHIVES) {
      bytes = archive.bytes;
      const error = await resolve(`${server.url}/m`, {cacheDir, maxBytes: HOSTILE_MAX_BYTES}).catch(
        (thrown) => thrown,
      );
      expect(error, archive.what).toBeInstanceOf(archive.tooLarge ? DownloadError : FormatError);
      expect(error.message, archive.what).toMatch(archive.reason);
      expect(error.message).toContain(`${server.url}/m`);
      expect(await tree(around), archive.what).toEqual(['cache/']);
    }
  });
});

describe('resolvers of a user', () => {
  it('come first, and may name another handle', async () => {
    const directory = await temporaryDirectory();
    await writeModel(directory);
    const remove = registerResolver({
      name: 'team',
      supports: (handle) => handle.startsWith('team:'),
      resolve: async (handle) => (handle === 'team:loop' ? handle : directory),
    });
    expect(await resolve('team:model')).toMatchObject({handle: 'team:model', path: directory});
    await expect(resolve('team:loop')).rejects.toThrowWithMessage(HandleError, /without end/);
    remove();
    await expect(resolve('team:model')).rejects.toThrow(HandleError);
  });
});

describe('directories', () => {
  it('are models themselves, also where one was picked too high', async () => {
    const inner = Object.fromEntries(
      Object.entries(MODEL_FILES).map(([name, bytes]) => [`mine/${name}`, bytes]),
    );
    const resolved = await resolve(memoryDirectory(inner));
    expect(await readDigests(resolved.directory)).toEqual(digests(MODEL_FILES));
    expect(resolved.path).toBeUndefined();
  });

  it('are put together again from files that were dropped one by one', async () => {
    const flat = Object.entries(MODEL_FILES).map(([name, bytes]) => [path.basename(name), bytes]);
    const {directory} = await resolve(memoryDirectory(Object.fromEntries(flat)));
    expect(await directory.list('variables')).toEqual(['variables.data-00000-of-00001', 'variables.index']);
    for (const [name, bytes] of Object.entries(MODEL_FILES)) {
      expect((await directory.open(name))?.size).toBe(bytes.length);
    }
  });

  it('may come in an archive in hand', async () => {
    const {directory} = await resolve([new File([archiveOf() as Uint8Array<ArrayBuffer>], 'model.tar.gz')]);
    expect(await readDigests(directory)).toEqual(digests(MODEL_FILES));
    await expect(resolve([new File([], 'model.txt')])).rejects.toThrow(HandleError);
  });
});

describe('a server of models', () => {
  async function host(options: {gzip?: boolean} = {}) {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'plain'));
    await writeModel(path.join(directory, 'team/versioned/2'));
    await writeModel(path.join(directory, 'team/versioned/10'), {'saved_model.pb': noise(10)});
    await writeFile(path.join(directory, 'secret.txt'), 'secret');
    const server = await hostModels({directory, ...options});
    afterThis(() => server.close());
    return {directory, server};
  }

  it.each([{gzip: false}, {gzip: true}])(
    'serves each model under its path and version (%j)',
    async (options) => {
      const {server} = await host(options);
      for (const name of ['plain', 'plain/1', 'team/versioned/2']) {
        const model = await resolve(`${server.url}/${name}`, {cacheDir});
        expect(await readDigests(model.directory)).toEqual(digests(MODEL_FILES));
      }
      const newest = await resolve(`${server.url}/team/versioned`, {cacheDir});
      expect(await readDigests(newest.directory)).toEqual(digests({'saved_model.pb': noise(10)}));
      for (const name of ['plain/2', 'team', 'team/versioned/3', 'nothing']) {
        await expect(resolve(`${server.url}/${name}`, {cacheDir})).rejects.toThrow(DownloadError);
      }
    },
  );

  it('answers where the uncompressed model is, which is read by range', async () => {
    const {server, directory} = await host();
    const big = noise(3_000_000);
    await writeModel(path.join(directory, 'big'), {'saved_model.pb': noise(50), 'variables/data': big});
    const model = await resolve(`${server.url}/big`, {
      loadFormat: 'UNCOMPRESSED',
      gcsEndpoint: server.url,
      cacheDir,
    });
    expect(model.path).toBeUndefined();
    expect(await model.directory.list()).toEqual(['saved_model.pb', 'variables']);
    const file = await model.directory.open('variables/data');
    for (const [offset, length] of [
      [0, 10],
      [999_990, 2_000_000],
      [2_999_999, 1],
      [1_048_570, 20],
    ] as const) {
      const target = new Uint8Array(length);
      await file!.readInto(target, offset);
      expect(Buffer.compare(target, big.subarray(offset, offset + length))).toBe(0);
    }
    await expect(file!.readInto(new Uint8Array(2), 2_999_999)).rejects.toThrow(FormatError);
    expect(await model.directory.open('nothing')).toBeNull();
    expect(await tree(path.dirname(cacheDir))).toEqual([]);
  });

  it.each([
    ['in its body', {}, 'gs://tfhub/plain\n'],
    ['in its header', {location: 'gs://tfhub/plain'}, ''],
    ['in both, of which the body counts', {location: 'gs://tfhub/nothing'}, 'gs://tfhub/plain'],
    [
      'in its header, and a page in its body',
      {location: 'gs://tfhub/plain'},
      '<a href="gs://tfhub/plain">See other</a>',
    ],
  ])('may say where the uncompressed model is %s', async (_, headers, body) => {
    const {server} = await host();
    const asked = await serve(status(303, headers as Record<string, string>, body));
    const options = {loadFormat: 'UNCOMPRESSED', gcsEndpoint: server.url, cacheDir} as const;
    const {directory} = await resolve(`${asked.url}/m`, options);
    expect(await readDigests(directory)).toEqual(digests(MODEL_FILES));
    expect(asked.requests.map(({url}) => url)).toEqual(['/m?tf-hub-format=uncompressed']);
  });

  it.each([
    ['says nothing', status(303), DownloadError, /instead of a gs:\/\/ location/],
    [
      'names another place',
      status(303, {}, 'https://host/m?key=secret'),
      DownloadError,
      /answers 'https:\/\/host\/m' instead/,
    ],
    ['leads away', status(303, {location: 'ftp://host/m'}), DownloadError, /redirects to ftp:/],
    ['answers with the model', status(200, {}, 'gs://tfhub/plain'), DownloadError, /status 200/],
    ['names no bucket', status(303, {location: 'gs://'}), HandleError, /not a Cloud Storage location/],
  ])('that is asked for an uncompressed model and %s is told of', async (_, listener, type, words) => {
    const asked = await serve(listener);
    await expect(
      resolve(`${asked.url}/m`, {loadFormat: 'UNCOMPRESSED', retries: 0}),
    ).rejects.toThrowWithMessage(type, words);
  });

  it('takes TFHUB_MODEL_LOAD_FORMAT and STORAGE_EMULATOR_HOST', async () => {
    const {server} = await host();
    vi.stubEnv('TFHUB_MODEL_LOAD_FORMAT', 'UNCOMPRESSED');
    vi.stubEnv('STORAGE_EMULATOR_HOST', server.url.replace('http://', ''));
    const model = await resolve(`${server.url}/plain`);
    expect(model.directory.name).toBe('gs://tfhub/plain');
    expect(await readDigests(model.directory)).toEqual(digests(MODEL_FILES));
    vi.stubEnv('TFHUB_MODEL_LOAD_FORMAT', 'SOMEHOW');
    await expect(resolve(`${server.url}/plain`)).rejects.toThrowWithMessage(
      HandleError,
      /AUTO, COMPRESSED, UNCOMPRESSED/,
    );
  });

  it('lists and serves gs:// directories and archives', async () => {
    const {server, directory} = await host();
    await mkdir(path.join(directory, 'plain/archives'));
    await writeFile(
      path.join(directory, 'plain/archives/model.tar.gz'),
      archiveOf({'saved_model.pb': noise(7)}),
    );
    const options = {gcsEndpoint: server.url, cacheDir};
    expect(await readDigests((await resolve('gs://tfhub/team/versioned/2/', options)).directory)).toEqual(
      digests(MODEL_FILES),
    );
    const archive = await resolve('gs://tfhub/plain/archives/model.tar.gz', options);
    expect(archive.path).toBe(path.join(cacheDir, sha1('gs://tfhub/plain/archives/model.tar.gz')));
    expect(await readDigests(archive.directory)).toEqual(digests({'saved_model.pb': noise(7)}));
    await expect(resolve('gs://tfhub/none', options)).rejects.toThrowWithMessage(
      HandleError,
      /gs:\/\/tfhub\/none does not exist/,
    );
    await expect(resolve('gs://other/none', options)).rejects.toThrowWithMessage(
      DownloadError,
      /no such bucket/i,
    );
  });

  it('reads listings of many pages', async () => {
    const {server, directory} = await host();
    const files = Object.fromEntries(Array.from({length: 1205}, (_, i) => [`assets/${i}`, noise(1)]));
    await writeModel(path.join(directory, 'many'), {'saved_model.pb': noise(9), ...files});
    const model = await resolve('gs://tfhub/many', {gcsEndpoint: server.url});
    expect(await model.directory.list('assets')).toHaveLength(1205);
  });

  it('answers ranges, validators and heads', async () => {
    for (const gzip of [false, true]) {
      const {server} = await host({gzip});
      const url = `${server.url}/plain?tf-hub-format=compressed`;
      const whole = await fetch(url);
      const etag = whole.headers.get('etag')!;
      const bytes = new Uint8Array(await whole.arrayBuffer());
      expect(whole.headers.get('accept-ranges')).toBe('bytes');
      const part = await fetch(url, {headers: {range: 'bytes=500-1999', 'if-range': etag}});
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes 500-1999/${bytes.length}`);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(500, 2000));
      const tail = await fetch(url, {headers: {range: 'bytes=-100'}});
      expect(new Uint8Array(await tail.arrayBuffer())).toEqual(bytes.slice(-100));
      expect((await fetch(url, {headers: {range: 'bytes=500-', 'if-range': '"other"'}})).status).toBe(200);
      expect((await fetch(url, {headers: {range: `bytes=${bytes.length}-`}})).status).toBe(416);
      expect((await fetch(url, {headers: {'if-none-match': etag}})).status).toBe(304);
      const head = await fetch(url, {method: 'HEAD'});
      expect(head.headers.get('content-length')).toBe(String(bytes.length));
      expect((await fetch(url, {method: 'POST'})).status).toBe(405);
    }
  });

  it('tells what it served', async () => {
    const directory = await temporaryDirectory();
    await writeModel(path.join(directory, 'model'));
    const seen: {status: number; bytes: number}[] = [];
    const server = await hostModels({directory, onRequest: (request) => seen.push(request)});
    afterThis(() => server.close());
    const whole = await (await fetch(`${server.url}/model?tf-hub-format=compressed`)).arrayBuffer();
    await (await fetch(`${server.url}/none`)).text();
    await expect.poll(() => seen).toHaveLength(2);
    expect(seen[0]).toMatchObject({method: 'GET', status: 200, bytes: whole.byteLength});
    expect(seen[1]).toMatchObject({url: '/none', status: 404});
  });

  it('serves nothing outside its directory', async () => {
    const {server, directory} = await host();
    const outside = await temporaryDirectory();
    await writeModel(outside);
    await writeFile(path.join(outside, 'saved_model.pb'), 'outside');
    await symlink(outside, path.join(directory, 'link'));
    await symlink(path.join(outside, 'saved_model.pb'), path.join(directory, 'plain/leak.txt'));
    await symlink(path.join(directory, 'plain/saved_model.pb'), path.join(directory, 'plain/inner.txt'));
    const name = path.basename(outside);
    const {port} = new URL(server.url);
    // Written to the socket as they are: URL classes would tidy them up.
    const {connect} = await import('node:net');
    const raw = (target: string) =>
      new Promise<string>((done) => {
        let answer = '';
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
        });
        socket.on('data', (data) => {
          answer += data.toString('latin1');
        });
        socket.on('close', () => done(answer));
      });
    for (const target of [
      '/link',
      `/../${name}`,
      `/%2e%2e/${name}`,
      `/..%2f${name}`,
      `/plain/../../${name}`,
      `/plain/..%2f..%2f${name}`,
      `/..\\${name}`,
      `//${name}`,
      '/plain%00',
      '/%ff',
      `/storage/v1/b/tfhub/o/${encodeURIComponent(`../${name}/saved_model.pb`)}?alt=media`,
      `/storage/v1/b/tfhub/o/${encodeURIComponent('plain/leak.txt')}?alt=media`,
      `/storage/v1/b/tfhub/o/${encodeURIComponent('secret.txt')}?alt=media`,
      `/storage/v1/b/tfhub/o/${encodeURIComponent('link/saved_model.pb')}?alt=media`,
      '/secret.txt',
    ]) {
      const asked = target.includes('?') ? target : `${target}?tf-hub-format=compressed`;
      const answer = await raw(asked);
      expect(answer, target).toMatch(/^HTTP\/1\.1 (400|404) /);
      expect(answer, target).not.toContain('outside');
    }
    const listed = await raw(`/storage/v1/b/tfhub/o?prefix=${encodeURIComponent('../')}`);
    expect(JSON.parse(listed.slice(listed.indexOf('{'))).items).toEqual([]);
    const model = await resolve(`${server.url}/plain`, {cacheDir});
    expect(Object.keys(await readDigests(model.directory)).sort()).toEqual(
      [...Object.keys(MODEL_FILES), 'inner.txt'].sort(),
    );
    expect(JSON.parse(await (await fetch(server.url)).text()).models).toEqual([
      '/plain',
      '/team/versioned/10',
      '/team/versioned/2',
    ]);
  });
});
