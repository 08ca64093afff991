/**
 * What is known of a tensor before its graph runs: its dtype always, its shape as far as the graph tells, sometimes its
 * elements, because sizes are computed in the graph like everything else.
 *
 * Source: `tensorflow/core/framework/shape_inference.h`, which knows the same things.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {type PartialShape, partialSizeOf, relaxShapes} from '../host/shape.js';
import {type HostTensor, numbersAs, sizeOf} from '../host/tensor.js';

/** What a handle leads to. */
export interface Handle {
  readonly dtype: DType;
  readonly shape: PartialShape;
  /** Of a list: the shape of all elements that were set, `'none'` where none was. The list may declare less. */
  readonly set?: PartialShape | 'none';
}

/** What is known of a tensor. */
export interface Known {
  readonly dtype: DType;
  readonly shape: PartialShape;
  /** The tensor itself. */
  readonly value?: HostTensor;
  /** Elements of a scalar or vector of integers or truth values (0 and 1), null where they are not known; absent where none is. */
  readonly elements?: readonly (number | null)[];
  /** Of a handle: dtype and shape of what it leads to (the variable's value, each element of a list). */
  readonly handle?: Handle;
}

/** What a rule finds out about an output. The dtype follows from the op's definition, unless the rule knows better. */
export type Inferred = Omit<Known, 'dtype'> & {readonly dtype?: DType};

/** An output of which nothing but its dtype is known. */
export const UNKNOWN: Inferred = {shape: null};

/** A scalar. */
export const SCALAR: Inferred = {shape: []};

/** Vectors of more elements hold no sizes: their elements are not looked at one by one. */
export const MOST_ELEMENTS = 256;

/** The elements of an integer or boolean scalar or vector, as far as they are known; undefined where none is. */
export function elementsOf({dtype, shape, value, elements}: Known): readonly (number | null)[] | undefined {
  if (elements !== undefined || value === undefined) return elements;
  if (dtype !== 'int32' && dtype !== 'int64' && dtype !== 'bool') return undefined;
  if (shape === null || shape.length > 1 || sizeOf(value.shape) > MOST_ELEMENTS) return undefined;
  return Array.from(value.data as ArrayLike<number | bigint>, (element) =>
    Number.isSafeInteger(Number(element)) ? Number(element) : null,
  );
}

/** The only element of an integer scalar (or of a vector of one); undefined where it is not known. */
export function elementOf(known: Known | undefined): number | undefined {
  const elements = known && elementsOf(known);
  return elements?.length === 1 ? (elements[0] ?? undefined) : undefined;
}

/** All elements of an integer scalar or vector; undefined unless all are known. */
export function allElementsOf(known: Known | undefined): number[] | undefined {
  const elements = known && elementsOf(known);
  return elements?.every((element) => element !== null) ? [...elements] : undefined;
}

/** The elements of a scalar or vector, null where one is not known; undefined unless it is known how many there are. */
export function entriesOf(known: Known): readonly (number | null)[] | undefined {
  const elements = elementsOf(known);
  if (elements !== undefined) return elements;
  const size = known.shape !== null && known.shape.length <= 1 ? partialSizeOf(known.shape) : null;
  return size === null || size > MOST_ELEMENTS ? undefined : new Array<null>(size).fill(null);
}

/** The elements of an integer constant of any rank, row by row; undefined where it is none. */
export function integersOf({dtype, value}: Known): number[] | undefined {
  if (value === undefined || (dtype !== 'int32' && dtype !== 'int64')) return undefined;
  return Array.from(value.data as ArrayLike<number | bigint>, Number);
}

/** The dimension that an integer scalar stands for: null where it is not known. */
export function dimensionFrom(known: Known | undefined): number | null {
  const size = elementOf(known);
  return size === undefined || size < 0 ? null : size;
}

/** The shape that a tensor of sizes stands for: -1 is a dimension that is not known. */
export function shapeFrom(known: Known): PartialShape {
  if (known.shape?.length === 0 && elementsOf(known) === undefined) return null;
  return entriesOf(known)?.map((size) => (size === null || size < 0 ? null : size)) ?? null;
}

/** What is known of an integer scalar or vector (by `shape`) of these elements. */
export function withElements(
  shape: PartialShape,
  elements: readonly (number | null)[] | undefined,
): Inferred {
  return elements?.some((element) => element !== null) || elements?.length === 0
    ? {shape, elements}
    : {shape};
}

/** What is known of integers of a shape that are all the same; null where it is not known which. */
export function filledWith(shape: PartialShape, element: number | null): Inferred {
  const size = shape !== null && shape.length <= 1 ? partialSizeOf(shape) : null;
  if (size === null || size > MOST_ELEMENTS) return {shape};
  return withElements(shape, new Array<number | null>(size).fill(element));
}

/** A vector with these elements. */
export function vectorOf(elements: readonly (number | null)[]): Inferred {
  return withElements([elements.length], elements);
}

/** What is known of a constant. */
export function knownConstant(value: HostTensor): Known {
  return {dtype: value.dtype, shape: value.shape, value};
}

/** `inferred` with its dtype; a value whose elements are all known is there as a tensor, too. */
export function completed(inferred: Inferred, dtype: DType): Known {
  const known: Known = {dtype, ...inferred};
  const {shape, value, elements} = known;
  if (value !== undefined || elements === undefined || shape === null) return known;
  if ((dtype !== 'int32' && dtype !== 'int64') || !elements.every((element) => element !== null))
    return known;
  return {...known, value: {dtype, shape: shape as readonly number[], data: numbersAs(dtype, elements)}};
}

/** What is true of a tensor that is one of two. */
export function relaxed(a: Known, b: Known): Known {
  if (a === b) return a;
  const [left, right] = [elementsOf(a), elementsOf(b)];
  const elements =
    left?.length === right?.length
      ? left?.map((element, i) => (element === right![i] ? element : null))
      : undefined;
  const shape = relaxShapes(a.shape, b.shape);
  return {
    ...(shape === null ? {shape} : withElements(shape, elements)),
    dtype: a.dtype,
    ...(a.value !== undefined && a.value === b.value ? {value: a.value} : {}),
    ...(a.handle && b.handle && a.handle.dtype === b.handle.dtype
      ? {handle: relaxedHandle(a.handle, b.handle)}
      : {}),
  };
}

function relaxedHandle(a: Handle, b: Handle): Handle {
  const set = relaxedElements(a.set, b.set);
  return {dtype: a.dtype, shape: relaxShapes(a.shape, b.shape), ...(set === null ? {} : {set})};
}

/** The shape of the elements of a list that has those of two. */
export function relaxedElements(a: Handle['set'] = null, b: Handle['set'] = null): PartialShape | 'none' {
  if (a === 'none') return b;
  return b === 'none' ? a : relaxShapes(a, b);
}

/** True when both say the same of the outputs of a node. */
export function sameKnowledge(a: readonly Known[] | undefined, b: readonly Known[]): boolean {
  return a?.length === b.length && b.every((known, i) => sameKnown(a[i]!, known));
}

function sameKnown(a: Known, b: Known): boolean {
  return describe(a) === describe(b) && a.value?.data.length === b.value?.data.length;
}

/** Tells apart what is known of tensors; undefined where that is more than a few numbers. */
export function keyOfKnown(known: Known): string | undefined {
  return known.value !== undefined && elementsOf(known) === undefined ? undefined : describe(known);
}

function describe(known: Known): string {
  return JSON.stringify([known.dtype, known.shape, elementsOf(known), known.handle]);
}
