/**
 * Writing files, such as those of a checkpoint, into a local directory that has others.
 *
 * @module
 */

import * as fs from 'node:fs';
import {rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {localDirectory} from './node_directory.js';
import {withLock} from './node_lock.js';
import {
  callsThatCheck,
  type FileCalls,
  hasLinks,
  replaceFiles,
  STAGED_MODEL,
  settle,
  syncDirectory,
  unfinished,
} from './node_replace.js';
import {
  guarded,
  isAbandoned,
  makeStaging,
  NewFiles,
  stagingPrefix,
  stagingsIn,
  syncTree,
} from './node_staging.js';
import {fileExists} from './output.js';
import {pathSegments} from './paths.js';
import type {FileWriter, PendingOutput, WritableDirectory, WriteFilesOptions} from './platform.js';

const STAGING = stagingPrefix('checkpoint');
/** Held while files are put into their places. */
const LOCK = '.checkpoint.lock';

export class WritableLocalDirectory implements WritableDirectory {
  readonly name: string;
  readonly path: string;
  readonly open: WritableDirectory['open'];
  readonly list: WritableDirectory['list'];

  constructor(path: string) {
    const readable = localDirectory(path);
    this.name = path;
    this.path = path;
    this.open = (file) => readable.open(file);
    this.list = (directory) => readable.list(directory);
  }

  async begin(options: WriteFilesOptions = {}): Promise<PendingOutput> {
    return guarded(this.path, () => {
      fs.mkdirSync(this.path, {recursive: true});
      return new PendingFiles(this.path, makeStaging(this.path, STAGING), options);
    });
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.path, ...pathSegments(path)), {force: true});
  }
}

/**
 * Files being written beside their places. Each is of use only with those that were created before it: so they take their places in
 * that order, unless there are such files already. Those are replaced all in one step.
 */
class PendingFiles implements PendingOutput {
  readonly name: string;
  readonly #staging: string;
  readonly #overwrite: boolean;
  readonly #paths: string[] = [];
  readonly #files = new NewFiles();

  constructor(path: string, staging: string, {overwrite = true}: WriteFilesOptions) {
    this.name = path;
    this.#staging = staging;
    this.#overwrite = overwrite;
  }

  async createFile(path: string): Promise<FileWriter> {
    const segments = pathSegments(path);
    this.#paths.push(segments.join('/'));
    this.#present();
    return this.#files.create(join(this.#staging, STAGED_MODEL, ...segments));
  }

  async commit(): Promise<void> {
    await guarded(this.name, () => syncTree(join(this.#staging, STAGED_MODEL)));
    const purpose = `cannot write to ${this.name}`;
    await withLock(join(this.name, LOCK), {purpose}, (hold) =>
      guarded(this.name, () => {
        tidyUp(this.name);
        const calls = callsThatCheck(hold);
        // Something may have come into being meanwhile.
        const present = this.#present();
        if (present.length > 1 && hasLinks(this.#staging)) {
          replaceFiles(this.name, this.#staging, present, calls);
        } else {
          this.#moveIn(present, calls);
        }
        fs.rmSync(this.#staging, {recursive: true, force: true});
      }),
    );
  }

  /**
   * The files that are to be replaced.
   *
   * @throws SaveError when none may be.
   */
  #present(): string[] {
    const present = this.#paths.filter((path) => fs.existsSync(join(this.name, path)));
    if (present.length > 0 && !this.#overwrite) throw fileExists(present[0]!, this.name);
    return present;
  }

  #moveIn(present: readonly string[], calls: FileCalls): void {
    // New files are never read together with old ones.
    if (present.length > 1) for (const path of present.toReversed()) calls.unlinkSync(join(this.name, path));
    for (const path of this.#paths) {
      const place = join(this.name, path);
      calls.mkdirSync(dirname(place), {recursive: true});
      calls.renameSync(join(this.#staging, STAGED_MODEL, path), place);
    }
    for (const directory of new Set(this.#paths.map((path) => dirname(path)))) {
      syncDirectory(join(this.name, directory));
    }
  }

  async discard(): Promise<void> {
    await this.#files.close();
    await rm(this.#staging, {recursive: true, force: true});
  }
}

/** Finishes what earlier writers have left. For who has the lock, so that nobody is in the middle of it. */
function tidyUp(directory: string): void {
  for (const staging of stagingsIn(directory, STAGING)) {
    if (isAbandoned(staging)) fs.rmSync(staging, {recursive: true, force: true});
  }
  if (unfinished(directory) !== null) settle(directory);
}
