/**
 * What the runs of one function have in common: values that are the same in each, and values that follow the sizes of
 * the samples.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';

/** A number that differs between the runs: what it is in each. */
export class Varying {
  readonly values: readonly number[];

  constructor(values: readonly number[]) {
    this.values = values;
  }
}

/** A list of numbers whose length differs between the runs: what it is in each. */
export class VaryingList {
  readonly values: readonly (readonly number[])[];

  constructor(values: readonly (readonly number[])[]) {
    this.values = values;
  }
}

/** A number known now, or when the graph runs. */
export type Size = number | Varying;

/** A list of numbers known now, or when the graph runs. */
export type Sizes = readonly Size[] | VaryingList;

/** A tensor of all runs: its dtype, and its shape in each. */
export interface MergedTensor {
  readonly dtype: tf.DataType | DType;
  readonly shapes: readonly (readonly number[])[];
  /** Dimensions that follow from values, so that the runs do not tell what they can be. */
  readonly open?: ReadonlySet<number>;
}

/** The rank of a tensor; undefined where it differs between the runs. */
export function rankOf({shapes}: MergedTensor): number | undefined {
  const rank = shapes[0]!.length;
  return shapes.every((shape) => shape.length === rank) ? rank : undefined;
}

/** The shape of a tensor. */
export function sizesOf({shapes}: MergedTensor): Sizes {
  return mergeLists(shapes);
}

/** The size of one dimension; a negative axis counts from the end. Undefined where not all runs have it. */
export function sizeAt({shapes}: MergedTensor, axis: number): Size | undefined {
  const values = shapes.map((shape) => shape.at(axis));
  return values.every((value) => value !== undefined) ? mergeNumbers(values as number[]) : undefined;
}

/** What is known of the shape of a tensor when a graph is made. */
export function partialShape(tensor: MergedTensor): PartialShape {
  const rank = rankOf(tensor);
  if (rank === undefined) return null;
  return Array.from({length: rank}, (_, axis) => {
    const size = sizeAt(tensor, axis);
    return typeof size === 'number' && !tensor.open?.has(axis) ? size : null;
  });
}

/** A tensor that has all of these shapes at one time or another. */
export function commonShape(tensors: readonly MergedTensor[]): MergedTensor {
  const open = new Set(tensors.flatMap((each) => [...(each.open ?? [])]));
  return {dtype: tensors[0]!.dtype, shapes: tensors.flatMap(({shapes}) => shapes), open};
}

/** One number from that of each run. */
export function mergeNumbers(values: readonly number[]): Size {
  const [first] = values;
  return values.every((value) => Object.is(value, first)) ? first! : new Varying(values);
}

/** One list from that of each run. */
export function mergeLists(lists: readonly (readonly number[])[]): Sizes {
  const {length} = lists[0]!;
  if (lists.some((list) => list.length !== length)) return new VaryingList(lists);
  return Array.from({length}, (_, i) => mergeNumbers(lists.map((list) => list[i]!)));
}

/** An attribute of all runs. */
export type Merged =
  | number
  | string
  | boolean
  | null
  | undefined
  | Varying
  | VaryingList
  | readonly Merged[]
  | {readonly [key: string]: Merged};

/**
 * One attribute from that of each run.
 *
 * @throws SaveError where they differ in something else than numbers
 */
export function mergeAttr(values: readonly unknown[], name: string): Merged {
  const [first] = values;
  if (values.every((value) => typeof value === 'number')) return mergeNumbers(values as number[]);
  if (values.every(Array.isArray)) {
    const lists = values as readonly (readonly unknown[])[];
    const {length} = lists[0]!;
    if (lists.every((list) => list.length === length)) {
      return Array.from({length}, (_, i) =>
        mergeAttr(
          lists.map((list) => list[i]),
          name,
        ),
      );
    }
    if (lists.every((list) => list.every((each) => typeof each === 'number'))) {
      return new VaryingList(lists as readonly (readonly number[])[]);
    }
  } else if (values.every((value) => value === first)) return first as Merged;
  throw new SaveError(
    `the attribute '${name}' is ${JSON.stringify(first)} in one run and something else in another`,
  );
}
