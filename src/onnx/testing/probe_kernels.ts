/**
 * Which kernels the installed packages of ONNX Runtime have: a session of one node tells.
 *
 * @module
 */

import type {DType} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import {nodeOnnxRuntime} from '../../platform/node_onnx.js';
import type {AsyncOnnxRuntime, OnnxSessionOptions} from '../../platform/onnx_runtime.js';
import {encodeModel} from '../encode.js';
import type {OnnxAttrs, OnnxPort} from '../graph.js';

/** A dtype, `T` for the one that is tried, or '' for an input that is left out; with a rank where that must be known, or `=` and a length. */
type Operand = string;

interface Probe {
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly attrs?: OnnxAttrs;
}

const DTYPES: readonly DType[] = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
];

const forAll = (ops: string, probe: Probe): Record<string, Probe> =>
  Object.fromEntries(ops.split(' ').map((op) => [op, probe]));

const gates = (count: number): Probe => ({
  inputs: ['T 3', 'T 3', 'T 3'],
  outputs: ['T'],
  attrs: {hidden_size: 2, direction: 'forward', ...(count === 3 ? {linear_before_reset: 1} : {})},
});

/** The ops that rules build, and a node of each. */
const PROBES: Readonly<Record<string, Probe>> = {
  ...forAll('Add Sub Mul Div Pow Max Min PRelu Sum Mean', {inputs: ['T', 'T'], outputs: ['T']}),
  ...forAll(
    'Neg Abs Sign Sqrt Exp Log Floor Ceil Round Reciprocal Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Erf ' +
      'Sigmoid Softplus Softsign Relu LeakyRelu Elu Selu HardSigmoid HardSwish ThresholdedRelu Gelu Mish Identity Not BitwiseNot',
    {inputs: ['T'], outputs: ['T']},
  ),
  ...forAll('IsNaN IsInf', {inputs: ['T'], outputs: ['bool']}),
  ...forAll('And Or Xor BitwiseAnd BitwiseOr BitwiseXor', {inputs: ['T', 'T'], outputs: ['T']}),
  ...forAll('Equal Less Greater LessOrEqual GreaterOrEqual', {inputs: ['T', 'T'], outputs: ['bool']}),
  BitShift: {inputs: ['T', 'T'], outputs: ['T'], attrs: {direction: 'LEFT'}},
  Mod: {inputs: ['T', 'T'], outputs: ['T'], attrs: {fmod: 1}},
  Clip: {inputs: ['T', 'T 0', 'T 0'], outputs: ['T']},
  Where: {inputs: ['bool', 'T', 'T'], outputs: ['T']},
  ...forAll('Softmax LogSoftmax Hardmax', {inputs: ['T 2'], outputs: ['T']}),
  MatMul: {inputs: ['T 2', 'T 2'], outputs: ['T']},
  Gemm: {inputs: ['T 2', 'T 2', 'T 1'], outputs: ['T']},
  ...forAll('Conv ConvTranspose', {inputs: ['T 4', 'T 4'], outputs: ['T']}),
  BatchNormalization: {inputs: ['T 4', 'T 1', 'T 1', 'T 1', 'T 1'], outputs: ['T']},
  ...forAll('MaxPool AveragePool LpPool', {inputs: ['T 4'], outputs: ['T'], attrs: {kernel_shape: [2, 2]}}),
  ...forAll('GlobalAveragePool GlobalMaxPool', {inputs: ['T 4'], outputs: ['T']}),
  LRN: {inputs: ['T 4'], outputs: ['T'], attrs: {size: 3}},
  LayerNormalization: {inputs: ['T 2', 'T 1', 'T 1'], outputs: ['T']},
  InstanceNormalization: {inputs: ['T 4', 'T 1', 'T 1'], outputs: ['T']},
  ...forAll(
    'ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp ReduceLogSum',
    {
      inputs: ['T 2', 'int64 1'],
      outputs: ['T'],
    },
  ),
  ...forAll('ArgMax ArgMin', {inputs: ['T 2'], outputs: ['int64']}),
  TopK: {inputs: ['T 2', 'int64 1'], outputs: ['T', 'int64']},
  CumSum: {inputs: ['T 2', 'int64 0'], outputs: ['T']},
  Concat: {inputs: ['T 2', 'T 2'], outputs: ['T'], attrs: {axis: 0}},
  Split: {inputs: ['T 2'], outputs: ['T', 'T'], attrs: {axis: 0, num_outputs: 2}},
  Slice: {inputs: ['T 2', 'int64 1', 'int64 1', 'int64 1', 'int64 1'], outputs: ['T']},
  ...forAll('Gather GatherElements', {inputs: ['T 2', 'int64 2'], outputs: ['T']}),
  GatherND: {inputs: ['T 2', 'int64 2'], outputs: ['T']},
  ScatterND: {inputs: ['T 2', 'int64 2', 'T 2'], outputs: ['T']},
  ScatterElements: {inputs: ['T 2', 'int64 2', 'T 2'], outputs: ['T']},
  Pad: {inputs: ['T 2', 'int64 1', 'T 0'], outputs: ['T']},
  Reshape: {inputs: ['T 2', 'int64 1'], outputs: ['T']},
  Transpose: {inputs: ['T 2'], outputs: ['T'], attrs: {perm: [1, 0]}},
  ...forAll('Squeeze Unsqueeze Expand', {inputs: ['T 2', 'int64 1'], outputs: ['T']}),
  Tile: {inputs: ['T 2', 'int64 1'], outputs: ['T']},
  Flatten: {inputs: ['T 2'], outputs: ['T']},
  ...forAll('Shape Size', {inputs: ['T 2'], outputs: ['int64']}),
  Range: {inputs: ['T 0', 'T 0', 'T 0'], outputs: ['T']},
  OneHot: {inputs: ['int64 1', 'int64 0', 'T 1'], outputs: ['T']},
  NonZero: {inputs: ['T 2'], outputs: ['int64']},
  Trilu: {inputs: ['T 2', 'int64 0'], outputs: ['T']},
  EyeLike: {inputs: ['T 2'], outputs: ['T']},
  DepthToSpace: {inputs: ['T 4'], outputs: ['T'], attrs: {blocksize: 2}},
  SpaceToDepth: {inputs: ['T 4'], outputs: ['T'], attrs: {blocksize: 2}},
  Resize: {inputs: ['T 4', '', '', 'int64 =4'], outputs: ['T'], attrs: {mode: 'nearest'}},
  RoiAlign: {
    inputs: ['T 4', 'T 2', 'int64 1'],
    outputs: ['T'],
    attrs: {output_height: 2, output_width: 2, sampling_ratio: 1},
  },
  GridSample: {inputs: ['T 4', 'T 4'], outputs: ['T']},
  Einsum: {inputs: ['T 2', 'T 2'], outputs: ['T'], attrs: {equation: 'ab,bc->ac'}},
  ReverseSequence: {inputs: ['T 2', 'int64 1'], outputs: ['T'], attrs: {batch_axis: 0, time_axis: 1}},
  Unique: {inputs: ['T 1'], outputs: ['T', 'int64', 'int64', 'int64']},
  Compress: {inputs: ['T 2', 'bool 1'], outputs: ['T'], attrs: {axis: 0}},
  NonMaxSuppression: {inputs: ['T 3', 'T 3', 'int64 0', 'T 0', 'T 0'], outputs: ['int64']},
  LSTM: gates(4),
  GRU: gates(3),
  MatMulInteger: {inputs: ['T 2', 'T 2'], outputs: ['int32']},
  ConvInteger: {inputs: ['T 4', 'T 4'], outputs: ['int32']},
  QuantizeLinear: {inputs: ['T 2', 'T 0', 'uint8 0'], outputs: ['uint8']},
  DequantizeLinear: {inputs: ['T 2', 'float32 0', 'T 0'], outputs: ['float32']},
  DFT: {inputs: ['T 3', 'int64 0', 'int64 0'], outputs: ['T']},
  Det: {inputs: ['T 2'], outputs: ['T']},
  If: {inputs: [], outputs: []},
  'com.microsoft.FusedMatMul': {inputs: ['T 2', 'T 2'], outputs: ['T']},
  'com.microsoft.FusedConv': {inputs: ['T 4', 'T 4'], outputs: ['T'], attrs: {activation: 'Relu'}},
  ...forAll('com.microsoft.FastGelu com.microsoft.QuickGelu', {inputs: ['T'], outputs: ['T']}),
  'com.microsoft.BiasGelu': {inputs: ['T 2', 'T 1'], outputs: ['T']},
  'com.microsoft.MultiHeadAttention': {inputs: ['T 3', 'T 3', 'T 3'], outputs: ['T'], attrs: {num_heads: 1}},
  'com.microsoft.SkipLayerNormalization': {inputs: ['T 3', 'T 3', 'T 1', 'T 1'], outputs: ['T']},
  'com.microsoft.Inverse': {inputs: ['T 2'], outputs: ['T']},
};

