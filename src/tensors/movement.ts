/**
 * Moving elements: the primitives that the data movement ops are made of. Each takes any dtype and any rank, stays on
 * the host where the value is there, and is differentiable on a tfjs backend.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type DType, isFloating, lanes} from '../host/dtypes.js';
import * as host from '../host/movement.js';
import {sameShape} from '../host/shape.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {reshape, runKernel} from '../tfjs/kernels.js';
import {fromParts, partsOf} from './complex_tensors.js';
import {linear, zerosFrom} from './linear.js';
import {preferHost, Value} from './value.js';

/** Zeros, empty strings, or nothing for dtypes without a zero when the shape is empty; on the host. */
export function zeros(dtype: DType, shape: readonly number[]): Value {
  return Value.of(host.zeros(dtype, shape));
}

/**
 * True when elements are best moved on the host. What is no float stays there whatever its size: it is an index, a
 * mask or a text on its way to another host computation.
 */
export function movesOnHost(...values: readonly Value[]): boolean {
  return values.every(
    (value) => value.dtype === 'string' || preferHost(value) || (value.hostReady && !isFloating(value.dtype)),
  );
}

/**
 * Moves elements in host memory; those of int64 values that are held as int32 as such.
 *
 * @param isNew - whether `move` gives memory that nobody else has
 */
export function moveOnHost(
  values: readonly Value[],
  move: (...tensors: readonly HostTensor[]) => HostTensor,
  isNew = false,
): Value {
  const narrow = narrowTensors(values);
  const {dtype, shape, data} = move(...(narrow ?? values));
  if (narrow === undefined) return isNew ? Value.fresh(dtype, shape, data) : Value.host(dtype, shape, data);
  return isNew ? Value.freshNarrow(shape, data as Int32Array) : Value.narrow(shape, data as Int32Array);
}

/** Int64 values as int32 ones, if that is how all of them are held. */
function narrowTensors(values: readonly Value[]): HostTensor[] | undefined {
  if (values[0]!.dtype !== 'int64') return undefined;
  const tensors: HostTensor[] = [];
  for (const {narrow, shape} of values) {
    if (narrow === undefined) return undefined;
    tensors.push({dtype: 'int32', shape, data: narrow});
  }
  return tensors;
}

/** Applies a tfjs operation to a value; to the real part (lane 0) and the imaginary part (1) of a complex one. */
export function mapTensor(x: Value, f: (part: tf.Tensor, lane: 0 | 1) => tf.Tensor): Value {
  return mapTensors([x], ([part], lane) => f(part!, lane));
}

/** {@link mapTensor} for an operation on several values of one dtype. */
export function mapTensors(
  values: readonly Value[],
  f: (parts: tf.Tensor[], lane: 0 | 1) => tf.Tensor,
): Value {
  const {dtype} = values[0]!;
  if (lanes(dtype) === 1) {
    return Value.device(
      f(
        values.map((value) => value.tensor()),
        0,
      ),
      dtype,
    );
  }
  const parts = values.map(partsOf);
  const real = f(
    parts.map(([part]) => part),
    0,
  );
  const imaginary = f(
    parts.map(([, part]) => part),
    1,
  );
  return fromParts([real, imaginary], dtype);
}

/** Zeros made from `x`, where `x` or the result has no elements. */
export function emptyFrom(x: Value, shape: readonly number[]): Value {
  const tensor = x.deviceTensor;
  if (tensor === undefined || !isFloating(x.dtype)) return zeros(x.dtype, shape);
  return Value.device(zerosFrom(tensor, shape), x.dtype);
}

/** Reorders axes: axis `k` of the result is axis `perm[k]` of `x`. */
export function transpose(x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  const simple = simplifyPermutation(x.shape, perm);
  if (simple.perm.every((axis, k) => axis === k)) return sameShape(shape, x.shape) ? x : x.reshape(shape);
  if (sizeOf(shape) === 0) return emptyFrom(x, shape);
  if (movesOnHost(x)) return moveOnHost([x], (from) => host.transpose(from!, perm));
  return mapTensor(x, (part) =>
    reshape(runKernel(tf.Transpose, {x: reshape(part, simple.shape)}, {perm: simple.perm}), shape),
  );
}

/** The same permutation with axes of one element left out and axes that stay neighbours joined. */
function simplifyPermutation(shape: readonly number[], perm: readonly number[]) {
  const runs: number[][] = [];
  for (const axis of perm) {
    if (shape[axis] === 1) continue;
    const run = runs.at(-1);
    const gap = run === undefined ? [] : shape.slice(run.at(-1)! + 1, axis);
    if (run !== undefined && axis > run.at(-1)! && gap.every((dim) => dim === 1)) run.push(axis);
    else runs.push([axis]);
  }
  const ordered = [...runs].sort((a, b) => a[0]! - b[0]!);
  return {
    shape: ordered.map((run) => sizeOf(run.map((axis) => shape[axis]!))),
    perm: runs.map((run) => ordered.indexOf(run)),
  };
}

