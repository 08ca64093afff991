/**
 * Compiled models in a directory beside the models that were downloaded: `<cache>/compiled/<key>/`.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import * as fs from 'node:fs';
import os from 'node:os';
import {join} from 'node:path';
import type {CompiledEntry, CompiledModel, CompiledModels, PendingModel} from './compiled_models.js';
import {getPlatform} from './current.js';
import {absolutePath} from './node_directory.js';
import {STAGED_MODEL} from './node_replace.js';
import {isAbandoned, makeStaging, stagingPrefix, stagingsIn} from './node_staging.js';
import {isAddress} from './paths.js';

/** So many bytes are kept where `TFHUB_COMPILED_BYTES` does not say how many. */
const MOST_BYTES = 2 ** 31;

/** One model may take this share of them. */
const SHARE = 0.25;

/** The graph. */
const MODEL = 'model.onnx';
/** Its constants. */
const CONSTANTS = 'constants.bin';
/** What the other files are like, written last. */
const SEAL = 'seal.json';

const KEY = /^[0-9a-f]{64}$/;

/** So much is read at a time to be compared with its checksum. */
const PIECE_BYTES = 2 ** 22;

/**
 * The compiled models of a cache directory.
 *
 * @param cacheDir - default: `TFHUB_CACHE_DIR`, else a directory of the temporary one, which has to be this user's
 * @returns undefined where none are to be kept
 */
export function nodeCompiledModels(cacheDir?: string): CompiledModels | undefined {
  const most = bytesOf(process.env.TFHUB_COMPILED_BYTES);
  if (most === 0) return undefined;
  const chosen = cacheDir || process.env.TFHUB_CACHE_DIR || undefined;
  try {
    const cache = directoryAt(chosen ?? join(os.tmpdir(), 'tfhub_modules'));
    return cache === undefined ? undefined : new DirectoryOfCompiledModels(cache, most, chosen === undefined);
  } catch {
    // A relative path, and the working directory is gone.
    return undefined;
  }
}

/** Undefined for what names no directory of this machine: who downloads a model is told so. */
function directoryAt(path: unknown): string | undefined {
  return typeof path === 'string' && !isAddress(path) ? absolutePath(path) : undefined;
}

/** A number of bytes; the default for what is none. */
function bytesOf(text: string | undefined): number {
  const bytes = Number(text || undefined);
  return bytes >= 0 ? bytes : MOST_BYTES;
}

class DirectoryOfCompiledModels implements CompiledModels {
  readonly directory: string;
  readonly most: number;
  readonly #cache: string;
  readonly #bound: number;
  /** Whether nobody has chosen the directory: it lies where all users of a machine may write. */
  readonly #isDefault: boolean;

  constructor(cache: string, bound: number, isDefault: boolean) {
    this.#cache = cache;
    this.directory = join(cache, 'compiled');
    this.#bound = bound;
    this.most = bound * SHARE;
    this.#isDefault = isDefault;
  }

