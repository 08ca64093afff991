"""Loads the model of a directory with TensorFlow, calls it once, and prints how long each step took.

    python bench/load_tensorflow.py DIRECTORY

Prints what bench/load_child.ts prints. TensorFlow loads and prepares a graph in one step; the rest of preparing it
happens in the first call.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf


def example(spec):
  """Two of whatever a dimension counts, and each element the same."""
  shape = [2 if size is None else size for size in spec.shape]
  return tf.fill(shape, tf.constant('word') if spec.dtype == tf.string else tf.ones([], spec.dtype))


start = time.perf_counter()


def elapsed():
  return 1000 * (time.perf_counter() - start)


model = tf.saved_model.load(sys.argv[1])
loaded = elapsed()
args, _ = model.__call__.concrete_functions[0].structured_input_signature
inputs = [example(spec) for spec in args]
model(*inputs).numpy()
answered = elapsed()
model(*inputs).numpy()
print(json.dumps({
    'loaded': loaded,
    'ready': loaded,
    'answered': answered,
    'secondCall': elapsed() - answered,
    # Kilobytes on Linux.
    'peakBytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
