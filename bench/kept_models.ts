/**
 * Models that take long to make are kept from run to run, as long as the scripts that make them stay the same.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/**
 * The directory for what these scripts make. What earlier versions of them made is removed.
 *
 * @param name - of the directory in the temporary one; nobody else's
 */
export async function directoryOf(name: string, ...scripts: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const each of scripts) hash.update(await readFile(each));
  const version = hash.digest('hex').slice(0, 16);
  const root = join(tmpdir(), name);
  await mkdir(join(root, version), {recursive: true});
  for (const other of await readdir(root)) {
    if (other !== version) await rm(join(root, other), {recursive: true, force: true});
  }
  return join(root, version);
}
