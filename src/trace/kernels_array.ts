/**
 * Kernels that make, shape, join, cut, look up and place as TensorFlow ops.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import type {Operand} from '../graph/builder.js';
import {PackedStrings} from '../host/strings.js';
import type {TracedTensor} from './dims.js';
import type {KernelCall, KernelRule, KernelRules} from './kernel_call.js';
import {mergeNumbers, rankOf, type Size, type Sizes, Varying, VaryingList} from './varying.js';

/** One dimension that follows the others is what TensorFlow calls -1. */
const reshape: KernelRule = (call) => {
  const x = call.unshaped(call.tensor('x'));
  const shape = call.outputShape();
  if (sameShapes(x.shapes, call.outputs[0]!.shapes)) return x.operand;
  return call.op('Reshape', [x.operand, call.maybeVector(withOneUnknown(shape)) ?? allButOne(call, shape)]);
};

const sameShapes = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): boolean =>
  a.every((shape, run) => shape.join() === b[run]!.join());

function withOneUnknown(shape: Sizes): Sizes {
  if (shape instanceof VaryingList) return shape;
  const unknown = shape.filter((size) => size instanceof Varying);
  return unknown.length === 1 ? shape.map((size) => (size instanceof Varying ? -1 : size)) : shape;
}

/** Several unknown dimensions, of which one at most follows no rule. */
function allButOne(call: KernelCall, shape: Sizes): Operand {
  if (shape instanceof VaryingList) return call.vector(shape, 'the shape');
  const found = shape.map((size) => call.maybeScalar(size));
  const missing = found.flatMap((each, i) => (each === undefined ? [i] : []));
  if (missing.length !== 1) return call.vector(shape, 'the shape');
  return call.vector(shape.map((size, i) => (i === missing[0] ? -1 : size)));
}

const expandDims: KernelRule = (call) => {
  const input = call.tensor('input');
  const dim = call.attr('dim') as Size;
  const axis =
    dim instanceof Varying
      ? mergeNumbers(dim.values.map((value, run) => value - input.shapes[run]!.length - 1))
      : dim;
  return call.op('ExpandDims', [input.operand, call.scalar(axis, 'the axis')]);
};

/** A list of as many numbers as `x` has dimensions: short lists are filled up, as tfjs does. */
function fullList(call: KernelCall, name: string, x: TracedTensor, fill: number): Sizes {
  const value = call.attr(name) as Size | Sizes | undefined | null;
  if (value instanceof VaryingList) return value;
  const given =
    value === undefined || value === null
      ? []
      : Array.isArray(value)
        ? (value as readonly Size[])
        : [value as Size];
  const rank = rankOf(x);
  if (rank === undefined) {
    return new VaryingList(
      x.shapes.map((shape, run) =>
        shape.map((_, axis) => {
          const size = given[axis];
          return size === undefined ? fill : size instanceof Varying ? size.values[run]! : size;
        }),
      ),
    );
  }
  return Array.from({length: rank}, (_, axis) => given[axis] ?? fill);
}

const slice: KernelRule = (call) => {
  const x = call.tensor('x');
  const begin = fullList(call, 'begin', x, 0);
  const size = fullList(call, 'size', x, -1);
  return call.op('Slice', [
    x.operand,
    call.vector(begin, 'the begin'),
    call.vector(toTheEnd(x, begin, size), 'the size'),
  ]);
};

/** -1 for sizes that reach to the end in every run. */
function toTheEnd(x: TracedTensor, begin: Sizes, size: Sizes): Sizes {
  if (begin instanceof VaryingList || size instanceof VaryingList) return size;
  return size.map((each, axis) => {
    if (typeof each === 'number') return each;
    const from = begin[axis]!;
    const reaches = each.values.every(
      (value, run) => value + (typeof from === 'number' ? from : from.values[run]!) === x.shapes[run]![axis],
    );
    return reaches ? -1 : each;
  });
}

const stridedSlice: KernelRule = (call) => {
  const [begin, end, strides] = ['begin', 'end', 'strides'].map((name) =>
    call.vector(call.sizes(name), `the ${name}`),
  );
  return call.op('StridedSlice', [call.in('x'), begin!, end!, strides!], {
    begin_mask: call.number('beginMask'),
    end_mask: call.number('endMask'),
    ellipsis_mask: call.number('ellipsisMask'),
    new_axis_mask: call.number('newAxisMask'),
    shrink_axis_mask: call.number('shrinkAxisMask'),
  });
};

/** A matrix of two columns, such as paddings. */
function pairs(call: KernelCall, name: string): Operand {
  const value = call.attr(name);
  if (value instanceof VaryingList || !Array.isArray(value))
    throw new SaveError(`${call.kernel} needs to know '${name}'`);
  const rows = value as readonly (readonly Size[])[];
  const {graph} = call;
  const flat = rows.flat();
  if (flat.every((each) => typeof each === 'number')) {
    const data = Int32Array.from(flat as number[]);
    return graph.constant({dtype: 'int32', shape: [rows.length, 2], data});
  }
  return graph.op('Reshape', [call.vector(flat, `'${name}'`), graph.ints([rows.length, 2])]);
}

const pad: KernelRule = (call) => {
  const x = call.in('x');
  const value = call.real((call.attr('constantValue') ?? 0) as Size, x.dtype);
  return call.op('PadV2', [x, pairs(call, 'paddings'), value]);
};

const mirrorPad: KernelRule = (call) =>
  call.op('MirrorPad', [call.in('x'), pairs(call, 'paddings')], {mode: call.string('mode').toUpperCase()});

