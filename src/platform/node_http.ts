/**
 * HTTP in Node, through the proxies that the environment names.
 *
 * Node's own client: its parser leaves no exception outside of a request's events, whatever a server sends, and is kept
 * so by Node's releases. Everything that can go wrong ends in a rejected promise or in a failing body.
 *
 * @module
 */

import http, {type ClientRequest, type IncomingMessage} from 'node:http';
import https from 'node:https';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {
  hostOf,
  type ProxyServer,
  portOf,
  proxyFor,
  TunnelAgent,
  type TunnelOptions,
  unreachable,
} from './node_proxy.js';
import type {HttpClient, HttpRequest, HttpResponse} from './services.js';

const OWN_HEADERS = {
  'user-agent': 'tensorflow-hub-js',
  // An archive is compressed by itself; a transfer encoding would only hide its length.
  'accept-encoding': 'identity',
};

const CONNECT_TIMEOUT_MS = 30_000;
/** As long as most servers keep a connection at least. */
const IDLE_CONNECTION_MS = 4000;

export const nodeHttp: HttpClient = {
  decodesContent: false,

  async send(request): Promise<HttpResponse> {
    try {
      return await exchange(request, pooled);
    } catch (error) {
      // The server closed a kept connection in the moment in which it was used again; that says nothing of the server.
      if (!(error instanceof StaleConnection)) throw error;
      return exchange(request, (via, secure) => makeAgent(via, secure, false));
    }
  },
};

class StaleConnection extends Error {}

/** What a request fails with on a connection that the other side has closed. */
const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

/** An error of a connection, with a code that says which. */
function connectionError(code: string, message: string): Error {
  return Object.assign(new Error(message), {code});
}

type AgentFor = (tunnel: ProxyServer | null, secure: boolean) => http.Agent;

function exchange(asked: HttpRequest, agentFor: AgentFor): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const {url, signal} = asked;
    signal.throwIfAborted();
    const connecting = new AbortController();
    const target = new URL(url);
    const proxy = proxyFor(target);
    const request = start(target, proxy, asked, agentFor, connecting.signal);
    let response: IncomingMessage | null = null;
    let failure: Error | null = null;

    const giveUp = (error: Error) => {
      failure ??= error;
      connecting.abort();
      // Without the error: a socket that returns to its agent in this very moment would emit it to nobody.
      request.destroy();
    };
    const onAbort = () => giveUp(connectionError('ABORT_ERR', 'The request was given up.'));
    const onSlow = () => giveUp(connectionError('ETIMEDOUT', 'Connecting took too long.'));
    signal.addEventListener('abort', onAbort, {once: true});
    const timer = setTimeout(onSlow, CONNECT_TIMEOUT_MS);
    // What was sent has found a connection.
    request.once('finish', () => clearTimeout(timer));

    request.on('error', (error) => {
      // What comes behind a whole answer is not part of it.
      if (!response?.complete) failure ??= error;
    });
    request.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (response) return;
      const error = failure ?? connectionError('ECONNRESET', 'The connection was closed without an answer.');
      const stale = request.reusedSocket && 'code' in error && CLOSED.has(error.code);
      reject(stale ? new StaleConnection() : viaProxy(proxy, error));
    });
    request.once('upgrade', (_, socket) => {
      failure = connectionError('ERR_UNASKED_UPGRADE', 'The server changes to another protocol.');
      socket.destroy();
    });
    request.once('response', (incoming) => {
      response = incoming;
      // Who reads the body is told by the stream; an answer that nobody reads may fail as it likes.
      incoming.on('error', ignore);
      resolve({
        status: incoming.statusCode ?? 0,
        url,
        header(name) {
          const value = incoming.headers[name.toLowerCase()];
          return (Array.isArray(value) ? value[0] : value) ?? null;
        },
        body: bodyOf(incoming, () => failure),
      });
    });
    request.end();
  });
}

