/**
 * Choosing and combining whole operands: Select, ClipByValue, sums of a list.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type Cells, cellsOf, cellsPerElement} from '../../../host/cells.js';
import {dtypeInfo, isFloating} from '../../../host/dtypes.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {allocateHost} from '../../../host/strided_copy.js';
import {overOneArray, PackedStrings} from '../../../host/strings.js';
import {allocate, type HostObject, sizeOf} from '../../../host/tensor.js';
import {fromParts, partsOf} from '../../../tensors/complex_tensors.js';
import {broadcastTensor, withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {broadcastOrThrow, forEachBroadcast, forEachRun} from '../../../tensors/host.js';
import {stringValue} from '../../../tensors/strings.js';
import {preferHost, Value, type Variant} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
import {reducedAxes} from '../plan.js';
import {binaryMath} from './binary.js';

/** {@link select} of floats on a backend. */
function selectTensor(condition: Value, x: Value, y: Value): tf.Tensor {
  const shape = broadcastOrThrow(condition.shape, broadcastOrThrow(x.shape, y.shape));
  // The gradient is chosen, not multiplied by the mask: an infinity on the other side must not become a NaN.
  return withGradient(
    [stretch(x, shape), stretch(y, shape)],
    (a, b) => tf.where(stretch(condition, shape), a!, b!),
    (dy, _inputs, _y, [mask]) => {
      const zeros = tf.zerosLike(dy);
      return [tf.where(mask!, dy, zeros), tf.where(mask!, zeros, dy)];
    },
    [condition.tensor()],
  );
}

/** The tensor of a value, broadcast. Filling with a constant is much faster than broadcasting one. */
function stretch(x: Value, shape: number[]): tf.Tensor {
  if (sameShape(x.shape, shape)) return x.tensor();
  if (isFloating(x.dtype)) {
    return x.size === 1 && !x.onDevice ? tf.fill(shape, x.number()) : broadcastTensor(x.tensor(), shape);
  }
  return tf.broadcastTo(x.tensor(), shape);
}

/** Elements of `x` where `condition` holds, else of `y`; all three broadcast. */
export function select(condition: Value, x: Value, y: Value): Value {
  if (isFloating(x.dtype) && !preferHost(x, y)) return Value.device(selectTensor(condition, x, y), x.dtype);
  if (x.parts || y.parts) {
    const [real, imag] = partsOf(x).map((part, lane) => {
      const chosen = select(condition, Value.device(part), Value.device(partsOf(y)[lane]!));
      return chosen.tensor();
    });
    return fromParts([real!, imag!], x.dtype);
  }
  const shape = broadcastOrThrow(condition.shape, broadcastOrThrow(x.shape, y.shape));
  if (x.dtype === 'string') {
    const [a, b] = overOneArray([x.strings(), y.strings()]) as [PackedStrings, PackedStrings];
    const places = (which: 'starts' | 'ends') =>
      select(condition, Value.host('int32', x.shape, a[which]), Value.host('int32', y.shape, b[which]));
    const bytes = a.length > 0 ? a.bytes : b.bytes;
    const [starts, ends] = [places('starts'), places('ends')];
    return stringValue(
      shape,
      new PackedStrings(bytes, starts.numeric() as Int32Array, ends.numeric() as Int32Array),
    );
  }
  const narrow = x.narrow && y.narrow;
  if (narrow !== undefined) {
    const [a, b] = [x, y].map((each) => Value.host('int32', each.shape, each.narrow!)) as [Value, Value];
    const chosen = select(condition, a, b);
    return Value.narrow(shape, chosen.numeric() as Int32Array);
  }
  const holds = condition.numeric() as Uint8Array;
  if (dtypeInfo(x.dtype).array === undefined) return selectObjects(holds, condition.shape, x, y, shape);
  const out = allocate(x.dtype, sizeOf(shape));
  const [a, b, target] = [x.numeric(), y.numeric(), out].map(cellsOf) as [Cells, Cells, Cells];
  const width = cellsPerElement(x.dtype);
  forEachRun([condition.shape, x.shape, y.shape], shape, (to, [c, i, k], steps, count) => {
    chooseCells(holds, c!, steps[0]!, a, i!, steps[1]!, b, k!, steps[2]!, target, to, count, width);
  });
  return Value.host(x.dtype, shape, out);
}

/** Chooses `count` elements of `width` cells each, from those at `i` in `a` and at `k` in `b` on, as `holds` says from `c` on. */
function chooseCells(
  holds: Uint8Array,
  c: number,
  cStep: number,
  a: Cells,
  i: number,
  aStep: number,
  b: Cells,
  k: number,
  bStep: number,
  out: Cells,
  to: number,
  count: number,
  width: number,
): void {
  // A mask in place of a branch, for conditions are as good as random.
  if (width === 1) {
    for (let n = 0; n < count; n++) {
      const mask = -holds[c + n * cStep]! >> 31;
      out[to + n] = (a[i + n * aStep]! & mask) | (b[k + n * bStep]! & ~mask);
    }
    return;
  }
  for (let n = 0; n < count; n++) {
    const mask = -holds[c + n * cStep]! >> 31;
    const at = width * (to + n);
    const fromA = width * (i + n * aStep);
    const fromB = width * (k + n * bStep);
    for (let cell = 0; cell < width; cell++) {
      out[at + cell] = (a[fromA + cell]! & mask) | (b[fromB + cell]! & ~mask);
    }
  }
}

