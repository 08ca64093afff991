/**
 * The SavedModels under a directory, and their files. Nothing that lies elsewhere is found, whatever links say.
 *
 * @module
 */

import {type BigIntStats, constants, type Dirent} from 'node:fs';
import {type FileHandle, open, readdir, realpath, stat} from 'node:fs/promises';
import path from 'node:path';
import {HandleError, HubError} from '../errors.js';
import {MODEL_FILES} from './model_files.js';

/** A file, as it was when it was found. */
export interface HostedFile {
  /** Relative to the directory that is served, with `/`. */
  readonly path: string;
  /** Where it is, without any link in it. */
  readonly real: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  /** Differs where the content may differ; null for a file of this server's own, which nobody else writes to. */
  readonly identity: string | null;
}

export interface HostedModel {
  /** Relative to the directory that is served, as it was asked for. */
  readonly path: string;
  /** Where it is, without any link in it: the same by whatever path it was found. */
  readonly real: string;
  readonly files: readonly HostedFile[];
}

/** A model that cannot be served as it is. */
export class UnservableModel extends HubError {}

/** A file that is not what it was when it was found; whoever asks again gets what is there now. */
export class ChangedFile extends HubError {}

const VERSION = /^[1-9]\d*$/;
const MAX_DEPTH = 32;
/** Links to directories beside each other can multiply: so many names in one model are too many. */
const MAX_ENTRIES = 10_000;

export class ModelTree {
  private constructor(private readonly root: string) {}

  static async open(directory: string): Promise<ModelTree> {
    const root = await realpath(directory).catch(() => null);
    if (root === null || !(await stat(root)).isDirectory())
      throw new HandleError(`${directory} is not a directory.`);
    return new ModelTree(root);
  }

