/**
 * Optimizer steps inside a graph: ops that move a variable, and the slots that belong to it, by a gradient.
 *
 * Source: `tensorflow/core/kernels/training_ops.cc`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {formatShape, sameShape} from '../../host/shape.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import type {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, unsupported} from '../node.js';
import {Variable} from '../variable/variable.js';

/** What a step's formula can use: the variable and its slots, then the op's other operands, by name. */
type Operands = Readonly<Record<string, tf.Tensor>>;

/** One optimizer. */
interface Rule {
  /** Names of the variable (`x`) and its slots, then of the other operands, in the op's order. */
  readonly slots: readonly string[];
  readonly operands: readonly string[];
  /** The new values of the slots that change. */
  readonly step: (values: Operands, ctx: KernelContext) => Operands;
}

/** `before` moved towards `now` by `1 - keep`. */
const towards = (before: tf.Tensor, now: tf.Tensor, keep: tf.Tensor): tf.Tensor =>
  tf.add(before, tf.mul(tf.sub(now, before), tf.sub(1, keep)));

/** Adam's learning rate with its correction for the slots' start at zero. */
const adamRate = ({lr, beta1Power, beta2Power}: Operands): tf.Tensor =>
  tf.div(tf.mul(lr!, tf.sqrt(tf.sub(1, beta2Power!))), tf.sub(1, beta1Power!));

const ADAM_OPERANDS = ['beta1Power', 'beta2Power', 'lr', 'beta1', 'beta2', 'epsilon', 'grad'];

function adagrad({x, accum, lr, epsilon, grad}: Operands, ctx: KernelContext): Operands {
  const sum = ctx.attrs.bool('update_slots') ? tf.add(accum!, tf.square(grad!)) : accum!;
  const root = epsilon === undefined ? tf.sqrt(sum) : tf.add(tf.sqrt(sum), epsilon);
  return {x: tf.sub(x!, tf.div(tf.mul(grad!, lr!), root)), accum: sum};
}

/** Follow the regularised leader (McMahan et al., 2013). */
function ftrl({x, accum, linear, grad, lr, l1, l2, shrinkage, lrPower}: Operands): Operands {
  const shrunk = shrinkage === undefined ? grad! : tf.add(grad!, tf.mul(tf.mul(2, shrinkage), x!));
  const sum = tf.add(accum!, tf.square(grad!));
  const power = tf.neg(lrPower!);
  const growth = tf.div(tf.sub(tf.pow(sum, power), tf.pow(accum!, power)), lr!);
  const slope = tf.sub(tf.add(linear!, shrunk), tf.mul(growth, x!));
  const numerator = tf.sub(tf.mul(l1!, tf.sign(slope)), slope);
  const denominator = tf.add(tf.div(tf.pow(sum, power), lr!), tf.mul(2, l2!));
  const moved = tf.where(tf.greater(tf.abs(slope), l1!), tf.div(numerator, denominator), tf.zerosLike(slope));
  return {x: moved, accum: sum, linear: slope};
}

/** Whether gradient and its running mean agree in sign: 1, 0 or -1. */
function signStep({x, m, lr, beta, grad}: Operands, scale: (agreement: tf.Tensor) => tf.Tensor): Operands {
  const mean = towards(m!, grad!, beta!);
  const agreement = tf.mul(tf.sign(grad!), tf.sign(mean));
  return {x: tf.sub(x!, tf.mul(tf.mul(lr!, scale(agreement)), grad!)), m: mean};
}

