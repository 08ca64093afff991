/**
 * Data movement kernels of tfjs that take a hundred times longer than copying does, replaced by copies of whole runs of
 * elements. Both the cpu and the wasm backend let JavaScript see their tensors' memory.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {DType, NumericArray} from '../host/dtypes.js';
import * as host from '../host/movement.js';
import {stridesOf} from '../host/shape.js';
import {copyRegion} from '../host/strided_copy.js';
import {allocate, type HostTensor, int32Array, sizeOf} from '../host/tensor.js';
import {type MemoryBackend, makeTensor, viewOf} from './backend_memory.js';
import {replaceKernel} from './kernels.js';

/** A call of a kernel, its tensors as host values. */
interface Call {
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly attrs: tf.NamedAttrMap;
}

type Move = (call: Call) => HostTensor | HostTensor[];

const slice: Move = ({inputs: {x}, attrs}) => {
  const [begin, size] = tf.slice_util.parseSliceParams(
    {shape: x!.shape, rank: x!.shape.length} as unknown as tf.Tensor,
    attrs.begin as number[],
    attrs.size as number[],
  );
  return host.stridedSlice(x!, begin!, size!);
};

const splitV: Move = ({inputs: {x}, attrs}) => {
  const [axis] = tf.util.parseAxisParam(attrs.axis as number, x!.shape as number[]);
  const sizes = tf.backend_util.prepareSplitSize(
    x as unknown as tf.Tensor,
    attrs.numOrSizeSplits as number[],
    axis,
  );
  let at = 0;
  return sizes.map((size) => {
    const begin = new Array<number>(x!.shape.length).fill(0).with(axis!, at);
    at += size;
    return host.stridedSlice(x!, begin, x!.shape.with(axis!, size));
  });
};

const reverse: Move = ({inputs: {x}, attrs}) => {
  const axes = tf.util.parseAxisParam(attrs.dims as number[], x!.shape as number[]);
  return host.reverse(
    x!,
    x!.shape.map((_, k) => axes.includes(k)),
  );
};

const pad: Move = ({inputs: {x}, attrs}) => {
  const around = attrs.paddings as [number, number][];
  const shape = x!.shape.map((dim, k) => dim + around[k]![0] + around[k]![1]);
  const fill = host.scalar(x!.dtype, attrs.constantValue as number);
  const begin = around.map(([before]) => before);
  return host.stridedUnslice(x!, shape, begin, undefined, fill);
};

const gather: Move = ({inputs: {x, indices}, attrs}) => {
  const [axis] = tf.util.parseAxisParam(attrs.axis as number, x!.shape as number[]);
  const {outputShape, batchSize, outerSize, dimSize, sliceSize} =
    tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x as unknown as tf.Tensor,
      indices as unknown as tf.Tensor,
      axis!,
      attrs.batchDims as number,
    );
  const positions = indices!.data as NumericArray as Int32Array;
  for (const at of positions) {
    if (at < 0 || at >= dimSize) throw new Error(`GatherV2: the index ${at} is not in [0, ${dimSize})`);
  }
  const count = positions.length / batchSize;
  const index = allocate('int32', batchSize * outerSize * count) as Int32Array;
  for (let block = 0; block < batchSize * outerSize; block++) {
    const own = Math.floor(block / outerSize) * count;
    for (let i = 0; i < count; i++) index[block * count + i] = block * dimSize + positions[own + i]!;
  }
  return host.takeRows(x!, sliceSize, index, outputShape);
};

const gatherNd: Move = ({inputs: {params, indices}}) => {
  const depth = indices!.shape.at(-1)!;
  const lead = params!.shape.slice(0, depth);
  const rest = params!.shape.slice(depth);
  const strides = stridesOf(lead);
  const data = indices!.data as NumericArray as Int32Array;
  const rows = int32Array(sizeOf(indices!.shape.slice(0, -1)), (i) => {
    let row = 0;
    for (let k = 0; k < depth; k++) {
      const at = data[i * depth + k]!;
      if (at < 0 || at >= lead[k]!) throw new Error(`GatherNd: the index ${at} is not in [0, ${lead[k]})`);
      row += at * strides[k]!;
    }
    return row;
  });
  return host.takeRows(params!, sizeOf(rest), rows, [...indices!.shape.slice(0, -1), ...rest]);
};

const tile: Move = ({inputs: {x}, attrs}) => host.tile(x!, attrs.reps as number[]);

const transpose: Move = ({inputs: {x}, attrs}) => host.transpose(x!, attrs.perm as number[]);

/** The slow kernels of each backend. */
const REPLACED: Readonly<Record<string, Readonly<Record<string, Move>>>> = {
  cpu: {
    Slice: slice,
    SplitV: splitV,
    Reverse: reverse,
    PadV2: pad,
    Tile: tile,
    Transpose: transpose,
    GatherV2: gather,
    GatherNd: gatherNd,
  },
  wasm: {Reverse: reverse, Tile: tile, GatherV2: gather},
};