function start(
  target: URL,
  proxy: ProxyServer | null,
  {headers, insecure}: HttpRequest,
  agentFor: AgentFor,
  connecting: AbortSignal,
): ClientRequest {
  const tls = {rejectUnauthorized: !insecure};
  const path = target.pathname + target.search;
  const sent = {...OWN_HEADERS, ...headers};
  if (target.protocol === 'http:' && proxy) {
    const secure = proxy.url.protocol === 'https:';
    return (secure ? https : http).request({
      host: hostOf(proxy.url),
      port: portOf(proxy.url),
      // A proxy is told the whole address (RFC 9112, section 3.2.2).
      path: `${target.origin}${path}`,
      agent: agentFor(null, secure),
      headers: {
        host: target.host,
        ...sent,
        ...(proxy.authorization === null ? {} : {'proxy-authorization': proxy.authorization}),
      },
      ...tls,
    });
  }
  const secure = target.protocol === 'https:';
  const options: https.RequestOptions & TunnelOptions = {
    host: hostOf(target),
    port: portOf(target),
    path,
    agent: agentFor(secure ? proxy : null, secure),
    headers: {host: target.host, ...sent},
    connecting,
    ...tls,
  };
  return (secure ? https : http).request(options);
}

/** The bytes of an answer. Fails where the connection broke before its end, also where only the break marks the end. */
async function* bodyOf(response: IncomingMessage, failure: () => Error | null): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw failure() ?? error;
  }
  const error = failure();
  if (error) throw error;
  if (!response.complete) throw connectionError('ECONNRESET', 'The connection broke.');
}

/** Names the proxy where it is the proxy that cannot be reached. */
function viaProxy(proxy: ProxyServer | null, error: Error): Error {
  const {code, syscall} = error as NodeJS.ErrnoException;
  const isConnecting = syscall === 'connect' || syscall === 'getaddrinfo' || code === 'ETIMEDOUT';
  return proxy && isConnecting ? unreachable(proxy, error) : error;
}

/** Kept connections, by the tunnel they go through and whether they are protected; by host within an agent. */
const agents = new Map<string, http.Agent>();

function pooled(tunnel: ProxyServer | null, secure: boolean): http.Agent {
  const key = `${secure} ${tunnel?.url.href ?? ''}`;
  const kept = agents.get(key);
  if (kept) return kept;
  const agent = makeAgent(tunnel, secure, true);
  agents.set(key, agent);
  return agent;
}

function makeAgent(tunnel: ProxyServer | null, secure: boolean, keepAlive: boolean): http.Agent {
  const options = keepAlive ? {keepAlive, timeout: IDLE_CONNECTION_MS} : {};
  const agent = tunnel
    ? new TunnelAgent(tunnel, options)
    : secure
      ? new https.Agent(options)
      : new http.Agent(options);
  return keepAlive ? withoutLeftovers(withoutUncaught(agent)) : withoutUncaught(agent);
}

/**
 * Gives each socket somebody who listens to its errors. Between a request and the agent, and back, there are moments in
 * which nobody does, and such an error ends the process.
 */
function withoutUncaught(agent: http.Agent): http.Agent {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) =>
    create(options, done && ((error, socket) => done(error, socket?.on('error', ignore))))?.on(
      'error',
      ignore,
    );
  return agent;
}

/** Makes an agent drop a kept connection on which something arrives: it would be taken for the next answer. */
function withoutLeftovers(agent: http.Agent): http.Agent {
  // Whether to keep the connection is what it returns, which its type does not say.
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => unknown;
  const reuse = agent.reuseSocket.bind(agent);
  agent.keepSocketAlive = (stream: Duplex) => {
    const socket = stream as Socket;
    if (socket.readableLength > 0 || keep(socket) !== true) return false;
    socket.on('data', drop);
    return true;
  };
  agent.reuseSocket = (stream, request) => {
    const socket = stream as Socket;
    socket.off('data', drop);
    reuse(socket, request);
  };
  return agent;
}

function drop(this: Socket): void {
  this.destroy();
}

function ignore(): void {}
