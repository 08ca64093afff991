/**
 * Layers that step through time, as loops. tfjs-layers steps in JavaScript, once for each step of the input it is given;
 * recorded, that is a graph for inputs of that very length. While a model is traced its recurrent layers therefore run
 * the functions here, which compute the same with a loop that is part of the graph.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {
  type Call,
  type CallKeywords,
  type Cell,
  dropsSome,
  forgetDropoutMasks,
  isRecurrent,
  type RecurrentLayer,
  withCalls,
} from '../tfjs/layers/recurrent.js';
import {whileLoop} from '../trace/control_flow.js';
import {innerLayers, type Layer} from './layer_parts.js';

const isTimeDistributed = (layer: Layer): layer is Layer & {readonly layer: Layer} =>
  layer.getClassName() === 'TimeDistributed';

/** The variables in which stateful layers keep their state from one call to the next. */
export type StateVariables = ReadonlyMap<Layer, readonly tf.Variable[]>;

/** Runs `f` with the layers in `root` that step through time doing so by loops in the graph. */
export function withTimeLoops<T>(root: Layer, states: StateVariables, f: () => T): T {
  const calls = new Map<Layer, Call>();
  const visit = (layer: Layer): void => {
    if (isRecurrent(layer)) {
      const once = oncePerInput((inputs, keywords = {}) =>
        callRecurrent(layer, inputs, keywords, states.get(layer)),
      );
      calls.set(layer, once);
    } else if (isTimeDistributed(layer)) {
      calls.set(layer, (inputs, keywords) => callAtEachTime(layer.layer, inputs, keywords ?? {}));
    }
    for (const inner of innerLayers(layer)) visit(inner);
  };
  visit(root);
  return withCalls(calls, f);
}

/**
 * Gives the results of the latest call again where the inputs are the same tensors: tfjs-layers calls a layer once for each of
 * its outputs.
 */
function oncePerInput(call: Call): Call {
  let latest: {readonly inputs: readonly unknown[]; readonly outputs: readonly tf.Tensor[]} | undefined;
  return (inputs, keywords) => {
    const given = [inputs, keywords?.initialState, keywords?.mask].flat();
    const isSame =
      latest?.inputs.length === given.length &&
      latest.inputs.every((each, i) => each === given[i]) &&
      latest.outputs.every(({isDisposed}) => !isDisposed);
    if (isSame) return latest!.outputs.map((output) => tf.clone(output));
    const outputs = call(inputs, keywords);
    latest = Array.isArray(outputs) ? {inputs: given, outputs} : undefined;
    return outputs;
  };
}

const firstOf = <T>(values: T | readonly T[]): T => (Array.isArray(values) ? values[0] : (values as T));

/**
 * Applies a layer at each time by taking the times for more examples, as Keras does.
 *
 * @param inputs - of shape `[batch, time, ...]`
 */
function callAtEachTime(layer: Layer, inputs: tf.Tensor | tf.Tensor[], keywords: CallKeywords): tf.Tensor {
  const input = firstOf(inputs);
  const [batch, time, ...rest] = input.shape as [number, number, ...number[]];
  const examples = tf.reshape(input, [batch * time, ...rest]);
  const output = firstOf(layer.call(examples, {...keywords, mask: undefined}));
  return tf.reshape(output, [batch, time, ...output.shape.slice(1)]);
}

/** What `RNN.call` of tfjs-layers computes. */
function callRecurrent(
  layer: RecurrentLayer,
  inputs: tf.Tensor | tf.Tensor[],
  keywords: CallKeywords,
  variables: readonly tf.Variable[] | undefined,
): tf.Tensor | tf.Tensor[] {
  const input = firstOf(inputs);
  const initial = keywords.initialState ?? variables ?? layer.getInitialState(input);
  const {output, states} = loopOverTime(layer, input, [...(initial as readonly tf.Tensor[])], keywords);
  for (const [i, variable] of (variables ?? []).entries()) variable.assign(states[i]!);
  return layer.returnState ? [output, ...states] : output;
}

/** Time first, as a loop takes it: `[time, batch, ...]`. */
const timeMajor = (tensor: tf.Tensor): tf.Tensor =>
  tf.transpose(tensor, [1, 0, ...tensor.shape.map((_, axis) => axis).slice(2)]);

function loopOverTime(
  layer: RecurrentLayer,
  input: tf.Tensor,
  initial: tf.Tensor[],
  {training, mask}: CallKeywords,
): {output: tf.Tensor; states: tf.Tensor[]} {
  const {cell, goBackwards, returnSequences} = layer;
  const inOrder = (tensor: tf.Tensor): tf.Tensor =>
    goBackwards ? tf.reverse(timeMajor(tensor), 0) : timeMajor(tensor);
  const sequence = inOrder(input);
  const masks = mask ? inOrder(maskOf(firstOf(mask), input.rank)) : undefined;
  const step = (t: tf.Tensor, states: tf.Tensor[]): tf.Tensor[] => {
    const stepped = cell.call([tf.gather(sequence, t), ...states], {training}) as tf.Tensor[];
    return masks === undefined ? stepped : kept(stepped, states, tf.gather(masks, t));
  };

  const length = tf.sum(tf.ones([sequence.shape[0]!], 'int32'));
  const start = tf.scalar(0, 'int32');
  const one = tf.scalar(1, 'int32');
  const [size, batch] = sequence.shape as [number, number];
  const outputs = tf.zeros([returnSequences ? size : 1, batch, ...initial[0]!.shape.slice(1)]);
  withDropoutMasks(cell, () => step(start, initial));
  const [, , collected, ...states] = whileLoop(
    ([t, turns]: tf.Tensor[]) => tf.less(t!, turns!),
    ([t, turns, soFar, ...present]: tf.Tensor[]) => {
      const [output, ...next] = step(t!, present) as [tf.Tensor, ...tf.Tensor[]];
      const row = tf.expandDims(output, 0);
      const place = tf.reshape(t!, [1, 1]);
      const all = returnSequences ? tf.tensorScatterUpdate(soFar!, place, row) : row;
      return [tf.add(t!, one), turns!, all, ...next];
    },
    [start, length, outputs, ...initial],
  ) as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
  forgetDropoutMasks(cell);
  return {output: returnSequences ? timeMajor(collected) : tf.squeeze(collected, [0]), states};
}

/** 1 where a step counts, of the rank of the input. */
function maskOf(mask: tf.Tensor, rank: number): tf.Tensor {
  const ones = tf.cast(tf.cast(mask, 'bool'), 'float32');
  return tf.reshape(ones, [...ones.shape, ...new Array<number>(rank - ones.rank).fill(1)]);
}

/** Where a step is masked, output and states stay what they were; the first state is the last output. */
function kept(stepped: tf.Tensor[], states: tf.Tensor[], mask: tf.Tensor): tf.Tensor[] {
  const skipped = tf.sub(tf.onesLike(mask), mask);
  const before = [states[0]!, ...states];
  return stepped.map((now, i) => tf.add(tf.mul(now, mask), tf.mul(before[i]!, skipped)));
}

/** Has the cells draw what they drop before the loop, since they are to drop the same at each step. */
function withDropoutMasks(cell: Cell, step: () => unknown): void {
  forgetDropoutMasks(cell);
  if (dropsSome(cell)) step();
}
