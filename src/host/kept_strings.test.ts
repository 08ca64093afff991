/** What is kept of the bytes that strings lie in. */

import {expect, it} from 'vitest';
import {withoutMuchElse} from './kept_strings.js';
import {PackedStrings} from './strings.js';

it('few strings among many bytes are copied, others stay where they are', () => {
  const bytes = new Uint8Array(100_000).fill(0x61);
  const few = new PackedStrings(bytes, Int32Array.of(5, 99_990, 7), Int32Array.of(8, 99_995, 7));
  const kept = withoutMuchElse(few);
  expect(kept.bytes.length).toBe(8);
  expect(kept.toArray().map(String)).toEqual(few.toArray().map(String));
  const most = new PackedStrings(bytes, Int32Array.of(0), Int32Array.of(50_000));
  expect(withoutMuchElse(most)).toBe(most);
});
