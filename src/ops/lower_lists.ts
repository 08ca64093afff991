/**
 * Lists of tensors in ONNX: a tensor with a new first dimension for as long as they stay in one session.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {fitsShape, mergeShapes, type PartialShape} from '../host/shape.js';
import {elementAt} from '../host/tensor.js';
import type {OnnxBuilder, OnnxList, OnnxTensor} from '../onnx/builder.js';
import {hasOnnxType} from '../onnx/dtypes.js';
import {notLowered} from '../onnx/not_lowered.js';

/** What a list is known to hold. */
type Elements = NonNullable<OnnxTensor['handle']>;

/** The list that a tensor stands for. */
export function listOf({list}: OnnxTensor): OnnxList {
  return list ?? notLowered('the list comes from elsewhere');
}

/** What a list holds. */
export function elementsOfList({handle}: OnnxTensor): Elements {
  return handle ?? notLowered('it is not known what the list holds');
}

/** A tensor that stands for a list. */
export function listTensor(holds: Elements, list: OnnxList, to: OnnxBuilder): OnnxTensor {
  if (!hasOnnxType(holds.dtype)) notLowered(`ONNX Runtime has no ${holds.dtype}`);
  return {...to.declare({dtype: 'variant', shape: [], handle: holds}), list};
}

/** Elements as a list. */
export function listFrom(holds: Elements, elements: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  return listTensor(holds, {size: to.sizeAlong(elements, 0), elements}, to);
}

/** The elements of a list as one tensor. What was never set is zeros, whose shape must be known where nothing was set at all. */
export function stackedList(tensor: OnnxTensor, to: OnnxBuilder, asked: PartialShape = null): OnnxTensor {
  const {size, elements, turn} = listOf(tensor);
  if (turn !== undefined) notLowered('a list is read in the loop that sets it');
  if (elements !== undefined) return elements;
  const {dtype, shape} = elementsOfList(tensor);
  const merged = mergeShapes(shape, asked);
  if (merged == null || merged.includes(null))
    notLowered('the shape of elements that were never set is not known');
  return zeros(dtype, [size], merged as number[], to);
}

/** Zeros of a shape of which the first dimension is computed. */
export function zeros(
  dtype: DType,
  first: readonly [OnnxTensor],
  rest: readonly number[],
  to: OnnxBuilder,
): OnnxTensor {
  const sizes = rest.length === 0 ? first[0] : to.op('Concat', [first[0], to.ints(rest)], {axis: 0});
  const count = first[0].value === undefined ? null : Number(elementAt(first[0].value.data, 0));
  return to.op('Expand', [to.scalar(dtype, 0), sizes], {}, {shape: [count, ...rest]});
}

/** Refuses elements of another shape than a list holds, as far as is known, and says what is known of them. */
export function checkElement(tensor: OnnxTensor, element: OnnxTensor): void {
  const {dtype, shape} = elementsOfList(tensor);
  if (element.dtype !== dtype) notLowered('an element is of another dtype than the list');
  // What only shows when it runs is refused by nobody else.
  if (shape !== null && (element.shape === null || !isAsKnown(element.shape, shape))) {
    notLowered('it is not known whether an element fits the list');
  }
}

/** True where a tensor of shape `known` always fits `wanted`. */
export function isAsKnown(known: PartialShape, wanted: PartialShape): boolean {
  return (
    wanted === null ||
    (known !== null &&
      fitsShape(
        known.map((size) => size ?? -1),
        wanted,
      ))
  );
}
