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
    // The interpreter; tests of sessions ask for them, and those of what is kept of sessions for that.
    env: {TFHUB_ENGINE: process.env.TFHUB_ENGINE ?? 'tfjs', TFHUB_COMPILED_BYTES: '0'},
    pool: 'forks',
    maxWorkers: availableParallelism(),
    testTimeout: HANGS_AFTER,
    hookTimeout: HANGS_AFTER,
    expect: {poll: {timeout: HANGS_AFTER}},
  },
});
