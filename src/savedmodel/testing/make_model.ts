/**
 * Makes SavedModels of given functions and variables, for tests and benchmarks: well-formed ones of any size, which
 * the real TensorFlow loads too, and others that no TensorFlow would write.
 *
 * @module
 */

import {encodeUtf8} from '../../algorithms/utf8.js';
import {maskChecksum} from '../../bundle/table_format.js';
import {concat, fixed32, type TestTensor, writeCheckpoint} from '../../bundle/testing/write_table.js';
import {DTYPES, type DType} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import {sizeOf} from '../../host/tensor.js';
import {portableCrc32c} from '../../platform/crc32c.js';
import {
  AttrValue,
  AttrValue_ListValue,
  encodeMessage,
  FunctionDef,
  FunctionDefLibrary,
  FunctionSpec,
  GraphDef,
  type MessageDecoder,
  MetaGraphDef,
  MetaGraphDef_MetaInfoDef,
  NameAttrList,
  NodeDef,
  OpDefProto,
  OpDefProto_ArgDef,
  ResourceHandleProto_DtypeAndShape,
  SavedBareConcreteFunction,
  SavedConcreteFunction,
  SavedFunction,
  SavedModel,
  SavedObject,
  SavedObjectGraph,
  SavedUserObject,
  SavedVariable,
  type StructuredValue,
  TensorProto,
  type TensorShapeProto,
  TrackableObjectGraph,
  TrackableObjectGraph_TrackableObject,
  TrackableObjectGraph_TrackableObject_ObjectReference,
  TrackableObjectGraph_TrackableObject_SerializedTensor,
  VersionDef,
} from '../../proto/index.js';
import {BinaryReader} from '../../proto/wire.js';

/** A message with some fields set, the others as they are when absent. */
export function message<T>(type: MessageDecoder<T>, fields: Partial<T> = {}): T {
  return {...type.decode(new BinaryReader(new Uint8Array(0))), ...fields};
}

/** Attribute values by type. */
export const attr = {
  type: (dtype: DType): AttrValue => value('type', DTYPES[dtype].enum),
  int: (number: number): AttrValue => value('i', BigInt(number)),
  bool: (flag: boolean): AttrValue => value('b', flag),
  string: (text: string): AttrValue => value('s', encodeUtf8(text)),
  shape: (shape: PartialShape): AttrValue => value('shape', shapeProto(shape)),
  shapes: (...shapes: PartialShape[]): AttrValue =>
    value('list', message(AttrValue_ListValue, {shape: shapes.map(shapeProto)})),
  types: (...dtypes: DType[]): AttrValue =>
    value('list', message(AttrValue_ListValue, {type: dtypes.map((dtype) => DTYPES[dtype].enum)})),
  tensor: (tensor: TensorProto): AttrValue => value('tensor', tensor),
  func: (name: string): AttrValue => value('func', message(NameAttrList, {name})),
};

type AttrCase = NonNullable<AttrValue['value']>;

function value<C extends AttrCase['$case']>(
  $case: C,
  content: Extract<AttrCase, {$case: C}>['value'],
): AttrValue {
  return {value: {$case, value: content} as AttrCase};
}

/** A node; `inputs` as functions write them: `argument`, `node:output:0` and `^node`. */
export function node(
  name: string,
  op: string,
  inputs: readonly string[] = [],
  attrs: Readonly<Record<string, AttrValue>> = {},
): NodeDef {
  const made = message(NodeDef, {name, op, input: [...inputs], attr: new Map()});
  for (const [key, each] of Object.entries(attrs)) setAttr(made, key, each);
  return made;
}

/** Sets an attribute of a node, which holds its attributes encoded. */
export function setAttr({attr: attrs}: NodeDef, name: string, content: AttrValue): void {
  attrs.set(name, encodeMessage(AttrValue, content));
}

/** A `Const` node; numbers fill the shape in row-major order, or repeat the last one. */
export function constant(name: string, dtype: DType, shape: readonly number[], numbers: Numbers): NodeDef {
  const proto = message(TensorProto, {
    dtype: DTYPES[dtype].enum,
    tensorShape: shapeProto(shape),
    ...(dtype === 'float32' ? {floatVal: [...numbers]} : {intVal: [...numbers]}),
  });
  return node(name, 'Const', [], {value: attr.tensor(proto), dtype: attr.type(dtype)});
}

type Numbers = readonly number[];

/** A tensor that a function takes or gives. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: PartialShape;
}

/** A function of the library. */
export interface FunctionToMake {
  readonly name: string;
  readonly inputs: readonly Port[];
  /** Names of variables whose handles follow the inputs, as arguments of these names. */
  readonly captures?: readonly string[];
  readonly nodes: readonly NodeDef[];
  /** Results; `from` as an edge is written: `node:output:0`. */
  readonly outputs: readonly (Port & {readonly from: string})[];
}

/** A float32 variable. */
export interface VariableToMake {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable?: boolean;
}

