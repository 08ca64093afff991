/**
 * TensorFlow 1 models: one graph, whose signatures, variables and initialisers are named by collections.
 *
 * Source: `tensorflow/python/saved_model/load_v1_in_v2.py`.
 *
 * @module
 */

import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import type {CheckpointReader} from '../../bundle/reader.js';
import {CallError, FormatError} from '../../errors.js';
import {dtypeOf, shapeOf, tensorOf} from '../../graph/from_proto.js';
import type {Endpoint, Graph} from '../../graph/graph.js';
import {type Structure, structureOf, type TensorStructure} from '../../graph/nest.js';
import type {Variable} from '../../ops/variable/variable.js';
import {
  decodeMessage,
  type MetaGraphDef,
  type SignatureDef,
  type TensorInfo,
  VariableDef,
} from '../../proto/index.js';
import type {Runtime} from '../../runtime/runtime.js';
import {neededNodes} from '../../runtime/schedule.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import {onHostBackend} from '../../tfjs/host_backend.js';
import type {TensorInput} from '../boundary.js';
import {type Assets, assetsOf} from './assets.js';
import {ConcreteFunction} from './concrete_function.js';
import {StoredValues, type Verify} from './lazy_values.js';
import {type LoadedObject, type ModelInfo, makeLoadedObject, type PrunedFunction} from './loaded_object.js';
import {ABSENT, missingValues, restorableTargets} from './missing_values.js';
import {restoredFunction} from './restored_function.js';
import {makeSignature, type Signature} from './signature.js';
import {endpointOf, nodeOf, operationWithoutResult, splitTensorName} from './tensor_names.js';
import {checkpointPlaces, declareVariables} from './v1_variables.js';

/** Signature that holds no function but the op which initialises the model. */
const INIT_SIGNATURE = '__saved_model_init_op';
/** Signature that TensorFlow 1 training exports use likewise. */
const TRAIN_SIGNATURE = '__saved_model_train_op';

/** Tensors of the checkpoint that the model's restore ops ask for, read before they run. */
export type RestoredTensors = Map<string, Value>;

/** Key of {@link RestoredTensors}. */
export function restoredKey(name: Uint8Array, shapeAndSlice: Uint8Array): string {
  return `${decodeUtf8(name)}\0${decodeUtf8(shapeAndSlice)}`;
}

/** What a TensorFlow 1 model is made from. */
export interface V1Parts {
  readonly metaGraph: MetaGraphDef;
  readonly graph: Graph;
  readonly assets: Assets;
  readonly runtime: Runtime;
  readonly info: ModelInfo;
  /** Absent where the model has no variables. */
  readonly checkpoint: CheckpointReader | undefined;
  /** Filled here, read by the runtime. */
  readonly restored: RestoredTensors;
  /** Whether variables may be without a value. */
  readonly allowPartial: boolean;
  /** When to compare the values that stay in their files with their checksums: see {@link StoredValues}. */
  readonly verify: Verify;
}

/** What a model is made from, without its files. */
export type V1Model = Omit<V1Parts, 'checkpoint' | 'restored' | 'allowPartial' | 'verify'>;

const MODELS = new WeakMap<LoadedObject, V1Model>();

/** What a loaded model of TensorFlow 1 was made from; undefined for other objects. */
export function v1ModelOf(object: LoadedObject): V1Model | undefined {
  return MODELS.get(object);
}

/** Restores and initialises the model, and gives the object that stands for it. */
export async function loadV1(parts: V1Parts): Promise<LoadedObject> {
  const variables = declareVariables(parts, 'variables');
  const trainable = new Set(variables.filter((each) => each.trainable));
  declareVariables(parts, 'local_variables');
  await restoreVariables(parts, variables);
  initialize(parts);
  const signatures = signaturesOf(parts);
  const faces = (list: Iterable<Variable>) =>
    [...list].filter((each) => each.initialized).map((each) => each.face());
  const object = makeLoadedObject({
    names: [],
    attribute: () => undefined,
    variables: () => faces(variables),
    trainableVariables: () => faces(trainable),
    regularizationLosses: () => [],
    signatures: () => signatures,
    model: parts.info,
  });
  const {metaGraph, graph, assets, runtime, info} = parts;
  MODELS.set(object, {metaGraph, graph, assets, runtime, info});
  return object;
}

