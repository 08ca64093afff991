/** Tests of downloads over connections that fail: what arrives, what is asked for again, what is said in the end. */

import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {connect, createServer, type Socket} from 'node:net';
import path from 'node:path';
import {describe, expect, it, vi} from 'vitest';
import '../platform/node.js';
import '../platform/node_hub.js';
import {DownloadError, type HubError} from '../errors.js';
import {getPlatform} from '../platform/current.js';
import {getHubServices} from '../platform/services.js';
import {retryAfterMs} from './failures.js';
import {HttpSession, originHeaders} from './http.js';
import {type ResolveOptions, settle} from './options.js';
import {collect} from './streams.js';
import {digests} from './testing/digests.js';
import {afterThis, archiveOf, MODEL_FILES, noise, serve, temporaryDirectory} from './testing/fixtures.js';
import {faulty, inTurn, startServer, status} from './testing/server.js';
import {ResolveWorker} from './testing/workers.js';
import {transfer} from './transfer.js';

/** Downloads, and counts how often it had to begin anew. */
async function download(url: string, options: ResolveOptions & {decodesContent?: boolean} = {}) {
  const signal = options.signal ?? new AbortController().signal;
  const settings = settle({retries: 2, ...options}, getHubServices());
  let restarts = 0;
  let seen: Uint8Array[] = [];
  const bytes = await transfer(
    {
      session: new HttpSession(settings, originHeaders(url, options.headers), signal),
      url,
      decodesContent: options.decodesContent ?? false,
    },
    async (body) => {
      seen = [];
      for await (const chunk of body) seen.push(chunk.slice());
      return new Uint8Array(Buffer.concat(seen));
    },
    async () => {
      restarts++;
    },
  );
  return {bytes, restarts};
}

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('a broken connection', () => {
  const bytes = noise(2 << 20);

  it('is continued where it broke, with a validator', async () => {
    const source = faulty(bytes, {cutAfter: 100_000});
    const server = await serve(source);
    const result = await download(server.url);
    expect(isSame(result.bytes, bytes)).toBe(true);
    expect(result.restarts).toBe(0);
    expect(server.requests.at(-1)!.headers['if-range']).toBe('"one"');
    expect(source.sent()).toBeLessThan(bytes.length * 1.1);
  });

  it('is continued by date where there is no entity tag', async () => {
    const lastModified = 'Tue, 01 Jul 2025 10:00:00 GMT';
    const server = await serve(faulty(bytes, {cutAfter: 500_000, etag: null, lastModified}));
    const result = await download(server.url);
    expect(isSame(result.bytes, bytes)).toBe(true);
    expect(result.restarts).toBe(0);
    expect(server.requests.at(-1)!.headers['if-range']).toBe(lastModified);
  });

  it('is read over where the server has no ranges but says that it is the same file', async () => {
    const source = inTurn(faulty(bytes, {cutAfter: 500_000}), faulty(bytes, {ranges: false}));
    const result = await download((await serve(source)).url);
    expect(isSame(result.bytes, bytes)).toBe(true);
    expect(result.restarts).toBe(0);
  });

  it('begins anew where nothing tells that the file is the same', async () => {
    const source = inTurn(faulty(bytes, {cutAfter: 500_000, etag: null}), faulty(bytes, {etag: null}));
    const result = await download((await serve(source)).url);
    expect(isSame(result.bytes, bytes)).toBe(true);
    expect(result.restarts).toBe(1);
  });

  it.each([
    ['an entity tag', {etag: '"two"'}],
    ['a weak one', {etag: 'W/"one"'}],
  ])('begins anew where the file has changed, as %s tells', async (_, options) => {
    const other = noise(bytes.length, 9);
    const source = inTurn(faulty(bytes, {cutAfter: 500_000}), faulty(other, options));
    const result = await download((await serve(source)).url);
    expect(isSame(result.bytes, other)).toBe(true);
    expect(result.restarts).toBe(1);
  });

  it('begins anew where the range that comes is of another file, length or place', async () => {
    const wrong = inTurn(
      faulty(bytes, {cutAfter: 500_000}),
      status(206, {'content-range': `bytes 900000-999999/${bytes.length}`}),
      faulty(bytes, {cutAfter: 700_000}),
      status(206, {'content-range': 'bytes 700000-999999/1000000'}),
      faulty(bytes, {cutAfter: 750_000}),
      status(206, {'content-range': `bytes 750000-${bytes.length - 1}/${bytes.length}`, etag: '"two"'}),
      faulty(bytes, {cutAfter: 800_000}),
      status(416),
      faulty(bytes),
    );
    const result = await download((await serve(wrong)).url);
    expect(isSame(result.bytes, bytes)).toBe(true);
    expect(result.restarts).toBe(4);
  });

  it('without progress is given up', async () => {
    const server = await serve(faulty(bytes, {cutAfter: 1000, ranges: false}));
    await expect(download(server.url, {retries: 2})).rejects.toThrowWithMessage(
      DownloadError,
      /Gave up after 3 tries/,
    );
    expect(server.requests).toHaveLength(3);
  });
});

