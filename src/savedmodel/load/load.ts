/**
 * Loading a SavedModel from a directory.
 *
 * @module
 */

import {CheckpointReader} from '../../bundle/reader.js';
import {compilerFor, type EngineOptions} from '../../compile/engine.js';
import {FormatError} from '../../errors.js';
import type {Graph} from '../../graph/graph.js';
import {readGraph, readLibrary} from '../../graph/read_graph.js';
import type {Limits} from '../../host/budget.js';
import {Variable} from '../../ops/variable/variable.js';
import type {ModelDirectory} from '../../platform/platform.js';
import type {Confirm} from '../../platform/snapshot.js';
import type {GraphDef, MetaGraphDef} from '../../proto/index.js';
import type {QueueOptions} from '../../runtime/call_queue.js';
import type {SavedGradient} from '../../runtime/gradient.js';
import {Runtime} from '../../runtime/runtime.js';
import {ensureBackend} from '../../tfjs/backend.js';
import {ASSETS_DIRECTORY, Assets, assetsOf} from './assets.js';
import {loadV1, prune, type RestoredTensors, restoredKey} from './load_v1.js';
import {LoadedObject, type ModelInfo} from './loaded_object.js';
import {missingValues, unsetVariables} from './missing_values.js';
import {ObjectGraph} from './object_graph.js';
import {
  chooseMetaGraph,
  isHubModule,
  KERAS_METADATA_FILE,
  readFileIfThere,
  readSavedModel,
  type Tags,
  VARIABLES_PREFIX,
} from './read_model.js';
import {restoreObjects} from './restore.js';
import {readWholeModel} from './whole_model.js';

