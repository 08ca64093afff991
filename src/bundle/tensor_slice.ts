/**
 * Slices of tensors: as partitioned variables are stored in, and as `RestoreV2` asks for
 * (`tensorflow/core/framework/tensor_slice.h`).
 *
 * @module
 */

import {FormatError} from '../errors.js';
import type {TensorSliceProto} from '../proto/generated/tensorflow/core/framework/tensor_slice.js';
import {orderedNumber, orderedSignedNumber, orderedString} from './ordered_code.js';

/** In each dimension a range, or null for all of it. */
export type TensorSlice = readonly (Extent | null)[];

export interface Extent {
  readonly start: number;
  readonly length: number;
}

/** A slice of a known tensor: where it starts, and its shape. */
export interface Box {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** The slice that is all of a tensor of `rank` dimensions. */
export function fullSlice(rank: number): TensorSlice {
  return new Array<null>(rank).fill(null);
}

export function isFullSlice(slice: TensorSlice): boolean {
  return slice.every((extent) => extent === null);
}

/** `0,10:-`, the spelling of `tensor_slice.h`. */
export function formatSlice(slice: TensorSlice): string {
  return slice.map((extent) => (extent === null ? '-' : `${extent.start},${extent.length}`)).join(':');
}

/** @throws FormatError when `text` is not spelled so. */
export function parseSlice(text: string): TensorSlice {
  const items = text.split(':').filter((item) => item !== '');
  return items.map((item) => {
    if (item === '-') return null;
    const match = /^(\d+),(\d+)$/.exec(item);
    if (match === null)
      throw new FormatError(`the slice "${text}" has "${item}" instead of "start,length" or "-"`);
    return extent(Number(match[1]), Number(match[2]), text);
  });
}

/**
 * Parses an element of `RestoreV2`'s `shape_and_slices`: the dimensions of the full tensor and the slice of it, such
 * as `20 4 0,10:-`.
 *
 * @throws FormatError when `text` is not spelled so, or the slice does not fit the shape.
 */
export function parseShapeAndSlice(text: string): {shape: number[]; slice: TensorSlice} {
  const words = text.split(' ');
  const slice = parseSlice(words.pop()!);
  const shape = words.map((word) => {
    if (!/^\d+$/.test(word))
      throw new FormatError(`"${text}" is no shape and slice: "${word}" is no dimension`);
    return Number(word);
  });
  boxOf(slice, shape);
  return {shape, slice};
}

export function sliceFromProto(proto: TensorSliceProto): TensorSlice {
  return proto.extent.map(({start, hasLength}) =>
    hasLength === undefined && start === 0 ? null : extent(start, hasLength?.value ?? 0, 'of a partition'),
  );
}

export function sliceToProto(slice: TensorSlice): TensorSliceProto {
  return {
    extent: slice.map((range) => ({
      start: range?.start ?? 0,
      hasLength: range === null ? undefined : {$case: 'length', value: range.length},
    })),
  };
}

function extent(start: number, length: number, slice: string): Extent {
  if (!(start >= 0 && length > 0 && Number.isSafeInteger(start + length))) {
    throw new FormatError(`the slice ${slice} has an impossible range: ${length} elements from ${start} on`);
  }
  return {start, length};
}

/** @throws FormatError when the slice does not fit in the shape. */
export function boxOf(slice: TensorSlice, shape: readonly number[]): Box {
  if (slice.length !== shape.length) {
    throw new FormatError(`the slice "${formatSlice(slice)}" is not of a tensor of shape [${shape}]`);
  }
  const extents = slice.map((range, d) => range ?? {start: 0, length: shape[d]!});
  if (extents.some(({start, length}, d) => start + length > shape[d]!)) {
    throw new FormatError(`the slice "${formatSlice(slice)}" leads out of the shape [${shape}]`);
  }
  return {start: extents.map(({start}) => start), shape: extents.map(({length}) => length)};
}

/**
 * The key under which a checkpoint's index has a part of the tensor `name`, a byte string
 * (`EncodeTensorNameSlice` in `saved_tensor_slice_util.cc`).
 */
export function sliceKey(name: string, slice: TensorSlice): string {
  const extents = slice.map(
    (range) => orderedSignedNumber(range?.start ?? 0) + orderedSignedNumber(range?.length ?? -1),
  );
  return orderedNumber(0) + orderedString(name) + orderedNumber(slice.length) + extents.join('');
}

/** True for the key of a part rather than of a tensor. */
export function isSliceKey(key: string): boolean {
  return key.startsWith(orderedNumber(0));
}

/** What two boxes have in common, or null. */
export function intersect(a: Box, b: Box): Box | null {
  const start = a.start.map((from, d) => Math.max(from, b.start[d]!));
  const shape = start.map((from, d) => Math.min(a.start[d]! + a.shape[d]!, b.start[d]! + b.shape[d]!) - from);
  return shape.every((length) => length > 0) ? {start, shape} : null;
}

/**
 * True when no two of the boxes have an element in common. Sweeps along the dimension with the most distinct
 * starts, so that few boxes are open at a time however a tensor was partitioned.
 */
export function areDisjoint(boxes: readonly Box[]): boolean {
  const rank = boxes[0]?.start.length ?? 0;
  if (rank === 0) return boxes.length <= 1;
  const distinct = Array.from({length: rank}, (_, d) => new Set(boxes.map((box) => box.start[d])).size);
  const axis = distinct.indexOf(Math.max(...distinct));
  const sorted = boxes.toSorted((a, b) => a.start[axis]! - b.start[axis]!);
  let open: Box[] = [];
  for (const box of sorted) {
    open = open.filter((other) => other.start[axis]! + other.shape[axis]! > box.start[axis]!);
    if (open.some((other) => intersect(other, box) !== null)) return false;
    open.push(box);
  }
  return true;
}

/** Copies what `source` and `target` have in common, both in row-major order, `lanes` numbers an element. */
export function copyOverlap<T>(
  source: ArrayLike<T>,
  sourceBox: Box,
  target: {[index: number]: T},
  targetBox: Box,
  lanes: number,
): void {
  const overlap = intersect(sourceBox, targetBox);
  if (overlap === null) return;
  const rank = overlap.start.length;
  const rowLength = (rank === 0 ? 1 : overlap.shape[rank - 1]!) * lanes;
  const position = overlap.start.slice();
  for (;;) {
    const from = offsetIn(sourceBox, position) * lanes;
    const to = offsetIn(targetBox, position) * lanes;
    for (let i = 0; i < rowLength; i++) target[to + i] = source[from + i]!;
    let d = rank - 2;
    for (; d >= 0; d--) {
      if (++position[d]! < overlap.start[d]! + overlap.shape[d]!) break;
      position[d] = overlap.start[d]!;
    }
    if (d < 0) return;
  }
}

/** Index of an element of the full tensor within a box. */
export function offsetIn(box: Box, position: readonly number[]): number {
  let offset = 0;
  for (let d = 0; d < position.length; d++) offset = offset * box.shape[d]! + position[d]! - box.start[d]!;
  return offset;
}

/** True when the elements of `part` lie side by side in `whole`, which it is a part of. */
export function isContiguous(part: Box, whole: Box): boolean {
  const first = part.shape.findIndex((length) => length > 1);
  return first < 0 || part.shape.every((length, d) => d <= first || length === whole.shape[d]);
}
