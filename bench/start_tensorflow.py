"""Loads the model of a directory, calls it once, and prints how much memory that took.

    python bench/start_tensorflow.py images|embedding DIRECTORY

Prints what bench/start_child.mjs prints.
"""

import json
import os
import re
import resource
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf


def peak_bytes():
  """What the process itself had at most: what `getrusage` says may be its parent's."""
  try:
    with open('/proc/self/status') as status:
      return int(re.search(r'VmHWM:\s*(\d+) kB', status.read())[1]) * 1024
  except OSError:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


kind, directory = sys.argv[1:]
model = tf.saved_model.load(directory)
serve = model.signatures['serving_default']
if kind == 'images':
  assert serve(images=tf.ones([1, 224, 224, 3]))['scores'].numpy().size == 1000
else:
  assert serve(ids=tf.constant([[0, 2_000_000, 4_000_000]]))['vectors'].numpy().size == 3 * 64
print(json.dumps({'peakBytes': peak_bytes()}), flush=True)
