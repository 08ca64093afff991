import {describe, expect, it} from 'vitest';
import {DIFFERING_CODES, mayDiffer, newerCodes, rangesOf} from './text_code_points.js';
import type {Output} from './text_compute.js';

const ENCODER = new TextEncoder();

/** A result of strings. */
function strings(...texts: string[]): Output {
  const each = texts.map((text) => ENCODER.encode(text));
  const lengths = Int32Array.from(each, ({length}) => length);
  const bytes = Buffer.concat([new Uint8Array(lengths.buffer), ...each]);
  return {dtype: 'string', shape: [each.length], bytes};
}

describe('code points that differ', () => {
  const column = {dtype: 'string', data: ['aAb\naBb', 'aCb'].map((text) => ENCODER.encode(text))} as const;

  it('are told by their lines', () => {
    const found = DIFFERING_CODES.all!(column, [strings('aab\nabb', 'aCb')], [strings('aab\nabb', 'acb')]);
    expect(found).toEqual([{code: 0x43, ours: 'aCb'}]);
  });

  it('are all of a row whose lines are not as many', () => {
    const found = DIFFERING_CODES.all!(column, [strings('aab', 'acb')], [strings('aab\nabb', 'acb')]);
    expect(found.map(({code}) => code)).toEqual([0x41, 0x42]);
  });

  it('may differ where Unicode is newer, or what they become is', () => {
    const newer = newerCodes((code) => code === 0x43 || code === 0xe000);
    expect([...newer]).toEqual([0x43]);
    expect(mayDiffer(newer, {code: 0x43, ours: ''})).toBe(true);
    expect(mayDiffer(newer, {code: 0x44, ours: 'aCb'})).toBe(true);
    expect(mayDiffer(newer, {code: 0x44, ours: 'aab'})).toBe(false);
  });

  it('are shown as ranges', () => {
    expect(rangesOf([0x42, 0x41, 0x1f600])).toBe('U+0041 to U+0042, U+1F600');
    expect(rangesOf([])).toBe('');
  });
});
