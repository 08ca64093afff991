"""Generates the message types in src/proto/generated/ from the descriptors inside TensorFlow's Python package.

    python scripts/generate_protos.py           # writes src/proto/generated/
    python scripts/generate_protos.py --check   # exits 1 where what is committed differs

Runs in an environment with TensorFlow 2.15 (Keras 2 and protobuf come with it), after `npm ci`: ts-proto, the
plugin that writes the TypeScript, is a development dependency and is fed its request directly, so that no
protoc is needed. The output depends on this file, on the descriptors and on the version of ts-proto alone.
"""

import argparse
import importlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = REPOSITORY / 'src' / 'proto' / 'generated'

Field = descriptor_pb2.FieldDescriptorProto

# The messages this library reads or writes, by the Python module that holds their descriptors. Whatever they
# refer to comes along; everything else in those files is left out.
ROOTS = {
    'tensorflow.core.protobuf.saved_model_pb2': ['tensorflow.SavedModel'],
    'tensorflow.core.protobuf.meta_graph_pb2': [
        'tensorflow.MetaGraphDef', 'tensorflow.SignatureDef', 'tensorflow.AssetFileDef',
        'tensorflow.CollectionDef', 'tensorflow.TensorInfo'],
    'tensorflow.core.protobuf.saved_object_graph_pb2': ['tensorflow.SavedObjectGraph'],
    'tensorflow.core.protobuf.trackable_object_graph_pb2': ['tensorflow.TrackableObjectGraph'],
    'tensorflow.core.protobuf.struct_pb2': ['tensorflow.StructuredValue'],
    'tensorflow.core.protobuf.saver_pb2': ['tensorflow.SaverDef'],
    'tensorflow.core.protobuf.tensor_bundle_pb2': [
        'tensorflow.BundleHeaderProto', 'tensorflow.BundleEntryProto'],
    'tensorflow.core.protobuf.fingerprint_pb2': ['tensorflow.FingerprintDef'],
    'tensorflow.core.protobuf.composite_tensor_variant_pb2': ['tensorflow.CompositeTensorVariantMetadata'],
    'tensorflow.core.framework.graph_pb2': ['tensorflow.GraphDef'],
    'tensorflow.core.framework.function_pb2': ['tensorflow.FunctionDef', 'tensorflow.FunctionDefLibrary'],
    'tensorflow.core.framework.full_type_pb2': ['tensorflow.FullTypeDef'],
    'tensorflow.core.framework.op_def_pb2': ['tensorflow.OpList'],
    'tensorflow.core.framework.tensor_pb2': ['tensorflow.TensorProto', 'tensorflow.VariantTensorDataProto'],
    'tensorflow.core.framework.variable_pb2': ['tensorflow.VariableDef', 'tensorflow.SaveSliceInfoDef'],
    'tensorflow.core.framework.resource_handle_pb2': ['tensorflow.ResourceHandleProto'],
    'tensorflow.core.util.saved_tensor_slice_pb2': ['tensorflow.SavedTensorSlices'],
    'tensorflow.core.example.example_pb2': ['tensorflow.Example', 'tensorflow.SequenceExample'],
    'tensorflow.python.training.checkpoint_state_pb2': ['tensorflow.CheckpointState'],
    'onnx.onnx_ml_pb2': ['onnx.ModelProto'],
    'keras.protobuf.saved_metadata_pb2': ['third_party.py.keras.protobuf.SavedMetadata'],
}

# Fields of a message type kept as the bytes they are on the wire (both are length-delimited): decoded when
# wanted, written back as they came. A function library is most of a TF2 model's file and a call needs some
# of it; attributes are most of a node and a kernel reads a few of them; the others are seldom looked at.
LAZY = {
    'tensorflow.FunctionDefLibrary.function',
    'tensorflow.GraphDef.debug_info',
    'tensorflow.MetaGraphDef.MetaInfoDef.stripped_op_list',
    'tensorflow.NodeDef.AttrEntry.value',
    'tensorflow.NodeDef.experimental_debug_info',
    'tensorflow.NodeDef.experimental_type',
}

