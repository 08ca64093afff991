/**
 * Models in Google Cloud Storage: public objects over HTTPS, by the JSON API (`storage/v1`).
 *
 * @module
 */

import {DownloadError, HandleError} from '../errors.js';
import {FlatDirectory} from '../platform/memory.js';
import type {ModelDirectory} from '../platform/platform.js';
import {HttpSession} from './http.js';
import type {ResolveSettings} from './options.js';
import {remoteFile} from './remote_file.js';

export interface GcsLocation {
  readonly bucket: string;
  /** Name of an object, or of a directory without the slash at its end. */
  readonly object: string;
}

interface Listing {
  readonly items?: readonly {readonly name: string; readonly size: string; readonly generation?: string}[];
  readonly nextPageToken?: string;
}

const MAX_OBJECTS = 100_000;
const NO_HEADERS = () => ({});

const objects = (endpoint: string, bucket: string) =>
  `${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o`;

/** The address that answers with an object's bytes. A generation pins the version that was listed. */
export function gcsMediaUrl(endpoint: string, {bucket, object}: GcsLocation, generation?: string): string {
  const version = generation === undefined ? '' : `&generation=${encodeURIComponent(generation)}`;
  return `${objects(endpoint, bucket)}/${encodeURIComponent(object)}?alt=media${version}`;
}

/** A directory in Cloud Storage, listed now and read by range when its files are read. Nothing is cached. */
export async function gcsDirectory(
  location: GcsLocation,
  settings: ResolveSettings,
): Promise<ModelDirectory> {
  const signal = settings.signal ?? new AbortController().signal;
  const session = new HttpSession(settings, NO_HEADERS, signal);
  const {bucket, object} = location;
  const name = `gs://${bucket}/${object}`;
  const prefix = object === '' ? '' : `${object}/`;
  const items = await list(session, settings.gcsEndpoint, bucket, prefix);
  if (items.length === 0) throw new HandleError(`${name} does not exist, or is empty.`);
  return new FlatDirectory(
    name,
    items
      // An object with a slash at its end stands for a directory.
      .filter((item) => !item.name.endsWith('/'))
      .map((item) => {
        const path = item.name.slice(prefix.length);
        const open = () =>
          remoteFile({
            session,
            url: gcsMediaUrl(settings.gcsEndpoint, {bucket, object: item.name}, item.generation),
            name: `${name}/${path}`,
            size: Number(item.size),
            retries: settings.retries,
            signal,
          });
        return [path, open] as const;
      }),
  );
}

async function list(
  session: HttpSession,
  endpoint: string,
  bucket: string,
  prefix: string,
): Promise<NonNullable<Listing['items']>> {
  const found: NonNullable<Listing['items']>[number][] = [];
  let page: string | undefined;
  do {
    const query = new URLSearchParams({prefix, fields: 'items(name,size,generation),nextPageToken'});
    if (page !== undefined) query.set('pageToken', page);
    const url = `${objects(endpoint, bucket)}?${query}`;
    const listing = checkedListing(await session.json<unknown>(url), `gs://${bucket}/${prefix}`);
    found.push(...(listing.items ?? []));
    if (found.length > MAX_OBJECTS) {
      throw new DownloadError(
        `gs://${bucket}/${prefix} holds more than ${MAX_OBJECTS} objects; that is no model.`,
      );
    }
    page = listing.nextPageToken;
  } while (page);
  return found;
}

/** @throws DownloadError where an answer is no listing of objects. */
function checkedListing(answer: unknown, place: string): Listing {
  const {items = [], nextPageToken} = (answer ?? {}) as {
    readonly items?: unknown;
    readonly nextPageToken?: unknown;
  };
  const isListing =
    typeof answer === 'object' &&
    answer !== null &&
    (nextPageToken === undefined || typeof nextPageToken === 'string') &&
    Array.isArray(items) &&
    items.every(isListed);
  if (isListing) return answer as Listing;
  throw new DownloadError(
    `${place} cannot be listed: the server answers in another form than Cloud Storage's JSON API (storage/v1) has.`,
  );
}

function isListed(item: unknown): boolean {
  const {name, size, generation} = (item ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof name === 'string' &&
    /^\d{1,16}$/.test(String(size)) &&
    Number.isSafeInteger(Number(size)) &&
    (generation === undefined || typeof generation === 'string')
  );
}
