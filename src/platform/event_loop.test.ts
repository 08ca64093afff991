import {expect, it} from 'vitest';
import {isTurnOver, nextTurn} from './event_loop.js';

/** Computes until the turn is over. */
function compute(): void {
  while (!isTurnOver());
}

it('gives one after the other a turn, with timers and other events in between', async () => {
  const log: string[] = [];
  const caller = async (name: string) => {
    for (let i = 0; i < 3; i++) {
      if (isTurnOver()) await nextTurn();
      compute();
      log.push(name);
    }
  };
  const events = (async () => {
    for (let i = 0; i < 6; i++) {
      await new Promise((resolve) => setTimeout(resolve));
      log.push('event');
    }
  })();
  await Promise.all([caller('a'), caller('b'), events]);
  const computed = log.filter((each) => each !== 'event');
  // The first has computed, and waits again, before the second comes.
  expect(computed).toEqual(['a', 'a', 'b', 'a', 'b', 'b']);
  // Two callers do not compute within one turn.
  expect(log.indexOf('event')).toBeLessThan(log.lastIndexOf('b'));
});

it('begins with a turn that is not over', async () => {
  compute();
  expect(isTurnOver()).toBe(true);
  await nextTurn();
  expect(isTurnOver()).toBe(false);
});
