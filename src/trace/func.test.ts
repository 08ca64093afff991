import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {CallError, SaveError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import {elementAt} from '../host/tensor.js';
import {useBackend} from '../ops/testing/op_cases.js';
import {ensureBackend} from '../tfjs/backend.js';
import {cond, func, isTracedCallable, type SpecNest, TensorSpec, whileLoop} from './func.js';
import {elementsOf, runTraced} from './testing/run_traced.js';
import type {TracedFunction} from './traced_function.js';

beforeAll(ensureBackend);

// Whatever a test makes is gone after it; what a trace makes has to be gone when it is done.
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

// biome-ignore lint/suspicious/noExplicitAny: any function can be traced
type F = (...args: any[]) => unknown;

const x = (shape: (number | null)[] | null, dtype: DType = 'float32') => new TensorSpec(shape, dtype, 'x');

function trace(f: F, ...inputSignature: SpecNest[]): TracedFunction {
  const before = tf.memory().numTensors;
  const [traced] = func(f, {inputSignature}).traces();
  expect(tf.memory().numTensors).toBe(before);
  return traced!;
}

const opsOf = ({graph}: Pick<TracedFunction, 'graph'>) =>
  graph.nodes.map(({op}) => op).filter((op) => !['_Arg', 'Const', 'Identity'].includes(op));

const valuesOf = (traced: TracedFunction, ...inputs: tf.Tensor[]) =>
  runTraced(traced, inputs).map(elementsOf);

describe('variables', () => {
  it('are captured, and read once as long as nothing assigns them', () => {
    const v = tf.variable(tf.scalar(2));
    const traced = trace((a: tf.Tensor) => tf.add(tf.mul(a, v), v), x(null));
    expect(opsOf(traced)).toEqual(['ReadVariableOp', 'Mul', 'AddV2']);
    expect(traced.captures).toEqual([{kind: 'variable', variable: v}]);
    expect(valuesOf(traced, tf.tensor1d([10, 20]))).toEqual([[22, 42]]);
    v.assign(tf.scalar(3));
    expect(valuesOf(traced, tf.tensor1d([10, 20]))).toEqual([[33, 63]]);
  });

  it('are assigned in the order of the program, and keep their values while the function is traced', () => {
    const v = tf.variable(tf.scalar(5));
    const traced = trace((a: tf.Tensor) => {
      const before = v.clone();
      v.assign(tf.add(v, a) as tf.Scalar);
      const between = tf.mul(v, 10);
      v.assign(tf.mul(v, 2) as tf.Scalar);
      return {before, between, after: v};
    }, x([]));
    expect(v.dataSync()[0]).toBe(5);
    const assigns = traced.graph.controlResults.map((node) => traced.graph.nodes[node]!.op);
    expect(assigns).toEqual(['AssignVariableOp', 'AssignVariableOp']);
    // after, before, between
    expect(valuesOf(traced, tf.scalar(1))).toEqual([[12], [5], [60]]);
    expect(v.dataSync()[0]).toBe(12);
    expect(valuesOf(traced, tf.scalar(0))).toEqual([[24], [12], [120]]);
  });

  it('may be made by the first call', () => {
    let v: tf.Variable | undefined;
    const f = (a: tf.Tensor) => {
      v ??= tf.variable(tf.ones([3]));
      return tf.mul(a, v);
    };
    const traced = func(f, {inputSignature: [x([null, 3])]}).getConcreteFunction();
    expect(traced.captures).toEqual([{kind: 'variable', variable: v}]);
    expect(() => trace((a: tf.Tensor) => tf.mul(a, tf.variable(tf.scalar(1))), x([]))).toThrowWithMessage(
      SaveError,
      /makes a variable/,
    );
  });

  it('made by the first call have the values that they would have had', () => {
    const made: tf.Variable[] = [];
    const f = (a: tf.Tensor) => {
      if (made.length === 0) {
        for (let i = 0; i < 2; i++) {
          const random = tf.randomNormal([3, 3]) as tf.Tensor2D;
          made.push(tf.variable(tf.matMul(random, tf.eye(3))));
        }
      }
      return made.reduce<tf.Tensor>((x, w) => tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), a);
    };
    func(f, {inputSignature: [x([null, 3])]}).getConcreteFunction();
    const [first, second] = made.map((each) => Array.from(each.dataSync()));
    expect(first!.every((value) => value !== 0)).toBe(true);
    expect(first).not.toEqual(second);
  });

  it('are trained within a function', () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = tf.train.momentum(0.1, 0.9);
    const step = (a: tf.Tensor) =>
      optimizer.minimize(() => tf.sum(tf.square(tf.mul(w, a))) as tf.Scalar, true, [w])!;
    const traced = func(step, {inputSignature: [x([2])]}).getConcreteFunction();
    const weightsAfter = (run: () => unknown): number[] => {
      w.assign(tf.tensor1d([1, 2]));
      run();
      return Array.from(w.dataSync());
    };
    const input = tf.tensor1d([1, 0.5]);
    // w - 0.1 * 2 * w * a^2
    expect(weightsAfter(() => valuesOf(traced, input)).map((each) => Number(each.toFixed(5)))).toEqual([
      0.8, 1.9,
    ]);
    // The momentum that the first step left is there in the next.
    expect(weightsAfter(() => valuesOf(traced, input)).map((each) => Number(each.toFixed(5)))).toEqual([
      0.62, 1.81,
    ]);
  });
});

