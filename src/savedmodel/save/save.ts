/**
 * Saving: objects as a SavedModel that the real TensorFlow loads.
 *
 * Source: `tensorflow/python/saved_model/save.py`.
 *
 * @module
 */

import {writeCheckpoint} from '../../bundle/writer.js';
import {CallError, SaveError} from '../../errors.js';
import {writeNodes} from '../../graph/write_graph.js';
import {PackedStrings} from '../../host/strings.js';
import {writeArchive} from '../../platform/archive_output.js';
import {writeModel} from '../../platform/output.js';
import type {OutputDirectory} from '../../platform/platform.js';
import {
  decodeMessage,
  encodeMessage,
  GraphDef,
  KerasSavedMetadata,
  MetaGraphDef,
  MetaGraphDef_MetaInfoDef,
  makeMessage,
  SignatureDef,
  TensorInfo,
  TrackableObjectGraph,
} from '../../proto/index.js';
import type {Traceable} from '../../trace/func.js';
import type {TracedFunction} from '../../trace/traced_function.js';
import type {ConcreteFunction} from '../load/concrete_function.js';
import {LoadedObject} from '../load/loaded_object.js';
import {originOf} from '../load/object_graph.js';
import {KERAS_METADATA_FILE, VARIABLES_PREFIX} from '../load/read_model.js';
import type {RestoredFunction} from '../load/restored_function.js';
import type {Signature} from '../load/signature.js';
import {SaveLibrary} from './function_library.js';
import {MainGraph} from './main_graph.js';
import {checkpointGraph, type NodeState, OBJECT_GRAPH_KEY, statesOf} from './model_checkpoint.js';
import {ModelFiles} from './model_files.js';
import {objectGraph} from './object_graph_proto.js';
import {strippedOpList} from './op_list.js';
import type {SaveNode} from './save_node.js';
import {SaveableView} from './saveable_view.js';
import {addSaver} from './saver.js';
import {attachSignatures} from './signatures.js';
import {type ExtraFile, exporterOf, Trackable} from './trackable.js';
import {writeV1Model} from './v1_model.js';

/**
 * What a signature can be made of: a function made by `func` or one trace of it, a function of a loaded model or one trace
 * of it, a signature of a loaded model.
 */
export type SignatureSource = Traceable | TracedFunction | RestoredFunction | ConcreteFunction | Signature;

/** How to save. */
export interface SaveOptions {
  /**
   * Functions to serve the model by: one, which becomes `serving_default`, or several by name. Made by `func` with an
   * input signature, or functions and signatures of loaded models. Default: those that a loaded model came with; for other
   * objects the only attribute that is a function with an input signature.
   */
  readonly signatures?: SignatureSource | Readonly<Record<string, SignatureSource>>;
  /** Whether the state of a model's optimizer is saved as well. Default true. */
  readonly includeOptimizer?: boolean;
  /** Replace a model that is there. Default false. */
  readonly overwrite?: boolean;
  /** Ends waiting for other processes that save to the same place; what is there stays as it is. */
  readonly signal?: AbortSignal;
  /** For how many milliseconds to wait for them, which takes moments as a rule. Default 5 minutes. */
  readonly waitMs?: number;
}

/** What this library writes is what this TensorFlow would write. */
const TENSORFLOW_VERSION = '2.15.0';
/** Versions of its graphs (`TF_GRAPH_DEF_VERSION`, `TF_GRAPH_DEF_VERSION_MIN_CONSUMER`). */
const GRAPH_VERSIONS = {producer: 1645, minConsumer: 12, badConsumers: []} as const;

/** Name of the signature and collection by which loaders find the op that initialises the model. */
const INIT_SIGNATURE = '__saved_model_init_op';
const MAIN_OP_COLLECTION = 'saved_model_main_op';

