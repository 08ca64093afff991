import {gunzipSync} from 'node:zlib';
import {unpackTar} from 'modern-tar';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {FormatError, SaveError} from '../errors.js';
import {writeArchive} from './archive_output.js';
import {handleDirectory} from './browser.js';
import {createModel, writableDirectory} from './browser_output.js';
import {writeFiles} from './output.js';
import type {ModelDirectory, OutputDirectory, PendingOutput} from './platform.js';
import {readWhole} from './snapshot.js';
import {memoryHandle, memoryLocks} from './testing/memory_handle.js';

const bytes = (text: string) => new TextEncoder().encode(text);

async function write(output: OutputDirectory, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = await output.createFile(path);
    for (const character of text) await file.write(bytes(character));
    await file.close();
  }
}

async function read(directory: ModelDirectory, path = ''): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of await directory.list(path)) {
    const inner = path === '' ? name : `${path}/${name}`;
    const file = await directory.open(inner);
    if (file === null) {
      Object.assign(files, await read(directory, inner));
    } else {
      const content = new Uint8Array(file.size);
      await file.readInto(content, 0);
      files[inner] = new TextDecoder().decode(content);
    }
  }
  return files;
}

const OLD = {
  'saved_model.pb': 'old graph',
  'fingerprint.pb': 'old fingerprint',
  'variables/variables.data-00000-of-00001': 'old data',
  'variables/variables.index': 'old index',
  'assets/words.txt': 'old words',
};
const NEW = {
  'saved_model.pb': 'new graph',
  'variables/variables.data-00000-of-00001': 'new data',
  'variables/variables.index': 'new index',
};

