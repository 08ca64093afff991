/**
 * `tfhub cache`: what is kept, and removing it.
 *
 * @module
 */

import type {Command} from 'commander';
import {HandleError} from '../../errors.js';
import {DirectoryCache} from '../../hub/cache.js';
import type {CompiledModels} from '../../platform/compiled_models.js';
import {getPlatform} from '../../platform/current.js';
import {shownHandle} from '../../shown.js';
import '../../platform/node_hub.js';
import {type CacheEntry, getHubServices} from '../../platform/services.js';
import {print, printJson} from '../print.js';

interface CacheOptions {
  readonly cacheDir?: string;
  readonly json?: boolean;
}

export function registerCache(program: Command): void {
  const cache = program
    .command('cache')
    .description('show and remove downloaded models, and what was compiled of models');
  const cacheDir = ['--cache-dir <dir>', 'default: TFHUB_CACHE_DIR, else a temporary directory'] as const;
  const json = ['--json', 'print one JSON object'] as const;

  cache
    .command('list')
    .description('list the models: handle, size, when downloaded, when last used')
    .option(...cacheDir)
    .option(...json)
    .action(async (options: CacheOptions) => {
      const opened = open(options);
      const models = (await opened.entries()).sort(byLastUse);
      const compiled = compiledIn(options)?.entries() ?? [];
      if (options.json) {
        printJson({directory: opened.directory, models, compiled});
        return;
      }
      for (const line of table(opened.directory, await named(models))) print(line);
      if (compiled.length > 0) print(`${compiled.length} compiled, ${megabytes(total(compiled))}`);
    });

  cache
    .command('remove')
    .description('remove models, by handle or by the name of their directory')
    .argument('<handle...>')
    .option(...cacheDir)
    .action(async (handles: readonly string[], options: CacheOptions) => {
      const opened = open(options);
      const missing: string[] = [];
      for (const handle of handles) if (!(await opened.remove(handle))) missing.push(handle);
      if (missing.length > 0)
        throw new HandleError(`Not in the cache ${opened.directory}: ${missing.map(shownHandle).join(', ')}`);
    });

  cache
    .command('clear')
    .description('remove all models, what interrupted downloads left, and what was compiled for this machine')
    .option(...cacheDir)
    .option('--compiled', 'remove what was compiled alone')
    .option(...json)
    .action(async (options: CacheOptions & {readonly compiled?: boolean}) => {
      const opened = open(options);
      const removed = options.compiled ? 0 : await opened.clear();
      const compiled = removeCompiled(options);
      if (options.json) {
        printJson({directory: opened.directory, removed, compiled});
        return;
      }
      const models = `${removed} model${removed === 1 ? '' : 's'}`;
      const what = options.compiled
        ? `${compiled} compiled`
        : compiled > 0
          ? `${models} and ${compiled} compiled`
          : models;
      print(`Removed ${what} from ${opened.directory}`);
    });
}

function open({cacheDir}: CacheOptions): DirectoryCache {
  const services = getHubServices();
  return new DirectoryCache(services.files!, services, cacheDir);
}

/** What was compiled for this machine, beside the models. */
function compiledIn({cacheDir}: CacheOptions): CompiledModels | undefined {
  return getPlatform().compiledModels?.(cacheDir);
}

/** How many there were. */
function removeCompiled(options: CacheOptions): number {
  const compiled = compiledIn(options);
  const entries = compiled?.entries() ?? [];
  for (const {key} of entries) compiled!.remove(key);
  return entries.length;
}

const total = (entries: readonly {readonly size: number}[]): number =>
  entries.reduce((sum, {size}) => sum + size, 0);

function byLastUse(a: CacheEntry, b: CacheEntry): number {
  return (b.lastUsed?.getTime() ?? 0) - (a.lastUsed?.getTime() ?? 0);
}

/** What to remove a model by: its handle, or its directory where a part of the handle is not shown. */
async function named(models: readonly CacheEntry[]): Promise<(CacheEntry & {readonly name: string})[]> {
  const {sha1} = getHubServices();
  return Promise.all(
    models.map(async (model) => {
      const {handle, key} = model;
      if (handle === null) return {...model, name: `(unknown handle, directory ${key})`};
      return {...model, name: (await sha1(handle)) === key ? handle : `${handle} (directory ${key})`};
    }),
  );
}

function table(directory: string, models: Awaited<ReturnType<typeof named>>): string[] {
  if (models.length === 0) return [`No models in ${directory}`];
  const rows = models.map(({name, size, downloaded, lastUsed}) => [
    megabytes(size),
    date(downloaded),
    date(lastUsed),
    name,
  ]);
  const head = ['SIZE', 'DOWNLOADED', 'LAST USED', 'HANDLE'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line), `${models.length} in ${directory}, ${megabytes(total(models))}`];
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const date = (time: Date | null) => (time ? time.toISOString().slice(0, 16).replace('T', ' ') : '-');
