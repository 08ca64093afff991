"""Builds the models that `bench/finetune.ts` fine-tunes, and fine-tunes them with Keras 2.

    python bench/finetune_tensorflow.py build DIRECTORY
    python bench/finetune_tensorflow.py train DIRECTORY NAME STEPS
    python bench/finetune_tensorflow.py fit DIRECTORY NAME EPOCHS

`train` and `fit` print what bench/finetune_child.ts prints: milliseconds of a step, once everything is warm. `fit` trains what is on top alone.
"""

import json
import os
import pathlib
import statistics
import sys
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'fixtures'))

import numpy as np
import tensorflow as tf
import tensorflow_hub as hub

from reusable import Reusable, reusable_keras

WARM_UP = 3
STEPS_IN_EPOCH = 20
ROWS, DIMENSION = 20_000, 50
WORDS_IN_SENTENCE = 12


def mobilenet():
  model = tf.keras.applications.MobileNetV2(
      (96, 96, 3), alpha=0.35, weights=None, include_top=False, pooling='avg')
  return reusable_keras(model, tf.TensorSpec([None, 96, 96, 3]))


def text():
  table = tf.Variable(tf.random.normal([ROWS, DIMENSION]), name='embeddings')

  def embed(sentences, training):
    del training
    words = tf.strings.split(tf.strings.lower(sentences)).to_sparse()
    ids = tf.SparseTensor(
        words.indices, tf.strings.to_hash_bucket_fast(words.values, ROWS), words.dense_shape)
    return tf.nn.safe_embedding_lookup_sparse(table, ids, combiner='sqrtn')

  return Reusable(embed, tf.TensorSpec([None], tf.string), [table], [table])


def batch_of_images():
  return np.random.uniform(0, 1, [16, 96, 96, 3]).astype(np.float32), np.eye(5, dtype=np.float32)[np.arange(16) % 5]


def batch_of_texts():
  words = np.random.randint(0, 5000, [32, WORDS_IN_SENTENCE])
  sentences = [' '.join(f'word{word}' for word in row) for row in words]
  return tf.constant(sentences), (np.arange(32) % 2).astype(np.float32)[:, np.newaxis]


def head(*layers):
  return [tf.keras.layers.Dense(units, activation) for units, activation in layers]


# Name: what builds it, its batch, the layers on top, the loss.
MODELS = {
    'mobilenet': (mobilenet, batch_of_images, [(5, 'softmax')], 'categorical_crossentropy'),
    'text': (text, batch_of_texts, [(16, 'relu'), (1, 'sigmoid')], 'binary_crossentropy'),
}


def build(directory):
  for name, (make, *_) in MODELS.items():
    tf.saved_model.save(make(), os.path.join(directory, name))


def train(directory, name, steps):
  _, batch, layers, loss = MODELS[name]
  module = hub.KerasLayer(os.path.join(directory, name), trainable=True)
  inputs, labels = batch()
  spec = tf.keras.layers.Input(inputs.shape[1:], dtype=inputs.dtype)
  model = tf.keras.Sequential([spec, module, *head(*layers)])
  model.compile('adam', loss)
  times = []
  for _ in range(WARM_UP + steps):
    start = time.perf_counter()
    # A float, so that the step is over.
    float(model.train_on_batch(inputs, labels))
    times.append(1000 * (time.perf_counter() - start))
  print(json.dumps({'milliseconds': statistics.median(times[WARM_UP:])}))


def fit(directory, name, epochs):
  _, batch, layers, loss = MODELS[name]
  module = hub.KerasLayer(os.path.join(directory, name), trainable=False)
  batches = [batch() for _ in range(STEPS_IN_EPOCH)]
  inputs, labels = (np.concatenate(each) for each in zip(*batches))
  spec = tf.keras.layers.Input(inputs.shape[1:], dtype=inputs.dtype)
  model = tf.keras.Sequential([spec, module, *head(*layers)])
  model.compile('adam', loss)
  size = len(inputs) // STEPS_IN_EPOCH
  times = []
  for _ in range(1 + epochs):
    start = time.perf_counter()
    model.fit(inputs, labels, batch_size=size, epochs=1, shuffle=False, verbose=0)
    times.append(1000 * (time.perf_counter() - start) / STEPS_IN_EPOCH)
  print(json.dumps({'milliseconds': statistics.median(times[1:])}))


if __name__ == '__main__':
  if sys.argv[1] == 'build':
    build(sys.argv[2])
    print('null')
  else:
    {'train': train, 'fit': fit}[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
