/** Tests that what a handle holds in secret is shown nowhere: not in messages, progress or logs, nor in files. */

import {mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {inspect} from 'node:util';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {CallError} from '../errors.js';
import '../platform/node.js';
import '../platform/node_hub.js';
import {take} from '../keras/preloaded.js';
import {getHubServices} from '../platform/services.js';
import {shownHandle, withoutSecrets} from '../shown.js';
import {DirectoryCache} from './cache.js';
import {resolve} from './resolver.js';
import {archiveOf, serve, temporaryDirectory} from './testing/fixtures.js';
import {faulty, type startServer, status} from './testing/server.js';

let cacheDir: string;
beforeEach(async () => {
  cacheDir = path.join(await temporaryDirectory(), 'cache');
});

describe('shownHandle', () => {
  it.each([
    ['https://host/m/1', 'https://host/m/1'],
    ['https://me:secret@host/a@b', 'https://host/a@b'],
    ['https://secret@host:8080/m', 'https://host:8080/m'],
    ['https://me:sec@ret@host/m', 'https://host/m'],
    ['https://host/m?X-Amz-Signature=secret', 'https://host/m'],
    ['https://host/m#secret', 'https://host/m'],
    ['https://host?secret', 'https://host'],
    ['https://host/m?mail=a@b&key=secret', 'https://host/m'],
    ['HTTP://me:secret@Host/M?secret', 'HTTP://Host/M'],
    ['https:/me:secret@host/m', 'https:/host/m'],
    ['https:me:secret@host/m', 'https:host/m'],
    [' https://me:secret@host/m?secret', 'https://host/m'],
    ['https://me:sec/ret@host/m', 'https://…'],
    ['https://host:port/m?key=secret', 'https://…'],
    ['https://', 'https://…'],
    ['gs://me:secret@bucket/m', 'gs://bucket/m'],
    ['gs://bucket/m?secret#secret', 'gs://bucket/m'],
    ['gs://bucket/a@b', 'gs://bucket/a@b'],
    ['s3://key:secret@bucket/m?secret', 's3://bucket/m'],
    ['kaggle:owner/model/f/v?secret', 'kaggle:owner/model/f/v'],
    ['file:///models/m.tar#12-345', 'file:///models/m.tar'],
    ['/models/what?#1', '/models/what?#1'],
    ['C:\\models\\a@b', 'C:\\models\\a@b'],
    ['odd:name@x?y', 'odd:name@x?y'],
  ])('%s is shown as %s', (handle, expected) => {
    expect(shownHandle(handle)).toBe(expected);
    expect(shownHandle(expected)).toBe(expected);
  });
});

describe('the words of a server', () => {
  const address = 'https://me:pass%20word@host/m?X-Signature=sec%2Fret&tf-hub-format=compressed';

  it.each([
    ['No model at /m?X-Signature=sec%2Fret&tf-hub-format=compressed.', 'No model at /m?….'],
    ['See https://host/m?X-Signature=sec%2Fret for "help".', 'See https://host/m for "help".'],
    ['The signature sec/ret has expired.', 'The signature … has expired.'],
    ['X-Signature=sec%2Fret is wrong.', '… is wrong.'],
    ['There is no compressed model.', 'There is no compressed model.'],
  ])('%s', (text, expected) => {
    expect(withoutSecrets(text, address)).toBe(expected);
  });
});

/** All that is said while `work` is done, and how it fails. */
async function heard(handle: string, options: object = {}): Promise<string> {
  const said: unknown[] = [];
  const spies = (['log', 'warn', 'error', 'info'] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation((...args) => said.push(args)),
  );
  const written = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(text) > 0);
  const outcome = await resolve(handle, {
    cacheDir,
    retries: 0,
    onProgress: (progress) => said.push(progress),
    ...options,
  }).then(
    ({directory}) => directory.name,
    (error) => inspect(error, {depth: 10}),
  );
  for (const spy of [...spies, written]) spy.mockRestore();
  return `${outcome}\n${inspect(said, {depth: 10})}`;
}

