/**
 * A turn of the event loop after each test; `vitest.config.ts` sets it up for all of them. A worker of vitest fails a run where it
 * does not read the answer to a report within a minute, and thousands of synchronous tests would keep it from reading.
 *
 * @module
 */

import {afterEach} from 'vitest';

// Tests may put fake timers in its place.
const {setImmediate} = globalThis;

afterEach(() => new Promise<void>((resolve) => setImmediate(resolve)));
