/**
 * What flows along the edges of a graph: a tensor in TensorFlow's dtype that lives on the host, on a tfjs backend,
 * or on both.
 *
 * Where a value was born decides where it may be computed. A floating point value born on a tfjs backend may hang on
 * a gradient tape and, while there is one, has to stay in tfjs operations; a value born on the host (a constant, a shape, an
 * index, an int64, a string) hangs on none, so a kernel is free to compute with its host data.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {noteHostBytes} from '../host/budget.js';
import {type DType, dtypeInfo, isBigInt, isFloating, type NumericArray} from '../host/dtypes.js';
import {narrowed, nearestNumbers, widenInto, wordsOf} from '../host/int64.js';
import type {LazyTensor} from '../host/lazy_tensor.js';
import type {RowIndices} from '../host/row_indices.js';
import {PackedStrings} from '../host/strings.js';
import {
  allocate,
  type HostData,
  type HostObject,
  type HostTensor,
  numbersAs,
  sizeOf,
} from '../host/tensor.js';
import {isReadable} from '../tfjs/data.js';
import {hostTensor} from '../tfjs/host_backend.js';
import {clone, reshape} from '../tfjs/kernels.js';
import {stringsOf} from '../tfjs/string_tensors.js';
import {isTaping} from '../tfjs/tape.js';
import {heapView} from '../tfjs/wasm_views.js';

/** Something with identity that a graph refers to by handle: a variable, a table, a stack. */
export interface Resource {
  /** What kind of resource this is, for messages. */
  readonly kind: string;
  readonly name: string;
}

/** An opaque element of a variant tensor: a tensor list, an optional, a ragged component. */
export interface Variant {
  /** What kind of variant this is, for messages. */
  readonly kind: string;
  /** The values it holds; they live as long as it does. */
  values(): Iterable<Value>;
  /** The same object around the zeros of its values; absent where there is no such thing. */
  zerosLike?(zeros: (value: Value) => Value): Variant;
  /** The sum with another object: that of their values. Absent where there is no such thing; a CallError for one it cannot take. */
  plus?(other: Variant, add: (a: Value, b: Value) => Value): Variant;
}

/** The real and the imaginary parts of complex numbers, as two float32 tensors of one shape. */
export type ComplexParts = readonly [real: tf.Tensor, imag: tf.Tensor];

/** dtypes a tfjs backend holds; the narrow floats ride in float32 tensors and are rounded after each operation. */
const DEVICE_DTYPES: Partial<Record<DType, 'float32' | 'int32' | 'bool' | 'complex64'>> = {
  float32: 'float32',
  float16: 'float32',
  bfloat16: 'float32',
  int32: 'int32',
  bool: 'bool',
  complex64: 'complex64',
};

/** A host computation of at most this many elements is cheaper than starting a backend kernel. */
const SMALL = 1024;

/** The same where an operand has to be read from the backend. */
const SMALL_ON_DEVICE = 256;

/** dtypes of which tfjs's elements are those of the value. */
const PLAIN: ReadonlySet<tf.DataType> = new Set<tf.DataType>(['float32', 'int32']);

/**
 * A tensor value. Immutable; reference-counted by the interpreter (`retain`/`release`) so that backend memory is
 * returned after the last use.
 */
