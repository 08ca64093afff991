/** Asynchronous calls of compiled functions, and of interpreted ones: the same results, whatever happens in between. */

import {availableParallelism} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import type {FunctionGraph} from '../graph/graph.js';
import {nextTurn} from '../platform/event_loop.js';
import {OnnxPool} from '../platform/node_onnx_pool.js';
import {
  type AsyncOnnxRuntime,
  type AsyncOnnxSession,
  OnnxRuntimeUnavailable,
} from '../platform/onnx_runtime.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {
  builder,
  compiledWith,
  disposeCompiled,
  expected,
  floats,
  variable,
  work,
} from './testing/compiled.js';

const pool = new OnnxPool('', {size: Math.min(2, availableParallelism())});

beforeAll(quietCpuBackend);
let before: number;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(async () => {
  disposeCompiled();
  // Calls that were ended free what they held when they come to know.
  for (let turn = 0; turn < 100 && tf.memory().numTensors !== before; turn++) await nextTurn();
  expect(tf.memory().numTensors, 'tensors left').toBe(before);
});
afterAll(() => pool.dispose());

const float = (graph: ReturnType<typeof builder>, name: string) =>
  graph.parameter(name, 'float32', {shape: [2]});

function plain(): FunctionGraph {
  const graph = builder();
  const [x, y] = [float(graph, 'x'), float(graph, 'y')];
  return graph.finish('f', [{name: 'z', operand: work(graph, x, y)}], []);
}

/** A session, what only the interpreter computes, and another session. */
function divided(): FunctionGraph {
  const graph = builder();
  const [x, y] = [float(graph, 'x'), float(graph, 'y')];
  const text = graph.op('AsString', [work(graph, x, y)]);
  const back = graph.op('StringToNumber', [text], {out_type: 'float32'});
  return graph.finish('f', [{name: 'z', operand: work(graph, back, y)}], []);
}

function reading(): FunctionGraph {
  const graph = builder();
  const x = float(graph, 'x');
  const handle = graph.parameter('w', 'resource', {shape: [], handle: {dtype: 'float32', shape: [2]}});
  const w = graph.op('ReadVariableOp', [handle], {dtype: 'float32'});
  return graph.finish('f', [{name: 'z', operand: work(graph, x, w)}], []);
}

/** Sessions that wait until they are told to go on. */
function heldUp(runtime: AsyncOnnxRuntime = pool) {
  const waiting: (() => void)[] = [];
  const held: AsyncOnnxRuntime = {
    version: runtime.version,
    createSession: async (model, options) => {
      const session = await runtime.createSession(model, options);
      const run: AsyncOnnxSession['run'] = async (inputs, outputs, given) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return session.run(inputs, outputs, given);
      };
      return {run, dispose: () => session.dispose()};
    },
  };
  /** Once so many runs wait, lets them go on. */
  const goOn = async (runs = 1) => {
    await expect.poll(() => waiting.length).toBe(runs);
    for (const each of waiting.splice(0)) each();
  };
  return {runtime: held, waiting, goOn};
}

