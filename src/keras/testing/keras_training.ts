/**
 * The training of a Keras model of `fixtures/training_checkpoints.py`, with tfjs-layers.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {layers, type Sequential, sequential} from '@tensorflow/tfjs-layers';
import {Checkpoint} from '../../savedmodel/checkpoint/checkpoint.js';
import {EXPECTED} from '../../savedmodel/testing/training.js';
import '../export.js';

export {EXPECTED, TRAINING_FIXTURES} from '../../savedmodel/testing/training.js';

export class KerasTraining {
  readonly model: Sequential;
  readonly checkpoint: Checkpoint;

  constructor() {
    this.model = sequential({
      layers: [
        layers.dense({units: 4, activation: 'tanh', inputShape: [3]}),
        layers.batchNormalization(),
        layers.dense({units: 2}),
      ],
    });
    this.model.compile({optimizer: tf.train.adam(0.05, 0.9, 0.999, 1e-7), loss: 'meanSquaredError'});
    this.checkpoint = new Checkpoint({model: this.model, optimizer: this.model.optimizer});
  }

  async train(epochs: number): Promise<void> {
    const x = tf.tensor2d(EXPECTED.x);
    const target = tf.tensor2d(EXPECTED.target);
    const batchSize = EXPECTED.x.length;
    await this.model.fit(x, target, {batchSize, epochs, shuffle: false, verbose: 0});
    tf.dispose([x, target]);
  }

  predictions(): number[][] {
    return tf.tidy(() => (this.model.predict(tf.tensor2d(EXPECTED.x)) as tf.Tensor2D).arraySync());
  }
}
