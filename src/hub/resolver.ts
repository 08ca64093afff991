/**
 * From a handle to a model's directory: the resolvers, in the order in which they are asked.
 *
 * @module
 */

import {HandleError} from '../errors.js';
import {warnOnce} from '../log.js';
import type {ModelDirectory} from '../platform/platform.js';
import {getHubServices} from '../platform/services.js';
import {shownHandle} from '../shown.js';
import {DirectoryCache} from './cache.js';
import {withDeadline} from './deadline.js';
import {type Obtained, obtainArchive, obtainCopy, unpackInHand} from './download.js';
import {gcsDirectory, gcsMediaUrl} from './gcs.js';
import {
  archiveUrl,
  type Handle,
  isArchiveName,
  type KaggleModel,
  parseHandle,
  parseKaggleName,
  parseKaggleUrl,
} from './handle.js';
import {bothHeaders, originHeaders} from './http.js';
import {demandIntegrity, integrityOf as integrityIn} from './integrity.js';
import {kaggleHeaders, kagglehubCached, resolveKaggle} from './kaggle.js';
import {type ResolveOptions, type ResolveSettings, settle} from './options.js';
import {isModelDirectory, modelRoot} from './sources.js';
import {uncompressedLocation} from './uncompressed.js';

/** Where a model is. */
export interface ResolvedModel {
  /** What was resolved, as it was given. */
  readonly handle: string;
  readonly directory: ModelDirectory;
  /** The local path, where the model is on a local file system. */
  readonly path?: string;
  /** False where the model was downloaded just now, or is read from afar. */
  readonly fromCache: boolean;
}

/**
 * What names or holds a model: a handle, a URL, a directory that the user picked (`FileSystemDirectoryHandle`), what
 * was dropped (`DataTransfer`), files (`FileList`, an array of `File`s, one archive), or a directory of this library's
 * own kind.
 */
export type ModelSource =
  | string
  | URL
  | ModelDirectory
  | FileSystemDirectoryHandle
  | DataTransfer
  | Iterable<File>;

/** Turns handles of a kind of its own into models. */
export interface Resolver {
  /** For messages. */
  readonly name: string;
  /** Whether `handle` is for this resolver; nothing is fetched yet. */
  supports(handle: string): boolean | Promise<boolean>;
  /** The model's directory, or another handle, which is resolved in its turn. */
  resolve(handle: string, options: ResolveOptions): Promise<ModelDirectory | string>;
}

const registered: Resolver[] = [];
const MAX_FORWARDS = 10;

/**
 * Adds a resolver. It is asked before the built-in ones, and before those registered earlier.
 *
 * @returns A function that takes it away again.
 * @example
 * registerResolver({
 *   name: 'models of our team',
 *   supports: (handle) => handle.startsWith('team:'),
 *   resolve: async (handle) => `https://models.example.com/${handle.slice('team:'.length)}`,
 * });
 */
export function registerResolver(resolver: Resolver): () => void {
  registered.unshift(resolver);
  return () => {
    const at = registered.indexOf(resolver);
    if (at >= 0) registered.splice(at, 1);
  };
}

/**
 * Finds a model and, where it is not on this machine, downloads it into the cache.
 *
 * @throws HandleError when the handle is malformed or names nothing.
 * @throws DownloadError when the model cannot be had: network, status, disk.
 * @throws FormatError when what arrives is no archive, a broken or a hostile one.
 */
export async function resolve(source: ModelSource, options: ResolveOptions = {}): Promise<ResolvedModel> {
  const settings = settle(options, getHubServices());
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const directory = await modelRoot(await inHand(source, settings));
    await verify(directory.name, directory, settings);
    return found(directory.name, directory, true);
  }
  if (settings.insecure) {
    warnOnce('TFHUB_DISABLE_CERT_VALIDATION is set: the certificates of servers are not checked.');
  }
  const handle = String(source);
  if (/\p{Surrogate}/u.test(handle))
    throw new HandleError(`The model handle ${JSON.stringify(handle)} contains half of a character.`);
  let current = handle;
  for (let forwards = 0; forwards <= MAX_FORWARDS; forwards++) {
    const resolver = await firstSupporting(current);
    if (!resolver) {
      const {directory, fromCache} = await withDeadline(settings, current, async (signal) => {
        const within = {...settings, signal};
        return pinned(current, await resolveBuiltIn(current, within), within);
      });
      return found(handle, directory, fromCache);
    }
    const result = await resolver.resolve(current, options);
    if (typeof result !== 'string') {
      if (!isModelDirectory(result))
        throw new HandleError(`The resolver '${resolver.name}' returns neither a handle nor a directory.`);
      await verify(handle, result, settings);
      return found(handle, result, true);
    }
    current = result;
  }
  throw new HandleError(`'${shownHandle(handle)}' leads from one resolver to the next without end.`);
}

