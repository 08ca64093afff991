/**
 * Strings as the data of a tfjs-layers model. `fit`, `evaluate` and `predict` of tfjs-layers take batches out of their data by
 * operations that refuse strings, and nothing a layer does can help that. So the first layer that takes text in a model
 * teaches these methods about it; for data without strings they are what they were.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {LayersModel} from '@tensorflow/tfjs-layers';
import {CallError} from '../../errors.js';
import type {PackedStrings} from '../../host/strings.js';
import {stringsOf, stringTensor} from '../string_tensors.js';

type FitArgs = NonNullable<Parameters<LayersModel['fit']>[2]>;
type EvaluateArgs = NonNullable<Parameters<LayersModel['evaluate']>[2]>;
type PredictArgs = Parameters<LayersModel['predict']>[1];
type FitDatasetArgs<T> = Parameters<typeof LayersModel.prototype.fitDataset<T>>[1];
type Dataset<T> = Parameters<typeof LayersModel.prototype.fitDataset<T>>[0];

/** Data of a model: a tensor, or several in the order of the model's inputs or by their names. */
type Data = tf.Tensor | tf.Tensor[] | {[name: string]: tf.Tensor};

/** Methods of `LayersModel` that are its own business, and the ones that are taught here. */
interface ModelInternals extends Pick<LayersModel, 'fitDataset' | 'apply' | 'inputs'> {
  fit(x: Data, y: Data, args?: FitArgs): ReturnType<LayersModel['fit']>;
  evaluate(x: Data, y: Data, args?: EvaluateArgs): tf.Scalar | tf.Scalar[];
  predict(x: tf.Tensor | tf.Tensor[], args?: PredictArgs): tf.Tensor | tf.Tensor[];
  predictOnBatch(x: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[];
  /** Data in the order of inputs and outputs, checked; vectors are made columns. */
  standardizeUserDataXY(
    x: Data,
    y: Data,
    checkBatchAxis: boolean,
    batchSize: number,
  ): [tf.Tensor[], tf.Tensor[]];
  makeTestFunction(): void;
  /** Losses and metrics of a batch of inputs and targets. */
  testFunction(data: tf.Tensor[]): tf.Scalar[];
}

/** tfjs-layers's own default. */
const BATCH_SIZE = 32;

let isInstalled = false;

/** Lets models be trained, evaluated and asked on strings. Calling it again does nothing. */
export function installTextBatches(): void {
  if (isInstalled) return;
  isInstalled = true;
  const prototype = LayersModel.prototype as unknown as ModelInternals;
  const {fit, evaluate, predict, predictOnBatch} = prototype;
  prototype.fit = function (this: ModelInternals, x, y, args = {}) {
    return hasText(x) ? fitText(this, x, y, args) : fit.call(this, x, y, args);
  };
  prototype.evaluate = function (this: ModelInternals, x, y, args) {
    return hasText(x) ? evaluateText(this, x, y, args?.batchSize) : evaluate.call(this, x, y, args);
  };
  prototype.predict = function (this: ModelInternals, x, args) {
    return hasText(x) ? predictText(this, x, args?.batchSize) : predict.call(this, x, args);
  };
  prototype.predictOnBatch = function (this: ModelInternals, x) {
    const size = () => [x].flat()[0]!.shape[0]!;
    return hasText(x) ? predictText(this, x, size()) : predictOnBatch.call(this, x);
  };
}

function hasText(data: Data): boolean {
  const tensors = data instanceof tf.Tensor ? [data] : Object.values(data ?? {});
  return tensors.some((tensor) => tensor instanceof tf.Tensor && tensor.dtype === 'string');
}

/** `fit`, as training on a data set of batches: the same steps, callbacks and history. */
async function fitText(
  model: ModelInternals,
  x: Data,
  y: Data,
  args: FitArgs,
): ReturnType<LayersModel['fit']> {
  const batchSize = batchSizeOf(args.batchSize);
  if (args.sampleWeight != null) throw new CallError('sample weights are not supported by tfjs-layers');
  const [xs, ys] = model.standardizeUserDataXY(x, y, false, batchSize);
  const made: tf.Tensor[] = [...xs, ...ys].filter((tensor) => !givenIn(tensor, x) && !givenIn(tensor, y));
  try {
    const size = xs[0]!.shape[0]!;
    let {validationData} = args;
    let used = size;
    const {validationSplit = 0} = args;
    if (validationData == null && validationSplit > 0 && validationSplit < 1) {
      used = Math.floor(size * (1 - validationSplit));
      const rest = range(used, size);
      const split = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => new Rows(tensor).take(rest));
      validationData = [split(xs), split(ys)];
      made.push(...(validationData[0] as tf.Tensor[]), ...(validationData[1] as tf.Tensor[]));
    }
    const dataset = new Batches(xs, ys, used, batchSize, args.shuffle !== false);
    const options: FitDatasetArgs<BatchOfTensors> = {
      epochs: args.epochs ?? 1,
      ...(pickDefined(args, KEPT_ARGS) as Pick<FitDatasetArgs<BatchOfTensors>, (typeof KEPT_ARGS)[number]>),
      ...(validationData != null && {
        validationData: validationData as [tf.Tensor[], tf.Tensor[]],
        validationBatchSize: batchSize,
      }),
    };
    return await model.fitDataset(dataset as unknown as Dataset<BatchOfTensors>, options);
  } finally {
    tf.dispose(made);
  }
}