/** What is cut and joined on the wasm backend, straight from memory to memory. */
const WASM_MOVES: Readonly<Record<string, tf.KernelFunc>> = {
  Concat: ({inputs, attrs, backend}) => {
    const parts = Object.values(inputs as tf.NamedTensorInfoMap) as tf.TensorInfo[];
    const [first] = parts;
    const [axis] = tf.util.parseAxisParam(attrs!.axis as number, first!.shape);
    const shapes = parts.map(({shape}) => shape);
    tf.backend_util.assertParamsConsistent(shapes, axis!);
    return join(backend as MemoryBackend, parts, tf.backend_util.computeOutShape(shapes, axis!), axis!);
  },
  Slice: ({inputs, attrs, backend}) => {
    const x = inputs.x!;
    const like = {shape: x.shape, rank: x.shape.length} as unknown as tf.Tensor;
    const [begin, size] = tf.slice_util.parseSliceParams(
      like,
      attrs!.begin as number[],
      attrs!.size as number[],
    );
    return cut(backend as MemoryBackend, x, begin!, size!);
  },
  StridedSlice: ({inputs, attrs, backend}) => {
    const x = inputs.x!;
    const {begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask} =
      attrs as unknown as tf.StridedSliceAttrs;
    const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
    const info = tf.slice_util.sliceInfo(x.shape, begin, end, strides, ...masks);
    const size = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
    const {dataId, dtype} = cut(backend as MemoryBackend, x, info.begin, size, info.strides);
    return {dataId, dtype, shape: info.finalShape};
  },
  SplitV: ({inputs, attrs, backend}) => {
    const x = inputs.x!;
    const [axis] = tf.util.parseAxisParam(attrs!.axis as number, x.shape);
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs!.numOrSizeSplits as number[], axis);
    let at = 0;
    return sizes.map((size) => {
      const begin = x.shape.map((_, k) => (k === axis ? at : 0));
      at += size;
      return cut(backend as MemoryBackend, x, begin, x.shape.with(axis!, size));
    });
  },
};

/** `size` elements along each axis, from `begin` on in steps. */
function cut(
  backend: MemoryBackend,
  x: tf.TensorInfo,
  begin: number[],
  size: number[],
  steps = size.map(() => 1),
): tf.TensorInfo {
  const strides = stridesOf(x.shape);
  const from = {
    offset: begin.reduce((sum, at, k) => sum + at * strides[k]!, 0),
    strides: strides.map((stride, k) => stride * steps[k]!),
  };
  const dtype = x.dtype as DType;
  return makeTensor(backend, [x], size, dtype, (out, source) => {
    copyRegion(dtype, size, source, from, out, {offset: 0, strides: stridesOf(size)});
  });
}

/** Tensors of one dtype, one after the other along an axis. */
function join(backend: MemoryBackend, parts: tf.TensorInfo[], shape: number[], axis: number): tf.TensorInfo {
  const dtype = parts[0]!.dtype as DType;
  const to = stridesOf(shape);
  return makeTensor(backend, parts, shape, dtype, (out, ...sources) => {
    let at = 0;
    for (const [i, {shape: own}] of parts.entries()) {
      const from = {offset: 0, strides: stridesOf(own)};
      copyRegion(dtype, own, sources[i]!, from, out, {offset: at * to[axis]!, strides: to});
      at += own[axis]!;
    }
  });
}

/** Up to this rank the wasm backend has transpositions of its own; beyond, it takes a hundred times longer than copying. */
const MOST_AXES = 4;

/** Axes in another order, where the wasm backend is slow at that. */
const transposeMany =
  (own: tf.KernelFunc): tf.KernelFunc =>
  (call) => {
    const x = call.inputs.x!;
    if (x.shape.length <= MOST_AXES || !isMovable(call)) return own(call);
    const perm = call.attrs!.perm as number[];
    const shape = perm.map((axis) => x.shape[axis]!);
    const strides = stridesOf(x.shape);
    const dtype = x.dtype as DType;
    return makeTensor(call.backend as MemoryBackend, [x], shape, dtype, (out, source) => {
      const from = {offset: 0, strides: perm.map((axis) => strides[axis]!)};
      copyRegion(dtype, shape, source, from, out, {offset: 0, strides: stridesOf(shape)});
    });
  };

/** Replaces the slow data movement kernels of a backend, if it has any. To be called once for each. */
export function replaceMovementKernels(backendName: string): void {
  for (const [kernelName, move] of Object.entries(REPLACED[backendName] ?? {})) {
    replaceKernel(backendName, kernelName, (original) => replacement(move, original));
  }
  if (backendName !== 'wasm') return;
  replaceKernel(backendName, tf.Transpose, transposeMany);
  for (const [kernelName, move] of Object.entries(WASM_MOVES)) {
    replaceKernel(backendName, kernelName, (original) => (call) => (isMovable(call) ? move : original)(call));
  }
}

/** Numbers and booleans are moved here; strings and complex numbers by the original kernels. */
function isMovable({inputs}: {inputs: tf.NamedTensorInfoMap}): boolean {
  return Object.values(inputs).every((info) => info!.dtype !== 'string' && info!.dtype !== 'complex64');
}

/** The kernel for numbers and booleans; the original one keeps strings and complex numbers. */
function replacement(move: Move, original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const infos = Object.entries(call.inputs) as [string, tf.TensorInfo][];
    if (!isMovable(call)) return original(call);
    const backend = call.backend as MemoryBackend;
    const inputs = Object.fromEntries(infos.map(([name, info]) => [name, read(backend, info)]));
    const moved = move({inputs, attrs: call.attrs ?? {}});
    return Array.isArray(moved) ? moved.map((each) => write(backend, each)) : write(backend, moved);
  };
}

function read(backend: MemoryBackend, info: tf.TensorInfo): HostTensor {
  return {dtype: info.dtype as DType, shape: info.shape, data: viewOf(backend, info)};
}

function write(backend: MemoryBackend, {dtype, shape, data}: HostTensor): tf.TensorInfo {
  const numbers = data as NumericArray;
  if (backend.makeTensorInfo !== undefined) return backend.makeTensorInfo([...shape], dtype, numbers);
  // A view of the module's memory would be lost if that grows to take the result.
  return backend.makeOutput!([...shape], dtype, undefined, numbers.slice());
}
