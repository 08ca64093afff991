/**
 * HTTP in browsers.
 *
 * @module
 */

import type {HttpClient, HttpResponse} from './services.js';

export const browserHttp: HttpClient = {
  decodesContent: true,

  async send({url, headers, signal}): Promise<HttpResponse> {
    const response = await fetch(url, {
      headers,
      signal,
      credentials: 'omit',
      // Models are kept unpacked; a second copy in the HTTP cache would only take room.
      cache: 'no-store',
    }).catch((cause) => {
      throw explain(cause);
    });
    return {
      status: response.status,
      url: response.url,
      header: (name) => response.headers.get(name),
      body: chunks(response.body),
    };
  },
};

/** Browsers do not say why a request failed. */
function explain(cause: unknown): unknown {
  if (!(cause instanceof TypeError)) return cause;
  return new TypeError(
    'the network failed, or the server does not let this page read its answer (CORS: Access-Control-Allow-Origin)',
    {cause},
  );
}

/** Not every browser iterates streams by itself. */
async function* chunks(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (!stream) return;
  const reader = stream.getReader();
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
