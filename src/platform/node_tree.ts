/**
 * The SavedModels under a directory, and their files. Nothing that lies elsewhere is found, whatever links say.
 *
 * @module
 */

import {constants} from 'node:fs';
import {type FileHandle, open, readdir, realpath, stat} from 'node:fs/promises';
import path from 'node:path';
import {HandleError} from '../errors.js';
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
}

export interface HostedModel {
  readonly path: string;
  readonly files: readonly HostedFile[];
}

const VERSION = /^[1-9]\d*$/;
const MAX_DEPTH = 32;

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
      if (await this.isModel(candidate)) return {path: candidate, files: await this.walk(candidate, true)};
    }
    return null;
  }

  /** The paths of all models. */
  async models(directory = '', depth = 0): Promise<string[]> {
    if (depth > MAX_DEPTH) return [];
    if (await this.isModel(directory)) return directory === '' ? [] : [directory];
    const found: string[] = [];
    for (const name of await this.names(directory)) {
      found.push(...(await this.models(join(directory, name), depth + 1)));
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
    const inModel = await this.isInModel(directory);
    const files = await this.walk(directory, inModel);
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

  /** Files under a directory, at any depth; only those of models where the directory is not in one itself. */
  private async walk(directory: string, inModel: boolean, depth = 0): Promise<HostedFile[]> {
    if (depth > MAX_DEPTH) return [];
    const names = await this.names(directory);
    const inside = inModel || (directory !== '' && names.some((name) => MODEL_FILES.has(name)));
    const found: HostedFile[] = [];
    for (const name of names) {
      const inner = join(directory, name);
      const file = await this.describe(inner);
      if (file && inside) found.push(file);
      if (!file) found.push(...(await this.walk(inner, inside, depth + 1)));
    }
    return found;
  }

  private async describe(relative: string): Promise<HostedFile | null> {
    const real = await this.inside(relative);
    const status = real === null ? null : await stat(real).catch(() => null);
    if (real === null || !status?.isFile()) return null;
    return {path: relative, real, size: status.size, modified: status.mtimeMs};
  }

  /** The names in a directory; none where it is not one, or lies elsewhere. */
  private async names(relative: string): Promise<string[]> {
    const real = await this.inside(relative);
    return real === null ? [] : (await readdir(real).catch(() => [])).sort();
  }

  /** Where a path leads to, all links followed, or null where that is outside the directory that is served. */
  private async inside(relative: string): Promise<string | null> {
    const real = await realpath(path.join(this.root, relative)).catch(() => null);
    const start = this.root.endsWith(path.sep) ? this.root : this.root + path.sep;
    return real !== null && (real === this.root || real.startsWith(start)) ? real : null;
  }
}

/** Opens what was found, and not what may have been put in its place since. */
export async function openHosted({real, size}: HostedFile): Promise<FileHandle> {
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW);
  const status = await handle.stat();
  if (status.isFile() && status.size === size) return handle;
  await handle.close();
  throw new Error(`${real} has changed.`);
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
