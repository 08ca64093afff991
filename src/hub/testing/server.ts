/**
 * An HTTP server on this machine that serves bytes as badly as a test wants.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import {createServer as createTlsServer, type ServerOptions} from 'node:https';
import type {AddressInfo} from 'node:net';

export interface TestServer {
  readonly url: string;
  /** One for each request, in order. */
  readonly requests: {readonly url: string; readonly headers: IncomingMessage['headers']}[];
  close(): Promise<void>;
}

export async function startServer(listener: RequestListener, tls?: ServerOptions): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const onRequest: RequestListener = (request, response) => {
    requests.push({url: request.url!, headers: request.headers});
    listener(request, response);
  };
  const server: Server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface FaultyOptions {
  /** Break each connection after so many bytes of body. */
  readonly cutAfter?: number;
  /** And so long after they were sent: a browser forgets what its page has not read when a connection breaks. */
  readonly cutDelayMs?: number;
  /** Answer ranges. Default: true. */
  readonly ranges?: boolean;
  /** Null for none. */
  readonly etag?: string | null;
  readonly lastModified?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes per second, roughly. */
  readonly bytesPerSecond?: number;
}

/** Serves `bytes`; what was sent is counted in `sent`. */
export function faulty(
  bytes: Uint8Array | (() => Uint8Array),
  options: FaultyOptions = {},
): RequestListener & {readonly sent: () => number} {
  let sent = 0;
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const body = typeof bytes === 'function' ? bytes() : bytes;
    const etag = options.etag === undefined ? '"one"' : options.etag;
    const headers: Record<string, string> = {...options.headers};
    if (etag !== null) headers.etag = etag;
    if (options.lastModified) headers['last-modified'] = options.lastModified;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const same = request.headers['if-range'] === etag || request.headers['if-range'] === options.lastModified;
    const ranged = options.ranges !== false && start > 0 && same;
    const from = ranged ? start : 0;
    headers['content-length'] = String(body.length - from);
    if (ranged) headers['content-range'] = `bytes ${from}-${body.length - 1}/${body.length}`;
    response.writeHead(ranged ? 206 : 200, headers);
    const to = Math.min(body.length, from + (options.cutAfter ?? body.length));
    const step = options.bytesPerSecond === undefined ? to - from : Math.ceil(options.bytesPerSecond / 50);
    for (let offset = from; offset < to && !response.destroyed; offset += step) {
      const piece = body.subarray(offset, Math.min(offset + step, to));
      sent += piece.length;
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
      if (options.bytesPerSecond !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (to === body.length) {
      response.end();
      return;
    }
    if (options.cutDelayMs) await new Promise((resolve) => setTimeout(resolve, options.cutDelayMs));
    response.destroy();
  };
  return Object.assign(listener as RequestListener, {sent: () => sent});
}

/** Answers with each of these in turn, and with the last one from then on. */
export function inTurn(...listeners: readonly RequestListener[]): RequestListener {
  let next = 0;
  return (request, response) => listeners[Math.min(next++, listeners.length - 1)]!(request, response);
}

export function status(code: number, headers: Record<string, string> = {}, body = ''): RequestListener {
  return (_, response) => {
    response.writeHead(code, headers);
    response.end(body);
  };
}
