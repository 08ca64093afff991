/**
 * Reading a model of which other processes save a new state at the same time: one of its states, whole.
 *
 * @module
 */

import {indexFile} from '../bundle/entries.js';
import {fingerprint64} from '../ops/hashes.js';
import {MODEL_DIRECTORIES, MODEL_FILES, MODEL_ROOT_FILES} from '../platform/model_files.js';
import type {ModelDirectory} from '../platform/platform.js';
import {ChangedError, type Confirm, readWhole, type SnapshotFiles} from '../platform/snapshot.js';
import {decodeMessage, FingerprintDef} from '../proto/index.js';
import {readAll, readFileIfThere, VARIABLES_PREFIX} from './read_model.js';

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
      await checkFingerprint(files);
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
  const [mark, index] = await Promise.all([files.open(FINGERPRINT), files.open(INDEX)]);
  const content = await readFileIfThere(files, FINGERPRINT);
  try {
    if (mark?.version === undefined || index?.version === undefined || content === undefined) return;
    const {checkpointHash} = decodeMessage(FingerprintDef, content, `${files.name}/${FINGERPRINT}`);
    if (checkpointHash === 0n || checkpointHash === fingerprint64(await readAll(index)).toBigInt()) return;
    const modified = [await mark.version(), await index.version()].map((version) => version.modified);
    if (Math.abs(Date.now() - Math.max(...modified)) < BETWEEN_FILES) {
      throw new ChangedError(`${files.name}/${FINGERPRINT} is of another model than its variables`);
    }
  } finally {
    await Promise.all([mark?.close(), index?.close()]);
  }
}
