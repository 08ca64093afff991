"""Builds the SavedModels that the examples run, with the real TensorFlow (2.15):

    python examples/build_models.py [shapes] [sentences] [digits]

`shapes`: a small convolutional network that tells drawn shapes apart; its training data are drawn here.
`sentences`: a sentence embedding: the mean of word vectors, looked up in a vocabulary that is an asset of the model.
`digits`: a feature extractor for handwritten digits, trained on 0 to 4 (`data/README.md`), saved with the interface that
`hub.KerasLayer` fine-tunes.
"""

import os
import pathlib
import sys
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).parent / 'models'
SIZE = 16
SHAPES = ['circle', 'square', 'triangle', 'cross']


def draw(kind, rng):
  """An outlined or filled shape of random place, size and weight, with noise: [SIZE, SIZE] in 0 to 1."""
  y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
  cx, cy = rng.uniform(6, 10, 2)
  r = rng.uniform(3.5, 6)
  dx, dy = x - cx, y - cy
  if kind == 'circle':
    distance = np.hypot(dx, dy) - r
  elif kind == 'square':
    distance = np.maximum(abs(dx), abs(dy)) - r * 0.85
  elif kind == 'triangle':
    distance = np.maximum(abs(dx) * 0.866 + dy * 0.5, -dy) - r * 0.55
  else:
    arm = np.minimum(abs(dx - dy), abs(dx + dy)) / 1.414
    distance = np.maximum(arm - rng.uniform(0.4, 1.0), np.maximum(abs(dx), abs(dy)) - r * 0.8)
  if kind != 'cross' and rng.uniform() < 0.7:
    distance = abs(distance) - rng.uniform(0.3, 0.8)
  image = np.clip(0.5 - distance, 0, 1)
  return np.clip(image + rng.normal(0, 0.06, image.shape), 0, 1).astype(np.float32)


def shapes():
  rng = np.random.default_rng(7)
  tf.keras.utils.set_random_seed(7)
  labels = rng.integers(0, len(SHAPES), 4000)
  images = np.stack([draw(SHAPES[label], rng) for label in labels])[..., None]
  model = tf.keras.Sequential([
      tf.keras.layers.Input([SIZE, SIZE, 1], name='image'),
      tf.keras.layers.Conv2D(8, 3, activation='relu', padding='same'),
      tf.keras.layers.BatchNormalization(),
      tf.keras.layers.MaxPool2D(),
      tf.keras.layers.Conv2D(16, 3, activation='relu', padding='same'),
      tf.keras.layers.MaxPool2D(),
      tf.keras.layers.Flatten(),
      tf.keras.layers.Dropout(0.3),
      tf.keras.layers.Dense(len(SHAPES), activation='softmax', name='probabilities'),
  ])
  model.compile('adam', 'sparse_categorical_crossentropy', ['accuracy'])
  model.fit(images[:3500], labels[:3500], epochs=12, batch_size=32, verbose=0)
  _, accuracy = model.evaluate(images[3500:], labels[3500:], verbose=0)
  print(f'shapes: accuracy {accuracy:.3f} on 500 drawings it was not trained on')
  model.save(HERE / 'shapes', include_optimizer=False)


TOPICS = {
    'animals': 'cat cats kitten dog dogs puppy mouse mice horse cow bird birds fish fox wolf bear tail paw fur barked meowed '
               'chased purred ran hunted sleeps jumps',
    'weather': 'rain rainy sun sunny snow snowy wind windy storm cloud clouds cloudy forecast cold warm hot tomorrow degrees '
               'thunder lightning fog umbrella',
    'food': 'soup bread cheese pasta pizza rice apple apples tomato salad cook cooked bake baked oven fresh tasty delicious '
            'dinner lunch butter garlic recipe',
    'computing': 'computer program code model train trained tensor gradient data network layer typescript python browser node '
                 'library function compile',
}
STOP_WORDS = 'the a an is are was were it of and in on at to with my your this that for from be will very one'


