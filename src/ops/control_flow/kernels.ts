/**
 * Control flow in its functional form: calls, conditionals and loops whose branches and bodies are functions.
 * (The dataflow form of TensorFlow 1, `Switch` to `NextIteration`, has no kernels: the interpreter executes it.)
 *
 * @module
 */

import {Value} from '../../tensors/value.js';
import type {Kernel, OpFamily} from '../kernel.js';
import {invalid} from '../node.js';

const call: Kernel = (inputs, ctx) => ctx.session.call(ctx.attrs.func('f'), inputs);

const conditional: Kernel = ([condition, ...args], ctx) => {
  const branch = isTrue(condition!) ? 'then_branch' : 'else_branch';
  return ctx.session.call(ctx.attrs.func(branch), args);
};

/** An index out of range takes the last branch. */
const switchCase: Kernel = ([index, ...args], ctx) => {
  const branches = ctx.attrs.funcs('branches');
  const wanted = index!.number();
  const branch = branches[wanted >= 0 && wanted < branches.length ? wanted : branches.length - 1];
  if (branch === undefined) throw invalid(ctx, 'it has no branches');
  return ctx.session.call(branch, args);
};

const whileLoop: Kernel = (inputs, ctx) => {
  const cond = ctx.attrs.func('cond');
  const body = ctx.attrs.func('body');
  return iterate(inputs, (loopVars) => {
    const goOn = ctx.session.call(cond, loopVars)[0]!.retain();
    const truth = isTrue(goOn);
    goOn.release();
    return truth ? ctx.session.call(body, loopVars) : undefined;
  });
};

/** `for i in range(start, limit, delta): args = body(i, *args)`. */
const forLoop: Kernel = ([start, limit, delta, ...inputs], ctx) => {
  const body = ctx.attrs.func('body');
  const [to, step] = [limit!.number(), delta!.number()];
  if (step === 0) throw invalid(ctx, 'delta must not be 0');
  let i = start!.number();
  return iterate(inputs, (loopVars) => {
    if (step > 0 ? i >= to : i <= to) return undefined;
    const next = ctx.session.call(body, [Value.scalar('int32', i), ...loopVars]);
    i += step;
    return next;
  });
};

/**
 * Applies `step` to the loop variables until it gives none. They are held here, so that those of a finished iteration
 * are freed as soon as the next ones exist.
 */
function iterate(
  inputs: readonly Value[],
  step: (loopVars: readonly Value[]) => readonly Value[] | undefined,
): readonly Value[] {
  let loopVars = inputs;
  for (const value of loopVars) value.retain();
  try {
    for (let next = step(loopVars); next !== undefined; next = step(loopVars)) {
      for (const value of next) value.retain();
      for (const value of loopVars) value.release();
      loopVars = next;
    }
  } catch (error) {
    for (const value of loopVars) value.release();
    throw error;
  }
  for (const value of loopVars) value.yield();
  return loopVars;
}

/** TensorFlow's truth of a condition: a scalar's being non-zero (a string's being non-empty), else having elements. */
export function isTrue(value: Value): boolean {
  if (value.rank > 0) return value.size > 0;
  const [element] = Array.from(value.hostData() as ArrayLike<unknown>);
  return element instanceof Uint8Array ? element.length > 0 : Boolean(element);
}

/** Ops whose attributes name the functions they run. */
export const controlFlow: OpFamily = {
  PartitionedCall: {kernel: call},
  StatefulPartitionedCall: {kernel: call},
  If: {kernel: conditional},
  StatelessIf: {kernel: conditional},
  Case: {kernel: switchCase},
  StatelessCase: {kernel: switchCase},
  While: {kernel: whileLoop},
  StatelessWhile: {kernel: whileLoop},
  For: {kernel: forLoop},
  NoOp: {kernel: () => []},
  ControlTrigger: {kernel: () => []},
  LoopCond: {kernel: ([condition]) => condition!},
};
