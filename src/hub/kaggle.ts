/**
 * Models on Kaggle: credentials, the public model API, and the cache that kagglehub keeps.
 *
 * Kaggle's model URLs speak the hosting protocol. The API (`/api/v1/models/...`, as kagglehub uses it) is asked for
 * the newest version and for models named in the short form.
 *
 * @module
 */

import {DownloadError, HandleError} from '../errors.js';
import {warn} from '../log.js';
import type {FileSystem, HubServices} from '../platform/services.js';
import {type Obtained, obtainArchive} from './download.js';
import {NetworkError} from './failures.js';
import {type KaggleModel, kaggleName, kaggleUrl} from './handle.js';
import {basicAuthorization, type HeaderPolicy, HttpSession} from './http.js';
import type {ResolveSettings} from './options.js';

const KAGGLE_ORIGINS = ['https://kaggle.com', 'https://www.kaggle.com', 'https://api.kaggle.com'];

type Versioned = KaggleModel & {readonly version: number};

/**
 * Credentials for Kaggle and no other host, however a request came to it: `KAGGLE_API_TOKEN`, `KAGGLE_USERNAME` with
 * `KAGGLE_KEY`, or `kaggle.json` in `KAGGLE_CONFIG_DIR`, else in `~/.kaggle`. They are looked for when Kaggle is asked.
 */
export function kaggleHeaders({services, kaggleEndpoint}: ResolveSettings): HeaderPolicy {
  const origins = new Set([...KAGGLE_ORIGINS, new URL(kaggleEndpoint).origin]);
  let headers: Promise<Readonly<Record<string, string>>> | undefined;
  return (url) => {
    if (!origins.has(url.origin)) return {};
    headers ??= kaggleAuthorization(services).then(
      (authorization): Record<string, string> => (authorization === null ? {} : {authorization}),
    );
    return headers;
  };
}

async function kaggleAuthorization(services: HubServices): Promise<string | null> {
  const token = services.environment('KAGGLE_API_TOKEN');
  if (token) return `Bearer ${token}`;
  const user = services.environment('KAGGLE_USERNAME');
  const key = services.environment('KAGGLE_KEY');
  if (user && key) return basicAuthorization(user, key);
  const {files} = services;
  if (!files) return null;
  const folder = services.environment('KAGGLE_CONFIG_DIR') || files.join(files.homeDirectory, '.kaggle');
  const file = files.join(folder, 'kaggle.json');
  const text = await files.readText(file).catch((cause: Error) => {
    throw new HandleError(`${file}, which holds credentials for Kaggle, cannot be read: ${cause.message}.`, {
      cause,
    });
  });
  if (text === null) return null;
  const found = parseCredentials(text);
  if (!found)
    throw new HandleError(`${file} does not hold Kaggle credentials: {"username": "...", "key": "..."}.`);
  return basicAuthorization(found.username, found.key);
}

function parseCredentials(text: string): {username: string; key: string} | null {
  try {
    const {username, key} = JSON.parse(text) as {username?: unknown; key?: unknown};
    return typeof username === 'string' && typeof key === 'string' ? {username, key} : null;
  } catch {
    return null;
  }
}

/** A model in the cache of kagglehub, where it has put it whole. */
export async function kagglehubCached(model: Versioned, services: HubServices): Promise<Obtained | null> {
  const {files} = services;
  if (!files) return null;
  const parent = await kagglehubFolder(model, services, files);
  if (parent === null) return null;
  const path = files.join(parent, String(model.version));
  const [marker, status] = await Promise.all([files.status(`${path}.complete`), files.status(path)]);
  return marker && status?.kind === 'directory' ? {directory: files.directory(path), fromCache: true} : null;
}

/** The folder of a variation's versions; kagglehub names it by the framework as the user spelt it. */
async function kagglehubFolder(model: KaggleModel, services: HubServices, files: FileSystem) {
  const cache =
    services.environment('KAGGLEHUB_CACHE') || files.join(files.homeDirectory, '.cache', 'kagglehub');
  const folder = files.join(cache, 'models', model.owner, model.model);
  const wanted = model.framework.toLowerCase();
  const framework = (await files.list(folder))?.find((name) => name.toLowerCase() === wanted);
  return framework === undefined ? null : files.join(folder, framework, model.variation);
}

/** A model in the short form: of the version it names, or the newest. */
export async function resolveKaggle(model: KaggleModel, settings: ResolveSettings): Promise<Obtained> {
  const headersFor = kaggleHeaders(settings);
  const version = model.version ?? (await newestVersion(model, headersFor, settings));
  const exact = {...model, version};
  const cached = await kagglehubCached(exact, settings.services);
  if (cached) return cached;
  // In the cache it goes by its page, so that the URL and the short form share it.
  return obtainArchive(kaggleUrl(exact), {url: `${api(settings, exact)}/download`, headersFor}, settings);
}

async function newestVersion(
  model: KaggleModel,
  headersFor: HeaderPolicy,
  settings: ResolveSettings,
): Promise<number> {
  const url = `${api(settings, model)}/get`;
  try {
    const session = new HttpSession(settings, headersFor, settings.signal ?? new AbortController().signal);
    const answer = (await session.json(url)) as {versionNumber?: unknown} | null;
    const versionNumber = answer?.versionNumber;
    if (Number.isSafeInteger(versionNumber)) return versionNumber as number;
    throw new DownloadError(`Kaggle does not say which version of ${kaggleName(model)} is the newest.`);
  } catch (error) {
    const offline = error instanceof NetworkError || (error as Error)?.cause instanceof NetworkError;
    const kept = offline ? await newestKept(model, settings.services) : null;
    if (kept === null) throw error;
    warn(
      `Kaggle cannot be reached; version ${kept} of ${kaggleName(model)} is used, the newest that is here.`,
    );
    return kept;
  }
}

/** The newest version that kagglehub has put into its cache. */
async function newestKept(model: KaggleModel, services: HubServices): Promise<number | null> {
  const {files} = services;
  const folder = files && (await kagglehubFolder(model, services, files));
  const names = (folder && (await files?.list(folder))) || [];
  const versions = names
    .map((name) => Number(/^(\d+)\.complete$/.exec(name)?.[1]))
    .filter(Number.isSafeInteger);
  return versions.length === 0 ? null : Math.max(...versions);
}

function api(settings: ResolveSettings, model: KaggleModel): string {
  return `${settings.kaggleEndpoint}/api/v1/models/${kaggleName(model)}`;
}
