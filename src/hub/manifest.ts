/**
 * The manifest beside a cached model: which files it has, so that one which has lost some, or whose graph is another than
 * it was, is noticed. Programs that clean temporary directories delete what is old file by file and leave the rest.
 *
 * @module
 */

import {errorCode} from '../platform/file_error.js';
import {MODEL_FILES} from '../platform/model_files.js';
import type {FileSizes, FileSystem} from '../platform/services.js';
import {shownHandle} from '../shown.js';
import {hashOfFile, type MakeHash} from './integrity.js';

/** SHA-256 of files in hexadecimal, by path. */
type Hashes = Readonly<Record<string, string>>;

export interface Manifest {
  readonly handle: string;
  /** ISO 8601. */
  readonly downloaded: string;
  /** The descriptor at that time: another one means that another program has filled the directory since. */
  readonly descriptor: string;
  readonly files: FileSizes;
  /** Of the files that hold the graph; manifests of earlier versions have none. */
  readonly graph: Hashes;
}

/**
 * `incomplete`: files are missing, or of another size. `changed`: the graph is another than when it came. `obstructed`:
 * something that is no directory is in the model's place.
 */
export type ModelState = 'absent' | 'incomplete' | 'changed' | 'obstructed' | 'whole';

/** Larger graphs are compared by their size alone: reading them would take longer than anybody wants to wait. */
const MAX_GRAPH = 256 << 20;

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
  try {
    return await files.readText(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}

function parseManifest(text: string): Manifest | null {
  try {
    const {handle, downloaded, descriptor, files, graph = {}} = JSON.parse(text) as Partial<Manifest>;
    const isManifest =
      typeof handle === 'string' &&
      typeof downloaded === 'string' &&
      typeof descriptor === 'string' &&
      isTable(files, Number.isSafeInteger) &&
      isTable(graph, (hash) => typeof hash === 'string');
    return isManifest ? {handle, downloaded, descriptor, files: files!, graph} : null;
  } catch {
    return null;
  }
}

/** Whether `table` has such values, by paths that stay in their directory. */
function isTable(table: unknown, isValue: (value: unknown) => boolean): boolean {
  return (
    typeof table === 'object' &&
    table !== null &&
    Object.entries(table).every(
      ([path, value]) =>
        isValue(value) &&
        path.split('/').every((part) => part !== '' && part !== '..' && !part.includes('\\')),
    )
  );
}

/**
 * Looks whether a model is whole. Without a manifest, as the reference leaves it, what every model must have decides,
 * and the files that are there are returned to make a manifest of.
 */
export async function inspect(
  files: FileSystem,
  directory: string,
  manifest: Manifest | null,
  makeHash: MakeHash,
): Promise<{state: ModelState; found: FileSizes | null}> {
  const names = await files.list(directory);
  if (!names && (await isObstructed(files, directory))) return {state: 'obstructed', found: null};
  if (!names || names.length === 0) return {state: 'absent', found: null};
  if (!manifest) {
    const found = await listFiles(files, directory);
    return {state: lacksParts(found) ? 'incomplete' : 'whole', found};
  }
  const checks = Object.entries(manifest.files).map(async ([path, size]) => {
    const status = await files.status(files.join(directory, ...path.split('/')));
    return status?.kind === 'file' && status.size === size;
  });
  if (!(await Promise.all(checks)).every(Boolean)) return {state: 'incomplete', found: null};
  // Another form of the graph may be read before the one that is known.
  const isAdded = names.some((name) => MODEL_FILES.has(name) && !Object.hasOwn(manifest.files, name));
  const graph = await hashGraph(files, directory, manifest.files, makeHash);
  const isSame = Object.entries(manifest.graph).every(([path, hash]) => graph[path] === hash);
  return {state: isSame && !isAdded ? 'whole' : 'changed', found: null};
}

/** Whether something is in the place of a directory; a directory that has only just been made is in its own. */
async function isObstructed(files: FileSystem, directory: string): Promise<boolean> {
  const there = await files.entry(directory);
  if (!there || there.kind === 'directory') return false;
  return (await files.status(directory))?.kind !== 'directory';
}

/** Hashes of the files that hold a model's graph. */
export async function hashGraph(
  files: FileSystem,
  directory: string,
  sizes: FileSizes,
  makeHash: MakeHash,
): Promise<Hashes> {
  const paths = Object.keys(sizes).filter((path) => MODEL_FILES.has(path) && sizes[path]! <= MAX_GRAPH);
  const hashes = paths.map(
    async (path) => [path, await hashOfFile(files.directory(directory), path, makeHash)] as const,
  );
  return Object.fromEntries(
    (await Promise.all(hashes)).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** True where files are missing that a SavedModel cannot be without. */
export function lacksParts(found: FileSizes): boolean {
  const paths = Object.keys(found);
  if (!paths.some((path) => MODEL_FILES.has(path))) return true;
  const hasIndex = paths.some((path) => /^variables\/.*\.index$/.test(path));
  const shards = paths.map((path) => /^variables\/.*\.data-\d+-of-(\d+)$/.exec(path)?.[1]).filter(Boolean);
  return hasIndex ? shards.length === 0 || shards.length < Number(shards[0]) : shards.length > 0;
}

/** The files under a directory, by path with `/`. Links to directories are not followed. */
export async function listFiles(files: FileSystem, directory: string, prefix = ''): Promise<FileSizes> {
  // Without a prototype, for a file may be called anything.
  const found: Record<string, number> = Object.create(null);
  for (const name of (await files.list(directory)) ?? []) {
    const path = files.join(directory, name);
    const status = await files.status(path);
    if (status?.kind === 'directory' && (await files.entry(path))?.kind === 'directory')
      Object.assign(found, await listFiles(files, path, `${prefix}${name}/`));
    if (status?.kind === 'file') found[prefix + name] = status.size;
  }
  return found;
}
