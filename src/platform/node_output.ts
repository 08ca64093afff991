/**
 * Writing models and checkpoints to local directories: beside their place first, and into it once they are complete and
 * on the disk.
 *
 * @module
 */

import * as fs from 'node:fs';
import {rm} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {SaveError} from '../errors.js';
import {lockOf, MODEL_FILES} from './model_files.js';
import {WritableLocalDirectory} from './node_files_output.js';
import {type Hold, withLock} from './node_lock.js';
import {
  callsThatCheck,
  hasLinks,
  holdsOldModel,
  modelFiles,
  replaceByRenames,
  replaceFiles,
  restore,
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
import {pathSegments} from './paths.js';
import type {CreateModelOptions, FileWriter, PendingOutput, WritableDirectory} from './platform.js';

export async function createModel(
  target: unknown,
  options: CreateModelOptions,
): Promise<PendingOutput | null> {
  const path = pathOf(target);
  return path === null ? null : PendingModel.begin(realPath(path), options);
}

export async function writableDirectory(target: unknown): Promise<WritableDirectory | null> {
  const path = pathOf(target);
  return path === null ? null : new WritableLocalDirectory(path);
}

/**
 * A model being written. Several processes may write to the same place at the same time: only to put what is written into its
 * place is for one at a time, so each commit meets a whole model and leaves one.
 */
class PendingModel implements PendingOutput {
  readonly name: string;
  readonly #options: CreateModelOptions;
  readonly #staging: string;
  readonly #files = new NewFiles();

  private constructor(target: string, options: CreateModelOptions, staging: string) {
    this.name = target;
    this.#options = options;
    this.#staging = staging;
  }

  static async begin(target: string, options: CreateModelOptions): Promise<PendingModel> {
    const parent = dirname(target);
    await guarded(target, () => fs.mkdirSync(parent, {recursive: true}));
    if (hasLeftovers(target)) await alone(target, options, () => tidyUp(target));
    return guarded(target, () => {
      checkTarget(target, options.overwrite);
      return new PendingModel(target, options, makeStaging(parent, stagingPrefix(basename(target))));
    });
  }

  createFile(path: string): Promise<FileWriter> {
    return this.#files.create(join(this.#staging, STAGED_MODEL, ...pathSegments(path)));
  }

  async commit(): Promise<void> {
    await guarded(this.name, () => syncTree(join(this.#staging, STAGED_MODEL)));
    await alone(this.name, this.#options, (hold) => {
      tidyUp(this.name);
      // Something may have come into being meanwhile.
      const replaces = checkTarget(this.name, this.#options.overwrite);
      const calls = callsThatCheck(hold);
      if (!replaces) this.#moveIn(hold);
      else if (hasLinks(this.#staging)) replaceFiles(this.name, this.#staging, modelFiles(this.name), calls);
      else replaceByRenames(this.name, this.#staging, calls);
      fs.rmSync(this.#staging, {recursive: true, force: true});
      syncDirectory(dirname(this.name));
    });
  }

  #moveIn(hold: Hold): void {
    hold.check();
    // Some systems rename no directory over another, not even over an empty one.
    if (fs.existsSync(this.name)) fs.rmdirSync(this.name);
    fs.renameSync(join(this.#staging, STAGED_MODEL), this.name);
  }

  async discard(): Promise<void> {
    await this.#files.close();
    if (holdsOldModel(this.name, this.#staging)) {
      await alone(this.name, {...this.#options, signal: undefined}, () => restore(this.name, this.#staging));
    }
    await rm(this.#staging, {recursive: true, force: true});
  }
}

/** Runs what only one process at a time may do to the model at `target`. */
function alone<T>(target: string, options: CreateModelOptions, work: (hold: Hold) => T): Promise<T> {
  const lock = join(dirname(target), lockOf(basename(target)));
  const {signal, waitMs} = options;
  return withLock(lock, {signal, waitMs, purpose: `cannot save to ${target}`}, (hold) =>
    guarded(target, () => work(hold)),
  );
}

/**
 * Whether there is a model at the target that is to be replaced.
 *
 * @throws SaveError when there is something that is not.
 */
function checkTarget(target: string, overwrite: boolean): boolean {
  const status = fs.statSync(target, {throwIfNoEntry: false});
  if (status === undefined) return false;
  if (!status.isDirectory()) throw new SaveError(`cannot save to ${target}: there is a file of that name`);
  const names = fs.readdirSync(target);
  if (names.length === 0) return false;
  if (!names.some((name) => MODEL_FILES.has(name))) {
    throw new SaveError(
      `cannot save to ${target}: the directory has files and no model. Choose another; only models are overwritten`,
    );
  }
  if (!overwrite) {
    throw new SaveError(`cannot save to ${target}: there is a model. Pass {overwrite: true} to replace it`);
  }
  return true;
}

/** Whether earlier saves to the same target have left something when their process died. */
function hasLeftovers(target: string): boolean {
  const stagings = stagingsIn(dirname(target), stagingPrefix(basename(target)));
  return (
    stagings.some((each) => isAbandoned(each) || holdsOldModel(target, each)) ||
    (isDirectory(target) && unfinished(target) !== null)
  );
}

/** Finishes what earlier saves have left. For who has the lock, so that nobody is in the middle of one. */
function tidyUp(target: string): void {
  for (const staging of stagingsIn(dirname(target), stagingPrefix(basename(target)))) {
    restore(target, staging);
    if (isAbandoned(staging)) fs.rmSync(staging, {recursive: true, force: true});
  }
  if (isDirectory(target) && unfinished(target) !== null) settle(target);
}

function isDirectory(path: string): boolean {
  return fs.statSync(path, {throwIfNoEntry: false})?.isDirectory() === true;
}

/** An absolute path from a path or a `file:` URL; null for anything else. */
function pathOf(target: unknown): string | null {
  if (target instanceof URL) return target.protocol === 'file:' ? fileURLToPath(target) : null;
  if (typeof target !== 'string' || target === '') return null;
  return resolve(/^file:/i.test(target) ? fileURLToPath(target) : target);
}

/** What a path that is a link stands for: the directory is replaced, not the link. */
function realPath(path: string): string {
  return fs.existsSync(path) ? fs.realpathSync(path) : path;
}