class Sentences(tf.Module):
  """Strings `[n]` to unit vectors `[n, 24]`."""

  def __init__(self, vocabulary_file, vectors):
    super().__init__()
    self.vectors = tf.Variable(vectors, name='vectors')
    self.vocabulary = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(vocabulary_file, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
                                      tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), default_value=0)

  @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name='sentences')])
  def __call__(self, sentences):
    clean = tf.strings.regex_replace(tf.strings.lower(sentences), r'[^\w\s]', ' ')
    words = self.vocabulary.lookup(tf.strings.split(clean))
    sums = tf.reduce_sum(tf.gather(self.vectors, words).to_tensor(), 1)
    return tf.math.l2_normalize(sums, -1)


def sentences():
  rng = np.random.default_rng(11)
  words, vectors = ['[unknown]'], [np.zeros(24)]
  for topic in TOPICS.values():
    center = rng.normal(size=24)
    for word in topic.split():
      words.append(word)
      vectors.append(center + rng.normal(scale=0.8, size=24))
  for word in STOP_WORDS.split():
    words.append(word)
    vectors.append(rng.normal(scale=0.15, size=24))
  with tempfile.TemporaryDirectory() as directory:
    vocabulary = os.path.join(directory, 'vocabulary.txt')
    pathlib.Path(vocabulary).write_text('\n'.join(words) + '\n')
    model = Sentences(vocabulary, np.array(vectors, np.float32))
    tf.saved_model.save(model, str(HERE / 'sentences'))


def read_digits():
  """Images [n, 8, 8, 1] in 0 to 1, and which digits they show."""
  rows = np.fromfile(HERE.parent / 'data' / 'digits.bin', np.uint8).reshape(-1, 65)
  return rows[:, 1:].reshape(-1, 8, 8, 1).astype(np.float32) / 16, rows[:, 0].astype(np.int64)


def digits():
  tf.keras.utils.set_random_seed(3)
  layers = tf.keras.layers
  l2 = tf.keras.regularizers.L2(1e-4)
  features = tf.keras.Sequential([
      layers.Input([8, 8, 1], name='images'),
      layers.Conv2D(16, 3, padding='same', use_bias=False, kernel_regularizer=l2),
      layers.BatchNormalization(momentum=0.9),
      layers.ReLU(),
      layers.Conv2D(32, 3, padding='same', use_bias=False, kernel_regularizer=l2),
      layers.BatchNormalization(momentum=0.9),
      layers.ReLU(),
      layers.MaxPool2D(),
      layers.Conv2D(32, 3, padding='same', use_bias=False, kernel_regularizer=l2),
      layers.BatchNormalization(momentum=0.9),
      layers.ReLU(),
      layers.GlobalAveragePooling2D(),
  ])
  images, labels = read_digits()
  images, labels = images[labels < 5], labels[labels < 5]
  model = tf.keras.Sequential([features, layers.Dropout(0.2), layers.Dense(5, activation='softmax')])
  model.compile('adam', 'sparse_categorical_crossentropy', ['accuracy'])
  model.fit(images[:750], labels[:750], epochs=15, batch_size=32, verbose=0)
  _, accuracy = model.evaluate(images[750:], labels[750:], verbose=0)
  print(f'digits: accuracy {accuracy:.3f} on {len(images) - 750} images of 0 to 4 that it was not trained on')
  call = tf.function(lambda images, training=False: features(images, training=training), autograph=False)
  for training in (False, True):
    call.get_concrete_function(tf.TensorSpec([None, 8, 8, 1], tf.float32, name='images'), training=training)
  root = tf.train.Checkpoint()
  root.__call__ = call
  root.variables = features.variables
  root.trainable_variables = features.trainable_variables
  root.regularization_losses = [
      tf.function(lambda i=i: features.losses[i], input_signature=[]) for i in range(len(features.losses))
  ]
  tf.saved_model.save(root, str(HERE / 'digits'), call.get_concrete_function(
      tf.TensorSpec([None, 8, 8, 1], tf.float32, name='images')))


MODELS = {'shapes': shapes, 'sentences': sentences, 'digits': digits}

if __name__ == '__main__':
  for name in sys.argv[1:] or MODELS:
    MODELS[name]()
