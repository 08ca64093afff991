/**
 * The integrity of a model: one hash over all of its files, the same however the model came and wherever it lies.
 *
 * `sha256-` and, in base64, the SHA-256 of a text that has a line for each file, as `sha256sum` prints it (64 hexadecimal
 * digits, two spaces, the path with `/`, a line feed), ordered by the bytes of the paths in UTF-8. Directories do not count.
 *
 * @module
 */

import {FormatError, HandleError, IntegrityError} from '../errors.js';
import type {ModelDirectory} from '../platform/platform.js';
import type {FileWriter, Hash, ModelSink} from '../platform/services.js';
import {shownHandle} from '../shown.js';

/** Makes a SHA-256. */
export type MakeHash = () => Hash;

/** Hashes of files in hexadecimal, by path. */
type FileHashes = ReadonlyMap<string, string>;

const READ_BYTES = 1 << 20;
/** Symbolic links of a local directory may lead in circles. */
const MAX_ENTRIES = 100_000;
/** SHA-256 in base64: 43 digits, the last of which has two bits to spare, and a filler. */
const INTEGRITY = /^sha256-[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a line feed would make two lines of one.
const CONTROL = /[\x00-\x1f\x7f]/;

/** @throws HandleError where the option `integrity` is not of its form. */
export function checkedIntegrity(integrity: unknown): string | undefined {
  if (integrity === undefined) return undefined;
  if (typeof integrity === 'string' && INTEGRITY.test(integrity)) return integrity;
  throw new HandleError(
    `The option integrity is ${JSON.stringify(integrity)}, and not 'sha256-' with 44 digits of base64. ` +
      '`tfhub resolve HANDLE --print-integrity` prints the one of a model.',
  );
}

/** The integrity of the model in a directory, all of which is read for it. */
export async function integrityOf(directory: ModelDirectory, makeHash: MakeHash): Promise<string> {
  const hashes = new Map<string, string>();
  const unread = [''];
  let entries = 0;
  for (let inside = unread.pop(); inside !== undefined; inside = unread.pop()) {
    for (const name of await directory.list(inside)) {
      if (++entries > MAX_ENTRIES) {
        throw new FormatError(
          `${directory.name} has more than ${MAX_ENTRIES} files, or links that lead in a circle: no integrity can be told.`,
        );
      }
      const path = inside === '' ? name : `${inside}/${name}`;
      const hash = await hashOfFile(directory, path, makeHash);
      if (hash === null) unread.push(path);
      else hashes.set(path, hash);
    }
  }
  return integrityFrom(hashes, makeHash);
}

/** @throws IntegrityError where `actual` is not what was asked for. */
export function demandIntegrity(what: string, wanted: string, actual: string): void {
  if (actual === wanted) return;
  throw new IntegrityError(
    `${shownHandle(what)} is not the model that was asked for: its integrity is ${actual}, and not ${wanted}. ` +
      'Either the model was exchanged, or the option integrity belongs to another one or to another version of it.',
  );
}

/** SHA-256 in hexadecimal; null where no file is. */
export async function hashOfFile(
  directory: ModelDirectory,
  path: string,
  makeHash: MakeHash,
): Promise<string | null> {
  const file = await directory.open(path);
  if (!file) return null;
  try {
    const hash = makeHash();
    const buffer = new Uint8Array(Math.min(READ_BYTES, file.size));
    for (let offset = 0; offset < file.size; offset += READ_BYTES) {
      const piece = buffer.subarray(0, Math.min(READ_BYTES, file.size - offset));
      await file.readInto(piece, offset);
      hash.update(piece);
    }
    return hexadecimal(hash.digest());
  } finally {
    await file.close();
  }
}

function integrityFrom(hashes: FileHashes, makeHash: MakeHash): string {
  const encoder = new TextEncoder();
  const lines = [...hashes].map(([path, hash]) => {
    if (CONTROL.test(path)) {
      throw new FormatError(
        `The file ${JSON.stringify(path)} has a control character in its name; no integrity can be told.`,
      );
    }
    return {path: encoder.encode(path), line: encoder.encode(`${hash}  ${path}\n`)};
  });
  const whole = makeHash();
  for (const {line} of lines.sort((a, b) => compareBytes(a.path, b.path))) whole.update(line);
  return `sha256-${btoa(String.fromCharCode(...whole.digest()))}`;
}

/** Code units of JavaScript's strings are in another order than UTF-8. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? a.length - b.length : at < b.length ? a[at]! - b[at]! : 1;
}

const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Passes a model's files on, and hashes them as they go by. */
export class HashingSink implements ModelSink {
  private readonly hashes = new Map<string, string>();

  constructor(
    private readonly sink: ModelSink,
    private readonly makeHash: MakeHash,
  ) {}

  /** Of what has gone by. */
  integrity(): string {
    return integrityFrom(this.hashes, this.makeHash);
  }

  createDirectory(path: string): Promise<void> {
    return this.sink.createDirectory(path);
  }

  async createFile(path: string): Promise<FileWriter> {
    const file = await this.sink.createFile(path);
    const hash = this.makeHash();
    return {
      write: async (bytes) => {
        hash.update(bytes);
        await file.write(bytes);
      },
      close: async () => {
        await file.close();
        this.hashes.set(path, hexadecimal(hash.digest()));
      },
    };
  }

  async clear(): Promise<void> {
    this.hashes.clear();
    await this.sink.clear();
  }
}
