/**
 * In which dtypes ONNX Runtime computes an op, and what to do about those in which it does not.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {KERNELS} from './generated/kernels.js';
import {notLowered} from './not_lowered.js';

/** The input that says in which dtype an op computes, where that is not the first. */
const TYPE_INPUTS: Readonly<Record<string, number>> = {
  Where: 1,
  OneHot: 2,
  ConstantOfShape: -1,
  If: -1,
  Loop: -1,
};

/** Which input's dtype an op's kernels are told apart by; -1 where it is none of them. */
export function typeInput(op: string): number {
  return TYPE_INPUTS[op] ?? 0;
}

/**
 * What to compute in, for want of a kernel, so that casting back gives the same: integers wrap, and a half float is what the
 * float32 result rounds to, as in TensorFlow's own kernels.
 */
const WIDER: Partial<Record<DType, readonly DType[]>> = {
  float16: ['float32'],
  int8: ['int32', 'int64'],
  uint8: ['int32', 'int64'],
  int16: ['int32', 'int64'],
  uint16: ['int32', 'int64'],
  int32: ['int64'],
  uint32: ['int64'],
};

const kernels: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  KERNELS.split('\n').map((line) => {
    const [op, ...dtypes] = line.split(' ');
    return [op!, new Set(dtypes)];
  }),
);

/** True where there is a kernel. */
export function hasKernel(op: string, dtype: DType): boolean {
  return kernels.get(op)?.has(dtype) ?? false;
}

/**
 * True for ops that move elements and do not look at them: those have kernels for truth values, too. What ONNX Runtime lists of half
 * floats elsewhere is float32 in casts of its own, of which it leaves out some.
 */
const isMovement = (op: string): boolean =>
  hasKernel(op, 'bool') || op === 'DepthToSpace' || op === 'SpaceToDepth';

/** The dtype to compute `op` in so that it gives what it would give in `dtype`. */
export function computedIn(op: string, dtype: DType): DType {
  if (hasKernel(op, dtype) && (dtype !== 'float16' || isMovement(op))) return dtype;
  const wider = WIDER[dtype]?.find((each) => hasKernel(op, each));
  return wider ?? notLowered(`ONNX Runtime has no kernel of ${op} for ${dtype}`);
}
