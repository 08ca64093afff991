/**
 * Stacks and tensor arrays: the mutable collections of TensorFlow 1 loops, known by handle.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {DType} from '../../host/dtypes.js';
import {fitsShape, formatShape, type PartialShape} from '../../host/shape.js';
import {allocateObjects} from '../../host/tensor.js';
import {zeros} from '../../tensors/movement.js';
import {type Resource, Value} from '../../tensors/value.js';
import {array} from '../array/kernels.js';
import {type Kernel, type KernelContext, type OpFamily, runAllWithin, runWithin} from '../kernel.js';
import {zerosOf} from '../list/kernels.js';
import {knownShape, mergeShapes} from '../list/plan.js';
import {math} from '../math/kernels.js';
import {invalid} from '../node.js';
import {checkCount} from '../sizes.js';

/** A value that outlives the step that made it: it is held, and exempt from the scopes of the kernels that run on. */
function hold(value: Value): Value {
  for (const tensor of value.deviceTensors()) tf.keep(tensor);
  return value.retain();
}

/** An array of tensors of one dtype, written and read by index. */
class TensorArray implements Resource {
  readonly kind = 'tensor array';
  readonly elements: (Value | undefined)[];

  constructor(
    readonly name: string,
    readonly dtype: DType,
    public elementShape: PartialShape,
    size: number,
    readonly dynamicSize: boolean,
    readonly clearAfterRead: boolean,
    /** Whether writing twice to an index adds: the arrays that collect gradients. */
    readonly accumulates: boolean,
  ) {
    this.elements = allocateObjects<Value | undefined>(size, undefined);
  }

  write(index: number, value: Value, ctx: KernelContext): void {
    if (value.dtype !== this.dtype || !fitsShape(value.shape, this.elementShape)) {
      throw invalid(
        ctx,
        `an array of ${this.dtype} ${formatShape(this.elementShape)} cannot take ${value.dtype} ${formatShape(value.shape)}`,
      );
    }
    if (index < 0 || (index >= this.elements.length && !this.dynamicSize)) {
      throw invalid(ctx, `index ${index} is out of range for an array of ${this.elements.length} elements`);
    }
    checkCount(index + 1, 'elements', ctx);
    while (this.elements.length <= index) this.elements.push(undefined);
    const before = this.elements[index];
    if (before !== undefined && !this.accumulates) throw invalid(ctx, `element ${index} was written before`);
    const next =
      before === undefined
        ? value
        : runWithin(ctx, math, 'AddV2', [before, value], {T: {type: 'type', value: this.dtype}});
    this.elements[index] = hold(next);
    before?.release();
  }

  read(index: number, ctx: KernelContext): Value {
    if (index < 0 || index >= this.elements.length) {
      throw invalid(ctx, `index ${index} is out of range for an array of ${this.elements.length} elements`);
    }
    const value = this.elements[index];
    if (value !== undefined) return value;
    const known = this.elements.find((each) => each !== undefined)?.shape ?? this.elementShape;
    return zerosOf(this.dtype, knownShape(known, `element ${index} was never written`, ctx));
  }

  close(): void {
    for (const value of this.elements) value?.release();
    this.elements.length = 0;
  }
}

/** A last-in, first-out store of tensors. */
class Stack implements Resource {
  readonly kind = 'stack';
  readonly values: Value[] = [];

  constructor(
    readonly name: string,
    readonly maxSize: number,
  ) {}

  close(): void {
    for (const value of this.values) value.release();
    this.values.length = 0;
  }
}

function arrayOf(handle: Value | undefined): TensorArray {
  return handle!.object(TensorArray);
}

/** Ops give a scalar that only orders them: whoever takes it runs later. */
const FLOW = Value.scalar('float32', 0);

const create: Kernel = ([size], ctx) => {
  const {attrs} = ctx;
  const made = ctx.session.temporary(
    () =>
      new TensorArray(
        ctx.name,
        attrs.dtype('dtype'),
        attrs.shape('element_shape'),
        checkCount(size!.number(), 'elements', ctx),
        attrs.bool('dynamic_size'),
        attrs.bool('clear_after_read'),
        false,
      ),
  );
  return [Value.object('resource', made), FLOW];
};

/** The array that collects the gradients of an array's elements, one for each source. */
const gradients = new WeakMap<TensorArray, Map<string, TensorArray>>();

const gradient: Kernel = ([handle], ctx) => {
  const source = arrayOf(handle);
  const own = gradients.get(source) ?? new Map<string, TensorArray>();
  gradients.set(source, own);
  const name = ctx.attrs.string('source');
  let made = own.get(name);
  if (made === undefined) {
    const {dtype, elementShape, elements} = source;
    made = ctx.session.temporary(
      () =>
        new TensorArray(`${source.name}/${name}`, dtype, elementShape, elements.length, false, false, true),
    );
    own.set(name, made);
  }
  return [Value.object('resource', made), FLOW];
};

const write: Kernel = ([handle, index, value, flow], ctx) => {
  arrayOf(handle).write(index!.number(), value!, ctx);
  return flow!;
};

