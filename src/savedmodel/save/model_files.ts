/**
 * The files of a SavedModel while they are written.
 *
 * @module
 */

import {indexFile} from '../../bundle/entries.js';
import type {FileWriter, OutputDirectory} from '../../platform/platform.js';
import {encodeMessage, FingerprintDef, type MetaGraphDef, SavedModel} from '../../proto/index.js';
import {fingerprint} from '../fingerprint.js';
import {VARIABLES_PREFIX} from '../load/read_model.js';

/** Version of the format. */
const SCHEMA_VERSION = 1;

/** A directory that a model is written to. */
export class ModelFiles implements OutputDirectory {
  readonly #output: OutputDirectory;
  /** The index of the checkpoint, which is part of the fingerprint. */
  #index: Uint8Array[] | undefined;

  constructor(output: OutputDirectory) {
    this.#output = output;
  }

  get name(): string {
    return this.#output.name;
  }

  async createFile(path: string): Promise<FileWriter> {
    const file = await this.#output.createFile(path);
    if (path !== indexFile(VARIABLES_PREFIX)) return file;
    const pieces: Uint8Array[] = [];
    this.#index = pieces;
    return {
      write: (bytes) => {
        pieces.push(bytes.slice());
        return file.write(bytes);
      },
      close: () => file.close(),
    };
  }

  /** Writes a file whole. */
  async write(path: string, content: Uint8Array): Promise<void> {
    const file = await this.#output.createFile(path);
    await file.write(content);
    await file.close();
  }

  /** Writes the model file, at last: what looks for a complete model looks for this one. */
  async finish(metaGraph: MetaGraphDef): Promise<void> {
    const model = encodeMessage(SavedModel, {
      savedModelSchemaVersion: SCHEMA_VERSION,
      metaGraphs: [metaGraph],
    });
    const index = this.#index && concatenate(this.#index);
    await this.write('fingerprint.pb', encodeMessage(FingerprintDef, fingerprint(model, metaGraph, index)));
    await this.write('saved_model.pb', model);
  }
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, {length}) => sum + length, 0));
  let at = 0;
  for (const each of pieces) {
    all.set(each, at);
    at += each.length;
  }
  return all;
}