const RULES: Readonly<Record<string, Rule>> = {
  GradientDescent: {
    slots: ['x'],
    operands: ['alpha', 'delta'],
    step: ({x, alpha, delta}) => ({x: tf.sub(x!, tf.mul(alpha!, delta!))}),
  },
  Momentum: {
    slots: ['x', 'accum'],
    operands: ['lr', 'grad', 'momentum'],
    step: ({x, accum, lr, grad, momentum}, ctx) => {
      const sum = tf.add(tf.mul(accum!, momentum!), grad!);
      const move = ctx.attrs.bool('use_nesterov') ? tf.add(grad!, tf.mul(sum, momentum!)) : sum;
      return {x: tf.sub(x!, tf.mul(move, lr!)), accum: sum};
    },
  },
  KerasMomentum: {
    slots: ['x', 'accum'],
    operands: ['lr', 'grad', 'momentum'],
    step: ({x, accum, lr, grad, momentum}, ctx) => {
      const move = tf.mul(grad!, lr!);
      const sum = tf.sub(tf.mul(accum!, momentum!), move);
      const ahead = ctx.attrs.bool('use_nesterov') ? tf.sub(tf.mul(sum, momentum!), move) : sum;
      return {x: tf.add(x!, ahead), accum: sum};
    },
  },
  Adam: {
    slots: ['x', 'm', 'v'],
    operands: ADAM_OPERANDS,
    step: (values, ctx) => {
      const {x, m, v, beta1, beta2, epsilon, grad} = values;
      const mean = towards(m!, grad!, beta1!);
      const square = towards(v!, tf.square(grad!), beta2!);
      const ahead = ctx.attrs.bool('use_nesterov')
        ? tf.add(tf.mul(grad!, tf.sub(1, beta1!)), tf.mul(mean, beta1!))
        : mean;
      const move = tf.div(tf.mul(ahead, adamRate(values)), tf.add(tf.sqrt(square), epsilon!));
      return {x: tf.sub(x!, move), m: mean, v: square};
    },
  },
  AdamWithAmsgrad: {
    slots: ['x', 'm', 'v', 'vhat'],
    operands: ADAM_OPERANDS,
    step: (values) => {
      const {x, m, v, vhat, beta1, beta2, epsilon, grad} = values;
      const mean = towards(m!, grad!, beta1!);
      const square = towards(v!, tf.square(grad!), beta2!);
      const largest = tf.maximum(vhat!, square);
      const move = tf.div(tf.mul(mean, adamRate(values)), tf.add(tf.sqrt(largest), epsilon!));
      return {x: tf.sub(x!, move), m: mean, v: square, vhat: largest};
    },
  },
  AdaMax: {
    slots: ['x', 'm', 'v'],
    operands: ['beta1Power', 'lr', 'beta1', 'beta2', 'epsilon', 'grad'],
    step: ({x, m, v, beta1Power, lr, beta1, beta2, epsilon, grad}) => {
      const mean = towards(m!, grad!, beta1!);
      const largest = tf.maximum(tf.mul(beta2!, v!), tf.abs(grad!));
      const rate = tf.div(lr!, tf.sub(1, beta1Power!));
      return {x: tf.sub(x!, tf.mul(rate, tf.div(mean, tf.add(largest, epsilon!)))), m: mean, v: largest};
    },
  },
  Adagrad: {slots: ['x', 'accum'], operands: ['lr', 'grad'], step: adagrad},
  AdagradV2: {slots: ['x', 'accum'], operands: ['lr', 'epsilon', 'grad'], step: adagrad},
  Adadelta: {
    slots: ['x', 'accum', 'accumUpdate'],
    operands: ['lr', 'rho', 'epsilon', 'grad'],
    step: ({x, accum, accumUpdate, lr, rho, epsilon, grad}) => {
      const square = towards(accum!, tf.square(grad!), rho!);
      const ratio = tf.sqrt(tf.div(tf.add(accumUpdate!, epsilon!), tf.add(square, epsilon!)));
      const move = tf.mul(ratio, grad!);
      return {
        x: tf.sub(x!, tf.mul(move, lr!)),
        accum: square,
        accumUpdate: towards(accumUpdate!, tf.square(move), rho!),
      };
    },
  },
  RMSProp: {
    slots: ['x', 'ms', 'mom'],
    operands: ['lr', 'rho', 'momentum', 'epsilon', 'grad'],
    step: ({x, ms, mom, lr, rho, momentum, epsilon, grad}) => {
      const square = towards(ms!, tf.square(grad!), rho!);
      const move = tf.div(tf.mul(grad!, lr!), tf.sqrt(tf.add(square, epsilon!)));
      const sum = tf.add(tf.mul(mom!, momentum!), move);
      return {x: tf.sub(x!, sum), ms: square, mom: sum};
    },
  },
  CenteredRMSProp: {
    slots: ['x', 'mg', 'ms', 'mom'],
    operands: ['lr', 'rho', 'momentum', 'epsilon', 'grad'],
    step: ({x, mg, ms, mom, lr, rho, momentum, epsilon, grad}) => {
      const square = towards(ms!, tf.square(grad!), rho!);
      const mean = towards(mg!, grad!, rho!);
      const variance = tf.add(tf.sub(square, tf.square(mean)), epsilon!);
      const sum = tf.add(tf.mul(mom!, momentum!), tf.div(tf.mul(grad!, lr!), tf.sqrt(variance)));
      return {x: tf.sub(x!, sum), mg: mean, ms: square, mom: sum};
    },
  },
  Ftrl: {
    slots: ['x', 'accum', 'linear'],
    operands: ['grad', 'lr', 'l1', 'l2', 'lrPower'],
    step: ftrl,
  },
  FtrlV2: {
    slots: ['x', 'accum', 'linear'],
    operands: ['grad', 'lr', 'l1', 'l2', 'shrinkage', 'lrPower'],
    step: ftrl,
  },
  AddSign: {
    slots: ['x', 'm'],
    operands: ['lr', 'alpha', 'signDecay', 'beta', 'grad'],
    step: (values) =>
      signStep(values, (agreement) => tf.add(values.alpha!, tf.mul(values.signDecay!, agreement))),
  },
  PowerSign: {
    slots: ['x', 'm'],
    operands: ['lr', 'logbase', 'signDecay', 'beta', 'grad'],
    step: (values) =>
      signStep(values, (agreement) => tf.exp(tf.mul(tf.mul(values.logbase!, values.signDecay!), agreement))),
  },
};

