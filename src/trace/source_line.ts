/**
 * Where in the user's source we are, from the stack.
 *
 * @module
 */

/** This library's folder as stack traces show it; undefined in a bundle, where all files are one. */
const OWN_FOLDER = /(\S*[/\\])trace[/\\]source_line\.[jt]s/
  .exec(new Error().stack ?? '')?.[1]
  ?.replace(/^.*\(/, '');

/** Lines of tfjs and of the JavaScript engine. */
const NOT_THE_USERS = /tfjs|@tensorflow|node:internal|<anonymous>/;

/** The innermost line of the stack that is neither tfjs's nor this library's: `f (file:///a/b.js:3:14)`. */
export function userLine(): string | undefined {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  const line = lines.find((each) => !NOT_THE_USERS.test(each) && !isOwn(each));
  return line?.trim().replace(/^at /, '');
}

function isOwn(line: string): boolean {
  // Tests stand beside the code, and are a user's source.
  return OWN_FOLDER !== undefined && line.includes(OWN_FOLDER) && !line.includes('.test.');
}
