/**
 * What tests expect beyond vitest's own matchers; `vitest.config.ts` sets it up for all of them.
 *
 * @module
 */

import {expect} from 'vitest';
import {PackedStrings} from '../host/strings.js';

type ErrorClass = abstract new (...args: never[]) => Error;

interface ErrorMatchers<R = unknown> {
  /**
   * An error of this class is thrown, or a promise is rejected with one, whose message contains these words or matches them.
   *
   * ```ts
   * expect(() => decode(bytes)).toThrowWithMessage(FormatError, /truncated/);
   * await expect(load(path)).rejects.toThrowWithMessage(HandleError, 'no such model');
   * ```
   */
  toThrowWithMessage(type: ErrorClass, words: string | RegExp): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: as vitest declares it
  interface Matchers<T = any> extends ErrorMatchers<T> {}
}

expect.extend({
  toThrowWithMessage(received: unknown, type: ErrorClass, words: string | RegExp) {
    const thrown = this.promise === 'rejects' ? received : thrownBy(received);
    const isOfType = thrown instanceof type;
    const says = thrown instanceof Error ? thrown.message : '';
    return {
      pass: isOfType && (typeof words === 'string' ? says.includes(words) : words.test(says)),
      message: () =>
        `expected ${this.isNot ? 'no' : 'an'} error of ${type.name} that says ${words}, ` +
        (thrown === NOTHING ? 'but nothing was thrown' : `thrown was ${thrown}`),
    };
  },
});

/** Strings are the same wherever their bytes lie. */
expect.addEqualityTesters([
  function (a: unknown, b: unknown) {
    if (!(a instanceof PackedStrings && b instanceof PackedStrings)) return undefined;
    return this.equals(a.toArray(), b.toArray());
  },
]);

const NOTHING = Symbol('nothing');

function thrownBy(work: unknown): unknown {
  if (typeof work !== 'function')
    throw new TypeError('toThrowWithMessage takes a function, or a promise after `rejects`');
  try {
    work();
    return NOTHING;
  } catch (error) {
    return error;
  }
}
