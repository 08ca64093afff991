/**
 * Tensor lists: what a list's handle tells of its elements, and the shapes of elements taken out, alone or together.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, type Known, SCALAR, shapeFrom, UNKNOWN, vectorOf} from '../../graph/known.js';
import type {DType} from '../../host/dtypes.js';
import {mergeShapes, type PartialShape, partialSizeOf, relaxShapes} from '../../host/shape.js';
import {forAll, held, ofRank, passes, scalar} from '../infer_rules.js';

/** The shape of elements as an input gives it; a scalar stands for an unknown rank. */
const given = (shape: Known): PartialShape => (shape.shape?.length === 1 ? shapeFrom(shape) : null);

/**
 * The shape of an element, as far as the list and the op's argument tell. TensorFlow asks the argument only where an element was
 * never set; elsewhere it is what the list declares that holds.
 */
function elementOfList(list: Known, shape: Known): PartialShape {
  const declared = list.handle?.shape ?? null;
  const merged = mergeShapes(declared, given(shape));
  return merged === undefined ? declared : merged;
}

/** A list of which is known what it declares its elements to be: whatever is put into it has to fit. */
const listOf = (dtype: DType, shape: PartialShape): Inferred => ({...SCALAR, handle: {dtype, shape}});

const newList: Infer = ([shape], node) => [listOf(node.attrs.dtype('element_dtype'), given(shape!))];

const listFrom =
  (shapeInput: number): Infer =>
  (inputs) => [listOf(inputs[0]!.dtype, given(inputs[shapeInput]!))];

/** Elements as one tensor with a new first dimension. */
const stacked = (count: number | null, element: PartialShape): Inferred =>
  element === null ? UNKNOWN : {shape: [count, ...element]};

const stack: Infer = ([list, shape], node) => {
  const count = node.attrs.int('num_elements');
  return [stacked(count < 0 ? null : count, elementOfList(list!, shape!))];
};

const gather: Infer = ([list, indices, shape]) => [
  stacked(partialSizeOf(indices!.shape), elementOfList(list!, shape!)),
];

const getItem: Infer = ([list, , shape]) => [{shape: elementOfList(list!, shape!)}];

const popBack: Infer = ([list, shape]) => [list!, {shape: elementOfList(list!, shape!)}];

/** Elements joined along their first dimension, and the length of each. What the op asks for holds without elements, too. */
const concat: Infer = ([list, shape], node) => {
  const rest = (element: PartialShape | undefined): PartialShape => element?.slice(1) ?? null;
  const asked = rest(shape === undefined ? node.attrs.shape('element_shape') : given(shape));
  const merged = mergeShapes(rest(list!.handle?.shape), asked);
  return [stacked(null, merged === undefined ? asked : merged), ofRank(1)];
};

const concatLists: Infer = ([a, b]) => {
  const [left, right] = [a!.handle, b!.handle];
  const isKnown = left !== undefined && right !== undefined;
  return [
    {
      shape: a!.shape,
      ...(isKnown ? {handle: {dtype: left.dtype, shape: relaxShapes(left.shape, right.shape)}} : {}),
    },
  ];
};

/** What the list declares, as a vector; a scalar, where that is nothing. */
const elementShape: Infer = ([list], {attrs}) => {
  const shape = list!.handle?.shape ?? null;
  return [shape === null ? UNKNOWN : vectorOf(shape.map((size) => held(size, attrs.dtype('shape_type'))))];
};

export const infer: InferTable = {
  ...forAll(newList, ['EmptyTensorList', 'TensorListReserve']),
  ...forAll(listFrom(1), ['TensorListFromTensor', 'TensorListSplit']),
  ...forAll(listFrom(2), ['TensorListScatter', 'TensorListScatterV2']),
  TensorListStack: stack,
  TensorListGather: gather,
  TensorListGetItem: getItem,
  TensorListPopBack: popBack,
  ...forAll(concat, ['TensorListConcat', 'TensorListConcatV2']),
  TensorListConcatLists: concatLists,
  ...forAll(passes, [
    ...['TensorListSetItem', 'TensorListPushBack', 'TensorListPushBackBatch', 'TensorListResize'],
    'TensorListScatterIntoExistingList',
  ]),
  TensorListLength: scalar,
  TensorListElementShape: elementShape,
};
