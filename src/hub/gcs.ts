/**
 * Models in Google Cloud Storage: public objects over HTTPS, by the JSON API (`storage/v1`).
 *
 * @module
 */

import {DownloadError, HandleError} from '../errors.js';
import {FlatDirectory} from '../platform/memory.js';
import {MAX_MESSAGE_BYTES, MESSAGE_FILES} from '../platform/model_files.js';
import type {ModelDirectory} from '../platform/platform.js';
import {shownHandle} from '../shown.js';
import {HttpSession} from './http.js';
import type {ResolveSettings} from './options.js';
import {remoteFile} from './remote_file.js';

export interface GcsLocation {
  readonly bucket: string;
  /** Name of an object, or of a directory without the slash at its end. */
  readonly object: string;
}

interface StoredObject {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly generation: string | undefined;
}

const MAX_OBJECTS = 100_000;
/** A page holds up to 1000 objects, and may hold none while a server looks on. */
const MAX_PAGES = 1000;
const MAX_EMPTY_PAGES = 20;
const NO_HEADERS = () => ({});

const objects = (endpoint: string, bucket: string) =>
  `${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o`;

/** The address that answers with an object's bytes. A generation pins the version that was listed. */
export function gcsMediaUrl(endpoint: string, {bucket, object}: GcsLocation, generation?: string): string {
  const version = generation === undefined ? '' : `&generation=${encodeURIComponent(generation)}`;
  return `${objects(endpoint, bucket)}/${encodeURIComponent(object)}?alt=media${version}`;
}

/**
 * A directory in Cloud Storage, listed now and read by range when its files are read. Nothing is cached.
 *
 * @throws HandleError when nothing is there; DownloadError when it cannot be listed, or is larger than allowed.
 */
export async function gcsDirectory(
  location: GcsLocation,
  settings: ResolveSettings,
): Promise<ModelDirectory> {
  const {bucket, object} = location;
  const name = shownHandle(`gs://${bucket}/${object}`);
  const prefix = object === '' ? '' : `${object}/`;
  const items = await list(settings, bucket, prefix, name);
  if (items.length === 0) throw new HandleError(`${name} does not exist, or is empty.`);
  const files = items
    // An object with a slash at its end stands for a directory.
    .filter((item) => !item.name.endsWith('/'))
    .map((item) => ({...item, path: item.name.slice(prefix.length)}));
  checkSizes(name, files, settings.maxBytes);
  return new FlatDirectory(
    name,
    files.map((file) => {
      const open = () =>
        remoteFile({
          settings,
          headersFor: NO_HEADERS,
          url: gcsMediaUrl(settings.gcsEndpoint, {bucket, object: file.name}, file.generation),
          name: `${name}/${file.path}`,
          size: file.size,
        });
      return [file.path, open] as const;
    }),
  );
}

/** Refuses what would be read in vain, before any of it is. */
function checkSizes(
  name: string,
  files: readonly {readonly path: string; readonly size: number}[],
  maxBytes: number,
): void {
  const message = files.find(({path, size}) => MESSAGE_FILES.has(path) && size > MAX_MESSAGE_BYTES);
  if (message) {
    throw new DownloadError(
      `${name}/${message.path} has ${message.size} bytes according to its listing; no such file has more than ` +
        `${MAX_MESSAGE_BYTES}.`,
    );
  }
  const total = files.reduce((sum, {size}) => sum + size, 0);
  if (total > maxBytes) {
    throw new DownloadError(
      `${name} holds ${total} bytes, more than the ${maxBytes} allowed for it. ` +
        'Raise the option maxBytes if that is wanted.',
    );
  }
}

async function list(
  settings: ResolveSettings,
  bucket: string,
  prefix: string,
  name: string,
): Promise<StoredObject[]> {
  const session = new HttpSession(settings, NO_HEADERS, settings.signal ?? new AbortController().signal);
  const found: StoredObject[] = [];
  const tokens = new Set<string>();
  let token: string | undefined;
  let empty = 0;
  do {
    const query = new URLSearchParams({prefix, fields: 'items(name,size,generation),nextPageToken'});
    if (token !== undefined) query.set('pageToken', token);
    const page = parsePage(await session.json(`${objects(settings.gcsEndpoint, bucket)}?${query}`), prefix);
    if (!page) {
      throw new DownloadError(
        `${name} cannot be listed: the server answers in another form than Cloud Storage's JSON API (storage/v1) has.`,
      );
    }
    if (found.length + page.items.length > MAX_OBJECTS) {
      throw new DownloadError(`${name} holds more than ${MAX_OBJECTS} objects; that is no model.`);
    }
    for (const item of page.items) found.push(item);
    token = page.next;
    if (page.items.length === 0) empty++;
    if (token !== undefined && (tokens.has(token) || empty > MAX_EMPTY_PAGES || tokens.size >= MAX_PAGES)) {
      throw new DownloadError(
        `The listing of ${name} does not end: after ${tokens.size + 1} pages, ${empty} of them empty, ` +
          `there are ${found.length} objects.`,
      );
    }
    if (token !== undefined) tokens.add(token);
  } while (token !== undefined);
  return found;
}

/** A page of a listing; null where it is none. */
function parsePage(
  answer: unknown,
  prefix: string,
): {readonly items: readonly StoredObject[]; readonly next: string | undefined} | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const {items = [], nextPageToken} = answer as {items?: unknown; nextPageToken?: unknown};
  if (!Array.isArray(items) || !(nextPageToken === undefined || typeof nextPageToken === 'string'))
    return null;
  const parsed = items.map((item) => parseObject(item, prefix));
  // A server may say in two ways that nothing follows.
  return parsed.includes(null)
    ? null
    : {items: parsed as StoredObject[], next: nextPageToken === '' ? undefined : nextPageToken};
}

function parseObject(item: unknown, prefix: string): StoredObject | null {
  if (typeof item !== 'object' || item === null) return null;
  const {name, size, generation} = item as {name?: unknown; size?: unknown; generation?: unknown};
  if (typeof name !== 'string' || !name.startsWith(prefix)) return null;
  if (!/^\d+$/.test(String(size)) || !Number.isSafeInteger(Number(size))) return null;
  if (!(generation === undefined || /^\d+$/.test(String(generation)))) return null;
  return {
    name,
    size: Number(size),
    generation: generation === undefined ? undefined : String(generation),
  };
}