/** How to load a model. */
export interface LoadModelOptions extends EngineOptions {
  /** Which of the model's graphs, by its tag, or by all of its tags; needed where it has several. */
  readonly tags?: Tags;
  /**
   * Compare the data of the variables with its checksums: true before the model is loaded, false never. Default: before it is loaded, but what
   * sessions map from the files is compared in the background where it is more than 256 MiB; calls throw a FormatError
   * from when it turns out to be damaged.
   */
  readonly verifyChecksums?: boolean;
  /**
   * Load a model also where its checkpoint has no values for some of its variables, or is missing: those cannot be read
   * until they are assigned, and `variables` does not list them. Default false: an error that names them.
   *
   * Mirrors `LoadOptions.allow_partial_checkpoint`.
   */
  readonly allowPartial?: boolean;
  /** What a call of the model may take where it does not say itself, and an initialiser that loading runs. */
  readonly limits?: Limits;
  /** How many asynchronous calls of the model there may be at a time. */
  readonly queue?: QueueOptions;
  /** Ends loading; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a model without a main graph has. */
const EMPTY_GRAPH: GraphDef = {
  node: [],
  versions: undefined,
  version: 0,
  library: undefined,
  debugInfo: new Uint8Array(),
};

/** A model's graphs and objects, before anything is restored. */
export interface OpenModel {
  readonly metaGraph: MetaGraphDef;
  readonly graph: Graph;
  readonly assets: Assets;
  readonly runtime: Runtime;
  readonly info: ModelInfo;
  /** Absent in models of TensorFlow 1. */
  readonly objects: ObjectGraph | undefined;
  /** Where what `RestoreV2` asks for is put before it runs. */
  readonly restored: RestoredTensors;
}

/** Reads a model's graphs and assets; its variables stay on disk. */
export async function openModel(
  directory: ModelDirectory,
  {tags, limits, queue, engine, onnx, cacheDir}: LoadModelOptions = {},
): Promise<OpenModel> {
  const compiler = compilerFor({...(engine && {engine}), ...(onnx && {onnx}), ...(cacheDir && {cacheDir})});
  const saved = await readSavedModel(directory);
  const hubModule = await isHubModule(directory);
  const metaGraph = chooseMetaGraph(saved, tags ?? (hubModule ? [] : undefined), directory.name);
  const graph = readGraph(metaGraph.graphDef ?? EMPTY_GRAPH);
  const assets = await Assets.read(directory, assetsOf(metaGraph), ASSETS_DIRECTORY);
  const restored: RestoredTensors = new Map();
  const gradients = new Map<string, SavedGradient>();
  const runtime = new Runtime({
    library: readLibrary(metaGraph.graphDef?.library),
    gradients,
    compiler,
    ...(limits && {limits}),
    ...(queue && {queue}),
    readFile: (path) => assets.content(path),
    restore: (name, shapeAndSlice) => restored.get(restoredKey(name, shapeAndSlice)),
  });
  let objects: ObjectGraph | undefined;
  const info: ModelInfo = {
    directory: directory.path ?? directory.name,
    tags: metaGraph.metaInfoDef?.tags ?? [],
    tensorflowVersion: metaGraph.metaInfoDef?.tensorflowVersion ?? '',
    isHubModule: hubModule,
    assets: assets.list,
    graph,
    variables: () =>
      objects?.reachableVariables(0) ?? [...runtime.resources()].filter((each) => each instanceof Variable),
    prune: (feeds, fetches) => prune(graph, runtime, feeds, fetches),
    dispose: () => runtime.dispose(),
  };
  const savedObjects = metaGraph.objectGraphDef;
  if (savedObjects !== undefined && savedObjects.nodes.length > 0) {
    const kerasMetadata = await readFileIfThere(directory, KERAS_METADATA_FILE);
    objects = new ObjectGraph({
      metaGraph,
      objects: savedObjects,
      graph,
      assets,
      runtime,
      info,
      kerasMetadata,
    });
    for (const [type, gradient] of objects.gradients()) gradients.set(type, gradient);
  }
  return {metaGraph, graph, assets, runtime, info, objects, restored};
}

/**
 * Loads a SavedModel: its objects with their functions, variables, tables and assets (TensorFlow 2), or its signatures
 * (TensorFlow 1).
 *
 * While other processes save to the same directory, this is one of the models that they saved, whole. Nothing is read after it
 * was loaded: assets are in memory, too. (Their `path` leads to what is there then.)
 *
 * @throws FormatError when the directory holds no SavedModel or a damaged one, or variables have no value.
 * @throws CallError when no graph has the tags, or an initialiser of the model fails.
 */
export async function loadModel(
  directory: ModelDirectory,
  options: LoadModelOptions = {},
): Promise<LoadedObject> {
  await ensureBackend();
  return readWholeModel(directory, (files, confirm) => loadFrom(files, options, confirm));
}

async function loadFrom(
  directory: ModelDirectory,
  options: LoadModelOptions,
  confirm: Confirm,
): Promise<LoadedObject> {
  const model = await openModel(directory, options);
  const checkpoint = await openCheckpoint(directory, options);
  try {
    options.signal?.throwIfAborted();
    const {objects, runtime} = model;
    runtime.loadingSignal = options.signal;
    const allowPartial = options.allowPartial ?? false;
    if (objects === undefined) {
      const object = await loadV1({...model, checkpoint, allowPartial, verify: options.verifyChecksums});
      await confirm();
      return object;
    }
    if (checkpoint !== undefined) {
      const {verifyChecksums: verify} = options;
      await restoreObjects(objects, checkpoint, {allowPartial, lazily: runtime.isCompiled, verify});
    }
    await confirm();
    initializeObjects(objects, directory.name, checkpoint !== undefined, allowPartial);
    const root = objects.object(0);
    if (!(root instanceof LoadedObject)) {
      throw new FormatError(`${directory.name}: the first object is none that has attributes and functions`);
    }
    return root;
  } catch (error) {
    model.runtime.dispose();
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    model.runtime.loadingSignal = undefined;
    await checkpoint?.close();
  }
}

/** Runs the initialisers of resources, which may give values to variables that the checkpoint has none for. */
function initializeObjects(
  objects: ObjectGraph,
  directory: string,
  hasCheckpoint: boolean,
  allowPartial: boolean,
): void {
  const unset = allowPartial ? [] : unsetVariables(objects);
  try {
    objects.initializeResources();
  } catch (cause) {
    // What an initialiser fails for is most likely what is missing.
    throw unset.length === 0 ? cause : missingValues(directory, unset, hasCheckpoint, {cause});
  }
  const left = unset.length === 0 ? [] : unsetVariables(objects);
  if (left.length > 0) throw missingValues(directory, left, hasCheckpoint);
}

/** The checkpoint of the model; a model without variables may have none. */
async function openCheckpoint(
  directory: ModelDirectory,
  {verifyChecksums}: LoadModelOptions,
): Promise<CheckpointReader | undefined> {
  const index = await directory.open(`${VARIABLES_PREFIX}.index`);
  if (index === null) return undefined;
  await index.close();
  return CheckpointReader.open(directory, VARIABLES_PREFIX, {verifyChecksums: verifyChecksums ?? true});
}
