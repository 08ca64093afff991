/** Both indexes against a Map, through random additions, look-ups and removals. */

import {describe, expect, it} from 'vitest';
import {ByteIndex} from './byte_index.js';
import {WordIndex} from './word_index.js';

/** Whole numbers below `limit`, the same in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  };
}

/** Strings of every length up to 40, many of them alike but for one byte, at any place in `bytes`. */
function strings(count: number, below: (limit: number) => number) {
  const [bytes, starts, ends] = [new Uint8Array(40 * count), new Int32Array(count), new Int32Array(count)];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = below(41);
    starts[i] = at;
    for (let k = 0; k < length; k++) bytes[at + k] = below(8) === 0 ? below(3) * 127 : 0x61;
    at += length;
    ends[i] = at;
  }
  return {bytes: bytes.slice(0, at), starts, ends};
}

const textOf = (bytes: Uint8Array, start: number, end: number) =>
  Buffer.from(bytes.subarray(start, end)).toString('latin1');

describe('an index of byte strings', () => {
  it('finds what was added, through growth and removals', () => {
    const below = numbers(1);
    const {bytes, starts, ends} = strings(6000, below);
    const index = new ByteIndex();
    const known = new Map<string, number>();
    for (let step = 0; step < 20000; step++) {
      const i = below(starts.length);
      const key = textOf(bytes, starts[i]!, ends[i]!);
      const own = known.get(key);
      if (below(3) === 0) {
        if (own !== undefined) index.delete(own);
        known.delete(key);
      } else if (below(2) === 0) {
        const row = index.add(bytes, starts[i]!, ends[i]!);
        if (own !== undefined) expect(row).toBe(own);
        known.set(key, row);
      } else {
        expect(index.find(bytes, starts[i]!, ends[i]!)).toBe(own ?? -1);
      }
      expect(index.size).toBe(known.size);
    }
    const rows = new Int32Array(starts.length);
    index.findAll(bytes, starts, ends, rows);
    rows.forEach((row, i) => {
      expect(row).toBe(known.get(textOf(bytes, starts[i]!, ends[i]!)) ?? -1);
    });
    expect([...index.rows()]).toEqual([...known.values()].sort((a, b) => a - b));
    for (const [key, row] of known) {
      expect(textOf(index.bytes, index.startOf(row), index.endOf(row))).toBe(key);
    }
  });

  it('takes in keys that lie in one array, up to its very end', () => {
    const {bytes, starts, ends} = strings(500, numbers(2));
    const index = new ByteIndex(0, bytes);
    const known = new Map<string, number>();
    const rows = new Int32Array(starts.length);
    index.enterAll(starts, ends, rows);
    starts.forEach((start, i) => {
      const key = textOf(bytes, start, ends[i]!);
      expect(rows[i]).toBe(known.get(key) ?? known.size);
      expect(index.enter(start, ends[i]!)).toBe(rows[i]);
      known.set(key, rows[i]!);
    });
    for (const [key, row] of known) {
      const alone = Uint8Array.from(Buffer.from(key, 'latin1'));
      expect(index.find(alone, 0, alone.length)).toBe(row);
      const rows = new Int32Array(1);
      index.findAll(alone, Int32Array.of(0), Int32Array.of(alone.length), rows);
      expect(rows[0]).toBe(row);
    }
  });

  it('gives the rows of removed keys to others, and their bytes back', () => {
    const index = new ByteIndex();
    const key = new Uint8Array(100);
    for (let round = 0; round < 5000; round++) {
      new DataView(key.buffer).setInt32(50, round);
      index.delete(index.add(key, 0, 100));
    }
    expect(index.size).toBe(0);
    expect(index.bytes.length).toBeLessThan(500);
  });
});

describe('an index of words', () => {
  for (const width of [1, 2, 3]) {
    it(`finds keys of ${width}`, () => {
      const below = numbers(width);
      const words = Int32Array.from({length: 3000 * width}, () => (below(20) - 10) << below(30));
      const index = new WordIndex(width);
      const known = new Map<string, number>();
      for (let step = 0; step < 20000; step++) {
        const i = below(3000);
        const key = String(words.subarray(i * width, (i + 1) * width));
        const own = known.get(key);
        if (below(4) === 0) {
          if (own !== undefined) index.delete(own);
          known.delete(key);
        } else {
          const row = index.add(words, i * width);
          if (own !== undefined) expect(row).toBe(own);
          known.set(key, row);
        }
      }
      const rows = new Int32Array(3000);
      index.findAll(words, rows);
      rows.forEach((row, i) => {
        const key = String(words.subarray(i * width, (i + 1) * width));
        expect(row).toBe(known.get(key) ?? -1);
        expect(index.find(words, i * width)).toBe(row);
        if (row >= 0) expect(String(index.words.subarray(row * width, (row + 1) * width))).toBe(key);
      });
    });
  }
});
