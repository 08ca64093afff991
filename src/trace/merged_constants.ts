/**
 * Constants of several runs as one: the same in each, or one whose shape and numbers follow the sizes of the samples.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import {elementAt, type HostTensor} from '../host/tensor.js';
import type {ComputedConstant, StepKind} from './steps.js';
import {mergeLists, mergeNumbers} from './varying.js';

/** Constants of more elements are not examined one by one. */
const EXAMINED = 256;

/** @throws SaveError where the numbers follow no sizes */
export function mergeConstants(values: readonly HostTensor[]): StepKind {
  const [first] = values as [HostTensor];
  if (values.every((value) => sameTensor(value, first))) return {kind: 'constant', value: first};
  const constant = first.dtype === 'string' || first.dtype === 'complex64' ? undefined : computed(values);
  if (constant !== undefined) return {kind: 'computed', constant};
  throw new SaveError(
    `a tensor made from JavaScript values has other values in each run, shape [${first.shape}] in one; ` +
      'what depends on chance, on time or on sizes has to be computed with tfjs operations',
  );
}

function sameTensor(a: HostTensor, b: HostTensor): boolean {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  if (a.data === b.data) return true;
  for (let i = 0; i < a.data.length; i++)
    if (!sameElement(elementAt(a.data, i), elementAt(b.data, i))) return false;
  return true;
}

function sameElement(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((x, i) => x === b[i]);
  return Object.is(a, b);
}

function computed(tensors: readonly HostTensor[]): ComputedConstant | undefined {
  const data = tensors.map((tensor) => tensor.data as ArrayLike<number>);
  const shapes = tensors.map(({shape}) => shape);
  const [shape] = shapes as [readonly number[]];
  const filled = data.map((each) => uniformValue(each));
  if (filled.every((value) => value !== undefined)) {
    // An empty tensor holds no number that could differ.
    const known = filled.find((value) => value !== 'any');
    const values = filled.map((value) => (value === 'any' ? known : value));
    return {
      form: 'uniform',
      value: known === undefined ? 0 : mergeNumbers(values as number[]),
      shape: mergeLists(shapes),
    };
  }
  if (shapes.every((each) => each.join() === shape.join())) {
    if (data[0]!.length > EXAMINED) return undefined;
    const values = Array.from(data[0]!, (_, i) => mergeNumbers(data.map((each) => each[i]!)));
    return {form: 'elements', values, shape};
  }
  if (shapes.every((each) => each.length === 1)) return rangeOf(data);
  if (shapes.every((each) => each.length === 2) && tensors.every(isIdentity)) {
    const [rows, columns] = [0, 1].map((axis) => mergeNumbers(shapes.map((each) => each[axis]!)));
    return {form: 'identity', rows: rows!, columns: columns!};
  }
  return undefined;
}

/** The number that all elements are; undefined where they differ, and `any` where there is none. */
function uniformValue(data: ArrayLike<number>): number | 'any' | undefined {
  if (data.length === 0) return 'any';
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], data[0])) return undefined;
  return data[0];
}

function rangeOf(data: readonly ArrayLike<number>[]): ComputedConstant | undefined {
  const longest = data.reduce((a, b) => (b.length > a.length ? b : a));
  if (longest.length < 2) return undefined;
  const start = longest[0]!;
  const step = longest[1]! - start;
  const follows = data.every((each) => Array.from(each).every((value, i) => value === start + i * step));
  if (!follows) return undefined;
  return {form: 'range', start, step, length: mergeNumbers(data.map((each) => each.length))};
}

function isIdentity({shape, data}: HostTensor): boolean {
  const columns = shape[1]!;
  return Array.from(data as ArrayLike<number>).every(
    (value, i) => value === (Math.floor(i / columns) === i % columns ? 1 : 0),
  );
}
