/**
 * Attributes, shapes and tensors as this library holds them, from their protocol buffers.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {type DType, dtypeFromEnum, dtypeInfo, lanes, type NumericArray} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {PackedStrings} from '../host/strings.js';
import {allocate, type HostData, type HostTensor, sizeOf} from '../host/tensor.js';
import {decodeTensorBytes} from '../host/tensor_bytes.js';
import type {
  AttrValue,
  AttrValue_ListValue,
  NameAttrList,
  TensorProto,
  TensorShapeProto,
} from '../proto/index.js';
import type {Attr, FunctionRef} from './attrs.js';

/** A `DataType` number as a dtype. */
export function dtypeOf(value: number, what: string): DType {
  const dtype = dtypeFromEnum(value);
  if (dtype === undefined) throw new FormatError(`${what} has the unknown data type ${value}`);
  return dtype;
}

/** A shape; one that is absent is of unknown rank. */
export function shapeOf(proto: TensorShapeProto | undefined): PartialShape {
  if (proto === undefined || proto.unknownRank) return null;
  return proto.dim.map(({size}) => (size < 0 ? null : size));
}

/** An attribute value; undefined for one that is not set. */
export function attrOf(proto: AttrValue, what: string): Attr | undefined {
  const {value} = proto;
  if (value === undefined) return undefined;
  switch (value.$case) {
    case 's':
      return {type: 'string', value: value.value};
    case 'i':
      return {type: 'int', value: value.value};
    case 'f':
      return {type: 'float', value: value.value};
    case 'b':
      return {type: 'bool', value: value.value};
    case 'type':
      return {type: 'type', value: dtypeOf(value.value, what)};
    case 'shape':
      return {type: 'shape', value: shapeOf(value.value)};
    case 'tensor':
      return {type: 'tensor', value: tensorOf(value.value, what)};
    case 'func':
      return {type: 'func', value: functionRefOf(value.value, what)};
    case 'placeholder':
      return {type: 'placeholder', value: value.value};
    case 'list':
      return {type: 'list', value: listOf(value.value, what)};
  }
}

/** A function named by an attribute. */
export function functionRefOf({name, attr}: NameAttrList, what: string): FunctionRef {
  const attrs = new Map<string, Attr>();
  for (const [key, value] of attr) {
    const decoded = attrOf(value, what);
    if (decoded !== undefined) attrs.set(key, decoded);
  }
  return {name, attrs};
}

/** At most one of the lists has elements: an attribute has one type. */
function listOf(list: AttrValue_ListValue, what: string): Attr[] {
  return [
    ...list.s.map((value): Attr => ({type: 'string', value})),
    ...list.i.map((value): Attr => ({type: 'int', value})),
    ...list.f.map((value): Attr => ({type: 'float', value})),
    ...list.b.map((value): Attr => ({type: 'bool', value})),
    ...list.type.map((value): Attr => ({type: 'type', value: dtypeOf(value, what)})),
    ...list.shape.map((value): Attr => ({type: 'shape', value: shapeOf(value)})),
    ...list.tensor.map((value): Attr => ({type: 'tensor', value: tensorOf(value, what)})),
    ...list.func.map((value): Attr => ({type: 'func', value: functionRefOf(value, what)})),
  ];
}

/** Where a TensorProto keeps elements that are not in `tensor_content`, by dtype. */
const VALUE_FIELDS: Partial<Record<DType, (proto: TensorProto) => ArrayLike<unknown>>> = {
  float16: (proto) => proto.halfVal,
  bfloat16: (proto) => proto.halfVal,
  float32: (proto) => proto.floatVal,
  float64: (proto) => proto.doubleVal,
  int32: (proto) => proto.intVal,
  int16: (proto) => proto.intVal,
  int8: (proto) => proto.intVal,
  uint8: (proto) => proto.intVal,
  uint16: (proto) => proto.intVal,
  qint8: (proto) => proto.intVal,
  quint8: (proto) => proto.intVal,
  qint16: (proto) => proto.intVal,
  quint16: (proto) => proto.intVal,
  qint32: (proto) => proto.intVal,
  int4: (proto) => proto.intVal,
  uint4: (proto) => proto.intVal,
  string: (proto) => proto.stringVal,
  complex64: (proto) => proto.scomplexVal,
  complex128: (proto) => proto.dcomplexVal,
  int64: (proto) => proto.int64Val,
  bool: (proto) => proto.boolVal,
  uint32: (proto) => proto.uint32Val,
  uint64: (proto) => proto.uint64Val,
  float8_e5m2: (proto) => proto.float8Val,
  float8_e4m3fn: (proto) => proto.float8Val,
};

