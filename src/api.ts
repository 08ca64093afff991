/**
 * The public interface, the same in Node and in browsers.
 *
 * @module
 */

import {loadDirectory} from './load.js';
import './keras/export.js';
import {expectedImageChannels, expectedImageSize, expectedImages, prepareImages} from './savedmodel/image.js';
import {readMetaGraphs} from './savedmodel/load/meta_graphs.js';
import {exportOnnx} from './savedmodel/onnx/export_onnx.js';
import {saveModel, saveModelAsArchive} from './savedmodel/save/save.js';
import {installRepairs} from './tfjs/install.js';

installRepairs();

export type {Engine, EngineOptions, OnnxOptions} from './compile/engine.js';
export {
  CallError,
  DownloadError,
  FormatError,
  HandleError,
  HubError,
  IntegrityError,
  SaveError,
  UnsupportedOpError,
} from './errors.js';
export type {CallBounds, Limits} from './host/budget.js';
export type {DType} from './host/dtypes.js';
export type {PartialShape} from './host/shape.js';
export type {DownloadProgress, LoadFormat, ResolveOptions} from './hub/options.js';
export {
  integrityOf,
  type ModelSource,
  type ResolvedModel,
  type Resolver,
  registerResolver,
  resolve,
} from './hub/resolver.js';
export {
  type CallArguments,
  KerasLayer,
  type KerasLayerConfig,
  type LayerShape,
  type LayerSource,
  type LayerTensor,
  type SymbolicOutput,
} from './keras/keras_layer.js';
export type {Nest} from './keras/nest.js';
export type {RegularizationLoss, Reusable, ReusableFunction, ReusableObject} from './keras/reusable.js';
export {kerasLayer, type LoadedKerasLayerConfig, preload} from './keras.js';
export {getMetaGraphs, type LoadOptions, load} from './load.js';
export {type OnnxRuntimeLoader, useOnnxRuntime} from './platform/given_onnx.js';
export type {OnnxRuntimeWeb} from './platform/onnx_web.js';
export type {FileHandle, ModelDirectory} from './platform/platform.js';
export {
  type FeatureDType,
  type Features,
  FixedLenFeature,
  FixedLenSequenceFeature,
  type ParsedFeatures,
  parseExample,
  RaggedFeature,
  VarLenFeature,
} from './records/parse_example.js';
export type {CompressionType, RecordDownloadOptions, RecordSource} from './records/record_source.js';
export {
  type BatchOptions,
  type RecordBatch,
  TFRecordDataset,
  type TFRecordOptions,
} from './records/tfrecord_dataset.js';
export {type RecordTarget, TFRecordWriter, type TFRecordWriterOptions} from './records/tfrecord_writer.js';
export type {QueueOptions} from './runtime/call_queue.js';
export type {
  ExactTensor,
  NestedArray,
  TensorInput,
  TensorOutput,
  TypedArrayInput,
} from './savedmodel/boundary.js';
export {Checkpoint, type CheckpointOptions, type RestoreStatus} from './savedmodel/checkpoint/checkpoint.js';
export {
  CheckpointManager,
  type CheckpointManagerOptions,
} from './savedmodel/checkpoint/checkpoint_manager.js';
export {latestCheckpoint} from './savedmodel/checkpoint/directory_state.js';
export type {CheckpointInDirectory, CheckpointPath} from './savedmodel/checkpoint/path.js';
export {IndexedSlices, RaggedTensor, SparseTensor} from './savedmodel/composites.js';
export type {
  DecodedImage,
  ExpectedImages,
  ImageInputOptions,
  ImageModel,
  ImageSource,
  OneImage,
  PrepareImagesOptions,
  RawImage,
} from './savedmodel/image.js';
export type {Asset} from './savedmodel/load/assets.js';
export type {
  CallOptions,
  ExactCallOptions,
  NestedOutput,
  PlainCallOptions,
} from './savedmodel/load/concrete_function.js';
export type {LoadModelOptions} from './savedmodel/load/load.js';
export {
  type CallableObject,
  LoadedObject,
  type ModelFunction,
  type ModelInfo,
  type ModelObject,
  type PrunedFunction,
} from './savedmodel/load/loaded_object.js';
export type {Tags} from './savedmodel/load/read_model.js';
export {
  type ArgumentSpec,
  type Invoke,
  type InvokeAsync,
  type RestoredFunction,
  tuple,
} from './savedmodel/load/restored_function.js';
export type {Signature, SignatureTensor} from './savedmodel/load/signature.js';
export type {
  ExportedOnnx,
  ExportOnnxOptions,
  OnnxModelTensor,
  OnnxSource,
} from './savedmodel/onnx/export_onnx.js';
export type {ExactModelOutput, Member, Members, ModelOutput} from './savedmodel/outputs.js';
export type {RawOps} from './savedmodel/raw/generated/raw_ops.js';
export {type ExactRawOps, type RawOutput, rawOps} from './savedmodel/raw/raw_ops.js';
export {RawTensor, type ResourceHolder, type ResourceInput} from './savedmodel/raw/tensor.js';
export type {SaveOptions, SignatureSource} from './savedmodel/save/save.js';
export {
  type Exporter,
  type ExportOptions,
  type ExtraFile,
  registerExporter,
  SAVED_OBJECT,
  type SavedObjectSpec,
  type SavedObjects,
  type SlotVariable,
  Trackable,
} from './savedmodel/save/trackable.js';
export {
  StaticHashTable,
  type StaticHashTableOptions,
  type TableEntries,
} from './savedmodel/static_hash_table.js';
// Methods of tensors.
export type * from './tfjs/chained_op_types.js';
export {
  cond,
  type FuncOptions,
  func,
  type PythonValue,
  type SpecNest,
  TensorSpec,
  type TracedCallable,
  whileLoop,
} from './trace/func.js';
export type {Callee, Capture, ForeignFunction, TracedFunction} from './trace/traced_function.js';

/** Reading SavedModels that are at hand, and writing them. */
export const savedModel = {
  /** Loads from a directory; {@link load} does the same from a handle. */
  load: loadDirectory,
  /** The graphs in a directory with their tags and signatures; {@link getMetaGraphs} does the same from a handle. */
  getMetaGraphs: readMetaGraphs,
  /**
   * Saves a `Trackable`, a loaded model or a part of one, a model of tfjs-layers or a `KerasLayer`.
   *
   * @throws SaveError when something in it cannot be saved, or the target cannot be written to.
   */
  save: saveModel,
  /** Saves as {@link savedModel.save} does, as a `.tar.gz`, which handles may lead to. */
  saveAsArchive: saveModelAsArchive,
  /**
   * Writes a signature or a function of a loaded model as an ONNX model.
   *
   * @throws UnsupportedOpError where something in it has no exact counterpart in ONNX, and SaveError where it cannot be written.
   */
  exportOnnx,
} as const;

/** Images as a model expects them. */
export const image = {
  /** What a model expects of images: height, width, channels, dtype; null where anything will do. */
  expected: expectedImages,
  /** `[height, width]` that a model expects. */
  expectedSize: expectedImageSize,
  /** How many channels a model expects. */
  expectedChannels: expectedImageChannels,
  /** A batch of images as a model expects them. */
  prepare: prepareImages,
} as const;
