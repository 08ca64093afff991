/**
 * Shows a download in Node: a bar on a terminal, lines elsewhere. Both go to standard error.
 *
 * @module
 */

import cliProgress from 'cli-progress';
import {printable} from '../printable.js';
import type {ProgressDisplay} from './services.js';

const LINE_INTERVAL_MS = 5000;
/** So that the rest of the line has room on a terminal of 80 columns. */
const MAX_LABEL = 28;
const BAR_SIZE = 20;

export function nodeProgress(label: string, stream: NodeJS.WriteStream = process.stderr): ProgressDisplay {
  const shown = printable(label);
  return stream.isTTY ? bar(shown, stream) : lines(shown, stream);
}

function bar(name: string, stream: NodeJS.WriteStream): ProgressDisplay {
  const label = name.length > MAX_LABEL ? `…${name.slice(1 - MAX_LABEL)}` : name;
  const display = new cliProgress.SingleBar({
    stream,
    hideCursor: true,
    clearOnComplete: false,
    barsize: BAR_SIZE,
    format: (options, {progress, value, total, startTime}, {known}: {known: boolean}) => {
      const seconds = Math.max((Date.now() - startTime) / 1000, 0.001);
      const speed = `${readable(value / seconds)}/s`;
      if (!known) return `${label}  ${readable(value)}  ${speed}`;
      const drawn = cliProgress.Format.BarFormat(progress, options);
      return `${label} |${drawn}| ${Math.floor(progress * 100)}% of ${readable(total)} ${speed}`;
    },
  });
  display.start(1, 0, {known: false});
  return {
    update(received, total) {
      if (total !== null) display.setTotal(total);
      display.update(received, {known: total !== null});
    },
    stop: () => display.stop(),
  };
}

function lines(label: string, stream: NodeJS.WritableStream): ProgressDisplay {
  let last = Date.now();
  let line = '';
  const say = () => stream.write(`${line}\n`);
  return {
    update(received, total) {
      const of = total === null ? '' : ` of ${readable(total)} (${Math.floor((100 * received) / total)}%)`;
      line = `Downloading ${label}: ${readable(received)}${of}`;
      if (Date.now() - last < LINE_INTERVAL_MS) return;
      last = Date.now();
      say();
    },
    stop: say,
  };
}

/** Bytes as the reference shows them, e.g. `12.34MB`. */
function readable(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return power === 0 ? `${Math.round(bytes)}B` : `${(bytes / 1024 ** power).toFixed(2)}${units[power]}`;
}
