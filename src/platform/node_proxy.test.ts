/** Tests of proxies: which one is asked for what, how it is asked, and what is said where it does not help. */

import {createServer} from 'node:http';
import {type AddressInfo, connect, type Socket} from 'node:net';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {DownloadError} from '../errors.js';
import {nodeHttp} from './node_http.js';
import {proxyFor} from './node_proxy.js';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const chosen = (target: string, environment: Record<string, string>) =>
  proxyFor(new URL(target), environment)?.url.host ?? null;

describe('the proxy', () => {
  it.each<[string, Record<string, string>, string | null]>([
    ['http://host/', {}, null],
    ['http://host/', {http_proxy: 'http://p:1'}, 'p:1'],
    ['http://host/', {HTTP_PROXY: 'http://p:1', http_proxy: 'http://q:2'}, 'q:2'],
    ['http://host/', {http_proxy: ''}, null],
    ['http://host/', {https_proxy: 'http://p:1'}, null],
    ['https://host/', {https_proxy: 'http://p:1', http_proxy: 'http://q:2'}, 'p:1'],
    ['https://host/', {HTTP_PROXY: 'http://q:2'}, 'q:2'],
    ['http://host/', {http_proxy: 'p:3128'}, 'p:3128'],
    ['http://host/', {http_proxy: 'https://p'}, 'p'],
  ])('for %s with %j is %s', (target, environment, expected) => {
    expect(chosen(target, environment)).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['http://host/', 'host', true],
    ['http://HOST/', 'Host', true],
    ['http://sub.host/', 'host', true],
    ['http://sub.host/', '.host', true],
    ['http://sub.host/', '*.host', true],
    ['http://otherhost/', 'host', false],
    ['http://host/', 'sub.host', false],
    ['http://host/', 'a, host ,b', true],
    ['http://host/', 'a host b', true],
    ['http://host/', '*', true],
    ['http://host/', '', false],
    ['http://host/', ',', false],
    ['http://host:81/', 'host:81', true],
    ['http://host:81/', 'host:82', false],
    ['http://host/', 'host:80', true],
    ['https://host/', 'host:443', true],
    ['http://127.0.0.1:5/', '127.0.0.1', true],
    ['http://[::1]:5/', '::1', true],
    ['http://[::1]:5/', '[::1]', true],
    ['http://[::1]:5/', '[::1]:6', false],
  ])('for %s is asked unless NO_PROXY=%j spares it: %s', (target, list, spared) => {
    expect(chosen(target, {https_proxy: 'http://p:1', http_proxy: 'http://p:1', NO_PROXY: list})).toBe(
      spared ? null : 'p:1',
    );
  });

  it.each(['socks5://me:secret@p:1', 'http://', 'http://me:secret@p:port', 'ftp://secret@p'])(
    'cannot be %s',
    async (value) => {
      vi.stubEnv('http_proxy', value);
      vi.stubEnv('no_proxy', '');
      const {signal} = new AbortController();
      const error = await nodeHttp
        .send({url: 'http://host/', headers: {}, signal, insecure: false})
        .catch((thrown) => thrown);
      expect(error).toBeInstanceOf(DownloadError);
      expect(error.message).toMatch(/^http_proxy does not name a proxy/);
      expect(error.message).not.toContain('secret');
    },
  );
});

describe('what a proxy is asked', () => {
  /** A proxy that answers, or lets through, as `status` says; what it was asked is noted. */
  async function proxy(status = 200) {
    const asked: {line: string; authorization: string | undefined; host: string | undefined}[] = [];
    const open = new Set<Socket>();
    const note = (method: string, url: string, headers: NodeJS.Dict<string | string[]>) =>
      asked.push({
        line: `${method} ${url}`,
        authorization: headers['proxy-authorization'] as string | undefined,
        host: headers.host as string | undefined,
      });
    const server = createServer((request, response) => {
      note(request.method!, request.url!, request.headers);
      response.writeHead(status).end('through the proxy');
    });
    server.on('connection', (socket) => open.add(socket));
    server.on('connect', (request, client: Socket) => {
      note('CONNECT', request.url!, request.headers);
      if (status !== 200) {
        client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
        return;
      }
      const upstream = connect(Number(request.url!.split(':').at(-1)), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    cleanUps.push(() => {
      for (const socket of open) socket.destroy();
      server.close();
    });
    for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, '');
    return {place: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked};
  }

  const send = (url: string, signal = new AbortController().signal) =>
    nodeHttp.send({url, headers: {authorization: 'for the host'}, signal, insecure: false});

  it('is the whole address of what is not protected, with the password of the proxy', async () => {
    const {place, asked} = await proxy();
    vi.stubEnv('HTTP_PROXY', `http://me:pass%20word@${place}`);
    const answer = await send('http://no-such-host.invalid:81/m?x=1');
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('through the proxy');
    expect(asked).toEqual([
      {
        line: 'GET http://no-such-host.invalid:81/m?x=1',
        authorization: `Basic ${Buffer.from('me:pass word').toString('base64')}`,
        host: 'no-such-host.invalid:81',
      },
    ]);
  });

  it.each([
    [407, 'ERR_PROXY_REFUSES'],
    [503, 'ERR_PROXY_FAILS'],
  ])('is a tunnel to what is protected; that there is none, for %i, is told', async (status, code) => {
    const {place, asked} = await proxy(status);
    vi.stubEnv('HTTPS_PROXY', `http://me:secret@${place}`);
    await expect(send('https://no-such-host.invalid/m')).rejects.toMatchObject({
      code,
      message: `the proxy http://${place} answers with status ${status}`,
    });
    expect(asked).toEqual([
      {
        line: 'CONNECT no-such-host.invalid:443',
        authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
        host: 'no-such-host.invalid:443',
      },
    ]);
  });

  it.each(['http', 'https'])('for %s is nothing where it is not there, which is told', async (scheme) => {
    const {place} = await proxy();
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
    vi.stubEnv('HTTP_PROXY', `http://me:secret@${place}`);
    await expect(send(`${scheme}://host/m`)).rejects.toMatchObject({
      code: 'ERR_PROXY_UNREACHABLE',
      message: `the proxy http://${place} cannot be reached (ECONNREFUSED)`,
    });
  });

  it('is given up with the request', async () => {
    const silent = createServer();
    const controller = new AbortController();
    const closed = new Promise((done) => {
      silent.on('connect', (_, client: Socket) => {
        // Only who reads learns that the other side is gone.
        client.resume().on('end', done);
        client.on('end', () => client.destroy());
        controller.abort();
      });
    });
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    cleanUps.push(() => silent.close());
    for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, '');
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await expect(send('https://host/m', controller.signal)).rejects.toMatchObject({code: 'ABORT_ERR'});
    await closed;
  });
});
