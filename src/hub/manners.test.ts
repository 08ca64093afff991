/** Tests of downloads from servers of many manners: each ends in the model or in an error of ours, none ends the process. */

import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import '../platform/node.js';
import '../platform/node_hub.js';
import {getHubServices} from '../platform/services.js';
import {digests} from './testing/digests.js';
import {afterThis, MODEL_FILES, noise, temporaryDirectory} from './testing/fixtures.js';
import {MANNERS, startRawServer, written} from './testing/raw_server.js';
import {gzip, tar} from './testing/tar.js';
import {ResolveWorker} from './testing/workers.js';

type Files = Readonly<Record<string, Uint8Array>>;

const SMALL: Files = {'saved_model.pb': noise(500, 2), 'variables/variables.index': noise(30, 3)};
/** More than sockets and streams hold between them, so that a reader is behind when the server closes. */
const LARGE: Files = {...MODEL_FILES, 'assets/noise': noise(1 << 20, 5)};

/** Without the detour that a comparison of values takes over each byte. */
const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

const tarOf = (files: Files) => tar(...Object.entries(files).map(([name, body]) => ({name, body})));

const FORMS: Readonly<Record<string, (files: Files) => Uint8Array>> = {
  tar: tarOf,
  'tar.gz': (files) => gzip(tarOf(files)),
  'tar.gz, compressed once more on its way': (files) => gzip(gzip(tarOf(files))),
};

let worker: ResolveWorker;
beforeAll(async () => {
  worker = await ResolveWorker.start();
});
afterAll(() => worker.kill());

describe.each(Object.keys(MANNERS))('a server that %s', (name) => {
  const {answer, error, small, requests} = MANNERS[name]!;

  it.each(Object.keys(FORMS))('of a %s', async (form) => {
    const files = small ? SMALL : LARGE;
    const server = await startRawServer(FORMS[form]!(files), answer);
    afterThis(() => server.close());
    const options = {cacheDir: path.join(await temporaryDirectory(), 'cache'), retries: 1};
    const reply = await worker.resolve({handle: `${server.url}/model`, options});
    if (error) expect(reply).toEqual({error: expect.stringMatching(error)});
    else expect(reply).toMatchObject({digests: digests(files)});
    if (requests !== undefined) expect(server.requests()).toBeLessThanOrEqual(requests);
  });
});

describe('the client', () => {
  const send = (url: string, signal = new AbortController().signal) =>
    getHubServices().http.send({url, headers: {}, signal, insecure: false});

  async function read(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  }

  /** Waits until a number has stayed the same for some turns of the event loop. */
  async function rest(count: () => number): Promise<void> {
    for (let [seen, turns] = [count(), 0]; turns < 1000; turns++) {
      await new Promise(setImmediate);
      if (count() !== seen) [seen, turns] = [count(), 0];
    }
  }

  const lengthOf = (body: Uint8Array) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;

  it('takes no more from a server than its reader does', async () => {
    const piece = noise(1 << 20);
    const pieces = 96;
    const server = await startRawServer(piece, async (socket) => {
      await written(socket, `HTTP/1.1 200 OK\r\nContent-Length: ${pieces * piece.length}\r\n\r\n`);
      for (let i = 0; i < pieces && !socket.destroyed; i++) await written(socket, piece);
    });
    afterThis(() => server.close());
    const {body} = await send(server.url);
    let received = 0;
    for await (const chunk of body) {
      const isFirst = received === 0;
      received += chunk.length;
      // The server sends all that is taken.
      if (isFirst) await rest(server.sent);
      // What the two sockets hold is up to the system.
      if (isFirst) expect(server.sent()).toBeLessThan(48 << 20);
    }
    expect(received).toBe(pieces * piece.length);
  });

  it('keeps a connection for the next request', async () => {
    const body = noise(100_000);
    const server = await startRawServer(body, (socket) => {
      socket.write(lengthOf(body));
      socket.write(body);
    });
    afterThis(() => server.close());
    for (let i = 0; i < 5; i++) expect(isSame(await read((await send(server.url)).body), body)).toBe(true);
    expect(server.connections()).toBe(1);
  });

  it('takes nothing for an answer that came before the request', async () => {
    const body = noise(1000);
    const forged = new TextEncoder().encode('forged');
    let forge = (): Promise<void> => Promise.resolve();
    const server = await startRawServer(body, async (socket) => {
      forge = async () => {
        await written(socket, lengthOf(forged));
        await written(socket, forged);
      };
      await written(socket, lengthOf(body));
      await written(socket, body);
    });
    afterThis(() => server.close());
    for (let i = 0; i < 5; i++) {
      expect(isSame(await read((await send(server.url)).body), body)).toBe(true);
      await forge();
      // What was written is there when the event loop next looks for it.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    }
  });

  it('connects anew where a kept connection was closed meanwhile', async () => {
    const body = noise(1000);
    const server = await startRawServer(body, (socket, _, connection) => {
      // Each connection serves one request, and is closed when the next one comes.
      if (answered.has(connection)) socket.destroy();
      else {
        answered.add(connection);
        socket.write(lengthOf(body));
        socket.write(body);
      }
    });
    const answered = new Set<number>();
    afterThis(() => server.close());
    for (let i = 0; i < 4; i++) expect(isSame(await read((await send(server.url)).body), body)).toBe(true);
    expect(server.requests()).toBeGreaterThan(4);
  });

  it.each([0, 1, 1000, 1_000_000])('ends quietly where it is given up after %i bytes', async (bytes) => {
    const body = noise(1_000_000);
    const server = await startRawServer(body, (socket) => {
      socket.write(lengthOf(body));
      socket.write(body);
    });
    afterThis(() => server.close());
    const controller = new AbortController();
    const answer = await send(server.url, controller.signal);
    const reading = (async () => {
      let received = 0;
      if (bytes === 0) controller.abort();
      for await (const chunk of answer.body) {
        received += chunk.length;
        if (received >= bytes) controller.abort();
      }
    })();
    await reading.catch((error) => expect(error).toBeInstanceOf(Error));
    expect(isSame(await read((await send(server.url)).body), body)).toBe(true);
  });
});