# 64-bit integers are bigint, except sizes and positions, which are numbers: decoding one beyond 2^53 fails.
NUMBERS = {
    'tensorflow.TensorShapeProto.Dim.size',
    'tensorflow.TensorSliceProto.Extent.start',
    'tensorflow.TensorSliceProto.Extent.length',
    'tensorflow.BundleEntryProto.offset',
    'tensorflow.BundleEntryProto.size',
    'tensorflow.SavedModel.saved_model_schema_version',
    'tensorflow.OpDef.AttrDef.minimum',
    'tensorflow.SaveSliceInfoDef.full_shape',
    'tensorflow.SaveSliceInfoDef.var_offset',
    'tensorflow.SaveSliceInfoDef.var_shape',
    'tensorflow.proto_splitter.ChunkInfo.size',
    'tensorflow.proto_splitter.ChunkInfo.offset',
    'tensorflow.proto_splitter.ChunkedMessage.chunk_index',
    'tensorflow.proto_splitter.FieldIndex.index',
    'onnx.AttributeProto.i',
    'onnx.AttributeProto.ints',
    'onnx.TensorProto.dims',
    'onnx.TensorShapeProto.Dimension.dim_value',
}

# What releases after 2.15 have added to these messages.
NEWER_FIELDS = {'tensorflow.FingerprintDef': [('uuid', 7, Field.TYPE_STRING)]}
NEWER_VALUES = {'tensorflow.DataType': {
    'DT_FLOAT8_E4M3FNUZ': 26, 'DT_FLOAT8_E4M3B11FNUZ': 27, 'DT_FLOAT8_E5M2FNUZ': 28, 'DT_INT2': 31,
    'DT_UINT2': 32, 'DT_FLOAT4_E2M1FN': 33, 'DT_FLOAT8_E4M3FNUZ_REF': 126, 'DT_FLOAT8_E4M3B11FNUZ_REF': 127,
    'DT_FLOAT8_E5M2FNUZ_REF': 128, 'DT_INT2_REF': 131, 'DT_UINT2_REF': 132, 'DT_FLOAT4_E2M1FN_REF': 133}}

PLUGIN_OPTIONS = ','.join([
    'annotateFilesWithVersion=false', 'comments=false', 'enumsAsLiterals=true', 'esModuleInterop=true',
    'exportCommonSymbols=false', 'forceLong=bigint', 'importSuffix=.js', 'oneof=unions-value',
    'outputJsonMethods=false', 'outputPartialMethods=false', 'outputServices=none', 'unknownFields=true',
    'unrecognizedEnum=false', 'useJsTypeOverride=true', 'useMapType=true'])


