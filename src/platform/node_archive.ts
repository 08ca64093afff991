/**
 * Archives of models as the server sends them: a plain tar is put together while it is read, at any offset; a gzipped
 * one is made once and kept in a temporary directory.
 *
 * @module
 */

import {createWriteStream} from 'node:fs';
import {mkdtemp, rename, rm, stat} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import {packTar} from 'modern-tar';
import {type HostedFile, type HostedModel, openHosted} from './node_tree.js';

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
    identity: `${file.path}\0${file.size}\0${file.modified}`,
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
      if (bytesRead === 0) throw new Error(`${file.real} has changed.`);
      yield buffer.subarray(0, bytesRead);
      offset += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

export function archiveStore({gzip}: {readonly gzip: boolean}): ArchiveStore {
  if (!gzip) return {archiveOf: tarSource, close: async () => undefined};
  const made = new Map<string, Promise<ByteSource>>();
  let folder: Promise<string> | null = null;
  return {
    async archiveOf(model) {
      const tar = await tarSource(model);
      folder ??= mkdtemp(path.join(os.tmpdir(), 'tfhub-host-'));
      let archive = made.get(tar.identity);
      if (!archive) {
        archive = makeGzip(tar, path.join(await folder, `${made.size}.tar.gz`));
        archive.catch(() => made.delete(tar.identity));
        made.set(tar.identity, archive);
      }
      return archive;
    },
    async close() {
      if (folder) await rm(await folder, {recursive: true, force: true});
    },
  };
}

async function makeGzip(tar: ByteSource, file: string): Promise<ByteSource> {
  const beside = `${file}.tmp`;
  await pipeline(Readable.from(tar.read(0, tar.size)), createGzip(), createWriteStream(beside));
  await rename(beside, file);
  const {size, mtimeMs} = await stat(file);
  return {
    ...fileSource({path: file, real: file, size, modified: mtimeMs}),
    type: 'application/gzip',
    modified: tar.modified,
    identity: `gzip\0${tar.identity}`,
  };
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
    const name = file.path.slice(model.path.length + 1);
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
    identity: JSON.stringify(model.files.map((file) => [file.path, file.size, file.modified])),
    read: (from, to) => readParts(parts, from, to),
  };
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