/** What `fit` and `fitDataset` are told alike. */
const KEPT_ARGS = ['verbose', 'callbacks', 'yieldEvery', 'initialEpoch', 'classWeight'] as const;

type BatchOfTensors = {xs: tf.Tensor[]; ys: tf.Tensor[]};

function pickDefined<T, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])),
  ) as Pick<T, K>;
}

function givenIn(tensor: tf.Tensor, data: Data): boolean {
  return data instanceof tf.Tensor ? tensor === data : Object.values(data).includes(tensor);
}

/** Batches of data in memory, in another order for each epoch: what tfjs-layers asks of a data set. */
class Batches {
  readonly size: number;
  readonly #xs: readonly Rows[];
  readonly #ys: readonly Rows[];

  constructor(
    xs: readonly tf.Tensor[],
    ys: readonly tf.Tensor[],
    readonly count: number,
    readonly batchSize: number,
    readonly shuffle: boolean,
  ) {
    this.size = Math.ceil(count / batchSize);
    this.#xs = xs.map((tensor) => new Rows(tensor));
    this.#ys = ys.map((tensor) => new Rows(tensor));
  }

  iterator(): Promise<{next(): Promise<IteratorResult<BatchOfTensors, null>>}> {
    const order = range(0, this.count);
    if (this.shuffle) tf.util.shuffle(order);
    let start = 0;
    const next = async (): Promise<IteratorResult<BatchOfTensors, null>> => {
      if (start >= this.count) return {value: null, done: true};
      const indices = order.subarray(start, (start += this.batchSize));
      const take = (rows: Rows) => rows.take(indices);
      return {value: {xs: this.#xs.map(take), ys: this.#ys.map(take)}, done: false};
    };
    return Promise.resolve({next});
  }
}

/** A tensor of which rows are taken. */
class Rows {
  readonly #strings: PackedStrings | undefined;

  constructor(readonly tensor: tf.Tensor) {
    this.#strings = tensor.dtype === 'string' ? stringsOf(tensor) : undefined;
  }

  take(indices: Int32Array): tf.Tensor {
    if (this.#strings === undefined)
      return tf.tidy(() => tf.gather(this.tensor, tf.tensor1d(indices, 'int32')));
    const [, ...row] = this.tensor.shape;
    const width = tf.util.sizeFromShape(row);
    const taken = new Int32Array(indices.length * width);
    for (let i = 0; i < taken.length; i++) taken[i] = indices[Math.floor(i / width)]! * width + (i % width);
    return stringTensor(this.#strings.take(taken), [indices.length, ...row]);
  }
}

function range(start: number, end: number): Int32Array {
  return Int32Array.from({length: end - start}, (_, i) => start + i);
}

function batchSizeOf(given: number | undefined): number {
  const size = given ?? BATCH_SIZE;
  if (!Number.isInteger(size) || size <= 0) {
    throw new CallError(`batchSize is required to be a positive integer, but got ${size}`);
  }
  return size;
}

/** `evaluate`: losses and metrics, averaged over the examples. */
function evaluateText(
  model: ModelInternals,
  x: Data,
  y: Data,
  batchSize: number | undefined,
): tf.Scalar | tf.Scalar[] {
  const step = batchSizeOf(batchSize);
  const means = tf.tidy(() => {
    const [xs, ys] = model.standardizeUserDataXY(x, y, true, step);
    const rows = [...xs, ...ys].map((tensor) => new Rows(tensor));
    const count = xs[0]!.shape[0]!;
    model.makeTestFunction();
    let sums: tf.Tensor[] | undefined;
    for (let start = 0; start < count; start += step) {
      const indices = range(start, Math.min(start + step, count));
      const before = sums;
      sums = tf.tidy(() => {
        const results = model.testFunction(rows.map((each) => each.take(indices)));
        return results.map((result, i) => {
          const weighted = tf.mul(result, indices.length);
          return before === undefined ? weighted : tf.add(before[i]!, weighted);
        });
      });
      tf.dispose(before ?? []);
    }
    return (sums ?? []).map((sum) => tf.div(sum, count) as tf.Scalar);
  });
  return means.length === 1 ? means[0]! : means;
}

/** `predict`, in batches. */
function predictText(
  model: ModelInternals,
  x: tf.Tensor | tf.Tensor[],
  batchSize: number | undefined,
): tf.Tensor | tf.Tensor[] {
  const step = batchSizeOf(batchSize);
  const inputs = [x].flat();
  if (inputs.length !== model.inputs.length) {
    throw new CallError(`the model takes ${model.inputs.length} input tensors, got ${inputs.length}`);
  }
  const outputs = tf.tidy(() => {
    const rows = inputs.map((tensor) => new Rows(tensor.rank === 1 ? tf.expandDims(tensor, 1) : tensor));
    const count = inputs[0]!.shape[0]!;
    const batches: tf.Tensor[][] = [];
    for (let start = 0; start < count; start += step) {
      const indices = range(start, Math.min(start + step, count));
      const results = tf.tidy(() => {
        const batch = rows.map((each) => each.take(indices));
        return [model.apply(batch.length === 1 ? batch[0]! : batch) as tf.Tensor | tf.Tensor[]].flat();
      });
      batches.push(results);
    }
    return (batches[0] ?? []).map((_, i) => tf.concat(batches.map((batch) => batch[i]!)));
  });
  return outputs.length === 1 ? outputs[0]! : outputs;
}