/**
 * The integrity of a model that was resolved: what the option `integrity` takes to ask for this model and no other. All of
 * the model is read for it.
 *
 * @example
 * const {directory} = await resolve('https://tfhub.dev/google/nnlm-en-dim50/2');
 * await integrityOf(directory);   // 'sha256-…'
 */
export function integrityOf(directory: ModelDirectory): Promise<string> {
  return integrityIn(directory, getHubServices().sha256);
}

function found(handle: string, directory: ModelDirectory, fromCache: boolean): ResolvedModel {
  const {path} = directory;
  return {handle, directory, fromCache, ...(path === undefined ? {} : {path})};
}

/** Makes sure that a model is the one that the option `integrity` names. */
async function pinned(handle: string, model: Obtained, settings: ResolveSettings): Promise<Obtained> {
  if (settings.integrity === undefined || model.isVerified) return model;
  // What is verified has to be what is loaded, and what is read from afar may differ the next time.
  if (model.isRemote) return obtainCopy(handle, model.directory, settings);
  await verify(handle, model.directory, settings);
  return model;
}

async function verify(
  what: string,
  directory: ModelDirectory,
  {integrity, services}: ResolveSettings,
): Promise<void> {
  if (integrity !== undefined)
    demandIntegrity(what, integrity, await integrityIn(directory, services.sha256));
}

/** The directory of a model that was handed over rather than named. */
async function inHand(
  source: Exclude<ModelSource, string | URL>,
  settings: ResolveSettings,
): Promise<ModelDirectory> {
  if (typeof source !== 'object' || source === null) throw noSource(source);
  if (isModelDirectory(source)) return source;
  const archive = soleArchive(source);
  if (archive) return unpackInHand(archive, settings);
  const directory = await settings.services.directoryOf(source);
  if (!directory) throw noSource(source);
  return directory;
}

function noSource(source: unknown): HandleError {
  const what =
    typeof source === 'object' && source !== null
      ? `an object ${source.constructor?.name ?? ''}`
      : String(source);
  return new HandleError(
    `A model is given by a handle, a URL, a directory or a list of files, and not by ${what.trimEnd()}.`,
  );
}

function soleArchive(source: object): File | null {
  const files = isIterable(source) ? [...source] : [];
  const [file] = files;
  return files.length === 1 && file instanceof Blob && 'name' in file && isArchiveName(String(file.name))
    ? (file as File)
    : null;
}

function isIterable(source: object): source is Iterable<unknown> {
  return Symbol.iterator in source && typeof source[Symbol.iterator] === 'function';
}

async function firstSupporting(handle: string): Promise<Resolver | null> {
  for (const resolver of registered) if (await resolver.supports(handle)) return resolver;
  return null;
}

type Kind = Handle['kind'];

/** One for each kind of handle. */
const BUILT_IN: {
  readonly [K in Kind]: (
    handle: string,
    parsed: Extract<Handle, {kind: K}>,
    settings: ResolveSettings,
  ) => Promise<Obtained>;
} = {
  path: resolvePath,
  http: resolveHttp,
  gs: async (handle, location, settings) =>
    isArchiveName(location.object)
      ? obtainArchive(
          handle,
          {url: gcsMediaUrl(settings.gcsEndpoint, location), headersFor: () => ({})},
          settings,
        )
      : {directory: await gcsDirectory(location, settings), fromCache: false, isRemote: true},
  kaggle: (_, {model}, settings) => resolveKaggle(model, settings),
  unknown: async (handle, {scheme}) => {
    throw new HandleError(
      `'${shownHandle(handle)}': nothing here resolves ${scheme}:// handles. ` +
        'Paths, http(s)://, gs:// and kaggle: are known; registerResolver adds others.',
    );
  },
};

function resolveBuiltIn(handle: string, settings: ResolveSettings): Promise<Obtained> {
  const parsed = parseHandle(handle);
  const resolver = BUILT_IN[parsed.kind] as (
    handle: string,
    parsed: Handle,
    settings: ResolveSettings,
  ) => Promise<Obtained>;
  return resolver(handle, parsed, settings);
}

