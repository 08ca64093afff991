/**
 * The files that a model brings along, such as vocabularies.
 *
 * @module
 */

import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import {CallError, FormatError, SaveError} from '../../errors.js';
import {pathSegments} from '../../platform/paths.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {AssetFileDef, decodeMessage, type MetaGraphDef} from '../../proto/index.js';
import {stringValue} from '../../tensors/strings.js';
import type {Value} from '../../tensors/value.js';
import {readFileIfThere} from './read_model.js';

/** A file of a model. */
export interface Asset {
  /** Name under `assets/`. */
  readonly filename: string;
  /** What the graph is told: a path, local where the model is. */
  readonly path: string;
  /** True where the model lacks the file. */
  readonly missing?: true;
}

/** Where assets are, in SavedModels and in the legacy Hub format alike. */
export const ASSETS_DIRECTORY = 'assets';

/** Collection in which TensorFlow 1 lists the assets. */
const ASSETS_COLLECTION = 'saved_model_assets';

/** What a graph says of its assets. */
export function assetsOf({assetFileDef, collectionDef}: MetaGraphDef): readonly AssetFileDef[] {
  const kind = collectionDef.get(ASSETS_COLLECTION)?.kind;
  if (assetFileDef.length > 0 || kind?.$case !== 'anyList') return assetFileDef;
  return kind.value.value.map(({value}) =>
    decodeMessage(AssetFileDef, value, `collection '${ASSETS_COLLECTION}'`),
  );
}

/**
 * The assets of a model, read when the model is loaded because graphs read files in the middle of a step. As for
 * TensorFlow, one that is missing is an error when it is read, and none where nothing reads it.
 */
export class Assets {
  readonly list: readonly Asset[];
  readonly #contents: ReadonlyMap<string, Uint8Array>;

  private constructor(list: readonly Asset[], contents: ReadonlyMap<string, Uint8Array>) {
    this.list = list;
    this.#contents = contents;
  }

  static async read(
    directory: ModelDirectory,
    defs: readonly AssetFileDef[],
    subdirectory: string,
  ): Promise<Assets> {
    const contents = new Map<string, Uint8Array>();
    const list: Asset[] = [];
    for (const {filename: written} of defs) {
      if (written.split(/[/\\]/).includes('..') || /^[/\\]/.test(written)) {
        throw new FormatError(`${directory.name}: the asset '${written}' is outside of the model`);
      }
      // `x` and `../x` are one file.
      const filename = pathSegments(written).join('/');
      const path = `${directory.path ?? directory.name}/${subdirectory}/${filename}`;
      const content = contents.get(path) ?? (await readFileIfThere(directory, `${subdirectory}/${filename}`));
      if (content !== undefined) contents.set(path, content);
      list.push(content === undefined ? {filename, path, missing: true} : {filename, path});
    }
    return new Assets(list, contents);
  }

  /**
   * Content by the path that the graph was told.
   *
   * @throws FormatError when the model lacks the file, CallError when the path is none of its assets.
   */
  content(path: Uint8Array): Uint8Array {
    const name = decodeUtf8(path);
    const content = this.#contents.get(name);
    if (content !== undefined) return content;
    if (this.list.some((asset) => asset.path === name)) throw new FormatError(missingFile(name));
    throw new CallError(`the model reads the file '${name}', which is none of its assets`);
  }

  /** @throws FormatError when there is none of that number. */
  at(index: number): Asset {
    const asset = this.list[index];
    if (asset === undefined)
      throw new FormatError(`the model refers to an asset number ${index} that it does not have`);
    return asset;
  }

  /**
   * An asset with its content, to be written with the model.
   *
   * @throws SaveError when the model lacks the file.
   */
  file(index: number): {readonly filename: string; readonly content: Uint8Array} {
    const {filename, path} = this.at(index);
    const content = this.#contents.get(path);
    if (content === undefined) throw new SaveError(missingFile(path));
    return {filename, content};
  }

  /** The path of an asset as the graph receives it. */
  value(index: number): Value {
    return stringValue([], [encodeUtf8(this.at(index).path)]);
  }
}

function missingFile(path: string): string {
  return `the model's asset ${path} is missing; put the file there and load the model again`;
}
