/**
 * Tensors in arrays and objects, as a layer takes and gives them: taken apart to a flat list, and put together again.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {CallError} from '../errors.js';
import {IndexedSlices, RaggedTensor, SparseTensor} from '../savedmodel/composites.js';

/** Items alone, in arrays, in objects, or in nests of these. */
export type Nest<T> = T | readonly Nest<T>[] | {readonly [key: string]: Nest<T>};

/** A tensor made of several. */
export type Composite = RaggedTensor | SparseTensor | IndexedSlices;

/** How the items of a nest are arranged. */
export type Layout =
  | {readonly kind: 'leaf'}
  | {readonly kind: 'list'; readonly items: readonly Layout[]}
  /** Keys are sorted: items are numbered in that order, as `tf.nest` does. */
  | {readonly kind: 'dict'; readonly fields: readonly (readonly [key: string, layout: Layout])[]}
  | {readonly kind: 'composite'; readonly parts: number; compose(parts: readonly tf.Tensor[]): Composite}
  /** No tensor: null, a number, a tensor of a dtype that tfjs does not know. */
  | {readonly kind: 'constant'; readonly value: unknown};

/** A nest taken apart. */
export interface FlatNest<T> {
  readonly leaves: readonly T[];
  readonly layout: Layout;
}

const LEAF: Layout = {kind: 'leaf'};

/** The tensors, real or symbolic, of `nest`; composites give their components. */
export function flatten(nest: unknown): FlatNest<tf.Tensor | SymbolicTensor> {
  const leaves: (tf.Tensor | SymbolicTensor)[] = [];
  return {leaves, layout: layoutOf(nest, leaves)};
}

function layoutOf(nest: unknown, leaves: (tf.Tensor | SymbolicTensor)[]): Layout {
  if (nest instanceof tf.Tensor || nest instanceof SymbolicTensor) {
    leaves.push(nest);
    return LEAF;
  }
  if (Array.isArray(nest)) return {kind: 'list', items: nest.map((item) => layoutOf(item, leaves))};
  const composite = takeApart(nest);
  if (composite !== undefined) {
    leaves.push(...composite.parts);
    return {kind: 'composite', parts: composite.parts.length, compose: composite.compose};
  }
  if (isDict(nest)) {
    const keys = Object.keys(nest).sort();
    return {kind: 'dict', fields: keys.map((key) => [key, layoutOf(nest[key], leaves)])};
  }
  return {kind: 'constant', value: nest};
}

function takeApart(
  value: unknown,
): {parts: readonly tf.Tensor[]; compose(parts: readonly tf.Tensor[]): Composite} | undefined {
  if (value instanceof RaggedTensor) {
    return {
      parts: [value.flatValues, ...value.nestedRowSplits],
      compose: ([values, ...splits]) => RaggedTensor.fromNestedRowSplits(values!, splits) as RaggedTensor,
    };
  }
  if (value instanceof SparseTensor) {
    return {
      parts: [value.indices, value.values, value.denseShape],
      compose: ([indices, values, denseShape]) => new SparseTensor(indices!, values!, denseShape!),
    };
  }
  if (value instanceof IndexedSlices) {
    return {
      parts: [value.values, value.indices, ...(value.denseShape === undefined ? [] : [value.denseShape])],
      compose: ([values, indices, denseShape]) => new IndexedSlices(values!, indices!, denseShape),
    };
  }
  return undefined;
}

/** True for `{...}`: results by name are such, tensors in TensorFlow's own dtypes are not. */
export function isDict(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return !('dtype' in value && 'shape' in value && 'data' in value);
}

/** Arranges items by a layout. */
export function pack(layout: Layout, leaves: readonly (tf.Tensor | SymbolicTensor)[]): unknown {
  const rest = leaves[Symbol.iterator]();
  const take = () => {
    const {value, done} = rest.next();
    if (done) throw new CallError('there are fewer tensors than places for them');
    return value;
  };
  const visit = (each: Layout): unknown => {
    switch (each.kind) {
      case 'leaf':
        return take();
      case 'list':
        return each.items.map(visit);
      case 'dict':
        return Object.fromEntries(each.fields.map(([key, child]) => [key, visit(child)]));
      case 'composite':
        return each.compose(Array.from({length: each.parts}, () => take() as tf.Tensor));
      case 'constant':
        return each.value;
    }
  };
  return visit(layout);
}

/** The layout as a nest of the numbers of its items, which is JSON. */
export function nestOf(layout: Layout): Nest<number> {
  let next = 0;
  const visit = (each: Layout): Nest<number> => {
    if (each.kind === 'list') return each.items.map(visit);
    if (each.kind === 'dict')
      return Object.fromEntries(each.fields.map(([key, child]) => [key, visit(child)]));
    return next++;
  };
  return visit(layout);
}

/** The layout of a nest whose items are numbers, and how many they are. */
export function layoutOfNest(nest: Nest<number>): {readonly layout: Layout; readonly count: number} {
  let count = 0;
  const visit = (each: Nest<number>): Layout => {
    if (Array.isArray(each)) return {kind: 'list', items: each.map(visit)};
    if (typeof each !== 'object') {
      count++;
      return LEAF;
    }
    const fields = Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1));
    return {kind: 'dict', fields: fields.map(([key, child]) => [key, visit(child)])};
  };
  return {layout: visit(nest), count};
}

/** Whether some item is a tensor made of several. */
export function hasComposite(layout: Layout): boolean {
  if (layout.kind === 'list') return layout.items.some(hasComposite);
  if (layout.kind === 'dict') return layout.fields.some(([, child]) => hasComposite(child));
  return layout.kind === 'composite';
}

/** True for arrays of items, which are nests without structure of their own. */
export function isFlatList(layout: Layout): boolean {
  return layout.kind === 'list' && layout.items.every(({kind}) => kind === 'leaf');
}

/** True when nests of both layouts have the same keys and lengths. */
export function sameLayout(a: Layout, b: Layout): boolean {
  if (a.kind === 'list' && b.kind === 'list') {
    return a.items.length === b.items.length && a.items.every((item, i) => sameLayout(item, b.items[i]!));
  }
  if (a.kind === 'dict' && b.kind === 'dict') {
    return (
      a.fields.length === b.fields.length &&
      a.fields.every(([key, child], i) => key === b.fields[i]![0] && sameLayout(child, b.fields[i]![1]))
    );
  }
  return a.kind === b.kind;
}

/** The layout in words, for messages: `{x, y}`, `[_, _]`. */
export function describeLayout(layout: Layout): string {
  switch (layout.kind) {
    case 'leaf':
      return 'a tensor';
    case 'list':
      return `[${layout.items.map(describeLayout).join(', ')}]`;
    case 'dict':
      return `{${layout.fields.map(([key, child]) => `${key}: ${describeLayout(child)}`).join(', ')}}`;
    case 'composite':
      return 'a composite tensor';
    case 'constant':
      return 'no tensor';
  }
}