/** The block of `size` that starts at `begin`. */
export function slice(x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (sameShape(size, x.shape)) return x;
  if (sizeOf(size) === 0) return emptyFrom(x, size);
  const column = size[0] === x.shape[0] && size[1] === 1 ? x.indicesInRows?.column(begin[1]!) : undefined;
  if (column !== undefined) return Value.narrow(size, column);
  if (movesOnHost(x)) return moveOnHost([x], (from) => host.stridedSlice(from!, begin, size));
  const groups = joinAxes(x.shape, (k) => size[k] !== x.shape[k]);
  const from = groups.map(([first]) => begin[first!]!);
  const count = sizesOf(groups, size);
  return mapTensor(x, (part) =>
    reshape(
      runKernel(tf.Slice, {x: reshape(part, sizesOf(groups, x.shape))}, {begin: from, size: count}),
      size,
    ),
  );
}

/** `size` elements along each axis, from `begin` on in steps that may be negative. */
export function stridedSlice(
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  steps: readonly number[],
): Value {
  if (sizeOf(size) === 0) return emptyFrom(x, size);
  if (steps.every((step, k) => step === 1 || size[k] === 1)) return slice(x, begin, size);
  if (movesOnHost(x)) return moveOnHost([x], (from) => host.stridedSlice(from!, begin, size, steps));
  const {low, span} = spanOf(begin, size, steps);
  let block = reverse(
    slice(x, low, span),
    steps.map((step, k) => step < 0 && size[k]! > 1),
  );
  for (let k = 0; k < size.length; k++) block = everyNth(block, k, Math.abs(steps[k]!), size[k]!);
  return block;
}

/** The inverse of {@link stridedSlice}: zeros of `shape` with the elements of `x` where the slice took them from. */
export function stridedUnslice(
  x: Value,
  shape: readonly number[],
  begin: readonly number[],
  steps: readonly number[],
): Value {
  const size = x.shape;
  if (x.size === 0) return emptyFrom(x, shape);
  if (movesOnHost(x)) return Value.of(host.stridedUnslice(x, shape, begin, steps));
  const {low, span} = spanOf(begin, size, steps);
  let block = x;
  for (let k = 0; k < size.length; k++) block = spread(block, k, Math.abs(steps[k]!), size[k]!);
  block = reverse(
    block,
    steps.map((step, k) => step < 0 && size[k]! > 1),
  );
  return pad(
    block,
    low,
    shape.map((dim, k) => dim - low[k]! - span[k]!),
  );
}

/** The smallest block that holds all elements of a strided slice. */
function spanOf(begin: readonly number[], size: readonly number[], steps: readonly number[]) {
  const reach = size.map((count, k) => (count - 1) * steps[k]!);
  return {
    low: begin.map((at, k) => at + Math.min(0, reach[k]!)),
    span: reach.map((distance) => Math.abs(distance) + 1),
  };
}

/** Elements 0, step, 2 * step, ... of an axis. */
function everyNth(x: Value, axis: number, step: number, count: number): Value {
  if (step === 1 || count === 1) return x;
  const [outer, inner] = around(x.shape, axis);
  const full = pad(x.reshape([outer, x.shape[axis]!, inner]), [0, 0, 0], [0, step - 1, 0]);
  const first = slice(full.reshape([outer, count, step * inner]), [0, 0, 0], [outer, count, inner]);
  return first.reshape(x.shape.with(axis, count));
}

/** The inverse of {@link everyNth}: `step - 1` zeros between the elements of an axis. */
function spread(x: Value, axis: number, step: number, count: number): Value {
  if (step === 1 || count === 1) return x;
  const [outer, inner] = around(x.shape, axis);
  const padded = pad(x.reshape([outer, count, inner]), [0, 0, 0], [0, 0, (step - 1) * inner]);
  const length = (count - 1) * step + 1;
  const rows = slice(padded.reshape([outer, count * step, inner]), [0, 0, 0], [outer, length, inner]);
  return rows.reshape(x.shape.with(axis, length));
}

/** Reverses the axes whose flag is set. */
export function reverse(x: Value, flags: readonly boolean[]): Value {
  const matters = flags.map((flag, k) => flag && x.shape[k]! > 1);
  if (x.size === 0 || !matters.includes(true)) return x;
  if (movesOnHost(x)) return moveOnHost([x], (from) => host.reverse(from!, matters));
  const groups = joinAxes(x.shape, (k) => matters[k]!);
  const axes = groups.flatMap(([first], at) => (matters[first!] ? [at] : []));
  return mapTensor(x, (part) => {
    const reversed = boolAsInt(reshape(part, sizesOf(groups, x.shape)), (t) => tf.reverse(t, axes));
    return reshape(reversed, x.shape as number[]);
  });
}