/** A model of one node, and the kernel that it needs. */
interface KernelProbe {
  readonly op: string;
  readonly dtype: DType;
  readonly model: Uint8Array;
}

const OPTIONS: OnnxSessionOptions = {threads: 1, optimization: 'disabled'};

/** The table of kernels of onnxruntime-node: a line for each op. */
export function kernelTable(): {readonly version: string; readonly text: string} {
  const runtime = nodeOnnxRuntime();
  if (runtime === undefined) throw new Error('onnxruntime-node is not installed');
  const found = kernelProbes().filter(({model}) => {
    try {
      runtime.createSession(model, OPTIONS).dispose();
      return true;
    } catch {
      return false;
    }
  });
  return {version: runtime.version, text: linesOf(found)};
}

/** The same table of a package that gives promises. */
export async function asyncKernelTable(runtime: AsyncOnnxRuntime): Promise<string> {
  const found: KernelProbe[] = [];
  for (const probe of kernelProbes()) {
    const session = await runtime.createSession(probe.model, OPTIONS).catch(() => undefined);
    if (session === undefined) continue;
    await session.dispose();
    found.push(probe);
  }
  return linesOf(found);
}

function kernelProbes(): KernelProbe[] {
  return Object.entries(PROBES).flatMap(([op, probe]) =>
    DTYPES.map((dtype) => ({op, dtype, model: modelOf(op, probe, dtype)})),
  );
}

