/**
 * Models that are handed over rather than named.
 *
 * @module
 */

import {MODEL_FILES} from '../platform/model_files.js';
import type {ModelDirectory} from '../platform/platform.js';

/** Whether `source` is a directory of this library's own kind. */
export function isModelDirectory(source: unknown): source is ModelDirectory {
  const {open, list} = (source ?? {}) as Partial<ModelDirectory>;
  return typeof source === 'object' && typeof open === 'function' && typeof list === 'function';
}

/**
 * The directory that has the model's files: `directory`, or the only one in it that has them, where a user picked or
 * dropped one too high. Files that were dropped one by one, without their directories, are put back into them.
 */
export async function modelRoot(directory: ModelDirectory): Promise<ModelDirectory> {
  if (await isModel(directory)) return (await isFlat(directory)) ? unflattened(directory) : directory;
  const inner: ModelDirectory[] = [];
  for (const name of await directory.list()) {
    const candidate = subdirectory(directory, name);
    if (await isModel(candidate)) inner.push(candidate);
  }
  return inner.length === 1 ? inner[0]! : directory;
}

/** True where the variables lie beside the graph. */
async function isFlat(directory: ModelDirectory): Promise<boolean> {
  const names = await directory.list();
  return names.includes('variables.index') && !names.includes('variables');
}

function unflattened(directory: ModelDirectory): ModelDirectory {
  const isVariable = (name: string) => name.startsWith('variables.');
  return {
    name: directory.name,
    open: async (path) =>
      (await directory.open(path)) ?? directory.open(path.replace(/^(variables|assets)\//, '')),
    async list(path = '') {
      const names = await directory.list();
      if (path === '') return [...names.filter((name) => !isVariable(name)), 'variables'];
      return path === 'variables' ? names.filter(isVariable) : directory.list(path);
    },
  };
}

async function isModel(directory: ModelDirectory): Promise<boolean> {
  const names = await directory.list();
  return names.some((name) => MODEL_FILES.has(name));
}

function subdirectory(directory: ModelDirectory, path: string): ModelDirectory {
  return {
    name: `${directory.name}/${path}`,
    open: (file) => directory.open(`${path}/${file}`),
    list: (inside) => directory.list(inside ? `${path}/${inside}` : path),
  };
}
