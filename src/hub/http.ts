/**
 * GET with the manners of this library: redirects followed with care, headers that stay with their origin, an end to
 * waiting.
 *
 * @module
 */

import {DownloadError, HubError} from '../errors.js';
import type {HttpResponse} from '../platform/services.js';
import {shownHandle} from '../shown.js';
import {startTimer} from './deadline.js';
import {NetworkError, networkError, statusError} from './failures.js';
import type {ResolveSettings} from './options.js';
import {Patience} from './retry.js';
import {collect} from './streams.js';

type Headers = Readonly<Record<string, string>>;

/** The headers that a request to `url` carries beside its own: credentials, decided anew at each redirect. */
export type HeaderPolicy = (url: URL) => Headers | Promise<Headers>;

/** An answer whose body is watched: it fails with a NetworkError where nothing arrives for too long. */
export interface Answer extends HttpResponse {
  /** Gives the connection up. To be called where the body is not read to its end. */
  cancel(): void;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** As the reference's HTTP library. */
const MAX_REDIRECTS = 10;
const MAX_DETAIL = 64 << 10;
const MAX_TEXT = 32 << 20;

export class HttpSession {
  constructor(
    private readonly settings: Pick<ResolveSettings, 'services' | 'idleTimeoutMs' | 'insecure' | 'retries'>,
    private readonly headersFor: HeaderPolicy,
    private readonly signal: AbortSignal,
  ) {}

  /** What sees to it that one thing that is read over this session comes to an end. */
  patience(): Patience {
    return new Patience({...this.settings, signal: this.signal});
  }

  /**
   * Sends a GET and follows redirects, except those of which `isAnswer` says, by their location, that they are what is
   * asked for. Answers of every other status are returned.
   */
  async get(
    address: string,
    patience: Patience,
    headers: Headers = {},
    isAnswer: (location: string) => boolean = () => false,
  ): Promise<Answer> {
    let url = new URL(address);
    for (let hops = 0; ; hops++) {
      const answer = await this.exchange(url, headers, patience);
      const location = REDIRECTS.has(answer.status) ? answer.header('location') : null;
      if (location === null || isAnswer(location)) return answer;
      answer.cancel();
      if (hops === MAX_REDIRECTS) {
        throw new DownloadError(`${shownHandle(address)} redirects more than ${MAX_REDIRECTS} times.`);
      }
      url = redirect(url, location);
    }
  }

  /** What `read` gives, called again after failures that pass. */
  async read<T>(read: (patience: Patience) => Promise<T>): Promise<T> {
    const patience = this.patience();
    for (;;) {
      try {
        return await read(patience);
      } catch (error) {
        await patience.afterFailure(error);
      }
    }
  }

  /** What a server answers in JSON, of whatever form that is. */
  async json(url: string): Promise<unknown> {
    const text = await this.read(async (patience) => {
      const answer = await this.get(url, patience);
      if (answer.status !== 200) throw await failure(answer);
      return textOf(answer);
    });
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new DownloadError(`${shownHandle(url)} does not answer in JSON.`, {cause});
    }
  }

  private async exchange(target: URL, headers: Headers, patience: Patience): Promise<Answer> {
    const url = new URL(target);
    url.username = '';
    url.password = '';
    url.hash = '';
    const own = await this.headersFor(target);
    const watch = new Watch(url.href, this.signal, this.settings.idleTimeoutMs, patience);
    const response = await watch.during(
      this.settings.services.http.send({
        url: url.href,
        headers: {...headers, ...own},
        signal: watch.signal,
        insecure: this.settings.insecure,
      }),
    );
    return {
      status: response.status,
      url: response.url,
      header: (name) => response.header(name),
      body: watch.over(response.body),
      cancel: () => watch.cancel(),
    };
  }
}

/** The body of an answer, which is to be short. */
export async function textOf(answer: Answer): Promise<string> {
  const tooLong = () =>
    new DownloadError(`${shownHandle(answer.url)} answers with more than ${MAX_TEXT} bytes.`);
  return new TextDecoder().decode(await collect(answer.body, MAX_TEXT, tooLong));
}

