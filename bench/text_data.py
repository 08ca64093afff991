"""What the text benchmark reads: sentences, words, and records. The same each time.

    sentences     100,000 of 12 words, one a line
    words         1,000,000 different ones, one a line
    examples8     20,000 tf.train.Examples of 8 features
    examples40    5,000 of 40 features

Words are made of syllables and occur as often as words of a language do (Zipf). One in a hundred has letters beyond ASCII and one in a
hundred is a number; sentences have capitals and punctuation.

Records stand one after the other, each behind its length (4 bytes, little-endian).
"""

import struct

import numpy as np
import tensorflow as tf

SENTENCES, WORDS_IN_SENTENCE = 100_000, 12
LANGUAGE, VOCABULARY = 25_000, 20_000
LINES = 1_000_000

SYLLABLES = [consonant + vowel + end for consonant in ('', *'bcdfghklmnprstvwz', 'ch', 'sh', 'st', 'tr')
             for vowel in 'aeiou' for end in ('', *'lnrst')]
ACCENTS = str.maketrans('aeioucn', 'äéîöüçñ')
OTHER_SCRIPTS = ['привет', 'мир', 'Ελλάδα', 'λόγος', '東京', 'カタカナ', 'नमस्ते', '한국어', '😀', '🚀🚀']
ENDS = ['.', '.', '.', '.', '!', '?']


def different_words(count, random):
  """So many different words, short ones first."""
  words = {}
  while len(words) < count:
    syllables = 1 + len(words) * 3 // count + random.randint(0, 3)
    words[''.join(SYLLABLES[i] for i in random.randint(0, len(SYLLABLES), syllables))] = None
  return list(words)


def language():
  """Words, the most frequent first."""
  return different_words(LANGUAGE, np.random.RandomState(1))


def make_sentences():
  random = np.random.RandomState(2)
  words = language()
  weights = 1 / (np.arange(LANGUAGE) + 10)
  size = (SENTENCES, WORDS_IN_SENTENCE)
  chosen = random.choice(LANGUAGE, size, p=weights / weights.sum())
  kinds, marks = random.randint(0, 1000, size), random.randint(0, 100, size)

  def write(word, kind, is_first):
    if kind < 5:
      return word.translate(ACCENTS)
    if kind < 10:
      return OTHER_SCRIPTS[kind * len(word) % len(OTHER_SCRIPTS)]
    if kind < 20:
      return str(kind * len(word) * 37)
    return word.capitalize() if is_first or kind < 70 else word

  for row in range(SENTENCES):
    parts = []
    for i in range(WORDS_IN_SENTENCE):
      is_last = i == WORDS_IN_SENTENCE - 1
      mark = ENDS[marks[row, i] % len(ENDS)] if is_last else ',' if marks[row, i] < 8 else "'s" if marks[row, i] < 10 else ''
      parts.append(write(words[chosen[row, i]], kinds[row, i], i == 0) + mark)
    yield ' '.join(parts)


def vocabulary():
  return language()[:VOCABULARY]


def wordpieces():
  """A vocabulary as BERT's: letters, syllables, frequent words."""
  letters = [chr(code) for code in range(ord('a'), ord('z') + 1)] + [str(digit) for digit in range(10)]
  whole = [*letters, *".,!?'", 'мир', '東', '京', *SYLLABLES, *language()[:8_000]]
  inner = [f'##{each}' for each in (*letters, *SYLLABLES)]
  return list(dict.fromkeys(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *whole, *inner]))


def feature(kind, values):
  if kind == 'int64':
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
  if kind == 'float':
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))
  return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


# How many numbers each feature has: (least, most).
FEATURES8 = {
    'age': ('int64', 1, 1), 'clicks': ('int64', 4, 4), 'price': ('float', 1, 1), 'vector': ('float', 16, 16),
    'name': ('bytes', 1, 1), 'tags': ('bytes', 0, 6), 'ids': ('int64', 0, 8), 'weights': ('float', 0, 8),
}
KINDS = ('int64', 'float', 'bytes')
# Sixteen of a fixed size, twenty-four of any; the sparse ones come in pairs of index and value.
FEATURES40 = {
    **{f'fixed{i}': (KINDS[i % 3], size, size) for i, size in enumerate([1, 1, 1, 4, 8, 2, 1, 16, 1, 2, 1, 1])},
    **{f'index{i}': ('int64', 2, 2) for i in range(4)},
    **{f'value{i}': (KINDS[i % 3], 2, 2) for i in range(4)},
    **{f'any{i}': (KINDS[i % 3], 0, 2 + i % 5) for i in range(20)},
}
SPARSE_SIZE = 1000


def make_examples(features, count):
  random = np.random.RandomState(3)
  words = [word.encode() for word in language()]
  for _ in range(count):
    made = {}
    for name, (kind, least, most) in features.items():
      size = random.randint(least, most + 1)
      # What may be empty may be missing.
      if size == 0 and random.randint(2):
        continue
      if name.startswith('index'):
        values = sorted(random.choice(SPARSE_SIZE, size, replace=False).tolist())
      elif kind == 'int64':
        values = random.randint(-1000, 1_000_000, size).tolist()
      elif kind == 'float':
        values = random.normal(size=size).tolist()
      else:
        values = [words[i] for i in random.randint(0, len(words), size)]
      made[name] = feature(kind, values)
    yield tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()


def write_lines(path, lines):
  path.write_text(''.join(f'{line}\n' for line in lines))


def write_records(path, records):
  with open(path, 'wb') as file:
    for record in records:
      file.write(struct.pack('<I', len(record)))
      file.write(record)


def write_data(directory):
  write_lines(directory / 'sentences', make_sentences())
  write_lines(directory / 'words', different_words(LINES, np.random.RandomState(4)))
  write_records(directory / 'examples8', make_examples(FEATURES8, 20_000))
  write_records(directory / 'examples40', make_examples(FEATURES40, 5_000))