/** False for entries that hold the ops which initialise the model. */
export function isSignatureName(name: string): boolean {
  return name !== INIT_SIGNATURE && name !== TRAIN_SIGNATURE;
}

/** The signatures of a TensorFlow 1 model. */
export function signaturesOf(
  parts: Pick<V1Parts, 'metaGraph' | 'graph' | 'runtime'>,
): Record<string, Signature> {
  return Object.fromEntries(
    [...parts.metaGraph.signatureDef]
      .filter(([name]) => isSignatureName(name))
      .map(([name, def]) => [name, signatureOf(parts, name, def)]),
  );
}

/** Runs the model's restore op, with what its `RestoreV2` nodes will ask for read beforehand. */
async function restoreVariables(parts: V1Parts, variables: readonly Variable[]): Promise<void> {
  const {metaGraph, graph, runtime, checkpoint, restored, allowPartial} = parts;
  const refuse = (names: readonly string[]): void => {
    if (names.length > 0 && !allowPartial)
      throw missingValues(parts.info.directory, names, checkpoint !== undefined);
  };
  const {saverDef} = metaGraph;
  const restoreOp =
    saverDef === undefined ? undefined : graph.find(splitTensorName(saverDef.restoreOpName).node);
  if (saverDef === undefined || restoreOp === undefined) {
    if (checkpoint !== undefined) await restoreByName(variables, parts, checkpoint);
    refuse(variables.filter(({initialized}) => !initialized).map(({name}) => name));
    return;
  }
  const values = new StoredValues(runtime.isCompiled, parts.verify);
  try {
    const filename = endpointOf(graph, saverDef.filenameTensorName);
    const absent = await readRestored(parts, restoreOp, filename, values);
    refuse([...new Set(absent.map(({name}) => name))]);
    await values.compare();
    const targets = absent.length === 0 ? [restoreOp] : restorableTargets(graph, restoreOp, absent);
    const restore = runtime.prepare(graph, {feeds: [filename], fetches: [], targets});
    const prefix = stringValue([], [encodeUtf8(`${parts.info.directory}/variables/variables`)]);
    onHostBackend(() => runtime.invoke(restore, [prefix], () => ({result: undefined, tensors: []})));
  } finally {
    restored.clear();
    values.release();
  }
}

/** An output of a node that restores what the checkpoint lacks. */
interface Absent extends Endpoint {
  /** Of the tensor. */
  readonly name: string;
}

/** Reads what the nodes that the restore op runs will ask for. Gives what the checkpoint lacks of that. */
async function readRestored(
  {graph, runtime, checkpoint, restored}: V1Parts,
  restoreOp: number,
  filename: Endpoint,
  values: StoredValues,
): Promise<readonly Absent[]> {
  const absent: Absent[] = [];
  for (const index of neededNodes(graph, [restoreOp], new Set([filename.node]))) {
    const {name: node, op, inputs} = graph.nodes[index]!;
    if (op !== 'RestoreV2') continue;
    // Inputs: prefix, tensor names, slices.
    const [names = [], slices = []] = constants(runtime, graph, inputs.slice(1));
    if (names.length !== slices.length) {
      throw new FormatError(`node '${node}' restores ${names.length} tensors by ${slices.length} slices`);
    }
    for (const [i, name] of names.entries()) {
      const key = decodeUtf8(name);
      const isThere = checkpoint?.has(key) ?? false;
      if (!isThere) absent.push({name: key, node: index, output: i});
      const value = isThere ? await values.read(checkpoint!, key, decodeUtf8(slices[i]!)) : Value.of(ABSENT);
      restored.set(restoredKey(name, slices[i]!), value);
    }
  }
  return absent;
}

/** Models without a saver (TensorFlow 1 Hub) keep their variables under their names. */
async function restoreByName(
  variables: readonly Variable[],
  parts: Pick<V1Parts, 'metaGraph' | 'runtime' | 'verify'>,
  checkpoint: CheckpointReader,
): Promise<void> {
  const placeOf = checkpointPlaces(parts.metaGraph);
  const stored = new StoredValues(parts.runtime.isCompiled, parts.verify);
  const values: [Variable, Value][] = [];
  try {
    for (const variable of variables) {
      const {key, shapeAndSlice} = placeOf(variable);
      if (checkpoint.has(key)) values.push([variable, await stored.read(checkpoint, key, shapeAndSlice)]);
    }
    await stored.compare();
    onHostBackend(() => {
      for (const [variable, value] of values) variable.assign(value);
    });
  } finally {
    stored.release();
  }
}

