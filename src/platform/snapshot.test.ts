import * as fs from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {FormatError} from '../errors.js';
import {localDirectory} from './node.js';
import {writeModel} from './output.js';
import type {ModelDirectory, OutputDirectory} from './platform.js';
import {readWhole, type SnapshotFiles} from './snapshot.js';

const PATHS = [
  'variables/data',
  'variables/index',
  'assets/words.txt',
  'assets/deep/er.txt',
  'saved_model.pb',
];

const FILES: SnapshotFiles = {
  anchors: ['saved_model.pb', 'variables/index'],
  others: async (directory) => (await directory.list('variables')).map((name) => `variables/${name}`),
};

let root: string;
let target: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'snapshot-'));
  target = join(root, 'model');
});
afterEach(() => fs.rmSync(root, {recursive: true}));

const bytes = (text: string) => new TextEncoder().encode(text);

function save(text: string): Promise<void> {
  return writeModel(target, {overwrite: true}, async (output: OutputDirectory) => {
    for (const path of PATHS) {
      const file = await output.createFile(path);
      await file.write(bytes(text));
      await file.close();
    }
  });
}

/** The model's directory, where something happens before each file is opened: the calls are counted. */
function watched(before: (call: number) => Promise<void> | void): ModelDirectory & {calls(): number} {
  const directory = localDirectory(target);
  let calls = 0;
  return {
    name: directory.name,
    calls: () => calls,
    list: (path) => directory.list(path),
    async open(path) {
      await before(calls++);
      return directory.open(path);
    },
  };
}

async function textOf(directory: ModelDirectory, path: string): Promise<string | null> {
  const file = await directory.open(path);
  if (file === null) return null;
  const content = new Uint8Array(file.size);
  await file.readInto(content, 0);
  await file.close();
  return new TextDecoder().decode(content);
}

/** Reads everything, one after the other. */
function readAll(directory: ModelDirectory): Promise<(string | null)[]> {
  return readWhole(directory, FILES, async (files, confirm) => {
    const texts = [];
    for (const path of PATHS.toReversed()) texts.push(await textOf(files, path));
    await confirm();
    return texts;
  });
}

describe('a directory that is read while others write to it', () => {
  test('gives one state, whole, whichever file a new one comes before', async () => {
    const seen = new Set<string | null>();
    for (let at = 0; ; at++) {
      await save('old');
      const directory = watched((call) => (call === at ? save('newer') : undefined));
      const texts = await readAll(directory);
      expect(new Set(texts).size, `before call ${at}: ${texts}`).toBe(1);
      seen.add(texts[0]!);
      if (directory.calls() <= at) break;
    }
    expect(seen).toEqual(new Set(['old', 'newer']));
  });

  test('gives the state that was opened, however often it is replaced while it is read', async () => {
    await save('0');
    let saves = 0;
    const texts = await readWhole(
      localDirectory(target),
      {anchors: FILES.anchors, others: async () => PATHS},
      async (files, confirm) => {
        const read = [];
        for (const path of PATHS) {
          await save(`${++saves}`);
          read.push(await textOf(files, path));
        }
        await confirm();
        return read;
      },
    );
    expect(texts).toEqual(PATHS.map(() => '0'));
    expect(saves).toBe(PATHS.length);
  });

  test('is read again where a file was written over in its place, also where reading failed for it', async () => {
    await save('old');
    const overwrite = () => {
      for (const path of PATHS) fs.writeFileSync(join(target, path), 'newer');
    };
    for (const fails of [false, true]) {
      await save('old');
      let tries = 0;
      const text = await readWhole(localDirectory(target), FILES, async (files, confirm) => {
        const read = await textOf(files, 'saved_model.pb');
        if (++tries === 1) {
          overwrite();
          if (fails) throw new FormatError('its checksum is wrong');
        }
        await confirm();
        return read;
      });
      expect([text, tries]).toEqual(['newer', 2]);
    }
  });

  test('that is missing while it is being exchanged is waited for', async () => {
    await save('old');
    const lock = join(root, '.model.lock');
    fs.renameSync(target, join(root, 'aside'));
    fs.writeFileSync(lock, '');
    let tries = 0;
    const text = await readWhole(localDirectory(target), FILES, async (files) => {
      if (++tries === 1) {
        setTimeout(() => {
          fs.renameSync(join(root, 'aside'), target);
          fs.rmSync(lock);
        }, 1);
      }
      const read = await textOf(files, 'saved_model.pb');
      if (read === null) throw new FormatError('no model');
      return read;
    });
    expect([text, tries]).toEqual(['old', 2]);
  });

  test('fails as it is where nobody changed anything', async () => {
    await save('old');
    let tries = 0;
    const reading = readWhole(localDirectory(target), FILES, async () => {
      tries++;
      throw new FormatError('its checksum is wrong');
    });
    await expect(reading).rejects.toThrowWithMessage(FormatError, /^its checksum is wrong$/);
    expect(tries).toBe(1);
  });

  test('that never comes to rest is given up, and said to be so', async () => {
    await save('old');
    let writes = 0;
    const reading = readWhole(localDirectory(target), FILES, async (_, confirm) => {
      fs.writeFileSync(join(target, 'saved_model.pb'), 'x'.repeat(++writes));
      await confirm();
    });
    await expect(reading).rejects.toThrowWithMessage(FormatError, /changed by others each of 40 times/);
    expect(writes).toBe(40);
  });

  test('closes all that it opened', async () => {
    await save('old');
    const local = localDirectory(target);
    let open = 0;
    const directory: ModelDirectory = {
      name: 'counted',
      list: (path) => local.list(path),
      async open(path) {
        const file = await local.open(path);
        if (file === null) return null;
        open++;
        return {
          size: file.size,
          readInto: (into, offset) => file.readInto(into, offset),
          version: () => file.version!(),
          close: () => {
            open--;
            return file.close();
          },
        };
      },
    };
    await readAll(directory);
    expect(open).toBe(0);
    await expect(
      readWhole(directory, FILES, () => Promise.reject(new Error('stop'))),
    ).rejects.toThrowWithMessage(Error, 'stop');
    expect(open).toBe(0);
  });
});

test('a directory whose files cannot change is not asked for more than is read', async () => {
  const asked: string[] = [];
  const directory: ModelDirectory = {
    name: 'remote',
    list: () => Promise.reject(new Error('nobody lists')),
    async open(path) {
      asked.push(path);
      const content = bytes(path);
      return {
        size: content.length,
        readInto: async (into, offset) => into.set(content.subarray(offset, offset + into.length)),
        close: async () => undefined,
      };
    },
  };
  expect(await readAll(directory)).toEqual(PATHS.toReversed());
  expect(asked.sort()).toEqual([...PATHS].sort());
});
