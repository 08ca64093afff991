import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {trainingConfig} from './compile_config.js';
import {configOf, layerMetadata} from './metadata.js';
import {snakeCase} from './metadata_config.js';

const {layers} = tfl;

beforeAll(quietCpuBackend);

// What TensorFlow 2.15's `layer.get_config()` gives for the same layers, without what tfjs-layers does not have.
describe('the configuration of a layer', () => {
  it('is as Keras spells it', () => {
    const dense = layers.dense({
      name: 'dense',
      units: 3,
      activation: 'relu',
      kernelInitializer: tfl.initializers.heNormal({seed: 3}),
      kernelRegularizer: 'l1l2',
      kernelConstraint: 'maxNorm',
    });
    expect(configOf(dense)).toEqual({
      name: 'dense',
      trainable: true,
      units: 3,
      activation: 'relu',
      use_bias: true,
      kernel_initializer: {
        class_name: 'VarianceScaling',
        config: {scale: 2, mode: 'fan_in', distribution: 'truncated_normal', seed: 3},
      },
      bias_initializer: {class_name: 'Zeros', config: {}},
      kernel_regularizer: {class_name: 'L1L2', config: {l1: 0.01, l2: 0.01}},
      bias_regularizer: null,
      activity_regularizer: null,
      kernel_constraint: {class_name: 'MaxNorm', config: {max_value: 2, axis: 0}},
      bias_constraint: null,
    });
  });

  it('has words in snake case, names as they are', () => {
    const conv = layers.conv2d({name: 'myConv', filters: 2, kernelSize: 3, activation: 'hardSigmoid'});
    expect(configOf(conv)).toMatchObject({
      name: 'myConv',
      data_format: 'channels_last',
      activation: 'hard_sigmoid',
      kernel_size: [3, 3],
    });
  });

  it('says what tfjs-layers takes for granted and Keras does not', () => {
    const gru = layers.gru({name: 'gru', units: 2, returnSequences: true});
    expect(configOf(gru)).toMatchObject({
      reset_after: false,
      recurrent_activation: 'hard_sigmoid',
      return_sequences: true,
    });
  });

  it('has -1 for a size that is to be found out', () => {
    expect(configOf(layers.reshape({targetShape: [null, 2]}))).toMatchObject({target_shape: [-1, 2]});
  });

  it('has the configuration of inner layers', () => {
    const both = layers.bidirectional({
      name: 'both',
      layer: layers.simpleRNN({name: 'rnn', units: 2}) as tfl.RNN,
      mergeMode: 'sum',
    });
    expect(configOf(both)).toMatchObject({
      merge_mode: 'sum',
      layer: {class_name: 'SimpleRNN', config: {name: 'rnn', units: 2, use_bias: true}},
    });
  });

  it('does not take the dtype of the input for that of the weights', () => {
    const words = layers.embedding({inputDim: 3, outputDim: 2, inputShape: [null], dtype: 'int32'});
    expect(configOf(words)).not.toHaveProperty('dtype');
  });
});

describe('the metadata of a model', () => {
  it('lists the input of a sequential model', () => {
    const model = tfl.sequential({name: 'm', layers: [layers.flatten({name: 'flat', inputShape: [2, 3]})]});
    expect(layerMetadata(model)).toMatchObject({
      identifier: '_tf_keras_sequential',
      metadata: {
        class_name: 'Sequential',
        config: {
          layers: [
            {
              class_name: 'InputLayer',
              config: {
                batch_input_shape: {class_name: '__tuple__', items: [null, 2, 3]},
                dtype: 'float32',
                name: 'flat_input',
              },
            },
            {class_name: 'Flatten', config: {name: 'flat'}},
          ],
        },
        save_spec: {
          class_name: 'TypeSpec',
          type_spec: 'tf.TensorSpec',
          serialized: [{class_name: 'TensorShape', items: [null, 2, 3]}, 'float32', 'flat_input'],
        },
      },
    });
  });

  it('says of each layer which outputs of others it takes, not counting calls outside of the model', () => {
    const x = tfl.input({name: 'x', shape: [2]});
    const shared = layers.dense({name: 'shared', units: 2});
    shared.apply(tfl.input({name: 'elsewhere', shape: [2]}));
    const once = shared.apply(x) as tfl.SymbolicTensor;
    const twice = shared.apply(once) as tfl.SymbolicTensor;
    const sum = layers.add({name: 'sum'}).apply([once, twice]) as tfl.SymbolicTensor;
    const {metadata} = layerMetadata(tfl.model({name: 'm', inputs: x, outputs: sum}));
    expect(metadata.config).toMatchObject({
      layers: [
        {name: 'x', inbound_nodes: []},
        {name: 'shared', inbound_nodes: [[['x', 0, 0, {}]], [['shared', 0, 0, {}]]]},
        {
          name: 'sum',
          inbound_nodes: [
            [
              ['shared', 0, 0, {}],
              ['shared', 1, 0, {}],
            ],
          ],
        },
      ],
      input_layers: [['x', 0, 0]],
      output_layers: [['sum', 0, 0]],
    });
  });

  it('has no configuration of layers that Keras lacks, or computes otherwise', () => {
    class Own extends layers.Layer {
      static className = 'Own';
    }
    const bilinear = layers.upSampling2d({interpolation: 'bilinear'});
    const odd = layers.dense({units: 1, activation: 'gelu_new' as 'elu'});
    const wrapped = layers.timeDistributed({layer: new Own({})});
    for (const layer of [new Own({}), bilinear, odd, wrapped]) {
      expect(layerMetadata(layer).metadata).not.toHaveProperty('config');
    }
    expect(layerMetadata(layers.upSampling2d({})).metadata).toHaveProperty('config');
  });
});

describe('how a model is trained', () => {
  const model = (optimizer: string | tf.Optimizer, loss: tfl.ModelCompileArgs['loss']): tfl.Sequential => {
    const made = tfl.sequential({layers: [layers.dense({units: 1, inputShape: [1]})]});
    made.compile({optimizer, loss, metrics: ['mae', 'accuracy']});
    return made;
  };

  it('is told in the words of Keras', () => {
    expect(trainingConfig(model(tf.train.rmsprop(0.01, 0.8, 0.5), 'binaryCrossentropy'))).toEqual({
      training_config: {
        loss: 'binary_crossentropy',
        metrics: ['mean_absolute_error', 'accuracy'],
        weighted_metrics: null,
        loss_weights: null,
        optimizer_config: {
          class_name: 'RMSprop',
          config: {
            name: 'RMSprop',
            is_legacy_optimizer: false,
            learning_rate: 0.01,
            rho: 0.8,
            momentum: 0.5,
            epsilon: 1e-7,
            centered: false,
          },
        },
      },
    });
  });

  it('is left to the user where the loss is a function of their own', () => {
    expect(trainingConfig(model('sgd', (a, b) => tf.losses.absoluteDifference(a, b)))).toEqual({});
    expect(trainingConfig(tfl.sequential())).toEqual({});
  });
});

it('spells names as Python does', () => {
  expect(['units', 'kernelInitializer', 'useBias', 'LSTMCell', 'l1', 'beta1'].map(snakeCase)).toEqual([
    'units',
    'kernel_initializer',
    'use_bias',
    'lstm_cell',
    'l1',
    'beta1',
  ]);
});