describe('answers that are not the file', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])('%i is tried again', async (code) => {
    const server = await serve(inTurn(status(code, {'retry-after': '0'}), faulty(noise(10))));
    expect((await download(server.url)).bytes).toEqual(noise(10));
  });

  it.each([400, 401, 403, 404, 410, 418])('%i is not', async (code) => {
    const server = await serve(inTurn(status(code), faulty(noise(10))));
    await expect(download(server.url)).rejects.toThrowWithMessage(DownloadError, `status ${code}`);
    expect(server.requests).toHaveLength(1);
  });

  it('may say when to come back', async () => {
    const server = await serve(inTurn(status(429, {'retry-after': '1'}), faulty(noise(10))));
    const start = Date.now();
    await download(server.url);
    expect(Date.now() - start).toBeGreaterThanOrEqual(990);
    const later = await serve(status(503, {'retry-after': '7200'}));
    await expect(download(later.url)).rejects.toThrowWithMessage(DownloadError, /come back in 7200 s/);
    expect(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT', Date.parse('2015-10-21T07:27:30Z'))).toBe(30_000);
    expect(retryAfterMs('soon')).toBeNull();
  });

  it('are tried again later and later', async () => {
    const times: number[] = [];
    const server = await serve((request, response) => {
      times.push(Date.now());
      status(500)(request, response);
    });
    await expect(download(server.url, {retries: 2})).rejects.toThrow(DownloadError);
    const [first, second] = times.slice(1).map((time, i) => time - times[i]!) as [number, number];
    expect(first).toBeGreaterThanOrEqual(240);
    expect(second).toBeGreaterThanOrEqual(490);
  });
});

describe('waiting', () => {
  it('ends where nothing arrives, and the transfer is taken up again', async () => {
    const bytes = noise(200_000);
    const silent = inTurn(
      () => undefined,
      (_, response) => {
        response.writeHead(200, {'content-length': bytes.length, etag: '"one"'});
        response.write(bytes.subarray(0, 100_000));
      },
      faulty(bytes),
    );
    const server = await serve(silent);
    const result = await download(server.url, {idleTimeoutMs: 200});
    expect(isSame(result.bytes, bytes)).toBe(true);
    expect(server.requests.at(-1)!.headers.range).toBe('bytes=100000-');
  });

  it('ends in the end', async () => {
    const server = await serve(() => undefined);
    await expect(download(server.url, {idleTimeoutMs: 50, retries: 1})).rejects.toThrowWithMessage(
      DownloadError,
      /nothing arrived for 0.05 s/,
    );
  });
});

describe('redirects', () => {
  it('are followed, but not for ever', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url!.slice(1));
      if (left === 0) faulty(noise(10))(request, response);
      else response.writeHead([301, 302, 303, 307, 308][left % 5]!, {location: `/${left - 1}`}).end();
    });
    expect((await download(`${server.url}/10`)).bytes).toEqual(noise(10));
    await expect(download(`${server.url}/11`)).rejects.toThrowWithMessage(
      DownloadError,
      /more than 10 times/,
    );
  });

  it('are not followed to other protocols, nor nowhere', async () => {
    const file = await serve(status(302, {location: 'file:///etc/passwd'}));
    await expect(download(file.url)).rejects.toThrowWithMessage(DownloadError, /redirects to file:/);
    const nowhere = await serve(status(302, {location: 'http://'}));
    await expect(download(nowhere.url)).rejects.toThrowWithMessage(DownloadError, /no address/);
  });
});

describe('what is stored', () => {
  const bytes = noise(100_000);
  const hash = (crc: number) => {
    const field = Buffer.alloc(4);
    field.writeUInt32BE(crc >>> 0);
    return {'x-goog-hash': `crc32c=${field.toString('base64')},md5=AAAAAAAAAAAAAAAAAAAAAA==`};
  };

  it('is compared with what arrived, also over broken connections', async () => {
    const crc = getPlatform().crc32c(bytes);
    const good = await serve(faulty(bytes, {cutAfter: 30_000, headers: hash(crc)}));
    expect(isSame((await download(good.url)).bytes, bytes)).toBe(true);
    const bad = await serve(faulty(bytes, {headers: hash(crc ^ 1)}));
    await expect(download(bad.url)).rejects.toThrowWithMessage(DownloadError, /differs from what is stored/);
  });
});