/**
 * Saves an object as a SavedModel: a {@link Trackable}, a loaded model or a part of one, or what an exporter is registered
 * for.
 *
 * Mirrors `tf.saved_model.save`. The model is there whole, or not at all. Several processes may save to one place at the same
 * time: the last one stays, whole, and who loads meanwhile gets one of them.
 *
 * @param target - a path in Node, a directory handle in browsers
 * @throws SaveError when something in the object cannot be saved, the target cannot be written to, or another process keeps it.
 */
export async function saveModel(object: object, target: unknown, options: SaveOptions = {}): Promise<void> {
  const {overwrite = false, signal, waitMs} = options;
  if (waitMs !== undefined && !(waitMs >= 0)) {
    throw new CallError(`waitMs is a number of milliseconds, 0 or more, and not ${waitMs}`);
  }
  await writeModel(target, {overwrite, signal, waitMs}, (output) => writeSavedModel(object, output, options));
}

/**
 * Saves as {@link saveModel} does, as an archive (`.tar.gz`) of which a web server makes a handle, or that a page offers
 * for download.
 *
 * @throws SaveError when something in the object cannot be saved.
 */
export function saveModelAsArchive(
  object: object,
  options: Omit<SaveOptions, 'overwrite' | 'signal' | 'waitMs'> = {},
): Promise<Blob> {
  return writeArchive((output) => writeSavedModel(object, output, options));
}

/** Writes the files of a SavedModel. */
export async function writeSavedModel(
  object: object,
  output: OutputDirectory,
  options: SaveOptions = {},
): Promise<void> {
  const exportOptions = {includeOptimizer: options.includeOptimizer ?? true};
  const root = exporterOf(object)?.toTrackable(object, exportOptions) ?? object;
  if (root instanceof LoadedObject && originOf(root) === undefined) {
    await writeV1Model(root, output, options.signatures);
    return;
  }
  if (!(root instanceof Trackable) && !(root instanceof LoadedObject)) {
    throw new SaveError('what is saved has to be a Trackable, a loaded model, a layer or a layers model');
  }
  const view = new SaveableView(root, exportOptions);
  const {metaGraph, states, objects, main} = build(view, root, options);
  const files = new ModelFiles(output);
  await writeCheckpoint(files, VARIABLES_PREFIX, tensorsOf(states, objects));
  for (const {filename, content} of main.assetFiles) await files.write(`assets/${filename}`, content);
  for (const {path, content} of extraFiles(view, root)) await files.write(path, content);
  await files.finish(metaGraph);
}

/** Everything that is written, before anything is. */
function build(view: SaveableView, root: object, options: SaveOptions) {
  const signatures = attachSignatures(view, options.signatures);
  view.number();
  const library = new SaveLibrary(view);
  const main = new MainGraph(view.nodes);
  const signatureDef = new Map<string, SignatureDef>();
  for (const each of [...signatures].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    signatureDef.set(each.name, main.signature(each));
  }
  const init = main.initializer(view.nodes);
  signatureDef.set(INIT_SIGNATURE, initSignature(init));
  const states = statesOf(view.nodes);
  const objects = checkpointGraph(view.nodes, states);
  const saverDef = addSaver(main, library, states, objects);
  const graph = main.graph.plainGraph('the main graph');
  const ops = new Set(graph.nodes.map(({op}) => op));
  const functions = library.encode(ops);
  const sources = [...view.loaded.models].map(({parts}) => parts.metaGraph);
  const metaGraph = makeMessage(MetaGraphDef, {
    metaInfoDef: {...metaInfo(sources, ops), tags: tagsOf(root), functionAliases: library.aliases()},
    graphDef: makeMessage(GraphDef, {
      node: writeNodes(graph),
      library: functions,
      versions: graphVersions(sources),
    }),
    saverDef,
    collectionDef: new Map([[MAIN_OP_COLLECTION, {kind: {$case: 'nodeList', value: {value: [init]}}}]]),
    signatureDef: new Map([...signatureDef].sort(([a], [b]) => (a < b ? -1 : 1))),
    assetFileDef: main.assetDefs,
    objectGraphDef: objectGraph(view, library, main),
  });
  return {metaGraph, states, objects, main};
}