const SECRET = 'S3CR3T';
const signed = (url: string) =>
  `${url.replace('://', `://me:${SECRET}@`)}/m?X-Amz-Signature=${SECRET}#${SECRET}`;

describe('a secret in a handle', () => {
  const page = {'content-type': 'text/html'};
  const json = {'content-type': 'application/json'};

  it.each<[string, Parameters<typeof startServer>[0], RegExp]>([
    ['arrives', faulty(archiveOf()), /downloading/],
    ['is refused', status(403), /status 403/],
    [
      'is refused by a server that repeats what it was asked',
      (request, response) =>
        status(404, json, JSON.stringify({message: `Nothing at ${request.url}`}))(request, response),
      /The server said: Nothing at/,
    ],
    ['is answered with a page', status(200, page, '<html>'), /web page/],
    ['is answered with nonsense', status(200, {}, 'nonsense'), /FormatError/],
    ['breaks off', faulty(archiveOf(), {cutAfter: 10}), /Gave up/],
    ['breaks off without a word', (request) => void request.socket.destroy(), /broke the connection/],
    [
      'is led on without end',
      (request, response) => status(302, {location: request.url!})(request, response),
      /10 times/,
    ],
    ['is led nowhere', status(302, {location: `http://?${SECRET}`}), /no address/],
    ['is led astray', status(302, {location: `ftp://h/?${SECRET}`}), /redirects to ftp:/],
    ['is left waiting', () => undefined, /nothing arrived/],
  ])('is not shown where the model %s', async (_, listener, words) => {
    const server = await serve(listener);
    vi.stubEnv('TFHUB_DOWNLOAD_PROGRESS', '1');
    const text = await heard(signed(server.url), {idleTimeoutMs: 500});
    vi.unstubAllEnvs();
    expect(text).toMatch(words);
    expect(text).not.toContain(SECRET);
    expect(server.requests[0]!.url).toContain(SECRET);
  });

  it.each([
    ['a server that is not there', 'http://127.0.0.1:9', /refuses connections/],
    ['a host that does not exist', 'http://no-such-host.invalid', /no host of that name/],
    ['a scheme that nothing resolves', 's3://bucket', /nothing here resolves/],
    ['a bucket that is none', 'gs://b', /not a Cloud Storage location/],
    ['a port that is none', 'http://host:port', /not a URL/],
    ['white space before it', ' http://host', /begins with white space/],
  ])('is not shown with %s', async (_, url, words) => {
    const text = await heard(signed(url));
    expect(text).toMatch(words);
    expect(text).not.toContain(SECRET);
  });

  it('is not shown in the uncompressed form, in a listing, or by a deadline', async () => {
    const server = await serve(status(303, {}, `gs://bucket/m?${SECRET}`));
    const silent = await serve(() => undefined);
    const texts = await Promise.all([
      heard(signed(server.url), {loadFormat: 'UNCOMPRESSED', gcsEndpoint: server.url}),
      heard(`gs://bucket/m?${SECRET}`, {gcsEndpoint: silent.url, timeoutMs: 200}),
      heard(signed(silent.url), {timeoutMs: 200}),
      heard('gs://bucket/m', {gcsEndpoint: `http://me:${SECRET}@host:port`}),
    ]);
    for (const text of texts) expect(text).not.toContain(SECRET);
    expect(texts.join()).toMatch(/timeoutMs/);
  });
});

it('is not shown by a layer that needs a model', () => {
  const need = {handle: signed('https://host')};
  expect(() => take(need)).toThrowWithMessage(CallError, /needs the model 'https:\/\/host\/m'/);
});

