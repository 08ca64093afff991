import {spawnSync} from 'node:child_process';
import * as fs from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {FormatError, SaveError} from '../errors.js';
import './node.js';
import {takeLock} from './node_lock.js';
import {type Owner, ownerText, thisProcess} from './node_owner.js';
import {writableDirectory, writeFiles, writeModel} from './output.js';
import type {OutputDirectory} from './platform.js';

let root: string;
let target: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'output-'));
  target = join(root, 'models', 'mine');
});
afterEach(() => fs.rmSync(root, {recursive: true}));

const bytes = (text: string) => new TextEncoder().encode(text);

/** Writes a model whose files all say `text`. */
function model(text: string, paths = ['variables/variables.index', 'saved_model.pb']) {
  return async (output: OutputDirectory) => {
    for (const path of paths) {
      const file = await output.createFile(path);
      await file.write(bytes(text));
      await file.close();
    }
  };
}

const read = (path: string) => fs.readFileSync(join(target, path), 'utf8');
const beside = () => fs.readdirSync(dirname(target));

describe('writing a model', () => {
  test('makes the directory and those above it', async () => {
    await writeModel(target, {overwrite: false}, model('a'));
    expect(read('saved_model.pb')).toBe('a');
    expect(read('variables/variables.index')).toBe('a');
    expect(beside()).toEqual(['mine']);
  });

  test('shows nothing under its name before it is complete', async () => {
    await writeModel(target, {overwrite: false}, async (output) => {
      await model('a')(output);
      expect(fs.existsSync(target)).toBe(false);
    });
    expect(fs.existsSync(target)).toBe(true);
  });

  test('takes a file: URL, and an empty directory that is there', async () => {
    fs.mkdirSync(target, {recursive: true});
    await writeModel(pathToFileURL(target), {overwrite: false}, model('a'));
    expect(read('saved_model.pb')).toBe('a');
  });

  test('does not overwrite a model unless asked', async () => {
    await writeModel(target, {overwrite: false}, model('a'));
    const again = writeModel(target, {overwrite: false}, model('b'));
    await expect(again).rejects.toThrowWithMessage(SaveError, /there is a model. Pass {overwrite: true}/);
    await writeModel(target, {overwrite: true}, model('b', ['saved_model.pb']));
    expect(read('saved_model.pb')).toBe('b');
    expect(fs.readdirSync(target)).toEqual(['saved_model.pb']);
    expect(beside()).toEqual(['mine']);
  });

  test('never overwrites what is no model', async () => {
    fs.mkdirSync(target, {recursive: true});
    fs.writeFileSync(join(target, 'thesis.txt'), 'years of work');
    const saving = writeModel(target, {overwrite: true}, model('a'));
    await expect(saving).rejects.toThrowWithMessage(SaveError, /the directory has files and no model/);
    expect(fs.readdirSync(target)).toEqual(['thesis.txt']);
    const overFile = writeModel(join(target, 'thesis.txt'), {overwrite: true}, model('a'));
    await expect(overFile).rejects.toThrowWithMessage(SaveError, /there is a file of that name/);
  });

  test('replaces the directory that a link leads to', async () => {
    await writeModel(target, {overwrite: false}, model('a'));
    fs.symlinkSync(target, join(root, 'latest'));
    await writeModel(join(root, 'latest'), {overwrite: true}, model('b'));
    expect(read('saved_model.pb')).toBe('b');
    expect(fs.lstatSync(join(root, 'latest')).isSymbolicLink()).toBe(true);
  });

  test.each([false, true])('leaves nothing behind when it fails (over a model: %s)', async (exists) => {
    if (exists) await writeModel(target, {overwrite: false}, model('a'));
    const saving = writeModel(target, {overwrite: true}, async (output) => {
      const file = await output.createFile('variables/variables.data-00000-of-00001');
      await file.write(bytes('b'));
      throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
    });
    await expect(saving).rejects.toThrowWithMessage(Error, 'no space left');
    expect(beside()).toEqual(exists ? ['mine'] : []);
    if (exists) expect(read('saved_model.pb')).toBe('a');
  });

  test('says what could not be written, and why', async () => {
    const saving = writeModel(target, {overwrite: false}, async (output) => {
      await output.createFile('saved_model.pb');
      await output.createFile('saved_model.pb/inside');
    });
    await expect(saving).rejects.toThrowWithMessage(
      SaveError,
      /cannot write .*saved_model\.pb.*EEXIST|ENOTDIR/,
    );
  });

  test('stays within the directory', async () => {
    const saving = writeModel(target, {overwrite: false}, model('a', ['../outside']));
    await expect(saving).rejects.toThrowWithMessage(FormatError, /leads out/);
  });

  test('says so when the target is no place', async () => {
    await expect(writeModel({}, {overwrite: false}, model('a'))).rejects.toThrowWithMessage(
      SaveError,
      /no place to save to/,
    );
    await expect(writeModel('', {overwrite: false}, model('a'))).rejects.toThrowWithMessage(
      SaveError,
      /no place to save to/,
    );
  });
});