export class Value implements HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  #host: HostData | undefined;
  #narrow: Int32Array | undefined;
  #rowIndices: RowIndices | undefined;
  #stored: LazyTensor | undefined;
  #tensor: tf.Tensor | undefined;
  #parts: ComplexParts | undefined;
  /** Born on a tfjs backend: see the module's comment. */
  readonly onDevice: boolean;
  #references = 0;
  #pinned = false;
  /** Nobody else has its memory. */
  #isFresh = false;
  /** What was noted of its host memory when it was retained. */
  #noted = 0;

  private constructor(
    dtype: DType,
    shape: readonly number[],
    host: HostData | undefined,
    tensor: tf.Tensor | undefined,
    parts?: ComplexParts,
  ) {
    this.dtype = dtype;
    this.shape = shape;
    this.#host = host;
    this.#tensor = tensor;
    this.#parts = parts;
    this.onDevice = tensor !== undefined || parts !== undefined;
  }

  /** A value in host memory. `data` is not copied and must not change afterwards. */
  static host(dtype: DType, shape: readonly number[], data: HostData): Value {
    return new Value(dtype, shape, data, undefined);
  }

  /** A value whose memory nobody else has, and that the kernel which made it gives away. */
  static fresh(dtype: DType, shape: readonly number[], data: HostData): Value {
    const value = new Value(dtype, shape, data, undefined);
    value.#isFresh = true;
    return value;
  }

  /**
   * An int64 value whose elements all fit int32, which is what ids, places and counts mostly do: they are held in half the memory, and
   * whoever knows of it ({@link narrow}) computes with them so. `data` is not copied and must not change afterwards.
   */
  static narrow(shape: readonly number[], data: Int32Array): Value {
    const value = new Value('int64', shape, undefined, undefined);
    value.#narrow = data;
    return value;
  }

  /** {@link narrow} in memory that nobody else has, and that the kernel which made it gives away. */
  static freshNarrow(shape: readonly number[], data: Int32Array): Value {
    const value = Value.narrow(shape, data);
    value.#isFresh = true;
    return value;
  }

  /** An int64 matrix of the indices of elements in rows. */
  static rowIndices(indices: RowIndices): Value {
    const value = new Value('int64', [indices.count, 2], undefined, undefined);
    value.#rowIndices = indices;
    return value;
  }

  static of(tensor: HostTensor): Value {
    return new Value(tensor.dtype, tensor.shape, tensor.data, undefined);
  }

  /**
   * A value on a tfjs backend. `dtype` says what the tensor stands for when that differs from its tfjs dtype:
   * `float16`, `bfloat16` (already rounded: see `fromTensor`) and `float64` ride in float32 tensors.
   */
  static device(tensor: tf.Tensor, dtype: DType = tensor.dtype as DType): Value {
    return new Value(dtype, tensor.shape, undefined, tensor);
  }

  /**
   * A complex value on a tfjs backend that may hang on a gradient tape. It is kept as two float32 tensors of one shape,
   * because a tape refuses complex ones.
   */
  static complex(real: tf.Tensor, imag: tf.Tensor, dtype: 'complex64' | 'complex128' = 'complex64'): Value {
    return new Value(dtype, real.shape, undefined, undefined, [real, imag]);
  }

  /** A value whose elements stay in their file until somebody reads them; the tensor is held by who made it. */
  static stored(tensor: LazyTensor): Value {
    const value = new Value(tensor.dtype, tensor.shape, undefined, undefined);
    value.#stored = tensor;
    return value;
  }

  /** A scalar of the given dtype. */
  static scalar(dtype: DType, value: number | bigint | boolean): Value {
    const data = allocate(dtype, 1);
    data[0] = (isBigInt(dtype) ? BigInt(value) : Number(value)) as never;
    return new Value(dtype, [], data, undefined);
  }

  /** A rank-1 value from JavaScript numbers. */
  static vector(dtype: DType, values: ArrayLike<number>): Value {
    return new Value(dtype, [values.length], numbersAs(dtype, values), undefined);
  }

  /** A scalar resource or variant. */
  static object(dtype: 'resource' | 'variant', object: HostObject): Value {
    return new Value(dtype, [], [object], undefined);
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** True when host data can be used freely: it is there already, and no gradient can hang on the value. */
  get hostReady(): boolean {
    if (!this.onDevice) return true;
    return this.#host !== undefined && this.#parts === undefined && !isFloating(this.dtype);
  }

  /** Host data; read back from the backend (synchronously) at the first call. */
  hostData(): HostData {
    // Who reads it may keep it.
    this.#isFresh = false;
    this.#host ??= this.#readHost();
    return this.#host;
  }

  #readHost(): HostData {
    const narrow = this.#heldNarrow();
    if (narrow !== undefined) return widened(narrow);
    if (this.#stored !== undefined) return this.#stored.read().data;
    return this.#parts ? interleave(this.#parts, this.dtype) : readBack(this.#tensor!, this.dtype);
  }

  /**
   * The elements of an int64 value as int32: where it was made of such, or they are few and fit. Undefined for all others. Belongs to the
   * value.
   */
  get narrow(): Int32Array | undefined {
    // Who reads it may keep it.
    this.#isFresh = false;
    const narrow = this.#heldNarrow();
    if (narrow !== undefined || this.dtype !== 'int64' || this.size > FEW) return narrow;
    return narrowed(this.hostData() as BigInt64Array);
  }

  #heldNarrow(): Int32Array | undefined {
    return (this.#narrow ??= this.#rowIndices?.all());
  }

  /** What it was made of, if these are the indices of elements in rows. */
  get indicesInRows(): RowIndices | undefined {
    return this.#rowIndices;
  }

  /** Where its elements are, if they are in a file. */
  get inFile(): LazyTensor | undefined {
    return this.#stored;
  }

  /** {@link hostData} as a property: a value is a {@link HostTensor} for whoever only reads it. */
  get data(): HostData {
    return this.hostData();
  }

  /** Host data of a numeric value. Complex values are interleaved; float16/bfloat16 are float32 numbers. */
  numeric(): NumericArray {
    return this.hostData() as NumericArray;
  }

  /** {@link numeric} for who reads it before anything else happens, and neither changes nor keeps it: without a copy where that is possible. */
  passing(): NumericArray {
    const tensor = this.#host === undefined ? this.#tensor : undefined;
    const isPlain = tensor !== undefined && tensor.dtype === this.dtype && PLAIN.has(tensor.dtype);
    return (isPlain && heapView(tensor)) || this.numeric();
  }

  /** Host data of a string value. Any other is a CallError. */
  strings(): PackedStrings {
    if (this.dtype !== 'string') throw new CallError(`expected strings, got ${this.dtype}`);
    return this.hostData() as PackedStrings;
  }

  /** The first string of a string value, as that of a scalar is. Shares the bytes. */
  string(): Uint8Array {
    const strings = this.strings();
    if (strings.length === 0) throw new CallError('expected a string, got none');
    return strings.at(0);
  }

  /**
   * Elements as JavaScript numbers, for shapes, axes, indices and other small operands. Numbers beyond 2^53 are a
   * CallError.
   */
  numbers(): number[] {
    const indices = this.indices();
    if (!isBigInt(this.dtype)) return Array.from(indices);
    // As what V8 calls small integers: loops over shapes of other numbers are compiled for floats, and take several times longer.
    return Array.from(indices, (index) => (index === (index | 0) ? index | 0 : index));
  }

  /** {@link numbers} for many of them: of dtypes whose elements are numbers, {@link numeric}. */
  indices(): ArrayLike<number> {
    const {narrow} = this;
    if (narrow !== undefined) return narrow;
    const data = this.numeric();
    const numbers = nearestNumbers(data);
    if (numbers === data) return numbers;
    for (let i = 0; i < numbers.length; i++) {
      if (!Number.isSafeInteger(numbers[i])) {
        throw new CallError(`${data[i]} does not fit where an index or a size is expected`);
      }
    }
    return numbers;
  }

  /** The only element, as a JavaScript number. */
  number(): number {
    return this.numbers()[0]!;
  }

  /** The only object of a resource or variant scalar, checked to be of the given class. */
  object<T extends Resource | Variant>(type: abstract new (...args: never[]) => T): T {
    const object = (this.hostData() as readonly object[])[0];
    if (object instanceof type) return object;
    const found = object === undefined ? 'nothing' : ((object as Resource).kind ?? typeof object);
    throw new CallError(`expected a ${type.name}, got ${found}`);
  }

  /**
   * The value as a tfjs tensor on the active backend, uploaded at the first call. `float64` and the integers a backend
   * cannot hold are narrowed to float32 and int32: an integer that does not fit int32 is a CallError.
   * The tensor belongs to this value: do not dispose of it, and clone it to keep it.
   */
  tensor(): tf.Tensor {
    if (this.#tensor !== undefined) return this.#tensor;
    const tensor = this.#parts ? tf.complex(...this.#parts) : this.#uploaded();
    // A value no frame holds is a kernel's temporary: its tensor goes with the kernel's scope, so it is not cached.
    if (this.#references > 0 || this.#pinned) this.#tensor = tf.keep(tensor);
    return tensor;
  }

  #uploaded(): tf.Tensor {
    const {narrow} = this;
    if (narrow !== undefined) return tf.tensor(narrow, this.shape as number[], 'int32');
    return upload(this.dtype, this.shape, this.hostData());
  }

  /**
   * The memory of the value as a tensor, which takes it over; undefined where others may have it as well, or no tensor can hold it. The
   * value is not used any more.
   */
  giveAway(): tf.Tensor | undefined {
    const deviceType = this.#narrow === undefined ? DEVICE_DTYPES[this.dtype] : 'int32';
    if (!this.#isFresh || this.#pinned || this.#references > 1 || this.#tensor !== undefined)
      return undefined;
    if (deviceType === undefined || deviceType === 'complex64') return undefined;
    this.#isFresh = false;
    return hostTensor((this.#narrow ?? this.#host) as Float32Array, this.shape, deviceType);
  }

  /** The tfjs tensor of a value born on a backend, undefined for one born on the host. */
  get deviceTensor(): tf.Tensor | undefined {
    return this.onDevice ? this.#tensor : undefined;
  }

  /** The tensor of a value born on a backend that holds no other one, as all do that are neither complex nor variants. */
  get onlyTensor(): tf.Tensor | undefined {
    return this.onDevice && this.#parts === undefined && this.dtype !== 'variant' ? this.#tensor : undefined;
  }

  /** Whether the tensor is one of {@link deviceTensors}. */
  holds(tensor: tf.Tensor): boolean {
    if (this.#tensor === tensor) return true;
    if (this.#parts === undefined && this.dtype !== 'variant') return false;
    for (const held of this.deviceTensors()) if (held === tensor) return true;
    return false;
  }

  /** The tensors of a value made by `Value.complex`, undefined for all others. */
  get parts(): ComplexParts | undefined {
    return this.#parts;
  }

  /** The same elements under another shape of the same size. A host value shares its data. */
  reshape(shape: readonly number[]): Value {
    if (this.#parts !== undefined) {
      const [real, imag] = this.#parts.map((part) => reshape(part, shape));
      return new Value(this.dtype, shape, undefined, undefined, [real!, imag!]);
    }
    if (this.onDevice) return Value.device(reshape(this.#tensor!, shape), this.dtype);
    const {narrow} = this;
    if (narrow !== undefined) return Value.narrow(shape, narrow);
    return new Value(this.dtype, shape, this.hostData(), undefined);
  }

  /** Exempts the value from reference counting until `unpin`: constants, variables, a caller's arguments. */
  pin(): this {
    this.#pinned = true;
    return this;
  }

  /** Ends a pin and frees what the value owns on a backend. */
  unpin(): void {
    this.#pinned = false;
    this.#unheld();
    this.#free();
  }

  /** Counts one more holder. */
  retain(): this {
    if (this.#references++ > 0) return this;
    if (!this.#pinned) {
      this.#noted = VALUE_BYTES + hostBytes(this.#host ?? this.#narrow);
      noteHostBytes(this.#noted);
    }
    if (this.dtype === 'variant') for (const value of this.#heldValues()) value.retain();
    return this;
  }

  /** Counts one holder less; after the last one, backend memory is freed. */
  release(): void {
    if (--this.#references > 0) return;
    this.#unheld();
    if (this.dtype === 'variant') for (const value of this.#heldValues()) value.release();
    this.#free();
  }

  /** Counts one holder less without freeing: the value goes to a new holder. */
  yield(): this {
    if (--this.#references > 0) return this;
    this.#unheld();
    if (this.dtype === 'variant') for (const value of this.#heldValues()) value.yield();
    return this;
  }

  /**
   * The value with tensors of its own: those that another value holds, too, are cloned (which copies no data). Two values
   * must not own one tensor, for the first to go would take it along.
   */
  unshared(taken: ReadonlySet<tf.Tensor>): Value {
    const own = (tensor: tf.Tensor) => (taken.has(tensor) ? clone(tensor) : tensor);
    if (this.onDevice && this.#tensor !== undefined && taken.has(this.#tensor)) {
      return Value.device(clone(this.#tensor), this.dtype);
    }
    if (this.#parts?.some((part) => taken.has(part))) {
      const [real, imag] = this.#parts;
      return new Value(this.dtype, this.shape, undefined, undefined, [own(real), own(imag)]);
    }
    return this;
  }

  /** Every tensor on a backend that this value needs to stay alive, its own or those of the variants in it. */
  *deviceTensors(): Generator<tf.Tensor> {
    if (this.#tensor !== undefined) yield this.#tensor;
    if (this.#parts !== undefined) yield* this.#parts;
    if (this.dtype === 'variant') for (const value of this.#heldValues()) yield* value.deviceTensors();
  }

  #unheld(): void {
    this.#references = 0;
    if (this.#noted === 0) return;
    noteHostBytes(-this.#noted);
    this.#noted = 0;
  }

  *#heldValues(): Generator<Value> {
    for (const variant of this.#host as readonly Variant[]) yield* variant.values();
  }

  #free(): void {
    if (this.#pinned) return;
    for (const tensor of [this.#tensor, ...(this.#parts ?? [])]) {
      if (tensor !== undefined && !tensor.isDisposed) tensor.dispose();
    }
    this.#tensor = undefined;
    this.#parts = undefined;
  }
}

/** What a value takes beside its elements, about: a list of a million scalars is no small thing. */
export const VALUE_BYTES = 400;

/** Arrays of fewer elements are covered by that. */
const FEW = 16;

/** Bytes of strings: of many that are held for few, only theirs count, for others may hold them as well. */
function bytesHeld(strings: PackedStrings): number {
  const {length} = strings.bytes;
  return length <= MANY_BYTES * strings.length ? length : Math.min(strings.totalBytes, length);
}

/** To add the lengths of strings up takes as long as anything else that is done with so few bytes each. */
const MANY_BYTES = 64;

/** Host memory of a value's elements, about: what several share is counted for each. */
function hostBytes(data: HostData | undefined): number {
  if (data === undefined) return 0;
  if (data instanceof PackedStrings) return 8 * data.length + bytesHeld(data);
  if (ArrayBuffer.isView(data)) return data.length < FEW ? 0 : data.byteLength;
  return 8 * data.length;
}

/**
 * True when all of the values can be had on the host and computing there is the better choice. Off a gradient tape that is so for small
 * values wherever they were born: a backend's kernel takes longer to start than such an op to compute.
 */
export function preferHost(...values: readonly Value[]): boolean {
  for (const value of values) {
    if (value.hostReady ? hasDeviceType(value.dtype) && value.size > SMALL : !isSmallAndFree(value))
      return false;
  }
  return true;
}

/** True for few elements on a backend, which can be read, and on which no gradient can hang. */
function isSmallAndFree(value: Value): boolean {
  return value.size <= SMALL_ON_DEVICE && value.parts === undefined && !isTaping() && isReadable();
}

/** True when a tfjs backend can hold the dtype without loss. */
export function hasDeviceType(dtype: DType): boolean {
  return DEVICE_DTYPES[dtype] !== undefined;
}

/** Complex numbers on the host from the tensors of their parts. */
function interleave(parts: ComplexParts, dtype: DType): NumericArray {
  const [real, imag] = parts.map((part) => part.dataSync());
  const out = allocate(dtype, real!.length);
  for (let i = 0; i < real!.length; i++) {
    out[2 * i] = real![i]!;
    out[2 * i + 1] = imag![i]!;
  }
  return out;
}

function readBack(tensor: tf.Tensor, dtype: DType): HostData {
  if (dtype === 'string') return stringsOf(tensor);
  const data = tensor.dataSync();
  if (dtype === 'float64') return Float64Array.from(data as Float32Array);
  // tfjs's cpu backend gives plain arrays for booleans computed by some kernels.
  const {array} = dtypeInfo(dtype);
  if (array !== undefined && !(data instanceof array)) {
    const out = allocate(dtype, data.length);
    for (let i = 0; i < data.length; i++) out[i] = Number(data[i]) as never;
    return out;
  }
  return data as NumericArray;
}

function upload(dtype: DType, shape: readonly number[], data: HostData): tf.Tensor {
  const dims = shape as number[];
  if (dtype === 'string') return tf.tensor((data as PackedStrings).toArray(), dims, 'string');
  if (dtype === 'resource' || dtype === 'variant') {
    throw new CallError(`a ${dtype} cannot be used as a tensor`);
  }
  const numbers = data as NumericArray;
  if (dtype === 'complex64' || dtype === 'complex128') return uploadComplex(dims, numbers as Float32Array);
  const deviceType = DEVICE_DTYPES[dtype];
  if (deviceType !== undefined) return tf.tensor(numbers as Float32Array, dims, deviceType);
  // What has just been made is not copied before a kernel of a backend asks for it.
  if (isFloating(dtype)) return hostTensor(Float32Array.from(numbers as Float64Array), dims, 'float32');
  return hostTensor(toInt32(numbers), dims, 'int32');
}

function widened(data: Int32Array): BigInt64Array {
  const out = allocate('int64', data.length) as BigInt64Array;
  widenInto(wordsOf(out), data);
  return out;
}

function lowWords(numbers: BigInt64Array | BigUint64Array): Int32Array {
  const out = narrowed(numbers);
  if (out !== undefined) return out;
  const wide = numbers.find((each: bigint) => each !== BigInt.asIntN(32, each));
  throw new CallError(`${wide} does not fit int32`);
}

function uploadComplex(shape: number[], data: Float32Array | Float64Array): tf.Tensor {
  const size = data.length / 2;
  const real = new Float32Array(size);
  const imag = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    real[i] = data[2 * i]!;
    imag[i] = data[2 * i + 1]!;
  }
  return tf.tidy(() => tf.complex(tf.tensor(real, shape), tf.tensor(imag, shape)));
}

function toInt32(numbers: NumericArray): Int32Array {
  if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array) return lowWords(numbers);
  const out = new Int32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = Number(numbers[i]);
    if (number !== (number | 0)) throw new CallError(`${numbers[i]} does not fit int32`);
    out[i] = number;
  }
  return out;
}
