/**
 * The uncompressed form of the hosting protocol: a server answers 303 with the place of the model in Cloud Storage
 * (tensorflow_hub/uncompressed_module_resolver.py).
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {shownHandle, withoutSecrets} from '../shown.js';
import type {GcsLocation} from './gcs.js';
import {hostingUrl, parseHandle} from './handle.js';
import {failure, type HeaderPolicy, HttpSession, textOf} from './http.js';
import type {ResolveSettings} from './options.js';

const isLocation = (text: string) => /^gs:/i.test(text);

/** Asks where the model of `url` is. The place stands in the answer's body, as the reference has it, or in its header. */
export async function uncompressedLocation(
  url: string,
  headersFor: HeaderPolicy,
  settings: ResolveSettings,
): Promise<GcsLocation> {
  const session = new HttpSession(settings, headersFor, settings.signal ?? new AbortController().signal);
  const asked = hostingUrl(url, 'uncompressed');
  const answer = await session.read(async (patience) => {
    const response = await session.get(asked, patience, {}, isLocation);
    if (response.status !== 303) throw await failure(response);
    const body = (await textOf(response)).trim();
    const header = response.header('location') ?? '';
    return !isLocation(body) && isLocation(header) ? header.trim() : body;
  });
  const location = isLocation(answer) ? parseHandle(answer) : null;
  if (location?.kind === 'gs') return location;
  throw new DownloadError(
    `${shownHandle(url)} was asked for the place of its uncompressed model, and answers ` +
      `'${withoutSecrets(answer, asked).slice(0, 100)}' instead of a gs:// location. Leave TFHUB_MODEL_LOAD_FORMAT at AUTO.`,
  );
}
