import {expect, it} from 'vitest';
import {type CallObserver, currentObserver, observedBy, unobserved} from './observer.js';

const observer = (): CallObserver => ({
  madeOf: () => undefined,
  reads: () => undefined,
  hasSeen: () => false,
  call: (_, make) => make().result,
  op: (_, run) => run(),
});

it('is nobody as a rule', () => {
  expect(currentObserver()).toBeUndefined();
});

it('is whoever was named last, as long as what that one observes runs', () => {
  const [outer, inner] = [observer(), observer()];
  const seen = observedBy(outer, () => [
    currentObserver(),
    observedBy(inner, currentObserver),
    unobserved(currentObserver),
    currentObserver(),
  ]);
  expect(seen).toEqual([outer, inner, undefined, outer]);
  expect(seen[0]).toBe(outer);
  expect(seen[1]).toBe(inner);
  expect(currentObserver()).toBeUndefined();
});

it('is the same again after an error', () => {
  const outer = observer();
  const fail = () => {
    throw new Error('no');
  };
  observedBy(outer, () => {
    expect(() => unobserved(fail)).toThrowWithMessage(Error, 'no');
    expect(currentObserver()).toBe(outer);
  });
  expect(() => observedBy(outer, fail)).toThrowWithMessage(Error, 'no');
  expect(currentObserver()).toBeUndefined();
});