const concat: KernelRule = (call) => {
  const list = call.list();
  const axis = call.graph.scalar('int32', call.axis('axis', list[0]!));
  if (list.length === 1) return list[0]!.operand;
  return call.op('ConcatV2', [list.map(({operand}) => operand), axis]);
};

const pack: KernelRule = (call) => {
  const list = call.list();
  return call.op('Pack', [list.map(({operand}) => operand)], {axis: call.axis('axis', list[0]!)});
};

const unpack: KernelRule = (call) => {
  const value = call.tensor('value');
  const attrs = {num: call.outputs.length, axis: call.axis('axis', value)};
  return call.graph.node('Unpack', [value.operand], attrs);
};

const split: KernelRule = (call) => {
  const x = call.tensor('x');
  const {graph} = call;
  const axis = call.axis('axis', x);
  const parts = call.attr('numOrSizeSplits') as Size | Sizes;
  const num_split = call.outputs.length;
  if (typeof parts === 'number')
    return graph.node('Split', [graph.scalar('int32', axis), x.operand], {num_split});
  const sizes = call.vector(parts as Sizes, 'the sizes');
  return graph.node('SplitV', [x.operand, sizes, graph.scalar('int32', axis)], {num_split});
};

const gather: KernelRule = (call) => {
  const x = call.tensor('x');
  const axis = call.graph.scalar('int32', call.axis('axis', x));
  return call.op('GatherV2', [x.operand, call.in('indices'), axis], {batch_dims: call.number('batchDims')});
};

const oneHot: KernelRule = (call) => {
  const {dtype, graph} = call;
  const depth = call.scalar(call.attr('depth') as Size, 'the depth');
  const [on, off] = ['onValue', 'offValue'].map((name) => graph.scalar(dtype, call.number(name)));
  return call.op('OneHot', [call.in('indices'), depth, on!, off!], {axis: -1});
};

const fill: KernelRule = (call) => {
  const {graph, dtype} = call;
  const shape = call.vector(call.outputShape(), 'the shape');
  const value = call.attr('value');
  if (dtype === 'string') {
    return graph.op('Fill', [
      shape,
      graph.constant({dtype, shape: [], data: PackedStrings.ofTexts([String(value)])}),
    ]);
  }
  return graph.op('Fill', [
    shape,
    call.real((typeof value === 'boolean' ? Number(value) : value) as Size, dtype),
  ]);
};

const range: KernelRule = (call) => {
  const {dtype} = call;
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => call.attr(name) as Size);
  const at = (size: Size, run: number): number => (typeof size === 'number' ? size : size.values[run]!);
  const falls = call.outputs[0]!.shapes.every((_, run) => at(stop!, run) < at(start!, run));
  const delta = step === 1 && falls ? -1 : step!;
  return call.op(
    'Range',
    [start!, stop!, delta].map((each) => call.real(each, dtype, 'the range')),
  );
};

const linSpace: KernelRule = (call) => {
  const [start, stop] = ['start', 'stop'].map((name) => call.real(call.attr(name) as Size, 'float32'));
  return call.op('LinSpace', [start!, stop!, call.scalar(call.attr('num') as Size)]);
};

const blocks =
  (op: string, borders: string): KernelRule =>
  (call) =>
    call.op(op, [call.in('x'), call.graph.ints(call.numbers('blockShape')), pairs(call, borders)]);

const reverse: KernelRule = (call) => {
  const x = call.tensor('x');
  return call.op('ReverseV2', [x.operand, call.axes('dims', x)]);
};

/** Making, shaping, joining, cutting, looking up, placing. */
export const arrayKernels: KernelRules = {
  BatchToSpaceND: blocks('BatchToSpaceND', 'crops'),
  BroadcastArgs: (call) => call.op('BroadcastArgs', [call.in('s0'), call.in('s1')]),
  BroadcastTo: (call) => call.op('BroadcastTo', [call.in('x'), call.vector(call.outputShape(), 'the shape')]),
  Concat: concat,
  Diag: (call) => call.op('Diag', [call.in('x')]),
  ExpandDims: expandDims,
  Fill: fill,
  GatherNd: (call) => call.op('GatherNd', [call.in('params'), call.in('indices')]),
  GatherV2: gather,
  LinSpace: linSpace,
  MatrixBandPart: (call) =>
    call.op('MatrixBandPart', [call.in('input'), call.in('numLower'), call.in('numUpper')]),
  MirrorPad: mirrorPad,
  OneHot: oneHot,
  Pack: pack,
  PadV2: pad,
  Range: range,
  Reshape: reshape,
  Reverse: reverse,
  ScatterNd: (call) =>
    call.op('ScatterNd', [
      call.in('indices'),
      call.in('updates'),
      call.vector(call.sizes('shape'), 'the shape'),
    ]),
  Slice: slice,
  SpaceToBatchND: blocks('SpaceToBatchND', 'paddings'),
  SparseToDense: (call) =>
    call.op('SparseToDense', [
      call.in('sparseIndices'),
      call.vector(call.sizes('outputShape'), 'the shape'),
      call.in('sparseValues'),
      call.in('defaultValue'),
    ]),
  SplitV: split,
  StridedSlice: stridedSlice,
  TensorScatterUpdate: (call) =>
    call.op('TensorScatterUpdate', [call.in('tensor'), call.in('indices'), call.in('updates')]),
  Tile: (call) => call.op('Tile', [call.in('x'), call.vector(call.sizes('reps'), 'the repetitions')]),
  Transpose: (call) =>
    call.op('Transpose', [call.in('x'), call.vector(call.sizes('perm'), 'the permutation')]),
  Unpack: unpack,
};
