/**
 * Elements as cells, in which they are moved as they are: 32-bit words where they are that wide, which no BigInt and no
 * conversion of a NaN goes through.
 *
 * @module
 */

import {type DType, dtypeInfo, lanes, type NumericArray} from './dtypes.js';

/** Memory as cells. */
export type Cells = Int32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** The same memory as cells. */
export function cellsOf(data: NumericArray): Cells {
  if (data.BYTES_PER_ELEMENT < 4) return data as Cells;
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4);
}

/** Cells of an element of a numeric dtype. */
export function cellsPerElement(dtype: DType): number {
  return lanes(dtype) * Math.max(1, dtypeInfo(dtype).array!.BYTES_PER_ELEMENT / 4);
}
