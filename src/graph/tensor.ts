/**
 * A tensor held on the host in TensorFlow's own dtype: what constants, checkpoints and attributes contain.
 *
 * @module
 */

import {type DType, dtypeInfo, lanes, type NumericArray} from './dtypes.js';

/**
 * Elements of a host tensor in row-major order: a typed array for numeric dtypes (see {@link DTYPES}), byte strings
 * for `string`, and objects for `resource` and `variant`.
 */
export type HostData = NumericArray | readonly Uint8Array[] | readonly object[];

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

/** Storage for `size` elements of a numeric dtype, zero-filled. */
export function allocate(dtype: DType, size: number): NumericArray {
  const {array} = dtypeInfo(dtype);
  if (array === undefined) throw new TypeError(`${dtype} has no numeric storage`);
  return new array(size * lanes(dtype));
}

/** Bytes as a JavaScript string. Bytes that are no UTF-8 become U+FFFD: for messages and names, not for data. */
export function decodeUtf8(bytes: Uint8Array): string {
  return UTF8_DECODER.decode(bytes);
}

/** UTF-8 bytes of a JavaScript string. */
export function encodeUtf8(text: string): Uint8Array {
  return UTF8_ENCODER.encode(text);
}

const UTF8_DECODER = new TextDecoder();
const UTF8_ENCODER = new TextEncoder();
