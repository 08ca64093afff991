import * as fs from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {
  type FileCalls,
  modelFiles,
  replaceByRenames,
  replaceFiles,
  restore,
  settle,
  unfinished,
} from './node_replace.js';

type Files = Readonly<Record<string, string>>;

const OLD: Files = {
  'saved_model.pb': 'old graph',
  'fingerprint.pb': 'old fingerprint',
  'variables/variables.index': 'old index',
  'variables/variables.data-00000-of-00001': 'old data',
  'assets/vocabulary.txt': 'old words',
  'assets/deep/er/old.txt': 'old asset',
};
const NEW: Files = {
  'saved_model.pb': 'new graph',
  'keras_metadata.pb': 'new metadata',
  'variables/variables.index': 'new index',
  'variables/variables.data-00000-of-00002': 'new data 0',
  'variables/variables.data-00001-of-00002': 'new data 1',
  'assets/deep/new.txt': 'new asset',
};
/** What is no part of any model. */
const OTHERS: Files = {'README.md': 'mine', 'variables.txt': 'mine', 'assets.extra/warmup': 'mine'};

let root: string;
let target: string;
let staging: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'replace-'));
  target = join(root, 'model');
  staging = join(root, '.model.saving-1');
});
afterEach(() => fs.rmSync(root, {recursive: true}));

function lay(old = OLD): void {
  fs.rmSync(target, {recursive: true, force: true});
  fs.rmSync(staging, {recursive: true, force: true});
  write(target, {...old, ...OTHERS});
  write(staging, {owner: 'me'});
  write(join(staging, 'new'), NEW);
}

function write(directory: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    fs.mkdirSync(dirname(join(directory, path)), {recursive: true});
    fs.writeFileSync(join(directory, path), text);
  }
}

/** What who opens files in `directory` finds; the directory that is there during a replacement is not looked into. */
function read(directory: string): Files {
  const files: Record<string, string> = {};
  const visit = (path: string) => {
    for (const name of fs.readdirSync(join(directory, path))) {
      if (name === '.saving') continue;
      const inner = path === '' ? name : `${path}/${name}`;
      const status = fs.statSync(join(directory, inner), {throwIfNoEntry: false});
      if (status?.isDirectory()) visit(inner);
      else if (status) files[inner] = fs.readFileSync(join(directory, inner), 'utf8');
    }
  };
  visit('');
  return files;
}

const readModel = () => {
  const files = Object.entries(read(target));
  return Object.fromEntries(files.filter(([path]) => OTHERS[path] === undefined));
};

function isTidy(): boolean {
  const entries = fs.readdirSync(target, {recursive: true, withFileTypes: true});
  return unfinished(target) === null && entries.every((entry) => !entry.isSymbolicLink());
}

/** Nothing here is about what the disk has. */
const withoutSync: FileCalls = {...fs, fsyncSync: () => undefined};

/** The calls of the file system, of which the one after `calls` and all later ones fail, as for a process that died. */
function dyingAfter(calls: number): FileCalls & {readonly made: () => number} {
  let made = 0;
  const proxy = new Proxy(fs, {
    get(_, name: string) {
      if (name === 'made') return () => made;
      if (name === 'fsyncSync') return () => undefined;
      return (...args: unknown[]) => {
        if (made >= calls) throw new Error('died');
        made++;
        return (Reflect.get(fs, name) as (...args: unknown[]) => unknown)(...args);
      };
    },
  });
  return proxy as unknown as FileCalls & {readonly made: () => number};
}

function replace(calls: FileCalls): void {
  try {
    replaceFiles(target, staging, modelFiles(target), calls);
  } catch (error) {
    if ((error as Error).message !== 'died') throw error;
  }
}

