/**
 * Models of tfjs-layers that together use every standard layer, with inputs to try them on: for tests of saving.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

const {layers} = tfl;

/** A model and how to try it. */
export interface LayersCase {
  readonly name: string;
  build(): tfl.LayersModel;
  /** Inputs for so many examples, in the order of the model's inputs. */
  inputs(batch: number): tf.Tensor[];
  /** Whether the outputs of training are random. */
  readonly randomInTraining?: boolean;
  /** The only size of batch the model takes. */
  readonly batch?: number;
  /** Layers that Keras computes otherwise and that are therefore revived from their functions. */
  readonly revivedFromFunctions?: readonly string[];
  /** What Keras, revived from configurations, is known to compute otherwise in training: tfjs-layers has its own ways. */
  readonly trainsOtherwise?: string;
}

/** A layer that Keras does not know: adds a weight for each channel, and half of it again in training. */
class Shift extends layers.Layer {
  static className = 'Shift';
  #weight: tfl.LayerVariable | undefined;

  override build(shape: tfl.Shape): void {
    const channels = shape[shape.length - 1]!;
    this.#weight = this.addWeight('by', [channels], 'float32', tfl.initializers.ones());
    super.build(shape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], {training}: {training?: boolean}): tf.Tensor {
    const by = this.#weight!.read();
    return tf.add(Array.isArray(inputs) ? inputs[0]! : inputs, training ? tf.mul(by, 1.5) : by);
  }
}
tf.serialization.registerClass(Shift);

/** Numbers without pattern, the same everywhere: a linear congruential generator. */
export function numbers(count: number, seed: number, low: number, high: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({length: count}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * (state >>> 8)) / 2 ** 24;
  });
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A float tensor between -1 and 1. */
const floats = (shape: number[], seed = 1): tf.Tensor => tf.tensor(numbers(size(shape), seed, -1, 1), shape);

/** Whole numbers from 0 below `limit`. */
const ids = (shape: number[], limit: number, seed = 1, dtype: 'int32' | 'float32' = 'float32'): tf.Tensor =>
  tf.tensor(Array.from(numbers(size(shape), seed, 0, limit), Math.floor), shape, dtype);

/** A sequence whose last steps are padding: zeros, more of them in each further example. */
function padded(batch: number, time: number, width: number): tf.Tensor {
  const values = numbers(batch * time * width, 5, 0.1, 1);
  for (let b = 0; b < batch; b++) {
    const end = time - (b % (time - 1));
    values.fill(0, (b * time + end) * width, (b + 1) * time * width);
  }
  return tf.tensor(values, [batch, time, width]);
}

/** Gives every weight of a model a value that is neither zero nor one; variances are positive. */
export function randomizeWeights(model: tfl.LayersModel, seed = 7): void {
  tf.tidy(() => {
    for (const [i, weight] of model.weights.entries()) {
      const isVariance = weight.name.includes('moving_variance');
      const [low, high] = isVariance ? [0.5, 1.5] : [-0.5, 0.5];
      weight.write(
        tf.tensor(
          numbers(size(weight.shape as number[]), seed + i, low, high),
          weight.shape as number[],
          weight.dtype,
        ),
      );
    }
  });
}

const sequential = (name: string, ...list: tfl.layers.Layer[]): tfl.Sequential =>
  tfl.sequential({name, layers: list});

const input = (name: string, shape: (number | null)[], dtype: tf.DataType = 'float32'): tfl.SymbolicTensor =>
  tfl.input({name, shape, dtype});

/** tfjs-layers' own start for recurrent kernels needs methods that only the package `@tensorflow/tfjs` gives tensors. */
const START = {recurrentInitializer: 'glorotUniform'} as const;

type Symbolic = tfl.SymbolicTensor;

const on = (layer: tfl.layers.Layer, ...inputs: Symbolic[]): Symbolic =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Symbolic;

const images =
  (height: number, width: number, channels: number) =>
  (batch: number): tf.Tensor[] => [floats([batch, height, width, channels])];

const sequences =
  (time: number, width: number) =>
  (batch: number): tf.Tensor[] => [floats([batch, time + (batch % 3), width])];

