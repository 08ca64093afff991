"""Builds the models of `bench/inference.ts`, each as a SavedModel and converted by tf2onnx.

    python bench/inference_models.py DIRECTORY NAME...

Makes DIRECTORY/NAME/saved_model, DIRECTORY/NAME/model.onnx where tf2onnx takes the model, and else
DIRECTORY/NAME/no_onnx.txt with what it said. Weights are random; statistics of batch normalisation are those of random
images, so that activations are neither lost nor beyond bounds.

A name may be followed by a SavedModel that is there: NAME=PATH. It is converted alone.
"""

import os
import pathlib
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx.convert

layers = tf.keras.layers

# The newest that tf2onnx 1.16 writes.
OPSET = 18

BERT_WORDS, BERT_WIDTH, BERT_HEADS, BERT_INNER, BERT_BLOCKS, BERT_POSITIONS = 30522, 512, 8, 2048, 4, 512
VOCABULARY = 10_000
SENTENCE = 64
DETECTOR_SIZE, DETECTOR_CLASSES, ANCHORS = 320, 20, 6


class Served(tf.Module):
  """A function and what `holds` gives, which it captures. Variables as a rule: layers are saved with many functions."""

  def __init__(self, run, *specs, holds=tuple):
    super().__init__()
    self.serve = tf.function(run, input_signature=specs, autograph=False)
    # Layers make their variables when they are first called.
    self.serve.get_concrete_function()
    self.holds = holds()


def variables_of(*nest):
  return [variable for layer in tf.nest.flatten(nest) for variable in layer.variables]


def spec(name, *shape, dtype=tf.float32):
  return tf.TensorSpec(shape, dtype, name)


def weights(*shape):
  return tf.Variable(np.random.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32))


def settle(model, size, scale=1.0):
  """Gives a network weights and statistics as if it had seen images."""
  normalizations = [each for each in model.submodules if isinstance(each, layers.BatchNormalization)]
  for each in normalizations:
    each.momentum = 0.0
    each.gamma.assign(tf.random.uniform(each.gamma.shape, 0.7, 1.3))
    each.beta.assign(tf.random.normal(each.beta.shape, 0, 0.2))
  model(tf.random.uniform([8, size, size, 3], 0, scale), training=True)
  return model


def image_model(make, size, scale=1.0):
  model = settle(make((size, size, 3), weights=None), size, scale)
  return Served(lambda images: {'scores': model(images, training=False)}, spec('images', None, size, size, 3),
                holds=lambda: model.variables)


