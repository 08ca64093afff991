/**
 * Tensor lists: the immutable lists in which functional loops collect and walk over tensors (`tf.TensorArray` of
 * TensorFlow 2), carried in variant tensors.
 *
 * @module
 */

import {CallError} from '../../errors.js';
import type {DType} from '../../host/dtypes.js';
import {fitsShape, formatShape, type PartialShape} from '../../host/shape.js';
import {ARRAY_BYTES, allocateObjects, sizeOf} from '../../host/tensor.js';
import {zeros} from '../../tensors/movement.js';
import {Value, type Variant} from '../../tensors/value.js';
import {array} from '../array/kernels.js';
import {type Kernel, type KernelContext, type OpFamily, runAllWithin, runWithin} from '../kernel.js';
import {invalid} from '../node.js';
import {checkCount} from '../sizes.js';
import {elementShapeFrom, knownShape, mergeShapes} from './plan.js';

/** A list of tensors of one dtype. Elements of a reserved list are empty until they are set. */
export class TensorList implements Variant {
  readonly kind = 'tensor list';

  constructor(
    readonly dtype: DType,
    /** What is known of the elements' shape. */
    readonly elementShape: PartialShape,
    readonly elements: readonly (Value | undefined)[],
  ) {}

  *values(): Generator<Value> {
    for (const element of this.elements) if (element !== undefined) yield element;
  }

  zerosLike(zeros: (value: Value) => Value): TensorList {
    return this.with(this.elements.map((element) => element && zeros(element)));
  }

  /** An element that only one of the lists has set is the sum. */
  plus(other: Variant, add: (a: Value, b: Value) => Value): TensorList {
    if (!(other instanceof TensorList) || other.dtype !== this.dtype) {
      throw new CallError(`a tensor list of ${this.dtype} and a ${nameOf(other)} cannot be added`);
    }
    if (other.elements.length !== this.elements.length) {
      throw new CallError(
        `lists of ${this.elements.length} and ${other.elements.length} elements cannot be added`,
      );
    }
    return this.with(
      this.elements.map((element, i) => {
        const own = other.elements[i];
        return element && own ? add(element, own) : (element ?? own);
      }),
    );
  }

  /** The same list with other elements. */
  with(elements: readonly (Value | undefined)[]): TensorList {
    return new TensorList(this.dtype, this.elementShape, elements);
  }
}

const nameOf = (variant: Variant): string =>
  variant instanceof TensorList ? `tensor list of ${variant.dtype}` : variant.kind;

function listOf(value: Value | undefined): TensorList {
  return value!.object(TensorList);
}

function asValue(list: TensorList): Value {
  return Value.object('variant', list);
}

const shapeFrom = (value: Value, ctx: KernelContext): PartialShape =>
  elementShapeFrom(value.numbers(), value.rank, ctx);

function checkElement(list: TensorList, value: Value, ctx: KernelContext): void {
  if (value.dtype !== list.dtype || !fitsShape(value.shape, list.elementShape)) {
    throw invalid(
      ctx,
      `a list of ${list.dtype} ${formatShape(list.elementShape)} cannot take ${value.dtype} ${formatShape(value.shape)}`,
    );
  }
}

function checkIndex(list: TensorList, index: number, ctx: KernelContext): void {
  if (index < 0 || index >= list.elements.length) {
    throw invalid(ctx, `index ${index} is out of range for a list of ${list.elements.length} elements`);
  }
}

/** The shape of an element that was never set: known in full from the list, the op's argument, or another element. */
function shapeOfEmpty(list: TensorList, given: PartialShape, ctx: KernelContext): number[] {
  let shape = mergeShapes(list.elementShape, given, ctx);
  for (const element of list.values()) shape = mergeShapes(shape, element.shape, ctx);
  return knownShape(shape, 'an element was never set', ctx);
}

/** What TensorFlow reads from an element that was never set. Of variants that is an empty list. */
export function zerosOf(dtype: DType, shape: readonly number[]): Value {
  if (dtype !== 'variant') return zeros(dtype, shape);
  const lists = allocateObjects(sizeOf(shape), 0, ARRAY_BYTES).map(() => new TensorList('variant', null, []));
  return Value.host(dtype, shape, lists);
}

