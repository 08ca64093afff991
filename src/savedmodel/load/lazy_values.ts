/**
 * Values of variables that stay in the files of a checkpoint: sessions map them, and only what the interpreter or the user needs is
 * read into memory.
 *
 * @module
 */

import {StoredLazyTensor} from '../../bundle/lazy_tensor.js';
import type {CheckpointReader} from '../../bundle/reader.js';
import {FormatError} from '../../errors.js';
import {Value} from '../../tensors/value.js';

/** What is smaller is read: a system call, or a page of memory, costs as much. */
export const LEAST_LAZY_BYTES = 2 ** 16;

/** As much is compared with its checksums before a model is loaded: it takes a tenth of a second. More would be what loading takes. */
const MOST_COMPARED_BYTES = 2 ** 28;

/** Whether, and when, values are compared with their checksums. */
export type Verify = boolean | undefined;

/**
 * Compares values with their checksums: at once where that takes little time or is asked for, else in the background.
 *
 * @param verify - true: all at once; false: never; undefined: in the background where they have more than `most` bytes
 * @throws FormatError where one is damaged. In the background, the value itself tells whoever uses it.
 */
export async function compareLazily(
  values: readonly StoredLazyTensor[],
  verify: Verify,
  most = MOST_COMPARED_BYTES,
): Promise<void> {
  if (verify === false) return;
  const bytes = values.reduce((sum, {size}) => sum + size, 0);
  if (verify === true || bytes <= most) {
    for (const value of values) await value.compare();
  } else {
    void compareInBackground(values);
  }
}

/** Values of a checkpoint, of which large ones stay in their files where functions can map them. */
export class StoredValues {
  readonly #least: number;
  readonly #verify: Verify;
  readonly #stored: StoredLazyTensor[] = [];

  /** @param verify - when to compare those with their checksums: see {@link compareLazily} */
  constructor(lazily: boolean, verify: Verify) {
    this.#least = lazily ? LEAST_LAZY_BYTES : Number.POSITIVE_INFINITY;
    this.#verify = verify;
  }

  /** @param shapeAndSlice - as `RestoreV2` has it: all of the tensor when empty */
  async read(checkpoint: CheckpointReader, key: string, shapeAndSlice = ''): Promise<Value> {
    if (shapeAndSlice !== '') return Value.of(await checkpoint.readSlice(key, shapeAndSlice));
    const tensor = await checkpoint.readLazily(key, this.#least);
    if (!(tensor instanceof StoredLazyTensor)) return Value.of(tensor);
    this.#stored.push(tensor);
    return Value.stored(tensor);
  }

  /** To be called when all are read, and before any is used. */
  compare(): Promise<void> {
    return compareLazily(this.#stored, this.#verify);
  }

  /** To be called when variables hold what they need. */
  release(): void {
    for (const each of this.#stored.splice(0)) each.release();
  }
}

async function compareInBackground(values: readonly StoredLazyTensor[]): Promise<void> {
  await pause();
  for (const value of values) {
    try {
      await value.compare(pause);
    } catch (error) {
      // A damaged value says so to everybody who uses it.
      if (!(error instanceof FormatError)) throw error;
    }
  }
}

/** Lets others go on; a process that has nothing else to do ends. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, 0);
    (timer as {unref?(): void}).unref?.();
  });
}
