/**
 * Where checkpoints are: a path in Node, a name in a directory handle in browsers.
 *
 * @module
 */

import {CallError} from '../../errors.js';
import {writableDirectory} from '../../platform/output.js';
import type {ModelDirectory, WritableDirectory} from '../../platform/platform.js';

/**
 * A checkpoint: the path of its files without their endings (`training/ckpt-3`), or its name in a directory handle. What
 * is only read may be in any {@link ModelDirectory}.
 */
export type CheckpointPath = string | CheckpointInDirectory;

export interface CheckpointInDirectory {
  readonly directory: FileSystemDirectoryHandle | ModelDirectory | string;
  /** Of its files, without their endings. */
  readonly name: string;
}

/** A checkpoint's directory, opened. */
export interface CheckpointPlace<D extends ModelDirectory> {
  readonly directory: D;
  readonly name: string;
}

/** @throws SaveError when the place cannot be written to. */
export async function placeToWrite(path: CheckpointPath): Promise<CheckpointPlace<WritableDirectory>> {
  const {directory, name} = split(path);
  return {directory: await writableDirectory(directory), name};
}

export async function placeToRead(path: CheckpointPath): Promise<CheckpointPlace<ModelDirectory>> {
  const {directory, name} = split(path);
  return {directory: await directoryToRead(directory), name};
}

export async function directoryToRead(
  directory: CheckpointInDirectory['directory'],
): Promise<ModelDirectory> {
  return isModelDirectory(directory) ? directory : writableDirectory(directory);
}

/** The checkpoint beside `path` of another name. */
export function renamed<P extends CheckpointPath>(path: P, rename: (name: string) => string): P;
export function renamed(path: CheckpointPath, rename: (name: string) => string): CheckpointPath {
  if (typeof path !== 'string') return {...path, name: rename(path.name)};
  const {name} = split(path);
  return path.slice(0, path.length - name.length) + rename(name);
}

/** The checkpoint of a name in a directory. */
export function inDirectory(directory: CheckpointInDirectory['directory'], name: string): CheckpointPath {
  if (typeof directory !== 'string') return {directory, name};
  return directory === '' || /[\\/]$/.test(directory) ? directory + name : `${directory}/${name}`;
}

function split(path: CheckpointPath): CheckpointInDirectory {
  if (typeof path !== 'string') return path;
  const [, directory, name] = /^(.*?)([^\\/]*)$/s.exec(path)!;
  if (name === '') throw new CallError(`${JSON.stringify(path)} names no checkpoint: it ends with a slash`);
  return {directory: directory || '.', name: name!};
}

function isModelDirectory(directory: CheckpointInDirectory['directory']): directory is ModelDirectory {
  return typeof directory === 'object' && 'open' in directory && 'list' in directory;
}
