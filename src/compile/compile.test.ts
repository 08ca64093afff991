import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {CallError} from '../errors.js';
import type {FunctionGraph} from '../graph/graph.js';
import {nodeOnnxRuntime} from '../platform/node_onnx.js';
import type {OnnxRuntime} from '../platform/onnx_runtime.js';
import {Runtime} from '../runtime/runtime.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {onnxCompiler} from './compile.js';
import {
  builder,
  compiled,
  compiledWith,
  disposeCompiled,
  expected,
  floats,
  variable,
  work,
} from './testing/compiled.js';

beforeAll(quietCpuBackend);

afterEach(disposeCompiled);

describe('one session', () => {
  function withUnknownBatch(): FunctionGraph {
    const graph = builder();
    const [x, y] = [
      graph.parameter('x', 'float32', {shape: [null, 2]}),
      graph.parameter('y', 'float32', {shape: [2]}),
    ];
    return graph.finish('f', [{name: 'z', operand: work(graph, x, y)}], []);
  }

  it('serves all batch sizes', () => {
    const {call, sessions} = compiled(withUnknownBatch());
    for (const batch of [1, 3, 17]) {
      const [z] = call(floats([batch, 2]), floats([2], 5));
      expect(z).toEqual({
        dtype: 'float32',
        shape: [batch, 2],
        data: Array.from({length: 2 * batch}, (_, i) => expected(i, 5 + (i % 2))),
      });
    }
    expect(sessions).toHaveLength(1);
  });

  it('leaves what is empty to the interpreter', () => {
    const {call, sessions} = compiled(withUnknownBatch());
    expect(call(floats([0, 2]), floats([2]))).toEqual([{dtype: 'float32', shape: [0, 2], data: []}]);
    expect(sessions).toEqual([]);
  });

  it('takes functions that are called into it', () => {
    const inner = withUnknownBatch();
    const graph = builder();
    const [x, y] = [
      graph.parameter('x', 'float32', {shape: [null, 2]}),
      graph.parameter('y', 'float32', {shape: [2]}),
    ];
    const fn = {type: 'func', value: {name: 'g', attrs: new Map()}} as const;
    const types = {type: 'list', value: [{type: 'type', value: 'float32'}]} as const;
    const both = {type: 'list', value: [...types.value, ...types.value]} as const;
    const [z] = graph.node('PartitionedCall', [[x, y]], {Tin: both, Tout: types, f: fn});
    const outer = graph.finish('f', [{name: 'z', operand: graph.op('Neg', [z!])}], []);
    const {call, reports} = compiled({...inner, name: 'g', label: "function 'g'"}, outer);
    expect(call(floats([1, 2]), floats([2], 5))[0]!.data).toEqual([-expected(0, 5), -expected(1, 6)]);
    expect(reports.map((each) => each.sessions)).toEqual([[5]]);
  });

  it('is several where it would be large', () => {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [null]});
    let y = x;
    for (let i = 0; i < 3000; i++) y = graph.op('AddV2', [graph.op('Neg', [y]), x]);
    const {call, sessions, reports} = compiled(graph.finish('f', [{name: 'y', operand: y}], []));
    expect(reports).toEqual([]);
    expect(call(floats([2], 1))[0]!.data).toEqual([1, 2]);
    expect(reports[0]!.sessions).toEqual([2500, 2500, 1000]);
    expect(sessions).toHaveLength(3);
  });

  it('stays one where lists would be torn', () => {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [2]});
    const empty = graph.op('TensorListReserve', [graph.ints([2]), graph.scalar('int32', 1)], {
      element_dtype: 'float32',
    });
    const filled = graph.op('TensorListSetItem', [empty, graph.scalar('int32', 0), x], {
      element_dtype: 'float32',
    });
    const item = () =>
      graph.op('TensorListGetItem', [filled, graph.scalar('int32', 0), graph.ints([2])], {
        element_dtype: 'float32',
      });
    let y = item();
    for (let i = 0; i < 3000; i++) y = graph.op('Neg', [y]);
    const {call, reports} = compiled(
      graph.finish('f', [{name: 'z', operand: graph.op('AddV2', [y, item()])}], []),
    );
    expect(call(floats([2], 1))[0]!.data).toEqual([2, 4]);
    expect(reports[0]!.sessions).toHaveLength(1);
  });

  it('says what ONNX Runtime refuses in the words of the interpreter', () => {
    const graph = builder();
    const [x, y] = [graph.parameter('x', 'float32'), graph.parameter('y', 'float32')];
    const {call} = compiled(graph.finish('f', [{name: 'z', operand: work(graph, x, y)}], []));
    expect(() => call(floats([2]), floats([3]))).toThrowWithMessage(CallError, /AddV2/);
    expect(call(floats([2]), floats([2], 1))[0]!.data).toEqual([expected(0, 1), expected(1, 2)]);
  });
});