  /**
   * The model at a path: the SavedModel there, or the newest of those in directories named by version numbers.
   * A model without versions is its own version 1.
   */
  async find(segments: readonly string[]): Promise<HostedModel | null> {
    const asked = segments.join('/');
    const newest = (await this.names(asked))
      .filter((name) => VERSION.test(name))
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => `${asked}/${version}`);
    const unversioned =
      segments.length > 1 && segments.at(-1) === '1' ? [segments.slice(0, -1).join('/')] : [];
    for (const candidate of [asked, ...newest, ...unversioned]) {
      if (!(await this.isModel(candidate))) continue;
      const real = await this.inside(candidate);
      if (real !== null) return {path: candidate, real, files: await this.filesOfModel(candidate)};
    }
    return null;
  }

  /**
   * The paths of all models. Links are followed to models alone: all other directories under this one are found by
   * their own names.
   */
  async models(directory = '', depth = 0): Promise<string[]> {
    if (depth > MAX_DEPTH) return [];
    if (directory !== '' && (await this.isModel(directory))) return [directory];
    const found: string[] = [];
    for (const entry of await this.entries(directory)) {
      const inner = join(directory, entry.name);
      if (entry.isDirectory()) found.push(...(await this.models(inner, depth + 1)));
      else if (entry.isSymbolicLink() && (await this.isModel(inner))) found.push(inner);
    }
    return found;
  }

  /** A file of a model. */
  async file(segments: readonly string[]): Promise<HostedFile | null> {
    if (segments.some((part) => part === '' || part === '.' || part === '..')) return null;
    for (let depth = segments.length - 1; depth > 0; depth--) {
      if (await this.isModel(segments.slice(0, depth).join('/'))) return this.describe(segments.join('/'));
    }
    return null;
  }

  /** The files of models whose paths begin with `prefix`, in the order of their names. */
  async filesUnder(prefix: string): Promise<HostedFile[]> {
    const parts = prefix.split('/');
    if (parts.slice(0, -1).some((part) => part === '' || part === '.' || part === '..')) return [];
    const directory = parts.slice(0, -1).join('/');
    const files = (await this.isInModel(directory))
      ? await this.filesOfModel(directory)
      : await this.filesOfModels(directory);
    return files.filter((file) => file.path.startsWith(prefix)).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  private async isInModel(directory: string): Promise<boolean> {
    const parts = directory.split('/').filter(Boolean);
    for (let depth = parts.length; depth > 0; depth--) {
      if (await this.isModel(parts.slice(0, depth).join('/'))) return true;
    }
    return false;
  }

  private async isModel(directory: string): Promise<boolean> {
    return (await this.names(directory)).some((name) => MODEL_FILES.has(name));
  }

  private async filesOfModels(directory: string): Promise<HostedFile[]> {
    const found: HostedFile[] = [];
    for (const model of await this.models(directory)) found.push(...(await this.filesOfModel(model)));
    return found;
  }

  /**
   * The files under a model or a directory of one, at any depth. A link to a directory that it is in itself is left out.
   *
   * @throws UnservableModel when they are too many or too deep, as links can make them.
   */
  private async filesOfModel(directory: string): Promise<HostedFile[]> {
    const found: HostedFile[] = [];
    let entries = 0;
    const walk = async (at: string, real: string, above: readonly string[]): Promise<void> => {
      if (above.some((each) => contains(real, each))) return;
      if (above.length > MAX_DEPTH) {
        throw new UnservableModel(`${directory} has directories in more than ${MAX_DEPTH} levels.`);
      }
      for (const {name} of await namesIn(real)) {
        if (++entries > MAX_ENTRIES) {
          throw new UnservableModel(
            `${directory} has more than ${MAX_ENTRIES} files and directories. Are there links in it that lead to the same directory?`,
          );
        }
        // Each link is followed by itself, and not again with all that is above it.
        const inner = await this.follow(path.join(real, name));
        const file = inner === null ? null : await describeFile(join(at, name), inner);
        if (file) found.push(file);
        else if (inner !== null) await walk(join(at, name), inner, [...above, real]);
      }
    };
    const start = await this.inside(directory);
    if (start !== null) await walk(directory, start, []);
    return found;
  }

  private async describe(relative: string): Promise<HostedFile | null> {
    const real = await this.inside(relative);
    return real === null ? null : describeFile(relative, real);
  }

  /** The names in a directory; none where it is not one, or lies elsewhere. */
  private async names(relative: string): Promise<string[]> {
    return (await this.entries(relative)).map(({name}) => name);
  }

  private async entries(relative: string): Promise<Dirent[]> {
    const real = await this.inside(relative);
    return real === null ? [] : namesIn(real);
  }

  /** Where a path leads to, all links followed, or null where that is outside the directory that is served. */
  private inside(relative: string): Promise<string | null> {
    return this.follow(path.join(this.root, relative));
  }

  private async follow(place: string): Promise<string | null> {
    const real = await realpath(place).catch(() => null);
    return real !== null && contains(this.root, real) ? real : null;
  }
}

/** What a directory holds, in order; nothing where it is none. */
async function namesIn(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, {withFileTypes: true}).catch(() => []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file as it is now; null where there is none. */
export async function describeFile(name: string, real: string): Promise<HostedFile | null> {
  const status = await stat(real, {bigint: true}).catch(() => null);
  if (!status?.isFile()) return null;
  const {size, mtimeNs} = status;
  return {
    path: name,
    real,
    size: Number(size),
    modified: Number(mtimeNs) / 1e6,
    identity: identityOf(status),
  };
}

/** Opens what was found, and not what may have been put in its place since. */
export async function openHosted(file: HostedFile): Promise<FileHandle> {
  const handle = await open(file.real, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause) => {
    throw new ChangedFile(`${file.path} is no longer what it was.`, {cause});
  });
  try {
    await requireUnchanged(file, handle);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @throws ChangedFile when an open file is not what was found. */
export async function requireUnchanged(file: HostedFile, handle: FileHandle): Promise<void> {
  if (file.identity !== null && identityOf(await handle.stat({bigint: true})) !== file.identity) {
    throw new ChangedFile(`${file.path} has changed while it was read.`);
  }
}

/** The time of the last change of anything, too: a file may be written over and its time of modification set back. */
function identityOf({dev, ino, size, mtimeNs, ctimeNs}: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('-');
}

/** Whether a directory is, or is above, a path; both without links in them. */
function contains(directory: string, inner: string): boolean {
  const start = directory.endsWith(path.sep) ? directory : directory + path.sep;
  return inner === directory || inner.startsWith(start);
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
