// Written by scripts/generate_raw_ops.ts. DO NOT EDIT.

import type * as tf from '@tensorflow/tfjs-core';
import type {DType} from '../../../host/dtypes.js';
import type {PartialShape} from '../../../host/shape.js';
import type {TensorInput} from '../../boundary.js';
import type {RawTensor, ResourceInput} from '../tensor.js';

type Int = number | bigint;
type Bytes = string | Uint8Array;
type Handle = ResourceInput;
type None = Record<string, never>;
type T = tf.Tensor;
type In = TensorInput;
type OneOf1 = 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'qint16' | 'qint32' | 'qint8' | 'quint16' | 'quint8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf2 = 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64';
type OneOf3 = 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf4 = 'float16' | 'float32';
type OneOf5 = 'int32' | 'int64';
type OneOf6 = 'complex128' | 'complex64';
type OneOf7 = 'float32' | 'float64';
type OneOf8 = 'bfloat16' | 'bool' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'qint16' | 'qint32' | 'qint8' | 'quint16' | 'quint8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf9 = 'int16' | 'int32' | 'int64';
type OneOf10 = 'int16' | 'int32' | 'int64' | 'uint16';
type OneOf11 = 'bfloat16' | 'float16' | 'float32' | 'float64';
type OneOf12 = 'NCDHW' | 'NDHWC';
type OneOf13 = 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int32' | 'int64';
type OneOf14 = 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint8';
type OneOf15 = 'float32' | 'float64' | 'int32' | 'int64';
type OneOf16 = 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf17 = 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64';
type OneOf18 = 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int32';
type OneOf19 = 'EXPLICIT' | 'SAME' | 'VALID';
type OneOf20 = 'bilinear' | 'nearest';
type OneOf21 = 'float16' | 'float32' | 'float64';
type OneOf22 = 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf23 = 'gru' | 'lstm' | 'rnn_relu' | 'rnn_tanh';
type OneOf24 = 'auto_select' | 'linear_input' | 'skip_input';
type OneOf25 = 'bidirectional' | 'unidirectional';
type OneOf26 = 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint8';
type OneOf27 = 'int16' | 'int32' | 'int64' | 'int8' | 'string' | 'uint16' | 'uint8';
type OneOf28 = 'NCHW' | 'NCHW_VECT_C' | 'NHWC';
type OneOf29 = 'qint16' | 'qint32' | 'qint8' | 'quint16' | 'quint8';
type OneOf30 = 'MIN_COMBINED' | 'MIN_FIRST' | 'SCALED';
type OneOf31 = 'bfloat16' | 'float32';
type OneOf32 = 'string' | 'variant';
type OneOf33 = 'bfloat16' | 'bool' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf34 = 'bfloat16' | 'float16' | 'float32';
type OneOf35 = 'NCDHW' | 'NCHW' | 'NDHWC' | 'NHWC';
type OneOf36 = 'float16' | 'float32' | 'float64' | 'int32' | 'int64' | 'uint8';
type OneOf37 = 'float16' | 'float32' | 'float64' | 'uint8';
type OneOf38 = 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8';
type OneOf39 = 'LEFT_LEFT' | 'LEFT_RIGHT' | 'RIGHT_LEFT' | 'RIGHT_RIGHT';
type OneOf40 = 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'qint16' | 'qint32' | 'qint8' | 'quint16' | 'quint8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf41 = 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'qint8' | 'uint16' | 'uint8';
type OneOf42 = 'REFLECT' | 'SYMMETRIC';
type OneOf43 = 'float32' | 'int64' | 'string';
type OneOf44 = 'HALF_TO_EVEN' | 'HALF_UP';
type OneOf45 = 'int64' | 'string';
type OneOf46 = 'float16' | 'float32' | 'float64' | 'int32' | 'int64';
type OneOf47 = 'bfloat16' | 'bool' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'string' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf48 = 'bfloat16' | 'bool' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'qint16' | 'qint32' | 'qint8' | 'quint16' | 'quint8' | 'uint16' | 'uint32' | 'uint64' | 'uint8';
type OneOf49 = 'int32' | 'string';
type OneOf50 = 'int32' | 'int64' | 'uint32' | 'uint64';
type OneOf51 = 'BYTE' | 'UTF8_CHAR';
type OneOf52 = 'ignore' | 'replace' | 'strict';
type OneOf53 = 'UTF-16-BE' | 'UTF-32-BE' | 'UTF-8';