describe.each([
  ['compiled', true],
  ['interpreted', false],
] as const)('an asynchronous call, %s', (_, isCompiled) => {
  const make = (...functions: FunctionGraph[]) =>
    compiledWith({asyncRuntime: pool, isCompiled}, ...functions);

  it('gives what the call gives', async () => {
    const {call, callAsync, sessions} = make(divided());
    const args = () => [floats([2]), floats([2], 1)];
    expect(await callAsync(args())).toEqual(call(...args()));
    expect(await callAsync(args())).toEqual(call(...args()));
    // Of each kind two.
    expect(sessions).toHaveLength(isCompiled ? 4 : 0);
  });

  it('gives each of several callers its own', async () => {
    const {callAsync} = make(divided());
    const calls = Array.from({length: 20}, (_, i) => callAsync([floats([2], i), floats([2], 1)]));
    for (const [i, results] of (await Promise.all(calls)).entries()) {
      const once = [expected(i, 1), expected(i + 1, 2)];
      expect(results[0]!.data).toEqual([expected(once[0]!, 1), expected(once[1]!, 2)]);
    }
  });

  it('takes tensors whose scope is closed before it begins, and arrays that are written to', async () => {
    const {callAsync} = make(plain());
    const data = Float32Array.of(0, 1);
    let result: ReturnType<typeof callAsync> | undefined;
    tf.tidy(() => {
      const y = tf.tensor1d([1, 2]);
      result = callAsync([Value.host('float32', [2], data), Value.device(y).pin()]);
      data.fill(7);
    });
    expect((await result!)[0]!.data).toEqual([expected(0, 1), expected(1, 2)]);
  });

  it('keeps its tensors when others open and close scopes meanwhile', async () => {
    const {callAsync} = make(divided());
    const engine = tf.engine();
    const calls = Array.from({length: 4}, () =>
      callAsync([floats([2]), Value.device(tf.keep(tf.tensor1d([1, 2])))]),
    );
    const opening = (async () => {
      for (let i = 0; i < 20; i++) {
        engine.startScope();
        await new Promise((resolve) => setImmediate(resolve));
        engine.endScope();
      }
    })();
    for (const results of await Promise.all(calls)) {
      expect(results[0]!.data).toEqual([expected(expected(0, 1), 1), expected(expected(1, 2), 2)]);
    }
    await opening;
  });

  it('says what is wrong as the call does', async () => {
    const {call, callAsync} = make(divided());
    const args = () => [floats([2]), floats([3])];
    const words = /AddV2/;
    expect(() => call(...args())).toThrowWithMessage(CallError, words);
    await expect(callAsync(args())).rejects.toThrowWithMessage(CallError, words);
    expect((await callAsync([floats([2]), floats([2], 1)]))[0]!.shape).toEqual([2]);
  });

  it('assigns variables in the order of its ops, also where several calls are under way', async () => {
    const graph = builder();
    const x = float(graph, 'x');
    const handle = graph.parameter('w', 'resource', {shape: [], handle: {dtype: 'float32', shape: [2]}});
    const added = graph.statement('AssignAddVariableOp', [handle, x], {dtype: 'float32'});
    const after = graph.op('ReadVariableOp', [handle], {dtype: 'float32'}, {controls: [added]});
    const {callAsync} = make(graph.finish('f', [{name: 'z', operand: work(graph, x, after)}], [added]));
    const {variable: w, handle: own} = variable('w', [0, 0]);
    await Promise.all(Array.from({length: 10}, () => callAsync([floats([2], 1), own()])));
    expect([...w.exact().data]).toEqual([10, 20]);
  });

  it('calls functions, in branches and loops', async () => {
    const body = builder();
    const [i, v, y] = [body.parameter('i', 'int32', {shape: []}), float(body, 'v'), float(body, 'y')];
    const text = body.op('AsString', [work(body, v, y)]);
    const next = body.op('StringToNumber', [text], {out_type: 'float32'});
    const one = body.constant({dtype: 'int32', shape: [], data: Int32Array.of(1)});
    const turn = body.finish(
      'turn',
      [
        {name: 'i', operand: body.op('AddV2', [i, one])},
        {name: 'v', operand: next},
        {name: 'y', operand: body.op('Identity', [y])},
      ],
      [],
    );
    const test = builder();
    const counter = test.parameter('i', 'int32', {shape: []});
    float(test, 'v');
    float(test, 'y');
    const three = test.constant({dtype: 'int32', shape: [], data: Int32Array.of(3)});
    const goesOn = test.finish('goesOn', [{name: 'c', operand: test.op('Less', [counter, three])}], []);
    const graph = builder();
    const [x, z] = [float(graph, 'x'), float(graph, 'z')];
    const zero = graph.constant({dtype: 'int32', shape: [], data: Int32Array.of(0)});
    const types = ['int32', 'float32', 'float32'].map((value) => ({type: 'type', value}) as const);
    const fn = (name: string) => ({type: 'func', value: {name, attrs: new Map()}}) as const;
    const [, result] = graph.node('While', [[zero, x, z]], {
      T: {type: 'list', value: types as never},
      cond: fn('goesOn'),
      body: fn('turn'),
    });
    const f = graph.finish('f', [{name: 'r', operand: graph.op('Neg', [result!])}], []);
    const {call, callAsync} = make(f, turn, goesOn);
    const args = () => [floats([2]), floats([2], 1)];
    expect(await callAsync(args())).toEqual(call(...args()));
  });

  it('ends in time, waiting included', async () => {
    const {callAsync} = make(plain());
    const late = callAsync([floats([2]), floats([2])], {limits: {milliseconds: 0}});
    await expect(late).rejects.toThrowWithMessage(CallError, /longer than 0 ms/);
  });

  it('is not begun where it is not wanted, and ends as soon as it is not', async () => {
    const {callAsync} = make(plain());
    const args = () => [floats([2]), floats([2])];
    const never = callAsync(args(), {signal: AbortSignal.abort(new Error('not today'))});
    await expect(never).rejects.toThrowWithMessage(CallError, /aborted: not today/);
    const controller = new AbortController();
    const ended = callAsync(args(), {signal: controller.signal});
    controller.abort('enough');
    await expect(ended).rejects.toThrowWithMessage(CallError, /aborted: enough/);
  });

  it('ends with its model', async () => {
    const {callAsync, runtime} = make(plain());
    const calls = Array.from({length: 20}, () => callAsync([floats([2]), floats([2])]));
    runtime.dispose();
    for (const each of calls) await expect(each).rejects.toThrowWithMessage(CallError, /was disposed/);
    await expect(callAsync([floats([2]), floats([2])])).rejects.toThrowWithMessage(CallError, /was disposed/);
  });

  it('is refused where gradients are computed', async () => {
    const {callAsync} = make(plain());
    let refused: Promise<unknown> | undefined;
    const gradient = tf.grad((x) => {
      refused = callAsync([Value.device(x).pin(), floats([2])]);
      refused.catch(() => {});
      return tf.sum(tf.square(x));
    })(tf.tensor1d([1, 2]));
    await expect(refused).rejects.toThrowWithMessage(CallError, /no gradients/);
    gradient.dispose();
    before += 1;
  });

  it('holds no more than it may', async () => {
    const graph = builder();
    const [x, y] = [graph.parameter('x', 'float32'), graph.parameter('y', 'float32')];
    const {callAsync} = make(graph.finish('f', [{name: 'z', operand: work(graph, x, y)}], []));
    const args = () => [floats([10_000]), floats([10_000])];
    const greedy = callAsync(args(), {limits: {bytes: 50_000}});
    await expect(greedy).rejects.toThrowWithMessage(CallError, /limits\.bytes/);
    expect((await callAsync(args(), {limits: {bytes: 500_000}}))[0]!.shape).toEqual([10_000]);
  });
});

