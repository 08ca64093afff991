/**
 * How a handle is resolved: the options of `resolve` and `load`, and the environment variables behind them.
 *
 * @module
 */

import {HandleError} from '../errors.js';
import type {HubServices} from '../platform/services.js';
import {shownHandle} from '../shown.js';
import {checkedIntegrity} from './integrity.js';

/** `UNCOMPRESSED` reads models where they are stored, without a cache; the other two download archives. */
export type LoadFormat = 'AUTO' | 'COMPRESSED' | 'UNCOMPRESSED';

export interface DownloadProgress {
  /** What is downloaded, by its handle without password, query and fragment. */
  readonly handle: string;
  /**
   * `waiting` while another process or tab downloads the same model, `downloading` while bytes arrive, `complete`
   * once when the model is there. A model that is in the cache already reports nothing.
   */
  readonly phase: 'waiting' | 'downloading' | 'complete';
  readonly receivedBytes: number;
  /** Null where the server did not say. */
  readonly totalBytes: number | null;
}

export interface ResolveOptions {
  /** Where models are kept (Node). Default: `TFHUB_CACHE_DIR`, else `tfhub_modules` in the temporary directory. */
  readonly cacheDir?: string;
  /**
   * Which model the handle has to stand for: `sha256-` and 44 digits of base64, as `tfhub resolve HANDLE --print-integrity`
   * or {@link integrityOf} tell it. Another model is an IntegrityError, and does not enter the cache. All of the model is
   * read for it, each time that it is resolved. Default: whatever is there.
   */
  readonly integrity?: string;
  /** Default: `TFHUB_MODEL_LOAD_FORMAT`, else `AUTO`. */
  readonly loadFormat?: LoadFormat;
  /** Told of a download, about ten times a second. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Ends the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Bound on the size of an unpacked model, in bytes. Default: 8 GiB. `Infinity` for none. */
  readonly maxBytes?: number;
  /**
   * Bound on the time that finding and downloading a model takes in all, in milliseconds; for a `gs://` directory, which
   * is read later, on that for its listing and for each read of a file. Default: none, but a server that brings less than
   * 4 KiB a second is given up after a while.
   */
  readonly timeoutMs?: number;
  /** How long a server may say nothing before the transfer is taken up anew, in milliseconds. Default: 60,000. */
  readonly idleTimeoutMs?: number;
  /** How often to try again without having got 16 KiB further. Default: 5. */
  readonly retries?: number;
  /** Request headers, sent to the origin of the handle and nowhere else. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How long the temporary directory of another downloader may not grow before its lock is taken for abandoned, in
   * milliseconds. Default: 600,000.
   */
  readonly lockTimeoutMs?: number;
  /**
   * The same for a lock whose owner was a process of this machine that is gone, in milliseconds. Default: 10,000,
   * for the owner may live in another container of the same host name.
   */
  readonly deadLockTimeoutMs?: number;
  /** Where `gs://` locations are read. Default: `STORAGE_EMULATOR_HOST`, else `https://storage.googleapis.com`. */
  readonly gcsEndpoint?: string;
  /** Where Kaggle's API is. Default: `KAGGLE_API_ENDPOINT`, else `https://www.kaggle.com`. */
  readonly kaggleEndpoint?: string;
}

const LOAD_FORMATS: readonly string[] = ['AUTO', 'COMPRESSED', 'UNCOMPRESSED'] satisfies LoadFormat[];

/** Larger than almost every published model, and smaller than what is free on most disks. */
const DEFAULT_MAX_BYTES = 8 * 2 ** 30;

type NumberOption =
  | 'maxBytes'
  | 'timeoutMs'
  | 'idleTimeoutMs'
  | 'retries'
  | 'lockTimeoutMs'
  | 'deadLockTimeoutMs';

/** What the options that are numbers may be, and how that is said. */
const NUMBERS: Readonly<Record<NumberOption, readonly [isValid: (value: number) => boolean, words: string]>> =
  {
    maxBytes: [(value) => value >= 0, 'a number of bytes, or Infinity'],
    timeoutMs: [(value) => value > 0, 'a number of milliseconds above 0'],
    idleTimeoutMs: [(value) => value > 0, 'a number of milliseconds above 0'],
    retries: [(value) => Number.isInteger(value) && value >= 0, 'a whole number, 0 or more'],
    lockTimeoutMs: [(value) => value >= 0, 'a number of milliseconds'],
    deadLockTimeoutMs: [(value) => value >= 0, 'a number of milliseconds'],
  };

/** RFC 9110, sections 5.1 and 5.5. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function checkOptions(options: ResolveOptions): void {
  for (const [name, [isValid, words]] of Object.entries(NUMBERS)) {
    const value: unknown = options[name as NumberOption];
    if (value !== undefined && !(typeof value === 'number' && isValid(value))) {
      throw new HandleError(`The option ${name} is ${words}, not ${String(value)}.`);
    }
  }
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (HEADER_NAME.test(name) && typeof value === 'string' && HEADER_VALUE.test(value)) continue;
    // Not the value: it is most likely a key.
    throw new HandleError(`The option headers holds ${JSON.stringify(name)}, which HTTP cannot carry.`);
  }
}

/** Options with everything settled that does not depend on the handle. */
export interface ResolveSettings extends ResolveOptions {
  readonly services: HubServices;
  readonly loadFormat: LoadFormat;
  readonly maxBytes: number;
  readonly idleTimeoutMs: number;
  readonly retries: number;
  readonly lockTimeoutMs: number;
  readonly deadLockTimeoutMs: number;
  readonly gcsEndpoint: string;
  readonly kaggleEndpoint: string;
  readonly insecure: boolean;
}

export function settle(options: ResolveOptions, services: HubServices): ResolveSettings {
  checkOptions(options);
  const variable = (name: string) => services.environment(name) || undefined;
  const loadFormat = options.loadFormat ?? variable('TFHUB_MODEL_LOAD_FORMAT') ?? 'AUTO';
  if (!LOAD_FORMATS.includes(loadFormat)) {
    throw new HandleError(
      `'${loadFormat}' is no load format. TFHUB_MODEL_LOAD_FORMAT and loadFormat take ${LOAD_FORMATS.join(', ')}.`,
    );
  }
  return {
    ...options,
    integrity: checkedIntegrity(options.integrity),
    services,
    loadFormat: loadFormat as LoadFormat,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    retries: options.retries ?? 5,
    lockTimeoutMs: options.lockTimeoutMs ?? 600_000,
    deadLockTimeoutMs: options.deadLockTimeoutMs ?? 10_000,
    gcsEndpoint: endpoint(
      options.gcsEndpoint ?? variable('STORAGE_EMULATOR_HOST') ?? 'https://storage.googleapis.com',
    ),
    kaggleEndpoint: endpoint(
      options.kaggleEndpoint ?? variable('KAGGLE_API_ENDPOINT') ?? 'https://www.kaggle.com',
    ),
    // The reference takes this one value and no other.
    insecure: variable('TFHUB_DISABLE_CERT_VALIDATION') === 'true',
  };
}

/** An address without a slash at its end; Google's clients take STORAGE_EMULATOR_HOST without a scheme, too. */
function endpoint(address: string): string {
  const url = /^https?:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(url)) throw new HandleError(`'${shownHandle(address)}' is not the address of a server.`);
  return url.replace(/\/+$/, '');
}
