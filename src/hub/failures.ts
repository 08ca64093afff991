/**
 * What went wrong with a request, in words for the person who made it, and whether trying again may help.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {shownHandle, withoutSecrets} from '../shown.js';
import {parseKaggleUrl} from './handle.js';

/** Whether to try again: `briefly` where the failure will most likely be the same, unless the server was there before. */
export type Retry = 'fully' | 'briefly' | 'never';

/** No answer, or one that broke off. */
export class NetworkError extends DownloadError {
  constructor(
    message: string,
    readonly retry: Retry,
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
  readonly because: string | ((said: string) => string);
  readonly retry: Retry;
}

const BROKEN: NetworkRule = {because: 'it broke the connection', retry: 'fully'};
const UNTRUSTED: NetworkRule = {because: CERTIFICATE, retry: 'never'};
const SLOW: NetworkRule = {because: 'connecting took too long', retry: 'briefly'};

/** By error code of Node and OpenSSL, or by how it begins; the first that fits. */
const NETWORK_RULES: readonly (readonly [code: RegExp, rule: NetworkRule])[] = [
  [/^ECONNREFUSED$/, {because: 'it refuses connections', retry: 'briefly'}],
  // The last is a body without its end; other faults of a parser are answers that stay what they are.
  [/^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|HPE_INVALID_EOF_STATE)$/, BROKEN],
  [/^ETIMEDOUT$/, SLOW],
  [/^EAI_AGAIN$/, {because: 'its name could not be looked up just now', retry: 'briefly'}],
  [/^ENOTFOUND$/, {because: 'there is no host of that name, or no network', retry: 'never'}],
  [/^EHOSTUNREACH$/, {because: 'there is no route to it', retry: 'never'}],
  [/^ENETUNREACH$/, {because: 'there is no network', retry: 'never'}],
  [/^HPE_/, {because: (said) => `what it sends is not HTTP (${said})`, retry: 'never'}],
  [/^ERR_UNASKED_UPGRADE$/, {because: 'it answers in another protocol than HTTP', retry: 'never'}],
  [/^ERR_PROXY_(UNREACHABLE|FAILS)$/, {because: (said) => said, retry: 'briefly'}],
  [/^ERR_PROXY_REFUSES$/, {because: (said) => said, retry: 'never'}],
  [
    /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT_|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|HOSTNAME_MISMATCH)/,
    UNTRUSTED,
  ],
  [
    /^(ERR_SSL_|EPROTO$)/,
    {because: 'no protected connection can be made to it (TLS failed)', retry: 'never'},
  ],
  // Node refuses the request itself.
  [/^ERR_(INVALID|HTTP|UNESCAPED)_/, {because: (said) => said, retry: 'never'}],
];

/** Explains a request that got no answer, or whose answer broke off. */
export function networkError(url: string, cause: unknown): NetworkError {
  const said = withoutSecrets(cause instanceof Error ? cause.message : String(cause), url).replace(/\.$/, '');
  const rules = codes(cause).map((code) => NETWORK_RULES.find(([pattern]) => pattern.test(code))?.[1]);
  const {because, retry} = rules.find((rule) => rule !== undefined) ?? {because: said, retry: 'fully'};
  const words = typeof because === 'string' ? because : because(said);
  return new NetworkError(`Cannot read ${shownHandle(url)}: ${words}.`, retry, {cause});
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
  const what = model ? `the model ${model.owner}/${model.model}` : shownHandle(address);
  const parts = [
    `Cannot download ${what}: status ${status}.`,
    words?.(url),
    detail && `The server said: ${withoutSecrets(detail, address)}`,
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
