/**
 * What the processes that save to one directory at the same time agree upon with the one that watches them.
 *
 * @module
 */

/** Each save of each process has a number of its own: this times the process's, and the count of its saves. */
export const NUMBERS_PER_WRITER = 1_000_000;

/** What a process that saves tells. */
export type WriterMessage = 'ready' | 'done' | {readonly failure: string} | {readonly loads: number};