def chunk_files():
  """tensorflow/tools/proto_splitter/{chunk,versions}.proto, whose descriptors the Python package lacks."""
  versions = descriptor_pb2.FileDescriptorProto(
      name='tensorflow/tools/proto_splitter/versions.proto', package='tensorflow.proto_splitter', syntax='proto3')
  chunk = descriptor_pb2.FileDescriptorProto(
      name='tensorflow/tools/proto_splitter/chunk.proto', package='tensorflow.proto_splitter', syntax='proto3',
      dependency=[versions.name])
  scope = '.tensorflow.proto_splitter.'

  def message(parent, name, fields, oneof=None):
    result = parent.add(name=name)
    if oneof:
      result.oneof_decl.add(name=oneof)
    for field_name, number, kind, repeated in fields:
      field = result.field.add(
          name=field_name, number=number,
          label=Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL)
      if isinstance(kind, str):
        field.type = Field.TYPE_ENUM if kind.endswith('.Type') else Field.TYPE_MESSAGE
        field.type_name = scope + kind
      else:
        field.type = kind
      if oneof:
        field.oneof_index = 0
    return result

  message(versions.message_type, 'VersionDef', [
      ('splitter_version', 1, Field.TYPE_INT32, False),
      ('join_version', 2, Field.TYPE_INT32, False),
      ('bad_consumers', 3, Field.TYPE_INT32, True)])
  message(chunk.message_type, 'ChunkMetadata', [
      ('version', 1, 'VersionDef', False),
      ('chunks', 2, 'ChunkInfo', True),
      ('message', 3, 'ChunkedMessage', False)])
  info = message(chunk.message_type, 'ChunkInfo', [
      ('type', 1, 'ChunkInfo.Type', False),
      ('size', 2, Field.TYPE_UINT64, False),
      ('offset', 3, Field.TYPE_UINT64, False)])
  kinds = info.enum_type.add(name='Type')
  for number, name in enumerate(['UNSET', 'MESSAGE', 'BYTES']):
    kinds.value.add(name=name, number=number)
  chunked = message(chunk.message_type, 'ChunkedMessage', [
      ('chunk_index', 1, Field.TYPE_UINT64, False),
      ('chunked_fields', 2, 'ChunkedField', True)])
  chunked.oneof_decl.add(name='_chunk_index')
  chunked.field[0].oneof_index = 0
  chunked.field[0].proto3_optional = True
  message(chunk.message_type, 'ChunkedField', [
      ('field_tag', 1, 'FieldIndex', True),
      ('message', 3, 'ChunkedMessage', False)])
  index = message(chunk.message_type, 'FieldIndex', [
      ('field', 1, Field.TYPE_UINT32, False),
      ('map_key', 2, 'FieldIndex.MapKey', False),
      ('index', 3, Field.TYPE_UINT64, False)], oneof='kind')
  message(index.nested_type, 'MapKey', [
      ('s', 1, Field.TYPE_STRING, False),
      ('boolean', 2, Field.TYPE_BOOL, False),
      ('ui32', 3, Field.TYPE_UINT32, False),
      ('ui64', 4, Field.TYPE_UINT64, False),
      ('i32', 5, Field.TYPE_INT32, False),
      ('i64', 6, Field.TYPE_INT64, False)], oneof='type')
  return [versions, chunk], ['tensorflow.proto_splitter.ChunkMetadata']


def collect():
  """Every descriptor file needed, dependencies first, and the names of the root messages."""
  files, roots = {}, []

  def add(file):
    if file.name not in files:
      for dependency in file.dependencies:
        add(dependency)
      proto = descriptor_pb2.FileDescriptorProto()
      file.CopyToProto(proto)
      files[file.name] = proto

  for module, messages in ROOTS.items():
    add(importlib.import_module(module).DESCRIPTOR)
    roots += messages
  chunk, chunk_roots = chunk_files()
  files.update((file.name, file) for file in chunk)
  return list(files.values()), roots + chunk_roots


def declarations(files):
  """Messages and enums of `files` by full name."""
  found = {}

  def visit(scope, message):
    name = f'{scope}.{message.name}'
    found[name] = message
    for nested in message.nested_type:
      visit(name, nested)
    for enum in message.enum_type:
      found[f'{name}.{enum.name}'] = enum

  for file in files:
    for message in file.message_type:
      visit(file.package, message)
    for enum in file.enum_type:
      found[f'{file.package}.{enum.name}'] = enum
  return found


def prune(files, roots):
  """Removes what the roots do not refer to, and then the imports and files left without a use."""
  declared = declarations(files)
  reached, pending = set(), list(roots)
  while pending:
    name = pending.pop()
    if name in reached:
      continue
    reached.add(name)
    for field in getattr(declared[name], 'field', []):
      if field.type_name:
        pending.append(field.type_name.lstrip('.'))

  def needed(name):
    return any(other == name or other.startswith(name + '.') for other in reached)

  def keep(items, scope):
    kept = [item for item in items if needed(f'{scope}.{item.name}')]
    copies = [type(item).FromString(item.SerializeToString()) for item in kept]
    del items[:]
    items.extend(copies)

  def thin(message, name):
    keep(message.nested_type, name)
    keep(message.enum_type, name)
    for nested in message.nested_type:
      thin(nested, f'{name}.{nested.name}')

  home = {}
  for file in files:
    keep(file.message_type, file.package)
    keep(file.enum_type, file.package)
    del file.service[:]
    del file.public_dependency[:]
    for message in file.message_type:
      thin(message, f'{file.package}.{message.name}')
    home.update((name, file.name) for name in declarations([file]))

  for file in files:
    used = {
        home[field.type_name.lstrip('.')]
        for message in declarations([file]).values()
        for field in getattr(message, 'field', []) if field.type_name}
    del file.dependency[:]
    file.dependency.extend(sorted(used - {file.name}))
  return [file for file in files if file.message_type or file.enum_type]