async function resolvePath(
  handle: string,
  {path}: {readonly path: string},
  settings: ResolveSettings,
): Promise<Obtained> {
  const {files} = settings.services;
  const kaggle = parseKaggleName(path);
  if (!files) {
    if (kaggle) return resolveKaggle(kaggle, settings);
    throw new HandleError(
      `'${handle}' is a path, and a browser has no file system. Give a URL or picked files.`,
    );
  }
  const absolute = files.absolute(path);
  const status = await files.status(absolute);
  if (status?.kind === 'directory') return {directory: files.directory(absolute), fromCache: true};
  if (status?.kind === 'file' && isArchiveName(absolute)) {
    // A file that was written anew is another archive.
    const key = `${files.fileUrl(absolute)}#${status.size}-${Math.round(status.modified)}`;
    return obtainArchive(key, {file: absolute}, settings);
  }
  if (status) throw new HandleError(notAModel(absolute));
  if (kaggle) return resolveKaggle(kaggle, settings);
  if ((await files.entry(absolute))?.kind === 'link')
    throw new HandleError(`${absolute} is a symbolic link that leads nowhere.`);
  throw new HandleError(`${absolute} does not exist.${otherPlace(path)}`);
}

/** What files are that are taken for models, by how their names end, and the way from there. */
const OTHER_FILES: readonly (readonly [ending: RegExp, hint: string])[] = [
  [
    /\.(h5|hdf5)$/i,
    'It is a Keras model in HDF5: in Python, `tf.keras.models.load_model(path).export(directory)` makes a SavedModel of it.',
  ],
  [
    /\.keras$/i,
    'It is a Keras archive: in Python, `keras.models.load_model(path).export(directory)` makes a SavedModel of it.',
  ],
  [
    /\.tflite$/i,
    'It is a TensorFlow Lite model, from which no way leads back: take the SavedModel that it was made of.',
  ],
  [
    /(^|[\\/])saved_model\.(pb|pbtxt|cpb)$/i,
    'It is a file of a SavedModel: give the directory that it is in.',
  ],
  [/\.pb$/i, 'A frozen graph is no SavedModel: take the one that it was made of.'],
  [
    /(^|[\\/])model\.json$/i,
    "It is a model in tfjs's own format: `tf.loadGraphModel` or `tf.loadLayersModel` loads it.",
  ],
  [/\.onnx$/i, 'It is an ONNX model: ONNX Runtime loads it.'],
];

function notAModel(file: string): string {
  const hint = OTHER_FILES.find(([ending]) => ending.test(file))?.[1];
  return `${file} is not a directory, and not a .tar, .tar.gz or .tgz archive.${hint === undefined ? '' : ` ${hint}`}`;
}

/** Where a name leads that is the end of an address. */
function otherPlace(path: string): string {
  return /^[\w.-]+\/[\w.-]+\/\d+$/.test(path)
    ? ` A model of that name may be at https://tfhub.dev/${path}; one of Kaggle is called owner/model/framework/variation.`
    : '';
}

async function resolveHttp(
  handle: string,
  {url}: {readonly url: string},
  settings: ResolveSettings,
): Promise<Obtained> {
  const headersFor = bothHeaders(kaggleHeaders(settings), originHeaders(url, settings.headers));
  if (settings.loadFormat === 'UNCOMPRESSED') {
    const location = await uncompressedLocation(url, headersFor, settings);
    return {directory: await gcsDirectory(location, settings), fromCache: false, isRemote: true};
  }
  const kaggle = parseKaggleUrl(url);
  if (kaggle && kaggle.version === null) return resolveKaggle(kaggle, settings);
  const kept = kaggle && (await keptByKagglehub(handle, {...kaggle, version: kaggle.version!}, settings));
  return kept || obtainArchive(handle, {url: archiveUrl(url), headersFor}, settings);
}

/** What kagglehub has saves a download. This library's cache comes first, and is left to who looks there anyway. */
async function keptByKagglehub(
  handle: string,
  model: KaggleModel & {readonly version: number},
  {services, cacheDir}: ResolveSettings,
): Promise<Obtained | null> {
  if (!services.files) return null;
  const own = await new DirectoryCache(services.files, services, cacheDir).lookup(handle);
  return own ? null : kagglehubCached(model, services);
}
