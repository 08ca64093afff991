"""Resolves and loads handles with tensorflow_hub, one JSON request a line, for conformance_hub.ts."""

import hashlib
import json
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import tensorflow_hub as hub  # pylint: disable=wrong-import-position


def digests(directory):
  """SHA-1 of each file, by path."""
  found = {}
  for parent, _, names in os.walk(directory):
    for name in names:
      path = os.path.join(parent, name)
      with open(path, 'rb') as file:
        found[os.path.relpath(path, directory)] = hashlib.sha1(file.read()).hexdigest()
  return found


def resolve(handle):
  path = hub.resolve(handle)
  return {'path': path, 'digests': digests(path)}


def call(handle, argument):
  return {'result': hub.load(handle)(argument).numpy().tolist()}


def main():
  answers = sys.stdout
  sys.stdout = sys.stderr
  print(json.dumps({'ready': True}), file=answers, flush=True)
  for line in sys.stdin:
    request = json.loads(line)
    os.environ['TFHUB_CACHE_DIR'] = request['cacheDir']
    try:
      if 'argument' in request:
        answer = call(request['handle'], request['argument'])
      else:
        answer = resolve(request['handle'])
    except Exception as error:  # pylint: disable=broad-except
      answer = {'error': repr(error)}
    print(json.dumps(answer), file=answers, flush=True)


main()