def add_newer(files):
  """Applies NEWER_FIELDS and NEWER_VALUES."""
  declared = declarations(files)
  for name, additions in NEWER_FIELDS.items():
    present = {field.number for field in declared[name].field}
    for field_name, number, kind in additions:
      if number not in present:
        declared[name].field.add(name=field_name, number=number, type=kind, label=Field.LABEL_OPTIONAL)
  for name, additions in NEWER_VALUES.items():
    enum = declared[name]
    present = {value.number for value in enum.value}
    for value_name, number in additions.items():
      if number not in present:
        enum.value.add(name=value_name, number=number)
    ordered = sorted(enum.value, key=lambda value: value.number)
    copies = [type(value).FromString(value.SerializeToString()) for value in ordered]
    del enum.value[:]
    enum.value.extend(copies)



def choose_types(files):
  """Applies LAZY and NUMBERS."""
  unused = LAZY | NUMBERS
  for name, message in declarations(files).items():
    for field in getattr(message, 'field', []):
      full_name = f'{name}.{field.name}'
      if full_name in LAZY:
        field.type = Field.TYPE_BYTES
        field.ClearField('type_name')
      if full_name in NUMBERS:
        field.options.jstype = descriptor_pb2.FieldOptions.JS_NUMBER
      unused = unused - {full_name}
  if unused:
    sys.exit(f'not in the descriptors: {sorted(unused)}')


def run_plugin(files):
  """The files ts-proto makes, by path."""
  request = plugin_pb2.CodeGeneratorRequest(
      parameter=PLUGIN_OPTIONS, proto_file=files, file_to_generate=[file.name for file in files])
  plugin = shutil.which('npx')
  if plugin is None:
    sys.exit('npx is not on the path: install Node and run `npm ci` first')
  done = subprocess.run(
      [plugin, '--no-install', 'protoc-gen-ts_proto'], input=request.SerializeToString(), cwd=REPOSITORY,
      stdout=subprocess.PIPE, check=True)
  response = plugin_pb2.CodeGeneratorResponse.FromString(done.stdout)
  if response.error:
    sys.exit(response.error)
  return {file.name: file.content for file in response.file}


# What ts-proto's code gets wrong for hostile or large input, as (pattern, replacement); `wire.ts` has the other half.
# - every message allocated an object for unknown fields: a third of the time to decode a graph;
# - every bytes field allocated an empty array to begin with, two in each node of a graph;
# - lengths were not compared with the end of the enclosing message, nor the end reached with the end announced;
# - a 64-bit integer became a number through its decimal text;
# - a tag 0 or an end of group ended a message without complaint;
# - the range check of one being written compared bigint with number (the writer makes the check itself).
REWRITES = [
    (r'import \{ (BinaryReader, BinaryWriter) \} from "@bufbuild/protobuf/wire";',
     lambda depth: rf'import {{ \1, NO_BYTES }} from "{"../" * depth}wire.js";'),
    (r'_unknownFields: \{\}', r'_unknownFields: undefined'),
    (r'new Uint8Array\(0\)', r'NO_BYTES'),
    (r'\n\n( +)const list = message\._unknownFields!\[tag\];\n\n +if \(list === undefined\) \{\n'
     r' +message\._unknownFields!\[tag\] = \[buf\];\n +\} else \{\n +list\.push\(buf\);\n +\}',
     r'\n\1((message._unknownFields ??= {})[tag] ??= []).push(buf);'),
    (r'const end = length === undefined \? reader\.len : reader\.pos \+ length;', r'const end = reader.end(length);'),
    (r'const end2 = reader\.uint32\(\) \+ reader\.pos;', r'const end2 = reader.end(reader.uint32());'),
    (r'(\n *\}\n)( *)(return message;\n *\} finally)', r'\1\2reader.finish(end);\n\2\3'),
    (r'\n *if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\n *break;\n *\}', r''),
    (r'reader\.skip\(tag & 7\)', r'reader.skip(tag & 7, tag >>> 3)'),
    (r'longToNumber\(reader\.(u?)int64\(\)\)', r'reader.\1int64Number()'),
    (r'(?s)\n *if \(\s*BigInt\.as(?:Int|Uint)N\(64,.*?too large",?\s*\);\n *\}', r''),
    (r'(?s)\nfunction longToNumber\(.*?\n\}\n', r''),
    (r'\(reader as any\)\.__tsProtoDecodeDepth( \?\? 0)?', r'reader.depth'),
]


