"""Computes with a text model in a process of its own, as `bench/text.ts` asks, on one thread.

    python bench/text_python.py PATH SIGNATURE
"""

import functools
import json
import os
import statistics
import struct
import sys
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import tensorflow as tf
# Brings the ops of its models.
import tensorflow_text  # noqa: F401


def read_lines(file, count):
  with open(file, encoding='utf-8') as lines:
    return [line.rstrip('\n') for line, _ in zip(lines, range(count))]


def read_records(file, count):
  records = []
  with open(file, 'rb') as bytes_:
    for _ in range(count):
      size, = struct.unpack('<I', bytes_.read(4))
      records.append(bytes_.read(size))
  return records


@functools.lru_cache(maxsize=1)
def given(file, data, count):
  values = (read_records if data.startswith('examples') else read_lines)(file, count)
  return values, tf.constant(values)


def write_results(outputs, directory):
  specs = {}
  for name, output in outputs.items():
    array = output.numpy()
    kind = 'string' if output.dtype == tf.string else 'float32' if output.dtype == tf.float32 else 'int32'
    specs[name] = {'kind': kind, 'shape': list(array.shape)}
    with open(os.path.join(directory, name), 'wb') as file:
      if kind == 'string':
        strings = array.reshape(-1).tolist()
        file.write(np.array([len(each) for each in strings], np.int32).tobytes())
        file.write(b''.join(strings))
      else:
        written = array.astype(kind)
        if not np.array_equal(written, array):
          raise ValueError(f'{name} has numbers beyond {kind}')
        file.write(written.tobytes())
  with open(os.path.join(directory, 'results.json'), 'w') as file:
    json.dump(specs, file)


def answer(serve, name, request):
  strings = request['strings']
  values, tensor = given(strings['file'], strings['data'], strings['count'])
  times = []
  before = time.process_time()
  end = time.perf_counter() + request.get('milliseconds', 0) / 1000
  while not times or time.perf_counter() < end:
    start = time.perf_counter()
    outputs = serve(**{name: tensor if request['from'] == 'tensor' else tf.constant(values)})
    if 'results' in request:
      write_results(outputs, request['results'])
    del outputs
    times.append(1000 * (time.perf_counter() - start))
  processor = 1000 * (time.process_time() - before) / len(times)
  return {'milliseconds': statistics.median(times), 'processor': processor, 'calls': len(times)}


if __name__ == '__main__':
  path, signature = sys.argv[1:]
  tf.config.threading.set_intra_op_parallelism_threads(1)
  tf.config.threading.set_inter_op_parallelism_threads(1)
  model = tf.saved_model.load(path)
  serve = model.signatures[signature]
  name, = serve.structured_input_signature[1]
  for line in sys.stdin:
    print(json.dumps(answer(serve, name, json.loads(line))), flush=True)
