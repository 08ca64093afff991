/**
 * Nested structures: how functions take and give several tensors at once (TensorFlow's StructuredValue).
 *
 * A structure describes a nest; flattening lists its tensors in TensorFlow's order, in which the keys of a dict are
 * sorted and a composite tensor gives its components.
 *
 * Source: `tensorflow/core/protobuf/struct.proto`, `tf.nest`.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';
import {type StructuredValue, type TypeSpecProto, TypeSpecProto_TypeSpecClass} from '../proto/index.js';
import {dtypeOf, shapeOf, tensorOf} from './from_proto.js';

/** What is known of a tensor before it exists. */
export interface TensorStructure {
  readonly kind: 'tensor';
  readonly name: string;
  readonly dtype: DType;
  readonly shape: PartialShape;
}

/** Composite tensors this library has a class for. Others are lists of their components. */
export type CompositeClass = 'ragged' | 'sparse' | 'indexedSlices' | 'other';

/** A tensor made of several. */
export interface CompositeStructure {
  readonly kind: 'composite';
  readonly type: CompositeClass;
  /** Name of the Python class, for messages. */
  readonly className: string;
  readonly components: readonly TensorStructure[];
  /** dtype and shape of the values as a whole, where known. */
  readonly dtype?: DType;
  readonly shape?: PartialShape;
  /** Present where it stands for a variable. */
  readonly variable?: VariableFacts;
}

/** What is known of a variable besides its dtype and shape. */
export interface VariableFacts {
  readonly trainable?: boolean;
  /** Where a function was traced with one variable in several places, all of them have one number. */
  readonly aliasId?: number;
}

/** A nest of tensors and of what is no tensor. */
export type Structure =
  | TensorStructure
  | CompositeStructure
  | {readonly kind: 'list' | 'tuple'; readonly items: readonly Structure[]}
  | {readonly kind: 'dict'; readonly fields: ReadonlyMap<string, Structure>}
  | {readonly kind: 'namedTuple'; readonly name: string; readonly fields: ReadonlyMap<string, Structure>}
  | {readonly kind: 'none'}
  | {readonly kind: 'literal'; readonly value: Literal}
  | {readonly kind: 'dtype'; readonly value: DType}
  | {readonly kind: 'shape'; readonly value: PartialShape}
  | {readonly kind: 'constant'; readonly value: HostTensor};

/** What errors speak of. */
const WHAT = 'a function signature';

/** TensorFlow's shapes have so many dimensions at most. */
const MAX_RANK = 254;

/** More tensors than the parts of any object; a file could ask for any number. */
const MAX_COMPONENTS = 65_536;

/** The structure a message describes; an absent one is None. */
export function structureOf(proto: StructuredValue | undefined): Structure {
  const kind = proto?.kind;
  if (kind === undefined) return {kind: 'none'};
  switch (kind.$case) {
    case 'noneValue':
      return {kind: 'none'};
    case 'float64Value':
    case 'stringValue':
    case 'boolValue':
      return {kind: 'literal', value: kind.value};
    case 'int64Value': {
      const number = Number(kind.value);
      return {kind: 'literal', value: Number.isSafeInteger(number) ? number : kind.value};
    }
    case 'tensorShapeValue':
      return {kind: 'shape', value: shapeOf(kind.value)};
    case 'tensorDtypeValue':
      return {kind: 'dtype', value: dtypeOf(kind.value, WHAT)};
    case 'tensorSpecValue':
    case 'boundedTensorSpecValue': {
      const {name, shape, dtype} = kind.value;
      return {kind: 'tensor', name, dtype: dtypeOf(dtype, WHAT), shape: shapeOf(shape)};
    }
    case 'typeSpecValue':
      return compositeOf(kind.value);
    case 'listValue':
      return {kind: 'list', items: kind.value.values.map(structureOf)};
    case 'tupleValue':
      return {kind: 'tuple', items: kind.value.values.map(structureOf)};
    case 'dictValue': {
      const fields = [...kind.value.fields].map(([key, value]) => [key, structureOf(value)] as const);
      return {kind: 'dict', fields: new Map(fields.sort(byKey))};
    }
    case 'namedTupleValue': {
      const fields = kind.value.values.map(({key, value}) => [key, structureOf(value)] as const);
      return {kind: 'namedTuple', name: kind.value.name, fields: new Map(fields)};
    }
    case 'tensorValue':
    case 'numpyValue':
      return {kind: 'constant', value: tensorOf(kind.value, WHAT)};
  }
}

