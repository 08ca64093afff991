"""Writes the Unicode tables that TensorFlow's RE2 was built with to src/algorithms/regex/unicode_data.ts.

    python scripts/generate_unicode_groups.py           # writes it, from what TensorFlow 2.15's regular expressions match
    python scripts/generate_unicode_groups.py --check   # exits 1 where what is committed differs

The groups are runs of code points, from U+0000 on: the length of a run in base 36 (nothing for 1) and the letters of its
group. Case folding is, for each range, the distance from the range before, its length less 1, and how far its
characters are from the next of their orbit, all in base 36; E and O for pairs that begin with an even or odd one.
"""

import argparse
import pathlib
import sys

import numpy as np
import tensorflow as tf

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / 'src' / 'algorithms' / 'regex' / 'unicode_data.ts'
LAST = 0x10FFFF

CATEGORIES = 'Cc Cf Co Cs Ll Lm Lo Lt Lu Mc Me Mn Nd Nl No Pc Pd Pe Pf Pi Po Ps Sc Sk Sm So Zl Zp Zs'.split()

# Every script of Unicode 15.0; one that RE2 does not know ends the program.
SCRIPTS = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo
Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common
Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs
Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul
Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha
Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar
Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian
Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage
Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi
Wancho Warang_Citi Yezidi Yi Zanabazar_Square
""".split()

HEADER = """/**
 * The Unicode groups and the case folding of RE2 in TensorFlow 2.15 (Unicode 15.0). Written by
 * scripts/generate_unicode_groups.py, which says how to read them. DO NOT EDIT.
 *
 * @module
 */

"""


def matches(pattern, strings):
  return tf.raw_ops.StaticRegexFullMatch(input=strings, pattern=pattern).numpy()


def digits(number):
  if number < 0:
    return '-' + digits(-number)
  text = ''
  while number or not text:
    number, digit = divmod(number, 36)
    text = '0123456789abcdefghijklmnopqrstuvwxyz'[digit] + text
  return text


def group_letters(index, count):
  """One letter while they suffice, two otherwise; none is `-`."""
  if index < 0:
    return '-'
  letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%'
  return letters[index] if count <= len(letters) else letters[index // 26] + letters[index % 26]


def runs(names, codes):
  """Which of the groups, no two of which overlap, each code point is in."""
  of = np.full(LAST + 1, -1)
  for index, name in enumerate(names):
    found = matches(r'\p{%s}' % name, codes)
    assert (of[found] == -1).all(), name
    of[found] = index
  text, start = [], 0
  for end in [*(np.flatnonzero(np.diff(of)) + 1), LAST + 1]:
    length = '' if end - start == 1 else digits(int(end - start))
    text.append(length + group_letters(of[start], len(names)))
    start = end
  return ''.join(text)


def orbits(codes):
  """What folds to the same, in order."""
  def relatives(character):
    forms = {character.lower(), character.upper(), character.title(), character.casefold()}
    return {form for form in forms if len(form) == 1}

  # Python knows at least which characters have a case.
  cased = sorted({ord(each) for code in range(LAST + 1) for each in relatives(chr(code)) | {chr(code)}
                  if len(relatives(chr(code)) | {chr(code)}) > 1})
  strings = tf.gather(codes, cased)
  found = {}
  for code in cased:
    members = [cased[i] for i in np.flatnonzero(matches(r'(?i)\x{%x}' % code, strings))]
    if len(members) > 1:
      found[members[0]] = members
  # Whatever else a pattern of all of these would match has been overlooked.
  every = ''.join(r'\x{%x}' % code for members in found.values() for code in members)
  assert matches(f'(?i)[{every}]', codes).sum() == sum(map(len, found.values()))
  return found.values()


def delta(a, b):
  if abs(b - a) != 1:
    return b - a
  return 'E' if min(a, b) % 2 == 0 else 'O'


def plus(a, step):
  if isinstance(step, int):
    return a + step
  return a + 1 if (a % 2 == 0) == (step == 'E') else a - 1


def folds(codes):
  pairs = sorted((members[i - 1], members[i]) for members in orbits(codes) for i in range(len(members)))
  ranges = []
  for a, b in pairs:
    if ranges and a == ranges[-1][1] + 1 and b == plus(a, ranges[-1][2]):
      ranges[-1][1] = a
    else:
      ranges.append([a, a, delta(a, b)])
  text, last = [], 0
  for low, high, step in ranges:
    text += [digits(low - last), digits(high - low), digits(step) if isinstance(step, int) else step]
    last = high
  return ' '.join(text)


def lines(text, width=100):
  return '\n'.join(f"  '{text[i:i + width]}'" + (' +' if i + width < len(text) else ';')
                   for i in range(0, len(text), width))


def names_of(names):
  return '\n'.join(f'  {name}' for name in names)


def source():
  def encode(code):
    return chr(code).encode('utf-8', 'surrogatepass')

  codes = tf.constant([encode(code) for code in range(LAST + 1)])
  parts = [HEADER]
  for constant, what, names in [('CATEGORIES', 'General categories', CATEGORIES), ('SCRIPTS', 'Scripts', SCRIPTS)]:
    parts.append(f'/** {what}, by name. */\n')
    parts.append(f'export const {constant} =\n{lines(" ".join(names))}\n\n')
    parts.append(f'/** {what}, by code point. */\n')
    parts.append(f'export const {constant[:-1] if constant == "SCRIPTS" else "CATEGORY"}_RUNS =\n')
    parts.append(f'{lines(runs(names, codes))}\n\n')
  parts.append(f'/** Case folding. */\nexport const FOLDS =\n{lines(folds(codes))}\n')
  return ''.join(parts)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--check', action='store_true', help='compare instead of writing')
  check = parser.parse_args().check
  text = source()
  if not check:
    OUTPUT.write_text(text)
  elif OUTPUT.read_text() != text:
    sys.exit(f'{OUTPUT.name} is not what TensorFlow {tf.__version__} gives')


if __name__ == '__main__':
  main()
