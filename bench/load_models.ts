/**
 * The models that the loading benchmark loads: a text embedding with a large table, and a large graph.
 *
 * @module
 */

import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {opDef} from '../src/graph/op_defs.js';
import {DTYPES} from '../src/host/dtypes.js';
import type {PartialShape} from '../src/host/shape.js';
import {sizeOf} from '../src/host/tensor.js';
import {type AttrValue, encodeMessage, type NodeDef, SavedModel, TensorProto} from '../src/proto/index.js';
import {
  attr,
  checkpointObjects,
  constant,
  type FunctionToMake,
  type ModelToMake,
  makeSavedModel,
  message,
  node,
  setAttr,
  variableKey,
} from '../src/savedmodel/testing/make_model.js';
import {makeCheckpoint} from './make_checkpoint.js';

/**
 * Words in, `[sentences, dimension]` out: each word is hashed to a row of the table, and a sentence is the mean of its
 * rows. The shape of the published text embeddings, whose tables are 0.5 to 1 GB.
 */
export function textEmbedding(rows: number, dimension: number): ModelToMake {
  const words = {name: 'words', dtype: 'string', shape: [null, null]} as const;
  const embeddings = {name: 'embeddings', dtype: 'float32', shape: [null, dimension]} as const;
  const embed: FunctionToMake = {
    name: '__inference_embed_1',
    inputs: [words],
    captures: ['table'],
    nodes: [
      node('hash', 'StringToHashBucketFast', ['words'], {num_buckets: attr.int(rows)}),
      node('rows', 'ResourceGather', ['table', 'hash:output:0'], {
        dtype: attr.type('float32'),
        Tindices: attr.type('int64'),
      }),
      constant('axis', 'int32', [], [1]),
      node('mean', 'Mean', ['rows:output:0', 'axis:output:0'], {
        T: attr.type('float32'),
        Tidx: attr.type('int32'),
      }),
    ],
    outputs: [{...embeddings, from: 'mean:output:0'}],
  };
  return {
    functions: [embed, wrapped(embed)],
    variables: [{name: 'table', shape: [rows, dimension]}],
    methods: {__call__: embed.name},
    signatures: {serving_default: wrapped(embed).name},
  };
}

/** TensorFlow puts a function of its own around the one that a signature names. */
function wrapped(inner: FunctionToMake): FunctionToMake {
  const captures = inner.captures ?? [];
  const names = [...inner.inputs.map(({name}) => name), ...captures];
  return {
    ...inner,
    name: '__inference_signature_wrapper_2',
    nodes: [
      node('call', 'StatefulPartitionedCall', names, {
        f: attr.func(inner.name),
        Tin: attr.types(...inner.inputs.map(({dtype}) => dtype), ...captures.map(() => 'resource' as const)),
        Tout: attr.types(...inner.outputs.map(({dtype}) => dtype)),
      }),
    ],
    outputs: inner.outputs.map((output, i) => ({...output, from: `call:output:${i}`})),
  };
}

/** Width of the layers of {@link largeGraph}; small, so that computing costs little beside loading. */
const WIDTH = 8;
/** Elements of each constant weight: what makes 20,000 nodes 10 MB. */
const EXPANDED = 88;
/** Variables that the layers share, as many as a large image model has. */
const VARIABLES = 200;

/**
 * One function of about `20 * layers` nodes, named, attributed and with as many constants as in the models that Keras
 * saves: 40 % of the nodes are constants, each node tells the shapes of its outputs.
 */
export function largeGraph(layers: number): ModelToMake {
  const variables = Array.from({length: VARIABLES}, (_, i) => ({
    name: `layer_${i}/kernel`,
    shape: [WIDTH, WIDTH],
  }));
  const nodes: NodeDef[] = [];
  let x = 'inputs';
  for (let i = 0; i < layers; i++) {
    const made = layer(
      `model/stage_${i % 10}/inverted_residual_block_${i}`,
      x,
      variables[i % VARIABLES]!.name,
    );
    nodes.push(...made.nodes);
    x = made.output;
  }
  const port = {dtype: 'float32', shape: [null, WIDTH]} as const;
  const call: FunctionToMake = {
    name: '__inference_model_layer_call_fn_1',
    inputs: [{name: 'inputs', ...port}],
    captures: variables.map(({name}) => name),
    nodes,
    outputs: [{name: 'identity', ...port, from: x}],
  };
  return {
    functions: [call, wrapped(call)],
    variables,
    methods: {__call__: call.name},
    signatures: {serving_default: wrapped(call).name},
  };
}

