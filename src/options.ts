/**
 * Options from JavaScript, where no compiler sees a name that is none.
 *
 * @module
 */

import {CallError} from './errors.js';
import {didYouMean} from './similar.js';

/** All names that options of a type have. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * @param what - what takes the options, for the message
 * @throws CallError for a name that is none.
 */
export function checkOptions<Options extends object>(
  given: Options,
  names: OptionNames<Options>,
  what: string,
): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(names, name)) continue;
    const known = Object.keys(names);
    throw new CallError(
      `${what} has no option '${name}'; it has: ${known.join(', ')}${didYouMean(name, known)}`,
    );
  }
}
