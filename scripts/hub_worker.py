"""Resolves and loads handles with tensorflow_hub, one JSON request a line, for conformance_hub.ts."""

import base64
import hashlib
import json
import os
import sys
import tarfile

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


def integrity(directory):
  """What docs/handles.md says of the integrity of a model, computed anew."""
  lines = []
  for parent, _, names in os.walk(directory):
    for name in names:
      path = os.path.join(parent, name)
      with open(path, 'rb') as file:
        lines.append((os.fsencode(os.path.relpath(path, directory)), hashlib.sha256(file.read()).hexdigest()))
  text = b''.join(digest.encode() + b'  ' + path + b'\n' for path, digest in sorted(lines))
  return {'integrity': 'sha256-' + base64.b64encode(hashlib.sha256(text).digest()).decode()}


def members(archive):
  """The files of an archive, read as tensorflow_hub reads it."""
  with tarfile.open(archive, mode='r|*') as tar:
    return {'members': {m.name: len(tar.extractfile(m).read()) for m in tar if m.isfile()}}


def call(handle, argument):
  return {'result': hub.load(handle)(argument).numpy().tolist()}


def main():
  answers = sys.stdout
  sys.stdout = sys.stderr
  print(json.dumps({'ready': True}), file=answers, flush=True)
  for line in sys.stdin:
    request = json.loads(line)
    os.environ['TFHUB_CACHE_DIR'] = request.get('cacheDir', '')
    try:
      if 'archive' in request:
        answer = members(request['archive'])
      elif 'directory' in request:
        answer = integrity(request['directory'])
      elif 'argument' in request:
        answer = call(request['handle'], request['argument'])
      else:
        answer = resolve(request['handle'])
    except Exception as error:  # pylint: disable=broad-except
      answer = {'error': repr(error)}
    print(json.dumps(answer), file=answers, flush=True)


main()
