/**
 * One file over HTTP, as a stream that survives a broken connection: what is missing is asked for by range
 * (RFC 9110, sections 13.1.5 and 14), and where the server cannot do that, the whole begins anew.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {getPlatform} from '../platform/current.js';
import {shownHandle} from '../shown.js';
import {NetworkError} from './failures.js';
import {type Answer, failure, type HttpSession} from './http.js';
import type {Patience} from './retry.js';

export interface TransferOptions {
  readonly session: HttpSession;
  readonly url: string;
  readonly decodesContent: boolean;
  /** Bound on the length of the file, which need not say how long it is. Default: none. */
  readonly maxBytes?: number;
  readonly onBytes?: (received: number, total: number | null) => void;
}

/** What was received cannot be continued. */
class MustRestart extends Error {}

/**
 * Downloads `url` into `consume`. Where a broken transfer cannot be continued, `restart` is called and `consume` once
 * more, with the stream from its beginning.
 */
export async function transfer<T>(
  options: TransferOptions,
  consume: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  restart: () => Promise<void>,
): Promise<T> {
  const patience = options.session.patience();
  for (;;) {
    const attempt = new Attempt(options, patience);
    try {
      return await consume(attempt.bytes());
    } catch (error) {
      if (!(error instanceof MustRestart)) throw error;
      await restart();
    } finally {
      attempt.cancel();
    }
  }
}

/**
 * The bytes of `url`, one piece after the other. What was given cannot be taken back, so that a transfer is over where it broke and
 * cannot be continued.
 */
export async function* streamed(options: TransferOptions): AsyncGenerator<Uint8Array> {
  const attempt = new Attempt(options, options.session.patience());
  try {
    yield* attempt.bytes();
  } catch (error) {
    if (!(error instanceof MustRestart)) throw error;
    throw new DownloadError(
      `The transfer of ${shownHandle(options.url)} broke off, and its server cannot continue it.`,
    );
  } finally {
    attempt.cancel();
  }
}

/** What tells that a later answer is about the same bytes. */
interface Identity {
  readonly etag: string | null;
  readonly total: number | null;
  /** The `If-Range` value, where the server gave one that is good enough for it. */
  readonly validator: string | null;
}

class Attempt {
  private received = 0;
  private identity: Identity | null = null;
  private crc = 0;
  private expectedCrc: number | null = null;
  private answer: Answer | null = null;

  constructor(
    private readonly options: TransferOptions,
    private readonly patience: Patience,
  ) {}

  cancel(): void {
    this.answer?.cancel();
  }

  private get maxBytes(): number {
    return this.options.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  private tooLong(bytes: string): DownloadError {
    return new DownloadError(
      `${shownHandle(this.options.url)} is too large: it has ${bytes} bytes. ` +
        'Raise the option maxBytes if that is wanted.',
    );
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      try {
        yield* this.remaining();
        this.check();
        return;
      } catch (error) {
        this.cancel();
        await this.patience.afterFailure(error, this.received);
        if (this.received > 0 && !this.identity?.validator) throw new MustRestart();
      }
    }
  }

  private async *remaining(): AsyncGenerator<Uint8Array> {
    const answer = await this.ask();
    let skip = this.place(answer);
    for await (const chunk of answer.body) {
      const fresh = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      this.received += fresh.length;
      this.patience.reached(this.received);
      if (this.received > this.maxBytes) throw this.tooLong(`more than ${this.maxBytes}`);
      if (this.expectedCrc !== null) this.crc = getPlatform().crc32c(fresh, this.crc);
      this.options.onBytes?.(this.received, this.identity?.total ?? null);
      yield fresh;
    }
    const total = this.identity?.total ?? null;
    if (total !== null && this.received < total) {
      throw new NetworkError(
        `Cannot read ${shownHandle(this.options.url)}: the transfer ended at byte ${this.received} of ${total}.`,
        'fully',
      );
    }
  }

  private async ask(): Promise<Answer> {
    const validator = this.identity?.validator;
    const answer = await this.options.session.get(
      this.options.url,
      this.patience,
      this.received > 0 && validator ? {range: `bytes=${this.received}-`, 'if-range': validator} : {},
    );
    this.answer = answer;
    if (answer.status !== 200 && answer.status !== 206 && answer.status !== 416) throw await failure(answer);
    return answer;
  }

  /** Finds where in the file an answer begins: how many of its bytes are known already. */
  private place(answer: Answer): number {
    if (this.received === 0) {
      if (answer.status !== 200) {
        throw new DownloadError(
          `${shownHandle(answer.url)} answers a whole request with status ${answer.status}.`,
        );
      }
      this.begin(answer);
      return 0;
    }
    const known = this.identity!;
    const etag = answer.header('etag');
    if (answer.status === 206) {
      const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range') ?? '') ?? [];
      const other =
        total !== undefined && total !== '*' && known.total !== null && Number(total) !== known.total;
      const otherTag = etag !== null && known.etag !== null && etag !== known.etag;
      if (from === undefined || Number(from) > this.received || other || otherTag) throw new MustRestart();
      return this.received - Number(from);
    }
    if (answer.status === 200 && isStrong(etag) && etag === known.etag) return this.received;
    throw new MustRestart();
  }

  private begin(answer: Answer): void {
    const etag = answer.header('etag');
    const encoded =
      this.options.decodesContent && (answer.header('content-encoding') ?? 'identity') !== 'identity';
    const length = encoded ? null : answer.header('content-length');
    this.identity = {
      etag,
      total: length !== null && /^\d+$/.test(length) ? Number(length) : null,
      validator: encoded ? null : isStrong(etag) ? etag : answer.header('last-modified'),
    };
    const {total} = this.identity;
    if (total !== null && total > this.maxBytes) throw this.tooLong(String(total));
    this.expectedCrc = encoded ? null : storedCrc(answer.header('x-goog-hash'));
    const type = answer.header('content-type') ?? '';
    if (/^text\/html\b/i.test(type)) {
      throw new DownloadError(
        `${shownHandle(this.options.url)} answers with a web page instead of a model. ` +
          'Either the handle is wrong, or the server wants you to sign in first.',
      );
    }
  }

  private check(): void {
    if (this.expectedCrc !== null && this.crc !== this.expectedCrc) {
      throw new DownloadError(
        `What arrived from ${shownHandle(this.options.url)} differs from what is stored there.`,
      );
    }
  }
}

function isStrong(etag: string | null): boolean {
  return etag !== null && /^"[^"]*"$/.test(etag);
}

/** The CRC-32C in Cloud Storage's `x-goog-hash` header, there in base64, highest byte first. */
function storedCrc(header: string | null): number | null {
  const base64 = /(?:^|,\s*)crc32c=([A-Za-z0-9+/]{6}==)/.exec(header ?? '')?.[1];
  if (base64 === undefined) return null;
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new DataView(bytes.buffer).getUint32(0);
}
