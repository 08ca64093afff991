/** A trie of byte strings against a map of them. */

import {describe, expect, it} from 'vitest';
import {ByteTrie} from './byte_trie.js';

/** Small numbers in an order that repeats after 2^31. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

function trieOf(keys: readonly Uint8Array[]): ByteTrie {
  const starts: number[] = [];
  const bytes: number[] = [];
  for (const key of keys) {
    starts.push(bytes.length);
    bytes.push(...key);
  }
  const ends = keys.map((key, i) => starts[i]! + key.length);
  return ByteTrie.of(Uint8Array.from(bytes), starts, ends, [...keys.keys()]);
}

describe('a trie of byte strings', () => {
  for (const letters of [2, 20, 256]) {
    it(`finds what was put in, and nothing else, over ${letters} bytes`, () => {
      const random = randomNumbers(letters);
      const string = () => Uint8Array.from({length: 1 + random(7)}, () => random(letters));
      const keys = Array.from({length: 3000}, string);
      const trie = trieOf(keys);
      const expected = new Map(keys.map((key, i) => [key.join(), i]));
      for (const key of [...keys, ...Array.from({length: 3000}, string)]) {
        expect(trie.find(key, 0, key.length)).toBe(expected.get(key.join()) ?? -1);
        const prefixes = Array.from(key, (_, i) => i + 1).filter((end) =>
          expected.has(key.slice(0, end).join()),
        );
        expect(trie.longestPrefix(key, 0, key.length)).toBe(prefixes.at(-1) ?? 0);
      }
    });
  }

  it('may be empty, and has no empty string', () => {
    const bytes = Uint8Array.of(1);
    expect(trieOf([]).find(bytes, 0, 1)).toBe(-1);
    expect(trieOf([new Uint8Array(0)]).find(bytes, 0, 0)).toBe(-1);
    expect(trieOf([bytes]).longestPrefix(bytes, 0, 0)).toBe(0);
  });

  it('goes on from a node', () => {
    const trie = trieOf([Uint8Array.of(1, 2, 3)]);
    const text = Uint8Array.of(1, 2, 3);
    expect(trie.valueAt(trie.walk(text, 1, 3, trie.walk(text, 0, 1)))).toBe(0);
    expect(trie.valueAt(trie.walk(text, 0, 2))).toBe(-1);
  });
});
