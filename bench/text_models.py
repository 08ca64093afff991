"""Builds the models of `bench/text.ts`, and what they are called with.

    python bench/text_models.py DIRECTORY NAME...

Makes DIRECTORY/data (see `text_data.py`) and DIRECTORY/NAME, a SavedModel. Each has a signature `serve` of one input, a vector of
strings, and gives tensors by name: of a ragged tensor NAME.values and NAME.splits, of a sparse one NAME.indices, NAME.values and NAME.shape.
"""

import io
import os
import pathlib
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import sentencepiece
import tensorflow as tf
import tensorflow_text
import text_data

PUNCTUATION = r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']'
BUCKETS = 1_000_000
# Of the sentences: what trains SentencePiece, and what tf-idf is adapted to.
SENTENCEPIECE_SENTENCES, TFIDF_SENTENCES, TFIDF_TOKENS = 20_000, 5_000, 5_000


class Served(tf.Module):
  """A function of a vector of strings, and what it captures."""

  def __init__(self, run, **holds):
    super().__init__()
    self.holds = holds
    self.serve = tf.function(lambda strings: flat(run(strings)), autograph=False,
                             input_signature=[tf.TensorSpec([None], tf.string, 'strings')])


def flat(results):
  """Composite tensors as what they consist of."""
  if not isinstance(results, dict):
    results = {'result': results}
  tensors = {}
  for name, each in results.items():
    if isinstance(each, tf.RaggedTensor):
      tensors |= {f'{name}.values': each.values, f'{name}.splits': each.row_splits}
    elif isinstance(each, tf.SparseTensor):
      tensors |= {f'{name}.indices': each.indices, f'{name}.values': each.values, f'{name}.shape': each.dense_shape}
    else:
      tensors[name] = each
  return tensors


def sentences(data, count):
  with open(data / 'sentences') as lines:
    return [next(lines).rstrip('\n') for _ in range(count)]


def standardized(strings):
  return tf.strings.regex_replace(tf.strings.lower(strings), PUNCTUATION, '')


def words_of(strings):
  return tf.strings.split(standardized(strings))


def split(data):
  return Served(lambda strings: tf.raw_ops.StringSplitV2(input=strings, sep='', maxsplit=-1)._asdict())


def hashed(data):
  hash_of = lambda words: tf.strings.to_hash_bucket_fast(words, BUCKETS)
  return Served(lambda strings: tf.ragged.map_flat_values(hash_of, words_of(strings)))


def table_of(path, default=-1):
  initializer = tf.lookup.TextFileInitializer(
      str(path), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
  return tf.lookup.StaticHashTable(initializer, default)


def temporary(name, lines):
  """A file that is copied into a model as an asset."""
  path = pathlib.Path(sys.argv[1]) / f'.{name}-{os.getpid()}'
  text_data.write_lines(path, lines)
  return path


def looked_up(data):
  table = table_of(temporary('vocabulary', text_data.vocabulary()))
  return Served(lambda strings: tf.ragged.map_flat_values(table.lookup, words_of(strings)), table=table)


def bert(data):
  path = str(temporary('wordpieces', text_data.wordpieces()))
  tokenizer = tensorflow_text.BertTokenizer(path, lower_case=True)
  return Served(lambda strings: tokenizer.tokenize(strings).merge_dims(-2, -1), tokenizer=tokenizer)


def fast_bert(data):
  tokenizer = tensorflow_text.FastBertTokenizer(text_data.wordpieces(), lower_case_nfd_strip_accents=True)
  return Served(lambda strings: tokenizer.tokenize(strings), tokenizer=tokenizer)


def sentencepiece_of(kind):
  def make(data):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences(data, SENTENCEPIECE_SENTENCES)), model_writer=model, model_type=kind,
        vocab_size=8_000, num_threads=1, minloglevel=2)
    tokenizer = tensorflow_text.SentencepieceTokenizer(model.getvalue())
    return Served(tokenizer.tokenize, tokenizer=tokenizer)

  return make


def vectorized(data):
  layer = tf.keras.layers.TextVectorization(vocabulary=text_data.vocabulary())
  return Served(layer, layer=layer)