  key(parts: Iterable<string | Uint8Array>): string {
    const hash = createHash('sha256').update(processor());
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      // So that no two lists of parts are one text.
      hash.update(`\n${bytes.length}:`).update(bytes);
    }
    return hash.digest('hex');
  }

  find(key: string): CompiledModel | undefined {
    if (!this.#isTrusted) return undefined;
    const directory = join(this.directory, key);
    try {
      const seal = JSON.parse(fs.readFileSync(join(directory, SEAL), 'utf8')) as Seal;
      const now = sealOf(directory);
      if (seal.model !== now.model || seal.constants !== now.constants) {
        // Something was lost when the machine stopped.
        this.remove(key);
        return undefined;
      }
      const model = fs.readFileSync(join(directory, MODEL));
      touch(join(directory, SEAL));
      return {model, directory};
    } catch {
      return undefined;
    }
  }

  begin(key: string): PendingModel | undefined {
    const prefix = stagingPrefix(key);
    try {
      if (!this.#isTrusted) return undefined;
      fs.mkdirSync(this.#cache, {recursive: true, mode: 0o700});
      // Whoever was faster may be somebody else.
      if (!this.#isTrusted) return undefined;
      fs.mkdirSync(this.directory, {recursive: true, mode: 0o700});
      this.#clean();
      const staging = makeStaging(this.directory, prefix);
      const directory = join(staging, STAGED_MODEL);
      const discard = () => removeAll(staging);
      return {
        path: join(directory, MODEL),
        constants: CONSTANTS,
        discard,
        keep: () => {
          try {
            fs.writeFileSync(join(directory, SEAL), JSON.stringify(sealOf(directory)));
            fs.renameSync(directory, join(this.directory, key));
            this.#makeRoom(key);
          } catch {
            // Another process has kept the same, or there is no room on the disk.
          } finally {
            discard();
          }
        },
      };
    } catch {
      return undefined;
    }
  }

  remove(key: string): void {
    let aside: string | undefined;
    try {
      aside = makeStaging(this.directory, stagingPrefix(key));
      // Moved away first, so that nobody finds half of it.
      fs.renameSync(join(this.directory, key), join(aside, STAGED_MODEL));
    } catch {
      // Somebody else has removed it, or this user may not.
    }
    if (aside !== undefined) removeAll(aside);
  }

  entries(): readonly CompiledEntry[] {
    return this.#isTrusted ? this.#entries() : [];
  }

  #entries(): CompiledEntry[] {
    return namesIn(this.directory).flatMap((key) => {
      if (!KEY.test(key)) return [];
      const directory = join(this.directory, key);
      const sizes = [MODEL, CONSTANTS, SEAL].map((name) => statusOf(join(directory, name))?.size ?? 0);
      const sealed = statusOf(join(directory, SEAL));
      return [
        {key, size: sizes.reduce((sum, size) => sum + size, 0), lastUsed: sealed?.mtime ?? new Date(0)},
      ];
    });
  }

  /** Removes what was not used for the longest time until the rest is within the bound. */
  #makeRoom(wanted: string): void {
    const entries = this.#entries().sort((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime());
    let bytes = entries.reduce((sum, {size}) => sum + size, 0);
    for (const {key, size} of entries) {
      if (bytes <= this.#bound) return;
      if (key === wanted) continue;
      this.remove(key);
      bytes -= size;
    }
  }

  /** Removes what processes have left that are no more. */
  #clean(): void {
    for (const staging of stagingsIn(this.directory, '.')) if (isAbandoned(staging)) removeAll(staging);
  }

  /** False where what is there may be another user's, who could put there what they like. */
  get #isTrusted(): boolean {
    const user = process.getuid?.();
    if (!this.#isDefault || user === undefined) return true;
    return [this.#cache, this.directory].every((path) => {
      const status = fs.lstatSync(path, {throwIfNoEntry: false});
      return (
        status === undefined || (status.isDirectory() && status.uid === user && (status.mode & 0o022) === 0)
      );
    });
  }
}

/** Checksums of the files of a compiled model. */
interface Seal {
  readonly model: number;
  readonly constants: number;
}

function sealOf(directory: string): Seal {
  return {model: checksumOf(join(directory, MODEL)), constants: checksumOf(join(directory, CONSTANTS))};
}

/** 0 for a file that is not there: a model may have no constants beside it. */
function checksumOf(path: string): number {
  const {crc32c} = getPlatform();
  let file: number;
  try {
    file = fs.openSync(path, 'r');
  } catch {
    return 0;
  }
  try {
    const piece = new Uint8Array(PIECE_BYTES);
    let crc = 0;
    for (;;) {
      const length = fs.readSync(file, piece);
      if (length === 0) return crc;
      crc = crc32c(piece.subarray(0, length), crc);
    }
  } finally {
    fs.closeSync(file);
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    fs.utimesSync(path, now, now);
  } catch {
    // A cache that may not be written to is still a cache.
  }
}

function removeAll(path: string): void {
  try {
    fs.rmSync(path, {recursive: true, force: true});
  } catch {
    // In use, as some systems have it: it is removed another time.
  }
}

function namesIn(path: string): string[] {
  try {
    return fs.readdirSync(path);
  } catch {
    return [];
  }
}

const statusOf = (path: string): fs.Stats | undefined => fs.statSync(path, {throwIfNoEntry: false});

/** What a processor can do, as far as that decides how constants are laid out for it. */
const TRAITS = /^(model name|flags|Features|CPU (implementer|architecture|variant|part|revision))\s*:.*$/gm;

let described: string | undefined;

/** The processor, and what it can do. */
function processor(): string {
  described ??= [process.platform, process.arch, ...processorTraits()].join('\n');
  return described;
}

function processorTraits(): string[] {
  try {
    // The first of them, which are alike.
    const [first = ''] = firstBytes('/proc/cpuinfo', 2 ** 13).split('\n\n');
    return first.match(TRAITS) ?? [];
  } catch {
    return [os.cpus()[0]?.model ?? ''];
  }
}

function firstBytes(path: string, length: number): string {
  const file = fs.openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.toString('latin1', 0, fs.readSync(file, bytes));
  } finally {
    fs.closeSync(file);
  }
}
