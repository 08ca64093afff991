/**
 * The constants of the sorted-table file format, which a checkpoint's index is: LevelDB's, as in TensorFlow's
 * `tsl/lib/io/format.h`.
 *
 * A table is data blocks, a metaindex block, an index block and a footer. Every block is followed by a trailer. The
 * index block maps a key not before the last one of each data block to that block's place; the footer tells the
 * places of the metaindex and index blocks.
 *
 * @module
 */

/** Two block handles, padded to the 40 bytes that two of the longest take, then the magic number. */
export const FOOTER_BYTES = 48;

/** `0xdb4775248b80fb57`, little-endian, closes a table. */
export const TABLE_MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** A byte for the compression, then the masked CRC-32C of the stored block and that byte. */
export const TRAILER_BYTES = 5;

/** The compression byte. */
export const COMPRESSION = {none: 0, snappy: 1} as const;

/** LevelDB rotates a checksum and adds this, because a CRC of data that contains CRCs is a weak one. */
const MASK_DELTA = 0xa282ead8;

/** A CRC-32C as it is stored. */
export function maskChecksum(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** The CRC-32C that was stored as `masked`. */
export function unmaskChecksum(masked: number): number {
  const rotated = masked - MASK_DELTA;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
