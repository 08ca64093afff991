/** A few of what the conformance has a thousand of; see `scripts/conformance_concurrent_saves.ts`. */

import {expect, it} from 'vitest';
import {runConcurrentSaves} from '../../../scripts/conformance_concurrent_saves.js';

it('three processes save over one model while others load it: each load is of one that was saved, whole', async () => {
  const {passed, failed, details} = await runConcurrentSaves({
    directory: 'build/concurrent_saves',
    saves: 24,
    kill: false,
  });
  expect(details.slice(1)).toEqual([]);
  expect(failed).toBe(0);
  expect(passed).toBeGreaterThan(24);
});