def bert():
  """As in tf-models-official: EinsumDense attention, GELU, layer normalisation after each residual."""
  words = layers.Embedding(BERT_WORDS, BERT_WIDTH)
  positions = weights(BERT_POSITIONS, BERT_WIDTH)
  types = weights(2, BERT_WIDTH)
  norms = [layers.LayerNormalization(epsilon=1e-12) for _ in range(2 * BERT_BLOCKS + 1)]
  attentions = [layers.MultiHeadAttention(BERT_HEADS, BERT_WIDTH // BERT_HEADS) for _ in range(BERT_BLOCKS)]
  inner = [layers.EinsumDense('abc,cd->abd', (None, BERT_INNER), bias_axes='d') for _ in range(BERT_BLOCKS)]
  outer = [layers.EinsumDense('abc,cd->abd', (None, BERT_WIDTH), bias_axes='d') for _ in range(BERT_BLOCKS)]
  pooler = layers.Dense(BERT_WIDTH, 'tanh')

  def encode(input_word_ids, input_mask, input_type_ids):
    length = tf.shape(input_word_ids)[1]
    kinds = tf.reshape(tf.one_hot(tf.reshape(input_type_ids, [-1]), 2) @ types,
                       tf.concat([tf.shape(input_type_ids), [BERT_WIDTH]], 0))
    x = norms[0](words(input_word_ids) + positions[tf.newaxis, :length] + kinds)
    mask = tf.ones([tf.shape(input_mask)[0], length, 1]) * tf.cast(input_mask[:, tf.newaxis, :], tf.float32)
    for block in range(BERT_BLOCKS):
      x = norms[2 * block + 1](x + attentions[block](x, x, attention_mask=mask))
      hidden = tf.nn.gelu(inner[block](x), approximate=True)
      x = norms[2 * block + 2](x + outer[block](hidden))
    return {'pooled_output': pooler(x[:, 0]), 'sequence_output': x}

  ids = lambda name: spec(name, None, None, dtype=tf.int32)
  return Served(encode, ids('input_word_ids'), ids('input_mask'), ids('input_type_ids'),
                holds=lambda: [positions, types, variables_of(words, norms, attentions, inner, outer, pooler)])


def text():
  """Lower case, no punctuation, split, looked up, embedded, averaged."""
  vectorize = layers.TextVectorization(
      output_sequence_length=SENTENCE, vocabulary=[f'word{i}' for i in range(VOCABULARY)])
  model = tf.keras.Sequential([
      layers.Input([1], dtype=tf.string), vectorize,
      layers.Embedding(VOCABULARY + 2, 64, embeddings_initializer='normal'),
      layers.GlobalAveragePooling1D(), layers.Dense(64, 'relu'), layers.Dense(5, 'softmax')])
  return Served(lambda sentences: {'scores': model(sentences[:, tf.newaxis])},
                spec('sentences', None, dtype=tf.string), holds=lambda: model)


def lstm():
  layer = layers.LSTM(100)
  return Served(lambda steps: {'state': layer(steps)}, spec('steps', None, None, 32), holds=lambda: layer.variables)


def detector():
  """SSD: heads on six maps of MobileNetV2, boxes decoded from anchors, non-maximum suppression."""
  backbone = tf.keras.applications.MobileNetV2([DETECTOR_SIZE, DETECTOR_SIZE, 3], include_top=False, weights=None)
  maps = [backbone.get_layer('block_13_expand_relu').output, backbone.output]
  for filters in (512, 256, 256, 128):
    narrow = layers.Conv2D(filters // 2, 1, activation='relu6')(maps[-1])
    maps.append(layers.Conv2D(filters, 3, 2, 'same', activation='relu6')(narrow))
  # Every map has boxes of a size of its own; scores are as apart as those of a trained detector.
  wide = tf.keras.initializers.RandomNormal(stddev=0.1)
  head = lambda maps, units: [
      layers.Reshape([-1, units])(layers.Conv2D(ANCHORS * units, 3, padding='same', kernel_initializer=wide)(each))
      for each in maps]
  model = settle(tf.keras.Model(backbone.input, [
      layers.Concatenate(1)(head(maps, 4)), layers.Concatenate(1)(head(maps, DETECTOR_CLASSES + 1))]), DETECTOR_SIZE)
  anchors = tf.constant(np.concatenate([anchors_of(each.shape[1], 0.15 * (i + 1)) for i, each in enumerate(maps)]))

  def detect(images):
    offsets, logits = [each[0] for each in model(images, training=False)]
    centers = tf.tanh(offsets[:, :2]) * 0.1 * anchors[:, 2:] + anchors[:, :2]
    halves = tf.exp(tf.tanh(offsets[:, 2:]) * 0.2) * anchors[:, 2:] / 2
    boxes = tf.clip_by_value(tf.concat([centers - halves, centers + halves], 1), 0.0, 1.0)
    scores = tf.nn.softmax(logits)[:, 1:]
    best = tf.reduce_max(scores, 1)
    chosen = tf.image.non_max_suppression(boxes, best, 100, 0.6, 0.3)
    return {
        'boxes': tf.gather(boxes, chosen),
        'classes': tf.gather(tf.argmax(scores, 1, tf.int32), chosen),
        'scores': tf.gather(best, chosen),
    }

  return Served(detect, spec('images', 1, DETECTOR_SIZE, DETECTOR_SIZE, 3), holds=lambda: model.variables)


def anchors_of(cells, size):
  """Centre and size of each box of a square map."""
  places = (np.arange(cells) + 0.5) / cells
  rows = [[y, x, size * aspect, size / aspect]
          for y in places for x in places for aspect in np.linspace(0.6, 1.6, ANCHORS)]
  return np.array(rows, np.float32)


def mlp(*widths):
  kernels = [weights(*pair) for pair in zip(widths, widths[1:])]
  biases = [tf.Variable(tf.random.normal([width], 0, 0.1)) for width in widths[1:]]

  def run(features):
    for i, (kernel, bias) in enumerate(zip(kernels, biases)):
      features = features @ kernel + bias
      if i < len(kernels) - 1:
        features = tf.nn.relu(features)
    return {'logits': features}

  return Served(run, spec('features', None, widths[0]), holds=lambda: [kernels, biases])


def chain(nodes):
  """Small nodes one after the other, none of which can be left out."""
  vectors = np.random.uniform(0.5, 1.5, [nodes, 100]).astype(np.float32)
  steps = (tf.multiply, tf.add, lambda x, _: tf.tanh(x), tf.subtract, lambda x, _: tf.sigmoid(x))

  def run(vector):
    for i in range(nodes):
      vector = steps[i % len(steps)](vector, tf.constant(vectors[i]))
    return {'result': vector}

  return Served(run, spec('vector', 100))


applications = tf.keras.applications

MODELS = {
    'mobilenet_v2': lambda: image_model(applications.MobileNetV2, 224),
    'efficientnet_b0': lambda: image_model(applications.EfficientNetB0, 224, 255.0),
    'resnet50': lambda: image_model(applications.ResNet50, 224, 255.0),
    'mobilenet_v3_small': lambda: image_model(applications.MobileNetV3Small, 224, 255.0),
    'bert': bert,
    'text': text,
    'lstm': lstm,
    'detector': detector,
    'mlp_1024': lambda: mlp(1024, 1024, 1024, 1024),
    'mlp_10': lambda: mlp(10, 10),
    'chain_50': lambda: chain(50),
    'chain_500': lambda: chain(500),
    'chain_2000': lambda: chain(2000),
}


def convert(saved_model, directory):
  path = directory / 'model.onnx'
  sys.argv = ['tf2onnx', '--saved-model', str(saved_model), '--signature_def', 'serving_default', '--tag', 'serve',
              '--opset', str(OPSET), '--output', str(path)]
  try:
    tf2onnx.convert.main()
    # It also writes models with nodes that nothing can run.
    onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
  except Exception as error:
    path.unlink(missing_ok=True)
    (directory / 'no_onnx.txt').write_text(repr(error))


def build(root, name, saved_model):
  directory = root / f'.making-{name}-{os.getpid()}'
  directory.mkdir(parents=True)
  if saved_model is None:
    tf.keras.utils.set_random_seed(1)
    served = MODELS[name]()
    saved_model = directory / 'saved_model'
    tf.saved_model.save(served, str(saved_model), signatures={'serving_default': served.serve})
  convert(saved_model, directory)
  # Whole, or not there.
  directory.rename(root / name)


if __name__ == '__main__':
  _, root, *names = sys.argv
  for named in names:
    name, _, path = named.partition('=')
    build(pathlib.Path(root), name, path or None)
  print('null')