export interface ModelToMake {
  readonly functions: readonly FunctionToMake[];
  readonly variables?: readonly VariableToMake[];
  /** Functions of the root object by attribute: `{__call__: 'f'}` makes the model callable. */
  readonly methods?: Readonly<Record<string, string>>;
  /** Functions by the name of the signature. Their inputs are given, and their outputs had, by name. */
  readonly signatures?: Readonly<Record<string, string>>;
}

/** Where a variable is in the checkpoint. */
export function variableKey({name}: VariableToMake): string {
  return `${name}/.ATTRIBUTES/VARIABLE_VALUE`;
}

/** The message in `saved_model.pb`. */
export function makeSavedModel(model: ModelToMake): SavedModel {
  const library = message(FunctionDefLibrary, {
    function: model.functions.map((each) => encodeMessage(FunctionDef, functionDef(each, model))),
  });
  const metaGraph = message(MetaGraphDef, {
    metaInfoDef: message(MetaGraphDef_MetaInfoDef, {tags: ['serve'], tensorflowVersion: '2.15.1'}),
    graphDef: message(GraphDef, {library, versions: message(VersionDef, {producer: 1645})}),
    objectGraphDef: objectGraph(model),
  });
  return message(SavedModel, {savedModelSchemaVersion: 1, metaGraphs: [metaGraph]});
}

/** The checkpoint's own object graph, a scalar string tensor of it. */
export function checkpointObjects({variables = []}: ModelToMake): TestTensor {
  const root = message(TrackableObjectGraph_TrackableObject, {
    children: variables.map(({name}, i) => child(name, 1 + i)),
  });
  const nodes = variables.map((variable) =>
    message(TrackableObjectGraph_TrackableObject, {
      attributes: [
        message(TrackableObjectGraph_TrackableObject_SerializedTensor, {
          name: 'VARIABLE_VALUE',
          fullName: variable.name,
          checkpointKey: variableKey(variable),
        }),
      ],
    }),
  );
  const bytes = encodeMessage(TrackableObjectGraph, message(TrackableObjectGraph, {nodes: [root, ...nodes]}));
  return stringTensor('_CHECKPOINTABLE_OBJECT_GRAPH', bytes);
}

/** A string scalar of a checkpoint: its length, a checksum of that, and its bytes. */
export function stringTensor(key: string, text: Uint8Array): TestTensor {
  const lengthCrc = portableCrc32c(fixed32(text.length));
  const rest = concat(fixed32(maskChecksum(lengthCrc)), text);
  const bytes = concat(text.length, rest);
  return {key, shape: [], dtype: DTYPES.string.enum, bytes, crc: portableCrc32c(rest, lengthCrc)};
}

/** The files of a model whose variables have these values, or are zero. */
export function makeModelFiles(
  model: ModelToMake,
  values: Readonly<Record<string, Float32Array>> = {},
): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {
    'saved_model.pb': encodeMessage(SavedModel, makeSavedModel(model)),
  };
  if (model.variables === undefined) return files;
  const tensors = model.variables.map((variable) => {
    const numbers = values[variable.name] ?? new Float32Array(sizeOf(variable.shape));
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return {key: variableKey(variable), shape: variable.shape, dtype: DTYPES.float32.enum, bytes};
  });
  const checkpoint = writeCheckpoint([...tensors, checkpointObjects(model)]);
  for (const [file, bytes] of Object.entries(checkpoint)) {
    files[`variables/${file.replace('ckpt', 'variables')}`] = bytes;
  }
  return files;
}

/** A function as the library holds it. */
export function functionDef(make: FunctionToMake, {variables = []}: ModelToMake): FunctionDef {
  const captures = (make.captures ?? []).map((name) => {
    const variable = variables.find((each) => each.name === name)!;
    const handle = message(ResourceHandleProto_DtypeAndShape, {
      dtype: DTYPES.float32.enum,
      shape: shapeProto(variable.shape),
    });
    return message(OpDefProto_ArgDef, {name, type: DTYPES.resource.enum, handleData: [handle]});
  });
  const argument = ({name, dtype}: Port) => message(OpDefProto_ArgDef, {name, type: DTYPES[dtype].enum});
  return message(FunctionDef, {
    signature: message(OpDefProto, {
      name: make.name,
      inputArg: [...make.inputs.map(argument), ...captures],
      outputArg: make.outputs.map(argument),
    }),
    nodeDef: [...make.nodes],
    ret: new Map(make.outputs.map(({name, from}) => [name, from])),
  });
}

