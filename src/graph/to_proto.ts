/**
 * Attributes, shapes, tensors and structures as protocol buffers: what `from_proto.ts` and `nest.ts` read, written.
 *
 * @module
 */

import {encodeUtf8} from '../algorithms/utf8.js';
import {SaveError} from '../errors.js';
import {type DType, dtypeInfo, type NumericArray} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {PackedStrings} from '../host/strings.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {encodeTensorBytes} from '../host/tensor_bytes.js';
import {
  AttrValue,
  AttrValue_ListValue,
  decodeMessage,
  encodeMessage,
  makeMessage,
  NameAttrList,
  type PairValue,
  type StructuredValue,
  TensorProto,
  type TensorShapeProto,
  type TypeSpecProto,
  TypeSpecProto_TypeSpecClass,
} from '../proto/index.js';
import type {Attr, FunctionRef} from './attrs.js';
import type {CompositeStructure, Structure} from './nest.js';

/** The number of a dtype, as messages have it. */
export function dataType(dtype: DType): TensorProto['dtype'] {
  return dtypeInfo(dtype).enum as TensorProto['dtype'];
}

/** A shape; null is one of unknown rank. */
export function shapeProto(shape: PartialShape): TensorShapeProto {
  if (shape === null) return {dim: [], unknownRank: true};
  return {dim: shape.map((size) => ({size: size ?? -1, name: ''})), unknownRank: false};
}

/** Where TensorFlow puts a lone element, by dtype. Others are written as bytes. */
const SCALAR_FIELDS: Partial<Record<DType, (data: NumericArray) => Partial<TensorProto>>> = {
  float32: (data) => ({floatVal: [Number(data[0])]}),
  float64: (data) => ({doubleVal: [Number(data[0])]}),
  int32: (data) => ({intVal: [Number(data[0])]}),
  int64: (data) => ({int64Val: [BigInt(data[0]!)]}),
  bool: (data) => ({boolVal: [data[0] !== 0]}),
};

/**
 * A constant. Strings and single elements have fields of their own, all else is written as bytes, as TensorFlow does.
 *
 * @throws SaveError for a dtype that cannot be a constant.
 */
export function tensorProto({dtype, shape, data}: HostTensor): TensorProto {
  const head = {dtype: dataType(dtype), tensorShape: shapeProto(shape)};
  if (dtype === 'string')
    return makeMessage(TensorProto, {...head, stringVal: (data as PackedStrings).toArray()});
  if (dtype === 'resource' || dtype === 'variant') {
    throw new SaveError(`a ${dtype} is no constant that could be written to a model`);
  }
  const size = sizeOf(shape);
  if (size === 0) return makeMessage(TensorProto, head);
  const scalar = size === 1 ? SCALAR_FIELDS[dtype] : undefined;
  if (scalar !== undefined) return makeMessage(TensorProto, {...head, ...scalar(data as NumericArray)});
  return makeMessage(TensorProto, {...head, tensorContent: encodeTensorBytes(dtype, data)});
}

type AttrCase = NonNullable<AttrValue['value']>;

/** The field of an attribute that is no list, and known. */
function attrCase(attr: Exclude<Attr, {type: 'list' | 'encoded'}>): AttrCase {
  switch (attr.type) {
    case 'string':
      return {$case: 's', value: attr.value};
    case 'int':
      return {$case: 'i', value: BigInt(attr.value)};
    case 'float':
      return {$case: 'f', value: attr.value};
    case 'bool':
      return {$case: 'b', value: attr.value};
    case 'type':
      return {$case: 'type', value: dataType(attr.value)};
    case 'shape':
      return {$case: 'shape', value: shapeProto(attr.value)};
    case 'tensor':
      return {$case: 'tensor', value: tensorProto(attr.value)};
    case 'func':
      return {$case: 'func', value: functionRefProto(attr.value)};
    case 'placeholder':
      return {$case: 'placeholder', value: attr.value};
  }
}

/** An attribute as the bytes of its message. */
export function encodedAttr(attr: Attr): Uint8Array {
  return attr.type === 'encoded' ? attr.value : encodeMessage(AttrValue, attrProto(attr));
}

/** A tensor as an attribute that is written as it was read. */
export function encodedTensor(value: TensorProto): Attr {
  return {type: 'encoded', value: encodeMessage(AttrValue, {value: {$case: 'tensor', value}})};
}

/** An attribute value. */
export function attrProto(attr: Attr): AttrValue {
  if (attr.type === 'encoded') return decodeMessage(AttrValue, attr.value, 'an attribute');
  const value: AttrCase =
    attr.type === 'list' ? {$case: 'list', value: listProto(attr.value)} : attrCase(attr);
  return {value};
}

/** A function named by an attribute. */
function functionRefProto({name, attrs}: FunctionRef): NameAttrList {
  return makeMessage(NameAttrList, {
    name,
    attr: new Map([...attrs].map(([key, attr]) => [key, attrProto(attr)])),
  });
}

