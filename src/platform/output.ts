/**
 * Writing a model so that it is there whole or not at all.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import {getPlatform} from './current.js';
import type {
  CreateModelOptions,
  OutputDirectory,
  PendingOutput,
  WritableDirectory,
  WriteFilesOptions,
} from './platform.js';

/**
 * Writes a model: a path in Node, a directory handle in browsers. What is at the target stays as it is until all is
 * written, and for good when writing fails.
 *
 * @throws SaveError when there is something at the target that is not to be replaced, or it cannot be written.
 */
export async function writeModel(
  target: unknown,
  options: CreateModelOptions,
  write: (output: OutputDirectory) => Promise<void>,
): Promise<void> {
  const output = await getPlatform().createModel?.(target, options);
  if (!output) throw noPlace(target);
  await complete(output, write);
}

/**
 * Writes files into a directory that may have others; they replace those of the same names once all are written.
 *
 * @throws SaveError when there is a file of such a name and none is to be replaced, or it cannot be written.
 */
export async function writeFiles(
  directory: WritableDirectory,
  write: (output: OutputDirectory) => Promise<void>,
  options: WriteFilesOptions = {},
): Promise<void> {
  await complete(await directory.begin(options), write);
}

/** What is said of a file that is there and is not to be replaced. */
export function fileExists(name: string, directory: string): SaveError {
  return new SaveError(
    `cannot write to ${directory}: there is a file '${name}'. Pass {overwrite: true} (--overwrite) to replace it`,
  );
}

/** @throws SaveError when `target` is nothing that can be written to. */
export async function writableDirectory(target: unknown): Promise<WritableDirectory> {
  const directory = await getPlatform().writableDirectory?.(target);
  if (!directory) throw noPlace(target);
  return directory;
}

async function complete(
  output: PendingOutput,
  write: (output: OutputDirectory) => Promise<void>,
): Promise<void> {
  try {
    await write(output);
    await output.commit();
  } catch (error) {
    // The failure that matters is the first.
    await output.discard().catch(() => undefined);
    throw error;
  }
}

function noPlace(target: unknown): SaveError {
  const what = typeof target === 'string' ? JSON.stringify(target) : Object.prototype.toString.call(target);
  return new SaveError(
    `${what} is no place to save to: a path in Node, a directory handle that can be written to in a browser`,
  );
}