describe('sizes', () => {
  it('that are unknown stay unknown', () => {
    const traced = trace(
      (a: tf.Tensor) => {
        const [n, t] = a.shape as [number, number];
        return tf.reshape(tf.mul(tf.reshape(a, [n * t, 4]), 2), [n, t, 4]);
      },
      x([null, null, 4]),
    );
    expect(traced.outputs).toMatchObject({shape: [null, null, 4]});
    expect(runTraced(traced, [tf.ones([3, 5, 4])])[0]!.shape).toEqual([3, 5, 4]);
    expect(runTraced(traced, [tf.ones([0, 1, 4])])[0]!.shape).toEqual([0, 1, 4]);
  });

  it('may have to be alike', () => {
    const traced = trace(
      (a: tf.Tensor, b: tf.Tensor) => tf.concat([a, b], 1),
      x([null, 3]),
      new TensorSpec([null, 2]),
    );
    expect(traced.outputs).toMatchObject({shape: [null, 5]});
    expect(runTraced(traced, [tf.ones([9, 3]), tf.zeros([9, 2])])[0]!.shape).toEqual([9, 5]);
  });

  it('of two tensors are told apart', () => {
    const traced = trace(
      (a: tf.Tensor, b: tf.Tensor) => tf.zeros([b.shape[0]!, a.shape[0]!]),
      x([null]),
      x([null]),
    );
    expect(runTraced(traced, [tf.ones([4]), tf.ones([7])])[0]!.shape).toEqual([7, 4]);
  });

  it('may have to be large', () => {
    const f = (a: tf.Tensor) => tf.maxPool(tf.maxPool(a as tf.Tensor4D, 5, 3, 'valid'), 5, 3, 'valid');
    const traced = trace(f, x([null, null, null, 1]));
    expect(traced.outputs).toMatchObject({shape: [null, null, null, 1]});
    expect(runTraced(traced, [tf.ones([1, 40, 31, 1])])[0]!.shape).toEqual([1, 3, 2, 1]);
  });

  it('that a loop over them depends on are an error that says where', () => {
    const loop = (a: tf.Tensor) => tf.addN(tf.unstack(a));
    expect(() => trace(loop, x([null, 2]))).toThrowWithMessage(SaveError, /unstack[\s\S]*func\.test\.ts/);
    expect(valuesOf(trace(loop, x([3, 2])), tf.ones([3, 2]))).toEqual([[3, 3]]);
  });

  it('follow in numbers, too', () => {
    const mean = trace((a: tf.Tensor) => tf.div(tf.sum(a), a.shape[0]! * 2), x([null]));
    expect(valuesOf(mean, tf.tensor1d([2, 4, 6, 8]))).toEqual([[2.5]]);
    const scaled = trace((a: tf.Tensor) => tf.mul(a, 1 / Math.sqrt(a.shape[1]!)), x([2, null]));
    expect(valuesOf(scaled, tf.fill([2, 16], 8))[0]![0]).toBeCloseTo(2, 5);
  });

  it('that no sample has are an error that says so', () => {
    const f = (a: tf.Tensor) => tf.matMul(a, tf.ones([4, 2]));
    expect(() => trace(f, x(null))).toThrowWithMessage(SaveError, /fails on a sample/);
    expect(trace(f, x([null, 4])).outputs).toMatchObject({shape: [null, 2]});
  });

  it('of unknown rank follow the tensor', () => {
    const f = (a: tf.Tensor) => {
      const rows = tf.reshape(a, [-1, a.shape.at(-1)!]);
      const sums = tf.sum(rows, 1);
      return tf.reshape(sums, a.shape.slice(0, -1));
    };
    const traced = trace(f, x(null));
    expect(traced.outputs).toMatchObject({shape: null});
    expect(runTraced(traced, [tf.ones([2, 3, 4, 5])])[0]).toMatchObject({shape: [2, 3, 4]});
  });
});

