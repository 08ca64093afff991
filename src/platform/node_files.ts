/**
 * The file system of Node, as the cache needs it.
 *
 * @module
 */

import {randomUUID} from 'node:crypto';
import type {Stats} from 'node:fs';
import {constants, createReadStream} from 'node:fs';
import * as fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {BROKEN_LINK, errorCode, fileError, NOT_A_FILE, worded} from './file_error.js';
import {absolutePath, localDirectory} from './node_directory.js';
import type {FileEntry, FileStatus, FileSystem, FileWriter} from './services.js';

const always = () => true;
/** Only for its owner. */
const PRIVATE = 0o700;
const READ_CHUNK = 1 << 20;
/** What is read as text is small; a larger file is none of this library's. */
const MAX_TEXT = 64 << 20;
/** Where a file system has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
const IN_THE_WAY = new Set(['ENOTEMPTY', 'EEXIST']);
const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR']);
const TAKEN = new Set(['EEXIST']);

/** Subject to the user's mask, as Node and Python have it. */
const SHARED_FILE = 0o666;
const PRIVATE_FILE = 0o600;

/** The value of a call, or `otherwise` where it failed with one of these codes. */
async function unless<T, U>(codes: ReadonlySet<string>, otherwise: U, call: Promise<T>): Promise<T | U> {
  try {
    return await call;
  } catch (error) {
    if (codes.has(errorCode(error))) return otherwise;
    throw error;
  }
}

const statOf = (file: string): Promise<Stats | null> => unless(NOTHING_THERE, null, fs.stat(file));
const kindOf = (stats: Stats): FileStatus['kind'] =>
  stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';

async function statusOf(file: string): Promise<FileStatus | null> {
  const stats = await statOf(file);
  return stats && {kind: kindOf(stats), size: stats.size, modified: stats.mtimeMs};
}

async function entryOf(file: string): Promise<FileEntry | null> {
  const stats = await unless(NOTHING_THERE, null, fs.lstat(file));
  // Windows has no owners of this kind, and gives every user a temporary directory of their own.
  const user = process.getuid?.();
  return (
    stats && {
      kind: stats.isSymbolicLink() ? 'link' : kindOf(stats),
      isOwn: user === undefined || stats.uid === user,
      isPrivate: user === undefined || (stats.mode & 0o077) === 0,
    }
  );
}

async function textOf(file: string): Promise<string | null> {
  const stats = await statOf(file);
  // Opening what is no file could block (a pipe).
  if (!stats?.isFile()) return null;
  if (stats.size > MAX_TEXT) throw fileError('read', file, 'EFBIG');
  return unless(NOTHING_THERE, null, fs.readFile(file, 'utf8'));
}

/**
 * Step by step: where the first directory to be made is on a read-only file system, Node's own way to make several
 * says that something does not exist.
 */
async function makeDirectories(directory: string, mode?: number): Promise<void> {
  try {
    await fs.mkdir(directory, mode);
  } catch (cause) {
    const code = errorCode(cause);
    const parent = path.dirname(directory);
    if (code === 'ENOENT' && parent !== directory) {
      await makeDirectories(parent);
      await fs.mkdir(directory, mode).catch((again) => {
        if (errorCode(again) === 'EEXIST') return;
        // As on file systems that only show what the kernel knows.
        if (errorCode(again) === 'ENOENT') throw fileError('create', directory, 'ENOTSUP', again);
        throw again;
      });
      return;
    }
    // A file system that is read-only says so before it says that the directory is there.
    const there = await statOf(directory);
    if (there?.isDirectory()) return;
    if (code !== 'EEXIST') throw cause;
    throw fileError('create', directory, there ? 'ENOTDIR' : BROKEN_LINK, cause);
  }
}

/** A file that appears under its name in one step, whole. */
async function writeBeside(
  target: string,
  text: string,
  mode: number,
  publish: (from: string) => Promise<boolean>,
) {
  // The reference names its own intermediate files in the same way.
  const beside = `${target}.tmp${randomUUID().replaceAll('-', '')}`;
  try {
    await fs.writeFile(beside, text, {flag: 'wx', mode});
    return await publish(beside);
  } finally {
    await fs.rm(beside, {force: true});
  }
}

