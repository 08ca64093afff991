/**
 * Handles: what a string that names a model says, and the addresses that follow from it. No I/O happens here.
 *
 * @module
 */

import {HandleError} from '../errors.js';
import {ownEntry} from '../own_entry.js';
import {shownHandle} from '../shown.js';

/** A model on Kaggle. `version` is null where the handle leaves it open: the newest. */
export interface KaggleModel {
  readonly owner: string;
  readonly model: string;
  readonly framework: string;
  readonly variation: string;
  readonly version: number | null;
}

/** What a handle turned out to be. */
export type Handle =
  | {readonly kind: 'path'; readonly path: string}
  | {readonly kind: 'http'; readonly url: string}
  | {readonly kind: 'gs'; readonly bucket: string; readonly object: string}
  | {readonly kind: 'kaggle'; readonly model: KaggleModel}
  | {readonly kind: 'unknown'; readonly scheme: string};

/** The two answers of the hosting protocol. */
export type HostingFormat = 'compressed' | 'uncompressed';

// One letter before the colon is a Windows drive, not a scheme.
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
const ARCHIVE = /\.(?:tar|tar\.gz|tgz)$/i;
const SLUG = /^[\w.-]+$/;
const KAGGLE_HOSTS = new Set(['kaggle.com', 'www.kaggle.com']);

const SCHEMES: Readonly<Record<string, (handle: string) => Handle>> = {
  file: (path) => ({kind: 'path', path}),
  http: parseHttp,
  https: parseHttp,
  gs: parseGs,
  kaggle: (handle) => {
    const model = parseKaggleName(handle.slice('kaggle:'.length).replace(/^\/+/, ''));
    if (!model) {
      throw new HandleError(
        `'${shownHandle(handle)}' does not name a Kaggle model. Write kaggle:owner/model/framework/variation[/version].`,
      );
    }
    return {kind: 'kaggle', model};
  },
};

/** Says what `handle` is. A relative path that could also be a Kaggle name counts as a path. */
export function parseHandle(handle: string): Handle {
  if (handle.trim() === '')
    throw new HandleError('A model handle is empty. Give a path, a URL or a Kaggle name.');
  if (handle.includes('\0')) throw new HandleError('A model handle contains a NUL character.');
  if (/^\s/.test(handle) && SCHEME.test(handle.trim()))
    throw new HandleError(`The model handle '${shownHandle(handle)}' begins with white space.`);
  const scheme = SCHEME.exec(handle)?.[1]?.toLowerCase();
  if (scheme === undefined) return {kind: 'path', path: handle};
  const parse = ownEntry(SCHEMES, scheme);
  if (parse) return parse(handle);
  // `name:rest` without slashes is an odd file name rather than an address.
  return handle.includes('://') ? {kind: 'unknown', scheme} : {kind: 'path', path: handle};
}

/** True for the names that the reference takes for archives. */
export function isArchiveName(path: string): boolean {
  return ARCHIVE.test(path.replace(/[?#].*$/s, ''));
}

/**
 * The address that the hosting protocol asks: the handle with `tf-hub-format` appended to its query, and what
 * was in the query left as it is.
 */
export function hostingUrl(url: string, format: HostingFormat): string {
  const bare = url.replace(/#.*$/s, '');
  const joint = !bare.includes('?') ? '?' : /[?&]$/.test(bare) ? '' : '&';
  return `${bare}${joint}tf-hub-format=${format}`;
}

/** Hosts of the protocol whose archives lie elsewhere, as the reference knows them. */
const MIRRORS: Readonly<Record<string, (path: string) => string>> = {
  'https://hub.tensorflow.google.cn/': (path) =>
    `https://gcs.tensorflow.google.cn/tfhub-modules/${path}.tar.gz`,
};

/** The address of the archive that a model URL or an archive URL stands for. */
export function archiveUrl(url: string): string {
  const mirror = Object.keys(MIRRORS).find((start) => url.startsWith(start));
  return mirror === undefined ? hostingUrl(url, 'compressed') : MIRRORS[mirror]!(url.slice(mirror.length));
}

/** `owner/model/framework/variation[/version]`, the form kagglehub users write; null for anything else. */
export function parseKaggleName(name: string): KaggleModel | null {
  const parts = name.replace(/\/+$/, '').split('/');
  if (parts.length !== 4 && parts.length !== 5) return null;
  if (!parts.every((part) => SLUG.test(part) && !/^\.+$/.test(part))) return null;
  const [owner, model, framework, variation, version] = parts as [string, string, string, string, string?];
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version)) return null;
  return {owner, model, framework, variation, version: version === undefined ? null : Number(version)};
}

/** The short form of a Kaggle model. */
export function kaggleName({owner, model, framework, variation, version}: KaggleModel): string {
  return [owner, model, framework, variation, ...(version === null ? [] : [version])].join('/');
}

/** The model's page, which is also its handle for the hosting protocol. */
export function kaggleUrl(model: KaggleModel): string {
  return `https://www.kaggle.com/models/${kaggleName(model)}`;
}

/**
 * The model that a Kaggle Models URL names; null where `url` is not one. Kaggle writes such URLs in two ways:
 * `/models/o/m/f/v/3` and `/models/o/m/frameworks/f/variations/v/versions/3`.
 */
export function parseKaggleUrl(url: string): KaggleModel | null {
  const {hostname, pathname} = new URL(url);
  if (!KAGGLE_HOSTS.has(hostname) || !pathname.startsWith('/models/')) return null;
  const long =
    /^\/models\/([^/]+)\/([^/]+)\/frameworks\/([^/]+)\/variations\/([^/]+)(?:\/versions\/([^/]+))?\/*$/;
  const match = long.exec(pathname);
  const name = match
    ? match.slice(1).filter((part) => part !== undefined)
    : [pathname.slice('/models/'.length)];
  return parseKaggleName(name.join('/'));
}

function parseHttp(handle: string): Handle {
  const url = URL.canParse(handle) ? new URL(handle) : null;
  if (!url || url.hostname === '') throw new HandleError(`'${shownHandle(handle)}' is not a URL.`);
  return {kind: 'http', url: handle};
}

function parseGs(handle: string): Handle {
  const match = /^gs:\/\/([a-z0-9][a-z0-9._-]+)(?:\/(.*))?$/is.exec(handle);
  if (!match) {
    throw new HandleError(
      `'${shownHandle(handle)}' is not a Cloud Storage location. Write gs://bucket/path/of/the/model.`,
    );
  }
  return {kind: 'gs', bucket: match[1]!, object: (match[2] ?? '').replace(/\/+$/, '')};
}