describe('gradients', () => {
  it('are recorded as the ops they are', () => {
    const f = tf.grad((a) => tf.mean(tf.square(tf.tanh(a))));
    const traced = trace(f, x([null, 3]));
    const input = tf.tensor2d([[0.1, 0.5, -1]]);
    const expected = f(input).dataSync();
    for (const [i, value] of valuesOf(traced, input)[0]!.entries())
      expect(value).toBeCloseTo(expected[i]!, 5);
  });

  it('may be custom', () => {
    const clipped = tf.customGrad((a, save) => {
      (save as tf.GradSaveFunc)([a as tf.Tensor]);
      return {
        value: tf.square(a as tf.Tensor),
        gradFunc: (dy, [saved]) => tf.mul(dy as tf.Tensor, tf.step(saved!)),
      };
    });
    const traced = trace(
      tf.grad((a) => clipped(a)),
      x([null]),
    );
    expect(valuesOf(traced, tf.tensor1d([-1, 2, 3]))).toEqual([[0, 1, 1]]);
  });
});

describe('random tensors', () => {
  const statistics = (traced: TracedFunction, ...inputs: tf.Tensor[]) => {
    const [first, second] = [valuesOf(traced, ...inputs)[0]!, valuesOf(traced, ...inputs)[0]!] as number[][];
    const mean = first!.reduce((a, b) => a + b, 0) / first!.length;
    const deviation = Math.sqrt(first!.reduce((a, b) => a + (b - mean) ** 2, 0) / first!.length);
    return {
      mean,
      deviation,
      min: Math.min(...first!),
      max: Math.max(...first!),
      again: String(first) === String(second),
    };
  };

  it('are drawn anew at each call, uniformly within their bounds', () => {
    const traced = trace((a: tf.Tensor) => tf.randomUniform(a.shape, -0.05, 0.35), x([null, 100]));
    expect(opsOf(traced)).toContain('RandomUniform');
    const {mean, min, max, again} = statistics(traced, tf.ones([40, 100]));
    expect([min, max].map((each) => Number(each.toFixed(2)))).toEqual([-0.05, 0.35]);
    // Of 4000 numbers the mean is off by 0.002, as a rule.
    expect(mean).toBeCloseTo(0.15, 1);
    expect(again).toBe(false);
  });

  it('are drawn normally, even one at a time', () => {
    const traced = trace(() => tf.randomNormal([3000], 2.5, 0.3));
    const {mean, deviation} = statistics(traced);
    expect([mean, deviation].map((each) => Number(each.toFixed(1)))).toEqual([2.5, 0.3]);
    const one = trace((a: tf.Tensor) => tf.add(a, tf.truncatedNormal([1], 1, 0.25)), x([]));
    const constants = one.graph.nodes
      .filter(({op}) => op === 'Const')
      .map(({attrs}) => elementAt(attrs.tensor('value').data, 0));
    expect(opsOf(one)).toContain('TruncatedNormal');
    expect(constants).toEqual(expect.arrayContaining([1, 0.25]));
  });

  it('are whole numbers between their bounds', () => {
    const traced = trace(() => tf.randomUniform([2000], 3, 9, 'int32'));
    const {min, max} = statistics(traced);
    expect([min, max]).toEqual([3, 8]);
  });

  it('drop what dropout drops, with the seed it has', () => {
    const traced = trace((a: tf.Tensor) => tf.dropout(a, 0.25), x([null, 50]));
    const [values] = valuesOf(traced, tf.ones([100, 50])) as number[][];
    expect(new Set(values!.map((value) => value.toFixed(3)))).toEqual(new Set(['0.000', '1.333']));
    expect(values!.filter((value) => value === 0).length / 5000).toBeCloseTo(0.25, 1);
    const seeded = trace((a: tf.Tensor) => tf.dropout(a, 0.25, undefined, 17), x([null, 50]));
    const node = seeded.graph.nodes.find(({op}) => op === 'RandomUniform')!;
    expect(node.attrs.int('seed')).toBe(17);
  });

  it('choose classes', () => {
    const traced = trace((a: tf.Tensor) => tf.multinomial(a as tf.Tensor2D, 4), x([null, 3]));
    expect(opsOf(traced)).toContain('Multinomial');
    expect(valuesOf(traced, tf.tensor2d([[-100, 0, -100]]))).toEqual([[1, 1, 1, 1]]);
  });

  it('are never what a run happened to draw', () => {
    const own = () => tf.mul(tf.ones([2]), tf.scalar(Math.random()));
    expect(() => trace(own)).toThrowWithMessage(SaveError, /depends on chance/);
    expect(() => trace(() => tf.rand([3], () => 0.5))).toThrowWithMessage(SaveError, /tf\.randomUniform/);
    expect(() => trace(() => tf.randomUniform([3], 0, 1, 'float32', 'a seed'))).toThrowWithMessage(
      SaveError,
      /Leave the seed out/,
    );
    const random = Math.random;
    expect(random.toString()).toContain('native code');
  });
});