/** {@link select} of resources and variants. */
function selectObjects(
  holds: Uint8Array,
  conditionShape: readonly number[],
  x: Value,
  y: Value,
  shape: readonly number[],
): Value {
  const [a, b] = [x, y].map((each) => each.hostData() as readonly HostObject[]) as [
    readonly HostObject[],
    readonly HostObject[],
  ];
  const out = allocateHost(x.dtype, sizeOf(shape)) as HostObject[];
  forEachBroadcast([conditionShape, x.shape, y.shape], shape, (at, [c, i, k]) => {
    out[at] = holds[c!] ? a[i!]! : b[k!]!;
  });
  return Value.host(x.dtype, shape, out);
}

/** `Select` knows no broadcasting, but takes a scalar or one boolean per row. */
const selectRows: Kernel = (inputs, ctx) => {
  const [condition, x, y] = inputs as [Value, Value, Value];
  if (!sameShape(x.shape, y.shape)) {
    throw invalid(
      ctx,
      `both branches need one shape, got ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    );
  }
  if (condition.rank === 0 || sameShape(condition.shape, x.shape)) return select(condition, x, y);
  if (condition.rank !== 1 || condition.size !== x.shape[0]) {
    throw invalid(ctx, `condition ${formatShape(condition.shape)} fits no rows of ${formatShape(x.shape)}`);
  }
  return select(condition.reshape([condition.size, ...x.shape.slice(1).fill(1)]), x, y);
};

const selectBroadcast: Kernel = ([condition, x, y]) => select(condition!, x!, y!);

/** Adds what lists, optionals and ragged tensors hold. */
function addVariants(a: Value, b: Value, ctx: KernelContext): Value {
  const others = b.hostData() as readonly Variant[];
  const sums = (a.hostData() as readonly Variant[]).map((variant, i) => {
    if (variant.plus === undefined) throw unsupported(ctx, `a sum of a ${variant.kind}`);
    return variant.plus(others[i]!, (x, y) => addAll([x, y], ctx) as Value);
  });
  return Value.host('variant', a.shape, sums);
}

const addAll: Kernel = (inputs, ctx) => {
  const [first] = inputs as [Value];
  for (const each of inputs) {
    if (!sameShape(each.shape, first.shape)) {
      throw invalid(ctx, `cannot add ${formatShape(first.shape)} and ${formatShape(each.shape)}`);
    }
  }
  if (inputs.length === 1) return first;
  if (first.dtype === 'variant') return inputs.reduce((sum, each) => addVariants(sum, each, ctx));
  if (dtypeInfo(first.dtype).array === undefined) throw unsupported(ctx, first.dtype);
  if (isFloating(first.dtype) && !preferHost(...inputs)) {
    return fromTensor(tf.addN(inputs.map((each) => each.tensor())), first.dtype);
  }
  return inputs.reduce((sum, each) => binaryMath.AddV2!.kernel([sum, each], ctx) as Value);
};

const clip: Kernel = (inputs, ctx) => {
  const [x, low, high] = inputs as [Value, Value, Value];
  for (const bound of [low, high]) {
    if (bound.rank !== 0 && !sameShape(bound.shape, x.shape)) {
      throw invalid(ctx, `a bound of shape ${formatShape(bound.shape)} does not fit ${formatShape(x.shape)}`);
    }
  }
  if (isFloating(x.dtype) && !preferHost(x, low, high)) {
    return Value.device(clipTensor(x.tensor(), low.tensor(), high.tensor()), x.dtype);
  }
  const below = binaryMath.Minimum!.kernel([x, high], ctx) as Value;
  return binaryMath.Maximum!.kernel([below, low], ctx);
};

function clipTensor(x: tf.Tensor, low: tf.Tensor, high: tf.Tensor): tf.Tensor {
  return withGradient(
    [x, low, high],
    (a, lowest, highest) => tf.maximum(tf.minimum(a!, highest!), lowest!),
    (dy, [a, lowest, highest]) => {
      const zeros = tf.zerosLike(dy);
      const isLow = tf.less(a!, lowest!);
      const isHigh = tf.greater(a!, highest!);
      return [
        tf.where(tf.logicalOr(isLow, isHigh), zeros, dy),
        tf.where(isLow, dy, zeros),
        tf.where(isHigh, dy, zeros),
      ];
    },
  );
}

/** The axes over which a gradient is summed for each of two operands that were broadcast. */
const broadcastGradientArgs: Kernel = ([a, b], ctx) =>
  reducedAxes(a!.numbers(), b!.numbers(), ctx).map((axes) => Value.vector(a!.dtype, axes));

export const selection: OpFamily = {
  Select: {kernel: selectRows},
  SelectV2: {kernel: selectBroadcast},
  AddN: {kernel: addAll},
  AccumulateNV2: {kernel: addAll},
  ClipByValue: {kernel: clip},
  BroadcastGradientArgs: {kernel: broadcastGradientArgs},
};
