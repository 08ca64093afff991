/**
 * Which checkpoints a directory has: the file `checkpoint` in it, and the latest one.
 *
 * Source: `tensorflow/python/checkpoint/checkpoint_management.py`.
 *
 * @module
 */

import {encodeUtf8} from '../../algorithms/utf8.js';
import {indexFile} from '../../bundle/entries.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {CheckpointState} from '../../proto/index.js';
import {decodeTextMessage} from '../../proto/text_format.js';
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

/** Reads what the file tells; undefined where the directory has none. */
export async function readState(directory: ModelDirectory): Promise<CheckpointState | undefined> {
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
  return latest && (await hasCheckpoint(opened, baseName(latest)))
    ? inDirectory(directory, baseName(latest))
    : null;
}

/** True where a checkpoint has its index, without which the rest is none. */
export async function hasCheckpoint(directory: ModelDirectory, name: string): Promise<boolean> {
  const index = await directory.open(indexFile(name));
  await index?.close();
  return index !== null;
}

/** Checkpoints are where the file is that tells of them; a path in it may be absolute, from before they were moved. */
export function baseName(path: string): string {
  return path.replace(/^.*[\\/]/s, '');
}
