"""Writes TensorFlow's op definitions, as its registry gives them, to src/graph/generated/.

    python scripts/generate_op_defs.py           # writes the file of the TensorFlow it runs on
    python scripts/generate_op_defs.py --text    # writes text_op_defs.ts, what tensorflow-text 2.15 adds
    python scripts/generate_op_defs.py --check   # exits 1 where what is committed differs

Run it on TensorFlow 2.15 first: it writes op_defs.ts. Run on a newer release, it writes newer_op_defs.ts, the ops
that 2.15 does not have. An op of both has its 2.15 definition: what this library writes, 2.15 reads.

One line per op: its name, a space, and a JSON array [inputs, outputs, attributes] with a fourth element 1 where the
op is stateful. An input or output is a string:

    name=int64      a tensor of a fixed dtype          name:T       of the dtype that attribute T names
    name=N*int64    as many of them as attribute N     name:N*T
    name:*Tlist     one tensor per dtype in the list(type) attribute Tlist

with '&' in front of a reference. An attribute is 'name:type', or ['name:type', default]. The type may be followed by
what is allowed: ' in a|b' (dtypes, strings, or elements of a list) and '>=n' (an int, or the length of a list).
"""

import argparse
import json
import os
import pathlib
import re
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / 'src' / 'graph' / 'generated'
BASE = OUTPUT / 'op_defs.ts'
NEWER = OUTPUT / 'newer_op_defs.ts'
TEXT = OUTPUT / 'text_op_defs.ts'
BASE_VERSION = (2, 15)

HEADER = '// Written by scripts/generate_op_defs.py. DO NOT EDIT.\n\n'


def registered_ops():
  ops = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
  return sorted(ops.op, key=lambda op: op.name)


def argument(arg):
  ref = '&' if arg.is_ref else ''
  if arg.type_list_attr:
    return f'{ref}{arg.name}:*{arg.type_list_attr}'
  count = f'{arg.number_attr}*' if arg.number_attr else ''
  if arg.type_attr:
    return f'{ref}{arg.name}:{count}{arg.type_attr}'
  return f'{ref}{arg.name}={count}{tf.dtypes.as_dtype(arg.type).name}'


def shape_value(shape):
  return None if shape.unknown_rank else [None if dim.size < 0 else dim.size for dim in shape.dim]


def float_value(value):
  return value if value - value == 0 else str(value)  # JSON has no inf and nan


def int_value(value):
  if abs(value) >= 2**53:
    sys.exit(f'{value} is no exact JavaScript number')
  return value


def tensor_value(tensor):
  array = tf.make_ndarray(tensor)
  return {'dtype': tf.dtypes.as_dtype(tensor.dtype).name, 'shape': list(array.shape), 'data': array.ravel().tolist()}


# By the attribute's type: the field of AttrValue (and of AttrValue.ListValue), and what becomes of it.
VALUES = {
    'string': ('s', lambda value: value.decode('latin-1')),
    'int': ('i', int_value),
    'float': ('f', float_value),
    'bool': ('b', bool),
    'type': ('type', lambda value: tf.dtypes.as_dtype(value).name),
    'shape': ('shape', shape_value),
    'tensor': ('tensor', tensor_value),
    'func': ('func', lambda value: value.name),
}


def limits(attr):
  allowed = attr.allowed_values.list
  values = [tf.dtypes.as_dtype(value).name for value in allowed.type] or [value.decode() for value in allowed.s]
  if any(re.search(r'[|>]', value) for value in values):
    sys.exit(f'{attr.name}: {values} cannot be told apart')
  return (f' in {"|".join(values)}' if values else '') + (f'>={attr.minimum}' if attr.has_minimum else '')


def attribute(attr):
  head = f'{attr.name}:{attr.type}{limits(attr)}'
  if not attr.HasField('default_value'):
    return head
  list_of = re.fullmatch(r'list\((\w+)\)', attr.type)
  field, convert = VALUES[list_of.group(1) if list_of else attr.type]
  if list_of:
    return [head, [convert(value) for value in getattr(attr.default_value.list, field)]]
  return [head, convert(getattr(attr.default_value, field))]


def line(op):
  parts = [[argument(arg) for arg in op.input_arg], [argument(arg) for arg in op.output_arg],
           [attribute(attr) for attr in op.attr]]
  if op.is_stateful:
    parts.append(1)
  return f'{op.name} {json.dumps(parts, separators=(",", ":"), allow_nan=False)}'


def module(constant, comment, ops):
  text = '\n'.join(line(op) for op in ops)
  text = text.replace('\\', '\\\\').replace('`', '\\`').replace('${', '\\${')
  return f'{HEADER}/** {comment} */\nexport const {constant} = `{text}`;\n'


def text_ops():
  before = {op.name for op in registered_ops()}
  import tensorflow_text  # Registers its ops.
  ops = [op for op in registered_ops() if op.name not in before]
  return TEXT, module('TEXT_OP_DEFS', f'Op definitions of TF Text {tensorflow_text.__version__}.', ops), ops


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--check', action='store_true', help='compare with the committed file; write nothing')
  parser.add_argument('--text', action='store_true', help='the ops of tensorflow-text instead')
  arguments = parser.parse_args()
  version = tuple(int(part) for part in tf.__version__.split('.')[:2])
  ops = registered_ops()
  if arguments.text:
    target, text, ops = text_ops()
  elif version == BASE_VERSION:
    target, text = BASE, module('OP_DEFS', 'Op definitions of TensorFlow 2.15.', ops)
  else:
    base = set(re.findall(r'^(?:export const OP_DEFS = `)?(\w+) \[', BASE.read_text(), re.MULTILINE))
    ops = [op for op in ops if op.name not in base]
    target, text = NEWER, module(
        'NEWER_OP_DEFS', f'Ops of TensorFlow {version[0]}.{version[1]} that 2.15 does not have.', ops)
  if arguments.check:
    if not target.exists() or target.read_text() != text:
      sys.exit(f'{target.name} differs from the registry of TensorFlow {tf.__version__}')
    print(f'{target.name} is up to date')
    return
  target.parent.mkdir(parents=True, exist_ok=True)
  target.write_text(text)
  print(f'wrote {len(ops)} ops to {target.name}')


if __name__ == '__main__':
  main()
