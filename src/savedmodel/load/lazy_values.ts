/**
 * Values of variables that stay in the files of a checkpoint: sessions map them, and only what the interpreter or the user needs is
 * read into memory.
 *
 * @module
 */

import type {StoredLazyTensor} from '../../bundle/lazy_tensor.js';
import {FormatError} from '../../errors.js';

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
