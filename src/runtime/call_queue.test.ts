import {describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import {CallQueue} from './call_queue.js';

const signal = () => new AbortController().signal;

/** Names of those who have entered, in order, and what each is to call when it is over. */
function entrants(queue: CallQueue) {
  const entered: string[] = [];
  const leave = new Map<string, () => void>();
  const enter = async (name: string, own = signal()) => {
    leave.set(name, await queue.enter(own));
    entered.push(name);
  };
  return {entered, enter, leave: (name: string) => leave.get(name)!()};
}

describe('a queue of calls', () => {
  it('lets so many begin, and the next when one is over', async () => {
    const {entered, enter, leave} = entrants(new CallQueue({running: 2}, 1));
    const all = ['a', 'b', 'c', 'd'].map((name) => enter(name));
    await Promise.all(all.slice(0, 2));
    expect(entered).toEqual(['a', 'b']);
    leave('b');
    await all[2];
    leave('a');
    await all[3];
    expect(entered).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses who is too much, and says what to do', async () => {
    const queue = new CallQueue({waiting: 1}, 1);
    const over = await queue.enter(signal());
    const waits = queue.enter(signal());
    const words = /queue of asynchronous calls is full: 1 are under way and 1 wait.*queue\.waiting/;
    expect(() => queue.enter(signal())).toThrowWithMessage(CallError, words);
    over();
    (await waits)();
    (await queue.enter(signal()))();
  });

  it('is left at once by who is not wanted any more', async () => {
    const queue = new CallQueue({waiting: 2}, 1);
    const over = await queue.enter(signal());
    const first = new AbortController();
    const [leaving, staying] = [queue.enter(first.signal), queue.enter(signal())];
    first.abort('enough');
    await expect(leaving).rejects.toBe('enough');
    const another = queue.enter(signal());
    over();
    (await staying)();
    (await another)();
    const reason = new CallError('before');
    expect(() => queue.enter(AbortSignal.abort(reason))).toThrowWithMessage(CallError, 'before');
  });

  it('takes counts alone', () => {
    expect(() => new CallQueue({running: 0}, 1)).toThrowWithMessage(CallError, /queue\.running/);
    expect(() => new CallQueue({waiting: 1.5}, 1)).toThrowWithMessage(CallError, /queue\.waiting/);
    expect(new CallQueue({running: Number.POSITIVE_INFINITY, waiting: 0}, 1)).toBeInstanceOf(CallQueue);
  });
});
