/**
 * Where Chromium is: at `CHROMIUM_PATH`, else on the path. `tsx browser/chromium.ts` installs Debian's where there is none.
 *
 * @module
 */

import {spawnSync} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

/** @returns its path; nothing where it is not installed */
export function findChromium(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return ['chromium', 'chromium-browser']
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function install(): void {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
  ]) {
    const [command = '', ...rest] = [...asRoot, 'apt-get', ...args];
    if (spawnSync(command, rest, {stdio: 'inherit'}).status !== 0)
      throw new Error('installing Chromium failed');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && findChromium() === undefined) install();
