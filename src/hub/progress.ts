/**
 * Tells of a download: to the caller who gave `onProgress`, and to the person who set TFHUB_DOWNLOAD_PROGRESS.
 *
 * @module
 */

import type {ProgressDisplay} from '../platform/services.js';
import {shownHandle} from '../shown.js';
import type {DownloadProgress, ResolveSettings} from './options.js';

const INTERVAL_MS = 100;

export class Progress {
  private received = 0;
  private total: number | null = null;
  private lastTold = 0;
  private started = false;
  private display: ProgressDisplay | null = null;

  private readonly handle: string;

  constructor(
    private readonly settings: ResolveSettings,
    handle: string,
  ) {
    this.handle = shownHandle(handle);
  }

  waiting(): void {
    if (this.isDue()) this.tell('waiting');
  }

  downloading(received: number, total: number | null): void {
    this.received = received;
    this.total = total;
    if (!this.started && this.settings.services.environment('TFHUB_DOWNLOAD_PROGRESS')) {
      this.display = this.settings.services.showProgress(this.handle);
    }
    this.started = true;
    if (!this.isDue()) return;
    this.display?.update(received, total);
    this.tell('downloading');
  }

  /** To be called once, whether the download went well or not. */
  end(complete: boolean): void {
    this.display?.update(this.received, this.total);
    this.display?.stop();
    if (complete && this.started) this.tell('complete');
  }

  private isDue(): boolean {
    const now = Date.now();
    if (now - this.lastTold < INTERVAL_MS) return false;
    this.lastTold = now;
    return true;
  }

  private tell(phase: DownloadProgress['phase']): void {
    this.settings.onProgress?.({
      handle: this.handle,
      phase,
      receivedBytes: this.received,
      totalBytes: this.total,
    });
  }
}