function apply({slots, operands, step}: Rule): Kernel {
  return (inputs, ctx) => {
    const variables = slots.map((_, i) => inputs[i]!.object(Variable));
    const shape = variables[0]!.currentShape();
    const rest = inputs.slice(slots.length);
    checkShapes(shape, variables, operands, rest, ctx);
    const values = Object.fromEntries([
      ...slots.map((name, i) => [name, variables[i]!.read().tensor()] as const),
      ...operands.map((name, i) => [name, rest[i]!.tensor()] as const),
    ]);
    if (ctx.attrs.has('multiply_linear_by_lr') && ctx.attrs.bool('multiply_linear_by_lr')) {
      throw unsupported(ctx, 'multiply_linear_by_lr');
    }
    const moved = step(values, ctx);
    slots.forEach((name, i) => {
      const next = moved[name];
      if (next !== undefined) variables[i]!.assign(fromTensor(next, variables[i]!.dtype));
    });
    // The first version of the ops hands its variable on.
    return ctx.outputs > 0 ? inputs[0]! : [];
  };
}

function checkShapes(
  shape: readonly number[],
  variables: readonly Variable[],
  operands: readonly string[],
  values: readonly Value[],
  ctx: KernelContext,
): void {
  operands.forEach((name, i) => {
    const expected = name === 'grad' || name === 'delta' ? shape : [];
    const found = values[i]!.shape;
    if (!sameShape(found, expected)) {
      throw invalid(ctx, `${name} has shape ${formatShape(found)}, expected ${formatShape(expected)}`);
    }
  });
  for (const variable of variables) {
    if (!sameShape(variable.currentShape(), shape)) {
      throw invalid(ctx, `variable and slots have different shapes: ${formatShape(variable.currentShape())}`);
    }
  }
}

const LIMITS = 'float64 is computed in float32';
const FTRL_LIMITS = `${LIMITS}; no multiply_linear_by_lr`;

/** Rules that came with TensorFlow 2, for resource variables only. */
const RESOURCE_ONLY: ReadonlySet<string> = new Set(['KerasMomentum', 'AdamWithAmsgrad']);

/** Optimizer steps, on resource variables (`ResourceApplyAdam`) and on TensorFlow 1's reference variables (`ApplyAdam`). */
export const training: OpFamily = Object.fromEntries(
  Object.entries(RULES).flatMap(([name, rule]) => {
    const implementation = {kernel: apply(rule), limits: name.startsWith('Ftrl') ? FTRL_LIMITS : LIMITS};
    const forms = RESOURCE_ONLY.has(name) ? ['ResourceApply'] : ['Apply', 'ResourceApply'];
    return forms.map((form) => [`${form}${name}`, implementation]);
  }),
);
