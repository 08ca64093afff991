/** Tests that whatever is asked of a server ends: in time, in bytes, in requests. */

import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import '../platform/node.js';
import '../platform/node_hub.js';
import {DownloadError, FormatError, HandleError} from '../errors.js';
import type {HttpClient, HttpResponse} from '../platform/services.js';
import {getHubServices} from '../platform/services.js';
import {readSavedModel} from '../savedmodel/load/read_model.js';
import {startTimer} from './deadline.js';
import {StatusError} from './failures.js';
import {HttpSession} from './http.js';
import {type ResolveOptions, settle} from './options.js';
import {resolve} from './resolver.js';
import {Patience} from './retry.js';
import {afterThis, archiveOf, noise, serve, temporaryDirectory} from './testing/fixtures.js';
import {startRawServer, written} from './testing/raw_server.js';
import {faulty, status} from './testing/server.js';
import {transfer} from './transfer.js';

let cacheDir: string;
beforeEach(async () => {
  cacheDir = path.join(await temporaryDirectory(), 'cache');
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const never = new AbortController().signal;

/** Downloads by a client of the test's own, or the real one. */
async function download(url: string, options: ResolveOptions & {http?: HttpClient; limit?: number} = {}) {
  const {http = getHubServices().http, limit, ...rest} = options;
  const settings = settle(rest, {...getHubServices(), http});
  const session = new HttpSession(settings, () => ({}), never);
  let received = 0;
  await transfer(
    {session, url, decodesContent: false, ...(limit === undefined ? {} : {maxBytes: limit})},
    async (body) => {
      received = 0;
      for await (const chunk of body) received += chunk.length;
    },
    async () => undefined,
  );
  return received;
}

/** Sends a byte now and then, and never stops. */
const trickle = (head: string) =>
  startRawServer(new Uint8Array(0), async (socket) => {
    await written(socket, head);
    while (!socket.destroyed) {
      await written(socket, 'x');
      await new Promise((next) => setTimeout(next, 5));
    }
  });

describe('a server that makes no real progress', () => {
  it('with one byte per connection is asked no oftener than one that gives none', async () => {
    const server = await serve(faulty(noise(100_000), {cutAfter: 1}));
    await expect(resolve(`${server.url}/m`, {cacheDir, retries: 2})).rejects.toThrowWithMessage(
      DownloadError,
      /Gave up after 3 tries without progress/,
    );
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['an archive', (url: string) => resolve(`${url}/m`, {cacheDir, retries: 0})],
    ['a listing', (url: string) => resolve('gs://bucket/m', {gcsEndpoint: url, retries: 0})],
  ])('is given up with %s that trickles and is never silent', async (_, ask) => {
    const server = await trickle('HTTP/1.1 200 OK\r\n\r\n');
    afterThis(() => server.close());
    // Each byte seems to take ten seconds, far less than the silence that is allowed.
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (clock += 10_000));
    await expect(ask(server.url)).rejects.toThrowWithMessage(DownloadError, /fewer than 4096 a second/);
    expect(server.requests()).toBe(1);
  });

  it('is given up with headers that do not end', async () => {
    const server = await trickle('HTTP/1.1 200 OK\r\nX-Long: ');
    afterThis(() => server.close());
    await expect(
      resolve(`${server.url}/m`, {cacheDir, idleTimeoutMs: 200, retries: 0}),
    ).rejects.toThrowWithMessage(DownloadError, /nothing arrived for 0.2 s|not HTTP/);
  });

  it('is granted time for what it brings, and none for promises', () => {
    const patience = new Patience({retries: 0, idleTimeoutMs: 1000, signal: never});
    const wait = (times: number) => {
      for (let i = 0; i < times; i++) patience.waited(1000, 'it');
    };
    wait(10);
    expect(() => wait(1)).toThrow(DownloadError);
    // 40 KiB are ten seconds at 4 KiB a second; one has been spent already.
    patience.reached(40 << 10);
    wait(9);
    expect(() => wait(1)).toThrowWithMessage(DownloadError, /fewer than 4096 a second/);
  });

  it('is not blamed for the sleep of this machine', () => {
    const patience = new Patience({retries: 5, idleTimeoutMs: 1000, signal: never});
    for (let i = 0; i < 10; i++) patience.waited(8 * 3600 * 1000, 'it');
  });

  it('cannot ask for pauses without end', async () => {
    vi.useFakeTimers();
    const patience = new Patience({retries: 5, idleTimeoutMs: 1000, signal: never});
    const busy = new StatusError('Busy.', 503, 100_000);
    let failures = 0;
    const trying = (async () => {
      // Each time just far enough for the count of tries to begin anew.
      for (;;) await patience.afterFailure(busy, ++failures * (16 << 10));
    })();
    trying.catch(() => undefined);
    await vi.runAllTimersAsync();
    await expect(trying).rejects.toThrowWithMessage(DownloadError, /Busy\. Gave up/);
    // Eight pauses of 100 s are more than six of 120 s and what 128 KiB grant, at 4 KiB a second.
    expect(failures).toBe(8);
  });
});

describe('a server that is not there', () => {
  const refused = () => Object.assign(new Error('connect ECONNREFUSED'), {code: 'ECONNREFUSED'});

  it('is asked once more, and no oftener', async () => {
    let tries = 0;
    const http: HttpClient = {
      decodesContent: false,
      send: async () => {
        tries++;
        throw refused();
      },
    };
    await expect(download('http://localhost:9/m', {http, retries: 5})).rejects.toThrowWithMessage(
      DownloadError,
      /refuses connections\. Gave up after 2 tries/,
    );
    expect(tries).toBe(2);
  });

  it('but was there a moment ago, is waited for', async () => {
    const bytes = noise(50_000);
    const answer = (from: number, to: number): HttpResponse => ({
      status: from === 0 ? 200 : 206,
      url: 'http://localhost:9/m',
      header: (name) =>
        ({
          etag: '"one"',
          'content-length': String(bytes.length - from),
          'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        })[name] ?? null,
      body: (async function* () {
        yield bytes.subarray(from, to);
        if (to < bytes.length) throw refused();
      })(),
    });
    let tries = 0;
    const http: HttpClient = {
      decodesContent: false,
      send: async () => {
        tries++;
        if (tries === 2 || tries === 3) throw refused();
        return tries === 1 ? answer(0, 20_000) : answer(20_000, bytes.length);
      },
    };
    expect(await download('http://localhost:9/m', {http, retries: 2})).toBe(bytes.length);
    expect(tries).toBe(4);
  });
});

const listing = (size: number) =>
  status(
    200,
    {'content-type': 'application/json'},
    JSON.stringify({items: [{name: 'm/saved_model.pb', size: String(size)}]}),
  );

describe('timeoutMs', () => {
  const silent = () => undefined;
  it('bounds an archive, a listing, the question where a model is, and a wait for somebody else', async () => {
    const server = await serve(silent);
    const options = {cacheDir, timeoutMs: 100, gcsEndpoint: server.url};
    const words = /took longer than the 100 ms that the option timeoutMs gives it/;
    await expect(resolve(`${server.url}/m`, options)).rejects.toThrowWithMessage(DownloadError, words);
    await expect(resolve('gs://bucket/m', options)).rejects.toThrowWithMessage(DownloadError, words);
    await expect(resolve('gs://bucket/m.tar', options)).rejects.toThrowWithMessage(DownloadError, words);
    await expect(
      resolve(`${server.url}/m`, {...options, loadFormat: 'UNCOMPRESSED'}),
    ).rejects.toThrowWithMessage(DownloadError, words);
    const owner = resolve(`${server.url}/held`, {cacheDir, timeoutMs: 2000});
    owner.catch(() => undefined);
    await expect.poll(() => server.requests.at(-1)?.url).toMatch(/held/);
    await expect(resolve(`${server.url}/held`, options)).rejects.toThrowWithMessage(DownloadError, words);
    await expect(owner).rejects.toThrowWithMessage(DownloadError, /timeoutMs/);
  });

  it('bounds each read of a gs:// directory, also long after it was resolved', async () => {
    const server = await serve((request, response) => {
      if (!request.url!.includes('alt=media')) listing(3000)(request, response);
    });
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
    const {directory} = await resolve('gs://bucket/m', {gcsEndpoint: server.url, timeoutMs: 300});
    vi.advanceTimersByTime(350);
    const file = await directory.open('saved_model.pb');
    const reading = file!.readInto(new Uint8Array(3000), 0);
    reading.catch(() => undefined);
    await expect.poll(() => server.requests.at(-1)?.url).toMatch(/alt=media/);
    vi.advanceTimersByTime(300);
    await expect(reading).rejects.toThrowWithMessage(
      DownloadError,
      /gs:\/\/bucket\/m\/saved_model\.pb took longer than the 300 ms/,
    );
  });

  it('may be longer than timers are', async () => {
    const server = await serve(faulty(archiveOf()));
    const model = await resolve(`${server.url}/m`, {cacheDir, timeoutMs: 1e12, idleTimeoutMs: 1e12});
    expect(model.fromCache).toBe(false);
    await resolve(`${server.url}/n`, {cacheDir, timeoutMs: Number.POSITIVE_INFINITY});
  });

  it('of any length is waited for to its end', () => {
    vi.useFakeTimers();
    const ended: string[] = [];
    startTimer(5 * 2 ** 31, () => ended.push('long'));
    startTimer(20, () => ended.push('short'));
    startTimer(Number.POSITIVE_INFINITY, () => ended.push('never'))();
    const stop = startTimer(3 * 2 ** 31, () => ended.push('stopped'));
    vi.advanceTimersByTime(20);
    expect(ended).toEqual(['short']);
    vi.advanceTimersByTime(2 * 2 ** 31);
    stop();
    vi.advanceTimersByTime(3 * 2 ** 31 - 21);
    expect(ended).toEqual(['short']);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(['short', 'long']);
  });
});

describe('listings', () => {
  const pages = (page: (token: string | null, count: number) => unknown) => {
    let count = 0;
    return serve((request, response) => {
      const token = new URL(request.url!, 'http://host').searchParams.get('pageToken');
      status(
        200,
        {'content-type': 'application/json'},
        JSON.stringify(page(token, count++)),
      )(request, response);
    });
  };
  const list = (url: string, options: ResolveOptions = {}) =>
    resolve('gs://bucket/m', {gcsEndpoint: url, retries: 0, ...options});

  it.each([
    ['of empty pages', (_: string | null, count: number) => ({nextPageToken: `t${count}`}), 21],
    ['whose page comes again', () => ({items: [{name: 'm/a', size: '1'}], nextPageToken: 't'}), 2],
    [
      'of ever one object more',
      (_: string | null, count: number) => ({
        items: [{name: `m/${count}`, size: '1'}],
        nextPageToken: `t${count}`,
      }),
      1001,
    ],
  ])('%s end', async (_, page, requests) => {
    const server = await pages(page);
    await expect(list(server.url)).rejects.toThrowWithMessage(DownloadError, /gs:\/\/bucket\/m does not end/);
    expect(server.requests).toHaveLength(requests);
  });

  it('may have some empty pages', async () => {
    const server = await pages((token) =>
      token === '20' ? {items: [{name: 'm/a', size: '1'}]} : {nextPageToken: String(Number(token) + 1)},
    );
    expect(await (await list(server.url)).directory.list()).toEqual(['a']);
  });

  it('that claim what no model has are refused before anything is read', async () => {
    const graph = await pages(() => ({items: [{name: 'm/saved_model.pb', size: '3000000000'}]}));
    await expect(list(graph.url)).rejects.toThrowWithMessage(
      DownloadError,
      /saved_model\.pb has 3000000000 bytes/,
    );
    const many = await pages(() => ({items: [1, 2, 3].map((i) => ({name: `m/${i}`, size: '4000'}))}));
    await expect(list(many.url, {maxBytes: 10_000})).rejects.toThrowWithMessage(
      DownloadError,
      /holds 12000 bytes, more than the 10000/,
    );
    const crowd = await pages(() => ({
      items: Array.from({length: 300_000}, () => ({name: 'm/a', size: '1'})),
    }));
    await expect(list(crowd.url)).rejects.toThrowWithMessage(DownloadError, /holds more than 100000 objects/);
    for (const {requests} of [graph, many, crowd]) expect(requests).toHaveLength(1);
  });

  it.each([
    ['null'],
    ['"text"'],
    ['{"items": 7}'],
    ['{"items": [null]}'],
    ['{"items": [{"name": "m/a"}]}'],
    ['{"items": [{"name": "m/a", "size": "-1"}]}'],
    ['{"items": [{"name": "m/a", "size": "1e3"}]}'],
    ['{"items": [{"name": "m/a", "size": "99999999999999999999"}]}'],
    ['{"items": [{"name": 5, "size": "1"}]}'],
    ['{"items": [{"name": "other/a", "size": "1"}]}'],
    ['{"items": [{"name": "m/a", "size": "1", "generation": {}}]}'],
    ['{"nextPageToken": 5}'],
  ])('such as %s are no listings', async (text) => {
    const server = await serve(status(200, {}, text));
    await expect(list(server.url)).rejects.toThrowWithMessage(
      DownloadError,
      /gs:\/\/bucket\/m cannot be listed/,
    );
  });
});

describe('sizes', () => {
  it('of files that are too large are seen before they are read', async () => {
    const read = vi.fn();
    const file = {size: 2_200_000_000, readInto: read, close: async () => undefined};
    const directory = {name: 'big', open: async () => file, list: async () => ['saved_model.pb']};
    await expect(readSavedModel(directory)).rejects.toThrowWithMessage(
      FormatError,
      /big\/saved_model\.pb has 2200000000 bytes/,
    );
    expect(read).not.toHaveBeenCalled();
  });

  it('of ranges that promise more than was asked for are not waited for', async () => {
    const bytes = noise(3000);
    const server = await serve((request, response) => {
      if (!request.url!.includes('alt=media')) listing(3000)(request, response);
      // It promises more than the range, and keeps the reader waiting for it.
      else
        response.writeHead(206, {'content-range': 'bytes 0-2999/3000', 'content-length': 4000}).write(bytes);
    });
    const {directory} = await resolve('gs://bucket/m', {gcsEndpoint: server.url});
    const target = new Uint8Array(3000);
    await (await directory.open('saved_model.pb'))!.readInto(target, 0);
    expect(target).toEqual(bytes);
  });

  it('of archives that say they are too large are enough to refuse them', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, {'content-length': 10 ** 12});
      response.write(noise(1000));
    });
    await expect(resolve(`${server.url}/m`, {cacheDir})).rejects.toThrowWithMessage(
      DownloadError,
      /too large: it has 1000000000000 bytes\. Raise the option maxBytes/,
    );
  });

  it('of archives that do not end are counted', async () => {
    const server = createServer((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(noise(10_000)));
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    afterThis(async () => {
      server.closeAllConnections();
      server.close();
    });
    const {port} = server.address() as AddressInfo;
    await expect(download(`http://127.0.0.1:${port}/m`, {limit: 1_000_000})).rejects.toThrowWithMessage(
      DownloadError,
      /too large: it has more than 1000000 bytes/,
    );
  });
});

