import {mkdir, mkdtemp, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {FormatError, HubError} from '../errors.js';
import {fileListDirectory, handleDirectory} from './browser.js';
import {memoryDirectory} from './memory.js';
import {localDirectory} from './node.js';
import type {ModelDirectory} from './platform.js';

const FILES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  'saved_model.pb': Uint8Array.of(1, 2, 3, 4, 5),
  'variables/variables.index': Uint8Array.of(6),
  'variables/deep/er': new Uint8Array(0),
};

/** As much of the browser's interface as directories are read with. */
function fakeHandle(name: string, prefix = ''): FileSystemDirectoryHandle {
  const under = Object.keys(FILES).filter((path) => path.startsWith(prefix));
  const names = [...new Set(under.map((path) => path.slice(prefix.length).split('/')[0]!))];
  const missing = (kind: string) => new DOMException('no such entry', kind);
  const handle = {
    name,
    async *keys() {
      yield* names;
    },
    async getFileHandle(child: string) {
      const bytes = FILES[prefix + child];
      if (bytes === undefined) throw missing(names.includes(child) ? 'TypeMismatchError' : 'NotFoundError');
      return {getFile: async () => new File([bytes], child)};
    },
    async getDirectoryHandle(child: string) {
      if (!names.includes(child)) throw missing('NotFoundError');
      if (FILES[prefix + child] !== undefined) throw missing('TypeMismatchError');
      return fakeHandle(child, `${prefix}${child}/`);
    },
  };
  return handle as unknown as FileSystemDirectoryHandle;
}

function listedFile(root: string, path: string, bytes: Uint8Array<ArrayBuffer>): File {
  const file = new File([bytes], path.split('/').at(-1)!);
  return Object.defineProperty(file, 'webkitRelativePath', {value: root && `${root}/${path}`});
}

let local = '';

beforeAll(async () => {
  local = await mkdtemp(join(tmpdir(), 'directories-'));
  for (const [path, bytes] of Object.entries(FILES)) {
    await mkdir(join(local, path, '..'), {recursive: true});
    await writeFile(join(local, path), bytes);
  }
});

afterAll(() => rm(local, {recursive: true}));

const listed = Object.entries(FILES).map(([path, bytes]) => listedFile('picked', path, bytes));
const DIRECTORIES: [name: string, open: () => ModelDirectory][] = [
  ['on the local file system', () => localDirectory(local)],
  ['in memory', () => memoryDirectory(FILES)],
  ['that the user picked', () => handleDirectory(fakeHandle('picked'))],
  ['of listed files', () => fileListDirectory(listed)],
];

describe.each(DIRECTORIES)('a directory %s', (_, open) => {
  test('opens files by path', async () => {
    const file = (await open().open('saved_model.pb'))!;
    expect(file.size).toBe(5);
    const target = new Uint8Array(3);
    await file.readInto(target, 1);
    expect(target).toEqual(Uint8Array.of(2, 3, 4));
    await file.readInto(new Uint8Array(0), 5);
    await file.close();
  });

  test.each(['variables/variables.index', './variables//variables.index'])(
    'finds %s below it',
    async (path) => {
      const file = (await open().open(path))!;
      expect(file.size).toBe(1);
      await file.close();
    },
  );

  test.each(['other.pb', 'variables', 'other/x', 'saved_model.pb/x', ''])(
    'has no file "%s"',
    async (path) => {
      expect(await open().open(path)).toBeNull();
    },
  );

  test.each([
    [undefined, ['saved_model.pb', 'variables']],
    ['variables', ['deep', 'variables.index']],
    ['variables/deep', ['er']],
    ['other', []],
  ])('lists "%s"', async (path, names) => {
    expect(await open().list(path)).toEqual(names);
  });

  test.each(['../x', 'variables/../../x', '/etc/hostname', 'a\0b'])('refuses the path "%s"', async (path) => {
    await expect(open().open(path)).rejects.toThrow(FormatError);
    await expect(open().list(path)).rejects.toThrow(FormatError);
  });

  test('says so when a file ends too early', async () => {
    const file = (await open().open('saved_model.pb'))!;
    await expect(file.readInto(new Uint8Array(3), 3)).rejects.toThrowWithMessage(
      FormatError,
      /saved_model.pb is truncated: it has 5 bytes/,
    );
    await file.close();
  });
});

test('a local file that became shorter since it was opened is truncated', async () => {
  const path = join(local, 'shrinking');
  await writeFile(path, new Uint8Array(100));
  const file = (await localDirectory(local).open('shrinking'))!;
  await truncate(path, 10);
  await expect(file.readInto(new Uint8Array(50), 0)).rejects.toThrow(FormatError);
  await file.close();
  await rm(path);
});

test('a path that is too long for the file system is an error of this library', async () => {
  await expect(localDirectory(local).open('x'.repeat(5000))).rejects.toThrow(HubError);
});

test('dropped files without paths are known by their names', async () => {
  const files = [listedFile('', 'saved_model.pb', Uint8Array.of(1)), listedFile('', 'x', Uint8Array.of(2))];
  expect(await fileListDirectory(files).list()).toEqual(['saved_model.pb', 'x']);
});

test('a file larger than what is copied at once is whole', async () => {
  const bytes = Uint8Array.from({length: 2 ** 24 + 7}, (_, i) => i * 7);
  const file = (await fileListDirectory([listedFile('', 'large', bytes)]).open('large'))!;
  const target = new Uint8Array(bytes.length - 1);
  await file.readInto(target, 1);
  expect(Buffer.compare(target, bytes.subarray(1))).toBe(0);
});
