/**
 * TensorFlow's data types: one table from name to number, width and host storage.
 *
 * Source: `tensorflow/core/framework/types.proto`; names as Python's `tf.DType.name`.
 *
 * @module
 */

/** Name of a TensorFlow data type, spelled as Python's `tf.DType.name` does. */
export type DType = keyof typeof DTYPES;

/** Backing array of a host value. Strings, resources and variants are plain arrays of objects. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

interface NumericArrayConstructor {
  new (length: number): NumericArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** What the table says of one dtype. */
export interface DTypeInfo {
  /** Number in `types.proto`. */
  readonly enum: number;
  /** Bytes of one element in files; 0 where elements have no fixed width. */
  readonly bytes: number;
  /**
   * Host storage of one element. `float16`, `bfloat16` and the 8-bit floats are kept as float32 numbers that the
   * narrow type represents exactly; complex values are interleaved (real, imaginary); absent for string, resource
   * and variant, whose host storage is an array of objects.
   */
  readonly array?: NumericArrayConstructor;
  readonly kind: 'float' | 'int' | 'uint' | 'bool' | 'complex' | 'string' | 'resource' | 'variant';
}

/** Every dtype this library knows. */
export const DTYPES = {
  float32: {enum: 1, bytes: 4, array: Float32Array, kind: 'float'},
  float64: {enum: 2, bytes: 8, array: Float64Array, kind: 'float'},
  int32: {enum: 3, bytes: 4, array: Int32Array, kind: 'int'},
  uint8: {enum: 4, bytes: 1, array: Uint8Array, kind: 'uint'},
  int16: {enum: 5, bytes: 2, array: Int16Array, kind: 'int'},
  int8: {enum: 6, bytes: 1, array: Int8Array, kind: 'int'},
  string: {enum: 7, bytes: 0, kind: 'string'},
  complex64: {enum: 8, bytes: 8, array: Float32Array, kind: 'complex'},
  int64: {enum: 9, bytes: 8, array: BigInt64Array, kind: 'int'},
  bool: {enum: 10, bytes: 1, array: Uint8Array, kind: 'bool'},
  qint8: {enum: 11, bytes: 1, array: Int8Array, kind: 'int'},
  quint8: {enum: 12, bytes: 1, array: Uint8Array, kind: 'uint'},
  qint32: {enum: 13, bytes: 4, array: Int32Array, kind: 'int'},
  bfloat16: {enum: 14, bytes: 2, array: Float32Array, kind: 'float'},
  qint16: {enum: 15, bytes: 2, array: Int16Array, kind: 'int'},
  quint16: {enum: 16, bytes: 2, array: Uint16Array, kind: 'uint'},
  uint16: {enum: 17, bytes: 2, array: Uint16Array, kind: 'uint'},
  complex128: {enum: 18, bytes: 16, array: Float64Array, kind: 'complex'},
  float16: {enum: 19, bytes: 2, array: Float32Array, kind: 'float'},
  resource: {enum: 20, bytes: 0, kind: 'resource'},
  variant: {enum: 21, bytes: 0, kind: 'variant'},
  uint32: {enum: 22, bytes: 4, array: Uint32Array, kind: 'uint'},
  uint64: {enum: 23, bytes: 8, array: BigUint64Array, kind: 'uint'},
  float8_e5m2: {enum: 24, bytes: 1, array: Float32Array, kind: 'float'},
  float8_e4m3fn: {enum: 25, bytes: 1, array: Float32Array, kind: 'float'},
  int4: {enum: 29, bytes: 1, array: Int8Array, kind: 'int'},
  uint4: {enum: 30, bytes: 1, array: Uint8Array, kind: 'uint'},
} as const satisfies Record<string, DTypeInfo>;

const BY_ENUM = new Map<number, DType>(
  Object.entries(DTYPES).map(([name, info]) => [info.enum, name as DType]),
);

/** Offset between a dtype and its reference twin (`DT_FLOAT_REF` = 101) in TF1 graphs. */
const REF_OFFSET = 100;

/** The table's entry for `dtype`. */
export function dtypeInfo(dtype: DType): DTypeInfo {
  return DTYPES[dtype];
}

/** The dtype of a `DataType` number; reference types (TF1) give the type they refer to. Undefined when unknown. */
export function dtypeFromEnum(value: number): DType | undefined {
  return BY_ENUM.get(value > REF_OFFSET ? value - REF_OFFSET : value);
}

/** Numbers per element in host storage: 2 for complex types, else 1. */
export function lanes(dtype: DType): 1 | 2 {
  return DTYPES[dtype].kind === 'complex' ? 2 : 1;
}

/** True for real and complex floating point types. */
export function isFloating(dtype: DType): boolean {
  return DTYPES[dtype].kind === 'float';
}

/** True for signed and unsigned integers. */
export function isInteger(dtype: DType): boolean {
  return DTYPES[dtype].kind === 'int' || DTYPES[dtype].kind === 'uint';
}

/** True where host storage is a BigInt64Array or BigUint64Array. */
export function isBigInt(dtype: DType): boolean {
  return dtype === 'int64' || dtype === 'uint64';
}