/** Elements of each type are in a field of their own, of the name that the type has as a single value. */
function listProto(items: readonly Attr[]): AttrValue_ListValue {
  const list = makeMessage(AttrValue_ListValue, {});
  for (const item of items) {
    if (item.type === 'list') throw new SaveError('an attribute that is a list of lists cannot be written');
    if (item.type === 'encoded') throw new SaveError('a list of encoded attributes cannot be written');
    const {$case, value} = attrCase(item);
    if ($case === 'placeholder') throw new SaveError('a list of placeholders cannot be written');
    (list[$case as keyof AttrValue_ListValue] as unknown[]).push(value);
  }
  return list;
}

/** Attributes of which no definition tells the type. */
export const attr = {
  string: (value: string): Attr => ({type: 'string', value: encodeUtf8(value)}),
  shapes: (values: readonly PartialShape[]): Attr => {
    return {type: 'list', value: values.map((value) => ({type: 'shape', value}))};
  },
} as const;

type StructureCase = NonNullable<StructuredValue['kind']>;

/**
 * A structure: what functions take and give.
 *
 * @throws SaveError for a composite tensor of a class this library does not know.
 */
export function structureProto(structure: Structure): StructuredValue {
  return {kind: structureCase(structure)};
}

function structureCase(structure: Structure): StructureCase {
  switch (structure.kind) {
    case 'tensor': {
      const {name, shape, dtype} = structure;
      return {
        $case: 'tensorSpecValue',
        value: {name, shape: shapeProto(shape), dtype: dataType(dtype)},
      };
    }
    case 'composite':
      return {$case: 'typeSpecValue', value: typeSpecProto(structure)};
    case 'list':
      return {$case: 'listValue', value: {values: structure.items.map(structureProto)}};
    case 'tuple':
      return {$case: 'tupleValue', value: {values: structure.items.map(structureProto)}};
    case 'dict': {
      const fields = [...structure.fields].map(([key, value]) => [key, structureProto(value)] as const);
      return {$case: 'dictValue', value: {fields: new Map(fields)}};
    }
    case 'namedTuple': {
      const values = [...structure.fields].map(
        ([key, value]): PairValue => ({
          key,
          value: structureProto(value),
        }),
      );
      return {$case: 'namedTupleValue', value: {name: structure.name, values}};
    }
    case 'none':
      return {$case: 'noneValue', value: {}};
    case 'literal':
      return literalCase(structure.value);
    case 'dtype':
      return {$case: 'tensorDtypeValue', value: dataType(structure.value)};
    case 'shape':
      return {$case: 'tensorShapeValue', value: shapeProto(structure.value)};
    case 'constant':
      return {$case: 'tensorValue', value: tensorProto(structure.value)};
  }
}

/** Whole numbers are Python's ints: JavaScript does not tell 1.0 from 1. */
function literalCase(value: boolean | string | number | bigint): StructureCase {
  switch (typeof value) {
    case 'boolean':
      return {$case: 'boolValue', value};
    case 'string':
      return {$case: 'stringValue', value};
    case 'bigint':
      return {$case: 'int64Value', value};
    default:
      return Number.isInteger(value)
        ? {$case: 'int64Value', value: BigInt(value)}
        : {$case: 'float64Value', value};
  }
}

/** `TypeSpec._serialize()` of the classes that `nest.ts` tells apart. */
function typeSpecProto({type, className, components, dtype, shape}: CompositeStructure): TypeSpecProto {
  const state = (...items: Structure[]) => structureProto({kind: 'tuple', items});
  const shapeItem: Structure = {kind: 'shape', value: shape ?? null};
  const dtypeItem: Structure = {kind: 'dtype', value: dtype ?? 'float32'};
  const head = {typeSpecClassName: `${className}Spec`, numFlatComponents: components.length};
  switch (type) {
    case 'ragged': {
      const rank: Structure = {kind: 'literal', value: components.length - 1};
      const splits: Structure = {kind: 'dtype', value: components[1]?.dtype ?? 'int64'};
      return {
        ...head,
        typeSpecClass: TypeSpecProto_TypeSpecClass.RAGGED_TENSOR_SPEC,
        typeState: state(shapeItem, dtypeItem, rank, splits),
      };
    }
    case 'sparse':
      return {
        ...head,
        typeSpecClass: TypeSpecProto_TypeSpecClass.SPARSE_TENSOR_SPEC,
        typeState: state(shapeItem, dtypeItem),
      };
    case 'indexedSlices': {
      const dense = components[2];
      return {
        ...head,
        typeSpecClass: TypeSpecProto_TypeSpecClass.INDEXED_SLICES_SPEC,
        typeState: state(
          shapeItem,
          dtypeItem,
          {kind: 'dtype', value: components[1]?.dtype ?? 'int64'},
          dense === undefined ? {kind: 'none'} : {kind: 'dtype', value: dense.dtype},
          // The shape of the indices.
          {kind: 'shape', value: components[1]?.shape ?? null},
        ),
      };
    }
    case 'other':
      throw new SaveError(`a function that takes or gives a ${className} cannot be written`);
  }
}
