/**
 * Gives an optimizer of tfjs the state that a checkpoint has of it, or of its Keras 2 counterpart.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../../errors.js';
import {sameShape} from '../../host/shape.js';
import {elementAt, type HostTensor} from '../../host/tensor.js';
import {Value} from '../../tensors/value.js';
import {onHostBackend} from '../../tfjs/host_backend.js';
import {
  type Accumulator,
  accumulatorsIn,
  learningRateOf,
  setAccumulators,
  setIterations,
  setLearningRate,
} from '../../tfjs/optimizers.js';
import {accumulatorsOf, OPTIMIZER_SLOTS, type SlotList} from './optimizer_slots.js';

/** What a checkpoint has of an optimizer, under Keras's names. */
export interface StoredOptimizer {
  readonly iterations: HostTensor | undefined;
  readonly learningRate: HostTensor | undefined;
  /** Of each list that it has: the values in order, and the keys they have. */
  readonly lists: ReadonlyMap<string, readonly HostTensor[]>;
}

/** The attributes of Keras's optimizer that lists of an optimizer of tfjs are kept in. */
export function slotAttributes(optimizer: tf.Optimizer): readonly string[] {
  return OPTIMIZER_SLOTS[optimizer.getClassName()]?.lists.map(({attribute}) => attribute) ?? [];
}

/** @throws CallError when the optimizer has been trained on variables of other shapes. */
export function checkOptimizer(optimizer: tf.Optimizer, stored: StoredOptimizer): void {
  for (const list of OPTIMIZER_SLOTS[optimizer.getClassName()]?.lists ?? []) {
    const values = stored.lists.get(list.attribute);
    for (const [i, {variable}] of accumulatorsOf(optimizer, list).entries()) {
      const value = values?.[i];
      if (value !== undefined && !sameShape(variable.shape, value.shape)) {
        throw new CallError(
          `the optimizer's ${list.property} number ${i} is [${variable.shape}], and the checkpoint's is [${value.shape}]`,
        );
      }
    }
  }
}

/** Takes over what is stored; lists that are not stay as they are. */
export function restoreOptimizer(optimizer: tf.Optimizer, stored: StoredOptimizer): void {
  const rate = stored.learningRate && Number(elementAt(stored.learningRate.data, 0));
  if (rate !== undefined) setLearningRate(optimizer, rate);
  for (const list of OPTIMIZER_SLOTS[optimizer.getClassName()]?.lists ?? []) {
    const values = stored.lists.get(list.attribute);
    if (values !== undefined && values.length > 0) restoreList(optimizer, list, values);
  }
  if (stored.iterations !== undefined) setIterations(optimizer, Number(elementAt(stored.iterations.data, 0)));
}

function restoreList(optimizer: tf.Optimizer, list: SlotList, values: readonly HostTensor[]): void {
  const old = accumulatorsIn(optimizer, list.property);
  const by = 1 / (list.factor?.(learningRateOf(optimizer)) ?? 1);
  const accumulators = values.map((value, i): Accumulator => {
    const scaled =
      list.factor === undefined
        ? value
        : {...value, data: Float32Array.from(value.data as Float32Array, (each) => each * by)};
    const variable = tf.tidy(() => onHostBackend(() => Value.of(scaled).tensor().variable(false)));
    return {originalName: old[i]?.originalName ?? `${list.infix}/${i}`, variable};
  });
  setAccumulators(optimizer, list.property, accumulators);
}