describe('an asynchronous call with sessions', () => {
  it('reads a variable when it is the session’s turn, and what is assigned afterwards the next time', async () => {
    const {runtime, goOn} = heldUp();
    const {callAsync} = compiledWith({asyncRuntime: runtime}, reading());
    const {variable: w, handle} = variable('w', [1, 2]);
    const assign = (...values: number[]) => w.assign(Value.host('float32', [2], Float32Array.from(values)));
    const call = async () => (await callAsync([floats([2]), handle()]))[0]!.data;
    const first = call();
    await goOn();
    expect(await first).toEqual([expected(0, 1), expected(1, 2)]);
    const second = call();
    await new Promise((resolve) => setImmediate(resolve));
    assign(3, 4);
    const third = call();
    await goOn(2);
    expect(await second).toEqual([expected(0, 1), expected(1, 2)]);
    expect(await third).toEqual([expected(0, 3), expected(1, 4)]);
    // Constants again.
    for (let i = 0; i < 20; i++) {
      const next = call();
      await goOn();
      expect(await next).toEqual([expected(0, 3), expected(1, 4)]);
    }
  });

  it('lets others wait, refuses who is too much, and forgets who leaves', async () => {
    const {runtime, goOn, waiting} = heldUp();
    const {callAsync} = compiledWith({asyncRuntime: runtime, queue: {running: 1, waiting: 2}}, plain());
    const call = (signal?: AbortSignal) =>
      callAsync([floats([2]), floats([2], 1)], signal && {signal}).then(([z]) => z!.data);
    const result = [expected(0, 1), expected(1, 2)];
    const leaving = new AbortController();
    const [running, left, waits] = [call(), call(leaving.signal), call()];
    await expect(call()).rejects.toThrowWithMessage(CallError, /queue of asynchronous calls is full/);
    leaving.abort('no');
    await expect(left).rejects.toThrowWithMessage(CallError, /aborted: no/);
    const another = call();
    for (const each of [running, waits, another]) {
      await goOn();
      expect(await each).toEqual(result);
    }
    expect(waiting).toEqual([]);
  });

  it('ends at once while a session runs, and so do those of a model that is disposed of', async () => {
    const {runtime, waiting} = heldUp();
    const {callAsync, runtime: model} = compiledWith({asyncRuntime: runtime}, plain());
    const args = () => [floats([2]), floats([2])];
    const controller = new AbortController();
    const [one, other] = [callAsync(args(), {signal: controller.signal}), callAsync(args())];
    await expect.poll(() => waiting.length).toBe(2);
    controller.abort('enough');
    await expect(one).rejects.toThrowWithMessage(CallError, /aborted: enough/);
    model.dispose();
    await expect(other).rejects.toThrowWithMessage(CallError, /disposed while the call was under way/);
    for (const each of waiting) each();
  });

  it('ends at its time while a session runs', async () => {
    const {runtime, waiting} = heldUp();
    const {callAsync} = compiledWith({asyncRuntime: runtime}, plain());
    const call = callAsync([floats([2]), floats([2])], {limits: {milliseconds: 50}});
    await expect(call).rejects.toThrowWithMessage(CallError, /longer than 50 ms/);
    for (const each of waiting) each();
  });

  it('is one call after another where there are no threads', async () => {
    const createSession = () => Promise.reject(new OnnxRuntimeUnavailable('none here'));
    const {call, callAsync, sessions} = compiledWith({asyncRuntime: {version: '', createSession}}, divided());
    const args = () => [floats([2]), floats([2], 1)];
    const warn = console.warn;
    const warnings: unknown[] = [];
    console.warn = (message) => warnings.push(message);
    try {
      expect(await callAsync(args())).toEqual(call(...args()));
      expect(await callAsync(args())).toEqual(call(...args()));
    } finally {
      console.warn = warn;
    }
    expect(warnings).toEqual([expect.stringMatching(/run on the main thread: none here/)]);
    // Those of synchronous calls.
    expect(sessions).toHaveLength(2);
  });
});
