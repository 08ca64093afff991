/**
 * Lists of tensors as ops of ONNX, as long as all that is done with them is lowered: the elements are one tensor.
 *
 * @module
 */

import {elementOf, type Known, shapeFrom} from '../../graph/known.js';
import {mergeShapes, type PartialShape} from '../../host/shape.js';
import type {OnnxBuilder, OnnxTensor} from '../../onnx/builder.js';
import {notLowered} from '../../onnx/not_lowered.js';
import {countedFromStart, countOf, provided} from '../lower_checks.js';
import {
  checkElement,
  elementsOfList,
  isAsKnown,
  listFrom,
  listOf,
  listTensor,
  stackedList,
} from '../lower_lists.js';
import type {Lower, Lowering, LowerTable} from '../lowering.js';

/** What the new list holds. */
function holdsOf({results}: Lowering): NonNullable<Known['handle']> {
  return results[0]?.handle ?? notLowered('it is not known what the list holds');
}

/** The shape of elements that an input says. */
function askedOf(shape: OnnxTensor): PartialShape {
  if (shape.value === undefined && shape.elements === undefined)
    notLowered('the shape of elements is not known');
  return shape.shape?.length === 1 ? shapeFrom(shape) : null;
}

const reserve: Lower = ([shape, count], _node, to) => {
  askedOf(shape!);
  return listTensor(holdsOf(to), {size: countOf(count!, to), elements: undefined}, to);
};

const empty: Lower = ([shape], _node, to) => {
  askedOf(shape!);
  return listTensor(holdsOf(to), {size: to.ints([0]), elements: undefined}, to);
};

const fromTensor: Lower = ([x, shape], _node, to) => {
  const own = x!.shape?.slice(1) ?? notLowered('a rank is not known');
  if (x!.shape!.length === 0 || !isAsKnown(own, askedOf(shape!)))
    notLowered('it is not known whether elements fit the list');
  return listFrom(holdsOf(to), x!, to);
};

/** `elements` as a tensor of the shape that is asked for, which it must have. */
function asAsked(elements: OnnxTensor, asked: PartialShape, to: OnnxBuilder): OnnxTensor {
  const own = elements.shape?.slice(1) ?? null;
  if (isAsKnown(own, asked)) return elements;
  if (own === null || mergeShapes(own, asked) === undefined)
    notLowered('elements have another shape than is asked for');
  const sizes = asked!.map((size, i) => (size === null ? to.sizeAlong(elements, i + 1) : to.ints([size])));
  const shape = to.op('Concat', [to.sizeAlong(elements, 0), ...sizes], {axis: 0});
  return to.op(
    'Reshape',
    [elements, shape],
    {allowzero: 1},
    {shape: [elements.shape![0]!, ...mergeShapes(own, asked)!]},
  );
}

const stack: Lower = ([list, shape], {attrs}, to) => {
  const asked = askedOf(shape!);
  const elements = asAsked(stackedList(list!, to, asked), asked, to);
  const count = attrs.int('num_elements');
  const isAll = elements.shape?.[0] === count;
  if (count < 0 || isAll) return to.op('Identity', [elements]);
  const size = to.squeeze(listOf(list!).size, [0]);
  return provided(to.op('Equal', [size, to.scalar('int64', count)], {}, {dtype: 'bool'}), elements, to);
};

const getItem: Lower = ([list, index, shape], _node, to) => {
  const asked = askedOf(shape!);
  const elements = stackedList(list!, to, asked);
  if (mergeShapes(elements.shape?.slice(1) ?? null, asked) === undefined)
    notLowered('elements have another shape than is asked for');
  return to.op('Gather', [elements, countedFromStart(index!, to)], {axis: 0});
};

const gather: Lower = ([list, indices, shape], _node, to) => {
  const asked = askedOf(shape!);
  const elements = asAsked(stackedList(list!, to, asked), asked, to);
  return to.op('Gather', [elements, countedFromStart(indices!, to)], {axis: 0});
};

const setItem: Lower = ([list, index, item], {attrs}, to) => {
  const {size, elements, turn} = listOf(list!);
  checkElement(list!, item!);
  const holds = elementsOfList(list!);
  const grows = attrs.has('resize_if_index_out_of_bounds') && attrs.bool('resize_if_index_out_of_bounds');
  // The loop gathers what its turns set.
  if (turn === null) return listTensor(holds, {size, elements: undefined, turn: item!, grows}, to);
  if (grows) notLowered('the list may grow');
  const row = to.unsqueeze(item!, [0]);
  const at = elementOf(index);
  if (elementOf(size) === 1 && at === 0) return listFrom(holds, {...row, shape: rowsOf(1, item!)}, to);
  const before = elements ?? zerosLike(row, item!, size, to);
  const place = to.op('Reshape', [to.cast(countedFromStart(index!, to), 'int64'), to.ints([1, 1])]);
  return listFrom(holds, to.op('ScatterND', [before, place, row], {}, {shape: before.shape}), to);
};

const rowsOf = (count: number | null, {shape}: OnnxTensor): PartialShape => shape && [count, ...shape];

/** Elements that were never set, of the shape of one that is. */
function zerosLike(row: OnnxTensor, item: OnnxTensor, size: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const shape = to.op('Concat', [size, to.shapeOf(item)], {axis: 0});
  return to.op(
    'Expand',
    [to.scalar(row.dtype, 0), shape],
    {},
    {shape: rowsOf(elementOf(size) ?? null, item)},
  );
}

const pushBack: Lower = ([list, item], _node, to) => {
  checkElement(list!, item!);
  const {size, elements} = listOf(list!);
  const row = {...to.unsqueeze(item!, [0]), shape: rowsOf(1, item!)};
  const isFirst = elements === undefined && elementOf(size) === 0;
  const all = isFirst
    ? row
    : to.op('Concat', [stackedList(list!, to), row], {axis: 0}, {shape: rowsOf(null, item!)});
  return listFrom(elementsOfList(list!), all, to);
};

const length: Lower = ([list], _node, to) => to.cast(to.squeeze(listOf(list!).size, [0]), 'int32');

export const onnx: LowerTable = {
  TensorListReserve: reserve,
  EmptyTensorList: empty,
  TensorListFromTensor: fromTensor,
  TensorListStack: stack,
  TensorListGetItem: getItem,
  TensorListGather: gather,
  TensorListSetItem: setItem,
  TensorListPushBack: pushBack,
  TensorListLength: length,
};
