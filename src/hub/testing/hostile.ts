/**
 * Archives that must be refused, each with the reason it is refused for. Built here, byte by byte.
 *
 * @module
 */

import {gnuLongName, gzip, pax, rawEntry, TAR_END, tar} from './tar.js';

export interface HostileArchive {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** Matches the message of the refusal. */
  readonly reason: RegExp;
  /** Refused for its size, by a DownloadError; others are refused for what they hold, by a FormatError. */
  readonly tooLarge?: true;
}

/** The bound under which all of these are unpacked. */
export const HOSTILE_MAX_BYTES = 1 << 20;

const GOOD = {name: 'saved_model.pb', body: 'a model'};
const utf8 = (text: string) => new TextEncoder().encode(text);
const flip = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at]! ^ 0xff) as Uint8Array;
const gib = (count: number) => count * 2 ** 30;

/** A size field in the binary form of GNU tar. */
function binarySize(...bytes: number[]): Uint8Array {
  const field = new Uint8Array(12);
  field.set(bytes, 12 - bytes.length);
  field[0]! |= 0x80;
  return field;
}

export const HOSTILE_ARCHIVES: readonly HostileArchive[] = [
  // Names that leave the directory.
  {what: 'a name that climbs out', bytes: tar(GOOD, {name: '../evil', body: 'x'}), reason: /'\.\.'/},
  {
    what: 'a name that climbs out in the middle',
    bytes: tar({name: 'a/../../evil', body: 'x'}),
    reason: /'\.\.'/,
  },
  {what: 'a directory that climbs out', bytes: tar({name: '../evil/', type: '5'}), reason: /'\.\.'/},
  {what: 'an absolute name', bytes: tar({name: '/tmp/evil', body: 'x'}), reason: /absolute path/},
  {
    what: 'an absolute name from a prefix field',
    bytes: tar({name: 'evil', prefix: '/tmp', body: 'x'}),
    reason: /absolute path/,
  },
  {
    what: 'a prefix field that climbs out',
    bytes: tar({name: 'evil', prefix: '../..', body: 'x'}),
    reason: /'\.\.'/,
  },
  {what: 'a Windows drive', bytes: tar({name: 'C:evil', body: 'x'}), reason: /drive letter/},
  {what: 'backslashes that climb out', bytes: tar({name: '..\\evil', body: 'x'}), reason: /backslash/},
  {
    what: 'a pax name that climbs out',
    bytes: tar(pax({path: '../../evil'}), {name: 'fine', body: 'x'}),
    reason: /'\.\.'/,
  },
  {
    what: 'a pax name that is absolute',
    bytes: tar(pax({path: '/etc/evil'}), {name: 'fine', body: 'x'}),
    reason: /absolute path/,
  },
  {
    what: 'a GNU long name that climbs out',
    bytes: tar(gnuLongName(`${'a/'.repeat(60)}${'../'.repeat(61)}evil`), {name: 'fine', body: 'x'}),
    reason: /'\.\.'/,
  },
  {
    what: 'a full-width look-alike of dots',
    bytes: tar({name: '\uff0e\uff0e/evil', body: 'x'}),
    reason: /look-alike/,
  },
  {
    what: 'a full-width look-alike of a separator',
    bytes: tar({name: 'a\uff0f..\uff0fevil', body: 'x'}),
    reason: /look-alike/,
  },
  // Names that are no names.
  {
    what: 'a NUL in a pax name',
    bytes: tar(pax({path: 'a\0b'}), {name: 'fine', body: 'x'}),
    reason: /control character/,
  },
  {what: 'a line break in a name', bytes: tar({name: 'a\nb', body: 'x'}), reason: /control character/},
  {what: 'an empty name', bytes: tar({name: '', body: 'x'}), reason: /empty/},
  {
    what: 'a name that is not UTF-8',
    bytes: tar({name: new Uint8Array([0x61, 0xff, 0xfe]), body: 'x'}),
    reason: /UTF-8/,
  },
  {
    what: 'a name of 300 bytes',
    bytes: tar(pax({path: 'n'.repeat(300)}), {name: 'fine', body: 'x'}),
    reason: /longer than 255/,
  },
  {
    what: 'a path of 10,000 characters',
    bytes: tar(pax({path: 'n/'.repeat(5000)}), {name: 'fine', body: 'x'}),
    reason: /longer than 4096/,
  },
  {
    what: 'a thousand directories in each other',
    bytes: tar(pax({path: `${'d/'.repeat(1000)}x`}), {name: 'fine', body: 'x'}),
    reason: /deep/,
  },
  // Names that are something else on Windows.
  {
    what: 'a stream of another file',
    bytes: tar(GOOD, {name: 'saved_model.pb:x', body: 'x'}),
    reason: /stream/,
  },
  {
    what: 'a stream of a directory',
    bytes: tar({name: 'assets:$INDEX_ALLOCATION/x', body: 'x'}),
    reason: /stream/,
  },
  {
    what: 'a name with a dot at its end',
    bytes: tar(GOOD, {name: 'saved_model.pb.', body: 'x'}),
    reason: /dot/,
  },
  {
    what: 'a directory with a space at its end',
    bytes: tar(GOOD, {name: 'assets /x', body: 'x'}),
    reason: /space/,
  },
  {what: 'three dots', bytes: tar(GOOD, {name: '.../x', body: 'x'}), reason: /dot/},
  ...['CON', 'nul', 'assets/Aux.txt', 'COM1', 'lpt9.tar.gz', 'COM\u00b9', 'PRN .txt', 'con/x', 'CONIN$'].map(
    (name) => ({
      what: `the device ${name} of Windows`,
      bytes: tar(GOOD, {name, body: 'x'}),
      reason: /device on Windows/,
    }),
  ),
  // Entries that are not files.
  {
    what: 'a symbolic link',
    bytes: tar({name: 'link', type: '2', linkName: '/etc/passwd'}),
    reason: /symbolic link/,
  },
  {
    what: 'a symbolic link to a directory and a file in it',
    bytes: tar({name: 'variables', type: '2', linkName: '/tmp'}, {name: 'variables/evil', body: 'x'}),
    reason: /symbolic link/,
  },
  {what: 'a hard link', bytes: tar({name: 'link', type: '1', linkName: '/etc/passwd'}), reason: /hard link/},
  {what: 'a character device', bytes: tar({name: 'null', type: '3'}), reason: /character device/},
  {what: 'a block device', bytes: tar({name: 'disk', type: '4'}), reason: /block device/},
  {what: 'a named pipe', bytes: tar({name: 'pipe', type: '6'}), reason: /named pipe/},
  {what: 'an old GNU sparse file', bytes: tar({name: 'sparse', type: 'S', body: 'x'}), reason: /sparse file/},
  {
    what: 'a pax sparse file',
    bytes: tar(pax({'GNU.sparse.major': '1', 'GNU.sparse.realsize': '99999999999'}), {
      name: 'sparse',
      body: 'x',
    }),
    reason: /sparse file/,
  },
  {what: 'a volume label', bytes: tar({name: 'label', type: 'V'}), reason: /volume label/},
  {what: 'an unknown type', bytes: tar({name: 'odd', type: 'Q', body: 'x'}), reason: /unknown type "Q"/},
  // Names that meet.
  {
    what: 'two files of one name',
    bytes: tar(GOOD, {name: 'saved_model.pb', body: 'other'}),
    reason: /two files named/,
  },
  {
    what: 'two spellings of one name',
    bytes: tar(GOOD, {name: './/saved_model.pb', body: 'other'}),
    reason: /two files named/,
  },
  {
    what: 'names that differ in case',
    bytes: tar(GOOD, {name: 'Saved_Model.pb', body: 'other'}),
    reason: /ignore case/,
  },
  {
    what: 'directories that differ in case',
    bytes: tar({name: 'variables/a', body: 'x'}, {name: 'Variables/b', body: 'x'}),
    reason: /ignore case/,
  },
  {
    what: 'names that differ in Unicode normalisation',
    bytes: tar({name: 'caf\u00e9', body: 'x'}, {name: 'cafe\u0301', body: 'y'}),
    reason: /normalise Unicode/,
  },
  {
    what: 'names that differ in a ligature',
    bytes: tar({name: 'o\ufb01cial', body: 'x'}, {name: 'oficial', body: 'y'}),
    reason: /normalise Unicode/,
  },
  {
    what: 'a file where a directory must be',
    bytes: tar({name: 'a', body: 'x'}, {name: 'a/b', body: 'y'}),
    reason: /both as a file and as a directory/,
  },
  {
    what: 'a directory where a file is',
    bytes: tar({name: 'a', body: 'x'}, {name: 'a/', type: '5'}),
    reason: /both as a file and as a directory/,
  },
  {what: 'a file in place of the root', bytes: tar({name: '.', body: 'x'}), reason: /root directory/},
  // Sizes.
  {
    what: 'a file of 8 GiB',
    bytes: tar({name: 'huge', size: gib(8) - 1, body: 'x'}),
    reason: /more than the 1048576 bytes/,
    tooLarge: true,
  },
  {
    what: 'a file of 2^60 bytes',
    bytes: tar({name: 'huge', size: binarySize(0x10, 0, 0, 0, 0, 0, 0, 0), body: 'x'}),
    reason: /impossible size/,
  },
  {
    what: 'a negative size',
    bytes: tar({name: 'huge', size: new Uint8Array(12).fill(0xff), body: 'x'}),
    reason: /impossible size/,
  },
  {
    what: 'a size that is no number',
    bytes: tar({name: 'huge', size: utf8('1234567x901 '), body: 'x'}),
    reason: /impossible size/,
  },
  {
    what: 'a pax size beyond the bound',
    bytes: tar(pax({size: '99999999999'}), {name: 'huge', body: 'x'}),
    reason: /more than the 1048576 bytes/,
    tooLarge: true,
  },
  {
    what: 'a pax size that is negative',
    bytes: tar(pax({size: '-512'}), {name: 'huge', body: 'x'}),
    reason: /size '-512'/,
  },
  {
    what: 'a global header that sets every size',
    bytes: tar(pax({size: '0'}, 'g'), GOOD),
    reason: /global header/,
  },
  {
    what: 'many files that are too large together',
    bytes: tar(...Array.from({length: 5}, (_, i) => ({name: `f${i}`, body: new Uint8Array(300_000)}))),
    reason: /more than the 1048576 bytes/,
    tooLarge: true,
  },
  {
    what: 'a gzip bomb in a file',
    bytes: gzip(tar({name: 'bomb', body: new Uint8Array(32 << 20)})),
    reason: /more than the 1048576 bytes/,
    tooLarge: true,
  },
  {
    what: 'a gzip bomb behind the end',
    bytes: gzip(Buffer.concat([tar(GOOD), new Uint8Array(80 << 20)])),
    reason: /unpacks to more than/,
    tooLarge: true,
  },
  {what: 'gzip in gzip in gzip', bytes: gzip(gzip(gzip(tar(GOOD)))), reason: /over and over/},
  {
    what: 'an extended header of 100 MB',
    bytes: tar({name: 'pax', type: 'x', size: 100_000_000}),
    reason: /extended header of 100000000 bytes/,
  },
  {
    what: 'an endless chain of extended headers',
    bytes: tar(...Array.from({length: 50}, () => pax({comment: 'x'}))),
    reason: /several extended headers/,
  },
  {
    what: 'a pax record of the wrong length',
    bytes: tar({name: 'pax', type: 'x', body: '999 path=../evil\n'}, GOOD),
    reason: /malformed/,
  },
  {
    what: 'a pax record of a negative length',
    bytes: tar({name: 'pax', type: 'x', body: '-9 path=x\n'}, GOOD),
    reason: /malformed/,
  },
  {
    what: 'a pax record given twice',
    bytes: tar({name: 'pax', type: 'x', body: '10 path=a\n10 path=b\n'}, GOOD),
    reason: /twice/,
  },
  // What is broken.
  {what: 'an archive cut in a file', bytes: tar(GOOD).subarray(0, 600), reason: /truncated/},
  {
    what: 'an archive cut in the padding of a file',
    bytes: rawEntry(GOOD).subarray(0, 1000),
    reason: /truncated/,
  },
  {
    what: 'an archive cut in a header',
    bytes: Buffer.concat([rawEntry(GOOD), rawEntry({name: 'b', body: 'x'}).subarray(0, 300)]),
    reason: /truncated/,
  },
  {
    what: 'an archive cut behind an extended header',
    bytes: Buffer.concat([rawEntry(GOOD), pax({path: 'b'})]),
    reason: /truncated/,
  },
  {
    what: 'an archive cut between two entries, one of which the model needs',
    bytes: Buffer.concat([rawEntry(GOOD), rawEntry({name: 'variables/variables.index', body: 'x'})]),
    reason: /truncated/,
  },
  {
    what: 'a gzip file that is cut',
    bytes: gzip(tar({name: 'a', body: crypto.getRandomValues(new Uint8Array(5000))})).subarray(0, 4000),
    reason: /truncated or corrupt/,
  },
  {
    what: 'a gzip file with a wrong checksum',
    bytes: flip(gzip(tar(GOOD)), gzip(tar(GOOD)).length - 6),
    reason: /truncated or corrupt/,
  },
  {
    what: 'a header with a wrong checksum',
    bytes: tar(GOOD, {name: 'b', body: 'x', checksum: 1234}),
    reason: /wrong checksum/,
  },
  {
    what: 'a header with a checksum that is no number',
    bytes: Buffer.concat([rawEntry(GOOD), Buffer.from(rawEntry({name: 'b'})).fill('x', 148, 156)]),
    reason: /wrong checksum/,
  },
  {
    what: 'bytes behind the end',
    bytes: Buffer.concat([tar(GOOD), utf8('more'.repeat(200))]),
    reason: /truncated or corrupt/,
  },
  {
    what: 'a web page',
    bytes: utf8(`<!doctype html><title>Sign in</title>${' '.repeat(2000)}`),
    reason: /not a tar archive/,
  },
  {what: 'a zip file', bytes: utf8(`PK\u0003\u0004${'x'.repeat(2000)}`), reason: /not a tar archive/},
  {what: 'no entries at all', bytes: TAR_END, reason: /empty/},
  {what: 'nothing at all', bytes: new Uint8Array(0), reason: /empty/},
];
