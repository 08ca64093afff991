/**
 * Paths inside a model directory. They come from files that anybody may have written, so none may lead out of it.
 *
 * @module
 */

import {FormatError} from '../errors.js';

/**
 * The names along a path relative to a model directory; none for the directory itself.
 *
 * @throws FormatError when the path is absolute or goes up.
 */
export function pathSegments(path: string): string[] {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (path.startsWith('/') || segments.includes('..') || path.includes('\0')) {
    throw new FormatError(`the path ${JSON.stringify(path)} leads out of the model's directory`);
  }
  return segments;
}

/** True for an address that is no path of this machine, such as `gs://bucket/cache`. */
export const isAddress = (text: string): boolean => /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(text);