/** The error that an answer of an unwanted status stands for, with what its body says. Ends the answer. */
export async function failure(answer: Answer): Promise<Error> {
  const type = answer.header('content-type') ?? '';
  let detail = '';
  if (/json|text\/plain/.test(type)) {
    const bytes = await collect(answer.body, MAX_DETAIL, () => new Error('too long')).catch(() => null);
    if (bytes) detail = readable(new TextDecoder().decode(bytes));
  }
  answer.cancel();
  return statusError(answer.status, answer.url, detail, answer.header('retry-after'));
}

/** The first line of a text, or the message of a JSON answer. */
function readable(text: string): string {
  let message: unknown = text;
  try {
    const {message: direct, error} = JSON.parse(text) as {message?: unknown; error?: {message?: unknown}};
    message = direct ?? error?.message ?? '';
  } catch {
    // Not JSON: the text itself.
  }
  return typeof message === 'string' ? message.trim().split('\n', 1)[0]!.slice(0, 300) : '';
}

function redirect(from: URL, location: string): URL {
  if (!URL.canParse(location, from)) {
    throw new DownloadError(
      `${shownHandle(from.href)} redirects to '${shownHandle(location)}', which is no address.`,
    );
  }
  const to = new URL(location, from);
  if (to.protocol !== 'https:' && to.protocol !== 'http:') {
    throw new DownloadError(`${shownHandle(from.href)} redirects to ${to.protocol}, which is not followed.`);
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new DownloadError(
      `${shownHandle(from.href)} redirects to ${shownHandle(to.href)}, away from a protected connection; that is not followed.`,
    );
  }
  return to;
}

/** Watches one exchange: ends it when nothing arrives for too long, and says why it failed. */
class Watch {
  private readonly controller = new AbortController();
  private idle = false;
  readonly signal: AbortSignal;

  constructor(
    private readonly url: string,
    private readonly session: AbortSignal,
    private readonly idleTimeoutMs: number,
    private readonly patience: Patience,
  ) {
    this.signal = AbortSignal.any([session, this.controller.signal]);
  }

  async during<T>(step: Promise<T>): Promise<T> {
    const start = performance.now();
    const stop = startTimer(this.idleTimeoutMs, () => {
      this.idle = true;
      this.controller.abort();
    });
    const url = shownHandle(this.url);
    try {
      const result = await step;
      this.patience.waited(performance.now() - start, url);
      return result;
    } catch (cause) {
      if (this.session.aborted) throw this.session.reason;
      if (cause instanceof HubError) throw cause;
      this.patience.waited(performance.now() - start, url);
      if (!this.idle) throw networkError(this.url, cause);
      const words = `Cannot read ${url}: nothing arrived for ${this.idleTimeoutMs / 1000} s.`;
      throw new NetworkError(words, 'fully', {cause});
    } finally {
      stop();
    }
  }

  async *over(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        // The clock stands while the reader is busy.
        const next = await this.during(iterator.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      this.cancel();
    }
  }

  cancel(): void {
    this.controller.abort();
  }
}

/** Headers for one origin and no other: those of the `headers` option, and a password written into the handle. */
export function originHeaders(handle: string, headers: Headers = {}): HeaderPolicy {
  const {origin, username, password} = new URL(handle);
  const own: Record<string, string> = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  if (username !== '' || password !== '') {
    own.authorization ??= basicAuthorization(percentDecoded(username), percentDecoded(password));
  }
  return (url) => (url.origin === origin ? own : {});
}

export function basicAuthorization(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** A user name or password as it was meant: a `%` that begins no escape stands for itself, as in curl. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

/** Both policies; where both set a header, the second wins. */
export function bothHeaders(first: HeaderPolicy, second: HeaderPolicy): HeaderPolicy {
  return async (url) => ({...(await first(url)), ...(await second(url))});
}
