/**
 * Text of others where people read it: what would steer a terminal, or show text in another order than it has, is shown
 * as its escape. Names of models, messages of servers and entries of archives may hold anything.
 *
 * @module
 */

/** Controls (C0, DEL, C1), line and paragraph separators, and what overrides the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above, but for the characters of laid out text.
const UNPRINTABLE_IN_LINES = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** One line: line breaks and tabs, too, are shown as escapes. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** Text of several lines, whose line breaks and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_IN_LINES, escaped);
}

/** JSON with what it leaves as it is escaped as JSON does; it stays the same value. Big integers are decimal text. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? each.toString() : each));
  return text.replace(UNPRINTABLE, unicodeEscape);
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escaped(character: string): string {
  const short = SHORT.get(character);
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
