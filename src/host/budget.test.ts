import {describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import {checkBounds, hasRoomFor, noteHostBytes, PiecewiseBounds} from './budget.js';

describe('the bounds of a call in pieces', () => {
  it('count what the call holds, and not what others take and free between its pieces', () => {
    const bounds = new PiecewiseBounds({limits: {bytes: 100}}, () => 0);
    const room = () => bounds.run(() => [60, 100].map(hasRoomFor));
    expect(room()).toEqual([true, true]);
    bounds.run(() => noteHostBytes(50));
    noteHostBytes(1000);
    expect(room()).toEqual([false, false]);
    bounds.run(() => noteHostBytes(-20));
    noteHostBytes(-1000);
    expect(room()).toEqual([true, false]);
    bounds.run(() => noteHostBytes(-30));
    expect(room()).toEqual([true, true]);
  });

  it('count time from when they are made, and are no one’s between two pieces', async () => {
    const bounds = new PiecewiseBounds({limits: {milliseconds: 5}}, () => 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(() => bounds.run(checkBounds)).toThrowWithMessage(CallError, /longer than 5 ms/);
    expect(checkBounds()).toBeUndefined();
  });
});
