/**
 * TensorFlow's protocol buffer messages, under the names TensorFlow gives them. Each name is both a type and an
 * object with `decode` and `encode`; read with {@link decodeMessage}, write with {@link encodeMessage}.
 *
 * Conventions (details in `docs/proto.md`): field names are camelCase; a `oneof` is a discriminated union on `$case`;
 * maps are `Map`s; 64-bit integers are `bigint`, sizes and positions among them `number`; `bytes` are views of the
 * bytes decoded; `FunctionDefLibrary.function` holds undecoded `FunctionDef`s.
 *
 * @module
 */

export {
  decodeMessage,
  encodeMessage,
  type MessageDecoder,
  type MessageEncoder,
  makeMessage,
} from './decode.js';
export {Any} from './generated/google/protobuf/any.js';
export {
  SavedMetadata as KerasSavedMetadata,
  SavedObject as KerasSavedObject,
} from './generated/keras/protobuf/saved_metadata.js';
export {Example, SequenceExample} from './generated/tensorflow/core/example/example.js';
export {
  BytesList,
  Feature,
  FeatureList,
  FeatureLists,
  Features,
  FloatList,
  Int64List,
} from './generated/tensorflow/core/example/feature.js';
export {
  AttrValue,
  AttrValue_ListValue,
  NameAttrList,
} from './generated/tensorflow/core/framework/attr_value.js';
export {FullTypeDef, FullTypeId} from './generated/tensorflow/core/framework/full_type.js';
export {
  FunctionDef,
  FunctionDef_ArgAttrs,
  FunctionDefLibrary,
  GradientDef,
  RegisteredGradient,
} from './generated/tensorflow/core/framework/function.js';
export {GraphDef} from './generated/tensorflow/core/framework/graph.js';
export {NodeDef} from './generated/tensorflow/core/framework/node_def.js';
export {
  OpDef as OpDefProto,
  OpDef_ArgDef as OpDefProto_ArgDef,
  OpDef_AttrDef as OpDefProto_AttrDef,
  OpList,
} from './generated/tensorflow/core/framework/op_def.js';
export {
  ResourceHandleProto,
  ResourceHandleProto_DtypeAndShape,
} from './generated/tensorflow/core/framework/resource_handle.js';
export {TensorProto, VariantTensorDataProto} from './generated/tensorflow/core/framework/tensor.js';
export {TensorShapeProto, TensorShapeProto_Dim} from './generated/tensorflow/core/framework/tensor_shape.js';
export {
  TensorSliceProto,
  TensorSliceProto_Extent,
} from './generated/tensorflow/core/framework/tensor_slice.js';
export {DataType} from './generated/tensorflow/core/framework/types.js';
export {
  SaveSliceInfoDef,
  VariableAggregation,
  VariableDef,
  VariableSynchronization,
} from './generated/tensorflow/core/framework/variable.js';
export {VersionDef} from './generated/tensorflow/core/framework/versions.js';
export {CompositeTensorVariantMetadata} from './generated/tensorflow/core/protobuf/composite_tensor_variant.js';
export {FingerprintDef} from './generated/tensorflow/core/protobuf/fingerprint.js';
export {
  AssetFileDef,
  CollectionDef,
  CollectionDef_AnyList,
  CollectionDef_BytesList,
  CollectionDef_FloatList,
  CollectionDef_Int64List,
  CollectionDef_NodeList,
  MetaGraphDef,
  MetaGraphDef_MetaInfoDef,
  SignatureDef,
  TensorInfo,
  TensorInfo_CompositeTensor,
  TensorInfo_CooSparse,
} from './generated/tensorflow/core/protobuf/meta_graph.js';
export {SavedModel} from './generated/tensorflow/core/protobuf/saved_model.js';
export {
  CapturedTensor,
  FunctionSpec,
  FunctionSpec_JitCompile,
  SaveableObject,
  SavedAsset,
  SavedBareConcreteFunction,
  SavedConcreteFunction,
  SavedConstant,
  SavedFunction,
  SavedObject,
  SavedObjectGraph,
  SavedResource,
  SavedUserObject,
  SavedVariable,
} from './generated/tensorflow/core/protobuf/saved_object_graph.js';
export {SaverDef, SaverDef_CheckpointFormatVersion} from './generated/tensorflow/core/protobuf/saver.js';
export {
  BoundedTensorSpecProto,
  DictValue,
  ListValue,
  NamedTupleValue,
  NoneValue,
  PairValue,
  StructuredValue,
  TensorSpecProto,
  TupleValue,
  TypeSpecProto,
  TypeSpecProto_TypeSpecClass,
} from './generated/tensorflow/core/protobuf/struct.js';
export {
  BundleEntryProto,
  BundleHeaderProto,
  BundleHeaderProto_Endianness,
} from './generated/tensorflow/core/protobuf/tensor_bundle.js';
export {
  RegisteredSaver,
  TrackableObjectGraph,
  TrackableObjectGraph_TrackableObject,
  TrackableObjectGraph_TrackableObject_ObjectReference,
  TrackableObjectGraph_TrackableObject_SerializedTensor,
  TrackableObjectGraph_TrackableObject_SlotVariableReference,
} from './generated/tensorflow/core/protobuf/trackable_object_graph.js';
export {
  SavedSlice,
  SavedSliceMeta,
  SavedTensorSliceMeta,
  SavedTensorSlices,
} from './generated/tensorflow/core/util/saved_tensor_slice.js';
export {CheckpointState} from './generated/tensorflow/python/training/checkpoint_state.js';
export {
  ChunkedField,
  ChunkedMessage,
  ChunkInfo,
  ChunkInfo_Type,
  ChunkMetadata,
  FieldIndex,
  FieldIndex_MapKey,
} from './generated/tensorflow/tools/proto_splitter/chunk.js';
