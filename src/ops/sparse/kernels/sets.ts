/**
 * Operations on sets: the last dimension of a dense tensor, or the entries of a sparse one that agree in all but the
 * last coordinate, are a set.
 *
 * @module
 */

import {formatShape, sameShape, stridesOf} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {ownEntry} from '../../../own_entry.js';
import {type ElementKey, elementKeys} from '../../../tensors/element_keys.js';
import {concat} from '../../../tensors/movement.js';
import {reorder} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {checkOrder, checkValues, entryAt, indexMatrix, longs, readCoordinates} from '../coordinates.js';

type SetOperation = (inFirst: boolean, inSecond: boolean) => boolean;

/** Which elements of two sets are in the result. */
const OPERATIONS: Readonly<Record<string, SetOperation>> = {
  'a-b': (a, b) => a && !b,
  'b-a': (a, b) => b && !a,
  intersection: (a, b) => a && b,
  union: () => true,
};

/** Sets of the elements of one value. */
interface Sets {
  readonly values: Value;
  /** The shape in which the sets are arranged. */
  readonly shape: readonly number[];
  /** The elements of each set that is not empty, as positions in `values`. */
  readonly members: ReadonlyMap<number, readonly number[]>;
}

function denseSets(x: Value, ctx: KernelContext): Sets {
  if (x.rank < 2) throw invalid(ctx, `at least 2 dimensions are expected, not ${formatShape(x.shape)}`);
  const width = x.shape.at(-1)!;
  const members = new Map<number, number[]>();
  for (let i = 0; i < x.size; i++) add(members, Math.floor(i / width), i);
  return {values: x.reshape([x.size]), shape: x.shape.slice(0, -1), members};
}

function sparseSets(indices: Value, values: Value, denseShape: Value, ctx: KernelContext): Sets {
  const coordinates = readCoordinates(indices, denseShape, ctx);
  checkValues(values, coordinates.count, ctx);
  const shape = coordinates.shape.slice(0, -1);
  if (shape.length === 0) {
    throw invalid(ctx, `at least 2 dimensions are expected, not ${formatShape(coordinates.shape)}`);
  }
  if (ctx.attrs.bool('validate_indices')) checkOrder(coordinates, ctx);
  const strides = stridesOf(shape);
  const members = new Map<number, number[]>();
  for (let i = 0; i < coordinates.count; i++) {
    const entry = entryAt(coordinates, i);
    const set = strides.reduce((position, stride, k) => position + stride * entry[k]!, 0);
    add(members, set, i);
  }
  return {values, shape, members};
}

function add(members: Map<number, number[]>, set: number, element: number): void {
  const own = members.get(set);
  if (own === undefined) members.set(set, [element]);
  else own.push(element);
}

function operate(a: Sets, b: Sets, ctx: KernelContext): Value[] {
  const name = ctx.attrs.string('set_operation').toLowerCase();
  const belongs = ownEntry(OPERATIONS, name);
  if (belongs === undefined) throw invalid(ctx, `unknown set operation '${name}'`);
  if (!sameShape(a.shape, b.shape)) {
    throw invalid(ctx, `sets arranged in ${formatShape(a.shape)} and ${formatShape(b.shape)} do not match`);
  }
  const values = concat([a.values, b.values], 0);
  const keys = elementKeys(values);
  const strides = stridesOf(a.shape);
  const entries: number[][] = [];
  const picked: number[] = [];
  let widest = 0;
  for (let set = 0; set < sizeOf(a.shape); set++) {
    const second = (b.members.get(set) ?? []).map((element) => element + a.values.size);
    const result = combine(a.members.get(set) ?? [], second, keys, belongs);
    const at = a.shape.map((dim, k) => Math.floor(set / strides[k]!) % dim);
    result.forEach((element, i) => {
      entries.push([...at, i]);
      picked.push(element);
    });
    widest = Math.max(widest, result.length);
  }
  const rank = a.shape.length + 1;
  return [indexMatrix(entries, rank), reorder(values, picked), longs([...a.shape, widest], [rank])];
}

/** One position for each distinct element that belongs to the result, in ascending order of the elements. */
function combine(
  first: readonly number[],
  second: readonly number[],
  keys: readonly ElementKey[],
  belongs: SetOperation,
): number[] {
  const inFirst = new Set(first.map((i) => keys[i]!));
  const inSecond = new Set(second.map((i) => keys[i]!));
  const places = new Map([...first, ...second].map((i) => [keys[i]!, i]));
  return [...places]
    .filter(([key]) => belongs(inFirst.has(key), inSecond.has(key)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, place]) => place);
}

const denseToDense: Kernel = ([a, b], ctx) => operate(denseSets(a!, ctx), denseSets(b!, ctx), ctx);

const denseToSparse: Kernel = ([a, indices, values, shape], ctx) =>
  operate(denseSets(a!, ctx), sparseSets(indices!, values!, shape!, ctx), ctx);

const sparseToSparse: Kernel = (inputs, ctx) => {
  const [a, b] = [inputs.slice(0, 3), inputs.slice(3)].map(([indices, values, shape]) =>
    sparseSets(indices!, values!, shape!, ctx),
  );
  return operate(a!, b!, ctx);
};

const setSize: Kernel = ([indices, values, denseShape], ctx) => {
  const {shape, members} = sparseSets(indices!, values!, denseShape!, ctx);
  const keys = elementKeys(values!);
  const sizes = allocate('int32', sizeOf(shape)) as Int32Array;
  for (const [set, elements] of members) sizes[set] = new Set(elements.map((i) => keys[i]!)).size;
  return Value.host('int32', shape, sizes);
};

/** Set operations. */
export const sets: OpFamily = {
  DenseToDenseSetOperation: {kernel: denseToDense},
  DenseToSparseSetOperation: {kernel: denseToSparse},
  SparseToSparseSetOperation: {kernel: sparseToSparse},
  SetSize: {kernel: setSize},
};