/** `tf.nest` visits the entries of a dict in the order of their keys' code points. */
function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compositeOf(proto: TypeSpecProto): Structure {
  const state = structureOf(proto.typeState);
  const items = state.kind === 'tuple' || state.kind === 'list' ? state.items : [];
  switch (proto.typeSpecClass) {
    case TypeSpecProto_TypeSpecClass.RAGGED_TENSOR_SPEC:
      return raggedOf(items);
    case TypeSpecProto_TypeSpecClass.SPARSE_TENSOR_SPEC: {
      const [shape, dtype] = [shapeItem(items[0]), dtypeItem(items[1])];
      const rank = shape === null ? null : shape.length;
      const components = [
        component('indices', 'int64', [null, rank]),
        component('values', dtype, [null]),
        component('dense_shape', 'int64', [rank]),
      ];
      return {kind: 'composite', type: 'sparse', className: 'SparseTensor', components, dtype, shape};
    }
    case TypeSpecProto_TypeSpecClass.INDEXED_SLICES_SPEC: {
      const [shape, dtype] = [shapeItem(items[0]), dtypeItem(items[1])];
      const components = [
        component('values', dtype, null),
        component('indices', dtypeItem(items[2]), [null]),
      ];
      const denseShape = items[3];
      if (denseShape?.kind === 'dtype') components.push(component('dense_shape', denseShape.value, [null]));
      return {kind: 'composite', type: 'indexedSlices', className: 'IndexedSlices', components, dtype, shape};
    }
    case TypeSpecProto_TypeSpecClass.VARIABLE_SPEC: {
      const components = [component('handle', 'resource', [])];
      return {
        kind: 'composite',
        type: 'other',
        className: 'Variable',
        components,
        shape: shapeItem(items[0]),
        dtype: dtypeItem(items[1]),
        variable: variableFacts(items[2], items[3]),
      };
    }
    default: {
      // One variant or resource scalar stands for a dataset, an iterator, an optional, a tensor array.
      const count = proto.numFlatComponents || 1;
      if (count < 0 || count > MAX_COMPONENTS) {
        throw new FormatError(`${WHAT} has a '${proto.typeSpecClassName}' of ${count} components`);
      }
      const components = Array.from({length: count}, (_, i) => component(`component_${i}`, 'variant', null));
      return {kind: 'composite', type: 'other', className: proto.typeSpecClassName, components};
    }
  }
}

/**
 * State: shape, dtype of the values, ragged rank, dtype of the row splits.
 *
 * @throws FormatError for a ragged rank that no tensor of this shape has; the file could ask for any number.
 */
function raggedOf(items: readonly Structure[]): Structure {
  const shape = shapeItem(items[0]);
  const dtype = dtypeItem(items[1]);
  const rank = items[2]?.kind === 'literal' ? Number(items[2].value) : 1;
  const below = shape?.length ?? MAX_RANK;
  if (!Number.isInteger(rank) || rank < 0 || (rank > 0 && rank >= below)) {
    throw new FormatError(
      `${WHAT} has a ragged tensor of ragged rank ${rank}, and rank ${shape?.length ?? 'unknown'}`,
    );
  }
  const splits = items[3]?.kind === 'dtype' ? items[3].value : 'int64';
  const inner = shape === null ? null : [null, ...shape.slice(rank + 1)];
  if (rank === 0) return {kind: 'tensor', name: 'values', dtype, shape};
  const components = [
    component('flat_values', dtype, inner),
    ...Array.from({length: rank}, (_, i) => component(`row_splits_${i}`, splits, [null])),
  ];
  return {kind: 'composite', type: 'ragged', className: 'RaggedTensor', components, dtype, shape};
}

/** Old files say nothing of aliases. */
function variableFacts(trainable: Structure | undefined, aliasId: Structure | undefined): VariableFacts {
  const [isTrainable, alias] = [trainable, aliasId].map((each) =>
    each?.kind === 'literal' ? each.value : undefined,
  );
  return {
    ...(typeof isTrainable === 'boolean' && {trainable: isTrainable}),
    ...(typeof alias === 'number' && {aliasId: alias}),
  };
}

function component(name: string, dtype: DType, shape: PartialShape): TensorStructure {
  return {kind: 'tensor', name, dtype, shape};
}

function shapeItem(item: Structure | undefined): PartialShape {
  return item?.kind === 'shape' ? item.value : null;
}

function dtypeItem(item: Structure | undefined): DType {
  if (item?.kind !== 'dtype') throw new FormatError(`${WHAT} has a composite tensor without a dtype`);
  return item.value;
}

/** A value of Python that is no tensor. */
export type Literal = boolean | string | number | bigint;

/** Whether an argument equals a literal as Python compares them: numbers by value (`True == 1 == 1.0`), text with text. */
export function equalsLiteral(given: unknown, literal: Literal): boolean {
  const [left, right] = [given, literal].map((each) => (typeof each === 'boolean' ? Number(each) : each));
  if (typeof left === typeof right) return left === right;
  if (typeof left === 'number') return Number.isInteger(left) && BigInt(left) === right;
  return typeof left === 'bigint' && Number.isInteger(right) && left === BigInt(right as number);
}

/** The children of a structure with their keys, in flattening order; empty for a leaf. */
export function childrenOf(structure: Structure): readonly (readonly [key: string | number, Structure])[] {
  switch (structure.kind) {
    case 'list':
    case 'tuple':
      return structure.items.map((item, i) => [i, item]);
    case 'dict':
    case 'namedTuple':
      return [...structure.fields];
    default:
      return [];
  }
}

/** Every tensor of a structure, components of composite tensors included. */
export function flattenTensors(structure: Structure): TensorStructure[] {
  if (structure.kind === 'tensor') return [structure];
  if (structure.kind === 'composite') return [...structure.components];
  return childrenOf(structure).flatMap(([, child]) => flattenTensors(child));
}

/**
 * For each tensor of a structure, the place of the first one that is the same variable; undefined where none is there twice.
 * The graph of a function has one input for all of them.
 */
export function samePlaces(structure: Structure): readonly number[] | undefined {
  const first = new Map<number, number>();
  const places: number[] = [];
  const visit = (each: Structure): void => {
    const alias = each.kind === 'composite' ? each.variable?.aliasId : undefined;
    if (alias === undefined && each.kind !== 'tensor' && each.kind !== 'composite') {
      for (const [, child] of childrenOf(each)) visit(child);
      return;
    }
    const count = each.kind === 'composite' ? each.components.length : 1;
    for (let i = 0; i < count; i++) {
      const place = places.length;
      if (alias !== undefined && !first.has(alias)) first.set(alias, place);
      places.push(alias === undefined ? place : first.get(alias)!);
    }
  };
  visit(structure);
  return places.some((place, i) => place !== i) ? places : undefined;
}
