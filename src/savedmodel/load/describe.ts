/**
 * What is in a model, without restoring or running it: for people who look at one, and for `tfhub show` and `tfhub ops`.
 *
 * @module
 */

import {ARGUMENT_OP} from '../../graph/graph.js';
import type {DType} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import {isSupported, unsupportedDtype} from '../../ops/registry.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {decodeMessage, FingerprintDef} from '../../proto/index.js';
import {describeStructure} from './describe_call.js';
import {type LoadModelOptions, type OpenModel, openModel} from './load.js';
import {signaturesOf} from './load_v1.js';
import type {ObjectGraph} from './object_graph.js';
import {readFileIfThere} from './read_model.js';
import type {ArgumentSpec, RestoredFunction} from './restored_function.js';
import type {Signature, SignatureTensor} from './signature.js';
import {declareVariables} from './v1_variables.js';
import {readWholeModel} from './whole_model.js';

/** A function with its traces, as text a Python user would recognise. */
export interface FunctionDescription {
  /** Path from the model, such as `encoder.embed`. */
  readonly path: string;
  readonly arguments: ArgumentSpec | undefined;
  readonly traces: readonly {
    readonly args: readonly string[];
    readonly kwargs: Readonly<Record<string, string>>;
    readonly outputs: string;
  }[];
}

/** A variable of a model. */
export interface VariableDescription {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: PartialShape;
  readonly trainable: boolean;
}

/** An op that a model uses. */
export interface OpUse {
  readonly op: string;
  readonly count: number;
  readonly supported: boolean;
  /** The dtype of a node for which the op is not supported where it is for others: `T = variant`. */
  readonly limit?: string;
  /** True when only the nodes that save checkpoints use it, which never run here. */
  readonly saverOnly: boolean;
  /** The first place where it is used. */
  readonly node: string;
  readonly function: string;
}

/** What is in a model. */
export interface ModelDescription {
  readonly directory: string;
  readonly tags: readonly string[];
  readonly tensorflowVersion: string;
  readonly format: 'TensorFlow 2' | 'TensorFlow 1' | 'TensorFlow 1 Hub';
  readonly signatures: Readonly<Record<string, SignatureDescription>>;
  readonly functions: readonly FunctionDescription[];
  readonly variables: readonly VariableDescription[];
  readonly assets: readonly string[];
  /** Those of the assets whose files the model lacks. */
  readonly missingAssets: readonly string[];
  /** Bytes of all files of the model. */
  readonly size: number;
  /** Checksum of the graph, as decimal text; absent where the model has no fingerprint. */
  readonly fingerprint?: string;
}

/** The interface of a signature. */
export interface SignatureDescription {
  readonly inputs: Readonly<Record<string, SignatureTensor>>;
  readonly outputs: Readonly<Record<string, SignatureTensor>>;
  readonly methodName: string;
}

/** Ops of savers, which exist to write checkpoints. */
const SAVER_OPS = new Set(['SaveV2', 'MergeV2Checkpoints', 'ShardedFilename', 'Save', 'SaveSlices']);

/** Describes a model. Its variables are not read. */
export function describeModel(
  directory: ModelDirectory,
  options: LoadModelOptions = {},
): Promise<ModelDescription> {
  return readWholeModel(directory, async (files, confirm) => {
    const description = await describeFiles(files, options);
    await confirm();
    return description;
  });
}

async function describeFiles(
  directory: ModelDirectory,
  options: LoadModelOptions,
): Promise<ModelDescription> {
  const model = await openModel(directory, options);
  const {info, objects} = model;
  const fingerprint = await readFingerprint(directory);
  return {
    directory: info.directory,
    tags: info.tags,
    tensorflowVersion: info.tensorflowVersion,
    format: info.isHubModule ? 'TensorFlow 1 Hub' : objects === undefined ? 'TensorFlow 1' : 'TensorFlow 2',
    signatures: describeSignatures(objects === undefined ? signaturesOf(model) : objects.signatures(0)),
    functions: objects === undefined ? [] : describeFunctions(objects),
    variables: describeVariables(model),
    assets: model.assets.list.map(({filename}) => filename),
    missingAssets: model.assets.list.filter(({missing}) => missing).map(({filename}) => filename),
    size: await sizeOfDirectory(directory),
    ...(fingerprint === undefined ? {} : {fingerprint}),
  };
}

