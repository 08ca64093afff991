"""Computes with a model in a process of its own, as `bench/contender.ts` asks.

    python bench/inference_python.py tensorflow|onnxruntime PATH THREADS

A call begins with arrays and ends with arrays.
"""

import json
import os
import statistics
import sys
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np


def with_tensorflow(path, threads):
  import tensorflow as tf
  tf.config.threading.set_intra_op_parallelism_threads(threads)
  tf.config.threading.set_inter_op_parallelism_threads(threads)
  model = tf.saved_model.load(path)
  serve = model.signatures['serving_default']

  def call(inputs):
    results = serve(**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: result.numpy() for name, result in results.items()}

  # The function goes with its model.
  call.model = model
  return call


def with_onnxruntime(path, threads):
  import onnxruntime
  options = onnxruntime.SessionOptions()
  options.intra_op_num_threads = threads
  options.inter_op_num_threads = 1
  session = onnxruntime.InferenceSession(path, options, ['CPUExecutionProvider'])
  names = [output.name for output in session.get_outputs()]
  given = {each.name.removesuffix(':0'): each.name for each in session.get_inputs()}

  def call(inputs):
    results = session.run(names, {given[name]: value for name, value in inputs.items()})
    return dict(zip(names, results))

  return call


def read(each):
  if each['dtype'] == 'string':
    return each['strings']
  return np.fromfile(each['file'], each['dtype']).reshape(each['shape'])


def answer(call, request):
  inputs = {name: read(each) for name, each in request['inputs'].items()}
  times = []
  end = time.perf_counter() + request.get('milliseconds', 0) / 1000
  while not times or time.perf_counter() < end:
    start = time.perf_counter()
    results = call(inputs)
    times.append(1000 * (time.perf_counter() - start))
  if 'results' in request:
    for name, result in results.items():
      np.asarray(result, np.float32).tofile(os.path.join(request['results'], name))
  return {'milliseconds': statistics.median(times), 'calls': len(times)}


if __name__ == '__main__':
  contender, path, threads = sys.argv[1:]
  call = {'tensorflow': with_tensorflow, 'onnxruntime': with_onnxruntime}[contender](path, int(threads))
  for line in sys.stdin:
    print(json.dumps(answer(call, json.loads(line))), flush=True)
