/**
 * Files that are something else than their name says: what stands in the place of a file that was not fetched.
 *
 * @module
 */

/** So many bytes tell. */
const HEAD = 512;

/** What can be read in parts. */
interface Readable {
  readonly size: number;
  readInto(target: Uint8Array, offset: number): Promise<void>;
}

/** {@link otherContent} of a file that is too short for what it should be, or ends as something else. */
export async function otherFileContent(file: Readable): Promise<string | undefined> {
  const head = new Uint8Array(Math.min(HEAD, file.size));
  await file.readInto(head, 0);
  return otherContent(head);
}

const SIGNATURES: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'it is compressed by gzip: unpack it'],
  [[0x50, 0x4b, 0x03, 0x04], 'it is a ZIP archive: unpack it'],
  [[0x89, 0x48, 0x44, 0x46], 'it is an HDF5 file, as Keras writes them, and no SavedModel'],
];

/** What the bytes of a file are that should be something else, and what to do; undefined where they do not tell. */
export function otherContent(bytes: Uint8Array): string | undefined {
  const found = SIGNATURES.find(([signature]) => signature.every((byte, i) => bytes[i] === byte));
  if (found !== undefined) return found[1];
  const head = String.fromCharCode(...bytes.subarray(0, HEAD));
  if (head.startsWith('version https://git-lfs')) {
    const size = /^size (\d+)$/m.exec(head)?.[1];
    return `it is a pointer of Git LFS to a file${size === undefined ? '' : ` of ${size} bytes`} that was not fetched: \`git lfs pull\` does`;
  }
  if (/^\s*<(!doctype html|html|head|body)\b/i.test(head))
    return 'it is an HTML page, as servers give in place of a file that they have not';
  if (/^\s*<(\?xml|error)\b/i.test(head))
    return 'it is XML, as object stores give in place of a file that they have not';
  return undefined;
}