describe('replacing a model', () => {
  test('puts the new files in the place of the old ones and touches no others', () => {
    lay();
    replaceFiles(target, staging, modelFiles(target));
    expect(read(target)).toEqual({...NEW, ...OTHERS});
    expect(isTidy()).toBe(true);
    expect(fs.readdirSync(root)).toEqual(['model']);
    expect(fs.readdirSync(join(target, 'assets/deep'))).toEqual(['new.txt']);
  });

  test('leaves the old model or the new one wherever it is cut off, and the next save tidies up', () => {
    lay();
    const whole = dyingAfter(Number.POSITIVE_INFINITY);
    replace(whole);
    const seen = [];
    for (let calls = 0; calls <= whole.made(); calls++) {
      lay();
      replace(dyingAfter(calls));
      const left = readModel();
      const isNew = left['saved_model.pb'] === NEW['saved_model.pb'];
      expect(left, `after ${calls} calls`).toEqual(isNew ? NEW : OLD);
      settle(target, withoutSync);
      expect(read(target), `after ${calls} calls, tidied up`).toEqual({...left, ...OTHERS});
      expect(isTidy()).toBe(true);
      seen.push(isNew);
    }
    // The model changes once, and never back.
    expect(seen).toEqual([...seen].sort());
    expect(new Set(seen).size).toBe(2);
    expect(seen.length).toBeGreaterThan(40);
  });

  test('is finished by the next save even if tidying up is cut off as well', () => {
    lay();
    const whole = dyingAfter(Number.POSITIVE_INFINITY);
    replace(whole);
    for (let calls = 0; calls < whole.made(); calls += 7) {
      for (const more of [0, 4, 9, 17]) {
        lay();
        replace(dyingAfter(calls));
        const left = readModel();
        try {
          settle(target, dyingAfter(more));
        } catch {}
        expect(readModel()).toEqual(left);
        settle(target, withoutSync);
        expect(read(target)).toEqual({...left, ...OTHERS});
        expect(isTidy()).toBe(true);
      }
    }
  });

  test.each(['symlinkSync', 'mkdirSync', 'renameSync'] as const)('goes back where %s fails', (call) => {
    for (let at = 2; at < 8; at++) {
      lay();
      let count = 0;
      const fullAt = (count: number) => {
        if (count === at) throw Object.assign(new Error('no space left'), {code: 'ENOSPC'});
      };
      const calls = new Proxy(fs, {
        get: (_, name) => {
          if (name === call) fullAt(++count);
          return Reflect.get(withoutSync, name);
        },
      });
      expect(() => replaceFiles(target, staging, modelFiles(target), calls)).toThrowWithMessage(
        Error,
        'no space left',
      );
      expect(read(target)).toEqual({...OLD, ...OTHERS});
      expect(isTidy()).toBe(true);
    }
  });

  test('copies files that can have no second name', () => {
    lay();
    const linkSync = () => {
      throw new Error('not permitted');
    };
    replaceFiles(target, staging, modelFiles(target), {...fs, linkSync});
    expect(read(target)).toEqual({...NEW, ...OTHERS});
  });

  test('replaces links that were there, and not what they lead to', () => {
    lay();
    write(root, {blob: 'old graph'});
    fs.rmSync(join(target, 'saved_model.pb'));
    fs.symlinkSync('../blob', join(target, 'saved_model.pb'));
    fs.rmSync(join(target, 'fingerprint.pb'));
    fs.symlinkSync('../nowhere', join(target, 'fingerprint.pb'));
    replaceFiles(target, staging, modelFiles(target));
    expect(read(target)).toEqual({...NEW, ...OTHERS});
    expect(fs.readFileSync(join(root, 'blob'), 'utf8')).toBe('old graph');
  });
});

describe('replacing a model without links', () => {
  test('keeps what is not the model', () => {
    lay();
    replaceByRenames(target, staging);
    expect(read(target)).toEqual({...NEW, ...OTHERS});
  });

  test('can be undone between its two renames', () => {
    lay();
    try {
      replaceByRenames(target, staging, dyingAfter(1));
    } catch {}
    expect(fs.existsSync(target)).toBe(false);
    restore(target, staging);
    expect(read(target)).toEqual({...OLD, ...OTHERS});
  });
});