/** Elements of a list, those never set as zeros. */
function filled(list: TensorList, given: PartialShape, ctx: KernelContext, at?: readonly number[]): Value[] {
  for (const i of at ?? []) checkIndex(list, i, ctx);
  const elements = at ? at.map((i) => list.elements[i]) : list.elements;
  if (elements.every((element) => element !== undefined)) return elements as Value[];
  const empty = zerosOf(list.dtype, shapeOfEmpty(list, given, ctx));
  return elements.map((element) => element ?? empty);
}

/** Elements as one tensor with a new first dimension. */
function stack(list: TensorList, elements: readonly Value[], given: PartialShape, ctx: KernelContext): Value {
  if (elements.length === 0) {
    const shape = knownShape(mergeShapes(list.elementShape, given, ctx), 'there are no elements', ctx);
    return zeros(list.dtype, [0, ...shape]);
  }
  for (const element of elements) {
    if (!fitsShape(element.shape, mergeShapes(elements[0]!.shape, given, ctx))) {
      throw invalid(
        ctx,
        `elements of shapes ${formatShape(elements[0]!.shape)} and ${formatShape(element.shape)} cannot be stacked`,
      );
    }
  }
  return runWithin(ctx, array, 'Pack', elements, {
    N: {type: 'int', value: elements.length},
    T: {type: 'type', value: list.dtype},
    axis: {type: 'int', value: 0},
  });
}

/** A tensor's slices along its first dimension. */
function unstack(value: Value, ctx: KernelContext): readonly Value[] {
  const count = value.shape[0];
  if (count === undefined) throw invalid(ctx, 'a scalar cannot be made into a list');
  if (count === 0) return [];
  const attrs = {
    num: {type: 'int', value: count},
    T: {type: 'type', value: value.dtype},
    axis: {type: 'int', value: 0},
  } as const;
  return runAllWithin(ctx, array, 'Unpack', [value], attrs);
}

const reserve: Kernel = ([shape, count], ctx) => {
  const size = count!.number();
  const elements = allocateObjects(checkCount(size, 'elements', ctx), undefined);
  return asValue(new TensorList(ctx.attrs.dtype('element_dtype'), shapeFrom(shape!, ctx), elements));
};

const empty: Kernel = ([shape], ctx) =>
  asValue(new TensorList(ctx.attrs.dtype('element_dtype'), shapeFrom(shape!, ctx), []));

const fromTensor: Kernel = ([value, shape], ctx) => {
  const declared = shapeFrom(shape!, ctx);
  const own = value!.shape.slice(1);
  if (!fitsShape(own, declared)) {
    throw invalid(
      ctx,
      `a list of elements of ${formatShape(declared)} cannot be made of ${formatShape(value!.shape)}`,
    );
  }
  return asValue(new TensorList(value!.dtype, declared, unstack(value!, ctx)));
};

const stackAll: Kernel = ([handle, shape], ctx) => {
  const list = listOf(handle);
  const count = ctx.attrs.int('num_elements');
  if (count !== -1 && count !== list.elements.length) {
    throw invalid(ctx, `the list has ${list.elements.length} elements where ${count} are expected`);
  }
  const given = shapeFrom(shape!, ctx);
  return stack(list, filled(list, given, ctx), given, ctx);
};

const getItem: Kernel = ([handle, index, shape], ctx) => {
  const list = listOf(handle);
  return filled(list, shapeFrom(shape!, ctx), ctx, [index!.number()])[0]!;
};

const setItem: Kernel = ([handle, index, item], ctx) => {
  const list = listOf(handle);
  const at = index!.number();
  const grows =
    ctx.attrs.has('resize_if_index_out_of_bounds') && ctx.attrs.bool('resize_if_index_out_of_bounds');
  checkElement(list, item!, ctx);
  const elements = list.elements.slice();
  if (grows && at >= 0)
    while (elements.length < checkCount(at + 1, 'elements', ctx)) elements.push(undefined);
  else checkIndex(list, at, ctx);
  elements[at] = item!;
  return asValue(list.with(elements));
};

const pushBack: Kernel = ([handle, item], ctx) => {
  const list = listOf(handle);
  checkElement(list, item!, ctx);
  return asValue(list.with([...list.elements, item!]));
};

