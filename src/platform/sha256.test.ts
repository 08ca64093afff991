/** Tests of SHA-256 against published values and against OpenSSL's. */

import {createHash} from 'node:crypto';
import {describe, expect, it} from 'vitest';
import {portableSha256} from './sha256.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function digest(bytes: Uint8Array, chunk = bytes.length || 1): string {
  const hash = portableSha256();
  for (let offset = 0; offset < bytes.length; offset += chunk)
    hash.update(bytes.subarray(offset, offset + chunk));
  return hex(hash.digest());
}

describe('portableSha256', () => {
  // FIPS 180-4's examples (NIST, "SHA256.pdf"), and that of the empty message.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of %j is the published one', (text, expected) => {
    expect(digest(new TextEncoder().encode(text))).toBe(expected);
  });

  it('is that of OpenSSL for every length around its blocks, however the bytes come', () => {
    const noise = Uint8Array.from({length: 300}, (_, i) => (i * 197 + 31) & 0xff);
    for (let length = 0; length <= 300; length++) {
      const bytes = noise.subarray(0, length);
      const expected = createHash('sha256').update(bytes).digest('hex');
      for (const chunk of [1, 7, 64, 65, 300]) expect(digest(bytes, chunk)).toBe(expected);
    }
  });
});
