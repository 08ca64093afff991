/**
 * Mistakes in how the command was called, as against failures of what it does.
 *
 * @module
 */

/** A wrong argument or option: exit code 2. */
export class UsageError extends Error {}

/** Tags from `a,b`; none given is undefined, an empty text the empty set. */
export function parseTags(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text === '' ? [] : text.split(',');
}
