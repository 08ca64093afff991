/**
 * Reading a model of which other processes save a new state at the same time: one of its states, whole.
 *
 * @module
 */

import {fingerprint64} from '../../algorithms/farm_hash.js';
import {hashOf} from '../../algorithms/string_hash.js';
import {indexFile} from '../../bundle/entries.js';
import {MODEL_DIRECTORIES, MODEL_FILES, MODEL_ROOT_FILES} from '../../platform/model_files.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {ChangedError, type Confirm, readWhole, type SnapshotFiles} from '../../platform/snapshot.js';
import {decodeMessage, FingerprintDef} from '../../proto/index.js';
import {readFileIfThere, VARIABLES_PREFIX} from './read_model.js';

const FINGERPRINT = 'fingerprint.pb';
const INDEX = indexFile(VARIABLES_PREFIX);

/** Milliseconds that TensorFlow may take from one file of a model to the next, the fingerprint being the last. */
const BETWEEN_FILES = 5000;

const MODEL: SnapshotFiles = {
  anchors: [...MODEL_FILES, INDEX],
  async others(directory) {
    const inDirectories: string[] = [];
    for (const parent of MODEL_DIRECTORIES) {
      for (const name of await directory.list(parent)) inDirectories.push(`${parent}/${name}`);
    }
    return [...MODEL_ROOT_FILES, ...inDirectories];
  },
};

/**
 * Reads a model, again where its files were replaced meanwhile.
 *
 * @param read - reads all that it needs, awaits `confirm`, and only then uses it
 */
export function readWholeModel<T>(
  directory: ModelDirectory,
  read: (files: ModelDirectory, confirm: Confirm) => Promise<T>,
): Promise<T> {
  return readWhole(directory, MODEL, (files, confirm) =>
    read(files, async () => {
      await confirm();
      if (files.isFrozen) await checkFingerprint(files);
    }),
  );
}

/**
 * TensorFlow writes a model over another one file after the other: variables, graph, fingerprint. Whoever comes in between can
 * tell by the fingerprint of the variables. One that stays wrong is none of TensorFlow's concerns, and none of ours.
 *
 * @throws ChangedError when they do not belong together, and have just been written.
 */
async function checkFingerprint(files: ModelDirectory): Promise<void> {
  const content = await readFileIfThere(files, FINGERPRINT);
  const index = await readFileIfThere(files, INDEX);
  if (content === undefined || index === undefined) return;
  const hash = checkpointHashOf(content);
  if (hash === 0n || hash === hashOf(fingerprint64, index)) return;
  const modified = Math.max(await modifiedAt(files, FINGERPRINT), await modifiedAt(files, INDEX));
  if (Math.abs(Date.now() - modified) < BETWEEN_FILES) {
    throw new ChangedError(`${files.name}/${FINGERPRINT} is of another model than its variables`);
  }
}

/** The hash of the variables' index; 0 where there is none. A damaged fingerprint keeps nobody from loading a model. */
function checkpointHashOf(content: Uint8Array): bigint {
  try {
    return decodeMessage(FingerprintDef, content, FINGERPRINT).checkpointHash;
  } catch {
    return 0n;
  }
}

/** When a file was changed last, in milliseconds since the epoch. */
async function modifiedAt(files: ModelDirectory, path: string): Promise<number> {
  const file = await files.open(path);
  try {
    return (await file?.version?.())?.modified ?? 0;
  } finally {
    await file?.close();
  }
}