/** The ops that can be called one by one, with the names of their definitions in TensorFlow. */
export interface RawOps {
  /** `(x: T) -> y: T` */
  Abs(inputs: {x: In}, attrs?: {T?: 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8'}): T;
  /** `(inputs: N * T) -> sum: T` */
  AccumulateNV2(inputs: {inputs: readonly In[]}, attrs: {T?: OneOf1; shape: PartialShape}): T;
  /** `(x: T) -> y: T` */
  Acos(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Acosh(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T, y: T) -> z: T` */
  Add(inputs: {x: In; y: In}, attrs?: {T?: 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'string' | 'uint8'}): T;
  /** `(inputs: N * T) -> sum: T` */
  AddN(inputs: {inputs: readonly In[]}, attrs?: {T?: 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'qint16' | 'qint32' | 'qint8' | 'quint16' | 'quint8' | 'uint16' | 'uint32' | 'uint64' | 'uint8' | 'variant'}): T;
  /** `(x: T, y: T) -> z: T` */
  AddV2(inputs: {x: In; y: In}, attrs?: {T?: OneOf3}): T;
  /** `(images: T, contrast_factor: float32) -> output: T` */
  AdjustContrastv2(inputs: {images: In; contrast_factor: In}, attrs?: {T?: OneOf4}): T;
  /** `(images: T, delta: float32) -> output: T` */
  AdjustHue(inputs: {images: In; delta: In}, attrs?: {T?: OneOf4}): T;
  /** `(images: T, scale: float32) -> output: T` */
  AdjustSaturation(inputs: {images: In; scale: In}, attrs?: {T?: OneOf4}): T;
  /** `(input: bool, axis: Tidx) -> output: bool` */
  All(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; Tidx?: OneOf5}): T;
  /** `(input: T) -> output: Tout` */
  Angle(inputs: {input: In}, attrs?: {T?: OneOf6; Tout?: OneOf7}): T;
  /** `() -> table_handle: resource` */
  AnonymousHashTable(inputs: None, attrs: {key_dtype: DType; value_dtype: DType}): RawTensor;
  /** `(empty_key: key_dtype, deleted_key: key_dtype) -> table_handle: resource` */
  AnonymousMutableDenseHashTable(inputs: {empty_key: In; deleted_key: In}, attrs: {key_dtype?: DType; value_dtype: DType; value_shape?: PartialShape; initial_num_buckets?: Int; max_load_factor?: number}): RawTensor;
  /** `() -> table_handle: resource` */
  AnonymousMutableHashTable(inputs: None, attrs: {key_dtype: DType; value_dtype: DType}): RawTensor;
  /** `() -> table_handle: resource` */
  AnonymousMutableHashTableOfTensors(inputs: None, attrs: {key_dtype: DType; value_dtype: DType; value_shape?: PartialShape}): RawTensor;
  /** `(input: bool, axis: Tidx) -> output: bool` */
  Any(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; Tidx?: OneOf5}): T;
  /** `(x: T, y: T) -> z: bool` */
  ApproximateEqual(inputs: {x: In; y: In}, attrs?: {T?: OneOf1; tolerance?: number}): T;
  /** `(input: T, dimension: Tidx) -> output: output_type` */
  ArgMax(inputs: {input: In; dimension: In}, attrs?: {T?: OneOf8; Tidx?: OneOf9; output_type?: OneOf10}): T;
  /** `(input: T, dimension: Tidx) -> output: output_type` */
  ArgMin(inputs: {input: In; dimension: In}, attrs?: {T?: OneOf8; Tidx?: OneOf5; output_type?: OneOf5}): T;
  /** `(input: T) -> output: string` */
  AsString(inputs: {input: In}, attrs?: {T?: 'bfloat16' | 'bool' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'string' | 'uint16' | 'uint32' | 'uint64' | 'uint8' | 'variant'; precision?: Int; scientific?: boolean; shortest?: boolean; width?: Int; fill?: Bytes}): T;
  /** `(x: T) -> y: T` */
  Asin(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Asinh(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(condition: bool, data: T) -> nothing` */
  Assert(inputs: {condition: In; data: readonly In[]}, attrs?: {T?: readonly DType[]; summarize?: Int}): void;
  /** `(resource: resource, value: dtype) -> nothing` */
  AssignAddVariableOp(inputs: {resource: Handle; value: In}, attrs?: {dtype?: DType}): void;
  /** `(resource: resource, value: dtype) -> nothing` */
  AssignSubVariableOp(inputs: {resource: Handle; value: In}, attrs?: {dtype?: DType}): void;
  /** `(resource: resource, value: dtype) -> nothing` */
  AssignVariableOp(inputs: {resource: Handle; value: In}, attrs?: {dtype?: DType; validate_shape?: boolean}): void;
  /** `(x: T) -> y: T` */
  Atan(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(y: T, x: T) -> z: T` */
  Atan2(inputs: {y: In; x: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: T) -> y: T` */
  Atanh(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(tag: string, tensor: float32) -> summary: string` */
  AudioSummary(inputs: {tag: In; tensor: In}, attrs: {sample_rate: number; max_outputs?: Int}): T;
  /** `(tag: string, tensor: float32, sample_rate: float32) -> summary: string` */
  AudioSummaryV2(inputs: {tag: In; tensor: In; sample_rate: In}, attrs?: {max_outputs?: Int}): T;
  /** `(value: T) -> output: T` */
  AvgPool(inputs: {value: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: 'NCHW' | 'NHWC'; T?: OneOf11}): T;
  /** `(input: T) -> output: T` */
  AvgPool3D(inputs: {input: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: OneOf12; T?: OneOf11}): T;
  /** `(orig_input_shape: int32, grad: T) -> output: T` */
  AvgPool3DGrad(inputs: {orig_input_shape: In; grad: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: OneOf12; T?: OneOf11}): T;
  /** `(orig_input_shape: int32, grad: T) -> output: T` */
  AvgPoolGrad(inputs: {orig_input_shape: In; grad: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: 'NCHW' | 'NHWC'; T?: OneOf11}): T;
  /** `(x: T, y: T) -> output: T` */
  BatchMatMul(inputs: {x: In; y: In}, attrs?: {T?: OneOf13; adj_x?: boolean; adj_y?: boolean}): T;
  /** `(x: T, y: T) -> output: T` */
  BatchMatMulV2(inputs: {x: In; y: In}, attrs?: {T?: 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'uint16' | 'uint32' | 'uint64' | 'uint8'; adj_x?: boolean; adj_y?: boolean}): T;
  /** `(x: Ta, y: Tb) -> output: Tout` */
  BatchMatMulV3(inputs: {x: In; y: In}, attrs: {Ta?: OneOf14; Tb?: OneOf14; Tout: 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64'; adj_x?: boolean; adj_y?: boolean}): T;
  /** `(input: T, crops: Tidx) -> output: T` */
  BatchToSpace(inputs: {input: In; crops: In}, attrs: {T?: DType; block_size: Int; Tidx?: OneOf5}): T;
  /** `(input: T, block_shape: Tblock_shape, crops: Tcrops) -> output: T` */
  BatchToSpaceND(inputs: {input: In; block_shape: In; crops: In}, attrs?: {T?: DType; Tblock_shape?: OneOf5; Tcrops?: OneOf5}): T;
  /** `(value: T, bias: T) -> output: T` */
  BiasAdd(inputs: {value: In; bias: In}, attrs?: {T?: OneOf1; data_format?: 'NCHW' | 'NHWC'}): T;
  /** `(out_backprop: T) -> output: T` */
  BiasAddGrad(inputs: {out_backprop: In}, attrs?: {T?: OneOf1; data_format?: 'NCHW' | 'NHWC'}): T;
  /** `(value: T, bias: T) -> output: T` */
  BiasAddV1(inputs: {value: In; bias: In}, attrs?: {T?: OneOf1}): T;
  /** `(arr: int32, size: int32, weights: T) -> bins: T` */
  Bincount(inputs: {arr: In; size: In; weights: In}, attrs?: {T?: OneOf15}): T;
  /** `(input: T) -> output: type` */
  Bitcast(inputs: {input: In}, attrs: {T?: OneOf1; type: OneOf1}): T;
  /** `(x: T, y: T) -> z: T` */
  BitwiseAnd(inputs: {x: In; y: In}, attrs?: {T?: OneOf16}): T;
  /** `(x: T, y: T) -> z: T` */
  BitwiseOr(inputs: {x: In; y: In}, attrs?: {T?: OneOf16}): T;
  /** `(x: T, y: T) -> z: T` */
  BitwiseXor(inputs: {x: In; y: In}, attrs?: {T?: OneOf16}): T;
  /** `(seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T) -> i: T, cs: T, f: T, o: T, ci: T, co: T, h: T` */
  BlockLSTM(inputs: {seq_len_max: In; x: In; cs_prev: In; h_prev: In; w: In; wci: In; wcf: In; wco: In; b: In}, attrs?: {forget_bias?: number; cell_clip?: number; use_peephole?: boolean; T?: OneOf4}): {i: T; cs: T; f: T; o: T; ci: T; co: T; h: T};
  /** `(seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T) -> i: T, cs: T, f: T, o: T, ci: T, co: T, h: T` */
  BlockLSTMV2(inputs: {seq_len_max: In; x: In; cs_prev: In; h_prev: In; w: In; wci: In; wcf: In; wco: In; b: In}, attrs?: {cell_clip?: number; use_peephole?: boolean; T?: OneOf4}): {i: T; cs: T; f: T; o: T; ci: T; co: T; h: T};
  /** `(float_values: num_features * float32, bucket_boundaries: num_features * float32) -> buckets: num_features * int32` */
  BoostedTreesBucketize(inputs: {float_values: readonly In[]; bucket_boundaries: readonly In[]}): T[];
  /** `(s0: T, s1: T) -> r0: T` */
  BroadcastArgs(inputs: {s0: In; s1: In}, attrs?: {T?: OneOf5}): T;
  /** `(s0: T, s1: T) -> r0: T, r1: T` */
  BroadcastGradientArgs(inputs: {s0: In; s1: In}, attrs?: {T?: OneOf5}): {r0: T; r1: T};
  /** `(input: T, shape: Tidx) -> output: T` */
  BroadcastTo(inputs: {input: In; shape: In}, attrs?: {T?: DType; Tidx?: OneOf5}): T;
  /** `(input: T) -> output: int32` */
  Bucketize(inputs: {input: In}, attrs: {T?: OneOf15; boundaries: readonly number[]}): T;
  /** `(inputs: T, sequence_length: int32) -> decoded_indices: int64, decoded_values: int64, decoded_shape: int64, log_probability: T` */
  CTCGreedyDecoder(inputs: {inputs: In; sequence_length: In}, attrs?: {merge_repeated?: boolean; blank_index?: Int; T?: OneOf7}): {decoded_indices: T; decoded_values: T; decoded_shape: T; log_probability: T};
  /** `(input: string) -> output: string` */
  CaseFoldUTF8(inputs: {input: In}): T;
  /** `(x: SrcT) -> y: DstT` */
  Cast(inputs: {x: In}, attrs: {SrcT?: DType; DstT: DType; Truncate?: boolean}): T;
  /** `(x: T) -> y: T` */
  Ceil(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(tensor: T) -> output: T` */
  CheckNumerics(inputs: {tensor: In}, attrs: {T?: OneOf11; message: Bytes}): T;
  /** `(tensor: T) -> output: T` */
  CheckNumericsV2(inputs: {tensor: In}, attrs: {T?: OneOf11; message: Bytes}): T;
  /** `(input: T) -> output: T` */
  Cholesky(inputs: {input: In}, attrs?: {T?: OneOf17}): T;
  /** `(t: T, clip_value_min: T, clip_value_max: T) -> output: T` */
  ClipByValue(inputs: {t: In; clip_value_min: In; clip_value_max: In}, attrs?: {T?: OneOf1}): T;
  /** `(writer: resource) -> nothing` */
  CloseSummaryWriter(inputs: {writer: Handle}): void;
  /** `(boxes: float32, scores: float32, max_output_size_per_class: int32, max_total_size: int32, iou_threshold: float32, score_threshold: float32) -> nmsed_boxes: float32, nmsed_scores: float32, nmsed_classes: float32, valid_detections: int32` */
  CombinedNonMaxSuppression(inputs: {boxes: In; scores: In; max_output_size_per_class: In; max_total_size: In; iou_threshold: In; score_threshold: In}, attrs?: {pad_per_class?: boolean; clip_boxes?: boolean}): {nmsed_boxes: T; nmsed_scores: T; nmsed_classes: T; valid_detections: T};
  /** `(real: T, imag: T) -> out: Tout` */
  Complex(inputs: {real: In; imag: In}, attrs?: {T?: OneOf7; Tout?: OneOf6}): T;
  /** `(x: T) -> y: Tout` */
  ComplexAbs(inputs: {x: In}, attrs?: {T?: OneOf6; Tout?: OneOf7}): T;
  /** `(concat_dim: int32, values: N * T) -> output: T` */
  Concat(inputs: {concat_dim: In; values: readonly In[]}, attrs?: {T?: DType}): T;
  /** `(concat_dim: int32, shape: N * shape_type) -> offset: N * shape_type` */
  ConcatOffset(inputs: {concat_dim: In; shape: readonly In[]}, attrs?: {shape_type?: OneOf5}): T[];
  /** `(values: N * T, axis: Tidx) -> output: T` */
  ConcatV2(inputs: {values: readonly In[]; axis: In}, attrs?: {T?: DType; Tidx?: OneOf5}): T;
  /** `(input: T) -> output: T` */
  Conj(inputs: {input: In}, attrs?: {T?: 'complex128' | 'complex64' | 'variant'}): T;
  /** `(x: T, perm: Tperm) -> y: T` */
  ConjugateTranspose(inputs: {x: In; perm: In}, attrs?: {T?: DType; Tperm?: OneOf5}): T;
  /** `() -> output: dtype` */
  Const(inputs: None, attrs: {value: TensorInput; dtype: DType}): T;
  /** `() -> nothing` */
  ControlTrigger(inputs?: None): void;
  /** `(input: T, filter: T) -> output: T` */
  Conv2D(inputs: {input: In; filter: In}, attrs: {T?: OneOf18; strides: readonly Int[]; use_cudnn_on_gpu?: boolean; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: 'NCHW' | 'NHWC'; dilations?: readonly Int[]}): T;
  /** `(input: T, filter_sizes: int32, out_backprop: T) -> output: T` */
  Conv2DBackpropFilter(inputs: {input: In; filter_sizes: In; out_backprop: In}, attrs: {T?: OneOf11; strides: readonly Int[]; use_cudnn_on_gpu?: boolean; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: 'NCHW' | 'NHWC'; dilations?: readonly Int[]}): T;
  /** `(input_sizes: int32, filter: T, out_backprop: T) -> output: T` */
  Conv2DBackpropInput(inputs: {input_sizes: In; filter: In; out_backprop: In}, attrs: {T?: OneOf18; strides: readonly Int[]; use_cudnn_on_gpu?: boolean; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: 'NCHW' | 'NHWC'; dilations?: readonly Int[]}): T;
  /** `(input: T, filter: T) -> output: T` */
  Conv3D(inputs: {input: In; filter: In}, attrs: {T?: OneOf11; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: OneOf12; dilations?: readonly Int[]}): T;
  /** `(input: T, filter_sizes: int32, out_backprop: T) -> output: T` */
  Conv3DBackpropFilterV2(inputs: {input: In; filter_sizes: In; out_backprop: In}, attrs: {T?: OneOf11; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: OneOf12; dilations?: readonly Int[]}): T;
  /** `(input_sizes: Tshape, filter: T, out_backprop: T) -> output: T` */
  Conv3DBackpropInputV2(inputs: {input_sizes: In; filter: In; out_backprop: In}, attrs: {T?: OneOf11; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: OneOf12; dilations?: readonly Int[]; Tshape?: OneOf5}): T;
  /** `(input: T) -> output: T` */
  Copy(inputs: {input: In}, attrs?: {T?: DType; tensor_name?: Bytes; debug_ops_spec?: readonly Bytes[]}): T;
  /** `(input: T) -> output: T` */
  CopyHost(inputs: {input: In}, attrs?: {T?: DType; tensor_name?: Bytes; debug_ops_spec?: readonly Bytes[]}): T;
  /** `(x: T) -> y: T` */
  Cos(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Cosh(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(writer: resource, db_uri: string, experiment_name: string, run_name: string, user_name: string) -> nothing` */
  CreateSummaryDbWriter(inputs: {writer: Handle; db_uri: In; experiment_name: In; run_name: In; user_name: In}): void;
  /** `(writer: resource, logdir: string, max_queue: int32, flush_millis: int32, filename_suffix: string) -> nothing` */
  CreateSummaryFileWriter(inputs: {writer: Handle; logdir: In; max_queue: In; flush_millis: In; filename_suffix: In}): void;
  /** `(image: T, boxes: float32, box_ind: int32, crop_size: int32) -> crops: float32` */
  CropAndResize(inputs: {image: In; boxes: In; box_ind: In; crop_size: In}, attrs?: {T?: 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint8'; method?: OneOf20; extrapolation_value?: number}): T;
  /** `(grads: float32, boxes: float32, box_ind: int32, image_size: int32) -> output: T` */
  CropAndResizeGradImage(inputs: {grads: In; boxes: In; box_ind: In; image_size: In}, attrs: {T: OneOf21; method?: OneOf20}): T;
  /** `(a: T, b: T) -> product: T` */
  Cross(inputs: {a: In; b: In}, attrs?: {T?: OneOf22}): T;
  /** `(input: T, input_h: T, input_c: T, params: T) -> output: T, output_h: T, output_c: T, reserve_space: T` */
  CudnnRNN(inputs: {input: In; input_h: In; input_c: In; params: In}, attrs?: {T?: OneOf11; rnn_mode?: OneOf23; input_mode?: OneOf24; direction?: OneOf25; dropout?: number; seed?: Int; seed2?: Int; is_training?: boolean}): {output: T; output_h: T; output_c: T; reserve_space: T};
  /** `(input: T, input_h: T, input_c: T, params: T) -> output: T, output_h: T, output_c: T, reserve_space: T, host_reserved: int8` */
  CudnnRNNV2(inputs: {input: In; input_h: In; input_c: In; params: In}, attrs?: {T?: OneOf11; rnn_mode?: OneOf23; input_mode?: OneOf24; direction?: OneOf25; dropout?: number; seed?: Int; seed2?: Int; is_training?: boolean}): {output: T; output_h: T; output_c: T; reserve_space: T; host_reserved: T};
  /** `(input: T, input_h: T, input_c: T, params: T, sequence_lengths: int32) -> output: T, output_h: T, output_c: T, reserve_space: T, host_reserved: int8` */
  CudnnRNNV3(inputs: {input: In; input_h: In; input_c: In; params: In; sequence_lengths: In}, attrs?: {T?: OneOf11; rnn_mode?: OneOf23; input_mode?: OneOf24; direction?: OneOf25; dropout?: number; seed?: Int; seed2?: Int; num_proj?: Int; is_training?: boolean; time_major?: boolean}): {output: T; output_h: T; output_c: T; reserve_space: T; host_reserved: T};
  /** `(x: T, axis: Tidx) -> out: T` */
  Cumprod(inputs: {x: In; axis: In}, attrs?: {exclusive?: boolean; reverse?: boolean; T?: OneOf1; Tidx?: OneOf5}): T;
  /** `(x: T, axis: Tidx) -> out: T` */
  Cumsum(inputs: {x: In; axis: In}, attrs?: {exclusive?: boolean; reverse?: boolean; T?: OneOf1; Tidx?: OneOf5}): T;
  /** `(x: T, axis: Tidx) -> out: T` */
  CumulativeLogsumexp(inputs: {x: In; axis: In}, attrs?: {exclusive?: boolean; reverse?: boolean; T?: OneOf11; Tidx?: OneOf5}): T;
  /** `(x: T) -> y: T` */
  DataFormatDimMap(inputs: {x: In}, attrs?: {T?: OneOf5; src_format?: Bytes; dst_format?: Bytes}): T;
  /** `(x: T) -> y: T` */
  DataFormatVecPermute(inputs: {x: In}, attrs?: {T?: OneOf5; src_format?: Bytes; dst_format?: Bytes}): T;
  /** `(input: T) -> output: T` */
  DebugGradientIdentity(inputs: {input: In}, attrs?: {T?: DType}): T;
  /** `(input: T) -> output: T` */
  DebugIdentity(inputs: {input: In}, attrs?: {T?: DType; device_name?: Bytes; tensor_name?: Bytes; debug_urls?: readonly Bytes[]; gated_grpc?: boolean}): T;
  /** `(input: T) -> output: T` */
  DebugIdentityV2(inputs: {input: In}, attrs?: {T?: DType; tfdbg_context_id?: Bytes; op_name?: Bytes; output_slot?: Int; tensor_debug_mode?: Int; debug_urls?: readonly Bytes[]; circular_buffer_size?: Int; tfdbg_run_id?: Bytes}): T;
  /** `(input: T) -> output: T` */
  DebugIdentityV3(inputs: {input: In}, attrs?: {T?: DType; device_name?: Bytes; tensor_name?: Bytes; io_of_node?: Bytes; is_input?: boolean; io_index?: Int; debug_urls?: readonly Bytes[]; gated_grpc?: boolean}): T;
  /** `(input: string) -> output: string` */
  DecodeBase64(inputs: {input: In}): T;
  /** `(records: string, record_defaults: OUT_TYPE) -> output: OUT_TYPE` */
  DecodeCSV(inputs: {records: In; record_defaults: readonly In[]}, attrs?: {OUT_TYPE?: readonly ('float32' | 'float64' | 'int32' | 'int64' | 'string')[]; field_delim?: Bytes; use_quote_delim?: boolean; na_value?: Bytes; select_cols?: readonly Int[]}): T[];
  /** `(input_bytes: string, fixed_length: int32) -> output: out_type` */
  DecodePaddedRaw(inputs: {input_bytes: In; fixed_length: In}, attrs: {out_type: OneOf26; little_endian?: boolean}): T;
  /** `(bytes: string) -> sizes: int32, values: output_types` */
  DecodeProtoV2(inputs: {bytes: In}, attrs: {message_type: Bytes; field_names: readonly Bytes[]; output_types: readonly DType[]; descriptor_source?: Bytes; message_format?: Bytes; sanitize?: boolean}): {sizes: T; values: T[]};
  /** `(bytes: string) -> output: out_type` */
  DecodeRaw(inputs: {bytes: In}, attrs: {out_type: 'bfloat16' | 'bool' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint8'; little_endian?: boolean}): T;
  /** `(x: T) -> y: T` */
  DeepCopy(inputs: {x: In}, attrs?: {T?: DType}): T;
  /** `(input: Tidx, size: Tidx, weights: T) -> output: T` */
  DenseBincount(inputs: {input: In; size: In; weights: In}, attrs?: {Tidx?: OneOf5; T?: OneOf15; binary_output?: boolean}): T;
  /** `(values: T, weights: output_type) -> output_indices: int64, output_values: output_type, output_dense_shape: int64` */
  DenseCountSparseOutput(inputs: {values: In; weights: In}, attrs: {T?: OneOf5; minlength?: Int; maxlength?: Int; binary_output: boolean; output_type?: OneOf15}): {output_indices: T; output_values: T; output_dense_shape: T};
  /** `(set1: T, set2: T) -> result_indices: int64, result_values: T, result_shape: int64` */
  DenseToDenseSetOperation(inputs: {set1: In; set2: In}, attrs: {set_operation: Bytes; validate_indices?: boolean; T?: OneOf27}): {result_indices: T; result_values: T; result_shape: T};
  /** `(set1: T, set2_indices: int64, set2_values: T, set2_shape: int64) -> result_indices: int64, result_values: T, result_shape: int64` */
  DenseToSparseSetOperation(inputs: {set1: In; set2_indices: In; set2_values: In; set2_shape: In}, attrs: {set_operation: Bytes; validate_indices?: boolean; T?: OneOf27}): {result_indices: T; result_values: T; result_shape: T};
  /** `(input: T) -> output: T` */
  DepthToSpace(inputs: {input: In}, attrs: {T?: DType; block_size: Int; data_format?: OneOf28}): T;
  /** `(input: T, filter: T) -> output: T` */
  DepthwiseConv2dNative(inputs: {input: In; filter: In}, attrs: {T?: OneOf11; strides: readonly Int[]; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: 'NCHW' | 'NHWC'; dilations?: readonly Int[]}): T;
  /** `(input: T, filter_sizes: int32, out_backprop: T) -> output: T` */
  DepthwiseConv2dNativeBackpropFilter(inputs: {input: In; filter_sizes: In; out_backprop: In}, attrs: {T?: OneOf11; strides: readonly Int[]; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: 'NCHW' | 'NHWC'; dilations?: readonly Int[]}): T;
  /** `(input_sizes: int32, filter: T, out_backprop: T) -> output: T` */
  DepthwiseConv2dNativeBackpropInput(inputs: {input_sizes: In; filter: In; out_backprop: In}, attrs: {T?: OneOf11; strides: readonly Int[]; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: 'NCHW' | 'NHWC'; dilations?: readonly Int[]}): T;
  /** `(input: T, min_range: float32, max_range: float32) -> output: dtype` */
  Dequantize(inputs: {input: In; min_range: In; max_range: In}, attrs?: {T?: OneOf29; mode?: OneOf30; narrow_range?: boolean; axis?: Int; dtype?: OneOf31}): T;
  /** `(serialized_sparse: Tserialized) -> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64` */
  DeserializeSparse(inputs: {serialized_sparse: In}, attrs: {dtype: DType; Tserialized?: OneOf32}): {sparse_indices: T; sparse_values: T; sparse_shape: T};
  /** `(resource: resource) -> nothing` */
  DestroyResourceOp(inputs: {resource: Handle}, attrs?: {ignore_lookup_error?: boolean}): void;
  /** `(diagonal: T) -> output: T` */
  Diag(inputs: {diagonal: In}, attrs?: {T?: OneOf13}): T;
  /** `(input: T) -> diagonal: T` */
  DiagPart(inputs: {input: In}, attrs?: {T?: OneOf13}): T;
  /** `(x: T) -> y: T` */
  Digamma(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(input: T, filter: T) -> output: T` */
  Dilation2D(inputs: {input: In; filter: In}, attrs: {T?: OneOf22; strides: readonly Int[]; rates: readonly Int[]; padding: 'SAME' | 'VALID'}): T;
  /** `(input: T, filter: T, out_backprop: T) -> filter_backprop: T` */
  Dilation2DBackpropFilter(inputs: {input: In; filter: In; out_backprop: In}, attrs: {T?: OneOf22; strides: readonly Int[]; rates: readonly Int[]; padding: 'SAME' | 'VALID'}): T;
  /** `(input: T, filter: T, out_backprop: T) -> in_backprop: T` */
  Dilation2DBackpropInput(inputs: {input: In; filter: In; out_backprop: In}, attrs: {T?: OneOf22; strides: readonly Int[]; rates: readonly Int[]; padding: 'SAME' | 'VALID'}): T;
  /** `(resource: resource) -> nothing` */
  DisableCopyOnRead(inputs: {resource: Handle}): void;
  /** `(x: T, y: T) -> z: T` */
  Div(inputs: {x: In; y: In}, attrs?: {T?: OneOf3}): T;
  /** `(x: T, y: T) -> z: T` */
  DivNoNan(inputs: {x: In; y: In}, attrs?: {T?: OneOf2}): T;
  /** `(data: T, partitions: int32) -> outputs: num_partitions * T` */
  DynamicPartition(inputs: {data: In; partitions: In}, attrs: {num_partitions: Int; T?: DType}): T[];
  /** `(indices: N * int32, data: N * T) -> merged: T` */
  DynamicStitch(inputs: {indices: readonly In[]; data: readonly In[]}, attrs?: {T?: DType}): T;
  /** `(inputs: N * T) -> output: T` */
  Einsum(inputs: {inputs: readonly In[]}, attrs: {equation: Bytes; T?: DType}): T;
  /** `(features: T) -> activations: T` */
  Elu(inputs: {features: In}, attrs?: {T?: OneOf11}): T;
  /** `(gradients: T, outputs: T) -> backprops: T` */
  EluGrad(inputs: {gradients: In; outputs: In}, attrs?: {T?: OneOf11}): T;
  /** `(shape: int32) -> output: dtype` */
  Empty(inputs: {shape: In}, attrs: {dtype: DType; init?: boolean}): T;
  /** `(element_shape: shape_type, max_num_elements: int32) -> handle: variant` */
  EmptyTensorList(inputs: {element_shape: In; max_num_elements: In}, attrs: {element_dtype: DType; shape_type?: OneOf5}): RawTensor;
  /** `(input: string) -> output: string` */
  EncodeBase64(inputs: {input: In}, attrs?: {pad?: boolean}): T;
  /** `(sizes: int32, values: Tinput_types) -> bytes: string` */
  EncodeProto(inputs: {sizes: In; values: readonly In[]}, attrs: {field_names: readonly Bytes[]; message_type: Bytes; descriptor_source?: Bytes; Tinput_types?: readonly DType[]}): T;
  /** `(input: T) -> output: T` */
  EnsureShape(inputs: {input: In}, attrs: {shape: PartialShape; T?: DType}): T;
  /** `(x: T, y: T) -> z: bool` */
  Equal(inputs: {x: In; y: In}, attrs?: {T?: DType; incompatible_shape_error?: boolean}): T;
  /** `(x: T) -> y: T` */
  Erf(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: T) -> y: T` */
  Erfc(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: T) -> y: T` */
  Erfinv(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(input: T, axis: Tidx) -> output: T` */
  EuclideanNorm(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; T?: OneOf1; Tidx?: OneOf5}): T;
  /** `(x: T) -> y: T` */
  Exp(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(input: T, axis: Tdim) -> output: T` */
  ExpandDims(inputs: {input: In; axis: In}, attrs?: {T?: DType; Tdim?: OneOf5}): T;
  /** `(x: T) -> y: T` */
  Expm1(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(images: T) -> patches: T` */
  ExtractImagePatches(inputs: {images: In}, attrs: {ksizes: readonly Int[]; strides: readonly Int[]; rates: readonly Int[]; T?: OneOf33; padding: 'SAME' | 'VALID'}): T;
  /** `(input: T) -> patches: T` */
  ExtractVolumePatches(inputs: {input: In}, attrs: {ksizes: readonly Int[]; strides: readonly Int[]; T?: OneOf22; padding: 'SAME' | 'VALID'}): T;
  /** `(input: Tcomplex) -> output: Tcomplex` */
  FFT(inputs: {input: In}, attrs?: {Tcomplex?: OneOf6}): T;
  /** `(input: Tcomplex) -> output: Tcomplex` */
  FFT2D(inputs: {input: In}, attrs?: {Tcomplex?: OneOf6}): T;
  /** `(input: Tcomplex) -> output: Tcomplex` */
  FFT3D(inputs: {input: In}, attrs?: {Tcomplex?: OneOf6}): T;
  /** `() -> output: dtype` */
  FakeParam(inputs: None, attrs: {dtype: DType; shape: PartialShape}): T;
  /** `(inputs: float32) -> outputs: float32` */
  FakeQuantWithMinMaxArgs(inputs: {inputs: In}, attrs?: {min?: number; max?: number; num_bits?: Int; narrow_range?: boolean}): T;
  /** `(gradients: float32, inputs: float32) -> backprops: float32` */
  FakeQuantWithMinMaxArgsGradient(inputs: {gradients: In; inputs: In}, attrs?: {min?: number; max?: number; num_bits?: Int; narrow_range?: boolean}): T;
  /** `(inputs: float32, min: float32, max: float32) -> outputs: float32` */
  FakeQuantWithMinMaxVars(inputs: {inputs: In; min: In; max: In}, attrs?: {num_bits?: Int; narrow_range?: boolean}): T;
  /** `(gradients: float32, inputs: float32, min: float32, max: float32) -> backprops_wrt_input: float32, backprop_wrt_min: float32, backprop_wrt_max: float32` */
  FakeQuantWithMinMaxVarsGradient(inputs: {gradients: In; inputs: In; min: In; max: In}, attrs?: {num_bits?: Int; narrow_range?: boolean}): {backprops_wrt_input: T; backprop_wrt_min: T; backprop_wrt_max: T};
  /** `(inputs: float32, min: float32, max: float32) -> outputs: float32` */
  FakeQuantWithMinMaxVarsPerChannel(inputs: {inputs: In; min: In; max: In}, attrs?: {num_bits?: Int; narrow_range?: boolean}): T;
  /** `(gradients: float32, inputs: float32, min: float32, max: float32) -> backprops_wrt_input: float32, backprop_wrt_min: float32, backprop_wrt_max: float32` */
  FakeQuantWithMinMaxVarsPerChannelGradient(inputs: {gradients: In; inputs: In; min: In; max: In}, attrs?: {num_bits?: Int; narrow_range?: boolean}): {backprops_wrt_input: T; backprop_wrt_min: T; backprop_wrt_max: T};
  /** `(input_values: string, fast_bert_normalizer_model: uint8) -> output_values: string, output_offsets: int64, output_row_splits: int64` */
  FastBertNormalize(inputs: {input_values: In; fast_bert_normalizer_model: In}, attrs?: {get_offsets?: boolean}): {output_values: T; output_offsets: T; output_row_splits: T};
  /** `(input_values: string, wp_model: uint8) -> output_subwords: string, output_ids: int64, output_row_splits: int64, start_values: int64, end_values: int64` */
  FastWordpieceTokenizeWithOffsets(inputs: {input_values: In; wp_model: In}): {output_subwords: T; output_ids: T; output_row_splits: T; start_values: T; end_values: T};
  /** `(dims: index_type, value: T) -> output: T` */
  Fill(inputs: {dims: In; value: In}, attrs?: {T?: DType; index_type?: OneOf5}): T;
  /** `(data: T, method: string) -> fingerprint: uint8` */
  Fingerprint(inputs: {data: In; method: In}, attrs?: {T?: DType}): T;
  /** `(x: T) -> y: T` */
  Floor(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: T, y: T) -> z: T` */
  FloorDiv(inputs: {x: In; y: In}, attrs?: {T?: OneOf3}): T;
  /** `(x: T, y: T) -> z: T` */
  FloorMod(inputs: {x: In; y: In}, attrs?: {T?: OneOf22}): T;
  /** `(writer: resource) -> nothing` */
  FlushSummaryWriter(inputs: {writer: Handle}): void;
  /** `(x: T, scale: T, offset: T, mean: T, variance: T) -> y: T, batch_mean: T, batch_variance: T, reserve_space_1: T, reserve_space_2: T` */
  FusedBatchNorm(inputs: {x: In; scale: In; offset: In; mean: In; variance: In}, attrs?: {T?: 'float32'; epsilon?: number; exponential_avg_factor?: number; data_format?: 'NCHW' | 'NHWC'; is_training?: boolean}): {y: T; batch_mean: T; batch_variance: T; reserve_space_1: T; reserve_space_2: T};
  /** `(y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T) -> x_backprop: T, scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T` */
  FusedBatchNormGrad(inputs: {y_backprop: In; x: In; scale: In; reserve_space_1: In; reserve_space_2: In}, attrs?: {T?: 'float32'; epsilon?: number; data_format?: 'NCHW' | 'NHWC'; is_training?: boolean}): {x_backprop: T; scale_backprop: T; offset_backprop: T; reserve_space_3: T; reserve_space_4: T};
  /** `(y_backprop: T, x: T, scale: float32, reserve_space_1: U, reserve_space_2: U) -> x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U` */
  FusedBatchNormGradV2(inputs: {y_backprop: In; x: In; scale: In; reserve_space_1: In; reserve_space_2: In}, attrs?: {T?: OneOf34; U?: 'float32'; epsilon?: number; data_format?: 'NCHW' | 'NHWC'; is_training?: boolean}): {x_backprop: T; scale_backprop: T; offset_backprop: T; reserve_space_3: T; reserve_space_4: T};
  /** `(y_backprop: T, x: T, scale: float32, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U) -> x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, reserve_space_5: U` */
  FusedBatchNormGradV3(inputs: {y_backprop: In; x: In; scale: In; reserve_space_1: In; reserve_space_2: In; reserve_space_3: In}, attrs?: {T?: OneOf34; U?: 'float32'; epsilon?: number; data_format?: OneOf35; is_training?: boolean}): {x_backprop: T; scale_backprop: T; offset_backprop: T; reserve_space_4: T; reserve_space_5: T};
  /** `(x: T, scale: U, offset: U, mean: U, variance: U) -> y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U` */
  FusedBatchNormV2(inputs: {x: In; scale: In; offset: In; mean: In; variance: In}, attrs?: {T?: OneOf34; U?: 'float32'; epsilon?: number; exponential_avg_factor?: number; data_format?: 'NCHW' | 'NHWC'; is_training?: boolean}): {y: T; batch_mean: T; batch_variance: T; reserve_space_1: T; reserve_space_2: T};
  /** `(x: T, scale: U, offset: U, mean: U, variance: U) -> y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U` */
  FusedBatchNormV3(inputs: {x: In; scale: In; offset: In; mean: In; variance: In}, attrs?: {T?: OneOf34; U?: OneOf31; epsilon?: number; exponential_avg_factor?: number; data_format?: OneOf35; is_training?: boolean}): {y: T; batch_mean: T; batch_variance: T; reserve_space_1: T; reserve_space_2: T; reserve_space_3: T};
  /** `(x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T) -> r: T, u: T, c: T, h: T` */
  GRUBlockCell(inputs: {x: In; h_prev: In; w_ru: In; w_c: In; b_ru: In; b_c: In}, attrs?: {T?: 'float32'}): {r: T; u: T; c: T; h: T};
  /** `(params: Tparams, indices: Tindices) -> output: Tparams` */
  Gather(inputs: {params: In; indices: In}, attrs?: {validate_indices?: boolean; Tparams?: DType; Tindices?: OneOf5}): T;
  /** `(params: Tparams, indices: Tindices) -> output: Tparams` */
  GatherNd(inputs: {params: In; indices: In}, attrs?: {Tparams?: DType; Tindices?: OneOf9}): T;
  /** `(params: Tparams, indices: Tindices, axis: Taxis) -> output: Tparams` */
  GatherV2(inputs: {params: In; indices: In; axis: In}, attrs?: {batch_dims?: Int; Tparams?: DType; Tindices?: OneOf9; Taxis?: OneOf5}): T;
  /** `(x: T, y: T) -> z: bool` */
  Greater(inputs: {x: In; y: In}, attrs?: {T?: OneOf22}): T;
  /** `(x: T, y: T) -> z: bool` */
  GreaterEqual(inputs: {x: In; y: In}, attrs?: {T?: OneOf22}): T;
  /** `(input: T) -> output: T` */
  GuaranteeConst(inputs: {input: In}, attrs?: {T?: DType}): T;
  /** `(images: T) -> output: T` */
  HSVToRGB(inputs: {images: In}, attrs?: {T?: OneOf11}): T;
  /** `() -> table_handle: resource` */
  HashTableV2(inputs: None, attrs: {container?: Bytes; shared_name?: Bytes; use_node_name_sharing?: boolean; key_dtype: DType; value_dtype: DType}): RawTensor;
  /** `(values: T, value_range: T, nbins: int32) -> out: dtype` */
  HistogramFixedWidth(inputs: {values: In; value_range: In; nbins: In}, attrs?: {T?: OneOf15; dtype?: OneOf5}): T;
  /** `(tag: string, values: T) -> summary: string` */
  HistogramSummary(inputs: {tag: In; values: In}, attrs?: {T?: OneOf22}): T;
  /** `() -> output: dtype` */
  HostConst(inputs: None, attrs: {value: TensorInput; dtype: DType}): T;
  /** `(input: Tcomplex) -> output: Tcomplex` */
  IFFT(inputs: {input: In}, attrs?: {Tcomplex?: OneOf6}): T;
  /** `(input: Tcomplex) -> output: Tcomplex` */
  IFFT2D(inputs: {input: In}, attrs?: {Tcomplex?: OneOf6}): T;
  /** `(input: Tcomplex) -> output: Tcomplex` */
  IFFT3D(inputs: {input: In}, attrs?: {Tcomplex?: OneOf6}): T;
  /** `(input: Tcomplex, fft_length: int32) -> output: Treal` */
  IRFFT(inputs: {input: In; fft_length: In}, attrs?: {Treal?: OneOf7; Tcomplex?: OneOf6}): T;
  /** `(input: Tcomplex, fft_length: int32) -> output: Treal` */
  IRFFT2D(inputs: {input: In; fft_length: In}, attrs?: {Treal?: OneOf7; Tcomplex?: OneOf6}): T;
  /** `(input: Tcomplex, fft_length: int32) -> output: Treal` */
  IRFFT3D(inputs: {input: In; fft_length: In}, attrs?: {Treal?: OneOf7; Tcomplex?: OneOf6}): T;
  /** `(input: T) -> output: T` */
  Identity(inputs: {input: In}, attrs?: {T?: DType}): T;
  /** `(input: T) -> output: T` */
  IdentityN(inputs: {input: readonly In[]}, attrs?: {T?: readonly DType[]}): T[];
  /** `(input: T) -> output: Tout` */
  Imag(inputs: {input: In}, attrs?: {T?: OneOf6; Tout?: OneOf7}): T;
  /** `(images: dtype, transforms: float32, output_shape: int32) -> transformed_images: dtype` */
  ImageProjectiveTransformV2(inputs: {images: In; transforms: In; output_shape: In}, attrs: {dtype?: OneOf36; interpolation: Bytes; fill_mode?: Bytes}): T;
  /** `(images: dtype, transforms: float32, output_shape: int32, fill_value: float32) -> transformed_images: dtype` */
  ImageProjectiveTransformV3(inputs: {images: In; transforms: In; output_shape: In; fill_value: In}, attrs: {dtype?: OneOf36; interpolation: Bytes; fill_mode?: Bytes}): T;
  /** `(tag: string, tensor: T) -> summary: string` */
  ImageSummary(inputs: {tag: In; tensor: In}, attrs?: {max_images?: Int; T?: OneOf37; bad_color?: TensorInput}): T;
  /** `(predictions: float32, targets: T) -> precision: bool` */
  InTopK(inputs: {predictions: In; targets: In}, attrs: {k: Int; T?: OneOf5}): T;
  /** `(predictions: float32, targets: T, k: T) -> precision: bool` */
  InTopKV2(inputs: {predictions: In; targets: In; k: In}, attrs?: {T?: OneOf5}): T;
  /** `(table_handle: resource, filename: string) -> nothing` */
  InitializeTableFromTextFileV2(inputs: {table_handle: Handle; filename: In}, attrs: {key_index: Int; value_index: Int; vocab_size?: Int; delimiter?: Bytes; offset?: Int}): void;
  /** `(table_handle: resource, keys: Tkey, values: Tval) -> nothing` */
  InitializeTableV2(inputs: {table_handle: Handle; keys: In; values: In}, attrs?: {Tkey?: DType; Tval?: DType}): void;
  /** `(x: T, i: int32, v: T) -> y: T` */
  InplaceAdd(inputs: {x: In; i: In; v: In}, attrs?: {T?: DType}): T;
  /** `(x: T, i: int32, v: T) -> y: T` */
  InplaceSub(inputs: {x: In; i: In; v: In}, attrs?: {T?: DType}): T;
  /** `(x: T, i: int32, v: T) -> y: T` */
  InplaceUpdate(inputs: {x: In; i: In; v: In}, attrs?: {T?: DType}): T;
  /** `(x: T) -> y: T` */
  Inv(inputs: {x: In}, attrs?: {T?: OneOf38}): T;
  /** `(y: T, dy: T) -> z: T` */
  InvGrad(inputs: {y: In; dy: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Invert(inputs: {x: In}, attrs?: {T?: OneOf16}): T;
  /** `(x: T) -> y: T` */
  InvertPermutation(inputs: {x: In}, attrs?: {T?: OneOf5}): T;
  /** `(x: T) -> y: bool` */
  IsFinite(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: T) -> y: bool` */
  IsInf(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: T) -> y: bool` */
  IsNan(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(t: T) -> output: T` */
  L2Loss(inputs: {t: In}, attrs?: {T?: OneOf11}): T;
  /** `(input: T) -> output: T` */
  LRN(inputs: {input: In}, attrs?: {depth_radius?: Int; bias?: number; alpha?: number; beta?: number; T?: OneOf34}): T;
  /** `(input_grads: T, input_image: T, output_image: T) -> output: T` */
  LRNGrad(inputs: {input_grads: In; input_image: In; output_image: In}, attrs?: {depth_radius?: Int; bias?: number; alpha?: number; beta?: number; T?: OneOf34}): T;
  /** `(x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T) -> i: T, cs: T, f: T, o: T, ci: T, co: T, h: T` */
  LSTMBlockCell(inputs: {x: In; cs_prev: In; h_prev: In; w: In; wci: In; wcf: In; wco: In; b: In}, attrs?: {forget_bias?: number; cell_clip?: number; use_peephole?: boolean; T?: OneOf4}): {i: T; cs: T; f: T; o: T; ci: T; co: T; h: T};
  /** `(features: T) -> activations: T` */
  LeakyRelu(inputs: {features: In}, attrs?: {alpha?: number; T?: OneOf11}): T;
  /** `(gradients: T, features: T) -> backprops: T` */
  LeakyReluGrad(inputs: {gradients: In; features: In}, attrs?: {alpha?: number; T?: OneOf11}): T;
  /** `(x: T, y: T) -> z: T` */
  LeftShift(inputs: {x: In; y: In}, attrs?: {T?: OneOf16}): T;
  /** `(x: T, y: T) -> z: bool` */
  Less(inputs: {x: In; y: In}, attrs?: {T?: OneOf22}): T;
  /** `(x: T, y: T) -> z: bool` */
  LessEqual(inputs: {x: In; y: In}, attrs?: {T?: OneOf22}): T;
  /** `(x: T) -> y: T` */
  Lgamma(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(start: T, stop: T, num: Tidx) -> output: T` */
  LinSpace(inputs: {start: In; stop: In; num: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5}): T;
  /** `(x: T, y: T) -> out: T, idx: out_idx` */
  ListDiff(inputs: {x: In; y: In}, attrs?: {T?: DType; out_idx?: OneOf5}): {out: T; idx: T};
  /** `(x: T) -> y: T` */
  Log(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Log1p(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(input: T) -> sign: T, log_abs_determinant: T` */
  LogMatrixDeterminant(inputs: {input: In}, attrs?: {T?: OneOf17}): {sign: T; log_abs_determinant: T};
  /** `(logits: T) -> logsoftmax: T` */
  LogSoftmax(inputs: {logits: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: bool, y: bool) -> z: bool` */
  LogicalAnd(inputs: {x: In; y: In}): T;
  /** `(x: bool) -> y: bool` */
  LogicalNot(inputs: {x: In}): T;
  /** `(x: bool, y: bool) -> z: bool` */
  LogicalOr(inputs: {x: In; y: In}): T;
  /** `(table_handle: resource) -> keys: Tkeys, values: Tvalues` */
  LookupTableExportV2(inputs: {table_handle: Handle}, attrs: {Tkeys: DType; Tvalues: DType}): {keys: T; values: T};
  /** `(table_handle: resource, keys: Tin, default_value: Tout) -> values: Tout` */
  LookupTableFindV2(inputs: {table_handle: Handle; keys: In; default_value: In}, attrs?: {Tin?: DType; Tout?: DType}): T;
  /** `(table_handle: resource, keys: Tin, values: Tout) -> nothing` */
  LookupTableImportV2(inputs: {table_handle: Handle; keys: In; values: In}, attrs?: {Tin?: DType; Tout?: DType}): void;
  /** `(table_handle: resource, keys: Tin, values: Tout) -> nothing` */
  LookupTableInsertV2(inputs: {table_handle: Handle; keys: In; values: In}, attrs?: {Tin?: DType; Tout?: DType}): void;
  /** `(table_handle: resource, keys: Tin) -> nothing` */
  LookupTableRemoveV2(inputs: {table_handle: Handle; keys: In}, attrs?: {Tin?: DType}): void;
  /** `(table_handle: resource) -> size: int64` */
  LookupTableSizeV2(inputs: {table_handle: Handle}): T;
  /** `(input: bool) -> output: bool` */
  LoopCond(inputs: {input: In}): T;
  /** `(sorted_inputs: T, values: T) -> output: out_type` */
  LowerBound(inputs: {sorted_inputs: In; values: In}, attrs?: {T?: DType; out_type?: OneOf5}): T;
  /** `(a: T, b: T) -> product: T` */
  MatMul(inputs: {a: In; b: In}, attrs?: {transpose_a?: boolean; transpose_b?: boolean; T?: 'bfloat16' | 'complex128' | 'complex64' | 'float16' | 'float32' | 'float64' | 'int32' | 'int64' | 'uint16' | 'uint32' | 'uint64' | 'uint8'}): T;
  /** `(input: T, num_lower: Tindex, num_upper: Tindex) -> band: T` */
  MatrixBandPart(inputs: {input: In; num_lower: In; num_upper: In}, attrs?: {T?: DType; Tindex?: OneOf5}): T;
  /** `(input: T) -> output: T` */
  MatrixDeterminant(inputs: {input: In}, attrs?: {T?: OneOf17}): T;
  /** `(diagonal: T) -> output: T` */
  MatrixDiag(inputs: {diagonal: In}, attrs?: {T?: DType}): T;
  /** `(input: T) -> diagonal: T` */
  MatrixDiagPart(inputs: {input: In}, attrs?: {T?: DType}): T;
  /** `(input: T, k: int32, padding_value: T) -> diagonal: T` */
  MatrixDiagPartV2(inputs: {input: In; k: In; padding_value: In}, attrs?: {T?: DType}): T;
  /** `(input: T, k: int32, padding_value: T) -> diagonal: T` */
  MatrixDiagPartV3(inputs: {input: In; k: In; padding_value: In}, attrs?: {T?: DType; align?: OneOf39}): T;
  /** `(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T` */
  MatrixDiagV2(inputs: {diagonal: In; k: In; num_rows: In; num_cols: In; padding_value: In}, attrs?: {T?: DType}): T;
  /** `(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T` */
  MatrixDiagV3(inputs: {diagonal: In; k: In; num_rows: In; num_cols: In; padding_value: In}, attrs?: {T?: DType; align?: OneOf39}): T;
  /** `(input: T) -> output: T` */
  MatrixInverse(inputs: {input: In}, attrs?: {adjoint?: boolean; T?: OneOf17}): T;
  /** `(input: T, diagonal: T) -> output: T` */
  MatrixSetDiag(inputs: {input: In; diagonal: In}, attrs?: {T?: DType}): T;
  /** `(input: T, diagonal: T, k: int32) -> output: T` */
  MatrixSetDiagV2(inputs: {input: In; diagonal: In; k: In}, attrs?: {T?: DType}): T;
  /** `(input: T, diagonal: T, k: int32) -> output: T` */
  MatrixSetDiagV3(inputs: {input: In; diagonal: In; k: In}, attrs?: {T?: DType; align?: OneOf39}): T;
  /** `(matrix: T, rhs: T) -> output: T` */
  MatrixSolve(inputs: {matrix: In; rhs: In}, attrs?: {adjoint?: boolean; T?: OneOf17}): T;
  /** `(matrix: T, rhs: T) -> output: T` */
  MatrixTriangularSolve(inputs: {matrix: In; rhs: In}, attrs?: {lower?: boolean; adjoint?: boolean; T?: OneOf2}): T;
  /** `(input: T, axis: Tidx) -> output: T` */
  Max(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; T?: OneOf40; Tidx?: OneOf5}): T;
  /** `(input: T) -> output: T` */
  MaxPool(inputs: {input: In}, attrs: {T?: OneOf41; ksize: readonly Int[]; strides: readonly Int[]; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: OneOf28}): T;
  /** `(input: T) -> output: T` */
  MaxPool3D(inputs: {input: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: OneOf12; T?: OneOf34}): T;
  /** `(orig_input: TInput, orig_output: TInput, grad: T) -> output: T` */
  MaxPool3DGrad(inputs: {orig_input: In; orig_output: In; grad: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; padding: 'SAME' | 'VALID'; data_format?: OneOf12; T?: OneOf34; TInput?: OneOf34}): T;
  /** `(orig_input: T, orig_output: T, grad: T) -> output: T` */
  MaxPoolGrad(inputs: {orig_input: In; orig_output: In; grad: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; padding: OneOf19; explicit_paddings?: readonly Int[]; data_format?: 'NCHW' | 'NHWC'; T?: OneOf22}): T;
  /** `(orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32) -> output: T` */
  MaxPoolGradV2(inputs: {orig_input: In; orig_output: In; grad: In; ksize: In; strides: In}, attrs: {padding: 'SAME' | 'VALID'; data_format?: 'NCHW' | 'NHWC'; T?: OneOf22}): T;
  /** `(input: T, ksize: int32, strides: int32) -> output: T` */
  MaxPoolV2(inputs: {input: In; ksize: In; strides: In}, attrs: {T?: OneOf41; padding: 'SAME' | 'VALID'; data_format?: OneOf28}): T;
  /** `(input: T) -> output: T, argmax: Targmax` */
  MaxPoolWithArgmax(inputs: {input: In}, attrs: {ksize: readonly Int[]; strides: readonly Int[]; Targmax?: OneOf5; padding: 'SAME' | 'VALID'; include_batch_in_index?: boolean; T?: OneOf22}): {output: T; argmax: T};
  /** `(x: T, y: T) -> z: T` */
  Maximum(inputs: {x: In; y: In}, attrs?: {T?: OneOf22}): T;
  /** `(input: T, axis: Tidx) -> output: T` */
  Mean(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; T?: OneOf1; Tidx?: OneOf5}): T;
  /** `(inputs: N * string) -> summary: string` */
  MergeSummary(inputs: {inputs: readonly In[]}): T;
  /** `(input: T, axis: Tidx) -> output: T` */
  Min(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; T?: OneOf40; Tidx?: OneOf5}): T;
  /** `(x: T, y: T) -> z: T` */
  Minimum(inputs: {x: In; y: In}, attrs?: {T?: OneOf22}): T;
  /** `(input: T, paddings: Tpaddings) -> output: T` */
  MirrorPad(inputs: {input: In; paddings: In}, attrs: {T?: DType; Tpaddings?: OneOf5; mode: OneOf42}): T;
  /** `(input: T, paddings: Tpaddings) -> output: T` */
  MirrorPadGrad(inputs: {input: In; paddings: In}, attrs: {T?: DType; Tpaddings?: OneOf5; mode: OneOf42}): T;
  /** `(x: T, y: T) -> z: T` */
  Mod(inputs: {x: In; y: In}, attrs?: {T?: 'bfloat16' | 'float16' | 'float16' | 'float32' | 'float64' | 'int32' | 'int64'}): T;
  /** `(x: T, y: T) -> z: T` */
  Mul(inputs: {x: In; y: In}, attrs?: {T?: OneOf3}): T;
  /** `(x: T, y: T) -> z: T` */
  MulNoNan(inputs: {x: In; y: In}, attrs?: {T?: OneOf2}): T;
  /** `(logits: T, num_samples: int32) -> output: output_dtype` */
  Multinomial(inputs: {logits: In; num_samples: In}, attrs?: {seed?: Int; seed2?: Int; T?: OneOf22; output_dtype?: OneOf5}): T;
  /** `(empty_key: key_dtype, deleted_key: key_dtype) -> table_handle: resource` */
  MutableDenseHashTableV2(inputs: {empty_key: In; deleted_key: In}, attrs: {container?: Bytes; shared_name?: Bytes; use_node_name_sharing?: boolean; key_dtype?: DType; value_dtype: DType; value_shape?: PartialShape; initial_num_buckets?: Int; max_load_factor?: number}): RawTensor;
  /** `() -> table_handle: resource` */
  MutableHashTableOfTensorsV2(inputs: None, attrs: {container?: Bytes; shared_name?: Bytes; use_node_name_sharing?: boolean; key_dtype: DType; value_dtype: DType; value_shape?: PartialShape}): RawTensor;
  /** `() -> table_handle: resource` */
  MutableHashTableV2(inputs: None, attrs: {container?: Bytes; shared_name?: Bytes; use_node_name_sharing?: boolean; key_dtype: DType; value_dtype: DType}): RawTensor;
  /** `(x: T) -> y: T` */
  Ndtri(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(x: T) -> y: T` */
  Neg(inputs: {x: In}, attrs?: {T?: OneOf38}): T;
  /** `(x1: T, x2: T) -> output: T` */
  NextAfter(inputs: {x1: In; x2: In}, attrs?: {T?: OneOf7}): T;
  /** `() -> nothing` */
  NoOp(inputs?: None): void;
  /** `(boxes: float32, scores: float32, max_output_size: int32) -> selected_indices: int32` */
  NonMaxSuppression(inputs: {boxes: In; scores: In; max_output_size: In}, attrs?: {iou_threshold?: number}): T;
  /** `(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold) -> selected_indices: int32` */
  NonMaxSuppressionV2(inputs: {boxes: In; scores: In; max_output_size: In; iou_threshold: In}, attrs?: {T?: OneOf4; T_threshold?: OneOf4}): T;
  /** `(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: T_threshold) -> selected_indices: int32` */
  NonMaxSuppressionV3(inputs: {boxes: In; scores: In; max_output_size: In; iou_threshold: In; score_threshold: In}, attrs?: {T?: OneOf4; T_threshold?: OneOf4}): T;
  /** `(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: T_threshold) -> selected_indices: int32, valid_outputs: int32` */
  NonMaxSuppressionV4(inputs: {boxes: In; scores: In; max_output_size: In; iou_threshold: In; score_threshold: In}, attrs?: {T?: OneOf4; T_threshold?: OneOf4; pad_to_max_output_size?: boolean}): {selected_indices: T; valid_outputs: T};
  /** `(boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, soft_nms_sigma: T) -> selected_indices: int32, selected_scores: T, valid_outputs: int32` */
  NonMaxSuppressionV5(inputs: {boxes: In; scores: In; max_output_size: In; iou_threshold: In; score_threshold: In; soft_nms_sigma: In}, attrs?: {T?: OneOf4; pad_to_max_output_size?: boolean}): {selected_indices: T; selected_scores: T; valid_outputs: T};
  /** `(overlaps: float32, scores: float32, max_output_size: int32, overlap_threshold: float32, score_threshold: float32) -> selected_indices: int32` */
  NonMaxSuppressionWithOverlaps(inputs: {overlaps: In; scores: In; max_output_size: In; overlap_threshold: In; score_threshold: In}): T;
  /** `(input: string) -> output: string` */
  NormalizeUTF8(inputs: {input: In}, attrs: {normalization_form: Bytes}): T;
  /** `(x: T, y: T) -> z: bool` */
  NotEqual(inputs: {x: In; y: In}, attrs?: {T?: DType; incompatible_shape_error?: boolean}): T;
  /** `(indices: TI, depth: int32, on_value: T, off_value: T) -> output: T` */
  OneHot(inputs: {indices: In; depth: In; on_value: In; off_value: In}, attrs?: {axis?: Int; T?: DType; TI?: 'int32' | 'int64' | 'int8' | 'uint8'}): T;
  /** `(x: T) -> y: T` */
  OnesLike(inputs: {x: In}, attrs?: {T?: OneOf33}): T;
  /** `(components: Toutput_types) -> optional: variant` */
  OptionalFromValue(inputs: {components: readonly In[]}, attrs?: {Toutput_types?: readonly DType[]}): RawTensor;
  /** `(optional: variant) -> components: output_types` */
  OptionalGetValue(inputs: {optional: RawTensor}, attrs: {output_types: readonly DType[]; output_shapes: readonly PartialShape[]}): T[];
  /** `(optional: variant) -> has_value: bool` */
  OptionalHasValue(inputs: {optional: RawTensor}): T;
  /** `() -> optional: variant` */
  OptionalNone(inputs?: None): RawTensor;
  /** `(values: N * T) -> output: T` */
  Pack(inputs: {values: readonly In[]}, attrs?: {T?: DType; axis?: Int}): T;
  /** `(input: T, paddings: Tpaddings) -> output: T` */
  Pad(inputs: {input: In; paddings: In}, attrs?: {T?: DType; Tpaddings?: OneOf5}): T;
  /** `(input: T, paddings: Tpaddings, constant_values: T) -> output: T` */
  PadV2(inputs: {input: In; paddings: In; constant_values: In}, attrs?: {T?: DType; Tpaddings?: OneOf5}): T;
  /** `(values: N * T) -> output: T` */
  ParallelConcat(inputs: {values: readonly In[]}, attrs: {T?: DType; shape: PartialShape}): T;
  /** `(indices: N * int32, data: N * T) -> merged: T` */
  ParallelDynamicStitch(inputs: {indices: readonly In[]; data: readonly In[]}, attrs?: {T?: DType}): T;
  /** `(shape: T, means: dtype, stdevs: dtype, minvals: dtype, maxvals: dtype) -> output: dtype` */
  ParameterizedTruncatedNormal(inputs: {shape: In; means: In; stdevs: In; minvals: In; maxvals: In}, attrs?: {seed?: Int; seed2?: Int; dtype?: OneOf11; T?: OneOf5}): T;
  /** `(serialized: string, names: string, sparse_keys: Nsparse * string, dense_keys: Ndense * string, dense_defaults: Tdense) -> sparse_indices: Nsparse * int64, sparse_values: sparse_types, sparse_shapes: Nsparse * int64, dense_values: Tdense` */
  ParseExample(inputs: {serialized: In; names: In; sparse_keys: readonly In[]; dense_keys: readonly In[]; dense_defaults: readonly In[]}, attrs: {sparse_types: readonly OneOf43[]; Tdense?: readonly OneOf43[]; dense_shapes: readonly PartialShape[]}): {sparse_indices: T[]; sparse_values: T[]; sparse_shapes: T[]; dense_values: T[]};
  /** `(serialized: string, names: string, sparse_keys: string, dense_keys: string, ragged_keys: string, dense_defaults: Tdense) -> sparse_indices: num_sparse * int64, sparse_values: sparse_types, sparse_shapes: num_sparse * int64, dense_values: Tdense, ragged_values: ragged_value_types, ragged_row_splits: ragged_split_types` */
  ParseExampleV2(inputs: {serialized: In; names: In; sparse_keys: In; dense_keys: In; ragged_keys: In; dense_defaults: readonly In[]}, attrs: {Tdense?: readonly OneOf43[]; num_sparse: Int; sparse_types: readonly OneOf43[]; ragged_value_types: readonly OneOf43[]; ragged_split_types: readonly OneOf5[]; dense_shapes: readonly PartialShape[]}): {sparse_indices: T[]; sparse_values: T[]; sparse_shapes: T[]; dense_values: T[]; ragged_values: T[]; ragged_row_splits: T[]};
  /** `(serialized: string, debug_name: string, context_dense_defaults: Tcontext_dense) -> context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: context_sparse_types, context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense, feature_list_sparse_indices: Nfeature_list_sparse * int64, feature_list_sparse_values: feature_list_sparse_types, feature_list_sparse_shapes: Nfeature_list_sparse * int64, feature_list_dense_values: feature_list_dense_types, feature_list_dense_lengths: Nfeature_list_dense * int64` */
  ParseSequenceExample(inputs: {serialized: In; debug_name: In; context_dense_defaults: readonly In[]}, attrs: {feature_list_dense_missing_assumed_empty: readonly Bytes[]; context_sparse_keys: readonly Bytes[]; context_dense_keys: readonly Bytes[]; feature_list_sparse_keys: readonly Bytes[]; feature_list_dense_keys: readonly Bytes[]; Ncontext_sparse?: Int; Ncontext_dense?: Int; Nfeature_list_sparse?: Int; Nfeature_list_dense?: Int; context_sparse_types?: readonly OneOf43[]; Tcontext_dense?: readonly OneOf43[]; feature_list_dense_types?: readonly OneOf43[]; context_dense_shapes?: readonly PartialShape[]; feature_list_sparse_types?: readonly OneOf43[]; feature_list_dense_shapes?: readonly PartialShape[]}): {context_sparse_indices: T[]; context_sparse_values: T[]; context_sparse_shapes: T[]; context_dense_values: T[]; feature_list_sparse_indices: T[]; feature_list_sparse_values: T[]; feature_list_sparse_shapes: T[]; feature_list_dense_values: T[]; feature_list_dense_lengths: T[]};
  /** `(serialized: string, debug_name: string, context_sparse_keys: string, context_dense_keys: string, context_ragged_keys: string, feature_list_sparse_keys: string, feature_list_dense_keys: string, feature_list_ragged_keys: string, feature_list_dense_missing_assumed_empty: bool, context_dense_defaults: Tcontext_dense) -> context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: context_sparse_types, context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense, context_ragged_values: context_ragged_value_types, context_ragged_row_splits: context_ragged_split_types, feature_list_sparse_indices: Nfeature_list_sparse * int64, feature_list_sparse_values: feature_list_sparse_types, feature_list_sparse_shapes: Nfeature_list_sparse * int64, feature_list_dense_values: feature_list_dense_types, feature_list_dense_lengths: Nfeature_list_dense * int64, feature_list_ragged_values: feature_list_ragged_value_types, feature_list_ragged_outer_splits: feature_list_ragged_split_types, feature_list_ragged_inner_splits: feature_list_ragged_split_types` */
  ParseSequenceExampleV2(inputs: {serialized: In; debug_name: In; context_sparse_keys: In; context_dense_keys: In; context_ragged_keys: In; feature_list_sparse_keys: In; feature_list_dense_keys: In; feature_list_ragged_keys: In; feature_list_dense_missing_assumed_empty: In; context_dense_defaults: readonly In[]}, attrs?: {Ncontext_sparse?: Int; Tcontext_dense?: readonly OneOf43[]; context_sparse_types?: readonly OneOf43[]; context_ragged_value_types?: readonly OneOf43[]; context_ragged_split_types?: readonly OneOf5[]; context_dense_shapes?: readonly PartialShape[]; Nfeature_list_sparse?: Int; Nfeature_list_dense?: Int; feature_list_dense_types?: readonly OneOf43[]; feature_list_sparse_types?: readonly OneOf43[]; feature_list_ragged_value_types?: readonly OneOf43[]; feature_list_ragged_split_types?: readonly OneOf5[]; feature_list_dense_shapes?: readonly PartialShape[]}): {context_sparse_indices: T[]; context_sparse_values: T[]; context_sparse_shapes: T[]; context_dense_values: T[]; context_ragged_values: T[]; context_ragged_row_splits: T[]; feature_list_sparse_indices: T[]; feature_list_sparse_values: T[]; feature_list_sparse_shapes: T[]; feature_list_dense_values: T[]; feature_list_dense_lengths: T[]; feature_list_ragged_values: T[]; feature_list_ragged_outer_splits: T[]; feature_list_ragged_inner_splits: T[]};
  /** `(serialized: string, dense_defaults: Tdense) -> sparse_indices: num_sparse * int64, sparse_values: sparse_types, sparse_shapes: num_sparse * int64, dense_values: Tdense` */
  ParseSingleExample(inputs: {serialized: In; dense_defaults: readonly In[]}, attrs: {num_sparse: Int; sparse_keys: readonly Bytes[]; dense_keys: readonly Bytes[]; sparse_types: readonly OneOf43[]; Tdense?: readonly OneOf43[]; dense_shapes: readonly PartialShape[]}): {sparse_indices: T[]; sparse_values: T[]; sparse_shapes: T[]; dense_values: T[]};
  /** `(serialized: string, feature_list_dense_missing_assumed_empty: string, context_sparse_keys: Ncontext_sparse * string, context_dense_keys: Ncontext_dense * string, feature_list_sparse_keys: Nfeature_list_sparse * string, feature_list_dense_keys: Nfeature_list_dense * string, context_dense_defaults: Tcontext_dense, debug_name: string) -> context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: context_sparse_types, context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense, feature_list_sparse_indices: Nfeature_list_sparse * int64, feature_list_sparse_values: feature_list_sparse_types, feature_list_sparse_shapes: Nfeature_list_sparse * int64, feature_list_dense_values: feature_list_dense_types` */
  ParseSingleSequenceExample(inputs: {serialized: In; feature_list_dense_missing_assumed_empty: In; context_sparse_keys: readonly In[]; context_dense_keys: readonly In[]; feature_list_sparse_keys: readonly In[]; feature_list_dense_keys: readonly In[]; context_dense_defaults: readonly In[]; debug_name: In}, attrs?: {context_sparse_types?: readonly OneOf43[]; Tcontext_dense?: readonly OneOf43[]; feature_list_dense_types?: readonly OneOf43[]; context_dense_shapes?: readonly PartialShape[]; feature_list_sparse_types?: readonly OneOf43[]; feature_list_dense_shapes?: readonly PartialShape[]}): {context_sparse_indices: T[]; context_sparse_values: T[]; context_sparse_shapes: T[]; context_dense_values: T[]; feature_list_sparse_indices: T[]; feature_list_sparse_values: T[]; feature_list_sparse_shapes: T[]; feature_list_dense_values: T[]};
  /** `(serialized: string) -> output: out_type` */
  ParseTensor(inputs: {serialized: In}, attrs: {out_type: DType}): T;
  /** `() -> output: dtype` */
  Placeholder(inputs: None, attrs: {dtype: DType; shape?: PartialShape}): T;
  /** `() -> output: dtype` */
  PlaceholderV2(inputs: None, attrs: {dtype: DType; shape: PartialShape}): T;
  /** `(input: dtype) -> output: dtype` */
  PlaceholderWithDefault(inputs: {input: In}, attrs: {dtype?: DType; shape: PartialShape}): T;
  /** `(a: T, x: T) -> z: T` */
  Polygamma(inputs: {a: In; x: In}, attrs?: {T?: OneOf7}): T;
  /** `(x: T) -> y: uint8` */
  PopulationCount(inputs: {x: In}, attrs?: {T?: OneOf16}): T;
  /** `(x: T, y: T) -> z: T` */
  Pow(inputs: {x: In; y: In}, attrs?: {T?: OneOf38}): T;
  /** `(input: T) -> output: T` */
  PreventGradient(inputs: {input: In}, attrs?: {T?: DType; message?: Bytes}): T;
  /** `(input: T, data: U) -> output: T` */
  Print(inputs: {input: In; data: readonly In[]}, attrs?: {T?: DType; U?: readonly DType[]; message?: Bytes; first_n?: Int; summarize?: Int}): T;
  /** `(input: string) -> nothing` */
  PrintV2(inputs: {input: In}, attrs?: {output_stream?: Bytes; end?: Bytes}): void;
  /** `(input: T, axis: Tidx) -> output: T` */
  Prod(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; T?: OneOf1; Tidx?: OneOf5}): T;
  /** `(input: T) -> q: T, r: T` */
  Qr(inputs: {input: In}, attrs?: {full_matrices?: boolean; T?: OneOf17}): {q: T; r: T};
  /** `(input: T, input_min: T, input_max: T) -> output: T` */
  QuantizeAndDequantizeV2(inputs: {input: In; input_min: In; input_max: In}, attrs?: {signed_input?: boolean; num_bits?: Int; range_given?: boolean; T?: OneOf11; round_mode?: OneOf44; narrow_range?: boolean; axis?: Int}): T;
  /** `(input: T, input_min: T, input_max: T, num_bits: int32) -> output: T` */
  QuantizeAndDequantizeV3(inputs: {input: In; input_min: In; input_max: In; num_bits: In}, attrs?: {signed_input?: boolean; range_given?: boolean; T?: OneOf11; narrow_range?: boolean; axis?: Int}): T;
  /** `(input: T, input_min: T, input_max: T) -> output: T` */
  QuantizeAndDequantizeV4(inputs: {input: In; input_min: In; input_max: In}, attrs?: {signed_input?: boolean; num_bits?: Int; range_given?: boolean; T?: OneOf11; round_mode?: OneOf44; narrow_range?: boolean; axis?: Int}): T;
  /** `(input: float32, min_range: float32, max_range: float32) -> output: T, output_min: float32, output_max: float32` */
  QuantizeV2(inputs: {input: In; min_range: In; max_range: In}, attrs: {T: OneOf29; mode?: OneOf30; round_mode?: 'HALF_AWAY_FROM_ZERO' | 'HALF_TO_EVEN'; narrow_range?: boolean; axis?: Int; ensure_minimum_range?: number}): {output: T; output_min: T; output_max: T};
  /** `(input: Treal, fft_length: int32) -> output: Tcomplex` */
  RFFT(inputs: {input: In; fft_length: In}, attrs?: {Treal?: OneOf7; Tcomplex?: OneOf6}): T;
  /** `(input: Treal, fft_length: int32) -> output: Tcomplex` */
  RFFT2D(inputs: {input: In; fft_length: In}, attrs?: {Treal?: OneOf7; Tcomplex?: OneOf6}): T;
  /** `(input: Treal, fft_length: int32) -> output: Tcomplex` */
  RFFT3D(inputs: {input: In; fft_length: In}, attrs?: {Treal?: OneOf7; Tcomplex?: OneOf6}): T;
  /** `(images: T) -> output: T` */
  RGBToHSV(inputs: {images: In}, attrs?: {T?: OneOf11}): T;
  /** `(splits: int64, values: Tidx, size: Tidx, weights: T) -> output: T` */
  RaggedBincount(inputs: {splits: In; values: In; size: In; weights: In}, attrs?: {Tidx?: OneOf5; T?: OneOf15; binary_output?: boolean}): T;
  /** `(splits: int64, values: T, weights: output_type) -> output_indices: int64, output_values: output_type, output_dense_shape: int64` */
  RaggedCountSparseOutput(inputs: {splits: In; values: In; weights: In}, attrs: {T?: OneOf5; minlength?: Int; maxlength?: Int; binary_output: boolean; output_type?: OneOf15}): {output_indices: T; output_values: T; output_dense_shape: T};
  /** `(ragged_values: ragged_values_types, ragged_row_splits: ragged_splits_types, sparse_indices: Nsparse * int64, sparse_values: sparse_values_types, sparse_shape: Nsparse * int64, dense_inputs: dense_types) -> output_values: out_values_type, output_row_splits: out_row_splits_type` */
  RaggedCross(inputs: {ragged_values: readonly In[]; ragged_row_splits: readonly In[]; sparse_indices: readonly In[]; sparse_values: readonly In[]; sparse_shape: readonly In[]; dense_inputs: readonly In[]}, attrs: {input_order: Bytes; hashed_output: boolean; num_buckets: Int; hash_key: Int; ragged_values_types?: readonly OneOf45[]; ragged_splits_types?: readonly OneOf5[]; sparse_values_types?: readonly OneOf45[]; dense_types?: readonly OneOf45[]; out_values_type: OneOf45; out_row_splits_type: OneOf5}): {output_values: T; output_row_splits: T};
  /** `(value_rowids: int64, values: T, nrows: int64, default_value: T) -> output_value_rowids: int64, output_values: T, empty_row_indicator: bool, reverse_index_map: int64` */
  RaggedFillEmptyRows(inputs: {value_rowids: In; values: In; nrows: In; default_value: In}, attrs?: {T?: DType}): {output_value_rowids: T; output_values: T; empty_row_indicator: T; reverse_index_map: T};
  /** `(reverse_index_map: int64, grad_values: T) -> d_values: T, d_default_value: T` */
  RaggedFillEmptyRowsGrad(inputs: {reverse_index_map: In; grad_values: In}, attrs?: {T?: DType}): {d_values: T; d_default_value: T};
  /** `(params_nested_splits: PARAMS_RAGGED_RANK * Tsplits, params_dense_values: Tvalues, indices: Tindices) -> output_nested_splits: OUTPUT_RAGGED_RANK * Tsplits, output_dense_values: Tvalues` */
  RaggedGather(inputs: {params_nested_splits: readonly In[]; params_dense_values: In; indices: In}, attrs: {Tvalues?: DType; Tindices?: OneOf5; Tsplits?: OneOf5; OUTPUT_RAGGED_RANK: Int}): {output_nested_splits: T[]; output_dense_values: T};
  /** `(starts: T, limits: T, deltas: T) -> rt_nested_splits: Tsplits, rt_dense_values: T` */
  RaggedRange(inputs: {starts: In; limits: In; deltas: In}, attrs?: {T?: 'bfloat16' | 'float32' | 'float64' | 'int32' | 'int64'; Tsplits?: OneOf5}): {rt_nested_splits: T; rt_dense_values: T};
  /** `(encoded_ragged: variant) -> output_nested_splits: output_ragged_rank * Tsplits, output_dense_values: Tvalues` */
  RaggedTensorFromVariant(inputs: {encoded_ragged: RawTensor}, attrs: {input_ragged_rank: Int; output_ragged_rank: Int; Tvalues: DType; Tsplits?: OneOf5}): {output_nested_splits: T[]; output_dense_values: T};
  /** `(rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: T) -> sparse_indices: int64, sparse_values: T, sparse_dense_shape: int64` */
  RaggedTensorToSparse(inputs: {rt_nested_splits: readonly In[]; rt_dense_values: In}, attrs?: {T?: DType; Tsplits?: OneOf5}): {sparse_indices: T; sparse_values: T; sparse_dense_shape: T};
  /** `(shape: Tshape, values: T, default_value: T, row_partition_tensors: num_row_partition_tensors * Tindex) -> result: T` */
  RaggedTensorToTensor(inputs: {shape: In; values: In; default_value: In; row_partition_tensors: readonly In[]}, attrs: {T?: DType; Tindex?: OneOf5; Tshape?: OneOf5; row_partition_types: readonly Bytes[]}): T;
  /** `(rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: Tvalues) -> encoded_ragged: variant` */
  RaggedTensorToVariant(inputs: {rt_nested_splits: readonly In[]; rt_dense_values: In}, attrs: {Tvalues?: DType; Tsplits?: OneOf5; batched_input: boolean}): RawTensor;
  /** `(encoded_ragged_grad: variant, row_splits: Tsplits, dense_values_shape: int32) -> dense_values_grad: Tvalues` */
  RaggedTensorToVariantGradient(inputs: {encoded_ragged_grad: RawTensor; row_splits: In; dense_values_shape: In}, attrs: {Tvalues: DType; Tsplits?: OneOf5}): T;
  /** `(shape: S, alpha: T) -> output: T` */
  RandomGamma(inputs: {shape: In; alpha: In}, attrs?: {seed?: Int; seed2?: Int; S?: OneOf5; T?: OneOf21}): T;
  /** `(shape: S, rate: dtype) -> output: dtype` */
  RandomPoisson(inputs: {shape: In; rate: In}, attrs?: {seed?: Int; seed2?: Int; S?: OneOf5; dtype?: OneOf21}): T;
  /** `(shape: S, rate: R) -> output: dtype` */
  RandomPoissonV2(inputs: {shape: In; rate: In}, attrs?: {seed?: Int; seed2?: Int; S?: OneOf5; R?: OneOf46; dtype?: OneOf46}): T;
  /** `(value: T) -> output: T` */
  RandomShuffle(inputs: {value: In}, attrs?: {seed?: Int; seed2?: Int; T?: DType}): T;
  /** `(shape: T) -> output: dtype` */
  RandomStandardNormal(inputs: {shape: In}, attrs: {seed?: Int; seed2?: Int; dtype: OneOf11; T?: OneOf5}): T;
  /** `(shape: T) -> output: dtype` */
  RandomUniform(inputs: {shape: In}, attrs: {seed?: Int; seed2?: Int; dtype: OneOf11; T?: OneOf5}): T;
  /** `(shape: T, minval: Tout, maxval: Tout) -> output: Tout` */
  RandomUniformInt(inputs: {shape: In; minval: In; maxval: In}, attrs?: {seed?: Int; seed2?: Int; Tout?: OneOf5; T?: OneOf5}): T;
  /** `(start: Tidx, limit: Tidx, delta: Tidx) -> output: Tidx` */
  Range(inputs: {start: In; limit: In; delta: In}, attrs?: {Tidx?: 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint32'}): T;
  /** `(input: T) -> output: int32` */
  Rank(inputs: {input: In}, attrs?: {T?: DType}): T;
  /** `(filename: string) -> contents: string` */
  ReadFile(inputs: {filename: In}): T;
  /** `(resource: resource) -> value: dtype` */
  ReadVariableOp(inputs: {resource: Handle}, attrs: {dtype: DType}): T;
  /** `(input: T) -> output: Tout` */
  Real(inputs: {input: In}, attrs?: {T?: OneOf6; Tout?: OneOf7}): T;
  /** `(x: T, y: T) -> z: T` */
  RealDiv(inputs: {x: In; y: In}, attrs?: {T?: OneOf3}): T;
  /** `(x: T) -> y: T` */
  Reciprocal(inputs: {x: In}, attrs?: {T?: OneOf38}): T;
  /** `(y: T, dy: T) -> z: T` */
  ReciprocalGrad(inputs: {y: In; dy: In}, attrs?: {T?: OneOf2}): T;
  /** `(inputs: string, reduction_indices: int32) -> output: string` */
  ReduceJoin(inputs: {inputs: In; reduction_indices: In}, attrs?: {keep_dims?: boolean; separator?: Bytes}): T;
  /** `(input: string, pattern: string) -> output: bool` */
  RegexFullMatch(inputs: {input: In; pattern: In}): T;
  /** `(input: string, pattern: string, rewrite: string) -> output: string` */
  RegexReplace(inputs: {input: In; pattern: In; rewrite: In}, attrs?: {replace_global?: boolean}): T;
  /** `(input: string, delim_regex_pattern: string, keep_delim_regex_pattern: string) -> tokens: string, begin_offsets: int64, end_offsets: int64, row_splits: int64` */
  RegexSplitWithOffsets(inputs: {input: In; delim_regex_pattern: In; keep_delim_regex_pattern: In}): {tokens: T; begin_offsets: T; end_offsets: T; row_splits: T};
  /** `(features: T) -> activations: T` */
  Relu(inputs: {features: In}, attrs?: {T?: 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'qint8' | 'uint16' | 'uint32' | 'uint64' | 'uint8'}): T;
  /** `(features: T) -> activations: T` */
  Relu6(inputs: {features: In}, attrs?: {T?: OneOf22}): T;
  /** `(gradients: T, features: T) -> backprops: T` */
  Relu6Grad(inputs: {gradients: In; features: In}, attrs?: {T?: OneOf22}): T;
  /** `(gradients: T, features: T) -> backprops: T` */
  ReluGrad(inputs: {gradients: In; features: In}, attrs?: {T?: OneOf22}): T;
  /** `(tensor: T, shape: Tshape) -> output: T` */
  Reshape(inputs: {tensor: In; shape: In}, attrs?: {T?: DType; Tshape?: OneOf5}): T;
  /** `(images: T, size: int32) -> resized_images: float32` */
  ResizeArea(inputs: {images: In; size: In}, attrs?: {T?: OneOf26; align_corners?: boolean}): T;
  /** `(images: T, size: int32) -> resized_images: float32` */
  ResizeBicubic(inputs: {images: In; size: In}, attrs?: {T?: OneOf26; align_corners?: boolean; half_pixel_centers?: boolean}): T;
  /** `(grads: float32, original_image: T) -> output: T` */
  ResizeBicubicGrad(inputs: {grads: In; original_image: In}, attrs?: {T?: OneOf7; align_corners?: boolean; half_pixel_centers?: boolean}): T;
  /** `(images: T, size: int32) -> resized_images: float32` */
  ResizeBilinear(inputs: {images: In; size: In}, attrs?: {T?: 'bfloat16' | 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint8'; align_corners?: boolean; half_pixel_centers?: boolean}): T;
  /** `(grads: float32, original_image: T) -> output: T` */
  ResizeBilinearGrad(inputs: {grads: In; original_image: In}, attrs?: {T?: OneOf11; align_corners?: boolean; half_pixel_centers?: boolean}): T;
  /** `(images: T, size: int32) -> resized_images: T` */
  ResizeNearestNeighbor(inputs: {images: In; size: In}, attrs?: {T?: OneOf26; align_corners?: boolean; half_pixel_centers?: boolean}): T;
  /** `(grads: T, size: int32) -> output: T` */
  ResizeNearestNeighborGrad(inputs: {grads: In; size: In}, attrs?: {T?: 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int32' | 'int8' | 'uint8'; align_corners?: boolean; half_pixel_centers?: boolean}): T;
  /** `(var: resource, m: resource, v: resource, beta1_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T) -> nothing` */
  ResourceApplyAdaMax(inputs: {var: Handle; m: Handle; v: Handle; beta1_power: In; lr: In; beta1: In; beta2: In; epsilon: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(var: resource, accum: resource, accum_update: resource, lr: T, rho: T, epsilon: T, grad: T) -> nothing` */
  ResourceApplyAdadelta(inputs: {var: Handle; accum: Handle; accum_update: Handle; lr: In; rho: In; epsilon: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(var: resource, accum: resource, lr: T, grad: T) -> nothing` */
  ResourceApplyAdagrad(inputs: {var: Handle; accum: Handle; lr: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean; update_slots?: boolean}): void;
  /** `(var: resource, accum: resource, lr: T, epsilon: T, grad: T) -> nothing` */
  ResourceApplyAdagradV2(inputs: {var: Handle; accum: Handle; lr: In; epsilon: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean; update_slots?: boolean}): void;
  /** `(var: resource, m: resource, v: resource, beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T) -> nothing` */
  ResourceApplyAdam(inputs: {var: Handle; m: Handle; v: Handle; beta1_power: In; beta2_power: In; lr: In; beta1: In; beta2: In; epsilon: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean; use_nesterov?: boolean}): void;
  /** `(var: resource, m: resource, v: resource, vhat: resource, beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T) -> nothing` */
  ResourceApplyAdamWithAmsgrad(inputs: {var: Handle; m: Handle; v: Handle; vhat: Handle; beta1_power: In; beta2_power: In; lr: In; beta1: In; beta2: In; epsilon: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(var: resource, m: resource, lr: T, alpha: T, sign_decay: T, beta: T, grad: T) -> nothing` */
  ResourceApplyAddSign(inputs: {var: Handle; m: Handle; lr: In; alpha: In; sign_decay: In; beta: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(var: resource, mg: resource, ms: resource, mom: resource, lr: T, rho: T, momentum: T, epsilon: T, grad: T) -> nothing` */
  ResourceApplyCenteredRMSProp(inputs: {var: Handle; mg: Handle; ms: Handle; mom: Handle; lr: In; rho: In; momentum: In; epsilon: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(var: resource, accum: resource, linear: resource, grad: T, lr: T, l1: T, l2: T, lr_power: T) -> nothing` */
  ResourceApplyFtrl(inputs: {var: Handle; accum: Handle; linear: Handle; grad: In; lr: In; l1: In; l2: In; lr_power: In}, attrs?: {T?: OneOf1; use_locking?: boolean; multiply_linear_by_lr?: boolean}): void;
  /** `(var: resource, accum: resource, linear: resource, grad: T, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T) -> nothing` */
  ResourceApplyFtrlV2(inputs: {var: Handle; accum: Handle; linear: Handle; grad: In; lr: In; l1: In; l2: In; l2_shrinkage: In; lr_power: In}, attrs?: {T?: OneOf1; use_locking?: boolean; multiply_linear_by_lr?: boolean}): void;
  /** `(var: resource, alpha: T, delta: T) -> nothing` */
  ResourceApplyGradientDescent(inputs: {var: Handle; alpha: In; delta: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(var: resource, accum: resource, lr: T, grad: T, momentum: T) -> nothing` */
  ResourceApplyKerasMomentum(inputs: {var: Handle; accum: Handle; lr: In; grad: In; momentum: In}, attrs?: {T?: OneOf1; use_locking?: boolean; use_nesterov?: boolean}): void;
  /** `(var: resource, accum: resource, lr: T, grad: T, momentum: T) -> nothing` */
  ResourceApplyMomentum(inputs: {var: Handle; accum: Handle; lr: In; grad: In; momentum: In}, attrs?: {T?: OneOf1; use_locking?: boolean; use_nesterov?: boolean}): void;
  /** `(var: resource, m: resource, lr: T, logbase: T, sign_decay: T, beta: T, grad: T) -> nothing` */
  ResourceApplyPowerSign(inputs: {var: Handle; m: Handle; lr: In; logbase: In; sign_decay: In; beta: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(var: resource, ms: resource, mom: resource, lr: T, rho: T, momentum: T, epsilon: T, grad: T) -> nothing` */
  ResourceApplyRMSProp(inputs: {var: Handle; ms: Handle; mom: Handle; lr: In; rho: In; momentum: In; epsilon: In; grad: In}, attrs?: {T?: OneOf1; use_locking?: boolean}): void;
  /** `(resource: resource, indices: Tindices) -> output: dtype` */
  ResourceGather(inputs: {resource: Handle; indices: In}, attrs: {batch_dims?: Int; validate_indices?: boolean; dtype: DType; Tindices?: OneOf5}): T;
  /** `(resource: resource, indices: Tindices) -> output: dtype` */
  ResourceGatherNd(inputs: {resource: Handle; indices: In}, attrs: {dtype: DType; Tindices?: OneOf5}): T;
  /** `(resource: resource, indices: Tindices, updates: dtype) -> nothing` */
  ResourceScatterAdd(inputs: {resource: Handle; indices: In; updates: In}, attrs?: {dtype?: OneOf1; Tindices?: OneOf5}): void;
  /** `(resource: resource, indices: Tindices, updates: dtype) -> nothing` */
  ResourceScatterMax(inputs: {resource: Handle; indices: In; updates: In}, attrs?: {dtype?: OneOf1; Tindices?: OneOf5}): void;
  /** `(resource: resource, indices: Tindices, updates: dtype) -> nothing` */
  ResourceScatterMin(inputs: {resource: Handle; indices: In; updates: In}, attrs?: {dtype?: OneOf1; Tindices?: OneOf5}): void;
  /** `(ref: resource, indices: Tindices, updates: T) -> nothing` */
  ResourceScatterNdAdd(inputs: {ref: Handle; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5; use_locking?: boolean}): void;
  /** `(ref: resource, indices: Tindices, updates: T) -> nothing` */
  ResourceScatterNdMax(inputs: {ref: Handle; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5; use_locking?: boolean}): void;
  /** `(ref: resource, indices: Tindices, updates: T) -> nothing` */
  ResourceScatterNdMin(inputs: {ref: Handle; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5; use_locking?: boolean}): void;
  /** `(ref: resource, indices: Tindices, updates: T) -> nothing` */
  ResourceScatterNdSub(inputs: {ref: Handle; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5; use_locking?: boolean}): void;
  /** `(ref: resource, indices: Tindices, updates: T) -> nothing` */
  ResourceScatterNdUpdate(inputs: {ref: Handle; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5; use_locking?: boolean}): void;
  /** `(resource: resource, indices: Tindices, updates: dtype) -> nothing` */
  ResourceScatterSub(inputs: {resource: Handle; indices: In; updates: In}, attrs?: {dtype?: OneOf1; Tindices?: OneOf5}): void;
  /** `(resource: resource, indices: Tindices, updates: dtype) -> nothing` */
  ResourceScatterUpdate(inputs: {resource: Handle; indices: In; updates: In}, attrs?: {dtype?: DType; Tindices?: OneOf5}): void;
  /** `(prefix: string, tensor_names: string, shape_and_slices: string) -> tensors: dtypes` */
  RestoreV2(inputs: {prefix: In; tensor_names: In; shape_and_slices: In}, attrs: {dtypes: readonly DType[]}): T[];
  /** `(tensor: T, dims: bool) -> output: T` */
  Reverse(inputs: {tensor: In; dims: In}, attrs?: {T?: OneOf47}): T;
  /** `(input: T, seq_lengths: Tlen) -> output: T` */
  ReverseSequence(inputs: {input: In; seq_lengths: In}, attrs: {seq_dim: Int; batch_dim?: Int; T?: DType; Tlen?: OneOf5}): T;
  /** `(tensor: T, axis: Tidx) -> output: T` */
  ReverseV2(inputs: {tensor: In; axis: In}, attrs?: {Tidx?: OneOf5; T?: OneOf47}): T;
  /** `(x: T, y: T) -> z: T` */
  RightShift(inputs: {x: In; y: In}, attrs?: {T?: OneOf16}): T;
  /** `(x: T) -> y: T` */
  Rint(inputs: {x: In}, attrs?: {T?: OneOf11}): T;
  /** `(resource: resource, alg: int32, delta: uint64) -> value: int64` */
  RngReadAndSkip(inputs: {resource: Handle; alg: In; delta: In}): T;
  /** `(resource: resource, algorithm: int64, delta: int64) -> nothing` */
  RngSkip(inputs: {resource: Handle; algorithm: In; delta: In}): void;
  /** `(input: T, shift: Tshift, axis: Taxis) -> output: T` */
  Roll(inputs: {input: In; shift: In; axis: In}, attrs?: {T?: DType; Tshift?: OneOf5; Taxis?: OneOf5}): T;
  /** `(x: T) -> y: T` */
  Round(inputs: {x: In}, attrs?: {T?: OneOf38}): T;
  /** `(x: T) -> y: T` */
  Rsqrt(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(y: T, dy: T) -> z: T` */
  RsqrtGrad(inputs: {y: In; dy: In}, attrs?: {T?: OneOf2}): T;
  /** `(tags: string, values: T) -> summary: string` */
  ScalarSummary(inputs: {tags: In; values: In}, attrs?: {T?: OneOf22}): T;
  /** `(images: T, size: int32, scale: float32, translation: float32) -> resized_images: float32` */
  ScaleAndTranslate(inputs: {images: In; size: In; scale: In; translation: In}, attrs?: {T?: OneOf26; kernel_type?: Bytes; antialias?: boolean}): T;
  /** `(grads: T, original_image: T, scale: float32, translation: float32) -> output: T` */
  ScaleAndTranslateGrad(inputs: {grads: In; original_image: In; scale: In; translation: In}, attrs?: {T?: 'float32'; kernel_type?: Bytes; antialias?: boolean}): T;
  /** `(indices: Tindices, updates: T, shape: Tindices) -> output: T` */
  ScatterNd(inputs: {indices: In; updates: In; shape: In}, attrs?: {T?: DType; Tindices?: OneOf9}): T;
  /** `(input: T, indices: Tindices, updates: T) -> output: T` */
  ScatterNdNonAliasingAdd(inputs: {input: In; indices: In; updates: In}, attrs?: {T?: OneOf48; Tindices?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices) -> output: T` */
  SegmentMax(inputs: {data: In; segment_ids: In}, attrs?: {T?: OneOf22; Tindices?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices) -> output: T` */
  SegmentMean(inputs: {data: In; segment_ids: In}, attrs?: {T?: OneOf1; Tindices?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices) -> output: T` */
  SegmentMin(inputs: {data: In; segment_ids: In}, attrs?: {T?: OneOf22; Tindices?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices) -> output: T` */
  SegmentProd(inputs: {data: In; segment_ids: In}, attrs?: {T?: OneOf1; Tindices?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices) -> output: T` */
  SegmentSum(inputs: {data: In; segment_ids: In}, attrs?: {T?: OneOf1; Tindices?: OneOf5}): T;
  /** `(condition: bool, x: T, y: T) -> output: T` */
  Select(inputs: {condition: In; x: In; y: In}, attrs?: {T?: DType}): T;
  /** `(condition: bool, t: T, e: T) -> output: T` */
  SelectV2(inputs: {condition: In; t: In; e: In}, attrs?: {T?: DType}): T;
  /** `(input: T) -> e: T, v: T` */
  SelfAdjointEigV2(inputs: {input: In}, attrs?: {compute_v?: boolean; T?: OneOf17}): {e: T; v: T};
  /** `(features: T) -> activations: T` */
  Selu(inputs: {features: In}, attrs?: {T?: OneOf11}): T;
  /** `(gradients: T, outputs: T) -> backprops: T` */
  SeluGrad(inputs: {gradients: In; outputs: In}, attrs?: {T?: OneOf11}): T;
  /** `(sp_handle: resource, input_values: T, input_splits: Tsplits, add_bos: bool, add_eos: bool, reverse: bool) -> output: string` */
  SentencepieceDetokenizeOp(inputs: {sp_handle: Handle; input_values: In; input_splits: In; add_bos: In; add_eos: In; reverse: In}, attrs?: {T?: OneOf49; Tsplits?: OneOf5}): T;
  /** `(sp_handle: resource, input: int32) -> values: string` */
  SentencepieceIdToStringOp(inputs: {sp_handle: Handle; input: In}): T;
  /** `() -> handle: resource` */
  SentencepieceOp(inputs?: None, attrs?: {model?: Bytes; container?: Bytes; shared_name?: Bytes; use_node_name_sharing?: boolean}): RawTensor;
  /** `(sp_handle: resource, input: string) -> values: int32` */
  SentencepieceStringToIdOp(inputs: {sp_handle: Handle; input: In}): T;
  /** `(sp_handle: resource, input: string, nbest_size: int32, alpha: float32, add_bos: bool, add_eos: bool, reverse: bool) -> output_values: out_type, output_splits: Tsplits` */
  SentencepieceTokenizeOp(inputs: {sp_handle: Handle; input: In; nbest_size: In; alpha: In; add_bos: In; add_eos: In; reverse: In}, attrs?: {out_type?: OneOf49; Tsplits?: OneOf5; return_nbest?: boolean}): {output_values: T; output_splits: T};
  /** `(sp_handle: resource, input: string, nbest_size: int32, alpha: float32, add_bos: bool, add_eos: bool, reverse: bool) -> output_values: out_type, output_splits: Tsplits, output_offset_starts: int64, output_offset_limits: int64` */
  SentencepieceTokenizeWithOffsetsOp(inputs: {sp_handle: Handle; input: In; nbest_size: In; alpha: In; add_bos: In; add_eos: In; reverse: In}, attrs?: {out_type?: OneOf49; Tsplits?: OneOf5; return_nbest?: boolean}): {output_values: T; output_splits: T; output_offset_starts: T; output_offset_limits: T};
  /** `(sp_handle: resource) -> vocab_size: int32` */
  SentencepieceVocabSizeOp(inputs: {sp_handle: Handle}): T;
  /** `(sparse_indices: int64, sparse_values: T, sparse_shape: int64) -> serialized_sparse: out_type` */
  SerializeManySparse(inputs: {sparse_indices: In; sparse_values: In; sparse_shape: In}, attrs?: {T?: DType; out_type?: OneOf32}): T;
  /** `(sparse_indices: int64, sparse_values: T, sparse_shape: int64) -> serialized_sparse: out_type` */
  SerializeSparse(inputs: {sparse_indices: In; sparse_values: In; sparse_shape: In}, attrs?: {T?: DType; out_type?: OneOf32}): T;
  /** `(tensor: T) -> serialized: string` */
  SerializeTensor(inputs: {tensor: In}, attrs?: {T?: DType}): T;
  /** `(set_indices: int64, set_values: T, set_shape: int64) -> size: int32` */
  SetSize(inputs: {set_indices: In; set_values: In; set_shape: In}, attrs?: {validate_indices?: boolean; T?: OneOf27}): T;
  /** `(input: T) -> output: out_type` */
  Shape(inputs: {input: In}, attrs?: {T?: DType; out_type?: OneOf5}): T;
  /** `(input: N * T) -> output: N * out_type` */
  ShapeN(inputs: {input: readonly In[]}, attrs?: {T?: DType; out_type?: OneOf5}): T[];
  /** `(basename: string, shard: int32, num_shards: int32) -> filename: string` */
  ShardedFilename(inputs: {basename: In; shard: In; num_shards: In}): T;
  /** `(basename: string, num_shards: int32) -> filename: string` */
  ShardedFilespec(inputs: {basename: In; num_shards: In}): T;
  /** `(x: T) -> y: T` */
  Sigmoid(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(y: T, dy: T) -> z: T` */
  SigmoidGrad(inputs: {y: In; dy: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Sign(inputs: {x: In}, attrs?: {T?: OneOf38}): T;
  /** `(x: T) -> y: T` */
  Sin(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Sinh(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(input: T) -> output: out_type` */
  Size(inputs: {input: In}, attrs?: {T?: DType; out_type?: OneOf5}): T;
  /** `(input: T, begin: Index, size: Index) -> output: T` */
  Slice(inputs: {input: In; begin: In; size: In}, attrs?: {T?: DType; Index?: OneOf5}): T;
  /** `(input: T) -> output: T` */
  Snapshot(inputs: {input: In}, attrs?: {T?: DType}): T;
  /** `(logits: T) -> softmax: T` */
  Softmax(inputs: {logits: In}, attrs?: {T?: OneOf11}): T;
  /** `(features: T, labels: T) -> loss: T, backprop: T` */
  SoftmaxCrossEntropyWithLogits(inputs: {features: In; labels: In}, attrs?: {T?: OneOf11}): {loss: T; backprop: T};
  /** `(features: T) -> activations: T` */
  Softplus(inputs: {features: In}, attrs?: {T?: OneOf11}): T;
  /** `(gradients: T, features: T) -> backprops: T` */
  SoftplusGrad(inputs: {gradients: In; features: In}, attrs?: {T?: OneOf11}): T;
  /** `(features: T) -> activations: T` */
  Softsign(inputs: {features: In}, attrs?: {T?: OneOf11}): T;
  /** `(gradients: T, features: T) -> backprops: T` */
  SoftsignGrad(inputs: {gradients: In; features: In}, attrs?: {T?: OneOf11}): T;
  /** `(input: T, paddings: Tpaddings) -> output: T` */
  SpaceToBatch(inputs: {input: In; paddings: In}, attrs: {T?: DType; Tpaddings?: OneOf5; block_size: Int}): T;
  /** `(input: T, block_shape: Tblock_shape, paddings: Tpaddings) -> output: T` */
  SpaceToBatchND(inputs: {input: In; block_shape: In; paddings: In}, attrs?: {T?: DType; Tblock_shape?: OneOf5; Tpaddings?: OneOf5}): T;
  /** `(input: T) -> output: T` */
  SpaceToDepth(inputs: {input: In}, attrs: {T?: DType; block_size: Int; data_format?: OneOf28}): T;
  /** `(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64, thresh: Treal) -> sum_indices: int64, sum_values: T, sum_shape: int64` */
  SparseAdd(inputs: {a_indices: In; a_values: In; a_shape: In; b_indices: In; b_values: In; b_shape: In; thresh: In}, attrs?: {T?: OneOf1; Treal?: OneOf22}): {sum_indices: T; sum_values: T; sum_shape: T};
  /** `(backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64) -> a_val_grad: T, b_val_grad: T` */
  SparseAddGrad(inputs: {backprop_val_grad: In; a_indices: In; b_indices: In; sum_indices: In}, attrs?: {T?: OneOf1}): {a_val_grad: T; b_val_grad: T};
  /** `(indices: int64, values: Tidx, dense_shape: int64, size: Tidx, weights: T) -> output: T` */
  SparseBincount(inputs: {indices: In; values: In; dense_shape: In; size: In; weights: In}, attrs?: {Tidx?: OneOf5; T?: OneOf15; binary_output?: boolean}): T;
  /** `(indices: N * int64, values: N * T, shapes: N * int64) -> output_indices: int64, output_values: T, output_shape: int64` */
  SparseConcat(inputs: {indices: readonly In[]; values: readonly In[]; shapes: readonly In[]}, attrs: {concat_dim: Int; T?: DType}): {output_indices: T; output_values: T; output_shape: T};
  /** `(indices: int64, values: T, dense_shape: int64, weights: output_type) -> output_indices: int64, output_values: output_type, output_dense_shape: int64` */
  SparseCountSparseOutput(inputs: {indices: In; values: In; dense_shape: In; weights: In}, attrs: {T?: OneOf5; minlength?: Int; maxlength?: Int; binary_output: boolean; output_type?: OneOf15}): {output_indices: T; output_values: T; output_dense_shape: T};
  /** `(indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types) -> output_indices: int64, output_values: out_type, output_shape: int64` */
  SparseCross(inputs: {indices: readonly In[]; values: readonly In[]; shapes: readonly In[]; dense_inputs: readonly In[]}, attrs: {hashed_output: boolean; num_buckets: Int; hash_key: Int; sparse_types?: readonly OneOf45[]; dense_types?: readonly OneOf45[]; out_type: OneOf45; internal_type: OneOf45}): {output_indices: T; output_values: T; output_shape: T};
  /** `(indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types, num_buckets: int64, strong_hash: bool, salt: int64) -> output_indices: int64, output_values: int64, output_shape: int64` */
  SparseCrossHashed(inputs: {indices: readonly In[]; values: readonly In[]; shapes: readonly In[]; dense_inputs: readonly In[]; num_buckets: In; strong_hash: In; salt: In}, attrs?: {sparse_types?: readonly OneOf45[]; dense_types?: readonly OneOf45[]}): {output_indices: T; output_values: T; output_shape: T};
  /** `(indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types, sep: string) -> output_indices: int64, output_values: string, output_shape: int64` */
  SparseCrossV2(inputs: {indices: readonly In[]; values: readonly In[]; shapes: readonly In[]; dense_inputs: readonly In[]; sep: In}, attrs?: {sparse_types?: readonly OneOf45[]; dense_types?: readonly OneOf45[]}): {output_indices: T; output_values: T; output_shape: T};
  /** `(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T` */
  SparseDenseCwiseAdd(inputs: {sp_indices: In; sp_values: In; sp_shape: In; dense: In}, attrs?: {T?: OneOf1}): T;
  /** `(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T` */
  SparseDenseCwiseDiv(inputs: {sp_indices: In; sp_values: In; sp_shape: In; dense: In}, attrs?: {T?: OneOf1}): T;
  /** `(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T` */
  SparseDenseCwiseMul(inputs: {sp_indices: In; sp_values: In; sp_shape: In; dense: In}, attrs?: {T?: OneOf1}): T;
  /** `(indices: int64, values: T, dense_shape: int64, default_value: T) -> output_indices: int64, output_values: T, empty_row_indicator: bool, reverse_index_map: int64` */
  SparseFillEmptyRows(inputs: {indices: In; values: In; dense_shape: In; default_value: In}, attrs?: {T?: DType}): {output_indices: T; output_values: T; empty_row_indicator: T; reverse_index_map: T};
  /** `(reverse_index_map: int64, grad_values: T) -> d_values: T, d_default_value: T` */
  SparseFillEmptyRowsGrad(inputs: {reverse_index_map: In; grad_values: In}, attrs?: {T?: DType}): {d_values: T; d_default_value: T};
  /** `(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> output: T` */
  SparseReduceMax(inputs: {input_indices: In; input_values: In; input_shape: In; reduction_axes: In}, attrs?: {keep_dims?: boolean; T?: OneOf22}): T;
  /** `(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> output_indices: int64, output_values: T, output_shape: int64` */
  SparseReduceMaxSparse(inputs: {input_indices: In; input_values: In; input_shape: In; reduction_axes: In}, attrs?: {keep_dims?: boolean; T?: OneOf22}): {output_indices: T; output_values: T; output_shape: T};
  /** `(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> output: T` */
  SparseReduceSum(inputs: {input_indices: In; input_values: In; input_shape: In; reduction_axes: In}, attrs?: {keep_dims?: boolean; T?: OneOf1}): T;
  /** `(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32) -> output_indices: int64, output_values: T, output_shape: int64` */
  SparseReduceSumSparse(inputs: {input_indices: In; input_values: In; input_shape: In; reduction_axes: In}, attrs?: {keep_dims?: boolean; T?: OneOf1}): {output_indices: T; output_values: T; output_shape: T};
  /** `(input_indices: int64, input_values: T, input_shape: int64) -> output_indices: int64, output_values: T` */
  SparseReorder(inputs: {input_indices: In; input_values: In; input_shape: In}, attrs?: {T?: DType}): {output_indices: T; output_values: T};
  /** `(input_indices: int64, input_shape: int64, new_shape: int64) -> output_indices: int64, output_shape: int64` */
  SparseReshape(inputs: {input_indices: In; input_shape: In; new_shape: In}): {output_indices: T; output_shape: T};
  /** `(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T` */
  SparseSegmentMean(inputs: {data: In; indices: In; segment_ids: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5; sparse_gradient?: boolean}): T;
  /** `(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T` */
  SparseSegmentMeanGrad(inputs: {grad: In; indices: In; segment_ids: In; output_dim0: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5}): T;
  /** `(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) -> output: T, sorted_unique_indices: Tidx` */
  SparseSegmentMeanGradV2(inputs: {grad: In; indices: In; segment_ids: In; dense_output_dim0: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5}): {output: T; sorted_unique_indices: T};
  /** `(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> output: T` */
  SparseSegmentMeanWithNumSegments(inputs: {data: In; indices: In; segment_ids: In; num_segments: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tnumsegments?: OneOf5; Tsegmentids?: OneOf5; sparse_gradient?: boolean}): T;
  /** `(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T` */
  SparseSegmentSqrtN(inputs: {data: In; indices: In; segment_ids: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5; sparse_gradient?: boolean}): T;
  /** `(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T` */
  SparseSegmentSqrtNGrad(inputs: {grad: In; indices: In; segment_ids: In; output_dim0: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5}): T;
  /** `(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) -> output: T, sorted_unique_indices: Tidx` */
  SparseSegmentSqrtNGradV2(inputs: {grad: In; indices: In; segment_ids: In; dense_output_dim0: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5}): {output: T; sorted_unique_indices: T};
  /** `(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> output: T` */
  SparseSegmentSqrtNWithNumSegments(inputs: {data: In; indices: In; segment_ids: In; num_segments: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tnumsegments?: OneOf5; Tsegmentids?: OneOf5; sparse_gradient?: boolean}): T;
  /** `(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T` */
  SparseSegmentSum(inputs: {data: In; indices: In; segment_ids: In}, attrs?: {T?: OneOf22; Tidx?: OneOf5; Tsegmentids?: OneOf5; sparse_gradient?: boolean}): T;
  /** `(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T` */
  SparseSegmentSumGrad(inputs: {grad: In; indices: In; segment_ids: In; output_dim0: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5}): T;
  /** `(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) -> output: T, sorted_unique_indices: Tidx` */
  SparseSegmentSumGradV2(inputs: {grad: In; indices: In; segment_ids: In; dense_output_dim0: In}, attrs?: {T?: OneOf11; Tidx?: OneOf5; Tsegmentids?: OneOf5}): {output: T; sorted_unique_indices: T};
  /** `(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> output: T` */
  SparseSegmentSumWithNumSegments(inputs: {data: In; indices: In; segment_ids: In; num_segments: In}, attrs?: {T?: OneOf22; Tidx?: OneOf5; Tnumsegments?: OneOf5; Tsegmentids?: OneOf5; sparse_gradient?: boolean}): T;
  /** `(indices: int64, values: T, shape: int64, start: int64, size: int64) -> output_indices: int64, output_values: T, output_shape: int64` */
  SparseSlice(inputs: {indices: In; values: In; shape: In; start: In; size: In}, attrs?: {T?: DType}): {output_indices: T; output_values: T; output_shape: T};
  /** `(backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64) -> val_grad: T` */
  SparseSliceGrad(inputs: {backprop_val_grad: In; input_indices: In; input_start: In; output_indices: In}, attrs?: {T?: OneOf1}): T;
  /** `(sp_indices: int64, sp_values: T, sp_shape: int64) -> output: T` */
  SparseSoftmax(inputs: {sp_indices: In; sp_values: In; sp_shape: In}, attrs?: {T?: OneOf21}): T;
  /** `(features: T, labels: Tlabels) -> loss: T, backprop: T` */
  SparseSoftmaxCrossEntropyWithLogits(inputs: {features: In; labels: In}, attrs?: {T?: OneOf11; Tlabels?: OneOf5}): {loss: T; backprop: T};
  /** `(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64) -> output_indices: int64, output_values: T` */
  SparseSparseMaximum(inputs: {a_indices: In; a_values: In; a_shape: In; b_indices: In; b_values: In; b_shape: In}, attrs?: {T?: OneOf22}): {output_indices: T; output_values: T};
  /** `(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64) -> output_indices: int64, output_values: T` */
  SparseSparseMinimum(inputs: {a_indices: In; a_values: In; a_shape: In; b_indices: In; b_values: In; b_shape: In}, attrs?: {T?: OneOf1}): {output_indices: T; output_values: T};
  /** `(split_dim: int64, indices: int64, values: T, shape: int64) -> output_indices: num_split * int64, output_values: num_split * T, output_shape: num_split * int64` */
  SparseSplit(inputs: {split_dim: In; indices: In; values: In; shape: In}, attrs: {num_split: Int; T?: DType}): {output_indices: T[]; output_values: T[]; output_shape: T[]};
  /** `(a_indices: Tindices, a_values: T, a_shape: Tindices, b: T) -> output: T` */
  SparseTensorDenseAdd(inputs: {a_indices: In; a_values: In; a_shape: In; b: In}, attrs?: {T?: OneOf1; Tindices?: OneOf5}): T;
  /** `(a_indices: Tindices, a_values: T, a_shape: int64, b: T) -> product: T` */
  SparseTensorDenseMatMul(inputs: {a_indices: In; a_values: In; a_shape: In; b: In}, attrs?: {T?: DType; Tindices?: OneOf5; adjoint_a?: boolean; adjoint_b?: boolean}): T;
  /** `(sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T) -> dense: T` */
  SparseToDense(inputs: {sparse_indices: In; output_shape: In; sparse_values: In; default_value: In}, attrs?: {validate_indices?: boolean; T?: DType; Tindices?: OneOf5}): T;
  /** `(set1_indices: int64, set1_values: T, set1_shape: int64, set2_indices: int64, set2_values: T, set2_shape: int64) -> result_indices: int64, result_values: T, result_shape: int64` */
  SparseToSparseSetOperation(inputs: {set1_indices: In; set1_values: In; set1_shape: In; set2_indices: In; set2_values: In; set2_shape: In}, attrs: {set_operation: Bytes; validate_indices?: boolean; T?: OneOf27}): {result_indices: T; result_values: T; result_shape: T};
  /** `(axis: int32, value: T) -> output: num_split * T` */
  Split(inputs: {axis: In; value: In}, attrs: {num_split: Int; T?: DType}): T[];
  /** `(value: T, size_splits: Tlen, axis: int32) -> output: num_split * T` */
  SplitV(inputs: {value: In; size_splits: In; axis: In}, attrs: {num_split: Int; T?: DType; Tlen?: 'int32' | 'int64' | 'int8'}): T[];
  /** `(x: T) -> y: T` */
  Sqrt(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(y: T, dy: T) -> z: T` */
  SqrtGrad(inputs: {y: In; dy: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Square(inputs: {x: In}, attrs?: {T?: OneOf3}): T;
  /** `(x: T, y: T) -> z: T` */
  SquaredDifference(inputs: {x: In; y: In}, attrs?: {T?: OneOf13}): T;
  /** `(input: T) -> output: T` */
  Squeeze(inputs: {input: In}, attrs?: {T?: DType; axis?: readonly Int[]}): T;
  /** `(handle: resource) -> nothing` */
  StackCloseV2(inputs: {handle: Handle}): void;
  /** `(handle: resource) -> elem: elem_type` */
  StackPopV2(inputs: {handle: Handle}, attrs: {elem_type: DType}): T;
  /** `(handle: resource, elem: T) -> output: T` */
  StackPushV2(inputs: {handle: Handle; elem: In}, attrs?: {T?: DType; swap_memory?: boolean}): T;
  /** `(max_size: int32) -> handle: resource` */
  StackV2(inputs: {max_size: In}, attrs: {elem_type: DType; stack_name?: Bytes}): RawTensor;
  /** `(resource: resource, algorithm: int64, shape: shape_dtype) -> output: dtype` */
  StatefulStandardNormalV2(inputs: {resource: Handle; algorithm: In; shape: In}, attrs?: {dtype?: DType; shape_dtype?: DType}): T;
  /** `(resource: resource, algorithm: int64, shape: shape_dtype) -> output: dtype` */
  StatefulTruncatedNormal(inputs: {resource: Handle; algorithm: In; shape: In}, attrs?: {dtype?: DType; shape_dtype?: DType}): T;
  /** `(resource: resource, algorithm: int64, shape: shape_dtype) -> output: dtype` */
  StatefulUniform(inputs: {resource: Handle; algorithm: In; shape: In}, attrs?: {dtype?: DType; shape_dtype?: DType}): T;
  /** `(resource: resource, algorithm: int64, shape: shape_dtype) -> output: dtype` */
  StatefulUniformFullInt(inputs: {resource: Handle; algorithm: In; shape: In}, attrs?: {dtype?: DType; shape_dtype?: DType}): T;
  /** `(resource: resource, algorithm: int64, shape: shape_dtype, minval: dtype, maxval: dtype) -> output: dtype` */
  StatefulUniformInt(inputs: {resource: Handle; algorithm: In; shape: In; minval: In; maxval: In}, attrs?: {dtype?: DType; shape_dtype?: DType}): T;
  /** `(logits: T, num_samples: int32, seed: Tseed) -> output: output_dtype` */
  StatelessMultinomial(inputs: {logits: In; num_samples: In; seed: In}, attrs?: {T?: OneOf22; Tseed?: OneOf5; output_dtype?: OneOf5}): T;
  /** `(shape: S, seed: Tseed, means: dtype, stddevs: dtype, minvals: dtype, maxvals: dtype) -> output: dtype` */
  StatelessParameterizedTruncatedNormal(inputs: {shape: In; seed: In; means: In; stddevs: In; minvals: In; maxvals: In}, attrs?: {S?: OneOf5; Tseed?: OneOf5; dtype?: OneOf21}): T;
  /** `(shape: T, seed: Tseed, alpha: dtype) -> output: dtype` */
  StatelessRandomGammaV2(inputs: {shape: In; seed: In; alpha: In}, attrs?: {dtype?: OneOf21; T?: OneOf5; Tseed?: OneOf5}): T;
  /** `(shape: shape_dtype, key: uint64, counter: uint64, alg: int32, alpha: dtype) -> output: dtype` */
  StatelessRandomGammaV3(inputs: {shape: In; key: In; counter: In; alg: In; alpha: In}, attrs?: {dtype?: OneOf21; shape_dtype?: OneOf5}): T;
  /** `() -> alg: int32` */
  StatelessRandomGetAlg(inputs?: None): T;
  /** `(seed: Tseed) -> key: uint64, counter: uint64` */
  StatelessRandomGetKeyCounter(inputs: {seed: In}, attrs?: {Tseed?: OneOf5}): {key: T; counter: T};
  /** `(seed: Tseed) -> key: uint64, counter: uint64, alg: int32` */
  StatelessRandomGetKeyCounterAlg(inputs: {seed: In}, attrs?: {Tseed?: OneOf5}): {key: T; counter: T; alg: T};
  /** `(shape: T, seed: Tseed) -> output: dtype` */
  StatelessRandomNormal(inputs: {shape: In; seed: In}, attrs?: {dtype?: OneOf11; T?: OneOf5; Tseed?: OneOf5}): T;
  /** `(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype` */
  StatelessRandomNormalV2(inputs: {shape: In; key: In; counter: In; alg: In}, attrs?: {dtype?: OneOf11; Tshape?: OneOf5}): T;
  /** `(shape: T, seed: Tseed, lam: Rtype) -> output: dtype` */
  StatelessRandomPoisson(inputs: {shape: In; seed: In; lam: In}, attrs: {Rtype?: OneOf46; dtype: OneOf46; T?: OneOf5; Tseed?: OneOf5}): T;
  /** `(shape: T, seed: Tseed) -> output: dtype` */
  StatelessRandomUniform(inputs: {shape: In; seed: In}, attrs?: {dtype?: OneOf11; T?: OneOf5; Tseed?: OneOf5}): T;
  /** `(shape: T, seed: Tseed) -> output: dtype` */
  StatelessRandomUniformFullInt(inputs: {shape: In; seed: In}, attrs?: {dtype?: OneOf50; T?: OneOf5; Tseed?: OneOf50}): T;
  /** `(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype` */
  StatelessRandomUniformFullIntV2(inputs: {shape: In; key: In; counter: In; alg: In}, attrs?: {dtype?: OneOf50; Tshape?: OneOf5}): T;
  /** `(shape: T, seed: Tseed, minval: dtype, maxval: dtype) -> output: dtype` */
  StatelessRandomUniformInt(inputs: {shape: In; seed: In; minval: In; maxval: In}, attrs?: {dtype?: OneOf5; T?: OneOf5; Tseed?: OneOf5}): T;
  /** `(shape: Tshape, key: uint64, counter: uint64, alg: int32, minval: dtype, maxval: dtype) -> output: dtype` */
  StatelessRandomUniformIntV2(inputs: {shape: In; key: In; counter: In; alg: In; minval: In; maxval: In}, attrs?: {dtype?: OneOf50; Tshape?: OneOf5}): T;
  /** `(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype` */
  StatelessRandomUniformV2(inputs: {shape: In; key: In; counter: In; alg: In}, attrs?: {dtype?: OneOf11; Tshape?: OneOf5}): T;
  /** `(shape: T, seed: Tseed) -> output: dtype` */
  StatelessTruncatedNormal(inputs: {shape: In; seed: In}, attrs?: {dtype?: OneOf11; T?: OneOf5; Tseed?: OneOf5}): T;
  /** `(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype` */
  StatelessTruncatedNormalV2(inputs: {shape: In; key: In; counter: In; alg: In}, attrs?: {dtype?: OneOf11; Tshape?: OneOf5}): T;
  /** `(input: string) -> output: bool` */
  StaticRegexFullMatch(inputs: {input: In}, attrs: {pattern: Bytes}): T;
  /** `(input: string) -> output: string` */
  StaticRegexReplace(inputs: {input: In}, attrs: {pattern: Bytes; rewrite: Bytes; replace_global?: boolean}): T;
  /** `(input: T) -> output: T` */
  StopGradient(inputs: {input: In}, attrs?: {T?: DType}): T;
  /** `(input: T, begin: Index, end: Index, strides: Index) -> output: T` */
  StridedSlice(inputs: {input: In; begin: In; end: In; strides: In}, attrs?: {T?: DType; Index?: OneOf9; begin_mask?: Int; end_mask?: Int; ellipsis_mask?: Int; new_axis_mask?: Int; shrink_axis_mask?: Int}): T;
  /** `(shape: Index, begin: Index, end: Index, strides: Index, dy: T) -> output: T` */
  StridedSliceGrad(inputs: {shape: In; begin: In; end: In; strides: In; dy: In}, attrs?: {T?: DType; Index?: OneOf5; begin_mask?: Int; end_mask?: Int; ellipsis_mask?: Int; new_axis_mask?: Int; shrink_axis_mask?: Int}): T;
  /** `(inputs: T) -> output: string` */
  StringFormat(inputs: {inputs: readonly In[]}, attrs?: {T?: readonly DType[]; template?: Bytes; placeholder?: Bytes; summarize?: Int}): T;
  /** `(inputs: N * string) -> output: string` */
  StringJoin(inputs: {inputs: readonly In[]}, attrs?: {separator?: Bytes}): T;
  /** `(input: string) -> output: int32` */
  StringLength(inputs: {input: In}, attrs?: {unit?: OneOf51}): T;
  /** `(input: string) -> output: string` */
  StringLower(inputs: {input: In}, attrs?: {encoding?: Bytes}): T;
  /** `(data: string, data_splits: Tsplits) -> ngrams: string, ngrams_splits: Tsplits` */
  StringNGrams(inputs: {data: In; data_splits: In}, attrs: {separator: Bytes; ngram_widths: readonly Int[]; left_pad: Bytes; right_pad: Bytes; pad_width: Int; preserve_short_sequences: boolean; Tsplits?: OneOf5}): {ngrams: T; ngrams_splits: T};
  /** `(input: string, delimiter: string) -> indices: int64, values: string, shape: int64` */
  StringSplit(inputs: {input: In; delimiter: In}, attrs?: {skip_empty?: boolean}): {indices: T; values: T; shape: T};
  /** `(input: string, sep: string) -> indices: int64, values: string, shape: int64` */
  StringSplitV2(inputs: {input: In; sep: In}, attrs?: {maxsplit?: Int}): {indices: T; values: T; shape: T};
  /** `(input: string) -> output: string` */
  StringStrip(inputs: {input: In}): T;
  /** `(string_tensor: string) -> output: int64` */
  StringToHashBucket(inputs: {string_tensor: In}, attrs: {num_buckets: Int}): T;
  /** `(input: string) -> output: int64` */
  StringToHashBucketFast(inputs: {input: In}, attrs: {num_buckets: Int}): T;
  /** `(input: string) -> output: int64` */
  StringToHashBucketStrong(inputs: {input: In}, attrs: {num_buckets: Int; key: readonly Int[]}): T;
  /** `(string_tensor: string) -> output: out_type` */
  StringToNumber(inputs: {string_tensor: In}, attrs?: {out_type?: OneOf15}): T;
  /** `(input: string) -> output: string` */
  StringUpper(inputs: {input: In}, attrs?: {encoding?: Bytes}): T;
  /** `(x: T, y: T) -> z: T` */
  Sub(inputs: {x: In; y: In}, attrs?: {T?: OneOf3}): T;
  /** `(input: string, pos: T, len: T) -> output: string` */
  Substr(inputs: {input: In; pos: In; len: In}, attrs?: {T?: OneOf5; unit?: OneOf51}): T;
  /** `(input: T, axis: Tidx) -> output: T` */
  Sum(inputs: {input: In; axis: In}, attrs?: {keep_dims?: boolean; T?: OneOf1; Tidx?: OneOf5}): T;
  /** `() -> writer: resource` */
  SummaryWriter(inputs?: None, attrs?: {shared_name?: Bytes; container?: Bytes}): RawTensor;
  /** `(input: T) -> s: T, u: T, v: T` */
  Svd(inputs: {input: In}, attrs?: {compute_uv?: boolean; full_matrices?: boolean; T?: OneOf17}): {s: T; u: T; v: T};
  /** `(input_values: string) -> output_bytes: uint8, output_row_splits: int64, output_start_offsets: int32, output_end_offsets: int32` */
  'TFText>ByteSplitWithOffsets'(inputs: {input_values: In}): {output_bytes: T; output_row_splits: T; output_start_offsets: T; output_end_offsets: T};
  /** `(input_values: int32, input_row_splits: int64, wp_model: uint8) -> output_words: string` */
  'TFText>FastWordpieceDetokenize'(inputs: {input_values: In; input_row_splits: In; wp_model: In}): T;
  /** `(max_sequence_length: int32, input_values: N * T, input_row_splits: N * Tsplits) -> masks: N * bool` */
  'TFText>RoundRobinGenerateMasks'(inputs: {max_sequence_length: In; input_values: readonly In[]; input_row_splits: readonly In[]}, attrs?: {T?: DType; Tsplits?: OneOf5}): T[];
  /** `(max_sequence_length: int32, input_values: N * T, input_row_splits: N * Tsplits) -> values: N * T, row_splits: N * Tsplits` */
  'TFText>RoundRobinTrim'(inputs: {max_sequence_length: In; input_values: readonly In[]; input_row_splits: readonly In[]}, attrs?: {T?: DType; Tsplits?: OneOf5}): {values: T[]; row_splits: T[]};
  /** `(input_values: string, input_config: string) -> output_tokens: string, output_row_splits: int64, output_start_offsets: int32, output_end_offsets: int32` */
  'TFText>WhitespaceTokenizeWithOffsetsV2'(inputs: {input_values: In; input_config: In}): {output_tokens: T; output_row_splits: T; output_start_offsets: T; output_end_offsets: T};
  /** `(x: T) -> y: T` */
  Tan(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  Tanh(inputs: {x: In}, attrs?: {T?: OneOf2}): T;
  /** `(y: T, dy: T) -> z: T` */
  TanhGrad(inputs: {y: In; dy: In}, attrs?: {T?: OneOf2}): T;
  /** `(handle: resource) -> nothing` */
  TensorArrayCloseV3(inputs: {handle: Handle}): void;
  /** `(handle: resource, flow_in: float32) -> value: dtype, lengths: int64` */
  TensorArrayConcatV3(inputs: {handle: Handle; flow_in: In}, attrs: {dtype: DType; element_shape_except0?: PartialShape}): {value: T; lengths: T};
  /** `(handle: resource, indices: int32, flow_in: float32) -> value: dtype` */
  TensorArrayGatherV3(inputs: {handle: Handle; indices: In; flow_in: In}, attrs: {dtype: DType; element_shape?: PartialShape}): T;
  /** `(handle: resource, flow_in: float32) -> grad_handle: resource, flow_out: float32` */
  TensorArrayGradV3(inputs: {handle: Handle; flow_in: In}, attrs: {source: Bytes}): {grad_handle: RawTensor; flow_out: T};
  /** `(handle: resource, index: int32, flow_in: float32) -> value: dtype` */
  TensorArrayReadV3(inputs: {handle: Handle; index: In; flow_in: In}, attrs: {dtype: DType}): T;
  /** `(handle: resource, indices: int32, value: T, flow_in: float32) -> flow_out: float32` */
  TensorArrayScatterV3(inputs: {handle: Handle; indices: In; value: In; flow_in: In}, attrs?: {T?: DType}): T;
  /** `(handle: resource, flow_in: float32) -> size: int32` */
  TensorArraySizeV3(inputs: {handle: Handle; flow_in: In}): T;
  /** `(handle: resource, value: T, lengths: int64, flow_in: float32) -> flow_out: float32` */
  TensorArraySplitV3(inputs: {handle: Handle; value: In; lengths: In; flow_in: In}, attrs?: {T?: DType}): T;
  /** `(size: int32) -> handle: resource, flow: float32` */
  TensorArrayV3(inputs: {size: In}, attrs: {dtype: DType; element_shape?: PartialShape; dynamic_size?: boolean; clear_after_read?: boolean; identical_element_shapes?: boolean; tensor_array_name?: Bytes}): {handle: RawTensor; flow: T};
  /** `(handle: resource, index: int32, value: T, flow_in: float32) -> flow_out: float32` */
  TensorArrayWriteV3(inputs: {handle: Handle; index: In; value: In; flow_in: In}, attrs?: {T?: DType}): T;
  /** `(input_handle: variant) -> tensor: element_dtype, lengths: int64` */
  TensorListConcat(inputs: {input_handle: RawTensor}, attrs: {element_dtype: DType; element_shape?: PartialShape}): {tensor: T; lengths: T};
  /** `(input_a: variant, input_b: variant) -> output: variant` */
  TensorListConcatLists(inputs: {input_a: RawTensor; input_b: RawTensor}, attrs: {element_dtype: DType}): RawTensor;
  /** `(input_handle: variant, element_shape: shape_type, leading_dims: int64) -> tensor: element_dtype, lengths: int64` */
  TensorListConcatV2(inputs: {input_handle: RawTensor; element_shape: In; leading_dims: In}, attrs: {element_dtype: DType; shape_type?: OneOf5}): {tensor: T; lengths: T};
  /** `(input_handle: variant) -> element_shape: shape_type` */
  TensorListElementShape(inputs: {input_handle: RawTensor}, attrs: {shape_type: OneOf5}): T;
  /** `(tensor: element_dtype, element_shape: shape_type) -> output_handle: variant` */
  TensorListFromTensor(inputs: {tensor: In; element_shape: In}, attrs?: {element_dtype?: DType; shape_type?: OneOf5}): RawTensor;
  /** `(input_handle: variant, indices: int32, element_shape: int32) -> values: element_dtype` */
  TensorListGather(inputs: {input_handle: RawTensor; indices: In; element_shape: In}, attrs: {element_dtype: DType}): T;
  /** `(input_handle: variant, index: int32, element_shape: int32) -> item: element_dtype` */
  TensorListGetItem(inputs: {input_handle: RawTensor; index: In; element_shape: In}, attrs: {element_dtype: DType}): T;
  /** `(input_handle: variant) -> length: int32` */
  TensorListLength(inputs: {input_handle: RawTensor}): T;
  /** `(input_handle: variant, element_shape: int32) -> output_handle: variant, tensor: element_dtype` */
  TensorListPopBack(inputs: {input_handle: RawTensor; element_shape: In}, attrs: {element_dtype: DType}): {output_handle: RawTensor; tensor: T};
  /** `(input_handle: variant, tensor: element_dtype) -> output_handle: variant` */
  TensorListPushBack(inputs: {input_handle: RawTensor; tensor: In}, attrs?: {element_dtype?: DType}): RawTensor;
  /** `(input_handles: variant, tensor: element_dtype) -> output_handles: variant` */
  TensorListPushBackBatch(inputs: {input_handles: RawTensor; tensor: In}, attrs?: {element_dtype?: DType}): RawTensor;
  /** `(element_shape: shape_type, num_elements: int32) -> handle: variant` */
  TensorListReserve(inputs: {element_shape: In; num_elements: In}, attrs: {element_dtype: DType; shape_type?: OneOf5}): RawTensor;
  /** `(input_handle: variant, size: int32) -> output_handle: variant` */
  TensorListResize(inputs: {input_handle: RawTensor; size: In}): RawTensor;
  /** `(tensor: element_dtype, indices: int32, element_shape: shape_type) -> output_handle: variant` */
  TensorListScatter(inputs: {tensor: In; indices: In; element_shape: In}, attrs?: {element_dtype?: DType; shape_type?: OneOf5}): RawTensor;
  /** `(input_handle: variant, tensor: element_dtype, indices: int32) -> output_handle: variant` */
  TensorListScatterIntoExistingList(inputs: {input_handle: RawTensor; tensor: In; indices: In}, attrs?: {element_dtype?: DType}): RawTensor;
  /** `(tensor: element_dtype, indices: int32, element_shape: shape_type, num_elements: int32) -> output_handle: variant` */
  TensorListScatterV2(inputs: {tensor: In; indices: In; element_shape: In; num_elements: In}, attrs?: {element_dtype?: DType; shape_type?: OneOf5}): RawTensor;
  /** `(input_handle: variant, index: int32, item: element_dtype) -> output_handle: variant` */
  TensorListSetItem(inputs: {input_handle: RawTensor; index: In; item: In}, attrs?: {element_dtype?: DType; resize_if_index_out_of_bounds?: boolean}): RawTensor;
  /** `(tensor: element_dtype, element_shape: shape_type, lengths: int64) -> output_handle: variant` */
  TensorListSplit(inputs: {tensor: In; element_shape: In; lengths: In}, attrs?: {element_dtype?: DType; shape_type?: OneOf5}): RawTensor;
  /** `(input_handle: variant, element_shape: int32) -> tensor: element_dtype` */
  TensorListStack(inputs: {input_handle: RawTensor; element_shape: In}, attrs: {element_dtype: DType; num_elements?: Int}): T;
  /** `(tensor: T, indices: Tindices, updates: T) -> output: T` */
  TensorScatterAdd(inputs: {tensor: In; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5}): T;
  /** `(tensor: T, indices: Tindices, updates: T) -> output: T` */
  TensorScatterMax(inputs: {tensor: In; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5}): T;
  /** `(tensor: T, indices: Tindices, updates: T) -> output: T` */
  TensorScatterMin(inputs: {tensor: In; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5}): T;
  /** `(tensor: T, indices: Tindices, updates: T) -> output: T` */
  TensorScatterSub(inputs: {tensor: In; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf5}): T;
  /** `(tensor: T, indices: Tindices, updates: T) -> output: T` */
  TensorScatterUpdate(inputs: {tensor: In; indices: In; updates: In}, attrs?: {T?: DType; Tindices?: OneOf10}): T;
  /** `(input: T, begin: Index, end: Index, strides: Index, value: T) -> output: T` */
  TensorStridedSliceUpdate(inputs: {input: In; begin: In; end: In; strides: In; value: In}, attrs?: {T?: DType; Index?: OneOf5; begin_mask?: Int; end_mask?: Int; ellipsis_mask?: Int; new_axis_mask?: Int; shrink_axis_mask?: Int}): T;
  /** `(tensor: T) -> summary: string` */
  TensorSummary(inputs: {tensor: In}, attrs?: {T?: DType; description?: Bytes; labels?: readonly Bytes[]; display_name?: Bytes}): T;
  /** `(tag: string, tensor: T, serialized_summary_metadata: string) -> summary: string` */
  TensorSummaryV2(inputs: {tag: In; tensor: In; serialized_summary_metadata: In}, attrs?: {T?: DType}): T;
  /** `(input: T, multiples: Tmultiples) -> output: T` */
  Tile(inputs: {input: In; multiples: In}, attrs?: {T?: DType; Tmultiples?: OneOf5}): T;
  /** `() -> ts: float64` */
  Timestamp(inputs?: None): T;
  /** `(input: T) -> values: T, indices: int32` */
  TopK(inputs: {input: In}, attrs: {k: Int; sorted?: boolean; T?: OneOf22}): {values: T; indices: T};
  /** `(input: T, k: Tk) -> values: T, indices: index_type` */
  TopKV2(inputs: {input: In; k: In}, attrs?: {sorted?: boolean; T?: OneOf22; Tk?: OneOf9; index_type?: OneOf9}): {values: T; indices: T};
  /** `(x: T, perm: Tperm) -> y: T` */
  Transpose(inputs: {x: In; perm: In}, attrs?: {T?: DType; Tperm?: OneOf5}): T;
  /** `(x: T, y: T) -> z: T` */
  TruncateDiv(inputs: {x: In; y: In}, attrs?: {T?: OneOf3}): T;
  /** `(x: T, y: T) -> z: T` */
  TruncateMod(inputs: {x: In; y: In}, attrs?: {T?: 'bfloat16' | 'float16' | 'float32' | 'float64' | 'int32' | 'int64'}): T;
  /** `(shape: T) -> output: dtype` */
  TruncatedNormal(inputs: {shape: In}, attrs: {seed?: Int; seed2?: Int; dtype: OneOf11; T?: OneOf5}): T;
  /** `(input: string) -> row_splits: Tsplits, char_values: int32` */
  UnicodeDecode(inputs: {input: In}, attrs: {input_encoding: Bytes; errors?: OneOf52; replacement_char?: Int; replace_control_characters?: boolean; Tsplits?: OneOf5}): {row_splits: T; char_values: T};
  /** `(input: string) -> row_splits: Tsplits, char_values: int32, char_to_byte_starts: int64` */
  UnicodeDecodeWithOffsets(inputs: {input: In}, attrs: {input_encoding: Bytes; errors?: OneOf52; replacement_char?: Int; replace_control_characters?: boolean; Tsplits?: OneOf5}): {row_splits: T; char_values: T; char_to_byte_starts: T};
  /** `(input_values: int32, input_splits: Tsplits) -> output: string` */
  UnicodeEncode(inputs: {input_values: In; input_splits: In}, attrs: {errors?: OneOf52; output_encoding: OneOf53; replacement_char?: Int; Tsplits?: OneOf5}): T;
  /** `(input: int32) -> output: int32` */
  UnicodeScript(inputs: {input: In}): T;
  /** `(input_values: int32, input_splits: Tsplits) -> output_values: int32, output_values_inner_splits: Tsplits, output_offset_starts: int64, output_offset_limits: int64, output_outer_splits: Tsplits` */
  UnicodeScriptTokenizeWithOffsets(inputs: {input_values: In; input_splits: In}, attrs?: {Tsplits?: OneOf5; keep_whitespace?: boolean}): {output_values: T; output_values_inner_splits: T; output_offset_starts: T; output_offset_limits: T; output_outer_splits: T};
  /** `(input: string) -> output: string` */
  UnicodeTranscode(inputs: {input: In}, attrs: {input_encoding: Bytes; output_encoding: OneOf53; errors?: OneOf52; replacement_char?: Int; replace_control_characters?: boolean}): T;
  /** `(x: T) -> y: T, idx: out_idx` */
  Unique(inputs: {x: In}, attrs?: {T?: DType; out_idx?: OneOf5}): {y: T; idx: T};
  /** `(x: T, axis: Taxis) -> y: T, idx: out_idx` */
  UniqueV2(inputs: {x: In; axis: In}, attrs?: {T?: DType; Taxis?: OneOf5; out_idx?: OneOf5}): {y: T; idx: T};
  /** `(x: T) -> y: T, idx: out_idx, count: out_idx` */
  UniqueWithCounts(inputs: {x: In}, attrs?: {T?: DType; out_idx?: OneOf5}): {y: T; idx: T; count: T};
  /** `(x: T, axis: Taxis) -> y: T, idx: out_idx, count: out_idx` */
  UniqueWithCountsV2(inputs: {x: In; axis: In}, attrs?: {T?: DType; Taxis?: OneOf5; out_idx?: OneOf5}): {y: T; idx: T; count: T};
  /** `(value: T) -> output: num * T` */
  Unpack(inputs: {value: In}, attrs: {num: Int; T?: DType; axis?: Int}): T[];
  /** `(indices: Tidx, dims: Tidx) -> output: Tidx` */
  UnravelIndex(inputs: {indices: In; dims: In}, attrs?: {Tidx?: OneOf5}): T;
  /** `(inputs: string, segment_ids: Tindices, num_segments: Tnumsegments) -> output: string` */
  UnsortedSegmentJoin(inputs: {inputs: In; segment_ids: In; num_segments: In}, attrs?: {separator?: Bytes; Tindices?: OneOf5; Tnumsegments?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T` */
  UnsortedSegmentMax(inputs: {data: In; segment_ids: In; num_segments: In}, attrs?: {T?: OneOf22; Tindices?: OneOf5; Tnumsegments?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T` */
  UnsortedSegmentMin(inputs: {data: In; segment_ids: In; num_segments: In}, attrs?: {T?: OneOf22; Tindices?: OneOf5; Tnumsegments?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T` */
  UnsortedSegmentProd(inputs: {data: In; segment_ids: In; num_segments: In}, attrs?: {T?: OneOf1; Tindices?: OneOf5; Tnumsegments?: OneOf5}): T;
  /** `(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T` */
  UnsortedSegmentSum(inputs: {data: In; segment_ids: In; num_segments: In}, attrs?: {T?: OneOf1; Tindices?: OneOf9; Tnumsegments?: OneOf5}): T;
  /** `(sorted_inputs: T, values: T) -> output: out_type` */
  UpperBound(inputs: {sorted_inputs: In; values: In}, attrs?: {T?: DType; out_type?: OneOf5}): T;
  /** `() -> resource: resource` */
  VarHandleOp(inputs: None, attrs: {container?: Bytes; shared_name?: Bytes; debug_name?: Bytes; dtype: DType; shape: PartialShape; allowed_devices?: readonly Bytes[]}): RawTensor;
  /** `(resource: resource) -> is_initialized: bool` */
  VarIsInitializedOp(inputs: {resource: Handle}): T;
  /** `(input: resource) -> output: out_type` */
  VariableShape(inputs: {input: Handle}, attrs?: {out_type?: OneOf5}): T;
  /** `(condition: T) -> index: int64` */
  Where(inputs: {condition: In}, attrs?: {T?: OneOf48}): T;
  /** `(input_values: int32, input_splits: Tsplits) -> output_values: int32, output_values_inner_splits: Tsplits, output_offset_starts: int64, output_offset_limits: int64, output_outer_splits: Tsplits` */
  WhitespaceTokenizeWithOffsets(inputs: {input_values: In; input_splits: In}, attrs?: {Tsplits?: OneOf5}): {output_values: T; output_values_inner_splits: T; output_offset_starts: T; output_offset_limits: T; output_outer_splits: T};
  /** `(input_values: string, vocab_lookup_table: resource) -> output_values: string, output_row_lengths: int64, start_values: int64, limit_values: int64` */
  WordpieceTokenizeWithOffsets(inputs: {input_values: In; vocab_lookup_table: Handle}, attrs: {suffix_indicator: Bytes; max_bytes_per_word: Int; max_chars_per_token?: Int; use_unknown_token: boolean; unknown_token: Bytes; split_unknown_characters?: boolean; output_row_partition_type?: 'row_lengths' | 'row_splits'}): {output_values: T; output_row_lengths: T; start_values: T; limit_values: T};
  /** `(writer: resource, step: int64, tag: string, tensor: float32, sample_rate: float32) -> nothing` */
  WriteAudioSummary(inputs: {writer: Handle; step: In; tag: In; tensor: In; sample_rate: In}, attrs?: {max_outputs?: Int}): void;
  /** `(writer: resource, step: int64, tensor: string) -> nothing` */
  WriteGraphSummary(inputs: {writer: Handle; step: In; tensor: In}): void;
  /** `(writer: resource, step: int64, tag: string, values: T) -> nothing` */
  WriteHistogramSummary(inputs: {writer: Handle; step: In; tag: In; values: In}, attrs?: {T?: 'bfloat16' | 'bool' | 'float16' | 'float32' | 'float64' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint32' | 'uint64' | 'uint8'}): void;
  /** `(writer: resource, step: int64, tag: string, tensor: T, bad_color: uint8) -> nothing` */
  WriteImageSummary(inputs: {writer: Handle; step: In; tag: In; tensor: In; bad_color: In}, attrs?: {max_images?: Int; T?: OneOf37}): void;
  /** `(writer: resource, step: int64, tensor: string) -> nothing` */
  WriteRawProtoSummary(inputs: {writer: Handle; step: In; tensor: In}): void;
  /** `(writer: resource, step: int64, tag: string, value: T) -> nothing` */
  WriteScalarSummary(inputs: {writer: Handle; step: In; tag: In; value: In}, attrs?: {T?: OneOf22}): void;
  /** `(writer: resource, step: int64, tensor: T, tag: string, summary_metadata: string) -> nothing` */
  WriteSummary(inputs: {writer: Handle; step: In; tensor: In; tag: In; summary_metadata: In}, attrs?: {T?: DType}): void;
  /** `(x: T, y: T) -> z: T` */
  Xdivy(inputs: {x: In; y: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T, y: T) -> z: T` */
  Xlog1py(inputs: {x: In; y: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T, y: T) -> z: T` */
  Xlogy(inputs: {x: In; y: In}, attrs?: {T?: OneOf2}): T;
  /** `(x: T) -> y: T` */
  ZerosLike(inputs: {x: In}, attrs?: {T?: DType}): T;
  /** `(x: T, q: T) -> z: T` */
  Zeta(inputs: {x: In; q: In}, attrs?: {T?: OneOf7}): T;
}
