/**
 * Operations on sets: the last dimension of a dense tensor, or the entries of a sparse one that agree in all but the
 * last coordinate, are a set.
 *
 * @module
 */

import {nearestNumbers, setInteger, wordsOf} from '../../../host/int64.js';
import {formatShape, sameShape, stridesOf} from '../../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {ownEntry} from '../../../own_entry.js';
import {rowIds} from '../../../tensors/element_ids.js';
import {concat} from '../../../tensors/movement.js';
import {takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {checkOrder, checkValues, longs, readCoordinates} from '../coordinates.js';

type SetOperation = (inFirst: boolean, inSecond: boolean) => boolean;

/** Which elements of two sets are in the result. */
const OPERATIONS: Readonly<Record<string, SetOperation>> = {
  'a-b': (a, b) => a && !b,
  'b-a': (a, b) => b && !a,
  intersection: (a, b) => a && b,
  union: () => true,
};

/** Sets of the elements of one value: those that are not empty, in the order in which they are arranged. */
interface Sets {
  readonly values: Value;
  /** The shape in which the sets are arranged. */
  readonly shape: readonly number[];
  /** Where each set is in that. */
  readonly numbers: Float64Array;
  /** How many members there are before those of each set, and in all. */
  readonly splits: Int32Array;
  /** Where in `values` each member is; absent where they are in their order. */
  readonly members?: Int32Array;
}

function denseSets(x: Value, ctx: KernelContext): Sets {
  if (x.rank < 2) throw invalid(ctx, `at least 2 dimensions are expected, not ${formatShape(x.shape)}`);
  const width = x.shape.at(-1)!;
  const count = width === 0 ? 0 : x.size / width;
  const numbers = allocate('float64', count) as Float64Array;
  for (let set = 0; set < count; set++) numbers[set] = set;
  return {
    values: x.reshape([x.size]),
    shape: x.shape.slice(0, -1),
    numbers,
    splits: int32Array(count + 1, (set) => set * width),
  };
}

function sparseSets(indices: Value, values: Value, denseShape: Value, ctx: KernelContext): Sets {
  const coordinates = readCoordinates(indices, denseShape, ctx);
  const {count, flat} = coordinates;
  checkValues(values, count, ctx);
  const shape = coordinates.shape.slice(0, -1);
  const rank = shape.length;
  if (rank === 0) {
    throw invalid(ctx, `at least 2 dimensions are expected, not ${formatShape(coordinates.shape)}`);
  }
  if (ctx.attrs.bool('validate_indices')) checkOrder(coordinates, ctx);
  const strides = stridesOf(shape);
  const setOf = allocate('float64', count) as Float64Array;
  let isSorted = true;
  for (let i = 0; i < count; i++) {
    let set = 0;
    for (let k = 0; k < rank; k++) set += strides[k]! * flat[i * (rank + 1) + k]!;
    setOf[i] = set;
    if (i > 0 && set < setOf[i - 1]!) isSorted = false;
  }
  const members = int32Array(count, (i) => i);
  if (!isSorted) members.sort((a, b) => setOf[a]! - setOf[b]! || a - b);
  const numbers = allocate('float64', count) as Float64Array;
  const splits = allocate('int32', count + 1) as Int32Array;
  const end = sizeOf(shape);
  let sets = 0;
  // Entries may lie outside of all sets where nobody checked them; those before come first.
  let kept = 0;
  for (const member of members) {
    const set = setOf[member]!;
    if (set < 0 || set >= end) continue;
    if (sets === 0 || numbers[sets - 1] !== set) numbers[sets++] = set;
    members[kept++] = member;
    splits[sets] = kept;
  }
  return {values, shape, numbers: numbers.subarray(0, sets), splits: splits.subarray(0, sets + 1), members};
}

/** Where in the values of `sets` member `at` is. */
const memberAt = ({members}: Sets, at: number): number => (members === undefined ? at : members[at]!);

const IN_FIRST = 1;
const IN_SECOND = 2;

function operate(a: Sets, b: Sets, ctx: KernelContext): Value[] {
  const name = ctx.attrs.string('set_operation').toLowerCase();
  const belongs = ownEntry(OPERATIONS, name);
  if (belongs === undefined) throw invalid(ctx, `unknown set operation '${name}'`);
  if (!sameShape(a.shape, b.shape)) {
    throw invalid(ctx, `sets arranged in ${formatShape(a.shape)} and ${formatShape(b.shape)} do not match`);
  }
  const isIn = [0, IN_FIRST, IN_SECOND, IN_FIRST | IN_SECOND].map((from) =>
    belongs((from & IN_FIRST) !== 0, (from & IN_SECOND) !== 0),
  );
  const values = concat([a.values, b.values], 0);
  const {ids, firsts} = rowIds(values);
  const order = orderOf(values, firsts);
  // Of the set at hand: where each element occurs, as a mask, and all that do.
  const origins = allocate('uint8', firsts.length) as Uint8Array;
  const found = allocate('int32', firsts.length) as Int32Array;
  let count = 0;
  const note = (id: number, origin: number) => {
    if (origins[id] === 0) found[count++] = id;
    origins[id]! |= origin;
  };
  const most = a.splits.at(-1)! + b.splits.at(-1)!;
  const picked = allocate('int32', most) as Int32Array;
  // The sets of the result that are not empty, and how many elements there are up to each one's last.
  const [aCount, bCount] = [a.numbers.length, b.numbers.length];
  const numbers = allocate('float64', Math.min(most, aCount + bCount)) as Float64Array;
  const ends = allocate('int32', numbers.length) as Int32Array;
  let sets = 0;
  let total = 0;
  let widest = 0;
  for (let i = 0, k = 0; i < aCount || k < bCount; ) {
    const set = Math.min(i < aCount ? a.numbers[i]! : Infinity, k < bCount ? b.numbers[k]! : Infinity);
    if (i < aCount && a.numbers[i] === set) {
      for (let at = a.splits[i]!; at < a.splits[i + 1]!; at++) note(ids[memberAt(a, at)]!, IN_FIRST);
      i++;
    }
    if (k < bCount && b.numbers[k] === set) {
      for (let at = b.splits[k]!; at < b.splits[k + 1]!; at++) {
        note(ids[a.values.size + memberAt(b, at)]!, IN_SECOND);
      }
      k++;
    }
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const id = found[at]!;
      if (isIn[origins[id]!]) found[kept++] = id;
      origins[id] = 0;
    }
    count = 0;
    if (kept === 0) continue;
    sortFirst(found, kept, order);
    for (let at = 0; at < kept; at++) picked[total++] = firsts[found[at]!]!;
    numbers[sets] = set;
    ends[sets++] = total;
    widest = Math.max(widest, kept);
  }
  const rank = a.shape.length + 1;
  return [
    entriesOf(numbers.subarray(0, sets), ends, a.shape),
    takeRows(values, 1, picked.subarray(0, total), [total]),
    longs([...a.shape, widest], [rank]),
  ];
}

