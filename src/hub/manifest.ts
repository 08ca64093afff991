/**
 * The manifest beside a cached model: which files it has, so that one which has lost some is noticed. Programs that
 * clean temporary directories delete what is old file by file and leave the rest.
 *
 * @module
 */

import {MODEL_FILES} from '../platform/model_files.js';
import type {FileSizes, FileSystem} from '../platform/services.js';
import {shownHandle} from './shown.js';

export interface Manifest {
  readonly handle: string;
  /** ISO 8601. */
  readonly downloaded: string;
  /** The descriptor at that time: another one means that another program has filled the directory since. */
  readonly descriptor: string;
  readonly files: FileSizes;
}

export type ModelState = 'absent' | 'damaged' | 'whole';

export const manifestFile = (directory: string) => `${directory}.manifest.json`;
export const descriptorFile = (directory: string) => `${directory}.descriptor.txt`;

/** The manifest beside `directory`, where there is one that is about what the directory holds. */
export async function readManifest(files: FileSystem, directory: string): Promise<Manifest | null> {
  const [text, descriptor] = await Promise.all([
    textOrNull(files, manifestFile(directory)),
    readDescriptor(files, directory),
  ]);
  const manifest = text === null ? null : parseManifest(text);
  if (manifest && descriptor !== null && descriptor !== manifest.descriptor) return null;
  return manifest;
}

/** The descriptor beside `directory`, its handle as it may be shown: the reference writes it down with all its keys. */
export async function readDescriptor(files: FileSystem, directory: string): Promise<string | null> {
  const text = await textOrNull(files, descriptorFile(directory));
  return text?.replace(/^Module: (.*)$/m, (_, handle: string) => `Module: ${shownHandle(handle)}`) ?? null;
}

/** Null also where the file belongs to another user of the cache, who keeps it private. */
async function textOrNull(files: FileSystem, path: string): Promise<string | null> {
  return files.readText(path).catch(() => null);
}

function parseManifest(text: string): Manifest | null {
  try {
    const {handle, downloaded, descriptor, files} = JSON.parse(text) as Partial<Manifest>;
    const isManifest =
      typeof handle === 'string' &&
      typeof downloaded === 'string' &&
      typeof descriptor === 'string' &&
      typeof files === 'object' &&
      Object.values(files).every((size) => Number.isSafeInteger(size));
    return isManifest ? {handle, downloaded, descriptor, files} : null;
  } catch {
    return null;
  }
}

/**
 * Looks whether a model is whole. Without a manifest, as the reference leaves it, what every model must have decides,
 * and the files that are there are returned to make a manifest of.
 */
export async function inspect(
  files: FileSystem,
  directory: string,
  manifest: Manifest | null,
): Promise<{state: ModelState; found: FileSizes | null}> {
  const names = await files.list(directory);
  if (!names || names.length === 0) return {state: 'absent', found: null};
  if (!manifest) {
    const found = await listFiles(files, directory);
    return {state: lacksParts(found) ? 'damaged' : 'whole', found};
  }
  const checks = Object.entries(manifest.files).map(async ([path, size]) => {
    const status = await files.status(files.join(directory, ...path.split('/')));
    return status?.kind === 'file' && status.size === size;
  });
  return {state: (await Promise.all(checks)).every(Boolean) ? 'whole' : 'damaged', found: null};
}

/** True where files are missing that a SavedModel cannot be without. */
function lacksParts(found: FileSizes): boolean {
  const paths = Object.keys(found);
  if (!paths.some((path) => MODEL_FILES.has(path))) return true;
  const hasIndex = paths.some((path) => /^variables\/.*\.index$/.test(path));
  const shards = paths.map((path) => /^variables\/.*\.data-\d+-of-(\d+)$/.exec(path)?.[1]).filter(Boolean);
  return hasIndex ? shards.length === 0 || shards.length < Number(shards[0]) : shards.length > 0;
}

/** The files under a directory, by path with `/`. */
export async function listFiles(files: FileSystem, directory: string, prefix = ''): Promise<FileSizes> {
  // Without a prototype, for a file may be called anything.
  const found: Record<string, number> = Object.create(null);
  for (const name of (await files.list(directory)) ?? []) {
    const path = files.join(directory, name);
    const status = await files.status(path);
    if (status?.kind === 'directory') Object.assign(found, await listFiles(files, path, `${prefix}${name}/`));
    if (status?.kind === 'file') found[prefix + name] = status.size;
  }
  return found;
}
