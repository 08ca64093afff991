/**
 * Checkpoints of training in a directory: the latest few are kept, older ones deleted.
 *
 * Mirrors `tf.train.CheckpointManager` (`tensorflow/python/checkpoint/checkpoint_management.py`).
 *
 * @module
 */

import {indexFile} from '../../bundle/entries.js';
import {CallError} from '../../errors.js';
import {writableDirectory} from '../../platform/output.js';
import type {Checkpoint} from './checkpoint.js';
import {baseName, hasCheckpoint, readState, type StateOfDirectory} from './directory_state.js';
import {type CheckpointInDirectory, type CheckpointPath, directoryToRead, inDirectory} from './path.js';

export interface CheckpointManagerOptions {
  /** How many checkpoints to keep: older ones are deleted. Null keeps all. */
  readonly maxToKeep: number | null;
  /** The name of the checkpoints without their number. Default: `ckpt`. */
  readonly checkpointName?: string;
  /** Keep one for good whenever so many hours have passed since the last that was. */
  readonly keepCheckpointEveryNHours?: number;
}

interface Kept {
  readonly name: string;
  /** Seconds since the epoch. */
  readonly time: number;
}

/**
 * Saves checkpoints to a directory and deletes old ones.
 *
 * Mirrors `tf.train.CheckpointManager`.
 *
 * @example
 * const manager = new CheckpointManager(new Checkpoint({model, optimizer}), 'training', {maxToKeep: 3});
 * await manager.restoreLatest();
 * for (...) { ...; await manager.save(); }
 */
export class CheckpointManager {
  readonly checkpoint: Checkpoint;
  readonly #directory: CheckpointInDirectory['directory'];
  readonly #options: CheckpointManagerOptions;
  #kept: Kept[] | undefined;
  #lastPreserved = Date.now() / 1000;

  constructor(
    checkpoint: Checkpoint,
    directory: CheckpointInDirectory['directory'],
    options: CheckpointManagerOptions,
  ) {
    if (options.maxToKeep !== null && !(options.maxToKeep > 0)) {
      throw new CallError('maxToKeep is the number of checkpoints to keep, or null');
    }
    this.checkpoint = checkpoint;
    this.#directory = directory;
    this.#options = options;
  }

  /** The checkpoints that are there, the oldest first. */
  async checkpoints(): Promise<CheckpointPath[]> {
    return (await this.#load()).map(({name}) => inDirectory(this.#directory, name));
  }

  /** The latest checkpoint, null before the first. */
  async latestCheckpoint(): Promise<CheckpointPath | null> {
    return (await this.checkpoints()).at(-1) ?? null;
  }

  /** Restores the latest checkpoint; returns it, or null where there is none. */
  async restoreLatest(): Promise<CheckpointPath | null> {
    const latest = await this.latestCheckpoint();
    if (latest !== null) await this.checkpoint.restore(latest);
    return latest;
  }

  /** Saves a checkpoint, then deletes those that are too many. Returns its path. */
  async save(): Promise<CheckpointPath> {
    const before = await this.#load();
    let kept: Kept[] = before;
    let dropped: readonly string[] = [];
    const prefix = inDirectory(this.#directory, this.#options.checkpointName ?? 'ckpt');
    const path = await this.checkpoint.saveNumbered(prefix, (name) => {
      const time = Date.now() / 1000;
      ({kept, dropped} = this.#sweep([...before.filter((each) => each.name !== name), {name, time}]));
      return this.#state(kept);
    });
    this.#kept = kept;
    const directory = await writableDirectory(this.#directory);
    for (const name of dropped) {
      // The index goes first: without it, the rest is no checkpoint.
      await directory.remove(indexFile(name));
      for (const file of await directory.list()) {
        if (file.startsWith(`${name}.data-`)) await directory.remove(file);
      }
    }
    return path;
  }

  #state(kept: readonly Kept[]): StateOfDirectory {
    return {
      latest: kept.at(-1)?.name ?? '',
      all: kept.map(({name}) => name),
      timestamps: kept.map(({time}) => time),
      lastPreserved: this.#lastPreserved,
    };
  }

  /** Which of these are kept, and which are deleted. Those kept for good are in neither list. */
  #sweep(all: readonly Kept[]): {kept: Kept[]; dropped: string[]} {
    const {maxToKeep, keepCheckpointEveryNHours} = this.#options;
    const kept = [...all];
    const dropped: string[] = [];
    while (maxToKeep !== null && kept.length > maxToKeep) {
      const oldest = kept.shift()!;
      const hours = (oldest.time - this.#lastPreserved) / 3600;
      if (keepCheckpointEveryNHours !== undefined && hours >= keepCheckpointEveryNHours) {
        this.#lastPreserved = oldest.time;
      } else {
        dropped.push(oldest.name);
      }
    }
    return {kept, dropped};
  }

  async #load(): Promise<Kept[]> {
    if (this.#kept !== undefined) return this.#kept;
    const directory = await directoryToRead(this.#directory);
    const state = await readState(directory);
    const kept: Kept[] = [];
    for (const [i, path] of (state?.allModelCheckpointPaths ?? []).entries()) {
      const name = baseName(path);
      const time = state?.allModelCheckpointTimestamps[i] ?? Date.now() / 1000;
      if (await hasCheckpoint(directory, name)) kept.push({name, time});
    }
    if (state?.lastPreservedTimestamp) this.#lastPreserved = state.lastPreservedTimestamp;
    this.#kept = kept;
    return kept;
  }
}