const popBack: Kernel = ([handle, shape], ctx) => {
  const list = listOf(handle);
  const last = list.elements.length - 1;
  if (last < 0) throw invalid(ctx, 'the list is empty');
  const [item] = filled(list, shapeFrom(shape!, ctx), ctx, [last]);
  return [asValue(list.with(list.elements.slice(0, last))), item!];
};

const resize: Kernel = ([handle, count], ctx) => {
  const list = listOf(handle);
  const size = count!.number();
  const elements = allocateObjects(checkCount(size, 'elements', ctx), undefined);
  return asValue(list.with(elements.map((_, i) => list.elements[i])));
};

const gather: Kernel = ([handle, indices, shape], ctx) => {
  const list = listOf(handle);
  const given = shapeFrom(shape!, ctx);
  return stack(list, filled(list, given, ctx, indices!.numbers()), given, ctx);
};

/** Places slices of a tensor at indices of a list, which grows to hold the largest. */
function scatterInto(list: TensorList, value: Value, indices: readonly number[], ctx: KernelContext): Value {
  const slices = unstack(value, ctx);
  if (slices.length !== indices.length) {
    throw invalid(ctx, `${indices.length} indices for ${slices.length} slices`);
  }
  const elements = list.elements.slice();
  indices.forEach((at, i) => {
    if (at < 0) throw invalid(ctx, `index ${at} is negative`);
    checkCount(at + 1, 'elements', ctx);
    while (elements.length <= at) elements.push(undefined);
    checkElement(list, slices[i]!, ctx);
    elements[at] = slices[i];
  });
  return asValue(list.with(elements));
}

const scatter: Kernel = ([value, indices, shape, count], ctx) => {
  const size = count === undefined ? -1 : count.number();
  if (size < -1) throw invalid(ctx, `num_elements must be -1 or more, not ${size}`);
  const elements = allocateObjects(checkCount(Math.max(size, 0), 'elements', ctx), undefined);
  const list = new TensorList(value!.dtype, shapeFrom(shape!, ctx), elements);
  const at = indices!.numbers();
  if (size >= 0 && at.some((i) => i >= size))
    throw invalid(ctx, `an index is out of range for ${size} elements`);
  return scatterInto(list, value!, at, ctx);
};

const scatterExisting: Kernel = ([handle, value, indices], ctx) =>
  scatterInto(listOf(handle), value!, indices!.numbers(), ctx);

/**
 * Elements of a list that differ in their first dimension. Those never set are zeros: as long as `leading` says, which is a number
 * for each element or one for all.
 */
function filledPieces(
  list: TensorList,
  given: PartialShape,
  leading: readonly number[] | number | null,
  ctx: KernelContext,
): Value[] {
  const known = [...list.values()].reduce(
    (shape, element) => mergeShapes(shape, [null, ...element.shape.slice(1)], ctx),
    mergeShapes(list.elementShape, given, ctx),
  );
  return list.elements.map((element, i) => {
    const length = Array.isArray(leading) ? leading[i] : leading;
    if (element === undefined) {
      const shape: PartialShape = known && [length ?? null, ...known.slice(1)];
      return zerosOf(list.dtype, knownShape(shape, `element ${i} was never set`, ctx));
    }
    if (length != null && length !== element.shape[0]) {
      throw invalid(ctx, `element ${i} of ${formatShape(element.shape)} is not of length ${length}`);
    }
    return element;
  });
}

/** Elements joined along their first dimension, and the length of each. */
const concat: Kernel = ([handle, shape, leading], ctx) => {
  const list = listOf(handle);
  const given = shape === undefined ? ctx.attrs.shape('element_shape') : shapeFrom(shape, ctx);
  if (list.elements.length === 0) {
    // The first version asks the attribute alone.
    const all = shape === undefined ? given : mergeShapes(list.elementShape, given, ctx);
    if (all?.length === 0) throw invalid(ctx, 'scalars cannot be concatenated');
    const rest = knownShape(all === null ? null : all.slice(1), 'there are no elements', ctx);
    return [zeros(list.dtype, [0, ...rest]), Value.vector('int64', [])];
  }
  // The first dimension may differ from element to element.
  const open: PartialShape = given === null ? null : [null, ...given.slice(1)];
  const loose = new TensorList(
    list.dtype,
    list.elementShape && [null, ...list.elementShape.slice(1)],
    list.elements,
  );
  const leadingDims = leading?.numbers() ?? [];
  const elements = filledPieces(
    loose,
    open,
    leadingDims.length > 0 ? leadingDims : (given?.[0] ?? null),
    ctx,
  );
  if (elements.some((element) => element.rank === 0)) throw invalid(ctx, 'scalars cannot be concatenated');
  const lengths = Value.vector(
    'int64',
    elements.map((element) => element.shape[0]!),
  );
  const joined = runWithin(ctx, array, 'ConcatV2', [...elements, Value.scalar('int32', 0)], {
    N: {type: 'int', value: elements.length},
    T: {type: 'type', value: list.dtype},
    Tidx: {type: 'type', value: 'int32'},
  });
  return [joined, lengths];
};

