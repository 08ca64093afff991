/**
 * The same elements as another dtype: converted (Cast) or reinterpreted (Bitcast).
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type DType, dtypeInfo, isFloating} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {decodeTensorBytes, encodeTensorBytes} from '../../../host/tensor_bytes.js';
import {fromParts, isComplexOnTape, partsOf} from '../../../tensors/complex_tensors.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {convertElements} from '../../../tensors/host.js';
import {hasDeviceType, Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';

const isComplex = (dtype: DType): boolean => dtypeInfo(dtype).kind === 'complex';

/** `x` converted to `dtype`. A float on a backend stays there, with its gradient, while the target is a float. */
export function castValue(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  if (x.onDevice && isFloating(x.dtype) && isFloating(dtype)) {
    if (hasDeviceType(dtype) || dtype === 'float64') return fromTensor(tf.clone(x.tensor()), dtype);
  }
  if (isComplex(dtype) && isComplexOnTape(x)) {
    const [real, imag] = isComplex(x.dtype) ? partsOf(x) : [x.tensor(), tf.zerosLike(x.tensor())];
    return fromParts([tf.clone(real), tf.clone(imag)], dtype);
  }
  if (x.parts && isFloating(dtype)) return fromTensor(tf.clone(x.parts[0]), dtype);
  const narrow = x.dtype === 'int64' ? x.narrow : undefined;
  if (dtype === 'int64' && x.dtype === 'int32') return Value.narrow(x.shape, x.numeric() as Int32Array);
  if (dtype === 'int32' && narrow !== undefined) return Value.host(dtype, x.shape, narrow);
  return Value.host(
    dtype,
    x.shape,
    narrow ? convertElements(narrow, 'int32', dtype) : convertElements(x.numeric(), x.dtype, dtype),
  );
}

const cast: Kernel = ([x], ctx) => {
  const {dtype} = x!;
  const target = ctx.attrs.dtype('DstT');
  for (const each of [dtype, target]) {
    if (dtypeInfo(each).array === undefined) throw unsupported(ctx, `a cast from ${dtype} to ${target}`);
  }
  return castValue(ctx.attrs.bool('Truncate') ? dropBits(x!, target) : x!, target);
};

/** Bits of the mantissa after the leading one. */
const MANTISSA_BITS: Partial<Record<DType, number>> = {float64: 52, float32: 23, float16: 10, bfloat16: 7};

/** Clears the bits of the mantissa that the narrower float `target` has no place for: a cast that truncates. */
function dropBits(x: Value, target: DType): Value {
  const [has, keeps] = [MANTISSA_BITS[x.dtype], MANTISSA_BITS[target]];
  if (has === undefined || keeps === undefined || keeps >= has) return x;
  if (x.onDevice) {
    const dropped = withGradient(
      [x.tensor()],
      () => dropBits(Value.host(x.dtype, x.shape, x.numeric()), target).tensor(),
      (dy) => [dy],
    );
    return Value.device(dropped, x.dtype);
  }
  const source = x.numeric();
  const truncated = Float64Array.from(source as Float64Array);
  const bits = new BigInt64Array(truncated.buffer);
  const mask = -1n << BigInt(52 - keeps);
  for (let i = 0; i < bits.length; i++) bits[i]! &= mask;
  const data = allocate(x.dtype, truncated.length);
  data.set(truncated as never);
  return Value.host(x.dtype, x.shape, data);
}

const bitcast: Kernel = ([x], ctx) => {
  const target = ctx.attrs.dtype('type');
  const from = dtypeInfo(x!.dtype).bytes;
  const to = dtypeInfo(target).bytes;
  if (from === 0 || to === 0) throw unsupported(ctx, `a bitcast from ${x!.dtype} to ${target}`);
  let shape = [...x!.shape];
  if (from > to) shape.push(from / to);
  if (from < to) {
    if (shape.at(-1) !== to / from) {
      throw invalid(
        ctx,
        `${formatShape(shape)} of ${x!.dtype} has no last dimension of ${to / from} for ${target}`,
      );
    }
    shape = shape.slice(0, -1);
  }
  const bytes = encodeTensorBytes(x!.dtype, x!.hostData());
  return Value.host(target, shape, decodeTensorBytes(target, bytes, sizeOf(shape)));
};

export const casts: OpFamily = {
  Cast: {kernel: cast},
  Bitcast: {kernel: bitcast},
};
