/**
 * Where the files of the browser tests are.
 *
 * @module
 */

import {fileURLToPath} from 'node:url';

/** The path of a file, as this folder sees it. */
export const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