describe('values', () => {
  it('cannot be looked at, where they depend on the call', () => {
    const branching = (a: tf.Tensor) => (a.dataSync()[0]! > 0 ? tf.neg(a) : a);
    expect(() => trace(branching, x([2]))).toThrowWithMessage(
      SaveError,
      /reads the values of a tensor[\s\S]*func\.test\.ts/,
    );
    const v = tf.variable(tf.scalar(1), true, 'rate');
    expect(() => trace((a: tf.Tensor) => tf.mul(a, v.dataSync()[0]!), x([2]))).toThrowWithMessage(
      SaveError,
      /variable 'rate'/,
    );
    const fixed = tf.scalar(3);
    expect(
      valuesOf(
        trace((a: tf.Tensor) => tf.mul(a, fixed.dataSync()[0]!), x([1])),
        tf.ones([1]),
      ),
    ).toEqual([[3]]);
  });

  it('from outside become constants, large ones captures', () => {
    const [small, large] = [tf.tensor1d([1, 2]), tf.ones([2000])];
    const traced = trace((a: tf.Tensor) => [tf.add(a, small), tf.add(large, a)], x([1]));
    expect(traced.captures.map(({kind}) => kind)).toEqual(['constant']);
    expect(valuesOf(traced, tf.tensor1d([5]))[0]).toEqual([6, 7]);
    expect(large.isDisposed || small.isDisposed).toBe(false);
  });

  it('in dtypes that tfjs has not are converted', () => {
    const traced = trace(
      (ids: tf.Tensor, scale: tf.Tensor) => tf.mul(ids, scale),
      x([null], 'int64'),
      x([], 'float16'),
    );
    expect(traced.graph.parameters.map(({dtype}) => dtype)).toEqual(['int64', 'float16']);
    const inputs = [
      {dtype: 'int64' as const, shape: [2], data: BigInt64Array.from([2n, 3n])},
      {dtype: 'float16' as const, shape: [], data: Float32Array.of(1.5)},
    ];
    expect(runTraced(traced, inputs).map(elementsOf)).toEqual([[3, 4.5]]);
  });
});

