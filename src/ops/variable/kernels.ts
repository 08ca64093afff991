/**
 * Ops that make, read and assign variables.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {Value} from '../../tensors/value.js';
import {indexing} from '../indexing/kernels.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {math} from '../math/kernels.js';
import {Variable} from './variable.js';

/** The variable of a handle op. One with an empty `shared_name` is known under its node's name, as in TensorFlow. */
function handle(_inputs: readonly Value[], ctx: KernelContext): Value {
  const name = ctx.attrs.string('shared_name') || ctx.name;
  const spec = {name, dtype: ctx.attrs.dtype('dtype'), shape: ctx.attrs.shape('shape'), trainable: false};
  const variable = ctx.session.resource(ctx.attrs.string('container'), name, () => new Variable(spec));
  return Value.object('resource', variable);
}

function variableOf(value: Value | undefined): Variable {
  return value!.object(Variable);
}

/** `variable = combine(variable, value)`, by the kernel of an elementwise op. */
function update(combine: string): Kernel {
  return ([target, value], ctx) => {
    const variable = variableOf(target);
    variable.assign(single(math[combine]!.kernel([variable.read(), value!], ctx)));
    return ctx.outputs > 0 ? target! : [];
  };
}

/** `variable = scatter(variable, indices, updates)`: rows of the first dimension are combined with `updates`. */
function scatter(combine: string): Kernel {
  return ([target, indices, updates], ctx) => {
    const variable = variableOf(target);
    const rows = indices!.reshape([...indices!.shape, 1]);
    const rest = variable.currentShape().slice(1);
    const full = broadcastUpdates(updates!, [...indices!.shape, ...rest]);
    variable.assign(single(indexing[combine]!.kernel([variable.read(), rows, full], ctx)));
    return ctx.outputs > 0 ? target! : [];
  };
}

/** `variable = scatterNd(variable, indices, updates)`: `indices` address slices. */
function scatterNd(combine: string): Kernel {
  return ([target, indices, updates], ctx) => {
    const variable = variableOf(target);
    variable.assign(single(indexing[combine]!.kernel([variable.read(), indices!, updates!], ctx)));
    return ctx.outputs > 0 ? target! : [];
  };
}

/** Scatter ops take a scalar update for all rows. */
function broadcastUpdates(updates: Value, shape: readonly number[]): Value {
  if (updates.rank > 0 || shape.length === 0) return updates;
  return Value.device(tf.broadcastTo(updates.tensor(), shape as number[]), updates.dtype);
}

function single(outputs: Value | readonly Value[]): Value {
  return outputs instanceof Value ? outputs : outputs[0]!;
}

const assign: Kernel = ([target, value], ctx) => {
  variableOf(target).assign(value!);
  return ctx.outputs > 0 ? target! : [];
};

const gather: Kernel = ([target, indices], ctx) => {
  const axis = Value.scalar('int32', ctx.attrs.int('batch_dims'));
  return indexing.GatherV2!.kernel([variableOf(target).readInPlace(), indices!, axis], ctx);
};

const initialized: Kernel = ([target]) => Value.scalar('bool', variableOf(target).initialized);

/** Ops on variables: resource handles of TensorFlow 2, and the reference edges of TensorFlow 1. */
export const variables: OpFamily = {
  VarHandleOp: {kernel: handle},
  VariableV2: {kernel: handle},
  Variable: {kernel: handle},
  ReadVariableOp: {kernel: ([target]) => variableOf(target).read()},
  _ReadVariablesOp: {kernel: (targets) => targets.map((target) => variableOf(target).read())},
  VariableShape: {
    kernel: ([target], ctx) => Value.vector(ctx.attrs.dtype('out_type'), variableOf(target).currentShape()),
  },
  VarIsInitializedOp: {kernel: initialized},
  IsVariableInitialized: {kernel: initialized},
  DisableCopyOnRead: {kernel: () => []},
  DestroyResourceOp: {
    kernel: ([target]) => {
      const resource = (target!.hostData() as readonly object[])[0];
      if (resource instanceof Variable) resource.dispose();
      return [];
    },
  },
  AssignVariableOp: {kernel: assign},
  Assign: {kernel: assign},
  AssignAddVariableOp: {kernel: update('AddV2')},
  AssignSubVariableOp: {kernel: update('Sub')},
  AssignAdd: {kernel: update('AddV2')},
  AssignSub: {kernel: update('Sub')},
  ResourceGather: {kernel: gather},
  ResourceGatherNd: {
    kernel: ([target, indices], ctx) =>
      indexing.GatherNd!.kernel([variableOf(target).readInPlace(), indices!], ctx),
  },
  ResourceScatterUpdate: {kernel: scatter('TensorScatterUpdate')},
  ResourceScatterAdd: {kernel: scatter('TensorScatterAdd')},
  ResourceScatterSub: {kernel: scatter('TensorScatterSub')},
  ResourceScatterMax: {kernel: scatter('TensorScatterMax')},
  ResourceScatterMin: {kernel: scatter('TensorScatterMin')},
  ScatterUpdate: {kernel: scatter('TensorScatterUpdate')},
  ScatterAdd: {kernel: scatter('TensorScatterAdd')},
  ScatterSub: {kernel: scatter('TensorScatterSub')},
  ScatterMax: {kernel: scatter('TensorScatterMax')},
  ScatterMin: {kernel: scatter('TensorScatterMin')},
  ResourceScatterNdUpdate: {kernel: scatterNd('TensorScatterUpdate')},
  ResourceScatterNdAdd: {kernel: scatterNd('TensorScatterAdd')},
  ResourceScatterNdSub: {kernel: scatterNd('TensorScatterSub')},
  ResourceScatterNdMax: {kernel: scatterNd('TensorScatterMax')},
  ResourceScatterNdMin: {kernel: scatterNd('TensorScatterMin')},
};
