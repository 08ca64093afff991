/**
 * Control flow in its functional form: calls, conditionals and loops whose branches and bodies are functions.
 * (The dataflow form of TensorFlow 1, `Switch` to `NextIteration`, has no kernels: the interpreter executes it.)
 *
 * @module
 */

import type {FunctionRef} from '../../graph/attrs.js';
import {Value} from '../../tensors/value.js';
import type {AsyncKernel, CallInPieces, Computation, Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid} from '../node.js';

/** A function, and what it is called with. */
interface FunctionCall {
  readonly fn: FunctionRef;
  readonly args: readonly Value[];
}

/** An op that is the call of one function. */
function calling(chosen: (inputs: readonly Value[], ctx: KernelContext) => FunctionCall): Computation {
  return {
    kernel: (inputs, ctx) => {
      const {fn, args} = chosen(inputs, ctx);
      return ctx.session.call(fn, args);
    },
    asyncKernel: (inputs, ctx, call) => {
      const {fn, args} = call.run(() => chosen(inputs, ctx));
      return call.call(fn, args);
    },
  };
}

const plainCall = calling((args, {attrs}) => ({fn: attrs.func('f'), args}));

const conditional = calling(([condition, ...args], {attrs}) => ({
  fn: attrs.func(isTrue(condition!) ? 'then_branch' : 'else_branch'),
  args,
}));

/** An index out of range takes the last branch. */
const switchCase = calling(([index, ...args], ctx) => {
  const branches = ctx.attrs.funcs('branches');
  const wanted = index!.number();
  const branch = branches[wanted >= 0 && wanted < branches.length ? wanted : branches.length - 1];
  if (branch === undefined) throw invalid(ctx, 'it has no branches');
  return {fn: branch, args};
});

const whileKernel: Kernel = (inputs, ctx) => {
  const cond = ctx.attrs.func('cond');
  const body = ctx.attrs.func('body');
  return iterate(inputs, (loopVars) => {
    const goOn = ctx.session.call(cond, loopVars)[0]!.retain();
    const truth = isTrue(goOn);
    goOn.release();
    return truth ? ctx.session.call(body, loopVars) : undefined;
  });
};

const asyncWhileKernel: AsyncKernel = (inputs, ctx, call) => {
  const cond = ctx.attrs.func('cond');
  const body = ctx.attrs.func('body');
  return iterateInPieces(inputs, call, async (loopVars) => {
    const results = await call.call(cond, loopVars);
    try {
      if (!call.run(() => isTrue(results[0]!))) return undefined;
    } finally {
      releaseAll(results, call);
    }
    return call.call(body, loopVars);
  });
};

/** `for i in range(start, limit, delta): args = body(i, *args)`: what the body is called with, turn by turn. */
function turnsOf(
  [start, limit, delta]: readonly Value[],
  ctx: KernelContext,
): (loopVars: readonly Value[]) => FunctionCall | undefined {
  const fn = ctx.attrs.func('body');
  const [to, step] = [limit!.number(), delta!.number()];
  if (step === 0) throw invalid(ctx, 'delta must not be 0');
  let next = start!.number();
  return (loopVars) => {
    const i = next;
    if (step > 0 ? i >= to : i <= to) return undefined;
    next += step;
    return {fn, args: [Value.scalar('int32', i), ...loopVars]};
  };
}

const FOR_RANGE = 3;

const forKernel: Kernel = (inputs, ctx) => {
  const turn = turnsOf(inputs, ctx);
  return iterate(inputs.slice(FOR_RANGE), (loopVars) => {
    const next = turn(loopVars);
    return next && ctx.session.call(next.fn, next.args);
  });
};

const asyncForKernel: AsyncKernel = (inputs, ctx, call) => {
  const turn = call.run(() => turnsOf(inputs, ctx));
  return iterateInPieces(inputs.slice(FOR_RANGE), call, async (loopVars) => {
    const next = turn(loopVars);
    return next && call.call(next.fn, next.args);
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

/** {@link iterate} with a step whose results are retained already, as are those of the loop. */
async function iterateInPieces(
  inputs: readonly Value[],
  call: CallInPieces,
  step: (loopVars: readonly Value[]) => Promise<readonly Value[] | undefined>,
): Promise<readonly Value[]> {
  let loopVars = inputs;
  for (const value of loopVars) value.retain();
  try {
    for (let next = await step(loopVars); next !== undefined; next = await step(loopVars)) {
      releaseAll(loopVars, call);
      loopVars = next;
    }
  } catch (error) {
    releaseAll(loopVars, call);
    throw error;
  }
  return loopVars;
}

function releaseAll(values: readonly Value[], call: CallInPieces): void {
  call.free(() => {
    for (const value of values) value.release();
  });
}

/** TensorFlow's truth of a condition: a scalar's being non-zero (a string's being non-empty), else having elements. */
export function isTrue(value: Value): boolean {
  if (value.rank > 0) return value.size > 0;
  const [element] = Array.from(value.hostData() as ArrayLike<unknown>);
  return element instanceof Uint8Array ? element.length > 0 : Boolean(element);
}

const whileLoop: Computation = {kernel: whileKernel, asyncKernel: asyncWhileKernel};

/** Ops whose attributes name the functions they run. */
export const controlFlow: OpFamily = {
  PartitionedCall: plainCall,
  StatefulPartitionedCall: plainCall,
  If: conditional,
  StatelessIf: conditional,
  Case: switchCase,
  StatelessCase: switchCase,
  While: whileLoop,
  StatelessWhile: whileLoop,
  For: {kernel: forKernel, asyncKernel: asyncForKernel},
  NoOp: {kernel: () => []},
  ControlTrigger: {kernel: () => []},
  LoopCond: {kernel: ([condition]) => condition!},
};
