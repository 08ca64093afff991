/**
 * The page of the browser tests: what run.ts asks it to do, it does with the library as a user's page would.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {
  Checkpoint,
  type DownloadProgress,
  func,
  HubError,
  latestCheckpoint,
  load,
  type ModelDirectory,
  type ModelSource,
  type ResolveOptions,
  resolve,
  savedModel,
  Trackable,
} from '../src/index.browser.js';

/** What a source of models can be named by from outside the page. */
export type NamedSource =
  | {readonly handle: string}
  /** The directory that was chosen in the page's `<input webkitdirectory>`. */
  | {readonly picked: true}
  /** A `FileSystemDirectoryHandle`: what a directory picker gives, here one of the page's own storage. */
  | {readonly directoryHandle: Readonly<Record<string, readonly number[]>>}
  /** The directory that `save` has saved to. */
  | {readonly saved: true}
  /** A drop of files. */
  | {readonly dropped: Readonly<Record<string, readonly number[]>>};

export interface Resolved {
  readonly fromCache: boolean;
  /** The SHA-1 of each file, by path. */
  readonly digests: Record<string, string>;
  readonly phases: DownloadProgress['phase'][];
  readonly progress: DownloadProgress | null;
}

export interface PageTests {
  resolve(source: NamedSource, options?: ResolveOptions): Promise<Resolved | {readonly error: string}>;
  /** Loads a model, calls one of its signatures and gives the values of all outputs. */
  run(
    source: NamedSource,
    signature: string,
    inputs: Readonly<Record<string, number[][]>>,
  ): Promise<Record<string, number[]>>;
  /** Loads a model and saves it: to a directory handle, over that, and as an archive. */
  save(source: NamedSource): Promise<Saved>;
  /** Saves the variables of a model as a checkpoint in a directory handle, and restores them; gives the names of the files. */
  checkpoint(source: NamedSource): Promise<string[]>;
  /**
   * Saves models over each other that say one number by their graph and by their variables, from `first` on. Loads after each save, and
   * gives the pairs of numbers: another tab may have saved in between.
   */
  saveOften(first: number, count: number): Promise<number[][]>;
}

export interface Saved {
  /** What was said when the saved model was to be saved over without being asked to. */
  readonly refusal: string;
  /** The SHA-1 of each file in the directory, by path. */
  readonly digests: Record<string, string>;
  readonly archive: readonly number[];
}

declare global {
  interface Window {
    hubTests: PageTests;
  }
}

window.hubTests = {
  async resolve(source, options = {}) {
    const seen: DownloadProgress[] = [];
    try {
      const {directory, fromCache} = await resolve(await sourceOf(source), {
        ...options,
        onProgress: (progress) => seen.push(progress),
      });
      return {
        fromCache,
        digests: await digests(directory),
        phases: [...new Set(seen.map(({phase}) => phase))],
        progress: seen.at(-1) ?? null,
      };
    } catch (error) {
      return {error: `${error instanceof HubError ? 'HubError' : 'other'}: ${(error as Error).message}`};
    }
  },

  async run(source, signature, inputs) {
    const model = await load(await sourceOf(source));
    const outputs = model.signatures[signature]!(inputs) as Record<string, tf.Tensor>;
    const values: Record<string, number[]> = {};
    for (const [name, tensor] of Object.entries(outputs)) values[name] = [...(await tensor.data())];
    return values;
  },

  async save(source) {
    const model = await load(await sourceOf(source));
    const handle = await ownDirectory('saved');
    await savedModel.save(model, handle);
    const refusal = await savedModel.save(model, handle).then(
      () => '',
      (error: Error) => error.message,
    );
    await savedModel.save(model, handle, {overwrite: true});
    const archive = await savedModel.saveAsArchive(model);
    return {
      refusal,
      digests: await digests((await resolve(handle)).directory),
      archive: [...new Uint8Array(await archive.arrayBuffer())],
    };
  },

  async checkpoint(source) {
    const model = await load(await sourceOf(source));
    const directory = await ownDirectory('checkpoints');
    const checkpoint = new Checkpoint({model});
    await checkpoint.save({directory, name: 'ckpt'});
    const before = model.variables.map((variable) => [...variable.dataSync()]);
    for (const variable of model.variables) variable.assign(tf.zerosLike(variable));
    (await checkpoint.restore((await latestCheckpoint(directory))!)).assertConsumed();
    const after = model.variables.map((variable) => [...variable.dataSync()]);
    if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error('other values were restored');
    const names: string[] = [];
    for await (const name of directory.keys()) names.push(name);
    return names.sort();
  },

  async saveOften(first, count) {
    const directory = await ownDirectory('together');
    const said: number[][] = [];
    for (let number = first; number < first + count; number++) {
      await savedModel.save(new Numbered(number), directory, {overwrite: true});
      const model = await load(directory);
      said.push((model.numbers as () => tf.Tensor[])().map((tensor) => tensor.dataSync()[0]!));
      model.dispose();
    }
    return said;
  },
};

class Numbered extends Trackable {
  readonly v: tf.Variable;
  readonly numbers;

  constructor(number: number) {
    super();
    this.v = tf.variable(tf.scalar(number));
    this.numbers = func(() => [tf.add(this.v, 0), tf.scalar(number)], {inputSignature: []});
  }
}

function ownDirectory(name: string): Promise<FileSystemDirectoryHandle> {
  return navigator.storage.getDirectory().then((root) => root.getDirectoryHandle(name, {create: true}));
}

async function sourceOf(source: NamedSource): Promise<ModelSource> {
  if ('handle' in source) return source.handle;
  if ('picked' in source) return document.querySelector('input')!.files!;
  if ('directoryHandle' in source) return directoryHandle(source.directoryHandle);
  if ('saved' in source) return ownDirectory('saved');
  const transfer = new DataTransfer();
  for (const [name, bytes] of Object.entries(source.dropped)) {
    transfer.items.add(new File([new Uint8Array(bytes)], name));
  }
  return transfer;
}

async function directoryHandle(files: Readonly<Record<string, readonly number[]>>) {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', {create: true});
  for (const [path, bytes] of Object.entries(files)) {
    const parts = path.split('/');
    let parent = root;
    for (const part of parts.slice(0, -1)) parent = await parent.getDirectoryHandle(part, {create: true});
    const writable = await (await parent.getFileHandle(parts.at(-1)!, {create: true})).createWritable();
    await writable.write(new Uint8Array(bytes));
    await writable.close();
  }
  return root;
}

async function digests(directory: ModelDirectory, prefix = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await directory.list(prefix)) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const file = await directory.open(path);
    if (!file) {
      Object.assign(found, await digests(directory, path));
      continue;
    }
    const bytes = new Uint8Array(file.size);
    await file.readInto(bytes, 0);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
    found[path] = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  return found;
}

document.body.dataset.ready = 'true';
