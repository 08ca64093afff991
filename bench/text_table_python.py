"""Loads a model with a table, looks a word up, and prints what that took.

    python bench/text_table_python.py PATH WORD
"""

import json
import os
import sys
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf

_, path, word = sys.argv

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
# Starts what starts once.
tf.constant([word])

start = time.perf_counter()
model = tf.saved_model.load(path)
found = int(model.signatures['serve'](strings=tf.constant([word]))['result'][0])
milliseconds = 1000 * (time.perf_counter() - start)

with open('/proc/self/statm') as file:
  resident = int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
print(json.dumps({'milliseconds': milliseconds, 'found': found, 'heldBytes': 0, 'residentBytes': resident}))
