/**
 * What went wrong with a request, in words for the person who made it, and whether trying again may help.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {parseKaggleUrl, withoutCredentials} from './handle.js';

/** No answer, or one that broke off. */
export class NetworkError extends DownloadError {
  constructor(
    message: string,
    readonly transient: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An answer that is not the one asked for. */
export class StatusError extends DownloadError {
  constructor(
    message: string,
    readonly status: number,
    /** What `Retry-After` asked for. */
    readonly retryAfterMs: number | null,
  ) {
    super(message);
  }
}

const CERTIFICATE =
  'its certificate is not trusted. For a certificate authority of your own set NODE_EXTRA_CA_CERTS; ' +
  'to check no certificates at all set TFHUB_DISABLE_CERT_VALIDATION=true';

interface NetworkRule {
  readonly because: string;
  readonly transient: boolean;
}

/** By error code of Node, undici and OpenSSL. */
const NETWORK_RULES: Readonly<Record<string, NetworkRule>> = {
  ECONNREFUSED: {because: 'it refuses connections', transient: true},
  ECONNRESET: {because: 'it broke the connection', transient: true},
  EPIPE: {because: 'it broke the connection', transient: true},
  UND_ERR_SOCKET: {because: 'the connection broke', transient: true},
  UND_ERR_CONNECT_TIMEOUT: {because: 'connecting took too long', transient: true},
  ETIMEDOUT: {because: 'connecting took too long', transient: true},
  EAI_AGAIN: {because: 'its name could not be looked up just now', transient: true},
  ENOTFOUND: {because: 'there is no host of that name, or no network', transient: false},
  EHOSTUNREACH: {because: 'there is no route to it', transient: false},
  ENETUNREACH: {because: 'there is no network', transient: false},
  CERT_HAS_EXPIRED: {because: CERTIFICATE, transient: false},
  DEPTH_ZERO_SELF_SIGNED_CERT: {because: CERTIFICATE, transient: false},
  ERR_TLS_CERT_ALTNAME_INVALID: {because: CERTIFICATE, transient: false},
  SELF_SIGNED_CERT_IN_CHAIN: {because: CERTIFICATE, transient: false},
  UNABLE_TO_GET_ISSUER_CERT: {because: CERTIFICATE, transient: false},
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {because: CERTIFICATE, transient: false},
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {because: CERTIFICATE, transient: false},
};

/** Explains a request that got no answer, or whose answer broke off. */
export function networkError(url: string, cause: unknown): NetworkError {
  const code = codes(cause).find((candidate) => Object.hasOwn(NETWORK_RULES, candidate));
  const said = cause instanceof Error ? cause.message : String(cause);
  const rule = (code === undefined ? undefined : NETWORK_RULES[code]) ?? {because: said, transient: true};
  return new NetworkError(`Cannot read ${shown(url)}: ${rule.because}.`, rule.transient, {cause});
}

function codes(cause: unknown): string[] {
  if (!(cause instanceof Error)) return [];
  const {code, errors} = cause as {code?: unknown; errors?: unknown};
  const inner = Array.isArray(errors) ? errors.flatMap(codes) : [];
  return [...(typeof code === 'string' ? [code] : []), ...inner, ...codes(cause.cause)];
}

/** Worth another try: what RFC 9110 and RFC 6585 call temporary, and every fault of the server. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

const KAGGLE_CREDENTIALS =
  'set KAGGLE_USERNAME and KAGGLE_KEY, or put the file kaggle.json that your account settings on Kaggle give you ' +
  'into ~/.kaggle';

interface StatusRule {
  readonly applies: (url: URL) => boolean;
  readonly words: Readonly<Record<number, (url: URL) => string>>;
}

const isKaggle = (url: URL) => url.hostname === 'kaggle.com' || url.hostname.endsWith('.kaggle.com');
const isGcs = (url: URL) =>
  url.hostname === 'storage.googleapis.com' || url.pathname.startsWith('/storage/v1/b/');

/** By host; the first that applies and has words for a status speaks. */
const STATUS_RULES: readonly StatusRule[] = [
  {
    applies: isKaggle,
    words: {
      401: (url) =>
        `Kaggle wants to know who you are: ${KAGGLE_CREDENTIALS}. The model's page: ${kagglePage(url)}.`,
      403: (url) =>
        `Kaggle refuses access. The model may ask for your consent: open ${kagglePage(url)}, sign in and give it. ` +
        `Then ${KAGGLE_CREDENTIALS}.`,
      404: (url) =>
        `Kaggle has no such model, or no such version of it. Check the owner, model, framework, variation and ` +
        `version against ${kagglePage(url)}; a private model looks the same without credentials.`,
    },
  },
  {
    applies: isGcs,
    words: {
      401: () => 'The object is not public; only public objects are read.',
      403: () => 'The object is not public; only public objects are read.',
      404: () => 'There is no such bucket or object.',
    },
  },
  {
    applies: () => true,
    words: {
      401: () =>
        'The server wants credentials: write them into the handle (https://user:password@host/...) or give them ' +
        'with the option headers.',
      403: () => 'The server refuses access. If the model asks for consent or credentials, its page says so.',
      404: () => 'There is no such model, or no such version of it. Check the handle.',
      410: () => 'The model was taken away.',
    },
  },
];

function kagglePage(url: URL): string {
  const [, owner, model] = /\/models\/([^/]+)\/([^/]+)/.exec(url.pathname) ?? [];
  return owner && model ? `https://www.kaggle.com/models/${owner}/${model}` : 'https://www.kaggle.com/models';
}

/** Explains an answer by its status. `detail` is what the server said, if it said it for people. */
export function statusError(
  status: number,
  address: string,
  detail: string,
  retryAfter: string | null,
): StatusError {
  const url = new URL(address);
  const words = STATUS_RULES.find((rule) => rule.applies(url) && rule.words[status])?.words[status];
  const model = isKaggle(url) ? parseKaggleUrl(address) : null;
  const what = model ? `the model ${model.owner}/${model.model}` : shown(address);
  const parts = [
    `Cannot download ${what}: status ${status}.`,
    words?.(url),
    detail && `The server said: ${detail}`,
  ];
  return new StatusError(parts.filter(Boolean).join(' '), status, retryAfterMs(retryAfter));
}

/** `Retry-After` as milliseconds from now; null where it is missing or not understood. */
export function retryAfterMs(header: string | null, now = Date.now()): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** A URL as messages show it: without password and query, which may hold a signature. */
export function shown(url: string): string {
  return withoutCredentials(url).replace(/[?#].*$/s, '');
}
