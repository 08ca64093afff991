/**
 * Copies between strided regions of host tensors: what data movement of any dtype comes down to on the host.
 *
 * @module
 */

import {type DType, dtypeInfo, isBigInt, lanes, type NumericArray} from './dtypes.js';
import {wordsOf} from './int64.js';
import type {PackedStrings} from './strings.js';
import {allocate, allocateObjects, type HostData, type HostObject} from './tensor.js';

/** Host storage that is still being filled. */
export type MutableHostData = NumericArray | HostObject[];

/** Where the elements of a tensor lie in a flat array: element `i` at `offset + sum(i[k] * strides[k])`. */
export interface Region {
  readonly offset: number;
  readonly strides: readonly number[];
}

interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Where an object is still to be put. */
const NOTHING_YET: HostObject = {kind: 'nothing'};

const ONCE: Axis = {size: 1, from: 0, to: 0};

/** Runs of fewer elements are copied one by one: setting up a block copy costs more. */
const BLOCK_COPY = 64;

/** Storage for `size` elements of any dtype but strings: zeros, or holes still to be filled with objects. */
export function allocateHost(dtype: DType, size: number): MutableHostData {
  return dtypeInfo(dtype).array === undefined ? allocateObjects(size, NOTHING_YET) : allocate(dtype, size);
}

/** A contiguous part of host data, in elements. Typed arrays share their memory. */
export function partOf(data: HostData, dtype: DType, start: number, end: number): HostData {
  const width = lanes(dtype);
  return ArrayBuffer.isView(data) ? data.subarray(start * width, end * width) : data.slice(start, end);
}

/** Copies the elements of `shape` from one region to another. */
export function copyRegion(
  dtype: DType,
  shape: readonly number[],
  source: Exclude<HostData, PackedStrings>,
  from: Region,
  target: MutableHostData,
  to: Region,
): void {
  const width = lanesOfWords(dtype);
  const axes: Axis[] = shape.map((size, k) => ({
    size,
    from: from.strides[k]! * width,
    to: to.strides[k]! * width,
  }));
  if (width > 1) axes.push({size: width, from: 1, to: 1});
  copyAxes(mergeAxes(axes), inWords(source), from.offset * width, inWords(target), to.offset * width);
}

/** Numbers that an element is moved as: 64-bit integers as two words, for a BigInt would be made of each. */
export function lanesOfWords(dtype: DType): number {
  return isBigInt(dtype) ? 2 : lanes(dtype);
}

/** What holds those numbers. Shares the memory. */
export function inWords<T extends object>(data: T): T | Int32Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? wordsOf(data) : data;
}

/** Drops axes of one element and joins neighbours that one stride can walk through on both sides. */
function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    const last = merged.at(-1);
    if (axis.size === 1) continue;
    if (last && last.from === axis.from * axis.size && last.to === axis.to * axis.size) {
      merged[merged.length - 1] = {...axis, size: last.size * axis.size};
    } else {
      merged.push(axis);
    }
  }
  return merged;
}

function copyAxes(
  axes: Axis[],
  source: Exclude<HostData, PackedStrings>,
  from: number,
  target: MutableHostData,
  to: number,
): void {
  if (axes.some((axis) => axis.size === 0)) return;
  const inner = axes.pop() ?? ONCE;
  const isBlock =
    inner.from === 1 && inner.to === 1 && inner.size >= BLOCK_COPY && ArrayBuffer.isView(source);
  // Short runs are copied a plane at a time: what is done for each run would take longer than the run.
  const outer = isBlock ? ONCE : (axes.pop() ?? ONCE);
  const position = new Array<number>(axes.length).fill(0);
  let axis: number;
  do {
    if (isBlock) (target as Float32Array).set(source.subarray(from, from + inner.size) as Float32Array, to);
    else copyPlane(source as Float32Array, from, target as Float32Array, to, outer, inner);
    for (axis = axes.length - 1; axis >= 0; axis--) {
      const {size, from: sourceStep, to: targetStep} = axes[axis]!;
      from += sourceStep;
      to += targetStep;
      if (++position[axis]! < size) break;
      from -= sourceStep * size;
      to -= targetStep * size;
      position[axis] = 0;
    }
  } while (axis >= 0);
}

/** Of any element type; declared with one. */
function copyPlane(
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  outer: Axis,
  inner: Axis,
): void {
  const {size, from: sourceStep, to: targetStep} = inner;
  for (let row = 0; row < outer.size; row++) {
    let read = from + row * outer.from;
    let write = to + row * outer.to;
    for (let i = 0; i < size; i++) {
      target[write] = source[read]!;
      read += sourceStep;
      write += targetStep;
    }
  }
}
