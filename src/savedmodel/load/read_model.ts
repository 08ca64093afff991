/**
 * The file at the heart of a SavedModel, in each of its forms, and the choice of one of the graphs in it.
 *
 * @module
 */

import {CallError, FormatError} from '../../errors.js';
import {MAX_MESSAGE_BYTES, MESSAGE_FILES} from '../../platform/model_files.js';
import type {FileHandle, ModelDirectory} from '../../platform/platform.js';
import {readChunkedSavedModel} from '../../proto/chunked.js';
import {decodeMessage, type MetaGraphDef, SavedModel} from '../../proto/index.js';
import {decodeTextMessage} from '../../proto/text_format.js';

/** The forms of the file, in the order in which they are looked for. */
const FORMS: readonly {readonly file: string; read(file: FileHandle, what: string): Promise<SavedModel>}[] = [
  {
    file: 'saved_model.pb',
    read: async (file, what) => decodeMessage(SavedModel, await readMessage(file, what), what),
  },
  {
    file: 'saved_model.cpb',
    read: async (file, what) => decodeMessage(SavedModel, await readChunkedSavedModel(file, what), what),
  },
  {
    file: 'saved_model.pbtxt',
    read: async (file, what) =>
      decodeTextMessage(SavedModel, 'tensorflow.SavedModel', await readMessage(file, what), what),
  },
];

/** File that marks the legacy format of TensorFlow 1 Hub. */
export const HUB_MODULE_FILE = 'tfhub_module.pb';

/** What Keras keeps of the layers beside a model, by the numbers of their objects. */
export const KERAS_METADATA_FILE = 'keras_metadata.pb';

/** The checkpoint of a SavedModel. */
export const VARIABLES_PREFIX = 'variables/variables';

/** The whole content of a file. */
export async function readAll(file: FileHandle): Promise<Uint8Array> {
  const bytes = new Uint8Array(file.size);
  await file.readInto(bytes, 0);
  return bytes;
}

/** The whole content of a file that is a message. One that is too large is refused before it is read. */
async function readMessage(file: FileHandle, what: string): Promise<Uint8Array> {
  if (file.size > MAX_MESSAGE_BYTES) {
    throw new FormatError(`${what} has ${file.size} bytes; no such file has more than ${MAX_MESSAGE_BYTES}`);
  }
  return readAll(file);
}

/** A file's content, or undefined where there is no such file. */
export async function readFileIfThere(
  directory: ModelDirectory,
  path: string,
): Promise<Uint8Array | undefined> {
  const file = await directory.open(path);
  if (file === null) return undefined;
  try {
    return await (MESSAGE_FILES.has(path) ? readMessage(file, `${directory.name}/${path}`) : readAll(file));
  } finally {
    await file.close();
  }
}

/**
 * Reads the model file of a directory.
 *
 * @throws FormatError when there is none, or it is damaged.
 */
export async function readSavedModel(directory: ModelDirectory): Promise<SavedModel> {
  for (const {file: name, read} of FORMS) {
    const file = await directory.open(name);
    if (file === null) continue;
    try {
      return await read(file, `${directory.name}/${name}`);
    } finally {
      await file.close();
    }
  }
  const all = await directory.list();
  const found = all.slice(0, 10);
  const inItsPlace = FORMS.find(({file}) => all.includes(file));
  if (inItsPlace) {
    throw new FormatError(
      `${directory.name}/${inItsPlace.file} is no file: it is a directory, or a link that leads nowhere`,
    );
  }
  const version = await versionIn(directory, all);
  if (version !== undefined) {
    throw new FormatError(
      `${directory.name} is no SavedModel, but holds versions of one (${found.join(', ')}): take one of them, such as ` +
        `${directory.name}/${version}`,
    );
  }
  throw new FormatError(
    `${directory.name} is no SavedModel: it contains neither ${FORMS.map(({file}) => file).join(' nor ')}` +
      (found.length > 0 ? `, but ${found.join(', ')}` : '; it is empty or does not exist'),
  );
}

/** The latest of the versions in a directory, which TensorFlow Serving would serve; undefined where it holds none. */
async function versionIn(directory: ModelDirectory, names: readonly string[]): Promise<string | undefined> {
  const versions = names.filter((name) => /^\d{1,15}$/.test(name)).sort((a, b) => Number(b) - Number(a));
  const [latest] = versions;
  for (const {file} of latest === undefined ? [] : FORMS) {
    const found = await directory.open(`${latest}/${file}`);
    await found?.close();
    if (found !== null) return latest;
  }
  return undefined;
}

/** True for a directory in the legacy TensorFlow 1 Hub format. */
export async function isHubModule(directory: ModelDirectory): Promise<boolean> {
  const file = await directory.open(HUB_MODULE_FILE);
  await file?.close();
  return file !== null;
}

/** The tags of a graph: one, or several in any order. */
export type Tags = string | readonly string[] | ReadonlySet<string>;

/** Tags as a list. */
export function tagList(tags: Tags): readonly string[] {
  return typeof tags === 'string' ? [tags] : [...tags];
}

/** The graph with exactly these tags; without tags, the only one. */
export function chooseMetaGraph(model: SavedModel, tags: Tags | undefined, what: string): MetaGraphDef {
  const {metaGraphs} = model;
  if (metaGraphs.length === 0) throw new FormatError(`${what} contains no graph`);
  if (tags === undefined) {
    if (metaGraphs.length === 1) return metaGraphs[0]!;
    throw new CallError(
      `${what} contains ${metaGraphs.length} graphs; say which one by its tags: ${tagSets(model)}`,
    );
  }
  const asked = tagList(tags);
  const wanted = new Set(asked);
  const found = metaGraphs.find((graph) => {
    const own = new Set(graph.metaInfoDef?.tags);
    return own.size === wanted.size && [...own].every((tag) => wanted.has(tag));
  });
  if (found !== undefined) return found;
  throw new CallError(`${what} has no graph with the tags [${asked.join(', ')}]; it has: ${tagSets(model)}`);
}

function tagSets({metaGraphs}: SavedModel): string {
  return metaGraphs.map((graph) => `[${graph.metaInfoDef?.tags.join(', ') ?? ''}]`).join(', ');
}
