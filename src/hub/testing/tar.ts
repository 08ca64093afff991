/**
 * Writes tar archives byte by byte, well-formed or as wrong as a test wants them.
 *
 * @module
 */

import {gzipSync} from 'node:zlib';

export interface RawEntry {
  readonly name: string | Uint8Array;
  readonly body?: string | Uint8Array;
  readonly type?: string;
  readonly linkName?: string;
  /** What the size field says, where that is not the length of the body: a number, or the field's bytes. */
  readonly size?: number | Uint8Array;
  readonly prefix?: string;
  /** The field of the time of modification: twelve bytes. */
  readonly modified?: string | Uint8Array;
  readonly checksum?: number;
  /** Sum the bytes as signed ones, as old tars of some systems did. */
  readonly signedChecksum?: boolean;
}

const encoder = new TextEncoder();
const bytesOf = (text: string | Uint8Array) => (typeof text === 'string' ? encoder.encode(text) : text);

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat([bytes, new Uint8Array(-bytes.length & 511)]);
}

/** A header and its padded body. */
export function rawEntry(entry: RawEntry): Uint8Array {
  const body = bytesOf(entry.body ?? '');
  const header = new Uint8Array(512);
  header.set(bytesOf(entry.name).subarray(0, 100), 0);
  header.set(bytesOf('0000644\0' + '0000000\0' + '0000000\0'), 100);
  const size = entry.size ?? body.length;
  header.set(typeof size === 'number' ? bytesOf(size.toString(8).padStart(11, '0')) : size, 124);
  header.set(bytesOf(entry.modified ?? '00000000000\0'), 136);
  header.set(bytesOf(entry.type ?? '0'), 156);
  header.set(bytesOf(entry.linkName ?? ''), 157);
  header.set(bytesOf('ustar\x0000'), 257);
  header.set(bytesOf(entry.prefix ?? '').subarray(0, 155), 345);
  header.fill(0x20, 148, 156);
  const signed = entry.signedChecksum ? new Int8Array(header.buffer) : header;
  const sum = entry.checksum ?? [...signed].reduce((total, byte) => total + byte, 0);
  header.set(bytesOf(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return concat([header, padded(body)]);
}

/** The end of an archive: two blocks of zeros. */
export const TAR_END = new Uint8Array(1024);

/** A whole archive. */
export function tar(...entries: readonly (RawEntry | Uint8Array)[]): Uint8Array {
  return concat([
    ...entries.map((entry) => (entry instanceof Uint8Array ? entry : rawEntry(entry))),
    TAR_END,
  ]);
}

/** A pax extended header with these records. */
export function pax(records: Readonly<Record<string, string>>, type = 'x'): Uint8Array {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = encoder.encode(rest).length;
    let total = length + 1;
    while (String(total).length + length !== total) total++;
    return `${total}${rest}`;
  });
  return rawEntry({name: 'PaxHeader', type, body: lines.join('')});
}

/** A GNU header that carries a long name. */
export function gnuLongName(name: string): Uint8Array {
  return rawEntry({name: '././@LongLink', type: 'L', body: `${name}\0`});
}

export function gzip(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes));
}

/** A stream that hands `bytes` out in chunks of `size`. */
export async function* inChunks(bytes: Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.slice(offset, offset + size);
}
