/**
 * Archives of models as the server sends them: a plain tar is put together while it is read, at any offset; a gzipped
 * one is made once and kept in a temporary directory.
 *
 * @module
 */

import {createWriteStream} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import {packTar} from 'modern-tar';
import {
  ChangedFile,
  describeFile,
  type HostedFile,
  type HostedModel,
  openHosted,
  requireUnchanged,
} from './node_tree.js';

/** Bytes that can be read from any offset. */
export interface ByteSource {
  readonly size: number;
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  /** Differs where the bytes differ. */
  readonly identity: string;
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

export interface ArchiveStore {
  archiveOf(model: HostedModel): Promise<ByteSource>;
  close(): Promise<void>;
}

const CHUNK = 1 << 18;
const BLOCK = 512;
const TAR_END = new Uint8Array(2 * BLOCK);

export function fileSource(file: HostedFile): ByteSource {
  return {
    size: file.size,
    type: 'application/octet-stream',
    modified: file.modified,
    identity: `${file.path}\0${file.identity}`,
    read: (from, to) => readFile(file, from, to),
  };
}

async function* readFile(file: HostedFile, from: number, to: number): AsyncGenerator<Uint8Array> {
  const handle = await openHosted(file);
  try {
    for (let offset = from; offset < to; ) {
      const {buffer, bytesRead} = await handle.read(
        Buffer.allocUnsafe(Math.min(CHUNK, to - offset)),
        0,
        undefined,
        offset,
      );
      if (bytesRead === 0) throw new ChangedFile(`${file.path} ended while it was read.`);
      // Before what was read is given away, so that nobody takes bytes of another state for those of this one.
      await requireUnchanged(file, handle);
      yield buffer.subarray(0, bytesRead);
      offset += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

export function archiveStore({gzip}: {readonly gzip: boolean}): ArchiveStore {
  return gzip ? new GzipStore() : {archiveOf: tarSource, close: async () => undefined};
}

/** An archive that was made, or is being made. */
interface Made {
  /** That of the tar in it. */
  readonly identity: string;
  readonly archive: Promise<GzipFile>;
}

interface GzipFile extends ByteSource {
  readonly file: string;
}

/** Gzipped archives, one of each model: made once, whoever asks for it meanwhile, and anew when the model changes. */
class GzipStore implements ArchiveStore {
  readonly #made = new Map<string, Made>();
  readonly #closed = new AbortController();
  #folder: Promise<string> | null = null;
  #count = 0;

  async archiveOf(model: HostedModel): Promise<ByteSource> {
    const tar = await tarSource(model);
    // From here to the entry in the table nothing may be awaited: others are looking, too.
    const made = this.#made.get(model.real);
    if (made?.identity === tar.identity) return made.archive;
    const archive = this.#make(tar, `${this.#count++}.tar.gz`);
    const entry: Made = {identity: tar.identity, archive};
    this.#made.set(model.real, entry);
    archive.catch(() => {
      // What failed is tried again by whoever asks next.
      if (this.#made.get(model.real) === entry) this.#made.delete(model.real);
    });
    // Who reads the archive of the model as it was has it open.
    made?.archive.then(({file}) => rm(file, {force: true})).catch(() => undefined);
    return archive;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled([...this.#made.values()].map(({archive}) => archive));
    if (this.#folder) await rm(await this.#folder, {recursive: true, force: true});
  }

  #directory(): Promise<string> {
    this.#folder ??= mkdtemp(path.join(os.tmpdir(), 'tfhub-host-')).catch((error) => {
      this.#folder = null;
      throw error;
    });
    return this.#folder;
  }

  async #make(tar: ByteSource, name: string): Promise<GzipFile> {
    const file = path.join(await this.#directory(), name);
    try {
      const {signal} = this.#closed;
      await pipeline(Readable.from(tar.read(0, tar.size)), createGzip(), createWriteStream(file), {signal});
    } catch (error) {
      await rm(file, {force: true});
      throw error;
    }
    const made = await describeFile(name, file);
    if (made === null) throw new Error(`${file} is gone.`);
    return {
      // Without identity, for its removal is a change of the file, and none of what those read who have it open.
      ...fileSource({...made, identity: null}),
      type: 'application/gzip',
      modified: tar.modified,
      identity: `gzip\0${tar.identity}`,
      file,
    };
  }
}

/** A stretch of an archive: bytes of its own, or those of a file. */
type Part = {readonly start: number; readonly size: number} & (
  | {readonly bytes: Uint8Array}
  | {readonly file: HostedFile}
);

/** The tar archive of a model. Only its headers are in memory. */
export async function tarSource(model: HostedModel): Promise<ByteSource> {
  const parts: Part[] = [];
  let size = 0;
  const add = (part: {readonly bytes: Uint8Array} | {readonly file: HostedFile}) => {
    const length = 'bytes' in part ? part.bytes.length : part.file.size;
    if (length > 0) parts.push({...part, start: size, size: length});
    size += length;
  };
  const directories = new Set<string>();
  for (const file of model.files) {
    const name = inModel(model, file);
    for (const directory of parentsOf(name).filter((parent) => !directories.has(parent))) {
      directories.add(directory);
      add({bytes: await header(`${directory}/`, 0, file.modified)});
    }
    add({bytes: await header(name, file.size, file.modified)});
    add({file});
    add({bytes: new Uint8Array(-file.size & (BLOCK - 1))});
  }
  add({bytes: TAR_END});
  return {
    size,
    type: 'application/x-tar',
    modified: Math.max(0, ...model.files.map(({modified}) => modified)),
    identity: JSON.stringify(model.files.map((file) => [inModel(model, file), file.identity])),
    read: (from, to) => readParts(parts, from, to),
  };
}

function inModel(model: HostedModel, file: HostedFile): string {
  return file.path.slice(model.path.length + 1);
}

async function* readParts(parts: readonly Part[], from: number, to: number): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    const first = Math.max(from - part.start, 0);
    const last = Math.min(to - part.start, part.size);
    if (first >= last) continue;
    if ('bytes' in part) yield part.bytes.subarray(first, last);
    else yield* readFile(part.file, first, last);
  }
}

function parentsOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** The header of an entry. The library writes one for an empty file, for it wants the bytes of all others with it. */
async function header(name: string, size: number, modified: number): Promise<Uint8Array> {
  const type = name.endsWith('/') ? 'directory' : 'file';
  const mode = type === 'file' ? 0o644 : 0o755;
  const packed = await packTar([{header: {name, size: 0, type, mode, mtime: new Date(modified)}}]);
  const bytes = packed.slice(0, packed.length - TAR_END.length);
  if (size === 0) return bytes;
  const block = bytes.subarray(bytes.length - BLOCK);
  const field = block.subarray(124, 136);
  if (size < 8 ** 11) {
    field.set(Buffer.from(`${size.toString(8).padStart(11, '0')}\0`));
  } else {
    // Larger than 11 octal digits: binary, as GNU tar writes it.
    field.fill(0);
    new DataView(field.buffer, field.byteOffset).setBigUint64(4, BigInt(size));
    field[0] = 0x80;
  }
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return bytes;
}
