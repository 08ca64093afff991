// Written by scripts/generate_onnx_kernels.ts. DO NOT EDIT.

/** The dtypes for which ONNX Runtime 1.30.0 has a kernel of an op, a line for each. */
export const KERNELS = `\
Abs float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
Acos float32 float16
Acosh float32 float16
Add float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
And bool
ArgMax float32 float64 float16 int8 int32 int64 uint8
ArgMin float32 float64 float16 int8 int32 int64 uint8
Asin float32 float16
Asinh float32 float16
Atan float32 float16
Atanh float32 float16
AveragePool float32 float16
BatchNormalization float32 float64 float16
BitShift uint8 uint32 uint64
BitwiseAnd int8 int16 int32 int64 uint8 uint16 uint32 uint64
BitwiseNot int8 int16 int32 int64 uint8 uint16 uint32 uint64
BitwiseOr int8 int16 int32 int64 uint8 uint16 uint32 uint64
BitwiseXor int8 int16 int32 int64 uint8 uint16 uint32 uint64
Ceil float32 float64 float16
Clip float32 float64 float16 int8 int32 int64 uint8 uint32 uint64
Compress float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Concat float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Conv float32 float16
ConvInteger int8 uint8
ConvTranspose float32 float16
Cos float32 float64 float16
Cosh float32 float16
CumSum float32 float64 float16 int32 int64
DFT float32 float64 float16
DepthToSpace float32 float64 float16 int8 uint8
DequantizeLinear int8 int16 int32 uint8 uint16
Det float32 float16
Div float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
Einsum float32 float64 float16 int32 int64
Elu float32 float16
Equal float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Erf float32 float16
Exp float32 float64 float16
Expand float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
EyeLike float32 float64 float16 int32 int64 uint64
Flatten float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Floor float32 float64 float16
GRU float32 float64 float16
Gather float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
GatherElements float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
GatherND float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Gelu float32 float16
Gemm float32 float64 float16
GlobalAveragePool float32 float16
GlobalMaxPool float32 float16
Greater float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
GreaterOrEqual float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
GridSample float32 float64 float16
HardSigmoid float32 float16
HardSwish float32 float16
Hardmax float32 float16
Identity float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
InstanceNormalization float32 float16
IsInf float32 float64 float16
IsNaN float32 float64 float16
LRN float32 float16
LSTM float32 float64 float16
LayerNormalization float32 float64 float16
LeakyRelu float32 float16
Less float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
LessOrEqual float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
Log float32 float64 float16
LogSoftmax float32 float64 float16
LpPool float32 float16
MatMul float32 float64 float16 int32 int64 uint32 uint64
MatMulInteger int8 uint8
Max float32 float64 float16 int8 int32 int64 uint8 uint32 uint64
MaxPool float32 float64 float16 int8 uint8
Mean float32 float16
Min float32 float64 float16 int8 int32 int64 uint8 uint32 uint64
Mish float32 float16
Mod float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
Mul float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
Neg float32 float64 float16 int8 int16 int32 int64
NonMaxSuppression float32
NonZero float32 float16 int32 int64 uint8 bool
Not bool
OneHot float32 float16 int64
Or bool
PRelu float32 float16
Pad float32 float64 float16 int8 int32 int64 uint8 uint32 uint64 bool
Pow float32 float64 float16 int32 int64
QuantizeLinear float32 float16
Range float32 float64 int16 int32 int64
Reciprocal float32 float64 float16
ReduceL1 float32 float64 float16 int32 int64
ReduceL2 float32 float64 float16 int32 int64
ReduceLogSum float32 float64 float16 int32 int64
ReduceLogSumExp float32 float64 float16 int32 int64
ReduceMax float32 float64 float16 int8 int32 int64 uint8 bool
ReduceMean float32 float64 float16 int32 int64
ReduceMin float32 float64 float16 int8 int32 int64 uint8 bool
ReduceProd float32 float64 float16 int32 int64
ReduceSum float32 float64 float16 int32 int64
ReduceSumSquare float32 float64 float16 int32 int64
Relu float32 float64 float16 int8 int32
Reshape float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Resize float32 float16 int8 int32 uint8
ReverseSequence float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
RoiAlign float32 float64 float16
Round float32 float64 float16
ScatterElements float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
ScatterND float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Selu float32 float16
Shape float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Sigmoid float32 float64 float16
Sign float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
Sin float32 float64 float16
Sinh float32 float16
Size float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Slice float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Softmax float32 float64 float16
Softplus float32 float16
Softsign float32 float16
SpaceToDepth float32 float64 float16 int8 uint8
Split float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Sqrt float32 float64 float16
Squeeze float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Sub float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64
Sum float32 float64 float16
Tan float32 float16
Tanh float32 float64 float16
ThresholdedRelu float32 float16
Tile float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
TopK float32 float64 float16 int8 int16 int32 int64 uint8
Transpose float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Trilu float32 float64 float16 int32 int64 bool
Unique float32 float64 float16 int8 int64
Unsqueeze float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
Where float32 float64 float16 int32 int64 uint8
Xor bool
com.microsoft.BiasGelu float32 float16
com.microsoft.FastGelu float32 float64 float16
com.microsoft.FusedConv float32 float16
com.microsoft.FusedMatMul float32 float64 float16
com.microsoft.Inverse float32 float64 float16
com.microsoft.MultiHeadAttention float32 float16
com.microsoft.QuickGelu float32 float64 float16
com.microsoft.SkipLayerNormalization float32 float16`;
