import {describe, expect, it} from 'vitest';
import {makeColumns, ROWS} from './text_corpus.js';

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', {fatal: true}).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

describe('random columns', () => {
  const avoided = new Set([0xe9, 0x4e00]);
  const columns = makeColumns(1, avoided);
  const strings = (name: string) => columns[name]!.data as readonly Uint8Array[];

  it('are the same for the same seed', () => {
    const again = makeColumns(1, avoided);
    for (const name of ['texts', 'csv', 'float32', 'words']) expect(again[name]).toEqual(columns[name]);
  });

  it('have all kinds of strings', () => {
    const texts = strings('texts');
    expect(texts).toHaveLength(ROWS);
    const invalid = texts.filter((each) => !isUtf8(each)).length;
    expect(invalid / ROWS).toBeGreaterThan(0.05);
    expect(invalid / ROWS).toBeLessThan(0.3);
    for (const kind of [
      (each: Uint8Array) => each.length === 0,
      (each: Uint8Array) => each.includes(0),
      (each: Uint8Array) => each.length > 200,
      (each: Uint8Array) => each.some((byte) => byte >= 0xf0),
    ])
      expect(texts.some(kind)).toBe(true);
  });

  it('avoid code points but where all are', () => {
    const met = new Set(strings('valid').flatMap((each) => [...Buffer.from(each).toString('utf8')]));
    expect(met.has('一')).toBe(false);
    expect(strings('all').some((each) => Buffer.from(each).includes('一'))).toBe(true);
    expect(strings('valid').every(isUtf8)).toBe(true);
  });
});
