/**
 * Shapes of what is made, joined, cut and rearranged. Sizes are computed of shapes with just these ops, so that elements
 * are followed through most of them.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {
  allElementsOf,
  dimensionFrom,
  elementOf,
  elementsOf,
  entriesOf,
  filledWith,
  type Inferred,
  integersOf,
  type Known,
  knownConstant,
  MOST_ELEMENTS,
  shapeFrom,
  UNKNOWN,
  vectorOf,
  withElements,
} from '../../graph/known.js';
import {broadcastShapes, formatShape, isKnown, type PartialShape, partialSizeOf} from '../../host/shape.js';
import {elementAt} from '../../host/tensor.js';
import {
  anySizes,
  forAll,
  held,
  mergeOrThrow,
  ofRank,
  passes,
  passesAll,
  reshaped,
  shapeOfInput,
  sizesOf,
} from '../infer_rules.js';
import {invalid, resolveAxis} from '../node.js';
import * as plan from './plan.js';
import {sliceSpec} from './slice_spec.js';

/** A vector as long as another. */
const ofVector = (shape: PartialShape): Inferred => (shape?.length === 1 ? {shape} : ofRank(1));

/** A constant is known in full. */
const constant: Infer = (_, {attrs}) => [knownConstant(attrs.tensor('value'))];

const declared: Infer = (_, {attrs}) => [{shape: attrs.shape('shape')}];

/** Until TensorFlow 1.4 a placeholder without a shape was written as one of a scalar. */
const placeholder: Infer = (_, {attrs}) => {
  const shape = attrs.shape('shape');
  return [{shape: shape?.length === 0 ? null : shape}];
};

const ensureShape: Infer = ([x], node) => [
  {...x!, shape: mergeOrThrow(x!.shape, node.attrs.shape('shape'), node)},
];

const size: Infer = ([x], {attrs}) => [
  withElements([], [held(partialSizeOf(x!.shape), attrs.dtype('out_type'))]),
];

const rank: Infer = ([x]) => [withElements([], [x!.shape?.length ?? null])];

const reshape: Infer = ([x, shape], node) => {
  const dims = shape!.shape?.length === 0 ? undefined : entriesOf(shape!);
  return [dims === undefined ? UNKNOWN : reshaped(x!, plan.reshapedShape(x!.shape, dims, node))];
};

const expandDims: Infer = ([x, axis], node) => {
  const at = elementOf(axis);
  if (x!.shape === null || at === undefined) return [ofRank(x!.shape && x!.shape.length + 1)];
  return [reshaped(x!, plan.expandedShape(x!.shape, at, node))];
};

const squeeze: Infer = ([x], node) => {
  const {shape} = x!;
  // A dimension that is not known may be one that goes.
  const isOpen = shape === null || (shape.includes(null) && node.attrs.ints('squeeze_dims').length === 0);
  return [isOpen ? UNKNOWN : reshaped(x!, plan.squeezedShape(shape, node))];
};

