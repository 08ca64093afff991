/**
 * Checkpoints of training: the values of everything that some objects consist of, saved and restored.
 *
 * Mirrors `tf.train.Checkpoint` (`tensorflow/python/checkpoint/checkpoint.py`), which reads what is written here and the
 * other way round.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {encodeUtf8} from '../../algorithms/utf8.js';
import {indexFile} from '../../bundle/entries.js';
import {CheckpointReader} from '../../bundle/reader.js';
import {type TensorToSave, type WriteCheckpointOptions, writeCheckpoint} from '../../bundle/writer.js';
import {CallError, FormatError} from '../../errors.js';
import {PackedStrings} from '../../host/strings.js';
import {elementAt, type HostTensor} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/variable.js';
import {isPlainObject} from '../../plain_object.js';
import {writeFiles} from '../../platform/output.js';
import {type Confirm, readWhole, type SnapshotFiles} from '../../platform/snapshot.js';
import {Value} from '../../tensors/value.js';
import {ensureBackend} from '../../tfjs/backend.js';
import {OBJECT_GRAPH_KEY, readObjectGraph} from '../load/restore.js';
import {encodeState, STATE_FILE, type StateOfDirectory} from './directory_state.js';
import {type Matched, matchByName, matchByPath} from './matching.js';
import {CheckpointObjects, encodeObjectGraph, isKept, type ObjectNode, valueKey} from './objects.js';
import {checkOptimizer, restoreOptimizer, type StoredOptimizer} from './optimizer_restore.js';
import {type CheckpointPath, placeToRead, placeToWrite, renamed} from './path.js';
import type {HeldValue, SavedDTypes} from './stored_value.js';

/** The child of the root that counts saves. */
const SAVE_COUNTER = 'save_counter';

export interface CheckpointOptions extends WriteCheckpointOptions {
  /**
   * The dtype to save a variable in, where it is not to be its own. tfjs has no int64, in which TensorFlow counts:
   * `new Map([[step, 'int64']])` makes an int32 variable one that an int64 variable there can be restored from. A
   * variable that was restored keeps the dtype it was restored from, without being listed here.
   */
  readonly dtypes?: SavedDTypes;
}

/**
 * Saves and restores the values that objects consist of: variables, plain objects and arrays of such, `Trackable`s,
 * objects of loaded models, models of tfjs-layers, optimizers of tfjs.
 *
 * Values are told apart by the names that lead to them, as in `tf.train.Checkpoint`: what is restored must have been saved
 * under the same names, and where it is in memory does not matter.
 *
 * @example
 * const checkpoint = new Checkpoint({model, optimizer, step});
 * const path = await checkpoint.save('training/ckpt');       // training/ckpt-1
 * ...
 * const latest = await latestCheckpoint('training');
 * if (latest) (await checkpoint.restore(latest)).assertConsumed();
 */
export class Checkpoint {
  readonly #root: object;
  readonly #options: CheckpointOptions;
  #counter: Variable | undefined;

  /** @param root - What is to be saved, by name; or one object, whose attributes it is. */
  constructor(root: object, options: CheckpointOptions = {}) {
    this.#root = isPlainObject(root) ? keptByName(root) : root;
    this.#options = options;
  }

  /** How often it was saved, or had been when it was saved that from which it was restored. */
  get saveCounter(): number {
    return this.#counter === undefined ? 0 : Number(elementAt(this.#counter.exact().data, 0));
  }

  /**
   * Saves under `prefix` with the next number, and notes in the directory that this is the latest checkpoint.
   *
   * Everything is written as it is when this is called. The checkpoint is there once all of it is, and not before.
   *
   * @returns The path of the checkpoint, to restore from.
   * @throws SaveError when it cannot be written; nothing is left of it then.
   */
  save<P extends CheckpointPath>(prefix: P): Promise<P> {
    return this.saveNumbered(prefix, (name) => ({latest: name, all: [name]}));
  }

  /** As `save`, with a state of the directory that is the caller's. @internal */
  async saveNumbered<P extends CheckpointPath>(
    prefix: P,
    stateOf: (name: string) => StateOfDirectory,
  ): Promise<P> {
    const number = this.saveCounter + 1;
    this.#count(number);
    const path = renamed(prefix, (name) => `${name}-${number}`);
    try {
      await this.#write(path, stateOf);
    } catch (error) {
      this.#count(number - 1);
      throw error;
    }
    return path;
  }

  /** Saves under this very name: no number, and no note in the directory. */
  async write<P extends CheckpointPath>(path: P): Promise<P> {
    await this.#write(path);
    return path;
  }

  /**
   * Restores from a checkpoint of TensorFlow or of this library. What is not in it keeps its value.
   *
   * All is read and compared before anything is assigned. Objects that get variables later are not restored then, other
   * than in TensorFlow: make them first. (Optimizers of tfjs are: they get what they keep for each variable here.)
   *
   * @throws FormatError when there is no such checkpoint or it is damaged, CallError when something in it does not fit.
   */
  async restore(path: CheckpointPath): Promise<RestoreStatus> {
    await ensureBackend();
    const {directory, name} = await placeToRead(path);
    return readWhole(directory, filesOf(name), async (files, confirm) => {
      const reader = await CheckpointReader.open(files, name);
      try {
        if (this.#counter === undefined) this.#count(0);
        const objects = this.#objects();
        const matched = reader.has(OBJECT_GRAPH_KEY)
          ? matchByPath(objects, await readObjectGraph(reader))
          : matchByName(objects, reader);
        return await assignAll(objects, matched, reader, confirm);
      } finally {
        await reader.close();
      }
    });
  }

  #objects(): CheckpointObjects {
    const counter = this.#counter === undefined ? [] : [[SAVE_COUNTER, this.#counter] as const];
    return new CheckpointObjects(this.#root, counter, this.#options.dtypes ?? new Map());
  }

  #count(number: number): void {
    this.#counter ??= new Variable({name: SAVE_COUNTER, dtype: 'int64', shape: [], trainable: false});
    this.#counter.assign(Value.scalar('int64', number));
  }

