/**
 * Writing models and checkpoints to local directories: beside their place first, and into it once they are complete and
 * on the disk.
 *
 * @module
 */

import {randomUUID} from 'node:crypto';
import * as fs from 'node:fs';
import {type FileHandle, mkdir, open, rm} from 'node:fs/promises';
import os from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {HubError, SaveError} from '../errors.js';
import {MODEL_FILES} from './model_files.js';
import {localDirectory} from './node.js';
import {
  hasLinks,
  replaceByRenames,
  replaceModel,
  restore,
  STAGED_MODEL,
  settle,
  syncDirectory,
  unfinished,
} from './node_replace.js';
import {pathSegments} from './paths.js';
import type {CreateModelOptions, FileWriter, PendingOutput, WritableDirectory} from './platform.js';

/** Some steps take milliseconds. Whoever has been at one for longer (this too is in milliseconds) is no more. */
const ABANDONED_AFTER = 60_000;

/** Tells whose a staging directory is. */
const OWNER = 'owner';

export async function createModel(
  target: unknown,
  options: CreateModelOptions,
): Promise<PendingOutput | null> {
  const path = pathOf(target);
  return path === null ? null : guarded(path, () => new PendingModel(realPath(path), options));
}

export async function writableDirectory(target: unknown): Promise<WritableDirectory | null> {
  const path = pathOf(target);
  return path === null ? null : new WritableLocalDirectory(path);
}

/** A model being written. */
class PendingModel implements PendingOutput {
  readonly name: string;
  readonly #overwrite: boolean;
  readonly #staging: string;
  readonly #files = new NewFiles();

