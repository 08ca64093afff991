/**
 * What a user picked or dropped, as a directory.
 *
 * @module
 */

import {blobFile, fileListDirectory, handleDirectory} from './browser_directory.js';
import {worded} from './file_error.js';
import {FlatDirectory} from './memory.js';
import type {ModelDirectory} from './platform.js';

/**
 * The directory that an object stands for: a `FileSystemDirectoryHandle`, the `DataTransfer` of a drop, or files.
 * Null for anything else. A `DataTransfer` is read before this function first waits, as browsers demand.
 */
export async function browserDirectory(source: unknown): Promise<ModelDirectory | null> {
  if (typeof source !== 'object' || source === null) return null;
  if (isDirectoryHandle(source)) return handleDirectory(source);
  if (typeof DataTransfer !== 'undefined' && source instanceof DataTransfer) return droppedDirectory(source);
  if (!(Symbol.iterator in source)) return null;
  const files = [...(source as Iterable<unknown>)];
  return files.every((file) => file instanceof File) ? fileListDirectory(files as File[]) : null;
}

function isDirectoryHandle(source: object): source is FileSystemDirectoryHandle {
  return 'getDirectoryHandle' in source && 'getFileHandle' in source;
}

async function droppedDirectory(data: DataTransfer): Promise<ModelDirectory> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return fileListDirectory(data.files);
  const files: (readonly [string, File])[] = [];
  for (const entry of entries) await collect(entry, '', files);
  return new FlatDirectory(
    entries.length === 1 ? entries[0]!.name : 'dropped files',
    files.map(([path, file]) => [path, () => blobFile(file, path)] as const),
  );
}

async function collect(
  entry: FileSystemEntry,
  parent: string,
  files: (readonly [string, File])[],
): Promise<void> {
  const path = parent + entry.name;
  if (isFile(entry)) {
    const read = () => new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    files.push([path, await worded('read', path, read)]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // Comes in batches, the last of which is empty.
    const read = () =>
      new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    const batch = await worded('list', path, read);
    if (batch.length === 0) return;
    for (const inner of batch) await collect(inner, `${path}/`, files);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