/** What is said of the model as a whole: of the newest TensorFlow that made a part of it. */
function metaInfo(sources: readonly MetaGraphDef[], ops: Iterable<string>): MetaGraphDef_MetaInfoDef {
  const infos = sources.flatMap(({metaInfoDef}) => metaInfoDef ?? []);
  return makeMessage(MetaGraphDef_MetaInfoDef, {
    tensorflowVersion: newest([TENSORFLOW_VERSION, ...infos.map((each) => each.tensorflowVersion)]),
    tensorflowGitVersion: 'unknown',
    strippedDefaultAttrs: true,
    strippedOpList: strippedOpList(
      ops,
      infos.flatMap((each) => each.strippedOpList ?? []),
    ),
  });
}

/** A loader has to be as new as each of the models that graphs are taken from says. */
function graphVersions(sources: readonly MetaGraphDef[]): NonNullable<GraphDef['versions']> {
  const versions = [GRAPH_VERSIONS, ...sources.flatMap(({graphDef}) => graphDef?.versions ?? [])];
  return {
    producer: Math.max(...versions.map(({producer}) => producer)),
    minConsumer: Math.max(...versions.map(({minConsumer}) => minConsumer)),
    badConsumers: [],
  };
}

/** A loaded model keeps its tags. */
function tagsOf(root: object): string[] {
  const origin = originOf(root);
  const tags = origin?.id === 0 ? origin.objects.parts.info.tags : [];
  return tags.length > 0 ? [...tags] : ['serve'];
}

function initSignature(node: string): SignatureDef {
  const info = makeMessage(TensorInfo, {
    encoding: {$case: 'name', value: node},
    tensorShape: {dim: [], unknownRank: true},
  });
  return makeMessage(SignatureDef, {outputs: new Map([[INIT_SIGNATURE, info]])});
}

/** The newest of some versions such as `2.15.1`. */
function newest(versions: readonly string[]): string {
  const numbers = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return versions.reduce((a, b) => {
    const [left, right] = [numbers(a), numbers(b)];
    const at = left.findIndex((part, i) => part !== (right[i] ?? 0));
    return at >= 0 && left[at]! < (right[at] ?? 0) ? b : a;
  });
}

/** The tensors of the checkpoint, as TensorFlow orders them. */
function* tensorsOf(states: readonly NodeState[], objects: TrackableObjectGraph) {
  for (const {tensors} of states) yield* tensors;
  const graph = encodeMessage(TrackableObjectGraph, objects);
  yield {
    key: OBJECT_GRAPH_KEY,
    dtype: 'string' as const,
    shape: [],
    read: () => ({dtype: 'string' as const, shape: [], data: PackedStrings.of([graph])}),
  };
}

/** Files that the root brings along, told where its objects have come to be. */
function* extraFiles(view: SaveableView, root: object): Generator<ExtraFile> {
  const saved = (node: SaveNode | undefined) => (node === undefined || node.id < 0 ? undefined : node);
  const find = (object: object) => {
    const node = saved(view.find(object));
    return node && {id: node.id, path: node.label};
  };
  yield* view.rootSpec.extraFiles?.({find}) ?? [];
  const origin = originOf(root);
  const metadata = origin?.objects.parts.kerasMetadata;
  if (origin === undefined || origin.id !== 0 || metadata === undefined) return;
  // A Keras model that was loaded stays one.
  const {nodes, ...rest} = decodeMessage(KerasSavedMetadata, metadata, KERAS_METADATA_FILE);
  const kept = nodes.flatMap((each) => {
    const nodeId = saved(view.loaded.find(origin.objects, each.nodeId))?.id;
    return nodeId === undefined ? [] : [{...each, nodeId}];
  });
  yield {path: KERAS_METADATA_FILE, content: encodeMessage(KerasSavedMetadata, {...rest, nodes: kept})};
}