/** A list of pieces of the given lengths along the first dimension. */
const split: Kernel = ([value, shape, lengths], ctx) => {
  const sizes = lengths!.numbers();
  const declared = shapeFrom(shape!, ctx);
  if (!fitsShape(value!.shape, declared && [null, ...declared.slice(1)])) {
    throw invalid(
      ctx,
      `${formatShape(value!.shape)} cannot be split into elements of ${formatShape(declared)}`,
    );
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== value!.shape[0]) {
    throw invalid(ctx, `lengths add up to ${total}, the tensor's first dimension is ${value!.shape[0]}`);
  }
  let begin = 0;
  const pieces = sizes.map((size) => {
    const at = Value.vector('int32', [begin, ...value!.shape.slice(1).map(() => 0)]);
    const extent = Value.vector('int32', [size, ...value!.shape.slice(1)]);
    begin += size;
    return runWithin(ctx, array, 'Slice', [value!, at, extent], {
      T: {type: 'type', value: value!.dtype},
      Index: {type: 'type', value: 'int32'},
    });
  });
  return asValue(new TensorList(value!.dtype, declared, pieces));
};

const elementShape: Kernel = ([handle], ctx) => {
  const {elementShape: shape} = listOf(handle);
  const dtype = ctx.attrs.dtype('shape_type');
  return shape === null
    ? Value.scalar(dtype, -1)
    : Value.vector(
        dtype,
        shape.map((dim) => dim ?? -1),
      );
};

/** Lists joined pairwise: each argument is a tensor of lists of one shape. */
const concatLists: Kernel = ([a, b]) => {
  const left = a!.hostData() as readonly TensorList[];
  const right = b!.hostData() as readonly TensorList[];
  return Value.host(
    'variant',
    a!.shape,
    left.map((list, i) => list.with([...list.elements, ...right[i]!.elements])),
  );
};

/** One element pushed onto each of a tensor of lists. */
const pushBackBatch: Kernel = ([handles, batch], ctx) => {
  const lists = handles!.hostData() as readonly TensorList[];
  const items = unstack(batch!, ctx);
  if (items.length !== lists.length) throw invalid(ctx, `${items.length} elements for ${lists.length} lists`);
  const grown = lists.map((list, i) => {
    checkElement(list, items[i]!, ctx);
    return list.with([...list.elements, items[i]!]);
  });
  return Value.host('variant', handles!.shape, grown);
};

/** Ops on tensor lists. */
export const lists: OpFamily = {
  EmptyTensorList: {kernel: empty},
  TensorListReserve: {kernel: reserve},
  TensorListFromTensor: {kernel: fromTensor},
  TensorListStack: {kernel: stackAll},
  TensorListGetItem: {kernel: getItem},
  TensorListSetItem: {kernel: setItem},
  TensorListPushBack: {kernel: pushBack},
  TensorListPopBack: {kernel: popBack},
  TensorListPushBackBatch: {kernel: pushBackBatch},
  TensorListLength: {kernel: ([handle]) => Value.scalar('int32', listOf(handle).elements.length)},
  TensorListResize: {kernel: resize},
  TensorListGather: {kernel: gather},
  TensorListScatter: {kernel: scatter},
  TensorListScatterV2: {kernel: scatter},
  TensorListScatterIntoExistingList: {kernel: scatterExisting},
  TensorListConcat: {kernel: concat},
  TensorListConcatV2: {kernel: concat},
  TensorListConcatLists: {kernel: concatLists},
  TensorListSplit: {kernel: split},
  TensorListElementShape: {kernel: elementShape},
};
