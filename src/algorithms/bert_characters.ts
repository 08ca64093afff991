/**
 * Characters that BERT makes words of their own.
 *
 * Source: `IsPunctuationOrChineseChar` in `tensorflow_text/core/kernels/fast_wordpiece_tokenizer_utils.h`.
 *
 * @module
 */

/** Blocks of Chinese characters. */
const CHINESE: readonly (readonly [first: number, last: number])[] = [
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b820, 0x2ceaf],
  [0x2f800, 0x2fa1f],
];

/** Punctuation, and all of ASCII that has an appearance and is neither letter nor digit. */
const PUNCTUATION = /^[!-/:-@[-`{-~\p{P}]/u;

/** Whether a code point is punctuation or a Chinese character. */
export function isPunctuationOrChinese(code: number): boolean {
  return (
    CHINESE.some(([first, last]) => code >= first && code <= last) ||
    PUNCTUATION.test(String.fromCodePoint(code))
  );
}