const read: Kernel = ([handle, index], ctx) => arrayOf(handle).read(index!.number(), ctx);

const gather: Kernel = ([handle, indices], ctx) => {
  const source = arrayOf(handle);
  const given = ctx.attrs.shape('element_shape');
  source.elementShape = mergeShapes(source.elementShape, given, ctx);
  if (indices!.size === 0)
    return zeros(source.dtype, [0, ...knownShape(given, 'there are no elements', ctx)]);
  const values = indices!.numbers().map((index) => source.read(index, ctx));
  return runWithin(ctx, array, 'Pack', values, {
    N: {type: 'int', value: values.length},
    T: {type: 'type', value: source.dtype},
    axis: {type: 'int', value: 0},
  });
};

const scatter: Kernel = ([handle, indices, value, flow], ctx) => {
  const target = arrayOf(handle);
  const slices = unstack(value!, ctx);
  if (slices.length !== indices!.size) {
    throw invalid(ctx, `there are ${indices!.size} indices for values of ${formatShape(value!.shape)}`);
  }
  indices!.numbers().forEach((index, i) => {
    target.write(index, slices[i]!, ctx);
  });
  return flow!;
};

function unstack(value: Value, ctx: KernelContext): readonly Value[] {
  const count = value.shape[0] ?? 0;
  if (count === 0) return [];
  return runAllWithin(ctx, array, 'Unpack', [value], {
    num: {type: 'int', value: count},
    T: {type: 'type', value: value.dtype},
    axis: {type: 'int', value: 0},
  });
}

const concat: Kernel = ([handle], ctx) => {
  const source = arrayOf(handle);
  const values = source.elements.map((_, index) => source.read(index, ctx));
  const lengths = Value.vector(
    'int64',
    values.map(({shape}) => shape[0] ?? 0),
  );
  if (values.length === 0) {
    const rest = knownShape(ctx.attrs.shape('element_shape_except0'), 'there are no elements', ctx);
    return [zeros(source.dtype, [0, ...rest]), lengths];
  }
  const joined = runWithin(ctx, array, 'ConcatV2', [...values, Value.scalar('int32', 0)], {
    N: {type: 'int', value: values.length},
    T: {type: 'type', value: source.dtype},
    Tidx: {type: 'type', value: 'int32'},
  });
  return [joined, lengths];
};

const split: Kernel = ([handle, value, lengths, flow], ctx) => {
  const target = arrayOf(handle);
  const rest = value!.shape.slice(1);
  const total = lengths!.numbers().reduce((sum, length) => sum + length, 0);
  if (total !== value!.shape[0]) {
    throw invalid(ctx, `lengths of ${total} in all do not split values of ${formatShape(value!.shape)}`);
  }
  const places = target.elements.length;
  if (places > lengths!.size || (places < lengths!.size && !target.dynamicSize)) {
    throw invalid(ctx, `an array of ${places} elements does not take ${lengths!.size} parts`);
  }
  let begin = 0;
  lengths!.numbers().forEach((length, index) => {
    const at = Value.vector('int32', [begin, ...rest.map(() => 0)]);
    const size = Value.vector('int32', [length, ...rest]);
    const attrs = {T: {type: 'type', value: target.dtype}, Index: {type: 'type', value: 'int32'}} as const;
    target.write(index, runWithin(ctx, array, 'Slice', [value!, at, size], attrs), ctx);
    begin += length;
  });
  return flow!;
};

const push: Kernel = ([handle, value], ctx) => {
  const stack = handle!.object(Stack);
  if (stack.maxSize >= 0 && stack.values.length >= stack.maxSize) {
    throw invalid(ctx, `the stack holds ${stack.maxSize} values at most`);
  }
  stack.values.push(hold(value!));
  return value!;
};

const pop: Kernel = ([handle], ctx) => {
  const value = handle!.object(Stack).values.pop();
  if (value === undefined) throw invalid(ctx, 'the stack is empty');
  return value.yield();
};

const close: Kernel = ([handle]) => {
  const [object] = handle!.hostData() as readonly object[];
  if (object instanceof TensorArray || object instanceof Stack) object.close();
  return [];
};

const createStack: Kernel = ([size], ctx) =>
  Value.object(
    'resource',
    ctx.session.temporary(() => new Stack(ctx.name, size?.number() ?? -1)),
  );

/** Tensor arrays and stacks by handle. */
export const tensorArrays: OpFamily = {
  TensorArrayV3: {kernel: create},
  TensorArrayGradV3: {kernel: gradient},
  TensorArrayWriteV3: {kernel: write},
  TensorArrayReadV3: {kernel: read},
  TensorArrayGatherV3: {kernel: gather},
  TensorArrayScatterV3: {kernel: scatter},
  TensorArrayConcatV3: {kernel: concat},
  TensorArraySplitV3: {kernel: split},
  TensorArraySizeV3: {kernel: ([handle]) => Value.scalar('int32', arrayOf(handle).elements.length)},
  TensorArrayCloseV3: {kernel: close},
  StackV2: {kernel: createStack},
  StackPushV2: {kernel: push},
  StackPopV2: {kernel: pop},
  StackCloseV2: {kernel: close},
};