describe('structures', () => {
  it('go in and out as they are', () => {
    const f = ({a, b}: {a: tf.Tensor; b: tf.Tensor[]}, scale: number) => ({
      sum: tf.add(a, b[0]!),
      rest: [b[1]!, null, {same: a, mode: 'plain'}],
      scaled: tf.mul(a, scale),
    });
    const traced = trace(f, {b: [x([2]), new TensorSpec([null], 'int32')], a: new TensorSpec([2])}, 3);
    expect(traced.inputs).toMatchObject({
      kind: 'tuple',
      items: [
        {
          kind: 'tuple',
          items: [
            {
              kind: 'dict',
              fields: new Map([
                ['a', {kind: 'tensor', name: 'args_0_a', dtype: 'float32', shape: [2]}],
                ['b', expect.objectContaining({kind: 'list'})],
              ]),
            },
            {kind: 'literal', value: 3},
          ],
        },
        {kind: 'dict', fields: new Map()},
      ],
    });
    expect(traced.graph.results).toHaveLength(4);
    // a, b[0], b[1] in; rest[0], rest[2].same, scaled, sum out
    const given = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20]), tf.tensor1d([7], 'int32')];
    expect(valuesOf(traced, ...given)).toEqual([[7], [1, 2], [3, 6], [11, 22]]);
  });

  it('of keyword arguments make a trace for each value', () => {
    const f = func(
      (a: tf.Tensor, {training}: {training: boolean} = {training: false}) => (training ? tf.neg(a) : a),
      {
        inputSignature: [x([null])],
        keywordArguments: {training: [false, true]},
        name: 'layer',
      },
    );
    expect(isTracedCallable(f)).toBe(true);
    expect(f.argumentSpec).toMatchObject({
      args: ['x'],
      kwonlyargs: ['training'],
      kwonlydefaults: {training: false},
    });
    const [evaluate, train] = f.traces();
    expect(evaluate!.inputs).toMatchObject({
      items: [{}, {fields: new Map([['training', {kind: 'literal', value: false}]])}],
    });
    expect([evaluate!, train!].map((each) => valuesOf(each, tf.ones([1])))).toEqual([[[1]], [[-1]]]);
    expect((f(tf.ones([1]), {training: true}) as tf.Tensor).dataSync()[0]).toBe(-1);
    expect((f(tf.ones([1])) as tf.Tensor).dataSync()[0]).toBe(1);
    expect(f.getConcreteFunction({training: true})).toBe(train);
  });

  it('of calls made so far are traced where no signature is given', () => {
    const f = func((a: tf.Tensor, factor: number) => tf.mul(a, factor));
    f(tf.ones([2]), 3);
    f(tf.ones([2]), 3);
    f(tf.ones([4], 'int32'), 2);
    expect(f.traces().map(({graph}) => graph.parameters[0]!.dtype)).toEqual(['float32', 'int32']);
    expect(f.getConcreteFunction(x([null]), 5).outputs).toMatchObject({shape: [null]});
    expect(f.traces()).toHaveLength(3);
  });

  it('that are no tensors, and promises, are errors', () => {
    expect(() => trace(() => new Map())).toThrowWithMessage(SaveError, /Map/);
    expect(() => trace(async (a: tf.Tensor) => a, x([]))).toThrowWithMessage(SaveError, /asynchronous/);
    expect(() =>
      trace(() => {
        throw new Error('no such thing');
      }),
    ).toThrowWithMessage(SaveError, /no such thing/);
  });
});

