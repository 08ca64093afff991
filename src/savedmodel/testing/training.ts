/**
 * The training of `fixtures/training_checkpoints.py`, with tfjs.
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {Checkpoint} from '../checkpoint/checkpoint.js';

export const TRAINING_FIXTURES = new URL('../../../fixtures/training/', import.meta.url).pathname;

interface Values {
  readonly w: number[][];
  readonly b: number[];
  readonly step: number;
}

interface Expected {
  readonly x: number[][];
  readonly target: number[][];
  readonly optimizers: Readonly<Record<string, {readonly checkpoint: Values; readonly later: Values}>>;
  /** Predictions. */
  readonly keras: {readonly checkpoint: number[][]; readonly later: number[][]};
}

export const EXPECTED = JSON.parse(readFileSync(`${TRAINING_FIXTURES}expected.json`, 'utf8')) as Expected;

const OPTIMIZERS: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  adagrad: () => tf.train.adagrad(0.1, 0.1),
  adadelta: () => tf.train.adadelta(0.5, 0.95, 1e-7),
  adam: () => tf.train.adam(0.05, 0.9, 0.999, 1e-7),
  adamax: () => tf.train.adamax(0.05, 0.9, 0.999, 1e-7),
  rmsprop: () => tf.train.rmsprop(0.05, 0.9, 0, 1e-7),
  rmsprop_momentum: () => tf.train.rmsprop(0.05, 0.9, 0.8, 1e-7),
  rmsprop_centered: () => tf.train.rmsprop(0.05, 0.9, 0.8, 1e-7, true),
};

export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS);

/** Everything is zero, empty or untrained until it is restored. */
export class Training {
  readonly net = {w: tf.variable(tf.zeros<tf.Rank.R2>([3, 2])), b: tf.variable(tf.zeros([2]))};
  readonly step = tf.variable(tf.scalar(0, 'int32'), false);
  readonly extra = {
    list: [tf.variable(tf.zeros([2]), false), tf.variable(tf.scalar(0), false)],
    'a/b.c': tf.variable(tf.tensor(['', '']), false),
  };
  readonly optimizer: tf.Optimizer;
  readonly checkpoint: Checkpoint;

  constructor(name: string) {
    this.optimizer = OPTIMIZERS[name]!();
    const {net, step, extra, optimizer} = this;
    this.checkpoint = new Checkpoint({net, optimizer, step, extra});
  }

  train(steps: number): void {
    const {w, b} = this.net;
    tf.tidy(() => {
      const x = tf.tensor2d(EXPECTED.x);
      const target = tf.tensor2d(EXPECTED.target);
      for (let i = 0; i < steps; i++) {
        const loss = () => tf.mean(tf.square(tf.sub(tf.add(tf.matMul(x, w), b), target)));
        this.optimizer.minimize(loss as () => tf.Scalar, false, [w, b]);
        this.step.assign(tf.add(this.step, tf.scalar(1, 'int32')));
      }
    });
  }

  values(): Values {
    const {w, b} = this.net;
    return {w: w.arraySync() as number[][], b: b.arraySync() as number[], step: this.step.dataSync()[0]!};
  }
}
