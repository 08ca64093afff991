// Written by scripts/generate_protos.py. DO NOT EDIT.

/**
 * One message or enum (marked #) a line. A field is name=number, `:` or, where repeated, `*`, its type, and
 * `/oneof` where it belongs to one; an enum value is name=number.
 */
export const FIELD_TABLE = `\
google.protobuf.Any type_url=1:string value=2:bytes
google.protobuf.BoolValue value=1:bool
tensorflow.AssetFileDef tensor_info=1:tensorflow.TensorInfo filename=2:string
tensorflow.AttrValue s=2:bytes/value i=3:int64/value f=4:float/value b=5:bool/value type=6:#tensorflow.DataType/value shape=7:tensorflow.TensorShapeProto/value tensor=8:tensorflow.TensorProto/value list=1:tensorflow.AttrValue.ListValue/value func=10:tensorflow.NameAttrList/value placeholder=9:string/value
tensorflow.AttrValue.ListValue s=2*bytes i=3*int64 f=4*float b=5*bool type=6*#tensorflow.DataType shape=7*tensorflow.TensorShapeProto tensor=8*tensorflow.TensorProto func=9*tensorflow.NameAttrList
tensorflow.BoundedTensorSpecProto name=1:string shape=2:tensorflow.TensorShapeProto dtype=3:#tensorflow.DataType minimum=4:tensorflow.TensorProto maximum=5:tensorflow.TensorProto
tensorflow.BundleEntryProto dtype=1:#tensorflow.DataType shape=2:tensorflow.TensorShapeProto shard_id=3:int32 offset=4:int64 size=5:int64 crc32c=6:fixed32 slices=7*tensorflow.TensorSliceProto
tensorflow.BundleHeaderProto num_shards=1:int32 endianness=2:#tensorflow.BundleHeaderProto.Endianness version=3:tensorflow.VersionDef
#tensorflow.BundleHeaderProto.Endianness LITTLE=0 BIG=1
tensorflow.BytesList value=1*bytes
tensorflow.CapturedTensor name=1:string concrete_function=2:string
tensorflow.CheckpointState model_checkpoint_path=1:string all_model_checkpoint_paths=2*string all_model_checkpoint_timestamps=3*double last_preserved_timestamp=4:double
tensorflow.CollectionDef node_list=1:tensorflow.CollectionDef.NodeList/kind bytes_list=2:tensorflow.CollectionDef.BytesList/kind int64_list=3:tensorflow.CollectionDef.Int64List/kind float_list=4:tensorflow.CollectionDef.FloatList/kind any_list=5:tensorflow.CollectionDef.AnyList/kind
tensorflow.CollectionDef.AnyList value=1*google.protobuf.Any
tensorflow.CollectionDef.BytesList value=1*bytes
tensorflow.CollectionDef.FloatList value=1*float
tensorflow.CollectionDef.Int64List value=1*int64
tensorflow.CollectionDef.NodeList value=1*string
tensorflow.CompositeTensorVariantMetadata type_spec_proto=1:tensorflow.TypeSpecProto
#tensorflow.DataType DT_INVALID=0 DT_FLOAT=1 DT_DOUBLE=2 DT_INT32=3 DT_UINT8=4 DT_INT16=5 DT_INT8=6 DT_STRING=7 DT_COMPLEX64=8 DT_INT64=9 DT_BOOL=10 DT_QINT8=11 DT_QUINT8=12 DT_QINT32=13 DT_BFLOAT16=14 DT_QINT16=15 DT_QUINT16=16 DT_UINT16=17 DT_COMPLEX128=18 DT_HALF=19 DT_RESOURCE=20 DT_VARIANT=21 DT_UINT32=22 DT_UINT64=23 DT_FLOAT8_E5M2=24 DT_FLOAT8_E4M3FN=25 DT_FLOAT8_E4M3FNUZ=26 DT_FLOAT8_E4M3B11FNUZ=27 DT_FLOAT8_E5M2FNUZ=28 DT_INT4=29 DT_UINT4=30 DT_INT2=31 DT_UINT2=32 DT_FLOAT4_E2M1FN=33 DT_FLOAT_REF=101 DT_DOUBLE_REF=102 DT_INT32_REF=103 DT_UINT8_REF=104 DT_INT16_REF=105 DT_INT8_REF=106 DT_STRING_REF=107 DT_COMPLEX64_REF=108 DT_INT64_REF=109 DT_BOOL_REF=110 DT_QINT8_REF=111 DT_QUINT8_REF=112 DT_QINT32_REF=113 DT_BFLOAT16_REF=114 DT_QINT16_REF=115 DT_QUINT16_REF=116 DT_UINT16_REF=117 DT_COMPLEX128_REF=118 DT_HALF_REF=119 DT_RESOURCE_REF=120 DT_VARIANT_REF=121 DT_UINT32_REF=122 DT_UINT64_REF=123 DT_FLOAT8_E5M2_REF=124 DT_FLOAT8_E4M3FN_REF=125 DT_FLOAT8_E4M3FNUZ_REF=126 DT_FLOAT8_E4M3B11FNUZ_REF=127 DT_FLOAT8_E5M2FNUZ_REF=128 DT_INT4_REF=129 DT_UINT4_REF=130 DT_INT2_REF=131 DT_UINT2_REF=132 DT_FLOAT4_E2M1FN_REF=133
tensorflow.DictValue fields=1*tensorflow.DictValue.FieldsEntry
tensorflow.DictValue.FieldsEntry key=1:string value=2:tensorflow.StructuredValue
tensorflow.Example features=1:tensorflow.Features
tensorflow.Feature bytes_list=1:tensorflow.BytesList/kind float_list=2:tensorflow.FloatList/kind int64_list=3:tensorflow.Int64List/kind
tensorflow.FeatureList feature=1*tensorflow.Feature
tensorflow.FeatureLists feature_list=1*tensorflow.FeatureLists.FeatureListEntry
tensorflow.FeatureLists.FeatureListEntry key=1:string value=2:tensorflow.FeatureList
tensorflow.Features feature=1*tensorflow.Features.FeatureEntry
tensorflow.Features.FeatureEntry key=1:string value=2:tensorflow.Feature
tensorflow.FingerprintDef saved_model_checksum=1:uint64 graph_def_program_hash=2:uint64 signature_def_hash=3:uint64 saved_object_graph_hash=4:uint64 checkpoint_hash=5:uint64 version=6:tensorflow.VersionDef uuid=7:string
tensorflow.FloatList value=1*float
tensorflow.FullTypeDef type_id=1:#tensorflow.FullTypeId args=2*tensorflow.FullTypeDef s=3:string/attr i=4:int64/attr
#tensorflow.FullTypeId TFT_UNSET=0 TFT_VAR=1 TFT_ANY=2 TFT_PRODUCT=3 TFT_NAMED=4 TFT_FOR_EACH=20 TFT_CALLABLE=100 TFT_TENSOR=1000 TFT_ARRAY=1001 TFT_OPTIONAL=1002 TFT_LITERAL=1003 TFT_ENCODED=1004 TFT_SHAPE_TENSOR=1005 TFT_BOOL=200 TFT_UINT8=201 TFT_UINT16=202 TFT_UINT32=203 TFT_UINT64=204 TFT_INT8=205 TFT_INT16=206 TFT_INT32=207 TFT_INT64=208 TFT_HALF=209 TFT_FLOAT=210 TFT_DOUBLE=211 TFT_BFLOAT16=215 TFT_COMPLEX64=212 TFT_COMPLEX128=213 TFT_STRING=214 TFT_DATASET=10102 TFT_RAGGED=10103 TFT_ITERATOR=10104 TFT_MUTEX_LOCK=10202 TFT_LEGACY_VARIANT=10203
tensorflow.FunctionDef signature=1:tensorflow.OpDef attr=5*tensorflow.FunctionDef.AttrEntry arg_attr=7*tensorflow.FunctionDef.ArgAttrEntry resource_arg_unique_id=8*tensorflow.FunctionDef.ResourceArgUniqueIdEntry node_def=3*tensorflow.NodeDef ret=4*tensorflow.FunctionDef.RetEntry control_ret=6*tensorflow.FunctionDef.ControlRetEntry
tensorflow.FunctionDef.ArgAttrEntry key=1:uint32 value=2:tensorflow.FunctionDef.ArgAttrs
tensorflow.FunctionDef.ArgAttrs attr=1*tensorflow.FunctionDef.ArgAttrs.AttrEntry
tensorflow.FunctionDef.ArgAttrs.AttrEntry key=1:string value=2:tensorflow.AttrValue
tensorflow.FunctionDef.AttrEntry key=1:string value=2:tensorflow.AttrValue
tensorflow.FunctionDef.ControlRetEntry key=1:string value=2:string
tensorflow.FunctionDef.ResourceArgUniqueIdEntry key=1:uint32 value=2:uint32
tensorflow.FunctionDef.RetEntry key=1:string value=2:string
tensorflow.FunctionDefLibrary function=1*tensorflow.FunctionDef gradient=2*tensorflow.GradientDef registered_gradients=3*tensorflow.RegisteredGradient
tensorflow.FunctionSpec fullargspec=1:tensorflow.StructuredValue is_method=2:bool input_signature=5:tensorflow.StructuredValue jit_compile=6:#tensorflow.FunctionSpec.JitCompile
#tensorflow.FunctionSpec.JitCompile DEFAULT=0 ON=1 OFF=2
tensorflow.GradientDef function_name=1:string gradient_func=2:string
tensorflow.GraphDebugInfo files=1*string frames_by_id=4*tensorflow.GraphDebugInfo.FramesByIdEntry traces_by_id=6*tensorflow.GraphDebugInfo.TracesByIdEntry traces=2*tensorflow.GraphDebugInfo.TracesEntry name_to_trace_id=5*tensorflow.GraphDebugInfo.NameToTraceIdEntry
tensorflow.GraphDebugInfo.FileLineCol file_index=1:int32 line=2:int32 col=3:int32 func=4:string code=5:string
tensorflow.GraphDebugInfo.FramesByIdEntry key=1:fixed64 value=2:tensorflow.GraphDebugInfo.FileLineCol
tensorflow.GraphDebugInfo.NameToTraceIdEntry key=1:string value=2:fixed64
tensorflow.GraphDebugInfo.StackTrace file_line_cols=1*tensorflow.GraphDebugInfo.FileLineCol frame_id=2*fixed64
tensorflow.GraphDebugInfo.TracesByIdEntry key=1:fixed64 value=2:tensorflow.GraphDebugInfo.StackTrace
tensorflow.GraphDebugInfo.TracesEntry key=1:string value=2:tensorflow.GraphDebugInfo.StackTrace
tensorflow.GraphDef node=1*tensorflow.NodeDef versions=4:tensorflow.VersionDef version=3:int32 library=2:tensorflow.FunctionDefLibrary debug_info=5:tensorflow.GraphDebugInfo
tensorflow.Int64List value=1*int64
tensorflow.ListValue values=1*tensorflow.StructuredValue
tensorflow.MetaGraphDef meta_info_def=1:tensorflow.MetaGraphDef.MetaInfoDef graph_def=2:tensorflow.GraphDef saver_def=3:tensorflow.SaverDef collection_def=4*tensorflow.MetaGraphDef.CollectionDefEntry signature_def=5*tensorflow.MetaGraphDef.SignatureDefEntry asset_file_def=6*tensorflow.AssetFileDef object_graph_def=7:tensorflow.SavedObjectGraph
tensorflow.MetaGraphDef.CollectionDefEntry key=1:string value=2:tensorflow.CollectionDef
tensorflow.MetaGraphDef.MetaInfoDef meta_graph_version=1:string stripped_op_list=2:tensorflow.OpList any_info=3:google.protobuf.Any tags=4*string tensorflow_version=5:string tensorflow_git_version=6:string stripped_default_attrs=7:bool function_aliases=8*tensorflow.MetaGraphDef.MetaInfoDef.FunctionAliasesEntry
tensorflow.MetaGraphDef.MetaInfoDef.FunctionAliasesEntry key=1:string value=2:string
tensorflow.MetaGraphDef.SignatureDefEntry key=1:string value=2:tensorflow.SignatureDef
tensorflow.NameAttrList name=1:string attr=2*tensorflow.NameAttrList.AttrEntry
tensorflow.NameAttrList.AttrEntry key=1:string value=2:tensorflow.AttrValue
tensorflow.NamedTupleValue name=1:string values=2*tensorflow.PairValue
tensorflow.NodeDef name=1:string op=2:string input=3*string device=4:string attr=5*tensorflow.NodeDef.AttrEntry experimental_debug_info=6:tensorflow.NodeDef.ExperimentalDebugInfo experimental_type=7:tensorflow.FullTypeDef
tensorflow.NodeDef.AttrEntry key=1:string value=2:tensorflow.AttrValue
tensorflow.NodeDef.ExperimentalDebugInfo original_node_names=1*string original_func_names=2*string
tensorflow.NoneValue
tensorflow.OpDef name=1:string input_arg=2*tensorflow.OpDef.ArgDef output_arg=3*tensorflow.OpDef.ArgDef control_output=20*string attr=4*tensorflow.OpDef.AttrDef deprecation=8:tensorflow.OpDeprecation summary=5:string description=6:string is_commutative=18:bool is_aggregate=16:bool is_stateful=17:bool allows_uninitialized_input=19:bool is_distributed_communication=21:bool
tensorflow.OpDef.ArgDef name=1:string description=2:string type=3:#tensorflow.DataType type_attr=4:string number_attr=5:string type_list_attr=6:string handle_data=7*tensorflow.ResourceHandleProto.DtypeAndShape is_ref=16:bool experimental_full_type=17:tensorflow.FullTypeDef
tensorflow.OpDef.AttrDef name=1:string type=2:string default_value=3:tensorflow.AttrValue description=4:string has_minimum=5:bool minimum=6:int64 allowed_values=7:tensorflow.AttrValue
tensorflow.OpDeprecation version=1:int32 explanation=2:string
tensorflow.OpList op=1*tensorflow.OpDef
tensorflow.PairValue key=1:string value=2:tensorflow.StructuredValue
tensorflow.RegisteredGradient gradient_func=1:string registered_op_type=2:string
tensorflow.RegisteredSaver name=1:string object_name=2:string
tensorflow.ResourceHandleProto device=1:string container=2:string name=3:string hash_code=4:uint64 maybe_type_name=5:string dtypes_and_shapes=6*tensorflow.ResourceHandleProto.DtypeAndShape
tensorflow.ResourceHandleProto.DtypeAndShape dtype=1:#tensorflow.DataType shape=2:tensorflow.TensorShapeProto
tensorflow.SaveSliceInfoDef full_name=1:string full_shape=2*int64 var_offset=3*int64 var_shape=4*int64
tensorflow.SaveableObject save_function=2:int32 restore_function=3:int32
tensorflow.SavedAsset asset_file_def_index=1:int32
tensorflow.SavedBareConcreteFunction concrete_function_name=1:string argument_keywords=2*string allowed_positional_arguments=3:int64 function_spec=4:tensorflow.FunctionSpec
tensorflow.SavedConcreteFunction bound_inputs=2*int32 canonicalized_input_signature=3:tensorflow.StructuredValue output_signature=4:tensorflow.StructuredValue
tensorflow.SavedConstant operation=1:string
tensorflow.SavedFunction concrete_functions=1*string function_spec=2:tensorflow.FunctionSpec
tensorflow.SavedModel saved_model_schema_version=1:int64 meta_graphs=2*tensorflow.MetaGraphDef
tensorflow.SavedObject children=1*tensorflow.TrackableObjectGraph.TrackableObject.ObjectReference dependencies=15*tensorflow.TrackableObjectGraph.TrackableObject.ObjectReference slot_variables=3*tensorflow.TrackableObjectGraph.TrackableObject.SlotVariableReference user_object=4:tensorflow.SavedUserObject/kind asset=5:tensorflow.SavedAsset/kind function=6:tensorflow.SavedFunction/kind variable=7:tensorflow.SavedVariable/kind bare_concrete_function=8:tensorflow.SavedBareConcreteFunction/kind constant=9:tensorflow.SavedConstant/kind resource=10:tensorflow.SavedResource/kind captured_tensor=12:tensorflow.CapturedTensor/kind saveable_objects=11*tensorflow.SavedObject.SaveableObjectsEntry registered_name=13:string serialized_user_proto=14:google.protobuf.Any registered_saver=16:string
tensorflow.SavedObject.SaveableObjectsEntry key=1:string value=2:tensorflow.SaveableObject
tensorflow.SavedObjectGraph nodes=1*tensorflow.SavedObject concrete_functions=2*tensorflow.SavedObjectGraph.ConcreteFunctionsEntry
tensorflow.SavedObjectGraph.ConcreteFunctionsEntry key=1:string value=2:tensorflow.SavedConcreteFunction
tensorflow.SavedResource device=1:string
tensorflow.SavedSlice name=1:string slice=2:tensorflow.TensorSliceProto data=3:tensorflow.TensorProto
tensorflow.SavedSliceMeta name=1:string shape=2:tensorflow.TensorShapeProto type=3:#tensorflow.DataType slice=4*tensorflow.TensorSliceProto
tensorflow.SavedTensorSliceMeta tensor=1*tensorflow.SavedSliceMeta versions=2:tensorflow.VersionDef
tensorflow.SavedTensorSlices meta=1:tensorflow.SavedTensorSliceMeta data=2:tensorflow.SavedSlice
tensorflow.SavedUserObject identifier=1:string version=2:tensorflow.VersionDef metadata=3:string
tensorflow.SavedVariable dtype=1:#tensorflow.DataType shape=2:tensorflow.TensorShapeProto trainable=3:bool synchronization=4:#tensorflow.VariableSynchronization aggregation=5:#tensorflow.VariableAggregation name=6:string device=7:string experimental_distributed_variable_components=8*tensorflow.SavedVariable
tensorflow.SaverDef filename_tensor_name=1:string save_tensor_name=2:string restore_op_name=3:string max_to_keep=4:int32 sharded=5:bool keep_checkpoint_every_n_hours=6:float version=7:#tensorflow.SaverDef.CheckpointFormatVersion
#tensorflow.SaverDef.CheckpointFormatVersion LEGACY=0 V1=1 V2=2
tensorflow.SequenceExample context=1:tensorflow.Features feature_lists=2:tensorflow.FeatureLists
tensorflow.SignatureDef inputs=1*tensorflow.SignatureDef.InputsEntry outputs=2*tensorflow.SignatureDef.OutputsEntry method_name=3:string defaults=4*tensorflow.SignatureDef.DefaultsEntry
tensorflow.SignatureDef.DefaultsEntry key=1:string value=2:tensorflow.TensorProto
tensorflow.SignatureDef.InputsEntry key=1:string value=2:tensorflow.TensorInfo
tensorflow.SignatureDef.OutputsEntry key=1:string value=2:tensorflow.TensorInfo
tensorflow.StructuredValue none_value=1:tensorflow.NoneValue/kind float64_value=11:double/kind int64_value=12:sint64/kind string_value=13:string/kind bool_value=14:bool/kind tensor_shape_value=31:tensorflow.TensorShapeProto/kind tensor_dtype_value=32:#tensorflow.DataType/kind tensor_spec_value=33:tensorflow.TensorSpecProto/kind type_spec_value=34:tensorflow.TypeSpecProto/kind bounded_tensor_spec_value=35:tensorflow.BoundedTensorSpecProto/kind list_value=51:tensorflow.ListValue/kind tuple_value=52:tensorflow.TupleValue/kind dict_value=53:tensorflow.DictValue/kind named_tuple_value=54:tensorflow.NamedTupleValue/kind tensor_value=55:tensorflow.TensorProto/kind numpy_value=56:tensorflow.TensorProto/kind
tensorflow.TensorInfo name=1:string/encoding coo_sparse=4:tensorflow.TensorInfo.CooSparse/encoding composite_tensor=5:tensorflow.TensorInfo.CompositeTensor/encoding dtype=2:#tensorflow.DataType tensor_shape=3:tensorflow.TensorShapeProto
tensorflow.TensorInfo.CompositeTensor type_spec=1:tensorflow.TypeSpecProto components=2*tensorflow.TensorInfo
tensorflow.TensorInfo.CooSparse values_tensor_name=1:string indices_tensor_name=2:string dense_shape_tensor_name=3:string
tensorflow.TensorProto dtype=1:#tensorflow.DataType tensor_shape=2:tensorflow.TensorShapeProto version_number=3:int32 tensor_content=4:bytes half_val=13*int32 float_val=5*float double_val=6*double int_val=7*int32 string_val=8*bytes scomplex_val=9*float int64_val=10*int64 bool_val=11*bool dcomplex_val=12*double resource_handle_val=14*tensorflow.ResourceHandleProto variant_val=15*tensorflow.VariantTensorDataProto uint32_val=16*uint32 uint64_val=17*uint64 float8_val=18:bytes
tensorflow.TensorShapeProto dim=2*tensorflow.TensorShapeProto.Dim unknown_rank=3:bool
tensorflow.TensorShapeProto.Dim size=1:int64 name=2:string
tensorflow.TensorSliceProto extent=1*tensorflow.TensorSliceProto.Extent
tensorflow.TensorSliceProto.Extent start=1:int64 length=2:int64/has_length
tensorflow.TensorSpecProto name=1:string shape=2:tensorflow.TensorShapeProto dtype=3:#tensorflow.DataType
tensorflow.TrackableObjectGraph nodes=1*tensorflow.TrackableObjectGraph.TrackableObject
tensorflow.TrackableObjectGraph.TrackableObject children=1*tensorflow.TrackableObjectGraph.TrackableObject.ObjectReference attributes=2*tensorflow.TrackableObjectGraph.TrackableObject.SerializedTensor slot_variables=3*tensorflow.TrackableObjectGraph.TrackableObject.SlotVariableReference registered_saver=4:tensorflow.RegisteredSaver has_checkpoint_values=5:google.protobuf.BoolValue
tensorflow.TrackableObjectGraph.TrackableObject.ObjectReference node_id=1:int32 local_name=2:string
tensorflow.TrackableObjectGraph.TrackableObject.SerializedTensor name=1:string full_name=2:string checkpoint_key=3:string
tensorflow.TrackableObjectGraph.TrackableObject.SlotVariableReference original_variable_node_id=1:int32 slot_name=2:string slot_variable_node_id=3:int32
tensorflow.TupleValue values=1*tensorflow.StructuredValue
tensorflow.TypeSpecProto type_spec_class=1:#tensorflow.TypeSpecProto.TypeSpecClass type_state=2:tensorflow.StructuredValue type_spec_class_name=3:string num_flat_components=4:int32
#tensorflow.TypeSpecProto.TypeSpecClass UNKNOWN=0 SPARSE_TENSOR_SPEC=1 INDEXED_SLICES_SPEC=2 RAGGED_TENSOR_SPEC=3 TENSOR_ARRAY_SPEC=4 DATA_DATASET_SPEC=5 DATA_ITERATOR_SPEC=6 OPTIONAL_SPEC=7 PER_REPLICA_SPEC=8 VARIABLE_SPEC=9 ROW_PARTITION_SPEC=10 REGISTERED_TYPE_SPEC=12 EXTENSION_TYPE_SPEC=13
#tensorflow.VariableAggregation VARIABLE_AGGREGATION_NONE=0 VARIABLE_AGGREGATION_SUM=1 VARIABLE_AGGREGATION_MEAN=2 VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA=3
tensorflow.VariableDef variable_name=1:string initial_value_name=6:string initializer_name=2:string snapshot_name=3:string save_slice_info_def=4:tensorflow.SaveSliceInfoDef is_resource=5:bool trainable=7:bool synchronization=8:#tensorflow.VariableSynchronization aggregation=9:#tensorflow.VariableAggregation
#tensorflow.VariableSynchronization VARIABLE_SYNCHRONIZATION_AUTO=0 VARIABLE_SYNCHRONIZATION_NONE=1 VARIABLE_SYNCHRONIZATION_ON_WRITE=2 VARIABLE_SYNCHRONIZATION_ON_READ=3
tensorflow.VariantTensorDataProto type_name=1:string metadata=2:bytes tensors=3*tensorflow.TensorProto
tensorflow.VersionDef producer=1:int32 min_consumer=2:int32 bad_consumers=3*int32
tensorflow.proto_splitter.ChunkInfo type=1:#tensorflow.proto_splitter.ChunkInfo.Type size=2:uint64 offset=3:uint64
#tensorflow.proto_splitter.ChunkInfo.Type UNSET=0 MESSAGE=1 BYTES=2
tensorflow.proto_splitter.ChunkMetadata version=1:tensorflow.proto_splitter.VersionDef chunks=2*tensorflow.proto_splitter.ChunkInfo message=3:tensorflow.proto_splitter.ChunkedMessage
tensorflow.proto_splitter.ChunkedField field_tag=1*tensorflow.proto_splitter.FieldIndex message=3:tensorflow.proto_splitter.ChunkedMessage
tensorflow.proto_splitter.ChunkedMessage chunk_index=1:uint64 chunked_fields=2*tensorflow.proto_splitter.ChunkedField
tensorflow.proto_splitter.FieldIndex field=1:uint32/kind map_key=2:tensorflow.proto_splitter.FieldIndex.MapKey/kind index=3:uint64/kind
tensorflow.proto_splitter.FieldIndex.MapKey s=1:string/type boolean=2:bool/type ui32=3:uint32/type ui64=4:uint64/type i32=5:int32/type i64=6:int64/type
tensorflow.proto_splitter.VersionDef splitter_version=1:int32 join_version=2:int32 bad_consumers=3*int32
third_party.py.keras.protobuf.SavedMetadata nodes=1*third_party.py.keras.protobuf.SavedObject
third_party.py.keras.protobuf.SavedObject node_id=2:int32 node_path=3:string identifier=4:string metadata=5:string version=6:third_party.py.keras.protobuf.VersionDef
third_party.py.keras.protobuf.VersionDef producer=1:int32 min_consumer=2:int32 bad_consumers=3*int32`;
