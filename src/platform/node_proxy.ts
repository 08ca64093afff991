/**
 * The proxies that environment variables name, and tunnels through them.
 *
 * @module
 */

import http, {type ClientRequestArgs} from 'node:http';
import https, {type RequestOptions} from 'node:https';
import {isIP} from 'node:net';
import type {Duplex} from 'node:stream';
import {connect as connectTls} from 'node:tls';
import {DownloadError} from '../errors.js';

/** A proxy server. */
export interface ProxyServer {
  readonly url: URL;
  /** The value of `Proxy-Authorization`, where the variable holds a user name. */
  readonly authorization: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** By the protocol of what is asked for, the first that is set; small letters win, as everywhere. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'http:': ['http_proxy', 'HTTP_PROXY'],
  'https:': ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'],
};

const DEFAULT_PORTS: Readonly<Record<string, string>> = {'http:': '80', 'https:': '443'};

export const portOf = (url: URL): string => url.port || DEFAULT_PORTS[url.protocol]!;

/** A host as sockets want it: IPv6 addresses without their brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * The proxy to ask for `target`, or null where it is to be asked itself.
 *
 * @throws DownloadError when a variable names what is no proxy of a known kind.
 */
export function proxyFor(target: URL, environment: Environment = process.env): ProxyServer | null {
  const name = VARIABLES[target.protocol]?.find((variable) => environment[variable]);
  if (name === undefined || isExempt(target, environment.no_proxy ?? environment.NO_PROXY ?? '')) return null;
  const value = environment[name]!;
  const address = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    // Not the value: it may hold a password.
    throw new DownloadError(
      `${name} does not name a proxy of the kind http://host:port or https://host:port.`,
    );
  }
  const {username, password} = url;
  const userInfo = `${decoded(username)}:${decoded(password)}`;
  return {
    url,
    authorization:
      username === '' && password === '' ? null : `Basic ${Buffer.from(userInfo).toString('base64')}`,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `NO_PROXY`: hosts with all below them, with a port where only that is meant; `*` for all. */
function isExempt(target: URL, list: string): boolean {
  const host = hostOf(target).toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, bracketed, plain, port] = /^(?:\[(.+)\]|(.*?))(?::(\d+))?$/.exec(entry)!;
      // An IPv6 address may stand there without brackets, and then has no port.
      const isAddress = isIP(entry) === 6;
      const name = isAddress ? entry : (bracketed ?? plain!).replace(/^\*?\./, '');
      if (name === '' || (!isAddress && port !== undefined && port !== portOf(target))) return false;
      return host === name || host.endsWith(`.${name}`);
    });
}

/** A proxy that did not let a connection through. */
export class ProxyError extends Error {
  constructor(
    message: string,
    readonly code: 'ERR_PROXY_UNREACHABLE' | 'ERR_PROXY_REFUSES' | 'ERR_PROXY_FAILS',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Where a proxy is, for messages: its password has no place there. */
export const placeOf = ({url}: ProxyServer): string => `${url.protocol}//${url.host}`;

/** What a request says of itself to the agent that connects it. */
export interface TunnelOptions {
  /** Ends the attempt to connect. */
  readonly connecting?: AbortSignal;
}

/** Connects to protected hosts through a proxy (`CONNECT`, RFC 9110, section 9.3.6). */
export class TunnelAgent extends https.Agent {
  constructor(
    private readonly proxy: ProxyServer,
    options: https.AgentOptions,
  ) {
    super(options);
  }

  override createConnection(
    options: RequestOptions & TunnelOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const done = callback as (error: Error | null, stream?: Duplex) => void;
    const {host, port, servername, rejectUnauthorized} = options;
    this.tunnel(`${isIP(host!) === 6 ? `[${host}]` : host}:${port}`, options).then(
      (socket) =>
        done(
          null,
          connectTls({socket, host: host!, servername, rejectUnauthorized, ALPNProtocols: ['http/1.1']}),
        ),
      (error) => done(error),
    );
  }

  private tunnel(target: string, {rejectUnauthorized, connecting}: RequestOptions & TunnelOptions) {
    const {url, authorization} = this.proxy;
    const args: ClientRequestArgs & RequestOptions = {
      host: hostOf(url),
      port: portOf(url),
      method: 'CONNECT',
      path: target,
      agent: false,
      rejectUnauthorized,
      headers: {host: target, ...(authorization === null ? {} : {'proxy-authorization': authorization})},
    };
    return new Promise<Duplex>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(args);
      const giveUp = () => request.destroy();
      connecting?.addEventListener('abort', giveUp, {once: true});
      request.on('error', (cause) => reject(unreachable(this.proxy, cause)));
      request.on('close', () => {
        connecting?.removeEventListener('abort', giveUp);
        reject(unreachable(this.proxy));
      });
      request.on('connect', ({statusCode = 0}, socket, head) => {
        socket.on('error', () => undefined);
        if (statusCode >= 200 && statusCode < 300 && head.length === 0) {
          resolve(socket);
          return;
        }
        socket.destroy();
        const message = `the proxy ${placeOf(this.proxy)} answers with status ${statusCode}`;
        reject(new ProxyError(message, statusCode >= 500 ? 'ERR_PROXY_FAILS' : 'ERR_PROXY_REFUSES'));
      });
      request.end();
    });
  }
}

export function unreachable(proxy: ProxyServer, cause?: unknown): ProxyError {
  const why = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
  return new ProxyError(`the proxy ${placeOf(proxy)} cannot be reached${why}`, 'ERR_PROXY_UNREACHABLE', {
    cause,
  });
}
