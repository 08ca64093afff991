import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {CallError, FormatError, UnsupportedOpError} from '../errors.js';
import type {Graph} from '../graph/graph.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {Plan} from './plan.js';
import {neededNodes, topologicalOrder} from './schedule.js';
import {endpoint, graphOf, noted, plainSession} from './testing/graphs.js';

beforeAll(quietCpuBackend);
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

interface Asked {
  readonly feeds?: readonly string[];
  readonly fetches?: readonly string[];
  readonly targets?: readonly string[];
}

type Kernels = Parameters<typeof noted>[1];

/** A plan for part of a graph, and the nodes that it has run. */
function plan(graph: Graph, {feeds = [], fetches = [], targets = []}: Asked, kernels: Kernels) {
  const request = {
    feeds: feeds.map((each) => endpoint(graph, each)),
    fetches: fetches.map((each) => endpoint(graph, each)),
    targets: targets.map((each) => graph.find(each)!),
  };
  const fed = new Set(request.feeds.map(({node}) => node));
  const roots = [...request.targets, ...request.fetches.map(({node}) => node)];
  const order = topologicalOrder(graph, neededNodes(graph, roots, fed), fed);
  const ran: string[] = [];
  const made = new Plan(graph, order, request, plainSession(), noted(ran, kernels));
  return {ran, run: (...args: Value[]) => made.run(args)};
}

const scalar = (x: number) => Value.scalar('float32', x);
const numbers = (values: readonly Value[]) => values.map((value) => value.number());

const ARITHMETIC: Kernels = {
  One: () => scalar(1),
  Twice: ([x]) => scalar(2 * x!.number()),
  Plus: ([x, y]) => scalar(x!.number() + y!.number()),
  // Quotient and remainder by ten.
  Digits: ([x]) => [scalar(Math.floor(x!.number() / 10)), scalar(x!.number() % 10)],
  Note: () => [],
};

describe('a run', () => {
  const graph = graphOf({
    total: {op: 'Plus', inputs: ['digits', 'digits:1']},
    digits: {op: 'Digits', inputs: ['x']},
    x: {op: 'Placeholder'},
    double: {op: 'Twice', inputs: ['total', '^note']},
    note: {op: 'Note', inputs: ['^total']},
    other: {op: 'One'},
  });

  it('computes what is fetched from what is fed, each node once and after what it needs', () => {
    const {ran, run} = plan(graph, {feeds: ['x'], fetches: ['double', 'total', 'double']}, ARITHMETIC);
    expect(numbers(run(scalar(47)))).toEqual([22, 11, 22]);
    expect(ran).toEqual(['digits', 'total', 'note', 'double']);
    expect(numbers(run(scalar(12)))).toEqual([6, 3, 6]);
  });

  it('runs targets for their effect', () => {
    const {ran, run} = plan(graph, {feeds: ['x'], targets: ['note']}, ARITHMETIC);
    expect(run(scalar(47))).toEqual([]);
    expect(ran).toEqual(['digits', 'total', 'note']);
  });

  it('gives what is fed where that is fetched', () => {
    const {ran, run} = plan(graph, {feeds: ['x'], fetches: ['x']}, ARITHMETIC);
    const given = scalar(3);
    expect(run(given)[0]).toBe(given);
    expect(ran).toEqual([]);
  });

  it('does not run the producers of what is fed', () => {
    const {ran, run} = plan(graph, {feeds: ['digits', 'digits:1'], fetches: ['total']}, ARITHMETIC);
    expect(numbers(run(scalar(5), scalar(8)))).toEqual([13]);
    expect(ran).toEqual(['total']);
  });

  it('runs a node of which some outputs are fed for the others', () => {
    const {ran, run} = plan(graph, {feeds: ['digits:1', 'x'], fetches: ['total']}, ARITHMETIC);
    // 4 of 47, and 100 in place of 7.
    expect(numbers(run(scalar(100), scalar(47)))).toEqual([104]);
    expect(ran).toEqual(['digits', 'total']);
  });

  it('takes as many values as are fed', () => {
    const {run} = plan(graph, {feeds: ['x'], fetches: ['total']}, ARITHMETIC);
    expect(() => run()).toThrow(FormatError);
    expect(() => run(scalar(1), scalar(2))).toThrowWithMessage(
      FormatError,
      'a graph takes 1 values and is given 2',
    );
  });
});

