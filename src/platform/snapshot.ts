/**
 * The files of a directory as they are at one moment, while other processes replace them.
 *
 * Files are opened at once and kept open: who replaces files by others does not change what was opened before. That all that were
 * opened are of one moment is known from a few of them, without which the rest is of no use and which every writer replaces: when
 * they are still the same after the others were opened, nothing was replaced in between. (They are held open, so that no file system
 * can give a new file the number of an old one.) A file that is opened later is followed by the same comparison.
 *
 * Not every writer replaces files: some write over what is in them. So whether they are as they were is looked at again when
 * all is read; and where reading fails, whether that was why.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import type {FileHandle, ModelDirectory} from './platform.js';

/** So many files are opened at once; systems allow a process some hundreds. */
const KEPT_FILES = 64;
/** How often it is tried anew to get files of one moment. */
const TRIES = 40;
/** Milliseconds before the second try, and the most before later ones. */
const FIRST_PAUSE = 5;
const LAST_PAUSE = 200;

/** Which files belong together. */
export interface SnapshotFiles {
  /** Those that stand for all: every writer replaces at least one that is there. */
  readonly anchors: readonly string[];
  /** Paths of those to open at once. */
  others(directory: ModelDirectory): Promise<readonly string[]>;
}

/** Files of one moment. */
export interface FrozenDirectory extends ModelDirectory {
  /** False where the directory cannot tell whether others change its files: they are as they are when they are read. */
  readonly isFrozen: boolean;
}

/** Something was changed while it was read; another try may do better. */
export class ChangedError extends FormatError {}

/** To be awaited when all is read, and before it is used. @throws ChangedError when something was changed meanwhile. */
export type Confirm = () => Promise<void>;

/**
 * Reads what belongs together, again where others changed it meanwhile.
 *
 * @throws FormatError when they never leave the time to.
 */
export async function readWhole<T>(
  directory: ModelDirectory,
  files: SnapshotFiles,
  read: (snapshot: FrozenDirectory, confirm: Confirm) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const snapshot = new Snapshot(directory, files.anchors);
    try {
      await snapshot.keep(files);
      return await read(snapshot, () => snapshot.confirm());
    } catch (error) {
      if (!(error instanceof ChangedError) && !(await snapshot.hasChanged())) throw error;
      if (tries >= TRIES) {
        const what = `${directory.name} was changed by others each of ${tries} times that it was read`;
        throw new FormatError(`${what}. Load it when nobody writes to it`, {cause: error});
      }
    } finally {
      await snapshot.close();
    }
    await pause(tries);
  }
}

/** A file that was opened, and what told it from others then; undefined where its directory cannot tell. */
interface Kept {
  readonly file: FileHandle | null;
  readonly id: string | undefined;
}

class Snapshot implements FrozenDirectory {
  readonly name: string;
  readonly path?: string;
  readonly #directory: ModelDirectory;
  readonly #anchors: readonly string[];
  readonly #kept = new Map<string, Kept>();
  #isFrozen = false;

  constructor(directory: ModelDirectory, anchors: readonly string[]) {
    this.#directory = directory;
    this.#anchors = anchors;
    this.name = directory.name;
    if (directory.path !== undefined) this.path = directory.path;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Opens files at once, where that is of use. */
  async keep({others}: SnapshotFiles): Promise<void> {
    for (const path of this.#anchors) {
      const file = await this.#keep(path);
      // Remote files cost a request each, and are asked for when they are needed.
      if (file !== null && file.version === undefined) return;
    }
    this.#isFrozen = true;
    // What cannot be listed or opened is no matter unless it is read.
    for (const path of (await others(this.#directory).catch(() => [])).slice(0, KEPT_FILES)) {
      if (!(await this.#keep(path).then(always, never))) break;
    }
    await this.#compareAnchors();
  }

  async open(path: string): Promise<FileHandle | null> {
    const kept = this.#kept.get(path);
    if (kept !== undefined) return kept.file && viewOf(kept.file);
    const file = await this.#directory.open(path);
    try {
      if (this.#isFrozen) await this.#compareAnchors();
    } catch (error) {
      await file?.close();
      throw error;
    }
    return file;
  }

  list(path?: string): Promise<string[]> {
    return this.#directory.list(path);
  }

  /** @throws ChangedError when what was opened is not what it was. */
  async confirm(): Promise<void> {
    for (const [path, {file, id}] of this.#kept) {
      if (file !== null && (await idOf(file)) !== id) throw this.#changed(path);
    }
  }

  /** Whether anything was changed or replaced. */
  async hasChanged(): Promise<boolean> {
    if (!this.#isFrozen) return false;
    try {
      await this.#directory.settled?.();
      await this.confirm();
      await this.#compareAnchors();
      return false;
    } catch (error) {
      return error instanceof ChangedError;
    }
  }

  async close(): Promise<void> {
    const files = [...this.#kept.values()].map(({file}) => file?.close());
    this.#kept.clear();
    await Promise.all(files);
  }

  async #keep(path: string): Promise<FileHandle | null> {
    const before = this.#kept.get(path);
    if (before !== undefined) return before.file;
    const file = await this.#directory.open(path);
    try {
      this.#kept.set(path, {file, id: await idOf(file)});
    } catch (error) {
      await file?.close();
      throw error;
    }
    return file;
  }

  async #compareAnchors(): Promise<void> {
    for (const path of this.#anchors) {
      const file = await this.#directory.open(path);
      try {
        if ((await idOf(file)) !== this.#kept.get(path)?.id) throw this.#changed(path);
      } finally {
        await file?.close();
      }
    }
  }

  #changed(path: string): ChangedError {
    return new ChangedError(`${this.name}/${path} was changed by another process while the model was read`);
  }
}

const always = () => true;
const never = () => false;

async function idOf(file: FileHandle | null): Promise<string | undefined> {
  return (await file?.version?.())?.id;
}

/** A file that stays open when it is closed. */
function viewOf(file: FileHandle): FileHandle {
  const {hold, version} = file;
  return {
    size: file.size,
    readInto: (target, offset) => file.readInto(target, offset),
    close: async () => undefined,
    ...(hold && {hold: () => hold.call(file)}),
    ...(version && {version: () => version.call(file)}),
  };
}

/** Not all that were in each other's way come back at the same time. */
function pause(tries: number): Promise<void> {
  const longest = Math.min(FIRST_PAUSE * 1.5 ** (tries - 1), LAST_PAUSE);
  return new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
}