/** Strings that the graph computes from constants alone. */
function constants(
  runtime: Runtime,
  graph: Graph,
  fetches: readonly Endpoint[],
): readonly (readonly Uint8Array[])[] {
  const runnable = runtime.prepare(graph, {feeds: [], fetches, targets: []});
  return runtime.invoke(runnable, [], (results) => ({
    result: results.map((each) => each.strings().toArray()),
    tensors: [],
  }));
}

/** Runs what fills the tables and initialises what is not in the checkpoint. */
function initialize({metaGraph, graph, runtime, assets}: V1Parts): void {
  const targets = initOps(metaGraph).map((name) => nodeOf(graph, name));
  if (targets.length === 0) return;
  const feeds: Endpoint[] = [];
  const paths: Value[] = [];
  assetsOf(metaGraph).forEach(({tensorInfo}, i) => {
    if (tensorInfo?.encoding?.$case !== 'name' || tensorInfo.encoding.value === '') return;
    feeds.push(endpointOf(graph, tensorInfo.encoding.value));
    paths.push(assets.value(i));
  });
  const runnable = runtime.prepare(graph, {feeds, fetches: [], targets});
  runtime.invoke(runnable, paths, () => ({result: undefined, tensors: []}));
}

/** The model's own initialisation op; where it names none, what TensorFlow runs by default. */
function initOps(metaGraph: MetaGraphDef): string[] {
  const signature = metaGraph.signatureDef.get(INIT_SIGNATURE)?.outputs.get(INIT_SIGNATURE)?.encoding;
  if (signature?.$case === 'name') return [signature.value];
  const nodes = (collection: string): string[] => {
    const kind = metaGraph.collectionDef.get(collection)?.kind;
    return kind?.$case === 'nodeList' ? kind.value.value : [];
  };
  for (const collection of ['saved_model_main_op', 'legacy_init_op']) {
    const named = nodes(collection);
    if (named.length > 0) return named;
  }
  const local = metaGraph.collectionDef.get('local_variables')?.kind;
  const initializers =
    local?.$case === 'bytesList'
      ? local.value.value.map(
          (bytes) => decodeMessage(VariableDef, bytes, 'a local variable').initializerName,
        )
      : [];
  return [...initializers, ...nodes('table_initializer')];
}

function signatureOf(parts: Pick<V1Parts, 'graph' | 'runtime'>, name: string, def: SignatureDef): Signature {
  const {graph, runtime} = parts;
  const inputs = portsOf(graph, def.inputs, name);
  const outputs = portsOf(graph, def.outputs, name);
  const feeds = inputs.flatMap(({endpoints}) => endpoints);
  const fetches = outputs.flatMap(({endpoints}) => endpoints);
  const targets = outputs.flatMap((port) => port.targets);
  const structure = (ports: readonly Port[]): Structure => ({
    kind: 'dict',
    fields: new Map(ports.map((port) => [port.name, port.structure])),
  });
  const request = {feeds, fetches, targets};
  let runnable: ReturnType<Runtime['prepare']> | undefined;
  const concreteFunction = new ConcreteFunction({
    name,
    runtime,
    inputs: {kind: 'tuple', items: [{kind: 'tuple', items: []}, structure(inputs)]},
    outputs: structure(outputs),
    bound: () => [],
    captures: () => [],
    runnable: () => (runnable ??= runtime.executable(graph, request)),
    runs: {graph, request},
  });
  const defaults = [...def.defaults].map(
    ([key, tensor]) => [key, tensorOf(tensor, `the default of '${key}'`)] as const,
  );
  return makeSignature({
    name,
    methodName: def.methodName,
    inputs: inputs.map((port) => [port.name, port.structure]),
    outputs: outputs.map((port) => [port.name, port.structure]),
    defaults: new Map(defaults),
    concreteFunction,
    checksShapes: true,
    def,
  });
}

/** What an operation gives that has no results. */
const NOTHING: Structure = {kind: 'none'};

interface Port {
  readonly name: string;
  readonly structure: Structure;
  readonly endpoints: readonly Endpoint[];
  /** The operation that the port names in place of a tensor: it is run, and gives nothing. */
  readonly targets: readonly number[];
}