describe('control flow', () => {
  const n = new TensorSpec([], 'int32', 'n');

  it('that follows tensors is part of the graph', () => {
    const v = tf.variable(tf.scalar(1));
    const power = (a: tf.Tensor, count: tf.Tensor) => {
      const [, result] = whileLoop(
        ([i]) => tf.less(i!, count),
        ([i, product]) => {
          v.assign(tf.add(v, 1) as tf.Scalar);
          return [tf.add(i!, tf.scalar(1, 'int32')), tf.mul(product!, a)];
        },
        [tf.scalar(0, 'int32'), tf.onesLike(a)],
      );
      return [result!, v];
    };
    const traced = trace(power, x([null]), n);
    expect(v.dataSync()[0]).toBe(1);
    expect(opsOf(traced)).toContain('While');
    expect([...traced.callees.keys()]).toEqual(['power_while_cond', 'power_while_body']);
    expect(valuesOf(traced, tf.tensor1d([2, 3]), tf.scalar(3, 'int32'))).toEqual([[8, 27], [4]]);
    expect(valuesOf(traced, tf.tensor1d([2]), tf.scalar(0, 'int32'))).toEqual([[1], [4]]);
    v.assign(tf.scalar(1));
    const [eager] = power(tf.tensor1d([2, 3]), tf.scalar(3, 'int32'));
    expect(Array.from(eager!.dataSync())).toEqual([8, 27]);
  });

  it('of a loop keeps the number and dtypes of its variables, or says what to do', () => {
    const zero = tf.scalar(0, 'int32');
    const once = (body: (i: tf.Tensor) => tf.Tensor[]) => () =>
      whileLoop(
        ([i]) => tf.less(i!, 3),
        ([i]) => body(i!),
        [zero],
      );
    expect(once((i) => [tf.add(i, 1)])).toThrowWithMessage(
      CallError,
      /int32, and float32 after a turn.*tf\.scalar\(1, 'int32'\)/,
    );
    expect(once((i) => [i, i])).toThrowWithMessage(CallError, /1 variables gives 2/);
    expect(() => trace(() => once((i) => [tf.add(i, 1)])()[0]!)).toThrowWithMessage(
      SaveError,
      /float32 after a turn/,
    );
  });

  it('may let tensors grow', () => {
    const traced = trace((count: tf.Tensor) => {
      const [, all] = whileLoop(
        ([i]) => tf.less(i!, count),
        ([i, rows]) => [
          tf.add(i!, tf.scalar(1, 'int32')),
          tf.concat([rows!, tf.cast(tf.reshape(i!, [1]), 'float32')]),
        ],
        [tf.scalar(0, 'int32'), tf.zeros([0])],
      );
      return all!;
    }, n);
    expect(traced.outputs).toMatchObject({shape: [null]});
    expect(valuesOf(traced, tf.scalar(4, 'int32'))).toEqual([[0, 1, 2, 3]]);
  });

  it('chooses between branches', () => {
    const traced = trace(
      (a: tf.Tensor) =>
        cond(
          tf.greater(tf.sum(a), 0),
          () => [tf.mul(a, 2)],
          () => [tf.neg(a)],
        )[0],
      x([null]),
    );
    expect(opsOf(traced)).toContain('StatelessIf');
    expect(valuesOf(traced, tf.tensor1d([1, 2]))).toEqual([[2, 4]]);
    expect(valuesOf(traced, tf.tensor1d([-1, -2, 0]))).toEqual([[1, 2, -0]]);
  });

  it('nests', () => {
    const traced = trace((count: tf.Tensor) => {
      const one = tf.scalar(1, 'int32');
      const zero = tf.scalar(0, 'int32');
      const [, total] = whileLoop(
        ([i]) => tf.less(i!, count),
        ([i, sum]) => {
          const [, inner] = whileLoop(
            ([j]) => tf.less(j!, i!),
            ([j, part]) => [tf.add(j!, one), tf.add(part!, i!)],
            [zero, zero],
          );
          return [tf.add(i!, one), tf.add(sum!, inner!)];
        },
        [zero, zero],
      );
      return total!;
    }, n);
    // 0 + 1*1 + 2*2 + 3*3
    expect(valuesOf(traced, tf.scalar(4, 'int32'))).toEqual([[14]]);
  });
});

it('inlines the functions it calls', () => {
  const inner = func((a: tf.Tensor) => tf.square(a));
  const traced = trace((a: tf.Tensor) => tf.add(inner(a), 1), x([null]));
  expect(opsOf(traced)).toEqual(['Square', 'AddV2']);
});

it('gives the same graph each time, without what no result needs', () => {
  const f = (a: tf.Tensor) => {
    tf.exp(a);
    return tf.tidy(() => tf.add(tf.relu(a), tf.relu(a)));
  };
  const names = () => trace(f, x([null])).graph.nodes.map(({name}) => name);
  expect(names()).toEqual(['x', 'relu/Relu', 'relu/Relu_1', 'add/AddV2', 'Identity']);
  expect(names()).toEqual(names());
});

it('runs the samples on the host, whatever the backend', async () => {
  await useBackend('wasm');
  const f = (a: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, tf.ones([5, 5, 1, 2]), 1, 'valid');
  const traced = trace(f, x([null, null, null, 1]));
  expect(traced.outputs).toMatchObject({shape: [null, null, null, 2]});
  expect(tf.getBackend()).toBe('wasm');
  expect(valuesOf(traced, tf.ones([1, 5, 5, 1]))).toEqual([[25, 25]]);
  await useBackend('cpu');
});

it('leaves the engine as it was, after an error, too', () => {
  const engine = tf.engine();
  const before = [
    engine.runKernel,
    engine.makeTensor,
    engine.readSync,
    Math.random,
    tf.Variable.prototype.assign,
  ];
  expect(() => trace((a: tf.Tensor) => tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D), x([2, 3]))).toThrow(
    SaveError,
  );
  const after = [
    engine.runKernel,
    engine.makeTensor,
    engine.readSync,
    Math.random,
    tf.Variable.prototype.assign,
  ];
  expect(after.every((each, i) => each === before[i])).toBe(true);
  expect(Object.hasOwn(engine, 'runKernel')).toBe(false);
});
