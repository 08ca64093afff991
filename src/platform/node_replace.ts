/**
 * Replaces the files of a model by those of another, in one step.
 *
 * No file system call that Node has swaps two directories. But a symbolic link can be replaced in one step, so:
 *
 * 1. The old files get a second name in `.saving/old`, the new model becomes `.saving/new`, and `.saving/current` is a
 *    link to `old`.
 * 2. One after the other, each file of either model becomes a link through `.saving/current`. What it says stays the
 *    same; files that only the new model has lead nowhere yet, which to who opens them is the same as not being there.
 * 3. `.saving/current` is replaced by a link to `new`: this is the moment when the model changes.
 * 4. One after the other, the links are replaced by the files they lead to, and `.saving` is removed.
 *
 * A process that dies at any moment leaves the old model or the new one; what is left to tidy up is done by the next
 * save. Files that are not the model's are not touched.
 *
 * @module
 */

import * as nodeFs from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {MODEL_DIRECTORIES, MODEL_ROOT_FILES} from './model_files.js';

/** The calls that change something, apart so that tests can have a process die between any two of them. */
export type FileCalls = Pick<
  typeof nodeFs,
  | 'copyFileSync'
  | 'fsyncSync'
  | 'linkSync'
  | 'mkdirSync'
  | 'renameSync'
  | 'rmdirSync'
  | 'rmSync'
  | 'symlinkSync'
  | 'unlinkSync'
>;

const WORK = '.saving';
const OLD = 'old';
const NEW = 'new';
const CURRENT = 'current';
const NEXT = 'next';
const LINK = 'link';
const REPLACED = 'replaced';

/** Where the new model is, in the directory that {@link replaceFiles} takes. */
export const STAGED_MODEL = NEW;

/** The calls of the file system, each made only if the caller still may. */
export function callsThatCheck(hold: {check(): void}): FileCalls {
  return new Proxy(nodeFs, {
    get(fs, name) {
      hold.check();
      return Reflect.get(fs, name);
    },
  });
}

/**
 * Replaces files in the directory `target`. Only one process may do so at a time.
 *
 * @param staging - A directory on the same file system that has the new files in `new`. It is moved.
 * @param old - Paths in `target` of the files that the new ones take the place of; others are not touched.
 */
export function replaceFiles(
  target: string,
  staging: string,
  old: readonly string[],
  fs: FileCalls = nodeFs,
): void {
  const work = join(target, WORK);
  fs.renameSync(staging, work);
  try {
    prepare(target, work, old, fs);
    fs.symlinkSync(NEW, join(work, NEXT));
    fs.renameSync(join(work, NEXT), join(work, CURRENT));
  } catch (error) {
    settle(target, fs);
    throw error;
  }
  syncDirectory(work, fs);
  settle(target, fs);
}

/** Makes every file of either model a link that, for now, leads to the old one. */
function prepare(target: string, work: string, old: readonly string[], fs: FileCalls): void {
  for (const path of old) keep(join(target, path), join(work, OLD, path), fs);
  fs.mkdirSync(join(work, OLD), {recursive: true});
  fs.symlinkSync(OLD, join(work, CURRENT));
  const paths = new Set([...old, ...filesUnder(join(work, NEW))]);
  for (const directory of directoriesOf(paths)) syncDirectory(join(work, OLD, directory), fs);
  for (const directory of [work, target]) syncDirectory(directory, fs);
  for (const path of paths) {
    fs.mkdirSync(dirname(join(target, path)), {recursive: true});
    fs.symlinkSync(linkText(path), join(work, LINK));
    fs.renameSync(join(work, LINK), join(target, path));
  }
  for (const directory of directoriesOf(paths)) syncDirectory(join(target, directory), fs);
}

/**
 * Finishes a replacement, or undoes one that did not come to its decisive moment: each link becomes the file it leads
 * to. Nothing happens in a directory where none was begun.
 */
export function settle(target: string, fs: FileCalls = nodeFs): void {
  const work = join(target, WORK);
  const paths = new Set([...filesUnder(join(work, OLD)), ...filesUnder(join(work, NEW))]);
  for (const path of paths) {
    const place = join(target, path);
    if (readLink(place) !== linkText(path)) continue;
    const file = join(work, CURRENT, path);
    if (exists(file)) fs.renameSync(file, place);
    else fs.unlinkSync(place);
  }
  for (const directory of directoriesOf(paths)) {
    const full = join(target, directory);
    if (directory !== '' && isEmpty(full)) fs.rmdirSync(full);
    else syncDirectory(full, fs);
  }
  fs.rmSync(work, {recursive: true, force: true});
}

/** Where the staging directory of a replacement is that was begun in `target` and is not finished; null without one. */
export function unfinished(target: string): string | null {
  const work = join(target, WORK);
  return exists(work) ? work : null;
}