function portsOf(graph: Graph, infos: ReadonlyMap<string, TensorInfo>, signature: string): Port[] {
  return [...infos].map(([name, info]) => {
    const what = `'${name}' of signature '${signature}'`;
    const {encoding} = info;
    switch (encoding?.$case) {
      case 'name': {
        const operation = operationWithoutResult(graph, encoding.value);
        if (operation !== undefined) {
          return {name, structure: NOTHING, endpoints: [], targets: [operation]};
        }
        const structure: TensorStructure = {
          kind: 'tensor',
          name,
          dtype: dtypeOf(info.dtype, what),
          shape: shapeOf(info.tensorShape),
        };
        return {name, structure, endpoints: [endpointOf(graph, encoding.value)], targets: []};
      }
      case 'cooSparse': {
        const {indicesTensorName, valuesTensorName, denseShapeTensorName} = encoding.value;
        const endpoints = [indicesTensorName, valuesTensorName, denseShapeTensorName].map((each) =>
          endpointOf(graph, each),
        );
        return {name, structure: sparseStructure(info, what), endpoints, targets: []};
      }
      case 'compositeTensor': {
        const {typeSpec, components} = encoding.value;
        const structure = structureOf({kind: typeSpec && {$case: 'typeSpecValue', value: typeSpec}});
        const endpoints = components.map(({encoding: each}) => {
          if (each?.$case !== 'name') throw new FormatError(`${what} has a component without a name`);
          return endpointOf(graph, each.value);
        });
        return {name, structure, endpoints, targets: []};
      }
      default:
        throw new FormatError(`${what} names no tensor`);
    }
  });
}

function sparseStructure(info: TensorInfo, what: string): Structure {
  const dtype = dtypeOf(info.dtype, what);
  const shape = shapeOf(info.tensorShape);
  const rank = shape === null ? null : shape.length;
  return {
    kind: 'composite',
    type: 'sparse',
    className: 'SparseTensor',
    dtype,
    shape,
    components: [
      {kind: 'tensor', name: 'indices', dtype: 'int64', shape: [null, rank]},
      {kind: 'tensor', name: 'values', dtype, shape: [null]},
      {kind: 'tensor', name: 'dense_shape', dtype: 'int64', shape: [rank]},
    ],
  };
}

/** A function of the graph from tensors to tensors by name; an operation without results is run and gives null. */
export function prune(
  graph: Graph,
  runtime: Runtime,
  feeds: readonly string[],
  fetches: readonly string[],
): PrunedFunction {
  const ports = feeds.map((name): Structure => {
    const endpoint = endpointOf(graph, name);
    const {attrs} = graph.nodes[endpoint.node]!;
    if (!attrs.has('dtype')) throw new CallError(`'${name}' does not tell its dtype; feed placeholders`);
    return {
      kind: 'tensor',
      name,
      dtype: attrs.dtype('dtype'),
      shape: attrs.has('shape') ? attrs.shape('shape') : null,
    };
  });
  const operations = fetches.map((name) => operationWithoutResult(graph, name));
  const request = {
    feeds: feeds.map((name) => endpointOf(graph, name)),
    fetches: fetches.filter((_, i) => operations[i] === undefined).map((name) => endpointOf(graph, name)),
    targets: operations.filter((operation) => operation !== undefined),
  };
  const runnable = runtime.prepare(graph, request);
  const concrete = new ConcreteFunction({
    name: 'pruned',
    runtime,
    inputs: {
      kind: 'tuple',
      items: [
        {kind: 'tuple', items: ports},
        {kind: 'dict', fields: new Map()},
      ],
    },
    outputs: {
      kind: 'list',
      items: fetches.map((name, i) =>
        operations[i] === undefined ? {kind: 'tensor', name, dtype: 'float32', shape: null} : NOTHING,
      ),
    },
    bound: () => [],
    captures: () => [],
    runnable: () => runnable,
    runs: {graph, request},
  });
  const call = restoredFunction('pruned', [concrete], undefined);
  return Object.assign(<Results>(...inputs: TensorInput[]) => call.invoke<Results>(inputs), {
    async: <Results>(...inputs: TensorInput[]) => call.invokeAsync<Results>(inputs),
  });
}
