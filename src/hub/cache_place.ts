/**
 * Where the cache of a Node program is, and whether what lies there is to be trusted.
 *
 * @module
 */

import {DownloadError, HandleError} from '../errors.js';
import {isAddress} from '../platform/paths.js';
import type {FileEntry, FileSystem, HubServices} from '../platform/services.js';
import {shownHandle} from '../shown.js';

/** A directory for models, not looked at yet. */
export class CachePlace {
  readonly directory: string;
  /** Nobody has chosen it: it lies in the temporary directory that all users of a machine may share. */
  private readonly isDefault: boolean;

  constructor(
    private readonly files: FileSystem,
    services: Pick<HubServices, 'environment'>,
    cacheDir?: string,
  ) {
    const chosen = cacheDir || services.environment('TFHUB_CACHE_DIR') || undefined;
    if (chosen !== undefined && typeof chosen !== 'string')
      throw new HandleError(`The option cacheDir takes the path of a directory, and not ${typeof chosen}.`);
    if (chosen && isAddress(chosen)) {
      throw new HandleError(
        `The cache cannot be at ${shownHandle(chosen)}: set TFHUB_CACHE_DIR to a directory of this machine.`,
      );
    }
    this.isDefault = chosen === undefined;
    this.directory = files.absolute(chosen ?? files.join(files.temporaryDirectory, 'tfhub_modules'));
  }

  /**
   * Refuses a default cache that another user has put there: the models in it would be theirs. One of this user is
   * closed to others. A symbolic link of this user is as good as a choice, wherever it leads.
   *
   * @returns What is there; null where nothing is, or where it does not matter.
   */
  async check(): Promise<FileEntry | null> {
    if (!this.isDefault) return null;
    const there = await this.files.entry(this.directory);
    if (!there) return null;
    if (!there.isOwn) {
      const what = there.kind === 'link' ? 'is a symbolic link of' : 'belongs to';
      throw new DownloadError(
        `The default cache ${this.directory} ${what} another user of this machine, who could put models of ` +
          'their making there. Set TFHUB_CACHE_DIR, or the option cacheDir, to a directory that you trust.',
      );
    }
    if (there.kind === 'directory' && !there.isPrivate) {
      // It may be on a file system that is read-only, and then others cannot write either.
      await this.files.makePrivate(this.directory).catch(() => undefined);
    }
    return there;
  }

  /** Creates the directory for this user alone where it is missing; a chosen one that others share stays as they made it. */
  async make(): Promise<void> {
    const there = this.isDefault ? await this.check() : await this.files.entry(this.directory);
    if (there) {
      await this.files.makeDirectory(this.directory);
      return;
    }
    await this.files.makePrivate(this.directory);
    // Whoever was faster may be somebody else.
    await this.check();
  }
}