/** True where symbolic links can be made, which some systems and file systems do not allow. */
export function hasLinks(directory: string): boolean {
  const probe = join(directory, LINK);
  try {
    nodeFs.symlinkSync(NEW, probe);
    nodeFs.unlinkSync(probe);
    return true;
  } catch {
    return false;
  }
}

/**
 * Replaces a model where there are no links: by two renames. A process that dies between them leaves the old model under
 * `staging`, from where {@link restore} puts it back.
 */
export function replaceByRenames(target: string, staging: string, fs: FileCalls = nodeFs): void {
  const old = join(staging, OLD);
  fs.renameSync(target, old);
  try {
    fs.renameSync(join(staging, NEW), target);
  } catch (error) {
    fs.renameSync(old, target);
    throw error;
  }
  // What is not the model's own goes with the directory.
  const own = new Set<string>([...MODEL_ROOT_FILES, ...MODEL_DIRECTORIES]);
  for (const name of nodeFs.readdirSync(old)) {
    if (!own.has(name) && !nodeFs.existsSync(join(target, name))) {
      fs.renameSync(join(old, name), join(target, name));
    }
  }
  // What is removed little by little must not be taken for a model to put back.
  fs.renameSync(old, join(staging, REPLACED));
}

/** Undoes {@link replaceByRenames} where it was interrupted between its two steps. */
export function restore(target: string, staging: string): void {
  if (holdsOldModel(target, staging)) nodeFs.renameSync(join(staging, OLD), target);
}

/** Whether the model that belongs at `target` is under `staging`. */
export function holdsOldModel(target: string, staging: string): boolean {
  return nodeFs.existsSync(join(staging, OLD)) && !nodeFs.existsSync(target);
}

/** Gives a file a second name. */
function keep(file: string, as: string, fs: FileCalls): void {
  fs.mkdirSync(dirname(as), {recursive: true});
  const link = readLink(file);
  if (link !== null) {
    // A link of the user's own, whose text may be relative to where it is.
    fs.symlinkSync(resolve(dirname(file), link), as);
    return;
  }
  try {
    fs.linkSync(file, as);
  } catch {
    // Some file systems have no hard links, and some owners allow none to their files.
    fs.copyFileSync(file, as);
  }
}

/** What the link in place of a model's file says. */
function linkText(path: string): string {
  const up = '../'.repeat(path.split('/').length - 1);
  return `${up}${WORK}/${CURRENT}/${path}`;
}

/** The files in `target` that belong to a model. */
export function modelFiles(target: string): string[] {
  const isThere = (path: string) => nodeFs.lstatSync(join(target, path), {throwIfNoEntry: false});
  return [
    ...MODEL_ROOT_FILES.filter((path) => isThere(path)),
    ...MODEL_DIRECTORIES.flatMap((directory) => filesUnder(target, directory)),
  ];
}

/** Relative paths of all that is under a directory and is none; nothing where there is no directory. */
function filesUnder(root: string, path = ''): string[] {
  const full = join(root, path);
  if (!nodeFs.lstatSync(full, {throwIfNoEntry: false})?.isDirectory()) return [];
  return nodeFs.readdirSync(full, {withFileTypes: true}).flatMap((entry) => {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(root, inner) : [inner];
  });
}

/** The directories of these files, the innermost first, the root ('') last. */
function directoriesOf(paths: Iterable<string>): string[] {
  const directories = new Set<string>(['']);
  for (const path of paths) {
    const steps = path.split('/').slice(0, -1);
    for (let n = steps.length; n > 0; n--) directories.add(steps.slice(0, n).join('/'));
  }
  return [...directories].sort((a, b) => b.length - a.length);
}

function readLink(path: string): string | null {
  try {
    return nodeFs.readlinkSync(path);
  } catch {
    return null;
  }
}

/** Without following a link at the end. */
function exists(path: string): boolean {
  return nodeFs.lstatSync(path, {throwIfNoEntry: false}) !== undefined;
}

function isEmpty(directory: string): boolean {
  const status = nodeFs.lstatSync(directory, {throwIfNoEntry: false});
  return status?.isDirectory() === true && nodeFs.readdirSync(directory).length === 0;
}

/** Sees to it that names survive a loss of power, where the system knows of such a thing. */
export function syncDirectory(directory: string, fs: Pick<FileCalls, 'fsyncSync'> = nodeFs): void {
  let descriptor: number;
  try {
    descriptor = nodeFs.openSync(directory, 'r');
  } catch {
    return;
  }
  try {
    fs.fsyncSync(descriptor);
  } catch {
    // Windows and some network file systems sync no directories.
  } finally {
    nodeFs.closeSync(descriptor);
  }
}
