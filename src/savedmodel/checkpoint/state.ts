/**
 * Which checkpoints a directory has: the file `checkpoint` in it, the latest one, and keeping no more than a number.
 *
 * Source: `tensorflow/python/checkpoint/checkpoint_management.py`.
 *
 * @module
 */

import {encodeUtf8} from '../../algorithms/utf8.js';
import {indexFile} from '../../bundle/entries.js';
import {CallError} from '../../errors.js';
import {writableDirectory} from '../../platform/output.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {CheckpointState} from '../../proto/index.js';
import {decodeTextMessage} from '../../proto/text_format.js';
import type {Checkpoint} from './checkpoint.js';
import {type CheckpointInDirectory, type CheckpointPath, directoryToRead, inDirectory} from './path.js';

/** The file that tells the checkpoints of its directory, in protocol buffer text format. */
export const STATE_FILE = 'checkpoint';

/** What it tells. */
export interface StateOfDirectory {
  /** Name of the latest. */
  readonly latest: string;
  /** Names of those that are there, the oldest first. */
  readonly all: readonly string[];
  /** When each of `all` was written, in seconds since the epoch. */
  readonly timestamps?: readonly number[];
  /** When the last one was written that is kept for good. */
  readonly lastPreserved?: number;
}

/** The file's text. */
export function encodeState({latest, all, timestamps = [], lastPreserved}: StateOfDirectory): string {
  const lines = [
    `model_checkpoint_path: ${quoted(latest)}`,
    ...all.map((name) => `all_model_checkpoint_paths: ${quoted(name)}`),
    ...timestamps.map((time) => `all_model_checkpoint_timestamps: ${time}`),
    ...(lastPreserved === undefined ? [] : [`last_preserved_timestamp: ${lastPreserved}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A text as a string of the text format: bytes beyond ASCII, quotes and the like are escaped. */
function quoted(text: string): string {
  const escaped = Array.from(encodeUtf8(text), (byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte);
  });
  return `"${escaped.join('')}"`;
}

/** Undefined where the directory has no such file. */
async function readState(directory: ModelDirectory): Promise<CheckpointState | undefined> {
  const file = await directory.open(STATE_FILE);
  if (file === null) return undefined;
  try {
    const text = new Uint8Array(file.size);
    await file.readInto(text, 0);
    const what = `${directory.name}/${STATE_FILE}`;
    return decodeTextMessage(CheckpointState, 'tensorflow.CheckpointState', text, what);
  } finally {
    await file.close();
  }
}

/**
 * The latest checkpoint of a directory, to restore from; null where there is none.
 *
 * Mirrors `tf.train.latest_checkpoint`.
 *
 * @throws FormatError when the directory's note of it is damaged.
 */
export async function latestCheckpoint(
  directory: CheckpointInDirectory['directory'],
): Promise<CheckpointPath | null> {
  const opened = await directoryToRead(directory);
  const latest = (await readState(opened))?.modelCheckpointPath;
  return latest && (await exists(opened, baseName(latest))) ? inDirectory(directory, baseName(latest)) : null;
}

async function exists(directory: ModelDirectory, name: string): Promise<boolean> {
  const index = await directory.open(indexFile(name));
  await index?.close();
  return index !== null;
}

/** Checkpoints are where the file is that tells of them; a path in it may be absolute, from before they were moved. */
function baseName(path: string): string {
  return path.replace(/^.*[\\/]/s, '');
}

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
      if (await exists(directory, name)) kept.push({name, time});
    }
    if (state?.lastPreservedTimestamp) this.#lastPreserved = state.lastPreservedTimestamp;
    this.#kept = kept;
    return kept;
  }
}