def tf_idf(data):
  layer = tf.keras.layers.TextVectorization(max_tokens=TFIDF_TOKENS, ngrams=2, output_mode='tf_idf')
  layer.adapt(tf.constant(sentences(data, TFIDF_SENTENCES)))
  return Served(layer, layer=layer)


def table_from(lines):
  """A table from so many lines of the words; looks up what it is given."""
  def make(data):
    with open(data / 'words') as words:
      path = temporary(f'words{lines}', [next(words).rstrip('\n') for _ in range(lines)])
    table = table_of(path)
    return Served(table.lookup, table=table)

  return make


DTYPES = {'int64': tf.int64, 'float': tf.float32, 'bytes': tf.string}
DEFAULTS = {'int64': 0, 'float': 0.0, 'bytes': ''}


def parsed(features):
  return lambda data: Served(lambda strings: tf.io.parse_example(strings, features))


def fixed(kind, size):
  return tf.io.FixedLenFeature([] if size == 1 else [size], DTYPES[kind])


FEATURES8 = {
    name: fixed(kind, least) if least == most else tf.io.VarLenFeature(DTYPES[kind])
    for name, (kind, least, most) in text_data.FEATURES8.items()
}


def of_all_kinds():
  """Of a fixed size, sparse from pairs, and of any size as sparse, padded and ragged tensors."""
  features = {}
  for name, (kind, least, most) in text_data.FEATURES40.items():
    dtype = DTYPES[kind]
    number = int(name.lstrip('abcdefghijklmnopqrstuvwxyz'))
    if name.startswith('fixed'):
      features[name] = fixed(kind, least)
    elif name.startswith('value'):
      features[name] = tf.io.SparseFeature(f'index{number}', name, dtype, text_data.SPARSE_SIZE)
    elif name.startswith('any') and number % 4 == 0:
      features[name] = tf.io.FixedLenSequenceFeature([], dtype, allow_missing=True, default_value=DEFAULTS[kind])
    elif name.startswith('any') and number % 4 == 1:
      features[name] = tf.io.RaggedFeature(dtype)
    elif name.startswith('any'):
      features[name] = tf.io.VarLenFeature(dtype)
  return features


def all_as(make):
  return {name: make(DTYPES[kind]) for name, (kind, _, _) in text_data.FEATURES40.items()}


MODELS = {
    'split': split,
    'standardize': lambda data: Served(standardized),
    'hash': hashed,
    'lookup': looked_up,
    'bert': bert,
    'fast_bert': fast_bert,
    'examples8': parsed(FEATURES8),
    'examples40': parsed(of_all_kinds()),
    'examples40_sparse': parsed(all_as(tf.io.VarLenFeature)),
    'examples40_ragged': parsed(all_as(tf.io.RaggedFeature)),
    'unigram': sentencepiece_of('unigram'),
    'bpe': sentencepiece_of('bpe'),
    'vectorize': vectorized,
    'tf_idf': tf_idf,
    'ngrams': lambda data: Served(lambda strings: tf.strings.ngrams(tf.strings.split(strings), 2)),
    'unicode': lambda data: Served(lambda strings: tf.strings.unicode_decode(strings, 'UTF-8')),
    'table': table_from(text_data.LINES),
    'small_table': table_from(10),
}


def whole_or_not_there(root, name, make):
  """Makes a directory of the root by what is made in another one."""
  making = root / f'.making-{name}-{os.getpid()}'
  making.mkdir(parents=True)
  make(making)
  making.rename(root / name)


def main(root, *names):
  data = root / 'data'
  if not data.exists():
    whole_or_not_there(root, 'data', text_data.write_data)
  for name in names:
    tf.keras.utils.set_random_seed(1)
    served = MODELS[name](data)
    whole_or_not_there(root, name, lambda directory: tf.saved_model.save(
        served, str(directory), signatures={'serve': served.serve}))
  for path in root.glob(f'.*-{os.getpid()}'):
    path.unlink()
  print('null')


if __name__ == '__main__':
  main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