export const LAYERS_CASES: readonly LayersCase[] = [
  {
    name: 'dense',
    build: () =>
      sequential(
        'dense_model',
        layers.dense({
          name: 'hidden',
          units: 5,
          activation: 'relu',
          kernelRegularizer: 'l1l2',
          inputShape: [4],
        }),
        layers.dense({
          name: 'inner',
          units: 3,
          activation: 'selu',
          useBias: false,
          kernelConstraint: 'maxNorm',
        }),
        layers.dense({
          name: 'outer',
          units: 2,
          activation: 'tanh',
          kernelInitializer: 'heNormal',
          biasRegularizer: tfl.regularizers.l2({l2: 0.3}),
        }),
      ),
    inputs: (batch) => [floats([batch, 4])],
  },
  {
    name: 'activations',
    build: () => {
      const x = input('x', [6]);
      const kinds = [
        'elu',
        'relu6',
        'softplus',
        'softsign',
        'hardSigmoid',
        'sigmoid',
        'swish',
        'mish',
        'gelu',
        'logSoftmax',
        'linear',
      ] as const;
      const all = kinds.map((activation) =>
        on(layers.activation({activation: activation as 'elu', name: `act_${activation}`}), x),
      );
      const joined = on(layers.concatenate({name: 'joined'}), ...all);
      return tfl.model({
        name: 'activations',
        inputs: x,
        outputs: on(layers.dense({name: 'out', units: 3, activation: 'softmax'}), joined),
      });
    },
    inputs: (batch) => [tf.mul(floats([batch, 6]), 4)],
  },
  {
    name: 'advanced_activations',
    build: () =>
      sequential(
        'advanced',
        layers.dense({name: 'd1', units: 6, inputShape: [4]}),
        layers.leakyReLU({name: 'leaky', alpha: 0.2}),
        layers.dense({name: 'd2', units: 6}),
        layers.prelu({name: 'prelu', sharedAxes: [1]}),
        layers.elu({name: 'elu'}),
        layers.dense({name: 'd3', units: 6}),
        layers.thresholdedReLU({name: 'thresholded', theta: 0.05}),
        layers.reLU({name: 'relu', maxValue: 0.5}),
        layers.softmax({name: 'softmax', axis: -1}),
      ),
    inputs: (batch) => [floats([batch, 4])],
  },
  {
    name: 'conv1d',
    build: () =>
      sequential(
        'conv1d_model',
        layers.conv1d({name: 'c1', filters: 4, kernelSize: 3, padding: 'valid', inputShape: [null, 3]}),
        layers.maxPooling1d({name: 'max', poolSize: 2, padding: 'same'}),
        layers.conv1d({name: 'c2', filters: 4, kernelSize: 2, dilationRate: 2, padding: 'same'}),
        layers.averagePooling1d({name: 'average', poolSize: 3, strides: 2, padding: 'same'}),
        layers.globalMaxPooling1d({name: 'global'}),
      ),
    inputs: (batch) => [floats([batch, 9 + (batch % 3), 3])],
  },
  {
    name: 'conv2d',
    build: () =>
      sequential(
        'conv2d_model',
        layers.conv2d({
          name: 'c1',
          filters: 4,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          activation: 'relu',
          inputShape: [9, 8, 3],
        }),
        layers.conv2d({name: 'c2', filters: 3, kernelSize: [2, 2], dilationRate: 2, useBias: false}),
        layers.maxPooling2d({name: 'pool', poolSize: 2}),
        layers.flatten({name: 'flat'}),
        layers.dense({name: 'out', units: 2}),
      ),
    inputs: images(9, 8, 3),
  },
  {
    name: 'conv3d',
    build: () =>
      sequential(
        'conv3d_model',
        layers.conv3d({name: 'c1', filters: 3, kernelSize: 2, inputShape: [6, 6, 6, 2], activation: 'relu'}),
        layers.maxPooling3d({name: 'max', poolSize: 2}),
        layers.conv3d({name: 'c2', filters: 2, kernelSize: 2, padding: 'same'}),
        layers.averagePooling3d({name: 'average', poolSize: 2}),
        layers.flatten({name: 'flat'}),
        layers.dense({name: 'out', units: 2}),
      ),
    inputs: (batch) => [floats([batch, 6, 6, 6, 2])],
  },
  {
    name: 'depthwise_and_separable',
    build: () =>
      sequential(
        'separable',
        layers.depthwiseConv2d({
          name: 'depthwise',
          kernelSize: 3,
          depthMultiplier: 2,
          inputShape: [null, null, 3],
        }),
        layers.separableConv2d({
          name: 'separable_conv',
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu6',
        }),
        layers.globalMaxPooling2d({name: 'global'}),
      ),
    inputs: (batch) => [floats([batch, 7 + (batch % 2), 8, 3])],
  },
  {
    name: 'transposed',
    build: () =>
      sequential(
        'transposed',
        layers.conv2dTranspose({
          name: 't1',
          filters: 3,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          inputShape: [4, 5, 2],
        }),
        layers.conv2dTranspose({name: 't2', filters: 2, kernelSize: 2, activation: 'tanh'}),
      ),
    inputs: images(4, 5, 2),
  },
  {
    name: 'transposed3d',
    build: () =>
      sequential(
        'transposed3d',
        layers.conv3dTranspose({name: 't1', filters: 2, kernelSize: 2, strides: 2, inputShape: [3, 3, 3, 2]}),
      ),
    inputs: (batch) => [floats([batch, 3, 3, 3, 2])],
  },
  {
    name: 'pooling',
    build: () => {
      const x = input('image', [8, 8, 2]);
      return tfl.model({
        name: 'pooling',
        inputs: x,
        outputs: [
          on(layers.averagePooling2d({name: 'average', poolSize: 3, strides: 2, padding: 'same'}), x),
          on(layers.maxPooling2d({name: 'max', poolSize: [2, 3], padding: 'same'}), x),
          on(layers.globalAveragePooling2d({name: 'global_average'}), x),
          on(
            layers.globalAveragePooling1d({name: 'global_1d'}),
            on(layers.reshape({name: 'rows', targetShape: [-1, 2]}), x),
          ),
        ],
      });
    },
    inputs: images(8, 8, 2),
  },
  {
    name: 'batch_normalization',
    build: () =>
      sequential(
        'batch_normalization_model',
        layers.dense({name: 'd', units: 4, inputShape: [3]}),
        layers.batchNormalization({name: 'bn', momentum: 0.7, epsilon: 0.01}),
        layers.dense({name: 'out', units: 2}),
        layers.batchNormalization({name: 'second', axis: 1}),
      ),
    inputs: (batch) => [floats([batch, 3])],
  },
  {
    name: 'convolution_with_batch_normalization',
    build: () =>
      sequential(
        'conv_bn',
        layers.conv2d({
          name: 'c',
          filters: 3,
          kernelSize: 3,
          padding: 'same',
          useBias: false,
          inputShape: [null, null, 2],
        }),
        layers.batchNormalization({name: 'bn', momentum: 0.9}),
        layers.reLU({name: 'relu'}),
        layers.globalAveragePooling2d({name: 'pool'}),
      ),
    inputs: (batch) => [floats([batch, 5 + (batch % 3), 6, 2])],
    trainsOtherwise: 'Keras corrects the variance of fused batch normalization by n/(n-1)',
  },
  {
    name: 'layer_normalization',
    build: () =>
      sequential(
        'layer_normalization_model',
        layers.dense({name: 'd', units: 4, inputShape: [null, 3]}),
        layers.layerNormalization({name: 'ln', epsilon: 0.01}),
        layers.layerNormalization({name: 'ln2', center: false, axis: [-1]}),
      ),
    inputs: sequences(4, 3),
  },
  {
    name: 'embedding',
    build: () =>
      sequential(
        'embedding_model',
        layers.embedding({name: 'words', inputDim: 11, outputDim: 4, embeddingsRegularizer: 'l1l2'}),
        layers.globalAveragePooling1d({name: 'mean'}),
        layers.dense({name: 'out', units: 2, activation: 'sigmoid'}),
      ),
    inputs: (batch) => [ids([batch, 3 + (batch % 4)], 11)],
  },
  {
    name: 'lstm',
    build: () =>
      sequential(
        'lstm_model',
        layers.lstm({
          ...START,
          name: 'first',
          units: 4,
          returnSequences: true,
          recurrentActivation: 'sigmoid',
          inputShape: [null, 3],
        }),
        layers.lstm({...START, name: 'second', units: 3, kernelRegularizer: 'l1l2'}),
      ),
    inputs: sequences(4, 3),
  },
  {
    name: 'gru',
    build: () =>
      sequential(
        'gru_model',
        layers.gru({
          ...START,
          name: 'first',
          units: 4,
          returnSequences: true,
          goBackwards: true,
          inputShape: [null, 3],
        }),
        layers.gru({...START, name: 'second', units: 3, useBias: false, activation: 'relu'}),
      ),
    inputs: sequences(5, 3),
  },
  {
    name: 'simple_rnn_with_states',
    build: () => {
      const x = input('sequence', [null, 2]);
      const rnn = layers.simpleRNN({
        ...START,
        name: 'rnn',
        units: 3,
        returnSequences: true,
        returnState: true,
      });
      const [sequence, state] = rnn.apply(x) as Symbolic[];
      return tfl.model({name: 'states', inputs: x, outputs: [sequence!, state!]});
    },
    inputs: sequences(3, 2),
  },
  {
    name: 'bidirectional',
    build: () =>
      sequential(
        'bidirectional_model',
        layers.bidirectional({
          name: 'both',
          layer: layers.lstm({...START, name: 'lstm', units: 3, returnSequences: true}) as tfl.RNN,
          mergeMode: 'concat',
          inputShape: [null, 2],
        }),
        layers.bidirectional({
          name: 'sum',
          layer: layers.gru({...START, name: 'gru', units: 3}) as tfl.RNN,
          mergeMode: 'sum',
        }),
      ),
    inputs: sequences(4, 2),
  },
  {
    name: 'time_distributed',
    build: () =>
      sequential(
        'time_distributed_model',
        layers.timeDistributed({
          name: 'images',
          layer: layers.conv2d({name: 'conv', filters: 2, kernelSize: 2}),
          inputShape: [null, 4, 4, 1],
        }),
        layers.timeDistributed({
          name: 'flat',
          layer: sequential(
            'inner',
            layers.flatten({name: 'flatten', inputShape: [3, 3, 2]}),
            layers.dense({name: 'inner_dense', units: 4, activation: 'relu'}),
          ),
        }),
        layers.timeDistributed({name: 'each', layer: layers.dense({name: 'dense', units: 3})}),
        layers.simpleRNN({...START, name: 'rnn', units: 2}),
      ),
    inputs: (batch) => [floats([batch, 3 + (batch % 3), 4, 4, 1])],
  },
  {
    name: 'stacked_cells',
    build: () =>
      sequential(
        'stacked',
        layers.rnn({
          name: 'rnn',
          cell: [
            layers.lstmCell({...START, name: 'lower', units: 3}),
            layers.gruCell({...START, name: 'middle', units: 4}),
            layers.simpleRNNCell({...START, name: 'upper', units: 2}),
          ],
          returnSequences: true,
          inputShape: [null, 3],
        }),
      ),
    inputs: sequences(3, 3),
  },
  {
    name: 'conv_lstm',
    build: () =>
      sequential(
        'conv_lstm',
        layers.convLstm2d({
          ...START,
          name: 'conv',
          filters: 2,
          kernelSize: 2,
          padding: 'same',
          returnSequences: true,
          inputShape: [null, 4, 4, 1],
        }),
        layers.convLstm2d({...START, name: 'last', filters: 2, kernelSize: 3, strides: 1}),
      ),
    inputs: (batch) => [floats([batch, 2 + (batch % 3), 4, 4, 1])],
  },
  {
    name: 'merging',
    build: () => {
      const a = input('a', [4]);
      const b = input('b', [4]);
      const dense = layers.dense({name: 'shared', units: 4});
      const x = on(dense, a);
      const y = on(dense, b);
      const merged = [
        on(layers.add({name: 'add'}), x, y, a),
        on(layers.multiply({name: 'multiply'}), x, y),
        on(layers.average({name: 'average'}), x, y),
        on(layers.maximum({name: 'maximum'}), x, y),
        on(layers.minimum({name: 'minimum'}), x, b),
        on(layers.dot({name: 'dot', axes: -1, normalize: true}), x, y),
      ];
      const joined = on(layers.concatenate({name: 'concatenate', axis: -1}), ...merged);
      return tfl.model({
        name: 'merging',
        inputs: [a, b],
        outputs: [joined, on(layers.dot({name: 'dot2', axes: 1}), a, b)],
      });
    },
    inputs: (batch) => [floats([batch, 4], 1), floats([batch, 4], 2)],
  },
  {
    name: 'dropouts',
    build: () =>
      sequential(
        'dropouts',
        layers.dense({name: 'd', units: 6, inputShape: [null, 3]}),
        layers.dropout({name: 'dropout', rate: 0.3}),
        layers.spatialDropout1d({name: 'spatial', rate: 0.3}),
        layers.gaussianNoise({name: 'noise', stddev: 0.2}),
        layers.gaussianDropout({name: 'gaussian', rate: 0.2}),
        layers.alphaDropout({name: 'alpha', rate: 0.2}),
        layers.lstm({...START, name: 'lstm', units: 3, dropout: 0.2, recurrentDropout: 0.3}),
      ),
    inputs: sequences(3, 3),
    randomInTraining: true,
  },
  {
    name: 'shapes',
    build: () =>
      sequential(
        'shapes',
        layers.reshape({name: 'reshape', targetShape: [3, 2, 2], inputShape: [12]}),
        layers.permute({name: 'permute', dims: [3, 1, 2]}),
        layers.flatten({name: 'flatten'}),
        layers.repeatVector({name: 'repeat', n: 3}),
        layers.dense({name: 'out', units: 2}),
      ),
    inputs: (batch) => [floats([batch, 12])],
  },
  {
    name: 'padding_cropping_upsampling',
    build: () =>
      sequential(
        'borders',
        layers.zeroPadding2d({
          name: 'pad',
          padding: [
            [1, 2],
            [0, 1],
          ],
          inputShape: [4, 4, 2],
        }),
        layers.upSampling2d({name: 'up', size: [2, 3]}),
        layers.cropping2D({
          name: 'crop',
          cropping: [
            [1, 0],
            [2, 3],
          ],
        }),
        layers.conv2d({name: 'c', filters: 1, kernelSize: 1}),
      ),
    inputs: images(4, 4, 2),
  },
  {
    name: 'masking',
    build: () =>
      sequential(
        'masking_model',
        layers.masking({name: 'mask', maskValue: 0, inputShape: [null, 3]}),
        layers.lstm({...START, name: 'first', units: 4, returnSequences: true}),
        layers.bidirectional({
          name: 'second',
          layer: layers.gru({...START, name: 'gru', units: 3}) as tfl.RNN,
        }),
      ),
    inputs: (batch) => [padded(batch, 5 + (batch % 2), 3)],
  },
  {
    name: 'masked_embedding',
    build: () => {
      const words = input('words', [null], 'int32');
      const vectors = on(
        layers.embedding({name: 'vectors', inputDim: 6, outputDim: 3, maskZero: true}),
        words,
      );
      const out = on(layers.simpleRNN({...START, name: 'rnn', units: 3}), vectors);
      return tfl.model({name: 'masked_embedding', inputs: words, outputs: out});
    },
    inputs: (batch) => [ids([batch, 4 + (batch % 3)], 6, 3, 'int32')],
  },
  {
    name: 'nested',
    build: () => {
      const block = sequential(
        'block',
        layers.dense({
          name: 'inner',
          units: 3,
          activation: 'tanh',
          inputShape: [3],
          kernelRegularizer: 'l1l2',
        }),
        layers.batchNormalization({name: 'bn'}),
      );
      const inner = input('inner_input', [3]);
      const residual = tfl.model({
        name: 'residual',
        inputs: inner,
        outputs: on(layers.add({name: 'sum'}), on(block, inner), inner),
      });
      const x = input('x', [3]);
      const out = on(residual, on(layers.dense({name: 'first', units: 3}), x));
      return tfl.model({
        name: 'nested',
        inputs: x,
        outputs: [out, on(layers.dense({name: 'head', units: 1}), out)],
      });
    },
    inputs: (batch) => [floats([batch, 3])],
  },
  {
    name: 'initial_states',
    build: () => {
      const source = input('source', [null, 2]);
      const target = input('target', [null, 3]);
      const encoder = layers.lstm({...START, name: 'encoder', units: 4, returnState: true});
      const [, h, c] = encoder.apply(source) as Symbolic[];
      const decoder = layers.lstm({...START, name: 'decoder', units: 4, returnSequences: true});
      const decoded = decoder.apply(target, {initialState: [h!, c!]}) as Symbolic;
      return tfl.model({name: 'translator', inputs: [source, target], outputs: decoded});
    },
    inputs: (batch) => [floats([batch, 3 + (batch % 2), 2]), floats([batch, 2 + (batch % 3), 3], 2)],
  },
  {
    name: 'layers_of_other_ways',
    build: () => {
      const x = input('image', [6, 6, 2]);
      const scaled = on(layers.rescaling({name: 'rescale', scale: 0.5, offset: 0.1}), x);
      const grown = on(layers.upSampling2d({name: 'up', size: [2, 2], interpolation: 'bilinear'}), scaled);
      const out = on(layers.conv2d({name: 'c', filters: 2, kernelSize: 3}), grown);
      const shifted = on(new Shift({name: 'shift'}), scaled);
      return tfl.model({name: 'other_ways', inputs: x, outputs: [out, shifted]});
    },
    inputs: images(6, 6, 2),
    revivedFromFunctions: ['up', 'shift'],
  },
];
