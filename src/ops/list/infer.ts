/**
 * Tensor lists: what a list's handle tells of its elements, and the shapes of elements taken out, alone or together.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {
  type Handle,
  type Inferred,
  type Known,
  relaxedElements,
  SCALAR,
  shapeFrom,
  UNKNOWN,
  vectorOf,
} from '../../graph/known.js';
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
  const {shape: declared = null, set = null} = list.handle ?? {};
  const merged = mergeShapes(declared, given(shape));
  const known = merged === undefined ? declared : merged;
  const ofSet = set === 'none' ? known : mergeShapes(known, set);
  return ofSet === undefined ? declared : ofSet;
}

/** A list of which is known what it declares its elements to be: whatever is put into it has to fit. */
const listOf = (dtype: DType, shape: PartialShape, set: Handle['set'] = null): Inferred => ({
  ...SCALAR,
  handle: {dtype, shape, ...(set === null ? {} : {set})},
});

const newList: Infer = ([shape], node) => [listOf(node.attrs.dtype('element_dtype'), given(shape!), 'none')];

/** Of no rows it is not said what shape they have. */
const fromTensor: Infer = ([x, shape]) => {
  const [count = null, ...row] = x!.shape ?? [];
  return [listOf(x!.dtype, given(shape!), count !== null && count > 0 ? row : null)];
};

/** A list with one more element set, which is the input of this number. */
const withElement =
  (element: number): Infer =>
  (inputs) => {
    const {shape, handle} = inputs[0]!;
    if (handle === undefined) return [{shape}];
    const set = relaxedElements(handle.set, inputs[element]!.shape);
    return [{shape, handle: {dtype: handle.dtype, shape: handle.shape, ...(set === null ? {} : {set})}}];
  };

/** A list with elements set of which nothing is known but that they fit. */
const withElements: Infer = ([list]) => {
  const {shape, handle} = list!;
  return [handle === undefined ? {shape} : {shape, handle: {dtype: handle.dtype, shape: handle.shape}}];
};

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
  TensorListFromTensor: fromTensor,
  TensorListSplit: listFrom(1),
  ...forAll(listFrom(2), ['TensorListScatter', 'TensorListScatterV2']),
  TensorListStack: stack,
  TensorListGather: gather,
  TensorListGetItem: getItem,
  TensorListPopBack: popBack,
  ...forAll(concat, ['TensorListConcat', 'TensorListConcatV2']),
  TensorListConcatLists: concatLists,
  TensorListSetItem: withElement(2),
  TensorListPushBack: withElement(1),
  TensorListResize: passes,
  ...forAll(withElements, ['TensorListPushBackBatch', 'TensorListScatterIntoExistingList']),
  TensorListLength: scalar,
  TensorListElementShape: elementShape,
};
