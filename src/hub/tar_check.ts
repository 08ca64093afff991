/**
 * Reads the headers of a tar stream on its way into the decoder and refuses what a decoder lets pass: entry types
 * it would take for files, sparse files, extended headers that contradict each other, numbers out of range, bytes
 * beyond a bound.
 *
 * Formats: POSIX.1-2017 pax "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
 *
 * @module
 */

import {DownloadError, FormatError} from '../errors.js';

const BLOCK = 512;
const TYPE = 156;
const MAX_EXTENDED_HEADER = 1 << 20;

type EntryRule = {readonly kind: 'entry' | 'extension'} | {readonly kind: 'refused'; readonly what: string};

const ENTRY: EntryRule = {kind: 'entry'};
const EXTENSION: EntryRule = {kind: 'extension'};
const refuse = (what: string): EntryRule => ({kind: 'refused', what});

/** What may stand in the type field of a header. */
const TYPES: Readonly<Record<string, EntryRule>> = {
  '\0': ENTRY,
  '0': ENTRY,
  '5': ENTRY,
  '7': ENTRY, // contiguous file, to be treated as a file
  x: EXTENSION,
  g: EXTENSION,
  L: EXTENSION,
  K: EXTENSION,
  '1': refuse('a hard link'),
  '2': refuse('a symbolic link'),
  '3': refuse('a character device'),
  '4': refuse('a block device'),
  '6': refuse('a named pipe'),
  D: refuse('a directory dump'),
  M: refuse('a part of a file that began in another archive'),
  N: refuse('an old GNU long name'),
  S: refuse('a sparse file'),
  V: refuse('a volume label'),
  X: refuse('a Solaris extended header'),
};

/** Passes a tar stream on, and throws where it is not one this library takes. */
export async function* checkTar(
  source: AsyncIterable<Uint8Array>,
  limits: {readonly maxStreamBytes: number; readonly maxEntries: number},
): AsyncGenerator<Uint8Array> {
  const check = new TarCheck(limits.maxEntries);
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > limits.maxStreamBytes) {
      throw new DownloadError(
        `The archive unpacks to more than the ${limits.maxStreamBytes} bytes allowed for it.`,
      );
    }
    check.push(chunk);
    yield chunk;
  }
}

class TarCheck {
  /** Bytes of an entry's body, padded, that are still to be passed over. */
  private skip = 0;
  /** The block or extended header being put together, its length so far, and what it is. */
  private pending = new Uint8Array(BLOCK);
  private filled = 0;
  private extension: {readonly type: string; readonly size: number} | null = null;
  private readonly extensionsOfEntry = new Set<string>();
  private sizeOfEntry: number | null = null;
  private entries = 0;
  private ended = false;

