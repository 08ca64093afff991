/**
 * HTTP in Node, through the proxies that the environment names.
 *
 * @module
 */

import {type Dispatcher, EnvHttpProxyAgent, request} from 'undici';
import type {HttpClient, HttpResponse} from './services.js';

const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];

const OWN_HEADERS = {
  'user-agent': 'tensorflow-hub-js',
  // An archive is compressed by itself; a transfer encoding would only hide its length.
  'accept-encoding': 'identity',
};

/** One pool of connections for each setting of proxies and certificates that was asked for. */
const dispatchers = new Map<string, Dispatcher>();

function dispatcherFor(insecure: boolean): Dispatcher {
  const key = JSON.stringify([insecure, ...PROXY_VARIABLES.map((name) => process.env[name])]);
  let dispatcher = dispatchers.get(key);
  if (!dispatcher) {
    const tls = insecure ? {rejectUnauthorized: false} : {};
    dispatcher = new EnvHttpProxyAgent({
      connect: {...tls, timeout: 30_000},
      requestTls: tls,
      proxyTls: tls,
      // How long to wait is decided by who asks, for all clients alike.
      bodyTimeout: 0,
      headersTimeout: 0,
    });
    dispatchers.set(key, dispatcher);
  }
  return dispatcher;
}

export const nodeHttp: HttpClient = {
  decodesContent: false,

  async send({url, headers, signal, insecure}): Promise<HttpResponse> {
    const dispatcher = dispatcherFor(insecure);
    const response = await request(url, {dispatcher, signal, headers: {...OWN_HEADERS, ...headers}});
    return {
      status: response.statusCode,
      url,
      header(name) {
        const value = response.headers[name.toLowerCase()];
        return (Array.isArray(value) ? value[0] : value) ?? null;
      },
      body: response.body,
    };
  },
};
