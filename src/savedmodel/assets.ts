/**
 * The files that a model brings along, such as vocabularies.
 *
 * @module
 */

import {CallError, FormatError} from '../errors.js';
import {decodeUtf8, encodeUtf8} from '../graph/tensor.js';
import {Value} from '../ops/value.js';
import type {ModelDirectory} from '../platform/platform.js';
import {AssetFileDef, decodeMessage, type MetaGraphDef} from '../proto/index.js';
import {readFileIfThere} from './read_model.js';

/** A file of a model. */
export interface Asset {
  /** Name under `assets/`. */
  readonly filename: string;
  /** What the graph is told: a path, local where the model is. */
  readonly path: string;
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

/** The assets of a model, read when the model is loaded because graphs read files in the middle of a step. */
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
    const list = defs.map(({filename}) => {
      if (filename.split(/[/\\]/).includes('..') || /^[/\\]/.test(filename)) {
        throw new FormatError(`${directory.name}: the asset '${filename}' is outside of the model`);
      }
      return {filename, path: `${directory.path ?? directory.name}/${subdirectory}/${filename}`};
    });
    const contents = new Map<string, Uint8Array>();
    for (const {filename, path} of list) {
      const content = await readFileIfThere(directory, `${subdirectory}/${filename}`);
      if (content === undefined) {
        throw new FormatError(`${directory.name} lacks its asset ${subdirectory}/${filename}`);
      }
      contents.set(path, content);
    }
    return new Assets(list, contents);
  }

  /** Content by the path that the graph was told. */
  content(path: Uint8Array): Uint8Array {
    const content = this.#contents.get(decodeUtf8(path));
    if (content === undefined) {
      throw new CallError(`the model reads the file '${decodeUtf8(path)}', which is none of its assets`);
    }
    return content;
  }

  /** @throws FormatError when there is none of that number. */
  at(index: number): Asset {
    const asset = this.list[index];
    if (asset === undefined)
      throw new FormatError(`the model refers to an asset number ${index} that it does not have`);
    return asset;
  }

  /** An asset with its content. */
  file(index: number): {readonly filename: string; readonly content: Uint8Array} {
    const {filename, path} = this.at(index);
    return {filename, content: this.#contents.get(path)!};
  }

  /** The path of an asset as the graph receives it. */
  value(index: number): Value {
    return Value.host('string', [], [encodeUtf8(this.at(index).path)]);
  }
}
