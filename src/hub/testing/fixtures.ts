/**
 * What tests of this folder share: temporary directories, a small model, its archive.
 *
 * @module
 */

import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {afterEach} from 'vitest';
import {startServer, type TestServer} from './server.js';
import {gzip, tar} from './tar.js';

/** Runs when the test that calls it is over. */
export function afterThis(cleanUp: () => Promise<unknown>): void {
  cleanUps.push(cleanUp);
}

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tfhub-test-'));
  afterThis(() => rm(directory, {recursive: true, force: true}));
  return directory;
}

/** Starts a server that is closed when the test is over. */
export async function serve(...args: Parameters<typeof startServer>): Promise<TestServer> {
  const server = await startServer(...args);
  afterThis(() => server.close());
  return server;
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export const MODEL_FILES: Readonly<Record<string, Uint8Array>> = {
  'saved_model.pb': noise(1000, 2),
  'variables/variables.index': noise(300, 3),
  'variables/variables.data-00000-of-00001': noise(70_000, 4),
  'assets/vocabulary.txt': new TextEncoder().encode('a\nb\nc\n'),
};

export function archiveOf(files: Readonly<Record<string, Uint8Array>> = MODEL_FILES): Uint8Array {
  return gzip(tar(...Object.entries(files).map(([name, body]) => ({name, body}))));
}

export async function writeModel(directory: string, files = MODEL_FILES): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), {recursive: true});
    await writeFile(path.join(directory, name), bytes);
  }
}

/** Every path under a directory, directories with a slash at their end. */
export async function tree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, {recursive: true, withFileTypes: true});
  return entries
    .map(
      (entry) =>
        path.relative(directory, path.join(entry.parentPath, entry.name)) + (entry.isDirectory() ? '/' : ''),
    )
    .sort();
}

export async function contentOf(file: string): Promise<string> {
  return readFile(file, 'utf8');
}
