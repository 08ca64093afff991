/**
 * Ops that take the bytes of strings for the elements of a tensor.
 *
 * @module
 */

import {type DType, dtypeInfo, lanes} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import type {PackedStrings} from '../../../host/strings.js';
import {sizeOf} from '../../../host/tensor.js';
import {tensorStorage} from '../../../host/tensor_bytes.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {elementsIn} from '../plan.js';

/** The strings, each cut or filled with zeros to `length` bytes, as the elements along a new last axis. */
function elements(input: Value, length: number, ctx: KernelContext): Value {
  const dtype = ctx.attrs.dtype('out_type');
  const shape = [...input.shape, elementsIn(length, dtype, ctx)];
  const storage = tensorStorage(dtype, sizeOf(shape));
  copyRows(input.strings(), length, storage.stored);
  if (!ctx.attrs.bool('little_endian')) reverseEach(storage.stored, dtype);
  storage.finish();
  return Value.host(dtype, shape, storage.data);
}

/** Rows of fewer bytes are copied word by word: setting up a block copy costs more. */
const BLOCK_COPY = 256;

/** Copies the first `length` bytes of each string to a row of as many. */
function copyRows(strings: PackedStrings, length: number, rows: Uint8Array): void {
  const {bytes, starts, ends} = strings;
  if (rows.length === 0) return;
  if (areOneRun(strings, length)) {
    rows.set(bytes.subarray(starts[0]!, starts[0]! + rows.length));
    return;
  }
  const from = wholeWordsOf(bytes);
  const to = wholeWordsOf(rows);
  for (let i = 0, row = 0; i < starts.length; i++, row += length) {
    let at = starts[i]!;
    const end = Math.min(ends[i]!, at + length);
    if (end - at >= BLOCK_COPY) {
      rows.set(bytes.subarray(at, end), row);
      continue;
    }
    let place = row;
    if (from.length > 0 && to.length > 0 && (at & 3) === 0 && (place & 3) === 0) {
      const words = (end - at) >> 2;
      const source = at >> 2;
      const target = place >> 2;
      for (let k = 0; k < words; k++) to[target + k] = from[source + k]!;
      at += 4 * words;
      place += 4 * words;
    }
    for (; at < end; at++, place++) rows[place] = bytes[at]!;
  }
}

/** The whole words of bytes; none where they do not begin at one. */
function wholeWordsOf({buffer, byteOffset, length}: Uint8Array): Int32Array {
  return byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, length >> 2) : new Int32Array(0);
}

/** Whether strings of this length lie one behind the other. */
function areOneRun({starts, ends}: PackedStrings, length: number): boolean {
  let at = starts[0]!;
  for (let i = 0; i < starts.length; i++) {
    if (starts[i] !== at || ends[i] !== at + length) return false;
    at += length;
  }
  return true;
}

/** Turns the bytes of each element round. Of a complex one, of each part. */
function reverseEach(bytes: Uint8Array, dtype: DType): void {
  const width = dtypeInfo(dtype).bytes / lanes(dtype);
  if (width === 1) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) {
    for (let at = 0; at < bytes.length; at += 2) view.setInt16(at, view.getInt16(at), true);
  } else if (width === 4) {
    for (let at = 0; at < bytes.length; at += 4) view.setInt32(at, view.getInt32(at), true);
  } else {
    for (let at = 0; at < bytes.length; at += 8) {
      const first = view.getInt32(at);
      view.setInt32(at, view.getInt32(at + 4), true);
      view.setInt32(at + 4, first, true);
    }
  }
}

const decodeRaw: Kernel = ([input], ctx) => {
  const {starts, ends} = input!.strings();
  const length = starts.length === 0 ? 0 : ends[0]! - starts[0]!;
  for (let i = 0; i < starts.length; i++) {
    if (ends[i]! - starts[i]! === length) continue;
    throw invalid(
      ctx,
      `input strings must have one length, but element ${i} has ${ends[i]! - starts[i]!}, not ${length} bytes`,
    );
  }
  return elements(input!, length, ctx);
};

/** As DecodeRaw, of strings that are cut or filled with zeros. */
const decodePaddedRaw: Kernel = ([input, fixedLength], ctx) => {
  if (fixedLength!.rank !== 0)
    throw invalid(ctx, `fixed_length must be a scalar, got shape ${formatShape(fixedLength!.shape)}`);
  const length = fixedLength!.number();
  if (length <= 0) throw invalid(ctx, `fixed_length ${length} must be greater than zero`);
  return elements(input!, length, ctx);
};

/** Elements from the bytes of strings. */
export const stringRaw: OpFamily = {
  DecodeRaw: {kernel: decodeRaw},
  DecodePaddedRaw: {kernel: decodePaddedRaw},
};