/** Whether `file` could be given the content of `from`; false where a file is there. */
async function publishNew(from: string, file: string, text: string): Promise<boolean> {
  // A link, unlike a rename, fails where the name is taken.
  if (await unless(new Set([...NO_LINKS, ...TAKEN]), false, fs.link(from, file).then(always))) return true;
  const there = await entryOf(file);
  if (!there) return unless(TAKEN, false, fs.writeFile(file, text, {flag: 'wx'}).then(always));
  const behind = await statOf(file);
  if (behind?.isFile()) return false;
  // Something may have been removed between the two looks, a link to nothing was not.
  if (!behind && there.kind !== 'link') return false;
  throw fileError('write', file, !behind ? BROKEN_LINK : behind.isDirectory() ? 'EISDIR' : NOT_A_FILE);
}

async function writerOf(file: string): Promise<FileWriter> {
  const handle = await fs.open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  return {
    write: (bytes) =>
      worded('write', file, async () => {
        for (let done = 0; done < bytes.length; ) {
          const {bytesWritten} = await handle.write(bytes, done);
          done += bytesWritten;
        }
      }),
    close: () => worded('write', file, () => handle.close()),
  };
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const chunks = createReadStream(file, {highWaterMark: READ_CHUNK})[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await worded('read', file, () => chunks.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

async function haveSameContent(a: string, b: string): Promise<boolean> {
  const one = await fs.open(a);
  const other = await fs.open(b).catch(async (cause) => {
    await one.close();
    throw cause;
  });
  try {
    if ((await one.stat()).size !== (await other.stat()).size) return false;
    const [left, right] = [Buffer.alloc(READ_CHUNK), Buffer.alloc(READ_CHUNK)];
    for (let offset = 0; ; ) {
      const {bytesRead} = await one.read(left, 0, READ_CHUNK, offset);
      if (bytesRead === 0) return true;
      for (let filled = 0; filled < bytesRead; ) {
        const step = await other.read(right, filled, bytesRead - filled, offset + filled);
        if (step.bytesRead === 0) return false;
        filled += step.bytesRead;
      }
      if (left.compare(right, 0, bytesRead, 0, bytesRead) !== 0) return false;
      offset += bytesRead;
    }
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

/** Every call of the machine, its failures in words. */
export const nodeFiles: FileSystem = {
  temporaryDirectory: os.tmpdir(),
  hostName: os.hostname(),
  processId: process.pid,

  get homeDirectory() {
    try {
      return os.homedir();
    } catch {
      // Users without an entry in the system's list, as containers have them, may have none.
      return path.parse(absolutePath('.')).root;
    }
  },

  join: path.join,

  absolute: absolutePath,

  fileUrl: (file) => pathToFileURL(absolutePath(file)).href,

  status: (file) => worded('read', file, () => statusOf(file)),

  entry: (file) => worded('read', file, () => entryOf(file)),

  list: (directory) => worded('list', directory, () => unless(NOTHING_THERE, null, fs.readdir(directory))),

  readText: (file) => worded('read', file, () => textOf(file)),

  writeText: (file, text) =>
    worded('write', file, async () => {
      await writeBeside(file, text, PRIVATE_FILE, (from) => fs.rename(from, file).then(always));
    }),

  createText: (file, text) =>
    worded('write', file, () => writeBeside(file, text, SHARED_FILE, (from) => publishNew(from, file, text))),

  makeDirectory: (directory) => worded('create', directory, () => makeDirectories(directory)),

  makePrivate: (directory) =>
    worded('create', directory, async () => {
      await makeDirectories(directory, PRIVATE);
      const there = await entryOf(directory);
      if (there?.kind === 'directory' && there.isOwn && !there.isPrivate) await fs.chmod(directory, PRIVATE);
    }),

  rename: (from, to) =>
    worded('create', to, () => unless(IN_THE_WAY, false, fs.rename(from, to).then(always))),

  remove: (target) => worded('remove', target, () => fs.rm(target, {recursive: true, force: true})),

  async touch(file) {
    const now = new Date();
    return fs.utimes(file, now, now).then(always, () => false);
  },

  createFile: (file) => worded('create', file, () => writerOf(file)),

  readFile: chunksOf,

  sameContent: (a, b) => worded('read', a, () => haveSameContent(a, b)),

  isProcessAlive(processId) {
    try {
      process.kill(processId, 0);
      return true;
    } catch (error) {
      // Not ours to signal, but there.
      return errorCode(error) === 'EPERM';
    }
  },

  directory: localDirectory,
};
