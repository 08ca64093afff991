import {spawnSync} from 'node:child_process';
import * as fs from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {SaveError} from '../errors.js';
import {Lock, takeLock, withLock} from './node_lock.js';
import {type Owner, stateOf, thisProcess} from './node_owner.js';

/** What happens before each call of the file system that a lock makes. */
const before = vi.hoisted(() => ({call: undefined as (() => void) | undefined}));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const watched = ['openSync', 'writeSync', 'closeSync', 'readFileSync', 'renameSync', 'rmSync'] as const;
  const wrapped = watched.map((name) => [
    name,
    (...args: unknown[]) => {
      // Files of the system say who lives, and are nothing that two could quarrel about.
      if (!String(args[0]).startsWith('/proc')) before.call?.();
      return (real[name] as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return {...real, ...Object.fromEntries(wrapped)};
});

const {pid} = spawnSync(process.execPath, ['--version']);
const me = thisProcess();
const dead: Owner = {...me, pid};
const elsewhere: Owner = {...me, space: 'elsewhere'};

let root: string;
let path: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(root, 'lock');
});
afterEach(() => {
  before.call = undefined;
  fs.rmSync(root, {recursive: true});
});

/** Leaves a lock of a process. */
function leave(owner: Owner): void {
  expect(new Lock(path, owner).tryTake()).toBe(true);
}

/** Runs `work`, and `other` before its call number `at`. False where it makes fewer calls. */
function interleaved(at: number, work: () => void, other: () => void): boolean {
  let calls = 0;
  before.call = () => {
    if (calls++ !== at) return;
    before.call = undefined;
    other();
  };
  work();
  before.call = undefined;
  return calls > at;
}

test('a process knows itself, those that are gone, and those that have the number of another', () => {
  expect(stateOf(me)).toBe('alive');
  expect(stateOf(dead)).toBe('gone');
  expect(stateOf(elsewhere)).toBe('unknown');
  expect(stateOf({...me, started: ''})).toBe('unknown');
  if (me.started !== '') expect(stateOf({...me, started: `${me.started}0`})).toBe('gone');
});

describe('a lock', () => {
  test("is one holder's at a time, and gone once it is given back", () => {
    const [a, b] = [new Lock(path), new Lock(path)];
    expect(a.tryTake()).toBe(true);
    expect(b.tryTake()).toBe(false);
    expect(b.holder()).toContain(`process ${process.pid} on `);
    b.release();
    a.check();
    a.release();
    expect(b.tryTake()).toBe(true);
    b.release();
    expect(fs.readdirSync(root)).toEqual([]);
  });

  test('is never held by two that wait for it', async () => {
    let inside = 0;
    let most = 0;
    const turns = Array.from({length: 30}, () =>
      withLock(path, {purpose: 'cannot'}, async () => {
        most = Math.max(most, ++inside);
        await new Promise(setImmediate);
        inside--;
      }),
    );
    await Promise.all(turns);
    expect(most).toBe(1);
    expect(fs.readdirSync(root)).toEqual([]);
  });

  test('is taken over from a process that is gone', () => {
    leave(dead);
    const lock = new Lock(path);
    expect(lock.tryTake()).toBe(true);
    lock.check();
    lock.release();
    expect(fs.readdirSync(root)).toEqual([]);
  });

  test('of a process that nobody knows about is taken over when it was not touched for long', () => {
    leave(elsewhere);
    const patient = new Lock(path);
    const hasty = new Lock(path, me, 0);
    for (const lock of [patient, hasty]) expect(lock.tryTake()).toBe(false);
    // Somebody touches it.
    fs.utimesSync(path, 1, 1);
    for (const lock of [patient, hasty]) expect(lock.tryTake()).toBe(false);
    expect(patient.tryTake()).toBe(false);
    expect(hasty.tryTake()).toBe(true);
  });

  test('that does not say whose it is is treated alike', () => {
    fs.writeFileSync(path, '');
    expect(new Lock(path).tryTake()).toBe(false);
    const lock = new Lock(path, me, 0);
    expect([lock.tryTake(), lock.tryTake()]).toEqual([false, true]);
  });

  test('that was taken away is noticed before the next change', () => {
    const now = vi.spyOn(Date, 'now').mockReturnValue(1e12);
    const stopped = new Lock(path, elsewhere);
    expect(stopped.tryTake()).toBe(true);
    now.mockReturnValue(1e12 + 60_000);
    const other = new Lock(path, me, 0);
    expect([other.tryTake(), other.tryTake()]).toEqual([false, true]);
    expect(() => stopped.check()).toThrowWithMessage(SaveError, /another process took the lock/);
    stopped.release();
    other.check();
    now.mockRestore();
  });

  test('cannot be had where nothing may be written, and says so', async () => {
    const taking = takeLock(join(root, 'missing', 'lock'), {purpose: 'cannot save to /models/mine'});
    await expect(taking).rejects.toThrowWithMessage(SaveError, /^cannot save to \/models\/mine: ENOENT/);
  });
});

describe.each([
  ['that is free', () => undefined],
  ['of a process that is gone', () => leave(dead)],
  [
    'whose take-over was cut off',
    () => {
      leave(dead);
      const dying = new Lock(path, dead);
      // Up to the call that would put its own file in the place of the lock.
      expect(() =>
        interleaved(
          5,
          () => dying.tryTake(),
          () => {
            throw new Error('died');
          },
        ),
      ).toThrowWithMessage(Error, 'died');
      before.call = undefined;
    },
  ],
])('of two that take a lock %s at the same time', (_, lay) => {
  test('one gets it, whichever call of the first the second comes before', () => {
    for (let at = 0; ; at++) {
      lay();
      const [a, b] = [new Lock(path), new Lock(path)];
      const got = {a: false, b: false};
      const came = interleaved(
        at,
        () => {
          got.a = a.tryTake();
        },
        () => {
          got.b = b.tryTake();
        },
      );
      if (!came) break;
      expect(Number(got.a) + Number(got.b), `before call ${at}`).toBeLessThanOrEqual(1);
      if (got.a) a.check();
      if (got.b) b.check();
      for (const lock of [a, b]) lock.release();
      expect(a.tryTake()).toBe(true);
      a.release();
      expect(fs.readdirSync(root), `before call ${at}`).toEqual([]);
      expect(at).toBeLessThan(100);
    }
  });

  test('the second gets it when the first dies, whichever call that is before', () => {
    for (let at = 0; ; at++) {
      lay();
      const dying = new Lock(path, dead);
      const die = () => {
        throw new Error('died');
      };
      let died = false;
      try {
        interleaved(at, () => dying.tryTake(), die);
      } catch {
        died = true;
      }
      before.call = undefined;
      const lock = new Lock(path, me, 0);
      const tries = [lock.tryTake(), lock.tryTake(), lock.tryTake()];
      expect(tries, `before call ${at}`).toContain(true);
      lock.check();
      lock.release();
      expect(fs.readdirSync(root), `before call ${at}`).toEqual([]);
      if (!died) break;
    }
  });
});