/** Objects: the root, its variables, its methods, the map of signatures, and these. */
function objectGraph({
  functions,
  variables = [],
  methods = {},
  signatures = {},
}: ModelToMake): SavedObjectGraph {
  const methodNames = Object.keys(methods);
  const signatureNames = Object.keys(signatures);
  const firstMethod = 1 + variables.length;
  const signatureMap = firstMethod + methodNames.length;
  const root = userObject('_generic_user_object', [
    ...variables.map(({name}, i) => child(name, 1 + i)),
    ...methodNames.map((name, i) => child(name, firstMethod + i)),
    child('signatures', signatureMap),
  ]);
  const called = (name: string) => functions.find((each) => each.name === name)!;
  const methodNodes = methodNames.map((name) => {
    const make = called(methods[name]!);
    return savedObject({
      $case: 'function',
      value: message(SavedFunction, {
        concreteFunctions: [make.name],
        functionSpec: functionSpec(make.inputs, []),
      }),
    });
  });
  const signatureNodes = signatureNames.map((name) => {
    const make = called(signatures[name]!);
    const value = message(SavedBareConcreteFunction, {
      concreteFunctionName: make.name,
      argumentKeywords: make.inputs.map((input) => input.name),
      allowedPositionalArguments: 1n,
      functionSpec: functionSpec([], make.inputs),
    });
    return savedObject({$case: 'bareConcreteFunction', value});
  });
  const signatureFunctions = new Set(Object.values(signatures));
  const traces = functions.filter(
    ({name}) => signatureFunctions.has(name) || Object.values(methods).includes(name),
  );
  return message(SavedObjectGraph, {
    nodes: [
      root,
      ...variables.map(variableObject),
      ...methodNodes,
      userObject(
        'signature_map',
        signatureNames.map((name, i) => child(name, signatureMap + 1 + i)),
      ),
      ...signatureNodes,
    ],
    concreteFunctions: new Map(
      traces.map((make) => [make.name, savedTrace(make, variables, signatureFunctions.has(make.name))]),
    ),
  });
}

function savedTrace(
  {inputs, outputs, captures = []}: FunctionToMake,
  variables: readonly VariableToMake[],
  byName: boolean,
): SavedConcreteFunction {
  const specs = inputs.map(tensorSpec);
  const named = (ports: readonly Port[]) => dict(new Map(ports.map((port) => [port.name, tensorSpec(port)])));
  const [first] = outputs;
  return message(SavedConcreteFunction, {
    boundInputs: captures.map((name) => 1 + variables.findIndex((each) => each.name === name)),
    canonicalizedInputSignature: byName
      ? tuple([tuple([]), named(inputs)])
      : tuple([tuple(specs), dict(new Map())]),
    outputSignature: byName
      ? named(outputs)
      : outputs.length === 1
        ? tensorSpec(first!)
        : tuple(outputs.map(tensorSpec)),
  });
}

function variableObject({name, shape, trainable = true}: VariableToMake): SavedObject {
  const value = message(SavedVariable, {
    name,
    dtype: DTYPES.float32.enum,
    shape: shapeProto(shape),
    trainable,
  });
  return savedObject({$case: 'variable', value});
}

function userObject(identifier: string, children: SavedObject['children']): SavedObject {
  const version = message(VersionDef, {producer: 1, minConsumer: 1});
  const value = message(SavedUserObject, {identifier, version});
  return {...savedObject({$case: 'userObject', value}), children};
}

function savedObject(kind: SavedObject['kind']): SavedObject {
  return message(SavedObject, {kind});
}

function child(localName: string, nodeId: number): SavedObject['children'][number] {
  return message(TrackableObjectGraph_TrackableObject_ObjectReference, {localName, nodeId});
}

/** Python's `FullArgSpec` of a function with these arguments. */
function functionSpec(args: readonly Port[], kwonlyargs: readonly Port[]): FunctionSpec {
  const strings = (ports: readonly Port[]): StructuredValue => ({
    kind: {
      $case: 'listValue',
      value: {values: ports.map(({name}) => ({kind: {$case: 'stringValue', value: name}}))},
    },
  });
  const none: StructuredValue = {kind: {$case: 'noneValue', value: {}}};
  const values = Object.entries({
    args: strings(args),
    varargs: none,
    varkw: none,
    defaults: none,
    kwonlyargs: strings(kwonlyargs),
    kwonlydefaults: none,
    annotations: dict(new Map()),
  }).map(([key, each]) => ({key, value: each}));
  return message(FunctionSpec, {
    fullargspec: {kind: {$case: 'namedTupleValue', value: {name: 'FullArgSpec', values}}},
    inputSignature: none,
  });
}

function tensorSpec({name, dtype, shape}: Port): StructuredValue {
  const spec = {name, dtype: DTYPES[dtype].enum, shape: shapeProto(shape)};
  return {kind: {$case: 'tensorSpecValue', value: spec}};
}

function tuple(values: StructuredValue[]): StructuredValue {
  return {kind: {$case: 'tupleValue', value: {values}}};
}

function dict(fields: Map<string, StructuredValue>): StructuredValue {
  return {kind: {$case: 'dictValue', value: {fields}}};
}

function shapeProto(shape: PartialShape): TensorShapeProto {
  if (shape === null) return {dim: [], unknownRank: true};
  return {dim: shape.map((size) => ({size: size ?? -1, name: ''})), unknownRank: false};
}
