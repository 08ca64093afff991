/**
 * The models that tests are about, by name.
 *
 * @module
 */

import {readdirSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {localDirectory} from '../../platform/node.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {type LoadModelOptions, loadModel} from '../load/load.js';
import type {CallableObject} from '../load/loaded_object.js';

/** Where they are. */
export const MODELS = fileURLToPath(new URL('../../../fixtures/models', import.meta.url));

/** Contents of a model's files by their paths in it. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** Path of a model, which is also its handle. */
export const fixturePath = (name: string): string => join(MODELS, name);

export const fixtureDirectory = (name: string): ModelDirectory => localDirectory(fixturePath(name));

/** Loads a model, whose type of attributes the test knows. */
export async function loadFixture<T = object>(
  name: string,
  options: LoadModelOptions = {},
): Promise<T & CallableObject> {
  return (await loadModel(fixtureDirectory(name), options)) as T & CallableObject;
}

/** All files of a model, to make another one of. */
export function fixtureFiles(name: string): Files {
  const root = fixturePath(name);
  const entries = readdirSync(root, {recursive: true, withFileTypes: true}).filter((each) => each.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path).replaceAll('\\', '/'), new Uint8Array(readFileSync(path))];
    }),
  );
}
