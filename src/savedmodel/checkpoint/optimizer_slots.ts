/**
 * What optimizers of tfjs keep for each trained variable, and where Keras 2 keeps the same.
 *
 * Source: `keras/src/optimizers/` of Keras 2.15.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {type Accumulator, type AccumulatorList, accumulatorsIn, usesMomentum} from '../../tfjs/optimizers.js';

/** A list of what an optimizer keeps: one for each variable, in the order in which they were first trained. */
export interface SlotList {
  /** The property of tfjs's optimizer. */
  readonly property: AccumulatorList;
  /** The attribute of Keras's. */
  readonly attribute: string;
  /** What Keras puts between the optimizer's name and the variable's. */
  readonly infix: string;
  /** By what tfjs's values are to be multiplied, given the learning rate. Left out where they mean the same. */
  readonly factor?: (learningRate: number) => number;
  /** Kept without momentum as well, and not read then. */
  readonly needsMomentum?: boolean;
}

/** How the state of one kind of optimizer is saved. */
export interface SlotRule {
  readonly lists: readonly SlotList[];
  /** Whether Keras lists all of the first variable before the next one; else list by list. */
  readonly interleaved: boolean;
}

/** By tfjs's class names. */
export const OPTIMIZER_SLOTS: Readonly<Record<string, SlotRule>> = {
  SGD: {lists: [], interleaved: false},
  Momentum: {
    // tfjs accumulates gradients, Keras the steps that are taken.
    lists: [{property: 'accumulations', attribute: 'momentums', infix: 'm', factor: (rate) => -rate}],
    interleaved: false,
  },
  Adagrad: {
    lists: [{property: 'accumulatedGrads', attribute: '_accumulators', infix: 'accumulator'}],
    interleaved: false,
  },
  Adadelta: {
    lists: [
      {property: 'accumulatedGrads', attribute: '_accumulated_grads', infix: 'accumulated_grad'},
      {property: 'accumulatedUpdates', attribute: '_accumulated_delta_vars', infix: 'accumulated_delta_var'},
    ],
    interleaved: true,
  },
  Adam: {
    lists: [
      {property: 'accumulatedFirstMoment', attribute: '_momentums', infix: 'm'},
      {property: 'accumulatedSecondMoment', attribute: '_velocities', infix: 'v'},
    ],
    interleaved: true,
  },
  Adamax: {
    lists: [
      {property: 'accumulatedFirstMoment', attribute: '_m', infix: 'm'},
      {property: 'accumulatedWeightedInfNorm', attribute: '_u', infix: 'u'},
    ],
    interleaved: true,
  },
  RMSProp: {
    lists: [
      {property: 'accumulatedMeanSquares', attribute: '_velocities', infix: 'velocity'},
      {
        property: 'accumulatedMoments',
        attribute: '_momentums',
        infix: 'momentum',
        needsMomentum: true,
      },
      {property: 'accumulatedMeanGrads', attribute: '_average_gradients', infix: 'average_gradient'},
    ],
    interleaved: false,
  },
};

/** What the optimizer keeps in a list, nothing before its first step. */
export function accumulatorsOf(optimizer: tf.Optimizer, list: SlotList): readonly Accumulator[] {
  if (list.needsMomentum && !usesMomentum(optimizer)) return [];
  return accumulatorsIn(optimizer, list.property);
}
