/**
 * Lengths in encoded messages, as `CodedInputStream` reads them: up to ten bytes, of which the low 32 bits count.
 *
 * @module
 */

/** Reads lengths. Loops over bytes take the next place from it after each. */
export class WireCursor {
  /** Behind what was read last. */
  at = 0;

  /** The length that starts at `at`, or -1 where it does not end before `end`. */
  length(bytes: Uint8Array, at: number, end: number): number {
    const first = bytes[at]!;
    if (at < end && first < 0x80) {
      this.at = at + 1;
      return first;
    }
    let value = 0;
    for (let i = 0; i < MOST_BYTES && at + i < end; i++) {
      const byte = bytes[at + i]!;
      if (i < 5) value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        this.at = at + i + 1;
        return value >>> 0;
      }
    }
    return -1;
  }
}

const MOST_BYTES = 10;