describe('proxies', () => {
  /** A proxy for http and for tunnels, which notes what it was asked. */
  async function proxy() {
    const asked: string[] = [];
    const open = new Set<Socket>();
    const server = createServer((client) => {
      open.add(client);
      client.once('data', (data) => {
        const line = data.toString('latin1').split('\r\n', 1)[0]!;
        asked.push(line);
        const [method, target] = line.split(' ') as [string, string];
        const url = new URL(method === 'CONNECT' ? `http://${target}` : target);
        const upstream = connect(Number(url.port), url.hostname, () => {
          if (method === 'CONNECT') client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          else upstream.write(data);
          client.pipe(upstream).pipe(client);
        });
        for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterThis(async () => {
      for (const socket of open) socket.destroy();
      server.close();
    });
    const {port} = server.address() as {port: number};
    return {url: `http://127.0.0.1:${port}`, asked};
  }

  it('are taken from the environment, but for hosts that NO_PROXY names', async () => {
    for (const name of ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'])
      vi.stubEnv(name, undefined);
    const {url, asked} = await proxy();
    const server = await serve(faulty(noise(10)));
    vi.stubEnv('HTTP_PROXY', url);
    expect((await download(`${server.url}/model`)).bytes).toEqual(noise(10));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(new URL(server.url).host);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    await download(server.url);
    expect(asked).toHaveLength(1);
    vi.unstubAllEnvs();
  });

  it('tunnel to protected hosts', async () => {
    for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, undefined);
    const {url, asked} = await proxy();
    const server = await serve(faulty(noise(10)), await selfSigned());
    vi.stubEnv('HTTPS_PROXY', url);
    vi.stubEnv('TFHUB_DISABLE_CERT_VALIDATION', 'true');
    expect((await download(`${server.url}/model`)).bytes).toEqual(noise(10));
    expect(asked).toEqual([`CONNECT ${new URL(server.url).host} HTTP/1.1`]);
    vi.stubEnv('TFHUB_DISABLE_CERT_VALIDATION', '');
    await expect(download(`${server.url}/model`)).rejects.toThrowWithMessage(
      DownloadError,
      /certificate is not trusted/,
    );
    vi.unstubAllEnvs();
  });
});

/** A key and a certificate for this machine that nobody trusts. */
async function selfSigned() {
  const directory = await temporaryDirectory();
  const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
  const options = [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ];
  execFileSync('openssl', options, {stdio: 'ignore'});
  return {key: readFileSync(key), cert: readFileSync(cert)};
}

describe('certificates', () => {
  it('are checked, unless TFHUB_DISABLE_CERT_VALIDATION is true', async () => {
    const tls = await selfSigned();
    const plain = await serve(faulty(noise(10)));
    const server = await serve((request, response) => {
      if (request.url === '/down') response.writeHead(302, {location: plain.url}).end();
      else faulty(noise(10))(request, response);
    }, tls);
    const error: HubError = await download(server.url).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toMatch(
      /certificate is not trusted.*NODE_EXTRA_CA_CERTS.*TFHUB_DISABLE_CERT_VALIDATION/,
    );
    expect(server.requests).toHaveLength(0);
    vi.stubEnv('TFHUB_DISABLE_CERT_VALIDATION', 'true');
    expect((await download(server.url)).bytes).toEqual(noise(10));
    await expect(download(`${server.url}/down`)).rejects.toThrowWithMessage(
      DownloadError,
      /away from a protected connection/,
    );
    expect(plain.requests).toHaveLength(0);
    vi.unstubAllEnvs();
    // What was connected without a check is not used again for those who want one.
    await expect(download(server.url)).rejects.toThrowWithMessage(
      DownloadError,
      /certificate is not trusted/,
    );
  });
});

it('a certificate authority of the user is one that Node is told of', async () => {
  const tls = await selfSigned();
  const server = await serve(faulty(archiveOf()), tls);
  const directory = await temporaryDirectory();
  const authority = path.join(directory, 'authority.pem');
  await writeFile(authority, tls.cert);
  const worker = await ResolveWorker.start({NODE_EXTRA_CA_CERTS: authority});
  const reply = await worker.resolve({handle: `${server.url}/model`, options: {cacheDir: directory}});
  await worker.kill();
  expect(reply).toMatchObject({digests: digests(MODEL_FILES)});
});

it('explains a server that is not there', async () => {
  const server = await startServer(status(200));
  await server.close();
  await expect(download(server.url, {retries: 0})).rejects.toThrowWithMessage(
    DownloadError,
    /refuses connections/,
  );
  await expect(download('http://no-such-host.invalid/m')).rejects.toThrowWithMessage(
    DownloadError,
    /no host of that name/,
  );
});

it('collects no more than it may', async () => {
  async function* endless() {
    for (;;) yield new Uint8Array(100);
  }
  await expect(collect(endless(), 1000, () => new DownloadError('too long'))).rejects.toThrowWithMessage(
    DownloadError,
    'too long',
  );
});
