/**
 * Writing models and checkpoints into a directory handle: one that the user picked, or of the origin private file
 * system.
 *
 * A page can put one file in place in one step, and no more. So files are written, in the browser's own temporary
 * ones, and take their places one after the other at the end; those without which nothing is read (`saved_model.pb`,
 * the index of a checkpoint) come last, and old ones go first. Who is interrupted in between is left without a model, never
 * with parts of two. One page at a time writes to a directory.
 *
 * @module
 */

import {HubError, SaveError} from '../errors.js';
import {handleDirectory} from './browser_directory.js';
import {nobodyPlaces, startSaving, whilePlacing} from './browser_lock.js';
import {MODEL_DIRECTORIES, MODEL_FILES, MODEL_ROOT_FILES} from './model_files.js';
import {fileExists} from './output.js';
import {pathSegments} from './paths.js';
import type {
  CreateModelOptions,
  FileWriter,
  PendingOutput,
  WritableDirectory,
  WriteFilesOptions,
} from './platform.js';

/** Files that make others readable; they are small and wait in memory until those are in place. */
const MAKES_READABLE = /(^|\/)(saved_model\.pb|checkpoint|[^/]+\.index)$/;

export async function createModel(
  target: unknown,
  options: CreateModelOptions,
): Promise<PendingOutput | null> {
  if (!isDirectoryHandle(target)) return null;
  const release = await startSaving(target.name, options);
  try {
    return await guarded(target.name, async () => {
      await checkTarget(target, options);
      return new PendingFiles(target, await modelFiles(target), release);
    });
  } catch (error) {
    release();
    throw error;
  }
}

export async function writableDirectory(target: unknown): Promise<WritableDirectory | null> {
  if (!isDirectoryHandle(target)) return null;
  const readable = handleDirectory(target);
  return {
    name: readable.name,
    open: (path) => readable.open(path),
    list: (path) => readable.list(path),
    settled: () => nobodyPlaces(target.name),
    begin: async (options) => new PendingFiles(target, [], await startSaving(target.name, {}), options),
    remove: (path) => guarded(path, () => removeFile(target, path)),
  };
}

/** A file that is written and not yet in its place. */
interface PendingFile {
  readonly path: string;
  /** Whether there was no file of that name, and an empty one holds the place. */
  readonly isNew: boolean;
  readonly stream: FileSystemWritableFileStream;
}

class PendingFiles implements PendingOutput {
  readonly name: string;
  readonly #root: FileSystemDirectoryHandle;
  /** Files of the model to be replaced. */
  readonly #old: readonly string[];
  readonly #release: () => void;
  readonly #overwrite: boolean;
  readonly #written: PendingFile[] = [];
  readonly #waiting = new Map<string, Uint8Array<ArrayBuffer>[]>();

  /** @param release - lets others write to the directory. */
  constructor(
    root: FileSystemDirectoryHandle,
    old: readonly string[],
    release: () => void,
    {overwrite = true}: WriteFilesOptions = {},
  ) {
    this.name = root.name;
    this.#root = root;
    this.#old = old;
    this.#release = release;
    this.#overwrite = overwrite;
  }