describe('options', () => {
  it.each<[string, unknown]>([
    ['maxBytes', Number.NaN],
    ['maxBytes', -1],
    ['maxBytes', '5'],
    ['maxBytes', null],
    ['timeoutMs', Number.NaN],
    ['timeoutMs', 0],
    ['timeoutMs', '60'],
    ['idleTimeoutMs', 0],
    ['idleTimeoutMs', Number.NaN],
    ['retries', -1],
    ['retries', 1.5],
    ['retries', Number.POSITIVE_INFINITY],
    ['lockTimeoutMs', Number.NaN],
    ['deadLockTimeoutMs', -5],
  ])('%s is not %s', async (name, value) => {
    const error = await resolve('http://localhost:9/m', {cacheDir, [name]: value}).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(HandleError);
    expect(error.message).toContain(`The option ${name} is `);
  });

  it.each([
    ['a\nb', 'x'],
    ['a b', 'x'],
    ['', 'x'],
    ['token', 'secret\r\nx: y'],
    ['token', 'se\u0142cret'],
    ['token', 5],
  ])('headers cannot hold %j: %j', async (name, value) => {
    const headers = {[name]: value} as Record<string, string>;
    const error = await resolve('http://localhost:9/m', {cacheDir, headers}).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(HandleError);
    expect(error.message).not.toContain('cret');
  });

  it('bound a model to 8 GiB where nothing else is said', () => {
    expect(settle({}, getHubServices()).maxBytes).toBe(8 * 2 ** 30);
    expect(settle({maxBytes: Number.POSITIVE_INFINITY}, getHubServices()).maxBytes).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});