/** A residual layer with a gate, and the arithmetic on shapes of `tf.reshape(x, [tf.shape(x)[0], 8])`. */
function layer(scope: string, input: string, kernel: string): {nodes: NodeDef[]; output: string} {
  const nodes: NodeDef[] = [];
  const push = (made: NodeDef, shape: PartialShape): string => {
    setAttr(made, '_output_shapes', attr.shapes(shape));
    nodes.push(made);
    return `${made.name}:${opDef(made.op)!.outputs[0]!.name}:0`;
  };
  const op = (name: string, type: string, shape: PartialShape, inputs: string[], attrs: NodeAttrs = FLOAT) =>
    push(node(`${scope}/${name}`, type, inputs, attrs), shape);
  const int = (name: string, shape: number[], numbers: number[]) =>
    push(constant(`${scope}/${name}`, 'int32', shape, numbers), shape);
  const weights = (name: string, shape: number[]) => push(weight(`${scope}/${name}`, shape), shape);

  const narrow = [null, WIDTH];
  const wide = [null, EXPANDED];
  const shape = op('Shape', 'Shape', [2], [input], {...FLOAT, out_type: INT.T});
  const begin = int('strided_slice/stack', [1], [0]);
  const end = int('strided_slice/stack_1', [1], [1]);
  const strides = int('strided_slice/stack_2', [1], [1]);
  const batch = op('strided_slice', 'StridedSlice', [], [shape, begin, end, strides], {
    ...INT,
    Index: INT.T,
    shrink_axis_mask: attr.int(1),
  });
  const units = int('Reshape/shape/1', [], [WIDTH]);
  const dims = op('Reshape/shape', 'Pack', [2], [batch, units], {...INT, N: attr.int(2), axis: attr.int(0)});
  const flat = op('Reshape', 'Reshape', narrow, [input, dims], {...FLOAT, Tshape: INT.T});
  const read = op('dense/MatMul/ReadVariableOp', 'ReadVariableOp', [WIDTH, WIDTH], [kernel], {
    dtype: FLOAT.T,
  });
  const dense = op('dense/MatMul', 'MatMul', narrow, [flat, read], MATMUL);
  const bias = weights('dense/BiasAdd/bias', [WIDTH]);
  const biased = op('dense/BiasAdd', 'BiasAdd', narrow, [dense, bias], BIAS_ADD);
  const expanded = op(
    'expand/MatMul',
    'MatMul',
    wide,
    [biased, weights('expand', [WIDTH, EXPANDED])],
    MATMUL,
  );
  const gate = op('swish/Sigmoid', 'Sigmoid', wide, [expanded]);
  const swish = op('swish/mul', 'Mul', wide, [expanded, gate]);
  const projected = op(
    'project/MatMul',
    'MatMul',
    narrow,
    [swish, weights('project', [EXPANDED, WIDTH])],
    MATMUL,
  );
  return {nodes, output: op('add', 'AddV2', narrow, [projected, input])};
}

type NodeAttrs = Readonly<Record<string, AttrValue>>;

const FLOAT = {T: attr.type('float32')};
const INT = {T: attr.type('int32')};
const MATMUL = {...FLOAT, transpose_a: attr.bool(false), transpose_b: attr.bool(false)};
const BIAS_ADD = {...FLOAT, data_format: attr.string('NHWC')};

/** A constant as large tensors are saved: as bytes. */
function weight(name: string, shape: readonly number[]): NodeDef {
  const numbers = Float32Array.from({length: sizeOf(shape)}, (_, i) => Math.sin(i) / 100);
  const proto = message(TensorProto, {
    dtype: DTYPES.float32.enum,
    tensorShape: {dim: shape.map((size) => ({size, name: ''})), unknownRank: false},
    tensorContent: new Uint8Array(numbers.buffer),
  });
  return node(name, 'Const', [], {value: attr.tensor(proto), dtype: FLOAT.T});
}

/** Writes a model with pseudo-random variables into `directory`; returns the paths of its files. */
export async function writeModel(directory: string, model: ModelToMake): Promise<string[]> {
  await mkdir(directory, {recursive: true});
  const file = join(directory, 'saved_model.pb');
  await writeFile(file, encodeMessage(SavedModel, makeSavedModel(model)));
  const tensors = (model.variables ?? []).map((each) => ({key: variableKey(each), shape: each.shape}));
  return [
    file,
    ...(await makeCheckpoint(join(directory, 'variables', 'variables'), tensors, [checkpointObjects(model)])),
  ];
}