function linesOf(found: readonly KernelProbe[]): string {
  const dtypes = new Map<string, string[]>();
  for (const {op, dtype} of found) dtypes.set(op, [...(dtypes.get(op) ?? [op]), dtype]);
  return [...dtypes.values()]
    .map((words) => words.join(' '))
    .sort()
    .join('\n');
}

/** The shape of a rank, or of a vector of a length. */
const shapeOf = (rank: string): PartialShape =>
  rank.startsWith('=') ? [Number(rank.slice(1))] : new Array<null>(Number(rank)).fill(null);

function modelOf(name: string, {inputs, outputs, attrs = {}}: Probe, dtype: DType): Uint8Array {
  const dot = name.lastIndexOf('.');
  const port = (operand: Operand, label: string): OnnxPort => {
    const [type, rank] = operand.split(' ');
    const shape = rank === undefined ? null : shapeOf(rank);
    return {name: operand === '' ? '' : label, dtype: (type === 'T' ? dtype : type) as DType, shape};
  };
  const ports = inputs.map((operand, i) => port(operand, `x${i}`));
  const given = outputs.map((operand, i) => port(operand, `y${i}`));
  return encodeModel({
    name,
    nodes: [
      {
        op: name.slice(dot + 1),
        domain: dot < 0 ? '' : name.slice(0, dot),
        inputs: ports.map((each) => each.name),
        outputs: given.map((each) => each.name),
        attrs,
      },
    ],
    inputs: ports.filter((each) => each.name !== ''),
    outputs: given.map((each) => ({...each, shape: null})),
    initializers: [],
  });
}