  constructor(target: string, {overwrite}: CreateModelOptions) {
    this.name = target;
    this.#overwrite = overwrite;
    const parent = dirname(target);
    fs.mkdirSync(parent, {recursive: true});
    tidyUp(target);
    checkTarget(target, overwrite);
    this.#staging = join(parent, `${stagingPrefix(target)}${hostName()}.${process.pid}.${randomUUID()}`);
    try {
      fs.mkdirSync(join(this.#staging, STAGED_MODEL), {recursive: true});
      fs.writeFileSync(join(this.#staging, OWNER), ownerText());
    } catch (error) {
      fs.rmSync(this.#staging, {recursive: true, force: true});
      throw error;
    }
  }

  createFile(path: string): Promise<FileWriter> {
    return this.#files.create(join(this.#staging, STAGED_MODEL, ...pathSegments(path)));
  }

  async commit(): Promise<void> {
    await guarded(this.name, () => {
      syncTree(join(this.#staging, STAGED_MODEL));
      // Something may have come into being meanwhile.
      const replaces = checkTarget(this.name, this.#overwrite);
      if (!replaces) this.#moveIn();
      else if (hasLinks(this.#staging)) replaceModel(this.name, this.#staging);
      else replaceByRenames(this.name, this.#staging);
      fs.rmSync(this.#staging, {recursive: true, force: true});
      syncDirectory(dirname(this.name));
    });
  }

  #moveIn(): void {
    // Some systems rename no directory over another, not even over an empty one.
    if (fs.existsSync(this.name)) fs.rmdirSync(this.name);
    fs.renameSync(join(this.#staging, STAGED_MODEL), this.name);
  }

  async discard(): Promise<void> {
    await this.#files.close();
    restore(this.name, this.#staging);
    await rm(this.#staging, {recursive: true, force: true});
  }
}

class WritableLocalDirectory implements WritableDirectory {
  readonly name: string;
  readonly path: string;
  readonly open: WritableDirectory['open'];
  readonly list: WritableDirectory['list'];

  constructor(path: string) {
    const readable = localDirectory(path);
    this.name = path;
    this.path = path;
    this.open = (file) => readable.open(file);
    this.list = (directory) => readable.list(directory);
  }

  async begin(): Promise<PendingOutput> {
    return new PendingFiles(this.path);
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.path, ...pathSegments(path)), {force: true});
  }
}

/** Files being written under names of their own, which get their names in the order in which they were created. */
class PendingFiles implements PendingOutput {
  readonly name: string;
  readonly #renames: {readonly from: string; readonly to: string}[] = [];
  readonly #id = randomUUID();
  readonly #files = new NewFiles();

  constructor(path: string) {
    this.name = path;
  }

  async createFile(path: string): Promise<FileWriter> {
    const to = join(this.name, ...pathSegments(path));
    const from = `${to}.tmp${this.#id}`;
    this.#renames.push({from, to});
    return this.#files.create(from);
  }

  async commit(): Promise<void> {
    await guarded(this.name, () => {
      for (const {from, to} of this.#renames) fs.renameSync(from, to);
      for (const directory of new Set(this.#renames.map(({to}) => dirname(to)))) syncDirectory(directory);
    });
  }

  async discard(): Promise<void> {
    await this.#files.close();
    await Promise.all(this.#renames.map(({from}) => rm(from, {force: true})));
  }
}

/** Files being written, each of which is on the disk once it is closed. */
class NewFiles {
  readonly #open = new Set<FileHandle>();

  async create(path: string): Promise<FileWriter> {
    const file = await guarded(path, async () => {
      await mkdir(dirname(path), {recursive: true});
      return open(path, 'wx');
    });
    this.#open.add(file);
    return {
      write: (bytes) => guarded(path, () => writeWhole(file, bytes)),
      close: () =>
        guarded(path, async () => {
          await file.sync();
          this.#open.delete(file);
          await file.close();
        }),
    };
  }

  /** Closes what a failure has left open. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((file) => file.close()));
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const {bytesWritten} = await file.write(bytes, done);
    done += bytesWritten;
  }
}

/**
 * Whether there is a model at the target that is to be replaced.
 *
 * @throws SaveError when there is something that is not.
 */
function checkTarget(target: string, overwrite: boolean): boolean {
  const status = fs.statSync(target, {throwIfNoEntry: false});
  if (status === undefined) return false;
  if (!status.isDirectory()) throw new SaveError(`cannot save to ${target}: there is a file of that name`);
  const names = fs.readdirSync(target);
  if (names.length === 0) return false;
  if (!names.some((name) => MODEL_FILES.has(name))) {
    throw new SaveError(
      `cannot save to ${target}: the directory has files and no model. Choose another; only models are overwritten`,
    );
  }
  if (!overwrite) {
    throw new SaveError(`cannot save to ${target}: there is a model. Pass {overwrite: true} to replace it`);
  }
  return true;
}

/** Finishes what earlier saves to the same target left when their process died. */
function tidyUp(target: string): void {
  const parent = dirname(target);
  for (const name of fs.readdirSync(parent)) {
    const staging = join(parent, name);
    if (!name.startsWith(stagingPrefix(target)) || isInUse(staging)) continue;
    restore(target, staging);
    fs.rmSync(staging, {recursive: true, force: true});
  }
  const replacement = isDirectory(target) ? unfinished(target) : null;
  if (replacement === null) return;
  if (isInUse(replacement) && isRecent(replacement)) {
    throw new SaveError(`cannot save to ${target}: another process is saving to it right now`);
  }
  settle(target);
}

function isDirectory(path: string): boolean {
  return fs.statSync(path, {throwIfNoEntry: false})?.isDirectory() === true;
}

function stagingPrefix(target: string): string {
  return `.${basename(target)}.saving-`;
}

function ownerText(): string {
  return `${os.hostname()}\n${process.pid}\n`;
}

/** This machine's name, as names of files have it. */
function hostName(): string {
  return os.hostname().replaceAll(/[^\w-]/g, '_');
}

/**
 * Whether the process that a staging directory belongs to may be at work; one of another machine may always be. The
 * directory's name says whose it is while the file that does so is not there yet, or no more.
 */
function isInUse(staging: string): boolean {
  const [host, pid] = readText(join(staging, OWNER)).split('\n');
  if (pid !== undefined) return host !== os.hostname() || isAlive(Number(pid));
  const named = /\.saving-([\w-]+)\.(\d+)\.[\w-]+$/.exec(staging);
  if (named === null) return isRecent(staging);
  return named[1] === hostName() ? isAlive(Number(named[2])) : isRecent(staging);
}

function isRecent(directory: string): boolean {
  const status = fs.statSync(directory, {throwIfNoEntry: false});
  return status !== undefined && Date.now() - status.ctimeMs < ABANDONED_AFTER;
}

function readText(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function syncTree(directory: string): void {
  for (const entry of fs.readdirSync(directory, {withFileTypes: true})) {
    if (entry.isDirectory()) syncTree(join(directory, entry.name));
  }
  syncDirectory(directory);
}

/** An absolute path from a path or a `file:` URL; null for anything else. */
function pathOf(target: unknown): string | null {
  if (target instanceof URL) return target.protocol === 'file:' ? fileURLToPath(target) : null;
  if (typeof target !== 'string' || target === '') return null;
  return resolve(/^file:/i.test(target) ? fileURLToPath(target) : target);
}

/** What a path that is a link stands for: the directory is replaced, not the link. */
function realPath(path: string): string {
  return fs.existsSync(path) ? fs.realpathSync(path) : path;
}

/** Says which path a failure of the system is about. */
async function guarded<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaveError(`cannot write ${path}: ${reason}`, {cause});
  }
}
