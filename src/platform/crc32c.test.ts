import {describe, expect, test} from 'vitest';
import {portableCrc32c} from './crc32c.js';
import {nodePlatform} from './node.js';

const bytes = (length: number, at: (i: number) => number) => Uint8Array.from({length}, (_, i) => at(i));

/** RFC 3720, appendix B.4, and the check value of the CRC catalogue. */
const PUBLISHED: [name: string, input: Uint8Array, crc: number][] = [
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', bytes(32, () => 0xff), 0x62a8ab43],
  ['ascending', bytes(32, (i) => i), 0x46dd794e],
  ['descending', bytes(32, (i) => 31 - i), 0x113fdb5c],
  ['"123456789"', new TextEncoder().encode('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
];

describe.each([
  ['portable', portableCrc32c],
  ['native', nodePlatform.crc32c],
])('the %s CRC-32C', (_, crc32c) => {
  test.each(PUBLISHED)('of %s is as published', (_, input, crc) => {
    expect(crc32c(input)).toBe(crc);
  });

  test('continues from what came before', () => {
    const input = bytes(100_000, (i) => i * 31);
    for (const cut of [0, 1, 5, 63, 64, 65, 30_000, 99_999]) {
      expect(crc32c(input.subarray(cut), crc32c(input.subarray(0, cut)))).toBe(crc32c(input));
    }
  });
});

test('the portable one agrees with the native one at every length, alignment and path through it', () => {
  expect(nodePlatform.crc32c).not.toBe(portableCrc32c);
  const memory = bytes(130_000, (i) => (i * i) >>> 3);
  const lengths = [
    1,
    2,
    7,
    63,
    64,
    67,
    71,
    1000,
    3 * 8192 - 1,
    3 * 8192,
    3 * 8192 + 5,
    6 * 8192 + 13,
    120_001,
  ];
  for (const length of lengths) {
    for (let start = 0; start < 9; start++) {
      const input = memory.subarray(start, start + length);
      expect(portableCrc32c(input, 12345)).toBe(nodePlatform.crc32c(input, 12345));
    }
  }
});