  constructor(private readonly maxEntries: number) {}

  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length && !this.ended) {
      if (this.skip > 0) {
        const step = Math.min(this.skip, chunk.length - offset);
        this.skip -= step;
        offset += step;
        continue;
      }
      const step = Math.min(this.pending.length - this.filled, chunk.length - offset);
      this.pending.set(chunk.subarray(offset, offset + step), this.filled);
      this.filled += step;
      offset += step;
      if (this.filled === this.pending.length) this.take();
    }
  }

  private take(): void {
    const block = this.pending;
    this.filled = 0;
    if (this.extension) {
      this.readExtension(this.extension.type, block.subarray(0, this.extension.size));
      this.extension = null;
      this.pending = new Uint8Array(BLOCK);
    } else if (block.every((byte) => byte === 0)) {
      // The decoder sees to it that nothing but zeros follows.
      this.ended = true;
    } else {
      this.readHeader(block);
    }
  }

  private readHeader(block: Uint8Array): void {
    const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    if (readNumber(block, 148, 8, 'checksum') !== sum) {
      throw new FormatError(
        this.entries === 0
          ? 'The file is not a tar archive: its first block is not a tar header.'
          : 'The archive is corrupt: a header has a wrong checksum.',
      );
    }
    const type = String.fromCharCode(block[TYPE]!);
    const size = readNumber(block, 124, 12, 'size');
    const rule = TYPES[type] ?? refuse(`an entry of the unknown type ${JSON.stringify(type)}`);
    const name = decode(block.subarray(0, 100)).replace(/\0.*$/s, '');
    if (rule.kind === 'refused') {
      throw new FormatError(
        `The archive holds ${rule.what} ('${name}'); only files and directories are unpacked.`,
      );
    }
    if (rule.kind === 'extension') {
      this.beginExtension(type, size);
      return;
    }
    if (++this.entries > this.maxEntries) {
      throw new FormatError(`The archive holds more than ${this.maxEntries} entries.`);
    }
    const body = this.sizeOfEntry ?? size;
    if (type === '5' && body !== 0) {
      throw new FormatError(`The archive is corrupt: the directory '${name}' has a size.`);
    }
    this.skip = padded(body);
    this.extensionsOfEntry.clear();
    this.sizeOfEntry = null;
  }

  private beginExtension(type: string, size: number): void {
    if (size > MAX_EXTENDED_HEADER) {
      throw new FormatError(`The archive has an extended header of ${size} bytes.`);
    }
    const seen = this.extensionsOfEntry;
    const mixed = type === 'x' ? seen.has('L') || seen.has('K') : type !== 'g' && seen.has('x');
    if (seen.has(type) || mixed) {
      throw new FormatError('The archive has several extended headers for one entry.');
    }
    if (size === 0) throw new FormatError('The archive has an empty extended header.');
    seen.add(type);
    this.extension = {type, size};
    this.pending = new Uint8Array(padded(size));
  }

  private readExtension(type: string, body: Uint8Array): void {
    if (type === 'L' || type === 'K') return;
    for (const [key, value] of paxRecords(body)) {
      if (key.startsWith('GNU.sparse.')) throw new FormatError('The archive holds a sparse file.');
      if (type === 'g' && (key === 'path' || key === 'linkpath' || key === 'size')) {
        throw new FormatError(`The archive has a global header that sets the ${key} of every entry.`);
      }
      if (key === 'size') {
        const size = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
        if (!Number.isSafeInteger(size))
          throw new FormatError(`The archive gives an entry the size '${value}'.`);
        this.sizeOfEntry = size;
      }
    }
  }
}

/** The `length key=value\n` records of a pax header. */
function* paxRecords(body: Uint8Array): Generator<[string, string]> {
  const malformed = () => new FormatError('The archive has an extended header that is malformed.');
  const keys = new Set<string>();
  for (let offset = 0; offset < body.length; ) {
    const space = body.indexOf(0x20, offset);
    const length = space > offset && space - offset <= 8 ? decode(body.subarray(offset, space)) : '';
    const end = offset + (/^\d+$/.test(length) ? Number(length) : Number.NaN);
    if (!(end > space + 1) || end > body.length || body[end - 1] !== 0x0a) throw malformed();
    const record = decode(body.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    if (equals < 1) throw malformed();
    const key = record.slice(0, equals);
    if (keys.has(key)) throw new FormatError(`The archive has an extended header that sets '${key}' twice.`);
    keys.add(key);
    yield [key, record.slice(equals + 1)];
    offset = end;
  }
}

/** A number field: octal digits, or big-endian with the highest bit set (GNU). */
function readNumber(block: Uint8Array, offset: number, length: number, what: string): number {
  const field = block.subarray(offset, offset + length);
  let value = 0;
  if (field[0]! & 0x80) {
    value = field[0]! & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
  } else {
    const digits = decode(field).replace(/\0.*$/s, '').trim();
    value = digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  }
  if (!Number.isSafeInteger(value)) {
    throw new FormatError(
      what === 'checksum'
        ? 'The file is not a tar archive: its first block is not a tar header.'
        : `The archive is corrupt: a header has an impossible ${what}.`,
    );
  }
  return value;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;