/** The order of distinct elements. */
interface Order {
  /** A lesser number for whichever comes first, as far as numbers tell. */
  readonly keys: Float64Array;
  /** Below 0 where the first one comes before the second. */
  compare(a: number, b: number): number;
}

function orderOf(values: Value, firsts: Int32Array): Order {
  const keys = allocate('float64', firsts.length) as Float64Array;
  if (values.dtype === 'string') {
    const strings = values.strings();
    const {bytes, starts, ends} = strings;
    for (let id = 0; id < keys.length; id++) {
      const [start, end] = [starts[firsts[id]!]!, ends[firsts[id]!]!];
      let key = 0;
      for (let at = start; at < start + KEY_BYTES; at++) key = key * 256 + (at < end ? bytes[at]! : 0);
      keys[id] = key;
    }
    return {keys, compare: (a, b) => strings.compareAt(firsts[a]!, strings, firsts[b]!)};
  }
  const numbers = values.numeric();
  const nearest = nearestNumbers(numbers);
  for (let id = 0; id < keys.length; id++) keys[id] = nearest[firsts[id]!]!;
  return {keys, compare: (a, b) => (numbers[firsts[a]!]! < numbers[firsts[b]!]! ? -1 : 1)};
}

/** So many bytes of a string fit a number. */
const KEY_BYTES = 6;

/** Longer lists are left to the sort of typed arrays. */
const FEW = 32;

/** Sorts the first `count` elements, which differ from one another. */
function sortFirst(ids: Int32Array, count: number, order: Order): void {
  const {keys} = order;
  if (count > FEW) {
    ids.subarray(0, count).sort((a, b) => keys[a]! - keys[b]! || order.compare(a, b));
    return;
  }
  for (let i = 1; i < count; i++) {
    const id = ids[i]!;
    const key = keys[id]!;
    let at = i;
    for (; at > 0; at--) {
      const before = ids[at - 1]!;
      if (keys[before]! < key || (keys[before] === key && order.compare(before, id) < 0)) break;
      ids[at] = before;
    }
    ids[at] = id;
  }
}

/** The coordinates of elements of sets: those of the set, and the place in it. */
function entriesOf(sets: Float64Array, ends: Int32Array, shape: readonly number[]): Value {
  const rank = shape.length + 1;
  const count = sets.length === 0 ? 0 : ends[sets.length - 1]!;
  const out = allocate('int64', rank * count) as BigInt64Array;
  const words = wordsOf(out);
  const strides = stridesOf(shape);
  const at = new Float64Array(shape.length);
  for (let set = 0, i = 0; set < sets.length; set++) {
    for (let k = 0; k < at.length; k++) at[k] = Math.floor(sets[set]! / strides[k]!) % shape[k]!;
    for (let place = 0; i < ends[set]!; i++, place++) {
      for (let k = 0; k < at.length; k++) setInteger(words, rank * i + k, at[k]!);
      setInteger(words, rank * i + at.length, place);
    }
  }
  return Value.host('int64', [count, rank], out);
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
  const sets = sparseSets(indices!, values!, denseShape!, ctx);
  const {shape, numbers, splits} = sets;
  const {ids, firsts} = rowIds(values!);
  const sizes = allocate('int32', sizeOf(shape)) as Int32Array;
  // The last set in which an element was met, counted from 1.
  const seen = allocate('int32', firsts.length) as Int32Array;
  for (let set = 0; set < numbers.length; set++) {
    for (let at = splits[set]!; at < splits[set + 1]!; at++) {
      const id = ids[memberAt(sets, at)]!;
      if (seen[id] === set + 1) continue;
      seen[id] = set + 1;
      sizes[numbers[set]!]!++;
    }
  }
  return Value.host('int32', shape, sizes);
};

/** Set operations. */
export const sets: OpFamily = {
  DenseToDenseSetOperation: {kernel: denseToDense},
  DenseToSparseSetOperation: {kernel: denseToSparse},
  SparseToSparseSetOperation: {kernel: sparseToSparse},
  SetSize: {kernel: setSize},
};
