/**
 * Failures of a file system, in words: a table from what the machine says to what it means for the person who meets it.
 *
 * @module
 */

import {HubError} from '../errors.js';

/** Not an error number of any system: a symbolic link whose target is gone. */
export const BROKEN_LINK = 'BROKEN_LINK';
/** Not one either: neither a file nor a directory, but a device, a pipe, a socket. */
export const NOT_A_FILE = 'NOT_A_FILE';

/** A file that cannot be had, or not be written. */
export class FileError extends HubError {
  constructor(
    message: string,
    /** The name of the error number (`ENOSPC`) or of the browser's exception, or one of the two above. */
    readonly code: string,
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const NO_ANSWER = 'the server of its network file system does not answer';

/** By the names of error numbers (POSIX `errno.h`, as Node gives them on every system), and Node's own codes. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'its permissions, or those of a directory above it, do not allow that',
  EPERM: 'the operating system does not allow that',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'this process has too many files open. Close some, or raise the limit (ulimit -n)',
  ENFILE: 'this machine has too many files open',
  ENOENT: 'it does not exist, or was removed just now',
  ENOTDIR: 'it is no directory, or something on the way to it is none',
  EISDIR: 'it is a directory, where a file belongs',
  EEXIST: 'something of that name is there already',
  ENOTEMPTY: 'a directory of that name is there already, and is not empty',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long for the file system',
  EINVAL: 'the file system does not take that name',
  EIO: 'the disk reports an error',
  EBUSY: 'another program is using it',
  ETXTBSY: 'another program is using it',
  EFBIG: 'it is larger than the file system allows',
  EXDEV: 'it is on another file system than its place',
  EMLINK: 'it has too many links',
  ENOTSUP: 'its file system cannot do that',
  EOPNOTSUPP: 'its file system cannot do that',
  ENOSYS: 'its file system cannot do that',
  ENOMEM: 'there is not enough memory',
  ENODEV: 'there is no device behind it',
  ENXIO: 'there is no device behind it',
  ESTALE: 'its network file system has lost it. Try again',
  ETIMEDOUT: NO_ANSWER,
  EHOSTDOWN: NO_ANSWER,
  ENOTCONN: NO_ANSWER,
  ERR_INVALID_ARG_VALUE: 'its name contains a NUL character',
  // The names of a browser's exceptions (https://webidl.spec.whatwg.org/#idl-DOMException-error-names).
  NotFoundError: 'it does not exist, or was removed just now',
  NotAllowedError: 'the user has not allowed it, or no longer does',
  SecurityError: 'the browser does not let this page have it',
  NotReadableError: 'it was changed or removed since it was picked, or may not be read',
  TypeMismatchError: 'it is a directory, where a file belongs, or a file where a directory does',
  NoModificationAllowedError: 'another tab or worker is writing to it',
  InvalidModificationError: 'a directory of that name is there already, and is not empty',
  InvalidStateError: 'it was changed by another program. Load the page again',
  QuotaExceededError: 'the browser gives this page no more storage',
  UnknownError: 'the storage of the browser reports an error',
  [BROKEN_LINK]: 'it is a symbolic link that leads nowhere',
  [NOT_A_FILE]: 'it is neither a file nor a directory',
};

/** The name of what a call of the machine failed with, see the table; '' for failures of other kinds. */
export function errorCode(error: unknown): string {
  // What a caller has ended is no failure of a file system.
  if (error instanceof DOMException) return error.name === 'AbortError' ? '' : error.name;
  const {code} = (error ?? {}) as {code?: unknown};
  return typeof code === 'string' ? code : '';
}

/** The error for a `path` that is in the state that `code` names. `doing` is what was tried: "read", "create". */
export function fileError(doing: string, path: string, code: string, cause?: unknown): FileError {
  const said = cause instanceof Error ? cause.message : code;
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code]! : said;
  return new FileError(`Cannot ${doing} ${path}: ${reason}.`, code, path, cause === undefined ? {} : {cause});
}

/** Runs a call of the machine; its failure is told in words. Failures that have words already pass. */
export async function worded<T>(doing: string, path: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw inWords(doing, path, cause);
  }
}

/** As {@link worded}, for a call that is done when it returns. */
export function wordedNow<T>(doing: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw inWords(doing, path, cause);
  }
}

function inWords(doing: string, path: string, cause: unknown): unknown {
  const code = errorCode(cause);
  return cause instanceof HubError || code === '' ? cause : fileError(doing, path, code, cause);
}