/** Every op that a model uses, by name. */
export async function describeOps(
  directory: ModelDirectory,
  options: LoadModelOptions = {},
): Promise<OpUse[]> {
  const {graph, runtime} = await readWholeModel(directory, async (files, confirm) => {
    const model = await openModel(files, options);
    await confirm();
    return model;
  });
  const uses = new Map<string, OpUse>();
  const names = new Set(runtime.library.names());
  const graphs = function* () {
    yield graph;
    for (const name of names) yield runtime.library.get(name)!;
  };
  for (const {label, nodes} of graphs()) {
    for (const {op, name, attrs} of nodes) {
      if (op === ARGUMENT_OP || names.has(op)) continue;
      const limit = unsupportedDtype(op, attrs);
      const use = uses.get(op) ?? {
        op,
        count: 0,
        supported: isSupported(op),
        saverOnly: SAVER_OPS.has(op),
        node: name,
        function: label,
      };
      const limited =
        limit !== undefined && use.limit === undefined
          ? {supported: false, limit, node: name, function: label}
          : {};
      uses.set(op, {...use, ...limited, count: use.count + 1});
    }
  }
  return [...uses.values()].sort((a, b) => (a.op < b.op ? -1 : 1));
}

function describeSignatures(
  signatures: Readonly<Record<string, Signature>>,
): Record<string, SignatureDescription> {
  return Object.fromEntries(
    Object.entries(signatures).map(([name, {inputs, outputs, methodName}]) => [
      name,
      {inputs, outputs, methodName},
    ]),
  );
}

function describeFunctions(objects: ObjectGraph): FunctionDescription[] {
  return publicFunctions(objects).map(({path, id}) => describeFunction(path, objects, id));
}

/** Functions reachable under public names, each once, nearest first. */
export function publicFunctions(
  objects: ObjectGraph,
): readonly {readonly path: string; readonly id: number}[] {
  const found: {path: string; id: number}[] = [];
  const seen = new Set<number>([0]);
  const queue: [number, string][] = [[0, '']];
  for (const [id, path] of queue) {
    for (const [name, child] of objects.children(id)) {
      const isInternal =
        name === 'keras_api' || name === 'signatures' || (name.startsWith('_') && name !== '__call__');
      if (isInternal || seen.has(child)) continue;
      seen.add(child);
      const childPath = path === '' ? name : `${path}.${name}`;
      if (objects.traces(child).length > 0) found.push({path: childPath, id: child});
      else queue.push([child, childPath]);
    }
  }
  return found;
}

function describeFunction(path: string, objects: ObjectGraph, id: number): FunctionDescription {
  const {argumentSpec, concreteFunctions} = objects.object(id) as RestoredFunction;
  return {
    path,
    arguments: argumentSpec,
    traces: concreteFunctions.map(({signature: {args, kwargs}, outputs}) => ({
      args: args.map(describeStructure),
      kwargs: Object.fromEntries([...kwargs].map(([key, value]) => [key, describeStructure(value)])),
      outputs: describeStructure(outputs),
    })),
  };
}

function describeVariables(model: OpenModel): VariableDescription[] {
  const variables = model.objects?.reachableVariables(0) ?? declareVariables(model, 'variables');
  return variables.map(({name, dtype, shape, trainable}) => ({name, dtype, shape, trainable}));
}

async function readFingerprint(directory: ModelDirectory): Promise<string | undefined> {
  const bytes = await readFileIfThere(directory, 'fingerprint.pb');
  if (bytes === undefined) return undefined;
  return decodeMessage(FingerprintDef, bytes, 'fingerprint.pb').savedModelChecksum.toString();
}

async function sizeOfDirectory(directory: ModelDirectory, path = ''): Promise<number> {
  let size = 0;
  for (const name of await directory.list(path)) {
    const full = path === '' ? name : `${path}/${name}`;
    const file = await directory.open(full);
    if (file === null) {
      size += await sizeOfDirectory(directory, full);
    } else {
      size += file.size;
      await file.close();
    }
  }
  return size;
}
