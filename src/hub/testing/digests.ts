/**
 * Fingerprints of models, to compare them by.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import type {ModelDirectory} from '../../platform/platform.js';

const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

/** The SHA-1 of each file. */
export function digests(files: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, digest(bytes)]));
}

/** The same of a model's files, read through its directory. */
export async function readDigests(directory: ModelDirectory, prefix = ''): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of await directory.list(prefix)) {
    const inner = prefix === '' ? name : `${prefix}/${name}`;
    const file = await directory.open(inner);
    if (!file) {
      Object.assign(files, await readDigests(directory, inner));
      continue;
    }
    const bytes = new Uint8Array(file.size);
    await file.readInto(bytes, 0);
    await file.close();
    files[inner] = digest(bytes);
  }
  return files;
}