describe('writing a model to a directory handle', () => {
  let handle: FileSystemDirectoryHandle;
  let events: string[];
  beforeEach(() => {
    events = [];
    handle = memoryHandle('picked', events);
  });

  async function begin(overwrite = false): Promise<PendingOutput> {
    const output = await createModel(handle, {overwrite});
    return output!;
  }

  async function save(files: Readonly<Record<string, string>>, overwrite = false): Promise<void> {
    const output = await begin(overwrite);
    await write(output, files);
    await output.commit();
  }

  test('puts what makes the model readable in place last', async () => {
    await save(OLD);
    expect(await read(handleDirectory(handle))).toEqual(OLD);
    expect(events.slice(-2).sort()).toEqual(['close saved_model.pb', 'close variables.index']);
  });

  test('replaces a model when asked, never mixing two, and keeps what is not the model', async () => {
    await save(OLD);
    await write((await (await writableDirectory(handle))!.begin()) as PendingOutput, {});
    const readme = await (await writableDirectory(handle))!.begin();
    await write(readme, {'README.md': 'mine'});
    await readme.commit();
    await expect(begin()).rejects.toThrowWithMessage(SaveError, /Pass {overwrite: true}/);
    events.length = 0;
    await save(NEW, true);
    expect(await read(handleDirectory(handle))).toEqual({...NEW, 'README.md': 'mine'});
    expect(events[0]).toBe('remove saved_model.pb');
    expect(events).toContain('remove assets');
  });

  test('changes nothing when it is given up', async () => {
    const output = await begin();
    await write(output, NEW);
    await output.discard();
    expect(await read(handleDirectory(handle))).toEqual({});
    await save(OLD);
    const replacing = await begin(true);
    await write(replacing, NEW);
    await replacing.discard();
    expect(await read(handleDirectory(handle))).toEqual(OLD);
  });

  test('never overwrites what is no model', async () => {
    const files = await (await writableDirectory(handle))!.begin();
    await write(files, {'thesis.txt': 'years of work'});
    await files.commit();
    await expect(begin(true)).rejects.toThrowWithMessage(SaveError, /the directory has files and no model/);
  });

  test('says so where the browser has no more room', async () => {
    const output = await begin();
    const createWritable = async () => ({
      write: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
      close: async () => undefined,
      abort: async () => undefined,
    });
    const variables = await handle.getDirectoryHandle('variables', {create: true});
    const file = await variables.getFileHandle('variables.data-00000-of-00001', {create: true});
    Object.assign(file, {createWritable});
    const writing = write(output, NEW);
    await expect(writing).rejects.toThrowWithMessage(SaveError, /there is no more room/);
  });

  test('removes files', async () => {
    await save(OLD);
    const directory = (await writableDirectory(handle))!;
    await directory.remove('assets/words.txt');
    await directory.remove('assets/words.txt');
    expect(await directory.list()).toEqual(['fingerprint.pb', 'saved_model.pb', 'variables']);
  });

  describe('that several pages write to', () => {
    beforeEach(() => vi.stubGlobal('navigator', {locks: memoryLocks()}));
    afterEach(() => vi.unstubAllGlobals());

    test('has the model of one of them, whole, and nothing of the others', async () => {
      await save(OLD);
      const models = Array.from({length: 6}, (_, i) => ({
        ...NEW,
        ...(i % 2 === 0 ? {'assets/words.txt': `words ${i}`} : {}),
        'saved_model.pb': `graph ${i}`,
        'variables/variables.index': `index ${i}`,
      }));
      await Promise.all(models.map((model) => save(model, true)));
      expect(models).toContainEqual(await read(handleDirectory(handle)));
    });

    test('has the model of the first, where they do not overwrite', async () => {
      const results = await Promise.allSettled([save(OLD), save(NEW), save(NEW)]);
      const reasons = results.map((each) => (each.status === 'rejected' ? String(each.reason) : ''));
      const refused = expect.stringMatching(/there is a model. Pass {overwrite: true}/);
      expect(reasons).toEqual(['', refused, refused]);
      expect(await read(handleDirectory(handle))).toEqual(OLD);
    });

    test('is not waited for longer than told, nor when told to stop, and free once one gives up', async () => {
      const first = await begin();
      const late = createModel(handle, {overwrite: true, waitMs: 1});
      await expect(late).rejects.toThrowWithMessage(
        SaveError,
        /waited 0.001 s for another page that saves there/,
      );
      const reason = new Error('enough');
      const stopping = new AbortController();
      const stopped = createModel(handle, {overwrite: true, signal: stopping.signal});
      stopping.abort(reason);
      await expect(stopped).rejects.toBe(reason);
      await first.discard();
      await save(NEW);
      expect(await read(handleDirectory(handle))).toEqual(NEW);
    });

    test('is read as one of the models, whole, also where its files are just being put into place', async () => {
      await save(OLD);
      const texts: string[] = [];
      const reader = async () => {
        const {files} = await readWhole(
          handleDirectory(handle),
          {anchors: ['saved_model.pb', 'variables/variables.index'], others: async () => Object.keys(NEW)},
          async (directory, confirm) => {
            const file = await directory.open('saved_model.pb');
            if (file === null) throw new FormatError('no model');
            const found: string[] = [];
            for (const path of Object.keys(NEW)) {
              const part = (await directory.open(path))!;
              const content = new Uint8Array(part.size);
              await part.readInto(content, 0);
              found.push(new TextDecoder().decode(content).split(' ')[0]!);
            }
            await confirm();
            return {files: found};
          },
        );
        expect(new Set(files).size).toBe(1);
        texts.push(files[0]!);
      };
      const saving = (async () => {
        for (let i = 0; i < 5; i++) await save(i % 2 === 0 ? NEW : OLD, true);
      })();
      for (let i = 0; i < 20; i++) await reader();
      await saving;
      expect(texts.every((text) => text === 'old' || text === 'new')).toBe(true);
    });
  });

  test('what a page left that went while it saved is replaced when asked', async () => {
    await write(await begin(), OLD);
    await expect(begin()).rejects.toThrowWithMessage(
      SaveError,
      /what is left of a model.*Pass {overwrite: true}/,
    );
    await save(NEW, true);
    expect(await read(handleDirectory(handle))).toMatchObject(NEW);
  });

  test('replaces no file where that is not wished', async () => {
    const directory = (await writableDirectory(handle))!;
    const once = (text: string) =>
      writeFiles(directory, (output) => write(output, {'x.onnx': text}), {overwrite: false});
    await once('a');
    await expect(once('b')).rejects.toThrowWithMessage(SaveError, /there is a file 'x.onnx'/);
    expect(await read(directory)).toEqual({'x.onnx': 'a'});
    await writeFiles(directory, (output) => write(output, {'x.onnx': 'c'}));
    expect(await read(directory)).toEqual({'x.onnx': 'c'});
  });

  test('takes nothing but a handle', async () => {
    expect(await createModel('/path', {overwrite: false})).toBeNull();
    expect(await writableDirectory('/path')).toBeNull();
  });
});

test('an archive holds the files, and is the same each time', async () => {
  const archive = await writeArchive((output) => write(output, NEW));
  expect(archive.type).toBe('application/gzip');
  const packed = new Uint8Array(await archive.arrayBuffer());
  const entries = await unpackTar(gunzipSync(packed));
  expect(entries.map(({header, data}) => [header.name, new TextDecoder().decode(data)])).toEqual([
    ['saved_model.pb', 'new graph'],
    ['variables/', ''],
    ['variables/variables.data-00000-of-00001', 'new data'],
    ['variables/variables.index', 'new index'],
  ]);
  const again = await writeArchive((output) => write(output, NEW));
  expect(Buffer.compare(packed, new Uint8Array(await again.arrayBuffer()))).toBe(0);
});

test('an archive that cannot be written fails', async () => {
  await expect(writeArchive(() => Promise.reject(new Error('stop')))).rejects.toThrowWithMessage(
    Error,
    'stop',
  );
});
