/** Tests of what a person sees of a download. */

import {Writable} from 'node:stream';
import {expect, it} from 'vitest';
import {nodeProgress} from './node_progress.js';

/** A stream that keeps what is written to it; on a terminal if wanted. */
function recorder(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return {
    stream: Object.assign(stream, {isTTY, columns: 80}) as unknown as NodeJS.WriteStream,
    text: () => text,
  };
}

it('is a line at the end where there is no terminal', () => {
  const {stream, text} = recorder(false);
  const display = nodeProgress('https://example.com/model/1', stream);
  display.update(1 << 20, 4 << 20);
  expect(text()).toBe('');
  display.update(4 << 20, 4 << 20);
  display.stop();
  expect(text()).toBe('Downloading https://example.com/model/1: 4.00MB of 4.00MB (100%)\n');
});

it('does without the total size', () => {
  const {stream, text} = recorder(false);
  const display = nodeProgress('m', stream);
  display.update(500, null);
  display.stop();
  expect(text()).toBe('Downloading m: 500B\n');
});

it('is a bar on a terminal, which fits', () => {
  const {stream, text} = recorder(true);
  const display = nodeProgress('https://example.com/a/very/long/name/of/a/model/1', stream);
  display.update(3 << 20, 4 << 20);
  display.stop();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's control sequences.
  const lines = text().split(/\x1b(?:\[[0-9;?]*[A-Za-z]|[78])|\n/);
  const last = lines.filter((line) => line.includes('%')).at(-1)!;
  expect(last).toMatch(/^…very.*model\/1 \|=+-+\| 75% of 4\.00MB \d.*\/s$/);
  expect(last.length).toBeLessThanOrEqual(80);
});

it('shows what would steer a terminal in the name of a model', () => {
  for (const isTTY of [false, true]) {
    const {stream, text} = recorder(isTTY);
    const display = nodeProgress('h/\x1b]0;owned\x07\u202e', stream);
    display.update(5, 10);
    display.stop();
    expect(text()).toContain('\\x1b]0;owned\\x07\\u202e');
    expect(text()).not.toContain('\x1b]');
  }
});
