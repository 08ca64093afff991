/**
 * Reads the headers of a tar stream on its way into the decoder and refuses what a decoder lets pass: entry types
 * it would take for files, sparse files, extended headers that contradict each other, numbers out of range, bytes
 * beyond a bound. What a decoder refuses and Python's tarfile does not is put right: fields that nobody here reads, of
 * whatever form (a time before 1970), and an end without its two blocks of zeros.
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

/** Fields that the decoder reads and nobody needs: mode, owner and group; the time. */
const UNUSED_FIELDS = [
  [100, 124],
  [136, 148],
] as const;
const CHECKSUM = [148, 156] as const;

export interface TarLimits {
  readonly maxStreamBytes: number;
  readonly maxEntries: number;
}

/** Passes a tar stream on, and throws where it is not one this library takes. */
export class CheckedTar implements AsyncIterable<Uint8Array> {
  private readonly check: TarCheck;

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    private readonly limits: TarLimits,
  ) {
    this.check = new TarCheck(limits.maxEntries);
  }

  /** False for an archive that just ends; what it lacks may have been cut off. To be asked when all was read. */
  get hasEndMark(): boolean {
    return this.check.hasEndMark;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const {maxStreamBytes} = this.limits;
    let total = 0;
    for await (const chunk of this.source) {
      total += chunk.length;
      if (total > maxStreamBytes) {
        throw new DownloadError(
          `The archive unpacks to more than the ${maxStreamBytes} bytes allowed for it.`,
        );
      }
      yield* this.check.push(chunk);
    }
    yield this.check.missingEnd();
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
  /** Bytes from the first block of zeros on, itself included. */
  private endBytes = 0;

  constructor(private readonly maxEntries: number) {}

  get hasEndMark(): boolean {
    return this.endBytes > 0;
  }

  /** Takes the next bytes, and gives those that the decoder is to have. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.endBytes > 0) {
        // The decoder sees to it that nothing but zeros follows.
        this.endBytes += chunk.length - offset;
        yield chunk.subarray(offset);
        return;
      }
      if (this.skip > 0) {
        const step = Math.min(this.skip, chunk.length - offset);
        yield chunk.subarray(offset, offset + step);
        this.skip -= step;
        offset += step;
        continue;
      }
      const step = Math.min(this.pending.length - this.filled, chunk.length - offset);
      this.pending.set(chunk.subarray(offset, offset + step), this.filled);
      this.filled += step;
      offset += step;
      if (this.filled === this.pending.length) yield this.take();
    }
  }

  /**
   * What is missing of the two blocks of zeros at the end, where an archive ends behind an entry; its bytes so far where
   * it ends in the middle of a header, for the decoder to say so.
   */
  missingEnd(): Uint8Array {
    if (this.endBytes > 0) return new Uint8Array(Math.max(0, 2 * BLOCK - this.endBytes));
    if (this.filled > 0) return this.pending.subarray(0, this.filled);
    const isBehindEntry = this.skip === 0 && this.entries > 0 && this.extensionsOfEntry.size === 0;
    return new Uint8Array(isBehindEntry ? 2 * BLOCK : 0);
  }

  private take(): Uint8Array {
    const block = this.pending;
    this.pending = new Uint8Array(BLOCK);
    this.filled = 0;
    if (this.extension) {
      const {type, size} = this.extension;
      this.extension = null;
      this.readExtension(type, block.subarray(0, size));
    } else if (block.every((byte) => byte === 0)) {
      this.endBytes = BLOCK;
    } else {
      this.readHeader(block);
      return plainHeader(block);
    }
    return block;
  }

  private readHeader(block: Uint8Array): void {
    if (!checksums(block).includes(readNumber(block, CHECKSUM[0], 8))) {
      throw new FormatError(
        this.entries === 0
          ? 'The file is not a tar archive: its first block is not a tar header.'
          : 'The archive is corrupt: a header has a wrong checksum.',
      );
    }
    const type = String.fromCharCode(block[TYPE]!);
    const size = readNumber(block, 124, 12);
    if (Number.isNaN(size)) throw new FormatError('The archive is corrupt: a header has an impossible size.');
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

/** The sums of a header's bytes, those of its checksum taken for spaces: of unsigned ones, and as some old tars of signed. */
function checksums(block: Uint8Array): [number, number] {
  const [from, to] = CHECKSUM;
  const summed = block.map((byte, i) => (i >= from && i < to ? 0x20 : byte));
  const unsigned = summed.reduce((total, byte) => total + byte, 0);
  return [unsigned, unsigned - 256 * summed.filter((byte) => byte > 127).length];
}

/** A header without the fields that nobody needs. */
function plainHeader(block: Uint8Array): Uint8Array {
  const plain = block.slice();
  for (const [from, to] of UNUSED_FIELDS) plain.fill(0, from, to);
  const [sum] = checksums(plain);
  plain.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), CHECKSUM[0]);
  return plain;
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

/** A number field: octal digits, or big-endian with the highest bit set (GNU). NaN for anything else, or out of range. */
function readNumber(block: Uint8Array, offset: number, length: number): number {
  const field = block.subarray(offset, offset + length);
  let value = 0;
  if (field[0]! & 0x80) {
    value = field[0]! & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
  } else {
    const digits = decode(field).replace(/\0.*$/s, '').trim();
    value = digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  }
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;