describe('tensors', () => {
  /** What is there when each node runs. */
  const alive: Record<string, number> = {};
  const tensorOps: Kernels = {
    Make: () => Value.device(tf.ones([2])),
    Add: ([x, y]) => Value.device(tf.add(x!.tensor(), y!.tensor())),
    Wasteful: ([x]) => {
      tf.exp(x!.tensor());
      return Value.device(tf.neg(x!.tensor()));
    },
    Pass: ([x]) => x!,
    Two: () => [Value.device(tf.zeros([2])), Value.device(tf.ones([2]))],
  };
  const counting = Object.fromEntries(
    Object.entries(tensorOps).map(([op, kernel]) => [
      op,
      (inputs: readonly Value[]) => {
        alive[op] = tf.memory().numTensors;
        return kernel(inputs);
      },
    ]),
  );

  it('are freed after they are read for the last time', () => {
    const graph = graphOf({
      a: {op: 'Make'},
      b: {op: 'Wasteful', inputs: ['a']},
      c: {op: 'Wasteful', inputs: ['b']},
      d: {op: 'Add', inputs: ['c', 'a']},
      e: {op: 'Pass', inputs: ['d']},
    });
    const {run} = plan(graph, {fetches: ['e']}, counting);
    const before = tf.memory().numTensors;
    const [result] = run();
    // While `d` runs there are `a` and `c`, which it reads; while `e` runs there is `d`.
    expect([alive.Add, alive.Pass].map((each) => each! - before)).toEqual([2, 1]);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(Array.from(result!.tensor().dataSync())).toEqual([2, 2]);
  });

  it('that are fed are let go by their last reader, too', () => {
    const graph = graphOf({
      x: {op: 'Placeholder'},
      y: {op: 'Wasteful', inputs: ['x']},
      z: {op: 'Pass', inputs: ['y']},
    });
    const {run} = plan(graph, {feeds: ['x'], fetches: ['z']}, counting);
    const before = tf.memory().numTensors;
    run(Value.device(tf.ones([2])));
    expect(alive.Pass! - before).toBe(1);
  });

  it('that nobody reads are freed at once', () => {
    const graph = graphOf({two: {op: 'Two'}, after: {op: 'Pass', inputs: ['two']}, unread: {op: 'Make'}});
    const {run} = plan(graph, {fetches: ['after'], targets: ['unread']}, counting);
    const before = tf.memory().numTensors;
    run();
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  it('that are fed stay the caller’s', () => {
    const graph = graphOf({x: {op: 'Placeholder'}, y: {op: 'Wasteful', inputs: ['x']}});
    const {run} = plan(graph, {feeds: ['x'], fetches: ['y']}, counting);
    const mine = tf.ones([2]);
    const given = Value.device(mine).retain();
    run(given);
    expect(mine.isDisposed).toBe(false);
    given.release();
    expect(mine.isDisposed).toBe(true);
  });

  it('are freed where a node fails', () => {
    const graph = graphOf({
      a: {op: 'Make'},
      b: {op: 'Wasteful', inputs: ['a']},
      c: {op: 'Fail', inputs: ['b', 'a']},
    });
    const fail = () => {
      tf.ones([3]);
      throw new Error('no such thing');
    };
    const {run} = plan(graph, {fetches: ['c']}, {...counting, Fail: fail});
    const before = tf.memory().numTensors;
    expect(() => run()).toThrowWithMessage(CallError, 'no such thing');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a node', () => {
  it('whose kernel is missing fails when it runs, and not before', () => {
    const graph = graphOf({one: {op: 'One'}, odd: {op: 'Unheard', inputs: ['one']}});
    expect(numbers(plan(graph, {fetches: ['one']}, ARITHMETIC).run())).toEqual([1]);
    const {ran, run} = plan(graph, {fetches: ['odd']}, ARITHMETIC);
    expect(() => run()).toThrow(UnsupportedOpError);
    expect(() => run()).toThrowWithMessage(
      UnsupportedOpError,
      "op Unheard is not supported (node 'odd' in a graph)",
    );
    expect(ran).toEqual(['one', 'one']);
  });

  it('that gives fewer outputs than are read is an error', () => {
    const graph = graphOf({digits: {op: 'Digits', inputs: ['one']}, one: {op: 'One'}});
    const {run} = plan(graph, {fetches: ['digits:2']}, ARITHMETIC);
    expect(() => run()).toThrow(CallError);
    expect(() => run()).toThrowWithMessage(
      CallError,
      "node 'digits' (Digits) in a graph gave 2 outputs where 3 are used",
    );
  });

  it('that claims more outputs than there can be is an error before anything runs', () => {
    const graph = graphOf({one: {op: 'One'}});
    expect(() => plan(graph, {fetches: ['one:5000000']}, ARITHMETIC)).toThrow(FormatError);
  });
});
