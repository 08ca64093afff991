/** The classification examples reach the accuracies that their first lines state, whatever the seed. */

import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {describe, expect, it} from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SEEDS = [1, 2, 3, 4, 5];

/** In the order in which they are stated, as shares. */
function stated(example: string): number[] {
  const [head] = readFileSync(`${ROOT}${example}`, 'utf8').split('\n\n');
  return [...head!.matchAll(/at least (\d+) %/g)].map(([, percent]) => Number(percent) / 100);
}

/** The accuracies that a run prints. */
async function reached(example: string, seed: number): Promise<number[]> {
  const {stdout, stderr} = await promisify(execFile)('node', [example, String(seed)], {cwd: ROOT});
  expect(stderr).toBe('');
  return [...stdout.matchAll(/accuracy ([\d.]+) on/g)].map(([, share]) => Number(share));
}

describe.each(['examples/text_classification.mjs', 'examples/image_classification.mjs'])('%s', (example) => {
  it.concurrent.each(SEEDS)('is as accurate as it says, from seed %i', async (seed) => {
    const [least, accuracies] = [stated(example), await reached(example, seed)];
    expect(accuracies.length).toBe(least.length);
    accuracies.forEach((accuracy, i) => {
      expect(accuracy).toBeGreaterThanOrEqual(least[i]!);
    });
  });
});
