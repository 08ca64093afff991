/**
 * TensorFlow's dtypes as ONNX and ONNX Runtime call them.
 *
 * Source: `TensorProto.DataType` in `onnx/onnx-ml.proto`.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';

interface OnnxDType {
  /** Number in `TensorProto.DataType`. */
  readonly number: number;
  /** What ONNX Runtime's JavaScript tensors call it. */
  readonly name: string;
}

/** The quantized types are the integers they are stored as. */
const DTYPES: Partial<Record<DType, OnnxDType>> = {
  float32: {number: 1, name: 'float32'},
  uint8: {number: 2, name: 'uint8'},
  quint8: {number: 2, name: 'uint8'},
  int8: {number: 3, name: 'int8'},
  qint8: {number: 3, name: 'int8'},
  uint16: {number: 4, name: 'uint16'},
  quint16: {number: 4, name: 'uint16'},
  int16: {number: 5, name: 'int16'},
  qint16: {number: 5, name: 'int16'},
  int32: {number: 6, name: 'int32'},
  qint32: {number: 6, name: 'int32'},
  int64: {number: 7, name: 'int64'},
  bool: {number: 9, name: 'bool'},
  float16: {number: 10, name: 'float16'},
  float64: {number: 11, name: 'float64'},
  uint32: {number: 12, name: 'uint32'},
  uint64: {number: 13, name: 'uint64'},
};

/** True for dtypes whose tensors go into sessions and come out of them. */
export function hasOnnxType(dtype: DType): boolean {
  return DTYPES[dtype] !== undefined;
}

/** The dtype's number in `TensorProto.DataType`. To be asked for dtypes that {@link hasOnnxType} alone. */
export function elementType(dtype: DType): number {
  return DTYPES[dtype]!.number;
}

/** What ONNX Runtime calls the dtype. To be asked for dtypes that {@link hasOnnxType} alone. */
export function runtimeType(dtype: DType): string {
  return DTYPES[dtype]!.name;
}

/** Half floats are float32 numbers in host memory: they are fed and given as such, and cast in the session. */
export function carrierOf(dtype: DType): DType {
  return dtype === 'float16' ? 'float32' : dtype;
}