  async createFile(path: string): Promise<FileWriter> {
    // Nobody else writes here until all is in place.
    if (!this.#overwrite && (await fileAt(this.#root, path, false)) !== null)
      throw fileExists(path, this.name);
    if (MAKES_READABLE.test(path)) {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      this.#waiting.set(path, pieces);
      return {write: async (bytes) => void pieces.push(bytes.slice()), close: async () => undefined};
    }
    return guarded(path, async () => {
      const isNew = (await fileAt(this.#root, path, false)) === null;
      const file = await fileAt(this.#root, path, true);
      const stream = await writableOf(file!);
      this.#written.push({path, isNew, stream});
      return {
        write: (bytes) => guarded(path, () => stream.write(bytes as Uint8Array<ArrayBuffer>)),
        close: async () => undefined,
      };
    });
  }

  async commit(): Promise<void> {
    await whilePlacing(this.name, () => guarded(this.name, () => this.#putInPlace()));
    this.#release();
  }

  async #putInPlace(): Promise<void> {
    const waiting = [...this.#waiting.keys()];
    const kept = new Set([...this.#written.map(({path}) => path), ...waiting]);
    const first = new Set([
      ...this.#old.filter((path) => MODEL_FILES.has(path)),
      ...waiting.filter((path) => path.endsWith('.index')),
    ]);
    for (const path of first) await removeFile(this.#root, path);
    for (const {stream} of this.#written) await stream.close();
    this.#written.length = 0;
    for (const path of this.#old.filter((each) => !kept.has(each))) await removeFile(this.#root, path);
    for (const [path, pieces] of this.#waiting) {
      const file = await fileAt(this.#root, path, true);
      const stream = await writableOf(file!);
      for (const piece of pieces) await stream.write(piece);
      await stream.close();
    }
  }

  async discard(): Promise<void> {
    try {
      for (const {path, isNew, stream} of this.#written) {
        await stream.abort().catch(() => undefined);
        if (isNew) await removeFile(this.#root, path);
      }
    } finally {
      this.#release();
    }
  }
}

function isDirectoryHandle(target: unknown): target is FileSystemDirectoryHandle {
  return typeof target === 'object' && target !== null && 'getDirectoryHandle' in target;
}

/**
 * Sees to it that a model may be written to a directory: that has nothing yet, or a model, or what is left of one whose page went
 * while it was written.
 *
 * @throws SaveError when it has anything else, or is not to be overwritten.
 */
async function checkTarget(
  target: FileSystemDirectoryHandle,
  {overwrite}: CreateModelOptions,
): Promise<void> {
  const names: string[] = [];
  for await (const name of target.keys()) names.push(name);
  if (names.length === 0) return;
  const isModel = names.some((name) => MODEL_FILES.has(name));
  const parts = new Set<string>([...MODEL_ROOT_FILES, ...MODEL_DIRECTORIES]);
  if (!isModel && names.some((name) => !parts.has(name))) {
    throw new SaveError(
      `cannot save to ${target.name}: the directory has files and no model. ` +
        'Choose another, or make one in it; only models are overwritten',
    );
  }
  if (!overwrite) {
    const what = isModel ? 'a model' : 'what is left of a model that was not saved to the end';
    throw new SaveError(
      `cannot save to ${target.name}: there is ${what}. Pass {overwrite: true} to replace it`,
    );
  }
}

/** Paths of the files of a model; others that are in its directory are not among them. */
async function modelFiles(root: FileSystemDirectoryHandle): Promise<string[]> {
  const paths: string[] = [];
  const visit = async (directory: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
    for await (const [name, entry] of directory.entries()) {
      if (entry.kind === 'file') paths.push(prefix + name);
      else await visit(entry as FileSystemDirectoryHandle, `${prefix}${name}/`);
    }
  };
  for await (const [name, entry] of root.entries()) {
    if (entry.kind === 'file' && MODEL_ROOT_FILES.includes(name)) paths.push(name);
    if (entry.kind === 'directory' && MODEL_DIRECTORIES.includes(name)) {
      await visit(entry as FileSystemDirectoryHandle, `${name}/`);
    }
  }
  return paths;
}

async function fileAt(
  root: FileSystemDirectoryHandle,
  path: string,
  create: boolean,
): Promise<FileSystemFileHandle | null> {
  const parents = pathSegments(path);
  const name = parents.pop()!;
  try {
    let directory = root;
    for (const parent of parents) directory = await directory.getDirectoryHandle(parent, {create});
    return await directory.getFileHandle(name, {create});
  } catch (error) {
    if (!create && isNotFound(error)) return null;
    throw error;
  }
}

async function writableOf(file: FileSystemFileHandle): Promise<FileSystemWritableFileStream> {
  if (!('createWritable' in file)) {
    throw new SaveError(
      'this browser lets no page write to a directory: save an archive instead (saveAsArchive)',
    );
  }
  return file.createWritable();
}

/** Removes a file, and the directories above it where it was all they had. */
async function removeFile(root: FileSystemDirectoryHandle, path: string): Promise<void> {
  const directories = [root];
  const steps = pathSegments(path);
  try {
    for (const step of steps.slice(0, -1))
      directories.push(await directories.at(-1)!.getDirectoryHandle(step));
    await directories.at(-1)!.removeEntry(steps.at(-1)!);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  for (let depth = directories.length - 1; depth > 0; depth--) {
    if (!(await directories[depth]!.keys().next()).done) return;
    await directories[depth - 1]!.removeEntry(steps[depth - 1]!);
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}

/** Says which path a failure of the browser is about, and what a lack of room or of permission means. */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    const name = cause instanceof DOMException ? cause.name : '';
    const reason = REASONS[name] ?? (cause instanceof Error ? cause.message : String(cause));
    throw new SaveError(`cannot write ${path}: ${reason}`, {cause});
  }
}

const REASONS: Readonly<Record<string, string>> = {
  QuotaExceededError: 'there is no more room. Free some, or save elsewhere',
  NotAllowedError: "the page may not write there. Ask for the directory with mode: 'readwrite'",
};
