/**
 * ONNX graphs as the bytes of a model file.
 *
 * Source: `onnx/onnx-ml.proto`, `docs/IR.md` and `docs/ExternalData.md` of ONNX.
 *
 * @module
 */

import {encodeUtf8} from '../algorithms/utf8.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';
import {encodeTensorBytes} from '../host/tensor_bytes.js';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  type GraphProto,
  ModelProto,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
  type TypeProto,
  type ValueInfoProto,
} from '../proto/generated/onnx/onnx-ml.js';
import {elementType} from './dtypes.js';
import {
  bodiesOf,
  isFileSlice,
  type OnnxAttr,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
} from './graph.js';

/** The version of ONNX's own ops that graphs are built with. */
export const OPSET = 21;

/** The version of the format that came with that of the ops (ONNX 1.16). */
export const IR_VERSION = 10n;

/** The versions by set of ops; the other one is ONNX Runtime's own. */
const OPSETS: Readonly<Record<string, number>> = {'': OPSET, 'com.microsoft': 1};

/** The bytes of a model file. */
export function encodeModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  return ModelProto.encode({...modelProto(graph), graph: graphProto(graph)}).finish();
}

/** What a model file says besides its graph. */
export function modelProto(graph: OnnxGraph): ModelProto {
  return {
    irVersion: IR_VERSION,
    producerName: 'tensorflow-hub',
    opsetImport: [...domainsOf(graph)].map((domain) => ({domain, version: BigInt(OPSETS[domain]!)})),
    metadataProps: [],
    trainingInfo: [],
    functions: [],
  };
}

/** The sets of ops that a graph and its bodies use; ONNX's own always. */
export function domainsOf({nodes}: OnnxGraph): Set<string> {
  const domains = new Set(['']);
  for (const node of nodes) {
    domains.add(node.domain);
    for (const body of bodiesOf(node)) for (const domain of domainsOf(body)) domains.add(domain);
  }
  return domains;
}

export function graphProto({name, nodes, inputs, outputs, initializers}: OnnxGraph): GraphProto {
  return {
    name,
    node: nodes.map(nodeProto),
    initializer: initializers.map(initializerProto),
    input: inputs.map(portProto),
    output: outputs.map(portProto),
    valueInfo: [],
    quantizationAnnotation: [],
    sparseInitializer: [],
    metadataProps: [],
  };
}

function nodeProto({op, domain, inputs, outputs, attrs}: OnnxNode): NodeProto {
  return {
    input: [...inputs],
    output: [...outputs],
    // Errors of ONNX Runtime name the node.
    name: outputs.find((name) => name !== '') ?? op,
    opType: op,
    domain,
    attribute: Object.entries(attrs).map(([name, attr]) => attrProto(name, attr)),
    metadataProps: [],
  };
}

type AttrContent = Pick<AttributeProto, 'type'> & Partial<AttributeProto>;

function attrProto(name: string, attr: OnnxAttr): AttributeProto {
  const lists = {
    floats: [],
    ints: [],
    strings: [],
    tensors: [],
    graphs: [],
    typeProtos: [],
    sparseTensors: [],
  };
  return {...lists, ...attrContent(attr), name};
}

function attrContent(attr: OnnxAttr): AttrContent {
  const {INT, INTS, STRING, STRINGS, FLOAT, FLOATS, TENSOR, GRAPH} = AttributeProto_AttributeType;
  if (typeof attr === 'number') return {type: INT, i: attr};
  if (typeof attr === 'string') return {type: STRING, s: encodeUtf8(attr)};
  if (isInts(attr)) return {type: INTS, ints: [...attr]};
  if ('float' in attr) return {type: FLOAT, f: attr.float};
  if ('floats' in attr) return {type: FLOATS, floats: [...attr.floats]};
  if ('strings' in attr) return {type: STRINGS, strings: attr.strings.map(encodeUtf8)};
  if ('tensor' in attr) return {type: TENSOR, t: tensorProto('', attr.tensor)};
  return {type: GRAPH, g: graphProto(attr.graph)};
}

const isInts = (attr: OnnxAttr): attr is readonly number[] => Array.isArray(attr);

function initializerProto({name, dtype, shape, content}: OnnxInitializer): TensorProto {
  if (!isFileSlice(content)) return tensorProto(name, {dtype, shape, data: content});
  const {location, offset, length} = content;
  return {
    ...emptyTensor(name, dtype, shape),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      {key: 'location', value: location},
      {key: 'offset', value: String(offset)},
      {key: 'length', value: String(length)},
    ],
  };
}

function tensorProto(name: string, tensor: HostTensor): TensorProto {
  return {
    ...emptyTensor(name, tensor.dtype, tensor.shape),
    rawData: encodeTensorBytes(tensor.dtype, tensor.data),
  };
}

/** A tensor without its elements. */
export function emptyTensor(name: string, dtype: DType, shape: readonly number[]): TensorProto {
  return {
    name,
    dims: [...shape],
    dataType: elementType(dtype),
    floatData: [],
    int32Data: [],
    stringData: [],
    int64Data: [],
    doubleData: [],
    uint64Data: [],
    externalData: [],
    metadataProps: [],
  };
}

function portProto({name, dtype, shape}: OnnxGraph['inputs'][number]): ValueInfoProto {
  return {name, type: typeProto(name, dtype, shape), metadataProps: []};
}

/** Dimensions that are not known get a name each: equal ones are not told. */
function typeProto(name: string, dtype: DType, shape: PartialShape): TypeProto {
  const dims = shape?.map((size, axis) => ({
    value:
      size === null
        ? ({$case: 'dimParam', value: `${name}#${axis}`} as const)
        : ({$case: 'dimValue', value: size} as const),
  }));
  const value = {elemType: elementType(dtype), ...(dims && {shape: {dim: dims}})};
  return {value: {$case: 'tensorType', value}};
}
