/**
 * What a download has to be before it may enter a cache: a model, and where the option `integrity` says which, that one.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {MODEL_FILES} from '../platform/model_files.js';
import type {ModelDirectory} from '../platform/platform.js';
import type {FileSizes, ModelSink} from '../platform/services.js';
import {demandIntegrity, HashingSink, integrityOf} from './integrity.js';
import type {ResolveSettings} from './options.js';

type Settings = Pick<ResolveSettings, 'integrity' | 'services'>;

/** Fills a sink, and throws where what came must not be kept. The owner of the sink then removes it. */
export async function admit(
  handle: string,
  sink: ModelSink,
  {integrity, services}: Settings,
  fill: (sink: ModelSink) => Promise<FileSizes>,
): Promise<FileSizes> {
  if (integrity === undefined) return demandModel(await fill(sink));
  const hashing = new HashingSink(sink, services.sha256);
  const sizes = demandModel(await fill(hashing));
  demandIntegrity(handle, integrity, hashing.integrity());
  return sizes;
}

/** What tells whether a model that is in a cache already is the one that is wanted; absent where any will do. */
export function acceptance({
  integrity,
  services,
}: Settings): {readonly accepts: (model: ModelDirectory) => Promise<boolean>} | undefined {
  if (integrity === undefined) return undefined;
  return {accepts: async (model) => (await integrityOf(model, services.sha256)) === integrity};
}

function demandModel(sizes: FileSizes): FileSizes {
  const paths = Object.keys(sizes);
  if (paths.some((path) => MODEL_FILES.has(path))) return sizes;
  const inner = paths.find((path) => MODEL_FILES.has(path.split('/').at(-1)!));
  const shown = paths.slice(0, 5).map((path) => JSON.stringify(path));
  const what =
    inner === undefined
      ? `it holds ${shown.join(', ') || 'nothing'}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`
      : `it has ${JSON.stringify(inner)}, and a model's files have to be at the root`;
  throw new FormatError(`There is no model in it: ${what}. Looked for: ${[...MODEL_FILES].join(', ')}.`);
}
