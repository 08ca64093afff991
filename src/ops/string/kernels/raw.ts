/**
 * Ops between tensors and their bytes.
 *
 * @module
 */

import {joinBytes} from '../../../host/bytes.js';
import {dtypeInfo, lanes} from '../../../host/dtypes.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {decodeTensorBytes} from '../../../host/tensor_bytes.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {elementsIn} from '../plan.js';

/** The strings, all of `length` bytes, as the elements along a new last axis. */
function elements(input: Value, strings: readonly Uint8Array[], length: number, ctx: KernelContext): Value {
  const dtype = ctx.attrs.dtype('out_type');
  const shape = [...input.shape, elementsIn(length, dtype, ctx)];
  const bytes = joinBytes(strings);
  if (!ctx.attrs.bool('little_endian')) reverseEach(bytes, dtypeInfo(dtype).bytes / lanes(dtype));
  return Value.host(dtype, shape, decodeTensorBytes(dtype, bytes, sizeOf(shape)));
}

function reverseEach(bytes: Uint8Array, width: number): void {
  if (width === 1) return;
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

const decodeRaw: Kernel = ([input], ctx) => {
  const strings = input!.strings().toArray();
  const length = strings[0]?.length ?? 0;
  strings.forEach((string, i) => {
    if (string.length === length) return;
    throw invalid(
      ctx,
      `input strings must have one length, but element ${i} has ${string.length}, not ${length} bytes`,
    );
  });
  return elements(input!, strings, length, ctx);
};

/** As DecodeRaw, of strings that are cut or filled with zeros. */
const decodePaddedRaw: Kernel = ([input, fixedLength], ctx) => {
  if (fixedLength!.rank !== 0)
    throw invalid(ctx, `fixed_length must be a scalar, got shape [${fixedLength!.shape}]`);
  const length = fixedLength!.number();
  if (length <= 0) throw invalid(ctx, `fixed_length ${length} must be greater than zero`);
  elementsIn(length, ctx.attrs.dtype('out_type'), ctx);
  const strings = input!
    .strings()
    .toArray()
    .map((string) => {
      const padded = allocate('uint8', length) as Uint8Array;
      padded.set(string.subarray(0, length));
      return padded;
    });
  return elements(input!, strings, length, ctx);
};

/** Elements from and to their memory. */
export const stringRaw: OpFamily = {
  DecodeRaw: {kernel: decodeRaw},
  DecodePaddedRaw: {kernel: decodePaddedRaw},
};