describe('what processes that died have left', () => {
  /** The id of a process that is no more. */
  const {pid} = spawnSync(process.execPath, ['--version']);
  const me = thisProcess();
  const dead: Owner = {...me, pid};

  function leave(owner: Owner): string {
    const staging = join(dirname(target), `.mine.saving-${ownerText(owner)}.x`);
    fs.mkdirSync(join(staging, 'new'), {recursive: true});
    return staging;
  }

  test('is removed by the next save to the same place', async () => {
    const staging = leave(dead);
    await writeModel(target, {overwrite: false}, model('a'));
    expect(fs.existsSync(staging)).toBe(false);
  });

  test('is removed where another process has got the number since', async () => {
    if (me.started === '') return; // Such a system cannot tell.
    const staging = leave({...me, started: `${me.started}0`});
    await writeModel(target, {overwrite: false}, model('a'));
    expect(fs.existsSync(staging)).toBe(false);
  });

  test('is left alone while the process lives, or may live on another machine', async () => {
    for (const owner of [me, {...dead, space: 'elsewhere'}]) {
      const staging = leave(owner);
      await writeModel(target, {overwrite: true}, model('a'));
      expect(fs.existsSync(staging)).toBe(true);
    }
  });

  test('is removed after a day where nobody knows whether the process lives', async () => {
    const staging = leave({...dead, space: 'elsewhere'});
    const yesterday = new Date(Date.now() - 25 * 60 * 60_000);
    for (const path of [join(staging, 'new'), staging]) fs.utimesSync(path, yesterday, yesterday);
    await writeModel(target, {overwrite: true}, model('a'));
    expect(fs.existsSync(staging)).toBe(false);
  });

  test.each([
    ['that is gone', dead],
    ['of another machine', {...dead, space: 'elsewhere'}],
  ])('is put back where it is the old model, on systems without links: a process %s', async (_, owner) => {
    const staging = leave(owner);
    fs.mkdirSync(join(staging, 'old'));
    fs.writeFileSync(join(staging, 'old', 'saved_model.pb'), 'old');
    const failing = writeModel(target, {overwrite: true}, () => Promise.reject(new Error('stop')));
    await expect(failing).rejects.toThrowWithMessage(Error, 'stop');
    expect(read('saved_model.pb')).toBe('old');
  });

  test('is a model half replaced: it is finished, whosever it was', async () => {
    await writeModel(target, {overwrite: false}, model('a'));
    const work = join(target, '.saving');
    fs.mkdirSync(join(work, 'new'), {recursive: true});
    await writeModel(target, {overwrite: true}, model('b'));
    expect(read('saved_model.pb')).toBe('b');
    expect(fs.existsSync(work)).toBe(false);
  });
});

describe('several that write to one place', () => {
  const lock = () => join(dirname(target), '.mine.lock');

  test('take turns: each leaves its model whole, the last one stays, and nothing else does', async () => {
    const paths = ['variables/variables.index', 'assets/words.txt', 'saved_model.pb'];
    const names = Array.from({length: 20}, (_, i) => `model ${i}`);
    await Promise.all(names.map((name) => writeModel(target, {overwrite: true}, model(name, paths))));
    const said = paths.map(read);
    expect(new Set(said).size).toBe(1);
    expect(names).toContain(said[0]);
    expect(beside()).toEqual(['mine']);
    expect(fs.readdirSync(target).sort()).toEqual(['assets', 'saved_model.pb', 'variables']);
  });

  test('find the model of the first, where they do not overwrite', async () => {
    const saves = Array.from({length: 5}, (_, i) => writeModel(target, {overwrite: false}, model(`${i}`)));
    const results = await Promise.allSettled(saves);
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [String(result.reason)] : [],
    );
    expect(reasons).toHaveLength(4);
    for (const reason of reasons) expect(reason).toMatch(/there is a model. Pass {overwrite: true}/);
    expect(read('variables/variables.index')).toBe(read('saved_model.pb'));
    expect(beside()).toEqual(['mine']);
  });

  test('wait for each other as long as they are told, and say for whom', async () => {
    await writeModel(target, {overwrite: false}, model('a'));
    const hold = await takeLock(lock(), {purpose: 'cannot hold'});
    const saving = writeModel(target, {overwrite: true, waitMs: 30}, model('b'));
    await expect(saving).rejects.toThrowWithMessage(SaveError, `for process ${process.pid} on ${hostname()}`);
    await expect(saving).rejects.toThrowWithMessage(SaveError, lock());
    expect(read('saved_model.pb')).toBe('a');
    hold.release();
    expect(beside()).toEqual(['mine']);
  });

  test('stop waiting when they are told', async () => {
    const hold = await takeLock(lockOfNew(), {purpose: 'cannot hold'});
    const reason = new Error('enough');
    const saving = writeModel(target, {overwrite: true, signal: AbortSignal.timeout(1)}, model('b'));
    await expect(saving).rejects.toThrowWithMessage(DOMException, /timeout/);
    await expect(
      writeModel(target, {overwrite: true, signal: AbortSignal.abort(reason)}, model('b')),
    ).rejects.toBe(reason);
    hold.release();
    expect(beside()).toEqual([]);
  });

  function lockOfNew(): string {
    fs.mkdirSync(dirname(target), {recursive: true});
    return lock();
  }
});