describe('strings between numbers', () => {
  it('divide a function into sessions', () => {
    const graph = builder();
    const [x, y] = [
      graph.parameter('x', 'float32', {shape: [2]}),
      graph.parameter('y', 'float32', {shape: [2]}),
    ];
    const text = graph.op('AsString', [work(graph, x, y)]);
    const back = graph.op('StringToNumber', [text], {out_type: 'float32'});
    const {call, reports} = compiled(graph.finish('f', [{name: 'z', operand: work(graph, back, y)}], []));
    const [z] = call(floats([2]), floats([2], 1));
    expect(z!.data).toEqual([expected(expected(0, 1), 1), expected(expected(1, 2), 2)]);
    expect(reports[0]!.sessions).toEqual([4, 4]);
    const kept = reports[0]!.nodes.filter(({isLowered}) => !isLowered).map(({node}) => node.op);
    expect(kept).toContain('AsString');
  });
});

describe('control edges', () => {
  it('from a session to what hands on a tensor make no circle', () => {
    const graph = builder();
    const [x, y] = [
      graph.parameter('x', 'float32', {shape: [2]}),
      graph.parameter('y', 'float32', {shape: [2]}),
    ];
    const before = work(graph, x, y);
    // Waits for the session, is read by the interpreter, and leads back to a session of the same level.
    const waiting = graph.op('Identity', [y], {}, {controls: [before.node]});
    const text = graph.op('AsString', [waiting]);
    const length = graph.op('StringLength', [text]);
    const after = work(graph, x, graph.cast(length, 'float32'));
    const results = [before, after].map((operand, i) => ({name: `z${i}`, operand}));
    const {call} = compiled(graph.finish('f', results, []));
    const [first, second] = call(floats([2]), floats([2], 1));
    expect(first!.data).toEqual([expected(0, 1), expected(1, 2)]);
    expect(second!.data).toEqual([expected(0, 8), expected(1, 8)]);
  });

  it('to an assertion hold although nobody waits for it any more', () => {
    const graph = builder();
    const [x, y] = [
      graph.parameter('x', 'float32', {shape: [2]}),
      graph.parameter('y', 'float32', {shape: [2]}),
    ];
    const holds = graph.op('All', [graph.op('Less', [x, y]), graph.ints([0])]);
    const assertion = graph.statement('Assert', [holds, [x]]);
    const waiting = graph.op('Identity', [y], {}, {controls: [assertion]});
    const {call} = compiled(graph.finish('f', [{name: 'z', operand: work(graph, x, waiting)}], []));
    expect(call(floats([2]), floats([2], 1))[0]!.data).toEqual([expected(0, 1), expected(1, 2)]);
    expect(() => call(floats([2], 1), floats([2]))).toThrowWithMessage(CallError, /assertion failed/);
  });
});

