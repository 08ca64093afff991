import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {CallError, SaveError, UnsupportedOpError} from '../errors.js';
import type {Kernel, KernelContext} from '../ops/kernel.js';
import {Variable} from '../ops/variable/variable.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {execute, fetchedValues, prepare, prepareWith} from './run.js';
import {endpoint, graphOf, plainSession} from './testing/graphs.js';

beforeAll(quietCpuBackend);
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const scalar = (x: number) => Value.scalar('float32', x);

/** Runs a kernel as the only node of a graph. */
function run(kernel: Kernel, ...inputs: Value[]): readonly Value[] {
  const graph = graphOf({x: {op: 'Odd'}}, "function 'f'");
  return execute(prepareWith({kernel}, graph, 0, plainSession()), inputs, graph);
}

/** The error of a kernel that fails like this. */
function errorOf(error: unknown, ...inputs: Value[]): Error {
  try {
    run(
      () => {
        throw error;
      },
      ...inputs,
    );
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error('it did not fail');
}

describe('a kernel', () => {
  it('leaves nothing behind but its outputs', () => {
    const before = tf.memory().numTensors;
    const [sum] = run(([x]) => Value.device(tf.sum(tf.exp(x!.tensor()))), Value.device(tf.zeros([3])));
    // The input and the sum.
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(sum!.number()).toBe(3);
  });

  it('may give a value, several, or none', () => {
    expect(run(() => scalar(1)).map((each) => each.number())).toEqual([1]);
    expect(run(() => [scalar(1), scalar(2)]).map((each) => each.number())).toEqual([1, 2]);
    expect(run(() => [])).toEqual([]);
  });

  it('may give its input back, or make results on one tensor: who frees one keeps the others', () => {
    const input = Value.device(tf.tensor1d([1, 2]));
    const [same, view, other] = run(([x]) => {
      const tensor = tf.neg(x!.tensor());
      return [x!, Value.device(tensor), Value.device(tensor)];
    }, input);
    expect(same).toBe(input);
    view!.retain().release();
    expect(Array.from(other!.tensor().dataSync())).toEqual([-1, -2]);
    const [built] = run(([x]) => Value.device(x!.tensor()), input);
    built!.retain().release();
    expect(Array.from(input.tensor().dataSync())).toEqual([1, 2]);
  });

  it('is the one that is looked up for its op, and knows how many outputs that has', () => {
    const graph = graphOf({
      x: {op: 'Const'},
      unique: {op: 'Unique', inputs: ['x']},
      odd: {op: 'Odd', inputs: ['x']},
    });
    const lookup = () => ({kernel: () => scalar(1)});
    const outputs = ['unique', 'odd'].map((name) => {
      const {kernel, context} = prepare(graph, graph.find(name)!, plainSession(), lookup);
      expect(kernel([], context)).toMatchObject({dtype: 'float32'});
      return context.outputs;
    });
    expect(outputs).toEqual([2, 1]);
  });

  it('has storage of its node, made once', () => {
    const graph = graphOf({x: {op: 'Odd'}, y: {op: 'Odd'}});
    const session = plainSession();
    let made = 0;
    const kernel: Kernel = (_, ctx: KernelContext) => scalar(ctx.memo(() => ++made));
    const [x, y] = [0, 1].map((index) => prepareWith({kernel}, graph, index, session)) as [
      ReturnType<typeof prepareWith>,
      ReturnType<typeof prepareWith>,
    ];
    const again = prepareWith({kernel}, graph, 0, session);
    expect([x, x, y, again].map((step) => execute(step, [], graph)[0]!.number())).toEqual([1, 1, 2, 1]);
  });
});

describe('an error', () => {
  it('of this library keeps its class, and says at which node of which graph', () => {
    const error = errorOf(new SaveError('no'));
    expect(error).toBeInstanceOf(SaveError);
    expect(error.message).toBe("no\n  at node 'x' (Odd) in function 'f'");
  });

  it('of anything else is one of the call', () => {
    const cause = new Error('no');
    const error = errorOf(cause);
    expect(error).toBeInstanceOf(CallError);
    expect(error.cause).toBe(cause);
    expect(error.message).toBe("no\n  at node 'x' (Odd) in function 'f'");
    expect(errorOf('text').message).toMatch(/^text\n {2}at node 'x'/);
  });

  it('of JavaScript itself says what the op was given', () => {
    const value = Value.host('int64', [2, 1], BigInt64Array.of(1n, 2n));
    expect(errorOf(new TypeError('undefined is not a function'), value, scalar(1)).message).toBe(
      "op Odd cannot compute with what it is given: int64 [2, 1], float32 []\n  at node 'x' (Odd) in function 'f'",
    );
    expect(errorOf(new RangeError('Invalid array length')).message).toMatch(/no inputs, and its attributes/);
  });

  it('of the call stack is one of functions that call each other', () => {
    expect(errorOf(new RangeError('Maximum call stack size exceeded')).message).toMatch(
      /^functions of the model call each other too deeply\n/,
    );
  });

  it('of an op that is not supported says so, and no more', () => {
    const error = new UnsupportedOpError('op Odd is not supported');
    expect(errorOf(error)).toBe(error);
    expect(error.message).toBe('op Odd is not supported');
  });

  it('lists calling nodes, but not without end', () => {
    let error: Error = new CallError('no');
    for (let i = 0; i < 30; i++) error = errorOf(error);
    expect(error.message.split('\n')).toHaveLength(12);
  });
});

describe('a reference of TensorFlow 1', () => {
  const graph = graphOf({
    v: {op: 'VariableV2'},
    value: {op: 'Neg', inputs: ['v']},
    assign: {op: 'Assign', inputs: ['v', 'value']},
  });
  const variable = () => {
    const made = new Variable({name: 'v', dtype: 'float32', shape: [], trainable: false});
    made.assign(scalar(5));
    return made;
  };
  const dtypesSeenBy = (name: string, inputs: readonly Value[]) => {
    let seen: string[] = [];
    const kernel: Kernel = (given) => {
      seen = given.map(({dtype}) => dtype);
      return [];
    };
    execute(prepareWith({kernel}, graph, graph.find(name)!, plainSession()), inputs, graph);
    return seen;
  };

  it('is the variable to an op that takes references, and its value to any other', () => {
    const v = variable();
    const reference = Value.object('resource', v);
    expect(dtypesSeenBy('value', [reference])).toEqual(['float32']);
    expect(dtypesSeenBy('assign', [reference, scalar(1)])).toEqual(['resource', 'float32']);
    v.dispose();
  });

  it('is fetched as the value that the variable has then', () => {
    const v = variable();
    const reference = Value.object('resource', v);
    const fetches = [endpoint(graph, 'v'), endpoint(graph, 'value')];
    const found = fetchedValues(graph, {feeds: [], fetches, targets: []}, (_, i) =>
      i === 0 ? reference : scalar(-5),
    );
    expect(found.map((each) => each.number())).toEqual([5, -5]);
    for (const each of found) each.release();
    // Of an op that nobody knows, a handle stays one.
    const odd = {feeds: [], fetches: [{node: 0, output: 0}], targets: []};
    const [kept] = fetchedValues(graphOf({x: {op: 'Odd'}}), odd, () => reference);
    expect(kept!.dtype).toBe('resource');
    v.dispose();
  });
});
