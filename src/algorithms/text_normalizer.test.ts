/** Text that is mapped stretch by stretch becomes what it becomes as a whole. */

import {describe, expect, it} from 'vitest';
import {foldForCaseless} from './case_fold.js';
import {type ByteBuffer, TextNormalizer} from './text_normalizer.js';

class Buffer implements ByteBuffer {
  bytes = new Uint8Array(0);
  used = 0;

  reserve(more: number): void {
    if (this.used + more <= this.bytes.length) return;
    const bytes = new Uint8Array(this.used + more);
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', {ignoreBOM: true});

function normalized(normalizer: TextNormalizer, bytes: Uint8Array): Uint8Array {
  const out = new Buffer();
  normalizer.write(bytes, 0, bytes.length, out);
  return out.bytes.subarray(0, out.used);
}

const MAPS: Readonly<Record<string, (text: string) => string>> = {
  'case folding': foldForCaseless,
  NFC: (text) => text.normalize('NFC'),
  NFD: (text) => text.normalize('NFD'),
  NFKC: (text) => text.normalize('NFKC'),
  NFKD: (text) => text.normalize('NFKD'),
};

/** What characters may act on: letters of several scripts, syllables, parts of composites, marks of all classes. */
const BEFORE = Array.from(
  'aE\u00e9\uac00\u1100\u0915\u3046\u09c7\u0bc6\u0344\u16d63\u1025\u0dd9\uff76\u212b\u03c9\u0f71',
);

/** How far the next character is that is looked at: near where most happens. */
function stepAt(code: number): number {
  if (code < 0x600) return 1;
  return code < 0x3400 || (code >= 0xf900 && code < 0x10000) ? 5 : 97;
}

function* characters(): Generator<string> {
  for (let code = 0; code <= 0x10ffff; code += stepAt(code)) {
    if (code < 0xd800 || code > 0xdfff) yield String.fromCodePoint(code);
  }
}

describe('a text normalizer', () => {
  for (const [name, map] of Object.entries(MAPS)) {
    it(`maps text as a whole is mapped: ${name}`, () => {
      const normalizer = new TextNormalizer({map, repairs: false});
      const wrong: string[] = [];
      for (const each of characters()) {
        const text = `${BEFORE.map((before) => `${before}${each}`).join('|')}|${each}a${each}\u0301${each}\u00ad\u0327${each}\u0345`;
        const bytes = encoder.encode(text);
        const isRight = decoder.decode(normalized(normalizer, bytes)) === map(text);
        if (!isRight || (normalizer.leaves(bytes, 0, bytes.length) && map(text) !== text)) wrong.push(each);
      }
      expect(wrong).toEqual([]);
    });
  }

  const broken = Uint8Array.of(0x41, 0xcc, 0x81, 0xff, 0xcc, 0x81, 0xe6, 0x97, 0x42);
  const [map] = [MAPS.NFC!];

  it('keeps bytes that are no UTF-8', () => {
    const expected = [0xc3, 0x81, 0xff, 0xcc, 0x81, 0xe6, 0x97, 0x42];
    expect([...normalized(new TextNormalizer({map, repairs: false}), broken)]).toEqual(expected);
  });

  it('replaces them where it is to', () => {
    const text = decoder.decode(normalized(new TextNormalizer({map, repairs: true}), broken));
    expect(text).toBe('\u00c1\ufffd\u0301\ufffdB');
  });

  it('maps stretches of any length, and many of them', () => {
    const normalizer = new TextNormalizer({map: MAPS.NFC!, repairs: false});
    const long = `e${'\u0323\u0301'.repeat(500)}`;
    let many = long;
    for (let i = 0; i < 5000; i++)
      many += `x${'\u0301\u0323\u0327'.repeat(1 + (i % 7))}${String.fromCodePoint(0x300 + (i % 100))}\u0488`;
    expect(decoder.decode(normalized(normalizer, encoder.encode(many)))).toBe(many.normalize('NFC'));
  });
});