describe('a variable', () => {
  function reading(): FunctionGraph {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [2]});
    const handle = graph.parameter('w', 'resource', {shape: [], handle: {dtype: 'float32', shape: [2]}});
    const w = graph.op('ReadVariableOp', [handle], {dtype: 'float32'});
    return graph.finish('f', [{name: 'z', operand: work(graph, x, w)}], []);
  }

  it('is never stale, and becomes a constant again when it stays as it is', () => {
    const {call, sessions} = compiled(reading());
    const {variable: w, handle} = variable('w', [1, 2]);
    const check = (a: number, b: number) =>
      expect(call(floats([2]), handle())[0]!.data).toEqual([expected(0, a), expected(1, b)]);
    check(1, 2);
    check(1, 2);
    expect(sessions).toHaveLength(1);
    // By the graph's own ops, and by the user.
    w.assign(Value.host('float32', [2], Float32Array.of(3, 4)));
    check(3, 4);
    w.face().assign(tf.tensor1d([5, 6]));
    check(5, 6);
    // Fed as long as it changes.
    expect(sessions).toHaveLength(2);
    for (let i = 0; i < 20; i++) check(5, 6);
    expect(sessions).toHaveLength(3);
  });

  it('is read by its session alone, whoever waits for that', () => {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [2]});
    const handle = graph.parameter('w', 'resource', {shape: [], handle: {dtype: 'float32', shape: [2]}});
    const w = graph.op('ReadVariableOp', [handle], {dtype: 'float32'});
    // As Keras ends its functions.
    const done = graph.statement('NoOp', [], {}, {controls: [w.node]});
    const z = graph.op('Identity', [work(graph, x, w)], {}, {controls: [done]});
    const {call} = compiled(graph.finish('f', [{name: 'z', operand: z}], []));
    const {variable: read, handle: given} = variable('w', [1, 2]);
    call(floats([2]), given());
    const reads = vi.spyOn(read, 'read');
    expect(call(floats([2]), given())[0]!.data).toEqual([expected(0, 1), expected(1, 2)]);
    expect(reads).not.toHaveBeenCalled();
  });

  it('may be another one in another call', () => {
    const {call} = compiled(reading());
    const [a, b] = [variable('a', [1, 2]), variable('b', [3, 4])];
    for (const {handle, values} of [
      {handle: a.handle, values: [1, 2]},
      {handle: b.handle, values: [3, 4]},
      {handle: a.handle, values: [1, 2]},
    ]) {
      expect(call(floats([2]), handle())[0]!.data).toEqual(values.map((w, i) => expected(i, w)));
    }
  });

  it('is read when it is its turn where the function assigns it', () => {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [2]});
    const handle = graph.parameter('w', 'resource', {shape: [], handle: {dtype: 'float32', shape: [2]}});
    const before = graph.op('ReadVariableOp', [handle], {dtype: 'float32'});
    const assigned = graph.statement('AssignVariableOp', [handle, work(graph, x, before)], {
      dtype: 'float32',
    });
    const after = graph.op('ReadVariableOp', [handle], {dtype: 'float32'}, {controls: [assigned]});
    const {call} = compiled(graph.finish('f', [{name: 'z', operand: work(graph, x, after)}], [assigned]));
    const {handle: w} = variable('w', [1, 2]);
    let state = [1, 2];
    for (let i = 0; i < 3; i++) {
      state = state.map((value, j) => expected(j, value));
      expect(call(floats([2]), w())[0]!.data).toEqual(
        state.map((value, j) => Math.fround(expected(j, value))),
      );
    }
  });
});

describe('a constant of the model', () => {
  it('is one of the first session that is given it, and any other is fed', () => {
    const graph = builder();
    const [x, y] = [
      graph.parameter('x', 'float32', {shape: [2000]}),
      graph.parameter('y', 'float32', {shape: [2000]}),
    ];
    const {runtime: onnx, fed} = watchedRuntime();
    const {call, runtime, sessions} = compiledWith(
      {runtime: onnx},
      graph.finish('f', [{name: 'z', operand: work(graph, x, y)}], []),
    );
    const [first, second] = [runtime.keep(floats([2000], 5)), runtime.keep(floats([2000], 6))];
    for (const [given, from, inputs] of [
      [first, 5, 1],
      [second, 6, 2],
      [first, 5, 1],
      [floats([2000], 7), 7, 2],
    ] as const) {
      const [z] = call(floats([2000]), given);
      expect(z!.data.slice(0, 2)).toEqual([expected(0, from), expected(1, from + 1)]);
      expect(fed.at(-1)).toBe(inputs);
    }
    expect(sessions).toHaveLength(2);
  });
});

