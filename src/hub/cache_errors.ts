/**
 * What a failing file system means for the cache, and what to do about it.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {ownEntry} from '../own_entry.js';
import {errorCode, FileError} from '../platform/file_error.js';

const ELSEWHERE = 'Set TFHUB_CACHE_DIR, or the option cacheDir, to';

/** By error code; failures of other kinds have words of their own already. */
const WORDS: Readonly<Record<string, (directory: string, path: string) => string>> = {
  ENOSPC: (directory) => `The disk of the cache ${directory} is full. Free room, or set TFHUB_CACHE_DIR.`,
  EDQUOT: (directory) =>
    `The quota for the cache ${directory} is used up. Free room, or set TFHUB_CACHE_DIR.`,
  EROFS: (directory) => `The cache ${directory} is read-only. ${ELSEWHERE} a directory that is not.`,
  EACCES: notPermitted,
  EPERM: notPermitted,
  BROKEN_LINK: (directory, path) =>
    path === directory
      ? `The cache ${directory} is a symbolic link that leads nowhere. ${ELSEWHERE} a directory, or mend the link.`
      : inTheWay(path, 'a symbolic link that leads nowhere'),
  EISDIR: (_, path) => inTheWay(path, 'a directory'),
  NOT_A_FILE: (_, path) => inTheWay(path, 'neither a file nor a directory'),
  ENOTDIR: (directory) =>
    `The cache ${directory}, or a directory above it, is not a directory. ${ELSEWHERE} one.`,
  ENOENT: (directory, path) =>
    `${path} disappeared from the cache ${directory} while it was in use: another program removes files there. ` +
    `Try again, or keep the cache elsewhere. ${ELSEWHERE} a directory that is left alone.`,
};

function notPermitted(directory: string, path: string): string {
  return (
    `The cache ${directory} may not be used by this user` +
    `${path === directory ? '' : `: ${path} is not accessible`}. ${ELSEWHERE} a directory of your own.`
  );
}

function inTheWay(path: string, what: string): string {
  return `${path} is ${what}, where a file of the cache belongs. Remove it.`;
}

/** Runs work on the cache in `directory`; a failure of its file system is told in words, as a DownloadError. */
export async function guarded<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = errorCode(cause);
    const path = cause instanceof FileError ? cause.path : directory;
    // An archive that is unpacked into the cache lies elsewhere.
    const words = ownEntry(WORDS, code);
    if (words === undefined || !isInside(directory, path)) throw cause;
    throw new DownloadError(words(directory, path), {cause});
  }
}

/** Paths of any system: their separators differ. */
function isInside(directory: string, path: string): boolean {
  return path === directory || (path.startsWith(directory) && /^[/\\]/.test(path.slice(directory.length)));
}
