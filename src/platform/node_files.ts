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
import {fileURLToPath, pathToFileURL} from 'node:url';
import {localDirectory} from './node.js';
import type {FileStatus, FileSystem, FileWriter} from './services.js';

const READ_CHUNK = 1 << 20;
/** Where a file system has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
const IN_THE_WAY = new Set(['ENOTEMPTY', 'EEXIST']);
const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR']);

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
/** Subject to the user's mask, as Node and Python have it. */
const SHARED_FILE = 0o666;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

/** The value of a call, or `otherwise` where it failed with one of these codes. */
async function unless<T, U>(codes: ReadonlySet<string>, otherwise: U, call: Promise<T>): Promise<T | U> {
  try {
    return await call;
  } catch (error) {
    if (codes.has(codeOf(error))) return otherwise;
    throw error;
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

export const nodeFiles: FileSystem = {
  temporaryDirectory: os.tmpdir(),
  homeDirectory: os.homedir(),
  hostName: os.hostname(),
  processId: process.pid,

  join: path.join,

  absolute: (pathOrUrl) => path.resolve(/^file:/i.test(pathOrUrl) ? fileURLToPath(pathOrUrl) : pathOrUrl),

  fileUrl: (file) => pathToFileURL(path.resolve(file)).href,

  async status(file): Promise<FileStatus | null> {
    const stats: Stats | null = await unless(NOTHING_THERE, null, fs.stat(file));
    if (!stats) return null;
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
    return {kind, size: stats.size, modified: stats.mtimeMs};
  },

  list: (directory) => unless(NOTHING_THERE, null, fs.readdir(directory)),

  readText: (file) => unless(NOTHING_THERE, null, fs.readFile(file, 'utf8')),

  async writeText(file, text) {
    await writeBeside(file, text, PRIVATE_FILE, async (from) => {
      await fs.rename(from, file);
      return true;
    });
  },

  createText: (file, text) =>
    writeBeside(file, text, SHARED_FILE, async (from) => {
      // A link, unlike a rename, fails where the name is taken.
      const linked = await unless(new Set([...NO_LINKS, 'EEXIST']), false, fs.link(from, file).then(always));
      if (linked) return true;
      if (await unless(NOTHING_THERE, null, fs.lstat(file))) return false;
      return unless(new Set(['EEXIST']), false, fs.writeFile(file, text, {flag: 'wx'}).then(always));
    }),

  async makeDirectory(directory) {
    await fs.mkdir(directory, {recursive: true});
  },

  async makePrivate(directory) {
    await fs.mkdir(directory, {recursive: true, mode: PRIVATE_DIRECTORY});
  },

  rename: (from, to) => unless(IN_THE_WAY, false, fs.rename(from, to).then(always)),

  async remove(target) {
    await fs.rm(target, {recursive: true, force: true});
  },

  async touch(file) {
    const now = new Date();
    return fs.utimes(file, now, now).then(always, () => false);
  },

  async createFile(file): Promise<FileWriter> {
    const handle = await fs.open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
    return {
      async write(bytes) {
        for (let done = 0; done < bytes.length; ) {
          const {bytesWritten} = await handle.write(bytes, done);
          done += bytesWritten;
        }
      },
      close: () => handle.close(),
    };
  },

  readFile: (file) => createReadStream(file, {highWaterMark: READ_CHUNK}),

  async sameContent(a, b) {
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
  },

  isProcessAlive(processId) {
    try {
      process.kill(processId, 0);
      return true;
    } catch (error) {
      // Not ours to signal, but there.
      return codeOf(error) === 'EPERM';
    }
  },

  directory: localDirectory,
};

const always = () => true;