  async #write(path: CheckpointPath, stateOf?: (name: string) => StateOfDirectory): Promise<void> {
    const objects = this.#objects();
    const graph = encodeObjectGraph(objects);
    const withValues = objects.nodes.filter((node) => node.value !== undefined);
    const held: HeldValue[] = withValues.map((node) => node.value!.hold());
    try {
      const tensors: TensorToSave[] = withValues.map((node, i) => ({
        key: valueKey(node),
        dtype: node.value!.dtype,
        shape: node.value!.shape,
        read: () => held[i]!.read(),
      }));
      const {directory, name} = await placeToWrite(path);
      await writeFiles(directory, async (output) => {
        await writeCheckpoint(output, name, [...tensors, objectGraphTensor(graph)], this.#options);
        if (stateOf === undefined) return;
        const file = await output.createFile(STATE_FILE);
        await file.write(encodeUtf8(encodeState(stateOf(name))));
        await file.close();
      });
    } finally {
      for (const value of held) value.release();
    }
  }
}

/** The files of a checkpoint. */
function filesOf(name: string): SnapshotFiles {
  return {
    anchors: [indexFile(name)],
    others: async (directory) => (await directory.list()).filter((file) => file.startsWith(`${name}.data-`)),
  };
}

/** In TensorFlow's order. */
function keptByName(root: Record<string, unknown>): object {
  for (const [name, value] of Object.entries(root)) {
    if (!isKept(value)) throw new CallError(`'${name}' is nothing that a checkpoint can keep`);
  }
  return Object.fromEntries(Object.entries(root).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function objectGraphTensor(graph: Uint8Array): TensorToSave {
  const tensor = {dtype: 'string', shape: [], data: PackedStrings.of([graph])} as const;
  return {key: OBJECT_GRAPH_KEY, dtype: 'string', shape: [], read: () => tensor};
}

async function assignAll(
  objects: CheckpointObjects,
  matched: Matched,
  reader: CheckpointReader,
  confirm: Confirm,
): Promise<RestoreStatus> {
  for (const [node, key] of matched.values) {
    const reason = node.value!.refusal(reader.entry(key));
    if (reason !== undefined) throw new CallError(`cannot restore '${key}': ${reason}`);
  }
  const tensors = new Map<ObjectNode, HostTensor>();
  for (const [node, key] of matched.values) tensors.set(node, await reader.read(key));
  const optimizers = new Map<tf.Optimizer, StoredOptimizer>();
  for (const [optimizer, keys] of matched.optimizers) {
    const stored = await readOptimizer(keys, reader);
    checkOptimizer(optimizer, stored);
    optimizers.set(optimizer, stored);
  }
  await confirm();
  for (const [node, tensor] of tensors) node.value!.assign(tensor);
  for (const [optimizer, stored] of optimizers) restoreOptimizer(optimizer, stored);
  const missing = objects.nodes.filter(
    (node) => node.value !== undefined && !tensors.has(node) && !matched.covered.has(node),
  );
  return new RestoreStatus(
    missing.map((node) => node.key),
    matched.unused,
  );
}

async function readOptimizer(
  keys: ReadonlyMap<string, readonly string[]>,
  reader: CheckpointReader,
): Promise<StoredOptimizer> {
  const read = new Map<string, HostTensor[]>();
  for (const [name, each] of keys) {
    const tensors: HostTensor[] = [];
    for (const key of each) tensors.push(await reader.read(key));
    read.set(name, tensors);
  }
  return {
    iterations: read.get('_iterations')?.[0],
    learningRate: read.get('_learning_rate')?.[0],
    lists: read,
  };
}

/** What came of restoring. */
export class RestoreStatus {
  /** Paths of the variables that the checkpoint has no value for; they are as they were. */
  readonly missing: readonly string[];
  /** Keys of the values in the checkpoint that belong to no variable. */
  readonly unused: readonly string[];

  constructor(missing: readonly string[], unused: readonly string[]) {
    this.missing = missing.filter((key) => key !== SAVE_COUNTER);
    this.unused = unused;
  }

  /** @throws FormatError unless every value of the checkpoint was used, and every variable got one. */
  assertConsumed(): this {
    this.assertExistingObjectsMatched();
    if (this.unused.length > 0) throw new FormatError(`the checkpoint has values for ${list(this.unused)}`);
    return this;
  }

  /** @throws FormatError unless every variable got a value. */
  assertExistingObjectsMatched(): this {
    if (this.missing.length > 0)
      throw new FormatError(`the checkpoint has no value for ${list(this.missing)}`);
    return this;
  }

  /** Says that it may be incomplete. Nothing is printed without it either: it is there to be read. */
  expectPartial(): this {
    return this;
  }
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `'${name}'`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