def rewrite(path, text):
  depth = path.count('/') + 1
  for pattern, replacement in REWRITES:
    text = re.sub(pattern, replacement(depth) if callable(replacement) else replacement, text)
  if text.count('NO_BYTES') == 1:
    text = text.replace(', NO_BYTES', '')
  if '.decode(' in text and (text.count('reader.finish(end)') != text.count('reader.end(length)')):
    sys.exit(f'{path}: ts-proto writes its decode functions in another way than this script expects')
  for stale in ('longToNumber', 'tag === 0', 'asIntN', 'asUintN', '@bufbuild', '__tsProto', 'reader.uint32() + reader.pos', '_unknownFields!['):
    if stale in text:
      sys.exit(f'{path}: {stale!r} is left: ts-proto writes code in another way than this script expects')
  return text


def sort_fields(files):
  """Fields by number: the order in which protobuf writes them, and ts-proto follows the order here."""
  for message in declarations(files).values():
    if isinstance(message, descriptor_pb2.DescriptorProto):
      ordered = sorted(message.field, key=lambda field: field.number)
      copies = [Field.FromString(field.SerializeToString()) for field in ordered]
      del message.field[:]
      message.field.extend(copies)


def field_table(files):
  """The fields of every message of TensorFlow as text: what src/proto/text_format.ts is guided by."""
  lines = []
  for name, declared in sorted(declarations(files).items()):
    if name.startswith('onnx.'):
      continue
    if isinstance(declared, descriptor_pb2.EnumDescriptorProto):
      lines.append(' '.join([f'#{name}'] + [f'{value.name}={value.number}' for value in declared.value]))
      continue
    words = [name]
    for field in declared.field:
      repeated = '*' if field.label == Field.LABEL_REPEATED else ':'
      kind = Field.Type.Name(field.type).removeprefix('TYPE_').lower()
      if field.type_name:
        kind = ('#' if kind == 'enum' else '') + field.type_name.lstrip('.')
      oneof = ''
      if field.HasField('oneof_index') and not field.proto3_optional:
        oneof = '/' + declared.oneof_decl[field.oneof_index].name
      words.append(f'{field.name}={field.number}{repeated}{kind}{oneof}')
    lines.append(' '.join(words))
  return (
      '// Written by scripts/generate_protos.py. DO NOT EDIT.\n\n'
      '/**\n'
      ' * One message or enum (marked #) a line. A field is name=number, `:` or, where repeated, `*`, its type, and\n'
      ' * `/oneof` where it belongs to one; an enum value is name=number.\n'
      ' */\n'
      'export const FIELD_TABLE = `\\\n' + '\n'.join(lines) + '`;\n')


def generate():
  files, roots = collect()
  add_newer(files)
  files = prune(files, roots)
  table = field_table(files)
  choose_types(files)
  sort_fields(files)
  files = prune(files, roots)
  generated = {path: rewrite(path, text) for path, text in run_plugin(files).items()}
  generated['field_table.ts'] = table
  return dict(sorted(generated.items()))


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--check', action='store_true', help='compare with the committed files; write nothing')
  arguments = parser.parse_args()
  generated = generate()
  present = {
      str(path.relative_to(OUTPUT)): path.read_text()
      for path in OUTPUT.rglob('*.ts')} if OUTPUT.exists() else {}
  if arguments.check:
    stale = sorted(
        path for path in generated.keys() | present.keys() if generated.get(path) != present.get(path))
    if stale:
      sys.exit('differs from what the descriptors give: ' + ', '.join(stale))
    print(f'{len(generated)} files of src/proto/generated are up to date')
    return
  shutil.rmtree(OUTPUT, ignore_errors=True)
  for path, text in generated.items():
    target = OUTPUT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
  print(f'wrote {len(generated)} files to src/proto/generated')


if __name__ == '__main__':
  main()
