import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';

/**
 * Milliseconds after which a test hangs: a hundred times what the longest one takes. Nothing is measured by it, for a machine may
 * be busy; what has to be quick is held to processor time or to a count.
 */
const HANGS_AFTER = 60 * 60_000;

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts'],
    setupFiles: ['src/testing/event_loop.ts', 'src/testing/matchers.ts'],
    // The interpreter; tests of sessions ask for them.
    env: {TFHUB_ENGINE: process.env.TFHUB_ENGINE ?? 'tfjs'},
    pool: 'forks',
    maxWorkers: availableParallelism(),
    testTimeout: HANGS_AFTER,
    hookTimeout: HANGS_AFTER,
    expect: {poll: {timeout: HANGS_AFTER}},
  },
});