/** Values of one dtype joined along `axis`; their other dimensions agree. */
export function concat(values: readonly Value[], axis: number): Value {
  const first = values[0]!;
  if (values.length === 1) return first;
  const shape = first.shape.with(
    axis,
    values.reduce((sum, value) => sum + value.shape[axis]!, 0),
  );
  const filled = values.filter((value) => value.size > 0);
  if (filled.length === 0) return emptyFrom(first, shape);
  if (movesOnHost(...values)) return moveOnHost(filled, (...parts) => host.concat(parts, axis, shape));
  const [outer, inner] = around(shape, axis);
  return mapTensors(values, (parts) => {
    const blocks = parts.map((part) => reshape(part, [outer, (part.shape[axis] ?? 0) * inner]));
    return reshape(tf.concat(blocks, 1), shape);
  });
}

/** Adds `before[k]` and `after[k]` elements around axis `k`: zeros, or the scalar `fill`. */
export function pad(x: Value, before: readonly number[], after: readonly number[], fill?: Value): Value {
  const shape = x.shape.map((dim, k) => before[k]! + dim + after[k]!);
  if (sameShape(shape, x.shape)) return x;
  if (sizeOf(shape) === 0) return emptyFrom(x, shape);
  if (movesOnHost(x)) return Value.of(host.stridedUnslice(x, shape, before, undefined, fill));
  if (x.size === 0) return fill ? broadcastTo(fill, shape) : emptyFrom(x, shape);
  const groups = joinAxes(x.shape, (k) => before[k] !== 0 || after[k] !== 0);
  const around = groups.map(([first]) => [before[first!]!, after[first!]!] as [number, number]);
  const constants = fill?.numeric();
  return mapTensor(x, (part, lane) => {
    const constant = Number(constants?.[lane] ?? 0);
    const padded = boolAsInt(reshape(part, sizesOf(groups, x.shape)), (t) => tf.pad(t, around, constant));
    return reshape(padded, shape);
  });
}

/** Moves booleans as integers: the wasm backend writes beyond its memory when it pads or reverses booleans. */
function boolAsInt(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return x.dtype === 'bool' ? tf.cast(f(tf.cast(x, 'int32')), 'bool') : f(x);
}

/** Repeats the whole of each axis `repeats[k]` times. */
export function tile(x: Value, repeats: readonly number[]): Value {
  const shape = x.shape.map((dim, k) => dim * repeats[k]!);
  if (sameShape(shape, x.shape)) return x;
  if (sizeOf(shape) === 0) return emptyFrom(x, shape);
  if (movesOnHost(x)) return moveOnHost([x], (from) => host.tile(from!, repeats));
  const groups = joinAxes(x.shape, (k) => repeats[k] !== 1);
  const dims = sizesOf(groups, x.shape);
  const counts = groups.map(([first]) => repeats[first!]!);
  return mapTensor(x, (part) => reshape(tileTensor(reshape(part, dims), counts), shape));
}

/** `tf.tile`, whose own gradient ends at rank 4. */
function tileTensor(x: tf.Tensor, repeats: readonly number[]): tf.Tensor {
  const {shape} = x;
  return linear(
    x,
    (input) => tf.tile(input, repeats as number[]),
    (dy) => {
      let sum = dy;
      repeats.forEach((count, axis) => {
        const [outer, inner] = around(sum.shape, axis);
        const copies = reshape(sum, [outer, count, shape[axis]! * inner]);
        sum = reshape(tf.sum(copies, 1), sum.shape.with(axis, shape[axis]!));
      });
      return sum;
    },
  );
}

/** Stretches axes of one element, and adds leading axes, to `shape`, to which `x` must be broadcastable. */
export function broadcastTo(x: Value, shape: readonly number[]): Value {
  if (sameShape(shape, x.shape)) return x;
  const lead = shape.length - x.rank;
  const own = [...new Array<number>(lead).fill(1), ...x.shape];
  if (sizeOf(shape) > 0 && movesOnHost(x))
    return moveOnHost([x.reshape(own)], (from) => host.stretch(from!, shape));
  return tile(
    x.reshape(own),
    shape.map((dim, k) => (own[k] === 1 ? dim : 1)),
  );
}

/** Product of the dimensions before `axis`, and of those after it. */
export function around(shape: readonly number[], axis: number): [outer: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
}

/** Axes in groups, those that an operation leaves alone joined with their like, so that few dimensions remain. */
function joinAxes(shape: readonly number[], touched: (axis: number) => boolean): number[][] {
  const groups: number[][] = [];
  let open = false;
  for (let axis = 0; axis < shape.length; axis++) {
    if (open && !touched(axis)) groups.at(-1)!.push(axis);
    else groups.push([axis]);
    open = !touched(axis);
  }
  return groups;
}

function sizesOf(groups: readonly number[][], shape: readonly number[]): number[] {
  return groups.map((group) => sizeOf(group.map((axis) => shape[axis]!)));
}