const broadcastArgs: Infer = (shapes, node) => {
  const [a, b] = shapes.map(entriesOf);
  if (a === undefined || b === undefined) return [ofRank(1)];
  const shape = broadcastShapes(a, b);
  if (shape === undefined)
    throw invalid(node, `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  return [vectorOf(shape)];
};

const concatOffset: Infer = ([axis, ...shapes], node) => {
  const at = elementOf(axis);
  const dims = shapes.map(entriesOf);
  if (at === undefined || !dims.every((each) => each !== undefined))
    return shapes.map(({shape}) => ({shape}));
  return plan.concatOffsets(at, dims, node).map(vectorOf);
};

const invertPermutation: Infer = ([perm], node) => {
  const axes = allElementsOf(perm);
  return [axes === undefined ? ofVector(perm!.shape) : vectorOf(plan.invertedPermutation(axes, node))];
};

const unravelIndex: Infer = ([indices, dims]) => {
  const [rankOfDims = null] = dims!.shape ?? [];
  return [{shape: indices!.shape && [rankOfDims, ...indices!.shape]}];
};

/** Values joined along an axis, and the elements of vectors with them. */
function concatenated(values: readonly Known[], axis: Known, node: OpNode): readonly Inferred[] {
  const rankOfAll = values.find(({shape}) => shape !== null)?.shape?.length;
  // Vectors have but one axis.
  const at = elementOf(axis) ?? (rankOfAll === 1 ? 0 : undefined);
  if (rankOfAll === undefined || at === undefined) return [ofRank(rankOfAll)];
  const shapes = values.map(({shape}) => shape ?? anySizes(rankOfAll));
  const {shape} = plan.concatenation(shapes, at, node);
  const entries = values.map(entriesOf);
  const areKnown = rankOfAll === 1 && entries.every((each) => each !== undefined);
  return [areKnown ? withElements(shape, entries.flat()) : {shape}];
}

const pack: Infer = (values, node) => {
  const ranked = values.find(({shape}) => shape !== null)?.shape;
  if (!ranked) return [UNKNOWN];
  const shapes = values.map(({shape}) => shape ?? anySizes(ranked.length));
  const {shape} = plan.stacking<number | null>(shapes, node);
  return [shape.length === 1 ? vectorOf(values.map((value) => elementOf(value) ?? null)) : {shape}];
};

const unpack: Infer = ([x], node) => {
  const count = node.attrs.int('num');
  if (x!.shape === null) return repeated(UNKNOWN, count);
  const {each} = plan.unstacking(x!.shape, node);
  const entries = each.length === 0 ? elementsOf(x!) : undefined;
  return entries?.map((element) => withElements([], [element])) ?? repeated({shape: each}, count);
};

const repeated = (inferred: Inferred, count: number): readonly Inferred[] => new Array(count).fill(inferred);

/** Consecutive parts of an axis, and the elements of vectors with them. */
function partsOf(x: Known, axis: number, sizes: readonly (number | null)[]): readonly Inferred[] {
  const entries = x.shape?.length === 1 && isKnown(sizes) ? elementsOf(x) : undefined;
  let start = 0;
  return sizes.map((each) => {
    const shape = x.shape!.with(axis, each);
    const from = start;
    start += each ?? 0;
    return withElements(shape, entries?.slice(from, start));
  });
}

const split: Infer = ([axis, x], node) => {
  const count = node.attrs.int('num_split');
  const given = elementOf(axis);
  if (x!.shape === null || given === undefined) return repeated(ofRank(x!.shape?.length), count);
  const at = resolveAxis(given, x!.shape.length, node);
  return partsOf(x!, at, new Array(count).fill(plan.evenPart(x!.shape, at, node)));
};

const splitV: Infer = ([x, sizes, axis], node) => {
  const count = node.attrs.int('num_split');
  const given = elementOf(axis);
  if (x!.shape === null || given === undefined) return repeated(ofRank(x!.shape?.length), count);
  const at = resolveAxis(given, x!.shape.length, node);
  return partsOf(x!, at, plan.unevenParts(x!.shape, at, entriesOf(sizes!) ?? anySizes(count), node));
};

const slice: Infer = ([x, begin, sizes], node) => {
  const operands = [begin!, sizes!].map(entriesOf);
  const count = x!.shape?.length ?? operands.find((each) => each !== undefined)?.length;
  if (count === undefined) return [UNKNOWN];
  const [from, wanted] = operands.map((each) => each ?? anySizes(count));
  const shape = plan.sliceSizes<number | null>(x!.shape ?? anySizes(count), from!, wanted!, node);
  const [start, length] = [from![0], shape[0]];
  const isKnownPart = count === 1 && typeof start === 'number' && typeof length === 'number';
  return [withElements(shape, isKnownPart ? elementsOf(x!)?.slice(start, start + length) : undefined)];
};

/** The largest int64, a common 'up to the end', needs no exact number: bounds are clamped. */
const boundsOf = (known: Known): readonly (number | null)[] | undefined =>
  integersOf(known) ?? entriesOf(known);

const stridedSlice: Infer = ([x, ...operands], node) => {
  const bounds = operands.map(boundsOf);
  const count = bounds.find((each) => each !== undefined)?.length;
  if (x!.shape === null || count === undefined) return [UNKNOWN];
  const [begin, end, strides] = bounds.map((each) => each ?? anySizes(count));
  const {shape, ...part} = sliceSpec<number | null>(x!.shape, begin!, end!, strides!, node);
  if (shape.length > 1 || x!.shape.length > 1) return [{shape}];
  const elements = elementsOf(x!);
  if (x!.shape.length === 0) return [withElements(shape, elements)];
  const [start, length, step] = [part.begin[0]!, part.size[0]!, part.steps[0]!];
  if (elements === undefined || start === null || length === null || step === null) return [{shape}];
  return [
    withElements(
      shape,
      Array.from({length}, (_, i) => elements[start + i * step] ?? null),
    ),
  ];
};

const shapeGiven =
  (index: number): Infer =>
  (inputs) => [{shape: shapeFrom(inputs[index]!)}];

const transpose: Infer = ([x, perm], node) => {
  const {shape} = x!;
  if (shape !== null && shape.length <= 1) return [x!];
  const axes = allElementsOf(perm);
  if (shape === null || axes === undefined) return [ofRank(shape?.length ?? perm!.shape?.[0])];
  return [{shape: plan.permutation(shape, axes, node).map((axis) => shape[axis]!)}];
};

const reverse: Infer = ([x, axis], node) => {
  const axes = allElementsOf(axis);
  if (x!.shape === null || axes === undefined) return [{shape: x!.shape}];
  const flags = plan.reversedAxes(x!.shape.length, axes, node);
  const elements = x!.shape.length === 1 ? elementsOf(x!) : undefined;
  return [withElements(x!.shape, flags[0] ? elements?.toReversed() : elements)];
};

/** An op that adds or takes away amounts at both ends of each dimension. */
const resized =
  (resize: (shape: readonly (number | null)[], amounts: plan.Amounts, node: OpNode) => PartialShape): Infer =>
  ([x, paddings], node) => {
    const numbers = integersOf(paddings!);
    const count = x!.shape?.length ?? paddings!.shape?.[0];
    if (numbers === undefined || typeof count !== 'number') return [ofRank(count)];
    const amounts = plan.amountsOf(numbers, paddings!.value!.shape, count, node);
    return [{shape: resize(x!.shape ?? anySizes(count), amounts, node)}];
  };

const tile: Infer = ([x, multiples], node) => {
  const repeats = entriesOf(multiples!);
  const count = x!.shape?.length ?? repeats?.length;
  if (count === undefined) return [UNKNOWN];
  const shape = plan.tiledShape<number | null>(x!.shape ?? anySizes(count), repeats ?? anySizes(count), node);
  const elements = elementsOf(x!);
  const times = repeats?.[0];
  if (count !== 1 || elements === undefined || typeof times !== 'number' || shape[0]! > MOST_ELEMENTS)
    return [{shape}];
  return [withElements(shape, new Array(times).fill(elements).flat())];
};

const broadcastTo: Infer = ([x, shape], node) => {
  const target = shapeFrom(shape!);
  if (isKnown(x!.shape) && isKnown(target)) plan.checkBroadcast(x!.shape, target, node);
  if (target === null || x!.shape === null) return [{shape: target}];
  // Only what has one element is stretched.
  const own = x!.shape;
  const lead = target.length - own.length;
  const sizes = target.map(
    (size, axis) => size ?? (own[axis - lead] === 1 ? null : (own[axis - lead] ?? null)),
  );
  return [filledWith(sizes, elementOf(x!) ?? null)];
};

/** Each of the batch has a length of its own. */
const reverseSequence: Infer = ([x, lengths], node) => {
  const {shape} = x!;
  const count = lengths!.shape?.[0] ?? null;
  if (shape === null) return [UNKNOWN];
  const batch = resolveAxis(node.attrs.int('batch_dim'), shape.length, node);
  return [{shape: shape.with(batch, shape[batch] ?? count)}];
};

const fill: Infer = ([dims, value]) => [filledWith(shapeFrom(dims!), elementOf(value!) ?? null)];

const filledLike =
  (element: number): Infer =>
  ([x]) => [x!.dtype === 'int32' || x!.dtype === 'int64' ? filledWith(x!.shape, element) : {shape: x!.shape}];

const range: Infer = ([start, ...rest], node) => {
  const [from, to, step] = [start!, ...rest].map(numberOf);
  if (from === undefined || to === undefined || step === undefined) return [ofRank(1)];
  const length = plan.rangeLength(start!.dtype, [from, to, step], node);
  const isInteger = start!.dtype === 'int32' || start!.dtype === 'int64';
  if (!isInteger || length > MOST_ELEMENTS) return [{shape: [length]}];
  return [vectorOf(Array.from({length}, (_, i) => held(Number(from) + i * Number(step), start!.dtype)))];
};

/** The only element, of whatever number; undefined where it is not known. */
function numberOf(known: Known): number | bigint | undefined {
  return elementOf(known) ?? (known.value && (elementAt(known.value.data, 0) as number | bigint));
}

const linSpace: Infer = ([, , num]) => [{shape: [dimensionFrom(num)]}];

const oneHot: Infer = ([indices, depth], node) => [
  indices!.shape === null
    ? UNKNOWN
    : {shape: plan.oneHotShape<number | null>(indices!.shape, elementOf(depth) ?? null, node).shape},
];

const spaceToBatchND: Infer = ([x, blocks, paddings], node) =>
  blocked(plan.spaceToBatch, x!, blocks!, paddings!, node);
const batchToSpaceND: Infer = ([x, blocks, crops], node) =>
  blocked(plan.batchToSpace, x!, blocks!, crops!, node);
const spaceToBatch: Infer = ([x, paddings], node) =>
  blocked(plan.spaceToBatch, ofImages(x!), squareBlocks(node), paddings!, node);
const batchToSpace: Infer = ([x, crops], node) =>
  blocked(plan.batchToSpace, ofImages(x!), squareBlocks(node), crops!, node);

/** The older forms are about images, of which there is a batch with channels. */
const ofImages = (x: Known): Known => (x.shape === null ? {...x, shape: anySizes(4)} : x);

/** The older forms have one block size for both dimensions of an image. */
function squareBlocks({attrs}: OpNode): Known {
  const block = attrs.int('block_size');
  return {dtype: 'int32', shape: [2], elements: [block, block]};
}

function blocked(
  exchange: (
    shape: readonly (number | null)[],
    blocks: readonly number[],
    amounts: plan.Amounts,
    node: OpNode,
  ) => {readonly shape: PartialShape},
  x: Known,
  blocks: Known,
  amounts: Known,
  node: OpNode,
): readonly Inferred[] {
  if (x.shape === null) return [UNKNOWN];
  const [sizes, numbers] = [allElementsOf(blocks), integersOf(amounts)];
  const count = entriesOf(blocks)?.length ?? x.shape.length - 1;
  if (sizes === undefined) return [{shape: [...anySizes(count + 1), ...x.shape.slice(count + 1)]}];
  plan.blockSizes(x.shape, sizes, node);
  if (numbers !== undefined) {
    const given = plan.amountsOf(numbers, amounts.value!.shape, count, node);
    return [{shape: exchange(x.shape, sizes, given, node).shape}];
  }
  // The amounts are about space: the batch is known without them.
  const none = {before: sizes.map(() => 0), after: sizes.map(() => 0)};
  const open = [x.shape[0]!, ...anySizes(count), ...x.shape.slice(count + 1)];
  return [{shape: exchange(open, sizes, none, node).shape}];
}

/** A rule for one input, which has this rank. */
const ofOne =
  (rankOfIt: number, shapeOf: (shape: readonly (number | null)[], node: OpNode) => PartialShape): Infer =>
  ([x], node) => [{shape: shapeOf(x!.shape ?? anySizes(rankOfIt), node)}];

const where: Infer = ([condition]) => [{shape: [null, condition!.shape?.length ?? null]}];

/** The distinct elements, the place of each element among them, and how often each occurs. */
const unique: Infer = ([x]) => [ofRank(1), ofVector(x!.shape), ofRank(1)];

const uniqueAlong: Infer = ([x, axis], node) => {
  const axes = allElementsOf(axis);
  const {shape} = x!;
  if (shape === null || axes === undefined) return [ofRank(shape?.length), ofRank(1), ofRank(1)];
  const at = plan.uniqueAxis(shape, axes, node);
  return [{shape: shape.with(at, null)}, {shape: [shape[at]!]}, ofRank(1)];
};

export const infer: InferTable = {
  Const: constant,
  HostConst: constant,
  Placeholder: placeholder,
  PlaceholderV2: declared,
  // One that is fed has its value given.
  PlaceholderWithDefault: ensureShape,
  FakeParam: declared,
  ...forAll(passes, ['Identity', 'Snapshot', 'GuaranteeConst', 'DeepCopy', 'Copy', 'CopyHost']),
  ...forAll(passes, ['DebugIdentity', 'DebugIdentityV2', 'DebugIdentityV3', 'DebugGradientIdentity']),
  ...forAll(passes, ['StopGradient', 'PreventGradient', 'CheckNumerics', 'CheckNumericsV2']),
  IdentityN: passesAll,
  EnsureShape: ensureShape,
  Shape: ([x], node) => [sizesOf(x!.shape, node)],
  ShapeN: (inputs, node) => inputs.map(({shape}) => sizesOf(shape, node)),
  Size: size,
  Rank: rank,
  Reshape: reshape,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  BroadcastArgs: broadcastArgs,
  ConcatOffset: concatOffset,
  InvertPermutation: invertPermutation,
  UnravelIndex: unravelIndex,
  Concat: ([axis, ...values], node) => concatenated(values, axis!, node),
  ConcatV2: (inputs, node) => concatenated(inputs.slice(0, -1), inputs.at(-1)!, node),
  ParallelConcat: declared,
  Pack: pack,
  Unpack: unpack,
  Split: split,
  SplitV: splitV,
  Slice: slice,
  StridedSlice: stridedSlice,
  StridedSliceGrad: shapeGiven(0),
  Transpose: transpose,
  ConjugateTranspose: transpose,
  ReverseV2: reverse,
  ...forAll(shapeOfInput(), ['Reverse', 'Roll', 'TensorStridedSliceUpdate']),
  ...forAll(resized(plan.paddedShape), ['Pad', 'PadV2']),
  MirrorPad: resized(plan.mirroredShape),
  MirrorPadGrad: resized(plan.unmirroredShape),
  ReverseSequence: reverseSequence,
  Tile: tile,
  BroadcastTo: broadcastTo,
  SpaceToBatchND: spaceToBatchND,
  BatchToSpaceND: batchToSpaceND,
  SpaceToBatch: spaceToBatch,
  BatchToSpace: batchToSpace,
  DepthToSpace: ofOne(4, (shape, node) => plan.depthToSpace(shape, node).shape),
  SpaceToDepth: ofOne(4, (shape, node) => plan.spaceToDepth(shape, node).shape),
  ExtractVolumePatches: ofOne(5, (shape, node) => plan.volumeWindows(shape, node).shape),
  Fill: fill,
  ZerosLike: filledLike(0),
  OnesLike: filledLike(1),
  Empty: shapeGiven(0),
  Range: range,
  LinSpace: linSpace,
  OneHot: oneHot,
  Where: where,
  ...forAll(unique, ['Unique', 'UniqueWithCounts']),
  ...forAll(uniqueAlong, ['UniqueV2', 'UniqueWithCountsV2']),
  ListDiff: () => [ofRank(1), ofRank(1)],
  ...forAll(shapeOfInput(1), ['LowerBound', 'UpperBound']),
};