/** ONNX Runtime, and how many inputs each run is given. */
function watchedRuntime(): {readonly runtime: OnnxRuntime; readonly fed: number[]} {
  const inner = nodeOnnxRuntime()!;
  const fed: number[] = [];
  const createSession: OnnxRuntime['createSession'] = (model, options) => {
    const session = inner.createSession(model, options);
    return {
      run: (inputs, outputs) => {
        fed.push(Object.keys(inputs).length);
        return session.run(inputs, outputs);
      },
      dispose: () => session.dispose(),
    };
  };
  return {runtime: {...inner, createSession}, fed};
}

describe('convolutions of parts of an image', () => {
  it.each([
    ['Conv2D', 4],
    ['DepthwiseConv2dNative', 6],
  ] as const)('give what the dilated ones do: %s', (op, channels) => {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [null, 9, 7, 3]});
    const filter = graph.parameter('filter', 'float32', {shape: [3, 3, 3, channels === 4 ? 4 : 2]});
    const pairs = (values: readonly number[]) =>
      graph.constant({dtype: 'int32', shape: [2, 2], data: Int32Array.from(values)});
    const block = graph.ints([2, 3]);
    const parts = graph.op('SpaceToBatchND', [x, block, pairs([2, 3, 3, 2])]);
    const convolved = graph.op(op, [parts, filter], {
      strides: {type: 'list', value: [1, 1, 1, 1].map((value) => ({type: 'int', value}))},
      padding: {type: 'string', value: new TextEncoder().encode('VALID')},
    });
    const y = graph.op('BatchToSpaceND', [convolved, block, pairs([1, 1, 0, 2])]);
    const f = graph.finish('f', [{name: 'y', operand: y}], []);
    const wave = (shape: readonly number[]) =>
      Value.host(
        'float32',
        shape,
        Float32Array.from({length: shape.reduce((a, b) => a * b)}, (_, i) => (i * 7) % 11),
      );
    const args = () => [wave([2, 9, 7, 3]), wave([3, 3, 3, channels === 4 ? 4 : 2])];
    const {call, reports, sessions} = compiled(f);
    const [native] = call(...args());
    expect(sessions).toHaveLength(1);
    expect(reports[0]!.sessions).toEqual([1]);
    const [interpreted] = compiledWith({isCompiled: false}, f).call(...args());
    expect(native!.shape).toEqual([2, 8, 4, channels]);
    expect(native).toEqual(interpreted);
  });
});

describe('gradients', () => {
  it('are computed by the interpreter', () => {
    const graph = builder();
    const [x, y] = [
      graph.parameter('x', 'float32', {shape: [2]}),
      graph.parameter('y', 'float32', {shape: [2]}),
    ];
    const library = {names: () => ['f'], gradientOf: () => undefined};
    const f = graph.finish('f', [{name: 'z', operand: work(graph, x, y)}], []);
    const compiler = onnxCompiler({runtime: nodeOnnxRuntime()!, threads: 1});
    const runtime = new Runtime({library: {...library, get: () => f}, compiler});
    const loss = (a: tf.Tensor, b: tf.Tensor) =>
      tf.tidy(() =>
        runtime.invoke(runtime.function('f'), [Value.device(a).pin(), Value.device(b).pin()], ([z]) => {
          const sum = tf.sum(z!.tensor());
          return {result: sum, tensors: [sum]};
        }),
      );
    const [da, db] = tf.grads(loss)([tf.tensor1d([1, 2]), tf.tensor1d([3, 4])]);
    expect([...da!.dataSync()]).toEqual([-4, -5]);
    expect([...db!.dataSync()]).toEqual([-7, -10]);
    runtime.dispose();
  });
});
