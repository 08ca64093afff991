/**
 * A tensor held on the host in TensorFlow's own dtype: what constants, checkpoints and attributes contain.
 *
 * @module
 */

import {CallError} from '../errors.js';
import {roomFor} from './budget.js';
import {type DType, dtypeInfo, isBigInt, lanes, type NumericArray} from './dtypes.js';
import {setIntegers} from './int64.js';
import {PackedStrings} from './strings.js';

/** An element that is neither a number nor a string: a resource or a variant. */
export interface HostObject {
  /** What kind of object this is, for messages. */
  readonly kind: string;
}

/**
 * Elements of a host tensor in row-major order: a typed array for numeric dtypes (see {@link DTYPES}), byte strings
 * for `string`, and objects for `resource` and `variant`.
 */
export type HostData = NumericArray | PackedStrings | readonly HostObject[];

/** Element `i`; of complex numbers, number `i`. */
export function elementAt(data: HostData, i: number): number | bigint | Uint8Array | HostObject {
  return data instanceof PackedStrings ? data.at(i) : data[i]!;
}

/** All elements. */
export function elementsOf(data: HostData): ArrayLike<number | bigint | Uint8Array | HostObject> {
  return data instanceof PackedStrings ? data.toArray() : data;
}

/** A dense tensor in host memory. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: HostData;
}

/** Number of elements of a fully known shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

/**
 * Storage for `size` elements of a numeric dtype, zero-filled.
 *
 * @throws CallError when that is more than the call under way may have, or than there is.
 */
export function allocate(dtype: DType, size: number): NumericArray {
  const {array} = dtypeInfo(dtype);
  if (array === undefined) throw new CallError(`numbers are expected, not elements of dtype ${dtype}`);
  const length = size * lanes(dtype);
  roomFor(length * array.BYTES_PER_ELEMENT);
  try {
    return new array(length);
  } catch (cause) {
    throw noRoom(size, cause);
  }
}

/** JavaScript numbers, safe integers for int64 and uint64, as storage of a numeric dtype. */
export function numbersAs(dtype: DType, values: ArrayLike<number>): NumericArray {
  const data = allocate(dtype, values.length);
  if (isBigInt(dtype)) setIntegers(data as BigInt64Array, values);
  else (data as Float64Array).set(values);
  return data;
}

/** Tells tensors of different dtypes, shapes or elements apart, -0 from 0 as well, unlike the text of numbers. */
export function contentKey({dtype, shape, data}: HostTensor): string {
  const elements = Array.from(elementsOf(data), (x) => (Object.is(x, -0) ? '-0' : String(x)));
  return `${dtype} ${shape} ${elements.join()}`;
}

/** The integers that `element` gives for 0, 1, ..., `length - 1`. */
export function int32Array(length: number, element: (i: number) => number): Int32Array {
  const out = allocate('int32', length) as Int32Array;
  for (let i = 0; i < length; i++) out[i] = element(i);
  return out;
}

/**
 * A place for each of `size` elements that are no numbers, all of them `element`.
 *
 * @param bytes - what each takes, where they are not all the same object in the end
 * @throws CallError as {@link allocate} does.
 */
export function allocateObjects<T>(size: number, element: T, bytes = POINTER_BYTES): T[] {
  roomFor(size * bytes);
  if (size * bytes > MAX_OBJECT_BYTES) throw noRoom(size);
  try {
    return new Array<T>(size).fill(element);
  } catch (cause) {
    throw noRoom(size, cause);
  }
}

/** What a reference to an object takes. */
const POINTER_BYTES = 8;

/** What an array of a few elements, or another small object, takes, about. */
export const ARRAY_BYTES = 64;

/** JavaScript's heap has no room for much more, and a process that fills it ends. */
const MAX_OBJECT_BYTES = 2 ** 29;

function noRoom(size: number, cause?: unknown): CallError {
  return new CallError(`there is no room for ${size} elements`, {cause});
}
