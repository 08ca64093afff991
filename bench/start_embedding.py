"""Builds a model that looks up rows of a table of 1 GiB.

    python bench/start_embedding.py DIRECTORY
"""

import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf

ROWS, WIDTH = 2**22, 64


class Embedding(tf.Module):

  def __init__(self):
    super().__init__()
    self.table = tf.Variable(tf.random.stateless_uniform([ROWS, WIDTH], seed=[1, 2]))

  @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, 'ids')])
  def serve(self, ids):
    return {'vectors': tf.gather(self.table, ids)}


model = Embedding()
tf.saved_model.save(model, sys.argv[1], signatures={'serving_default': model.serve})
print('null', flush=True)