describe('the files of a cache', () => {
  const textsIn = async (directory: string) => {
    const names = (await readdir(directory)).filter((name) => /\.(txt|json)$/.test(name));
    return Promise.all(
      names.map(async (name) => [name, await readFile(path.join(directory, name), 'utf8')] as const),
    );
  };

  it('hold no secret of a handle, and tell where the model came from', async () => {
    const server = await serve(faulty(archiveOf()));
    const handle = signed(server.url);
    const {path: place} = await resolve(handle, {cacheDir});
    expect(path.basename(place!)).toBe(await getHubServices().sha1(handle));
    const texts = await textsIn(cacheDir);
    expect(texts).toHaveLength(2);
    for (const [, text] of texts) {
      expect(text).toContain(`${server.url}/m`);
      expect(text).not.toContain(SECRET);
    }
    expect((await resolve(handle, {cacheDir})).fromCache).toBe(true);
  });

  it('do not take over what the reference has written down', async () => {
    const handle = `https://host/m?X-Amz-Signature=${SECRET}`;
    const place = path.join(cacheDir, await getHubServices().sha1(handle));
    await mkdir(place, {recursive: true});
    await writeFile(path.join(place, 'saved_model.pb'), 'graph');
    const theirs = `Module: ${handle}\nDownload Time: 2025-01-01 00:00:00.000000\nDownloader Hostname: h (PID:1)`;
    await writeFile(`${place}.descriptor.txt`, theirs);
    expect(await resolve(handle, {cacheDir})).toMatchObject({path: place, fromCache: true});
    const texts = new Map(await textsIn(cacheDir));
    expect(texts.get(`${path.basename(place)}.descriptor.txt`)).toBe(theirs);
    expect(texts.get(`${path.basename(place)}.manifest.json`)).toContain('https://host/m"');
    expect(texts.get(`${path.basename(place)}.manifest.json`)).not.toContain(SECRET);
    // A manifest that is about another descriptor would be made anew, each time.
    const {mtimeMs} = await stat(`${place}.manifest.json`);
    await writeFile(path.join(place, 'added'), 'x');
    await resolve(handle, {cacheDir});
    expect((await stat(`${place}.manifest.json`)).mtimeMs).toBeGreaterThanOrEqual(mtimeMs);
    expect(await readFile(`${place}.manifest.json`, 'utf8')).not.toContain('added');
    const cache = new DirectoryCache(getHubServices().files!, getHubServices(), cacheDir);
    expect(JSON.stringify(await cache.entries())).not.toContain(SECRET);
  });

  const modes = async (...names: string[]) =>
    Promise.all(names.map(async (name) => ((await stat(name)).mode & 0o777).toString(8)));

  it('are for their user alone, in a directory that is, too', async () => {
    const server = await serve(faulty(archiveOf()));
    const {path: place} = await resolve(`${server.url}/m`, {cacheDir});
    expect(await modes(cacheDir, `${place}.descriptor.txt`, `${place}.manifest.json`)).toEqual([
      '700',
      '600',
      '600',
    ]);
  });

  it('leave a cache that others share to others', async () => {
    await mkdir(cacheDir, {mode: 0o755});
    const server = await serve(faulty(archiveOf()));
    const {path: place} = await resolve(`${server.url}/m`, {cacheDir});
    const [cache, model, graph, notes] = await modes(
      cacheDir,
      place!,
      path.join(place!, 'saved_model.pb'),
      `${place}.manifest.json`,
    );
    expect([cache, notes]).toEqual(['755', '600']);
    const others = 0o777 & ~process.umask();
    expect([model, graph]).toEqual([others.toString(8), (0o644 & others).toString(8)]);
  });

  it('that belong to another user, who keeps them private, do not hide the model', async () => {
    const server = await serve(faulty(archiveOf()));
    const handle = `${server.url}/m`;
    const {path: place} = await resolve(handle, {cacheDir});
    const {files, ...services} = getHubServices();
    const denied = Object.assign(new Error('EACCES: permission denied'), {code: 'EACCES'});
    const theirs = {
      ...files!,
      readText: async (file: string) => {
        if (/\.(txt|json)$/.test(file)) throw denied;
        return files!.readText(file);
      },
      writeText: async () => {
        throw denied;
      },
    };
    const cache = new DirectoryCache(theirs, services, cacheDir);
    expect((await cache.lookup(handle))?.path).toBe(place);
    expect(await cache.entries()).toMatchObject([{key: path.basename(place!), handle: null}]);
  });
});