describe('writing files', () => {
  test('adds to a directory and replaces files of the same names, all at the end', async () => {
    fs.mkdirSync(target, {recursive: true});
    fs.writeFileSync(join(target, 'kept'), 'kept');
    fs.writeFileSync(join(target, 'saved_model.pb'), 'old');
    const directory = await writableDirectory(target);
    await writeFiles(directory, async (output) => {
      await model('new')(output);
      expect(read('saved_model.pb')).toBe('old');
    });
    expect(read('saved_model.pb')).toBe('new');
    expect(await directory.list()).toEqual(['kept', 'saved_model.pb', 'variables']);
    await directory.remove('kept');
    await directory.remove('never was');
    expect(await directory.list()).toEqual(['saved_model.pb', 'variables']);
  });

  test('replaces no file where that is not wished, not even one that has come meanwhile', async () => {
    const directory = (await writableDirectory(target))!;
    const once = (text: string, paths: string[]) =>
      writeFiles(directory, model(text, paths), {overwrite: false});
    await once('a', ['x.onnx']);
    await expect(once('b', ['x.onnx.data', 'x.onnx'])).rejects.toThrowWithMessage(
      SaveError,
      /there is a file 'x.onnx'. Pass {overwrite: true} \(--overwrite\)/,
    );
    const late = writeFiles(
      directory,
      async (output) => {
        await model('c', ['y.onnx'])(output);
        fs.writeFileSync(join(target, 'y.onnx'), 'd');
      },
      {overwrite: false},
    );
    await expect(late).rejects.toThrowWithMessage(SaveError, /there is a file 'y.onnx'/);
    expect(fs.readdirSync(target).sort()).toEqual(['x.onnx', 'y.onnx']);
    expect([read('x.onnx'), read('y.onnx')]).toEqual(['a', 'd']);
  });

  test('that several write under the same names are those of one of them', async () => {
    const paths = ['ckpt.data-00000-of-00001', 'ckpt.index', 'checkpoint'];
    const directory = await writableDirectory(target);
    for (let round = 0; round < 5; round++) {
      const names = Array.from({length: 5}, (_, i) => `${round} ${i}`);
      await Promise.all(names.map((name) => writeFiles(directory, model(name, paths))));
      expect(new Set(paths.map(read)).size).toBe(1);
      expect(names).toContain(read('checkpoint'));
      expect((await directory.list()).sort()).toEqual([...paths].sort());
    }
  });

  test('removes what writers left that died, and finishes what they had begun', async () => {
    const {pid} = spawnSync(process.execPath, ['--version']);
    const staging = join(target, `.checkpoint.saving-${ownerText({...thisProcess(), pid})}.x`);
    fs.mkdirSync(join(staging, 'new'), {recursive: true});
    fs.mkdirSync(join(target, '.saving', 'new'), {recursive: true});
    const directory = await writableDirectory(target);
    await writeFiles(directory, model('a', ['ckpt.index']));
    expect(await directory.list()).toEqual(['ckpt.index']);
  });

  test('leaves nothing behind when it fails', async () => {
    const directory = await writableDirectory(target);
    const failing = writeFiles(directory, async (output) => {
      await model('new')(output);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrowWithMessage(Error, 'stop');
    expect(await directory.list('variables')).toEqual([]);
  });
});
