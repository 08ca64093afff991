/**
 * Ops that pass a value on as it is: constants, placeholders, identities, checks.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {FormatError} from '../../../errors.js';
import {isFloating} from '../../../host/dtypes.js';
import {fitsShape, formatShape} from '../../../host/shape.js';
import {linear, stopGradient} from '../../../tensors/linear.js';
import {mapTensor} from '../../../tensors/movement.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

const constant: Kernel = (_, ctx) =>
  ctx.memo(() => {
    const value = ctx.attrs.tensor('value');
    const dtype = ctx.attrs.dtype('dtype');
    if (value.dtype !== dtype) {
      throw new FormatError(`the constant '${ctx.name}' holds ${value.dtype} and says that it is ${dtype}`);
    }
    return Value.of(value).pin();
  });

const placeholder: Kernel = (_, ctx) => {
  throw invalid(ctx, `a value must be fed for placeholder '${ctx.name}' (${ctx.attrs.dtype('dtype')})`);
};

const identity: Kernel = ([x]) => x!;

const identityN: Kernel = (inputs) => inputs;

const detach: Kernel = ([x]) => {
  if (x!.parts) return mapTensor(x!, stopGradient);
  const tensor = x!.deviceTensor;
  if (tensor === undefined || !isFloating(x!.dtype)) return x!;
  return Value.device(stopGradient(tensor), x!.dtype);
};

const preventGradient: Kernel = ([x], ctx) => {
  const tensor = x!.deviceTensor;
  if (tensor === undefined || !isFloating(x!.dtype)) return x!;
  const refuse = () => {
    throw invalid(ctx, `no gradient passes through here: ${ctx.attrs.string('message')}`);
  };
  return Value.device(
    linear(tensor, (input) => tf.clone(input), refuse),
    x!.dtype,
  );
};

const ensureShape: Kernel = ([x], ctx) => {
  const expected = ctx.attrs.shape('shape');
  if (fitsShape(x!.shape, expected)) return x!;
  throw invalid(ctx, `shape ${formatShape(x!.shape)} is not compatible with ${formatShape(expected)}`);
};

const checkNumerics: Kernel = ([x], ctx) => {
  const found = notFinite(x!, ctx);
  if (found.length === 0) return x!;
  throw invalid(ctx, `${ctx.attrs.string('message')} : the tensor had ${found.join(' and ')} values`);
};

/** The kinds of numbers in `x` that are not finite, as CheckNumerics and CheckNumericsV2 tell them apart. */
function notFinite(x: Value, ctx: KernelContext): string[] {
  const signed = ctx.op === 'CheckNumericsV2';
  const found = new Set<string>();
  for (const number of x.numeric() as Float32Array) {
    if (Number.isFinite(number)) continue;
    if (Number.isNaN(number)) found.add('NaN');
    else found.add(signed ? (number < 0 ? '-Inf' : '+Inf') : 'Inf');
  }
  return [...found];
}

/** Constants, placeholders, identities and checks. */
export const identityOps: OpFamily = {
  Const: {kernel: constant},
  HostConst: {kernel: constant},
  Placeholder: {kernel: placeholder},
  PlaceholderV2: {kernel: placeholder},
  PlaceholderWithDefault: {kernel: identity},
  Identity: {kernel: identity},
  IdentityN: {kernel: identityN},
  Snapshot: {kernel: identity},
  GuaranteeConst: {kernel: identity},
  DeepCopy: {kernel: identity},
  Copy: {kernel: identity},
  CopyHost: {kernel: identity},
  DebugIdentity: {kernel: identity, limits: 'Nothing is written to the debug URLs.'},
  DebugIdentityV2: {kernel: identity, limits: 'Nothing is written to the debug URLs.'},
  DebugIdentityV3: {kernel: identity, limits: 'Nothing is written to the debug URLs.'},
  DebugGradientIdentity: {kernel: identity},
  StopGradient: {kernel: detach},
  PreventGradient: {kernel: preventGradient},
  EnsureShape: {kernel: ensureShape},
  CheckNumerics: {kernel: checkNumerics},
  CheckNumericsV2: {kernel: checkNumerics},
};
