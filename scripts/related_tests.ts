/**
 * Which tests a change can break, and how near to it each is: the imports of all files, followed backwards.
 *
 * @module
 */

import {posix} from 'node:path';

/** Files by path, relative to the project, with their text. */
export type Sources = ReadonlyMap<string, string>;

/** Types are the compiler's affair. */
const TYPE_IMPORT = /^(?:import|export) type [^;]*;/gm;

/** Text that names a path relative to its file: of a module, of a fixture, or of a folder of such, up to where it is computed. */
const RELATIVE_PATH = /['"`](\.{1,2}\/[^'"`$]*)(\$?)/g;

/**
 * @param changed - paths of any files, also of such that are no more
 * @returns test files that depend on them, with the number of imports between, nearest first
 */
export function relatedTests(sources: Sources, changed: readonly string[]): Map<string, number> {
  const named = new Map([...sources].map(([path, text]) => [path, namedPaths(path, text)]));
  const distances = new Map(changed.map((path) => [path, 0]));
  // A map is gone through while it grows: first in, first out.
  for (const [target, distance] of distances) {
    for (const [path, names] of named) {
      if (!distances.has(path) && names.some((name) => isIn(target, name))) distances.set(path, distance + 1);
    }
  }
  return new Map([...distances].filter(([path]) => path.endsWith('.test.ts') && sources.has(path)));
}

/** What a file names: other files, or folders that it reads. */
function namedPaths(path: string, text: string): string[] {
  const found = text.replaceAll(TYPE_IMPORT, '').matchAll(RELATIVE_PATH);
  return [...found].map(([, name = '', computed]) => {
    const literal = computed === '' ? name : name.slice(0, name.lastIndexOf('/'));
    return posix.join(posix.dirname(path), literal).replace(/\/$/, '').replace(/\.js$/, '.ts');
  });
}

/** Whether a path is the one that is named, or within that folder; folders at the top hold too much to mean anything. */
const isIn = (path: string, name: string): boolean =>
  path === name || (name.includes('/') && path.startsWith(`${name}/`));
