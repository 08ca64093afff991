/**
 * The names in an archive: which are taken, and that no two of them meet on any file system.
 *
 * @module
 */

import {FormatError} from '../errors.js';

const MAX_PATH = 4096;
const MAX_COMPONENT = 255;
const MAX_DEPTH = 64;

interface NameRule {
  readonly refuses: (name: string) => boolean;
  readonly because: string;
}

/** Checked in this order; the first that refuses a name gives the reason. */
const RULES: readonly NameRule[] = [
  {refuses: (name) => name === '', because: 'it is empty'},
  {refuses: (name) => name.length > MAX_PATH, because: `it is longer than ${MAX_PATH} characters`},
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  {refuses: (name) => /[\x00-\x1f\x7f]/.test(name), because: 'it contains a control character'},
  {refuses: (name) => name.includes('\ufffd'), because: 'it is not valid UTF-8'},
  {refuses: (name) => name.includes('\\'), because: 'it contains a backslash'},
  {refuses: (name) => name.startsWith('/'), because: 'it is an absolute path'},
  {refuses: (name) => /^[a-z]:/i.test(name), because: 'it begins with a drive letter'},
  {refuses: (name) => name.split('/').includes('..'), because: "it contains '..'"},
  {
    refuses: (name) => name.split('/').length > MAX_DEPTH,
    because: `it is more than ${MAX_DEPTH} directories deep`,
  },
  {
    refuses: (name) => name.split('/').some((part) => new TextEncoder().encode(part).length > MAX_COMPONENT),
    because: `a part of it is longer than ${MAX_COMPONENT} bytes`,
  },
  {
    // What NFKC turns into a separator or into dots would escape where names are normalised that way.
    refuses: (name) =>
      name
        .split('/')
        .filter(isNotDot)
        .some((part) => /[/\\]|^\.\.?$/.test(part.normalize('NFKC'))),
    because: 'it contains a look-alike of a separator or of dots',
  },
  {
    refuses: (name) => name.includes(':'),
    because: "it contains a ':', which on Windows leads to a stream of another file",
  },
  {
    refuses: (name) =>
      name
        .split('/')
        .filter(isNotDot)
        .some((part) => /[. ]$/.test(part)),
    because: 'a part of it ends with a dot or a space, which Windows leaves out',
  },
  {
    refuses: (name) => name.split('/').some((part) => DEVICE.test(part)),
    because: 'a part of it is the name of a device on Windows',
  },
];

/**
 * Names that Windows takes for devices, whatever follows a dot or spaces
 * (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
 */
const DEVICE =
  /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:[.:]|$)/i;

const isNotDot = (part: string) => part !== '' && part !== '.';

/** One spelling for all names that a file system without case, or one that normalises Unicode, takes as the same. */
const folded = (path: string) => path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');

/** The names of one archive. */
export class ArchivePaths {
  private readonly taken = new Map<string, {readonly path: string; readonly kind: 'file' | 'directory'}>();

  /**
   * The relative path, normalised, of an entry of this name; '' for the archive's root.
   *
   * @throws FormatError with the reason why the name is refused.
   */
  add(name: string, kind: 'file' | 'directory'): string {
    const rule = RULES.find(({refuses}) => refuses(name));
    if (rule)
      throw new FormatError(
        `The archive holds an entry named ${show(name)}, refused because ${rule.because}.`,
      );
    const parts = name.split('/').filter(isNotDot);
    if (parts.length === 0) {
      if (kind === 'directory') return '';
      throw new FormatError(`The archive holds a file named ${show(name)}, which is its root directory.`);
    }
    for (let depth = 1; depth < parts.length; depth++)
      this.claim(parts.slice(0, depth).join('/'), 'directory');
    const path = parts.join('/');
    this.claim(path, kind);
    return path;
  }

  private claim(path: string, kind: 'file' | 'directory'): void {
    const key = folded(path);
    const other = this.taken.get(key);
    if (!other) {
      this.taken.set(key, {path, kind});
    } else if (other.path !== path) {
      throw new FormatError(
        `The archive holds ${show(other.path)} and ${show(path)}, which are one name on file systems that ignore case or normalise Unicode.`,
      );
    } else if (other.kind !== kind) {
      throw new FormatError(`The archive holds ${show(path)} both as a file and as a directory.`);
    } else if (kind === 'file') {
      throw new FormatError(`The archive holds two files named ${show(path)}.`);
    }
  }
}

function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