/** No protocol buffer holds more, so no honest constant claims more. */
const MAX_BYTES = 2 ** 31;
/** The most that a few values, or none, may stand for. */
const MAX_REPEATED_BYTES = 2 ** 28;

/**
 * A constant. Elements in `tensor_content` are shared with the message where alignment permits; fewer values than
 * elements mean that the last one is repeated, none at all that they are zero.
 *
 * Source: `tensorflow/core/framework/tensor.proto`.
 *
 * @throws FormatError for an unknown dtype, a shape that is not fully known, or more values than elements.
 */
export function tensorOf(proto: TensorProto, what: string): HostTensor {
  const dtype = dtypeOf(proto.dtype, what);
  const dims = shapeOf(proto.tensorShape ?? {dim: [], unknownRank: false});
  if (dims === null || dims.includes(null))
    throw new FormatError(`${what}: a constant's shape must be fully known`);
  const shape = dims as number[];
  const size = sizeOf(shape);
  if (size * Math.max(dtypeInfo(dtype).bytes, 1) > MAX_BYTES) {
    throw new FormatError(`${what} claims a constant of ${size} elements, more than a model file can hold`);
  }
  if (proto.tensorContent.length > 0) {
    try {
      return {dtype, shape, data: decodeTensorBytes(dtype, proto.tensorContent, size)};
    } catch (cause) {
      throw new FormatError(`${what}: ${(cause as Error).message}`, {cause});
    }
  }
  const field = VALUE_FIELDS[dtype];
  if (field === undefined) throw new FormatError(`${what}: a ${dtype} cannot be a constant`);
  const values = field(proto);
  const stored = size * lanes(dtype);
  if (values.length > stored) {
    throw new FormatError(`${what} has ${values.length} values for ${size} elements`);
  }
  if (values.length < stored && stored * storedBytes(dtype) > MAX_REPEATED_BYTES) {
    throw new FormatError(`${what} claims a constant of ${size} elements and has ${values.length} values`);
  }
  return {dtype, shape, data: spread(dtype, values, size)};
}

/** What one stored number, or one reference to a string, takes in host memory. */
function storedBytes(dtype: DType): number {
  return dtypeInfo(dtype).array?.BYTES_PER_ELEMENT ?? 8;
}

/** `size` elements from the first of them; the last one given is repeated. */
function spread(dtype: DType, values: ArrayLike<unknown>, size: number): HostData {
  if (dtype === 'string') {
    const strings = values as ArrayLike<Uint8Array>;
    const last = strings[strings.length - 1] ?? new Uint8Array();
    return PackedStrings.of(Array.from({length: size}, (_, i) => strings[i] ?? last));
  }
  const width = lanes(dtype);
  if (dtypeInfo(dtype).kind === 'float' && dtypeInfo(dtype).bytes < 4)
    return spreadPatterns(dtype, values, size);
  const out = allocate(dtype, size);
  fill(out, values, width);
  return out;
}

/** float16, bfloat16 and the 8-bit floats come as bit patterns. */
function spreadPatterns(dtype: DType, values: ArrayLike<unknown>, size: number): HostData {
  const patterns: NumericArray = dtypeInfo(dtype).bytes === 1 ? new Uint8Array(size) : new Uint16Array(size);
  fill(patterns, values, 1);
  const bytes = new Uint8Array(patterns.buffer, patterns.byteOffset, patterns.byteLength);
  return decodeTensorBytes(dtype, bytes, size);
}

function fill(out: NumericArray, values: ArrayLike<unknown>, width: number): void {
  const given = values.length;
  for (let i = 0; i < given; i++) out[i] = values[i] as never;
  if (given < width || given >= out.length) return;
  if (width === 1) out.fill(values[given - 1] as never, given);
  else for (let i = given; i < out.length; i++) out[i] = out[i - width] as never;
}
