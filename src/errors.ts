/**
 * The errors a user of this library can meet. Each message says what was wrong, where, and what to do.
 *
 * @module
 */

import {printableLines} from './printable.js';

/** Base class of every failure that a user can cause or meet. */
export class HubError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    // Names in it come from models, servers and archives, and whoever catches it prints it.
    super(printableLines(message), options);
    this.name = new.target.name;
  }
}

/** A handle (path, URL, Kaggle name) is malformed or names nothing that can be resolved. */
export class HandleError extends HubError {}

/** A download failed: network, HTTP status, time-out, size bound, or a broken transfer. */
export class DownloadError extends HubError {}

/** A model is another than the one that the option `integrity` names. */
export class IntegrityError extends HubError {}

/** A file is not what its format demands: truncated, corrupt, of an unknown version. */
export class FormatError extends HubError {}

/** A model needs an operation, or a form of one, that this library does not implement. */
export class UnsupportedOpError extends HubError {}

/** A function was called with arguments that fit none of its signatures, or failed while it ran. */
export class CallError extends HubError {}

/** A model could not be written. */
export class SaveError extends HubError {}
