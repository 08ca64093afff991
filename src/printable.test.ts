import {expect, it} from 'vitest';
import {CallError} from './errors.js';
import {printable, printableJson, printableLines} from './printable.js';

it('shows what steers a terminal or turns text around as escapes, and all other text as it is', () => {
  expect(printable('\x1b]0;title\x07 \x9b2J \x7f a\r\nb\tc')).toBe(
    '\\x1b]0;title\\x07 \\x9b2J \\x7f a\\r\\nb\\tc',
  );
  expect(printable('\u202egpj.exe\u2066\u2028')).toBe('\\u202egpj.exe\\u2066\\u2028');
  const plain = 'Straße, 東京, שלום, 🙂, \u200fא\u200e, é, \\x1b';
  expect(printable(plain)).toBe(plain);
});

it('leaves the lines of messages', () => {
  expect(printableLines('a\n\tb\r\x00\x1b')).toBe('a\n\tb\\r\\x00\\x1b');
  expect(new CallError('no \x1b[2J\nhere').message).toBe('no \\x1b[2J\nhere');
});

it('leaves JSON the value that it is', () => {
  const value = {'\x1b[2J\x7f': ['\u009b', '\u202e', 'é', '\n', '\\u0000', 1.5, null]};
  const text = printableJson(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
  expect(JSON.parse(text)).toEqual(value);
  expect(printableJson({id: 2n ** 53n + 1n})).toBe('{"id":"9007199254740993"}');
});
