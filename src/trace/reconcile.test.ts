import type * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {SaveError} from '../errors.js';
import type {Attr} from '../graph/attrs.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {PackedStrings} from '../host/strings.js';
import type {ObservedTensor} from '../runtime/observer.js';
import {reconcile} from './reconcile.js';
import type {Entry, EntryKind, Ref, RefTree, SubRun} from './recording.js';
import {describe as describeStep, type Step, type Steps} from './steps.js';
import {Varying, VaryingList} from './varying.js';

const ref = (entry: number, output = 0): Ref => ({entry, output});

const tensor = (shape: readonly number[], dtype: DType = 'float32'): ObservedTensor => ({dtype, shape});

/** An entry that gives tensors of these shapes. */
const entry = (what: EntryKind, inputs: readonly Ref[], ...outputs: ObservedTensor[]): Entry => ({
  what,
  inputs,
  outputs,
  scope: [],
  source: undefined,
});

const parameter = (...shape: number[]): Entry => entry({kind: 'parameter', index: 0}, [], tensor(shape));

const kernel = (
  name: string,
  attrs: Readonly<Record<string, unknown>>,
  inputs: readonly Ref[],
  ...outputs: ObservedTensor[]
): Entry => entry({kind: 'kernel', kernel: name, attrs}, inputs, ...outputs);

const constant = (data: readonly number[], shape = [data.length], dtype: DType = 'float32'): Entry =>
  entry({kind: 'constant', value: {dtype, shape, data: Float32Array.from(data)}}, [], tensor(shape, dtype));

/** What a run did; its result is that of its last entry. */
const run = (entries: readonly Entry[], results: readonly Ref[] = [ref(entries.length - 1)]): SubRun => ({
  recording: {entries},
  results,
});

/** The last step of runs with these entries. */
const lastOf = (...runs: readonly Entry[][]): Step => reconcile(runs.map((each) => run(each))).steps.at(-1)!;

/** Dimensions of a step's outputs that follow from values. */
const open = ({outputs}: Step): number[][] => outputs.map((each) => [...(each.open ?? [])].sort());

describe('runs that do the same', () => {
  it('have steps in common, with the shapes of each run', () => {
    const runs = [3, 5].map((n) => run([parameter(n, 2), kernel('Relu', {}, [ref(0)], tensor([n, 2]))]));
    const {steps, results} = reconcile(runs);
    expect(results).toEqual([ref(1)]);
    expect(steps.map(({what}) => what)).toEqual([
      {kind: 'parameter', index: 0},
      {kind: 'kernel', kernel: 'Relu', attrs: {}},
    ]);
    expect(steps[1]!.inputs).toEqual([ref(0)]);
    expect(steps[1]!.outputs).toEqual([
      {
        dtype: 'float32',
        shapes: [
          [3, 2],
          [5, 2],
        ],
      },
    ]);
  });

  it('may have other numbers as attributes', () => {
    const relu = (attrs: Readonly<Record<string, unknown>>) => [kernel('Relu', attrs, [], tensor([1]))];
    const {what} = lastOf(
      relu({alpha: 0.5, size: 3, shape: [3, 2], axes: [0], nested: [[1], [2]], name: 'same'}),
      relu({alpha: 0.5, size: 5, shape: [5, 2], axes: [0, 1], nested: [[1], [4]], name: 'same'}),
    );
    expect(what).toEqual({
      kind: 'kernel',
      kernel: 'Relu',
      attrs: {
        alpha: 0.5,
        size: new Varying([3, 5]),
        shape: [new Varying([3, 5]), 2],
        axes: new VaryingList([[0], [0, 1]]),
        nested: [[1], [new Varying([2, 4])]],
        name: 'same',
      },
    });
  });

  it('fail where they have other words as attributes, once somebody needs the step', () => {
    const {what} = lastOf(
      [kernel('Pad', {mode: 'reflect'}, [], tensor([1]))],
      [kernel('Pad', {mode: 'symmetric'}, [], tensor([1]))],
    );
    expect(what.kind).toBe('failed');
    expect(what.kind === 'failed' && what.error.message).toMatch(/'mode' is "reflect" in one run/);
  });
});

describe('runs that do other things', () => {
  const relu = kernel('Relu', {}, [], tensor([1]));
  const located = {...kernel('Elu', {}, [], tensor([1])), scope: ['selu', 'elu'], source: 'f (a.ts:3:4)'};

  it('are an error that says what, and where', () => {
    expect(() => reconcile([run([relu]), run([located])])).toThrowWithMessage(
      SaveError,
      /kernel Relu in one run is tf\.selu > elu in another[\s\S]*at f \(a\.ts:3:4\)/,
    );
  });

  it('are those that go on, too', () => {
    expect(() => reconcile([run([relu, relu]), run([relu])])).toThrowWithMessage(
      SaveError,
      /kernel Relu in one run is nothing/,
    );
  });

  it.each([
    ['other inputs', kernel('Relu', {}, [ref(0)], tensor([1])), kernel('Relu', {}, [ref(1)], tensor([1]))],
    [
      'another output',
      kernel('Relu', {}, [ref(0)], tensor([1])),
      kernel('Relu', {}, [ref(0, 1)], tensor([1])),
    ],
    [
      'more inputs',
      kernel('Relu', {}, [ref(0)], tensor([1])),
      kernel('Relu', {}, [ref(0), ref(0)], tensor([1])),
    ],
    ['another dtype', kernel('Relu', {}, [], tensor([1])), kernel('Relu', {}, [], tensor([1], 'int32'))],
    ['more outputs', kernel('Relu', {}, [], tensor([1])), kernel('Relu', {}, [], tensor([1]), tensor([1]))],
    [
      'another variable',
      entry({kind: 'read', variable: {name: 'a'} as tf.Variable}, [], tensor([1])),
      entry({kind: 'read', variable: {name: 'b'} as tf.Variable}, [], tensor([1])),
    ],
    [
      'another tensor from outside',
      entry({kind: 'outer', outer: ref(0)}, [], tensor([1])),
      entry({kind: 'outer', outer: ref(0, 1)}, [], tensor([1])),
    ],
  ] as const)('are those with %s', (_, a, b) => {
    const before = [parameter(1), parameter(1)];
    expect(() => reconcile([run([...before, a]), run([...before, b])])).toThrow(SaveError);
    expect(() => reconcile([run([...before, a]), run([...before, a])])).not.toThrow();
  });

  it('are those with inputs of other names, or with none for one', () => {
    const fused = (inputs: RefTree): Entry => ({...relu, inputs});
    const none = fused({x: ref(0), bias: null});
    expect(() => reconcile([run([parameter(1), none]), run([parameter(1), none])])).not.toThrow();
    const others: readonly RefTree[] = [
      {x: ref(0), bias: ref(0)},
      {x: ref(0), alpha: null, bias: null},
      {x: null, bias: null},
    ];
    for (const other of others) {
      expect(() => reconcile([run([parameter(1), none]), run([parameter(1), fused(other)])])).toThrow(
        SaveError,
      );
    }
  });

  it('are those with other results', () => {
    const entries = [parameter(1), relu];
    expect(() => reconcile([run(entries, [ref(0)]), run(entries, [ref(1)])])).toThrowWithMessage(
      SaveError,
      /other results/,
    );
    expect(() => reconcile([run(entries, [ref(0)]), run(entries, [])])).toThrowWithMessage(
      SaveError,
      /other results/,
    );
  });
});

describe('constants', () => {
  const merged = (...runs: Entry[]) => lastOf(...runs.map((each) => [each])).what;

  it('that are the same stay', () => {
    const what = merged(constant([1, 2]), constant([1, 2]));
    expect(what).toMatchObject({kind: 'constant', value: {data: Float32Array.of(1, 2)}});
  });

  it('of one number everywhere have a shape that follows', () => {
    expect(merged(constant([0, 0, 0], [3]), constant([0, 0], [2]))).toEqual({
      kind: 'computed',
      constant: {form: 'uniform', value: 0, shape: [new Varying([3, 2])]},
    });
    // What has no elements says nothing of them.
    expect(merged(constant([], [0, 2]), constant([7, 7], [1, 2]))).toMatchObject({
      constant: {form: 'uniform', value: 7, shape: [new Varying([0, 1]), 2]},
    });
    expect(merged(constant([3]), constant([2]))).toMatchObject({
      constant: {form: 'uniform', value: new Varying([3, 2]), shape: [1]},
    });
    expect(merged(constant([1], []), constant([1, 1], [2]))).toMatchObject({
      constant: {form: 'uniform', value: 1, shape: new VaryingList([[], [2]])},
    });
  });

  it('of one shape have elements that follow', () => {
    expect(merged(constant([1, 3, 0], [3, 1]), constant([1, 2, 0], [3, 1]))).toEqual({
      kind: 'computed',
      constant: {form: 'elements', values: [1, new Varying([3, 2]), 0], shape: [3, 1]},
    });
  });

  it('tell 0 from -0', () => {
    expect(merged(constant([0, 1]), constant([-0, 1]))).toMatchObject({
      constant: {form: 'elements', values: [new Varying([0, -0]), 1]},
    });
  });

  it('may be ranges', () => {
    expect(merged(constant([2, 2.5, 3]), constant([2, 2.5]))).toEqual({
      kind: 'computed',
      constant: {form: 'range', start: 2, step: 0.5, length: new Varying([3, 2])},
    });
    expect(merged(constant([1, 2, 4]), constant([1, 2])).kind).toBe('failed');
  });

  it('may be identities', () => {
    const [three, two] = [constant([1, 0, 0, 0, 1, 0], [2, 3]), constant([1, 0, 0, 1], [2, 2])];
    expect(merged(three, two)).toEqual({
      kind: 'computed',
      constant: {form: 'identity', rows: 2, columns: new Varying([3, 2])},
    });
    expect(merged(three, constant([1, 0, 1, 1], [2, 2])).kind).toBe('failed');
  });

  it('that follow nothing fail once somebody needs them', () => {
    const many = (last: number) => constant([...Array.from({length: 299}, (_, i) => i), last]);
    const what = merged(many(1), many(2));
    expect(what.kind === 'failed' && what.error.message).toMatch(/other values in each run, shape \[300\]/);
    expect(merged(many(1), many(1)).kind).toBe('constant');
    const text = (value: string) =>
      entry(
        {kind: 'constant', value: {dtype: 'string', shape: [1], data: PackedStrings.ofTexts([value])}},
        [],
        tensor([1], 'string'),
      );
    expect(merged(text('ab'), text('ab')).kind).toBe('constant');
    expect(merged(text('ab'), text('ac')).kind).toBe('failed');
    expect(merged(text('ab'), text('a')).kind).toBe('failed');
  });
});

describe('dimensions that follow from values', () => {
  const nonMaxSuppression = (n: number) => kernel('NonMaxSuppressionV3', {}, [ref(0)], tensor([n], 'int32'));

  it('are those of kernels that choose', () => {
    expect(open(lastOf([parameter(4), nonMaxSuppression(2)], [parameter(9), nonMaxSuppression(2)]))).toEqual([
      [0],
    ]);
    expect(open(lastOf([parameter(4), kernel('Relu', {}, [ref(0)], tensor([4]))]))).toEqual([[]]);
  });

  it('are those that an op chooses: of one output or of each, from the front or from the back', () => {
    const op = (name: string, ...outputs: ObservedTensor[]): Entry =>
      entry({kind: 'op', op: {name, attrs: new Map(), inputs: [], names: []}}, [], ...outputs);
    const openOf = (name: string, ...outputs: ObservedTensor[]) => open(lastOf([op(name, ...outputs)]));
    expect(openOf('Where', tensor([2, 3]))).toEqual([[0]]);
    expect(openOf('StringSplitV2', tensor([2, 2]), tensor([2]), tensor([2]))).toEqual([[0], [0], []]);
    expect(openOf('DynamicPartition', tensor([2, 3]), tensor([1, 3]))).toEqual([[0], [0]]);
    expect(openOf('DecodeRaw', tensor([2, 3]))).toEqual([[1]]);
    expect(openOf('UniqueV2', tensor([2, 3]), tensor([2]))).toEqual([[0, 1], [0]]);
    expect(openOf('Relu', tensor([2, 3]))).toEqual([[]]);
  });

  it('of kernels are those of each output that is chosen', () => {
    const chosen = (name: string, ...outputs: ObservedTensor[]) =>
      open(lastOf([kernel(name, {}, [], ...outputs)]));
    expect(chosen('NonMaxSuppressionV5', tensor([2]), tensor([2]))).toEqual([[0], [0]]);
    expect(chosen('StringSplit', tensor([2, 2]), tensor([2]), tensor([2]))).toEqual([[0], [0], []]);
    expect(chosen('RaggedTensorToTensor', tensor([2, 3, 4]))).toEqual([[0, 1]]);
    expect(chosen('Unique', tensor([2, 3]), tensor([4]))).toEqual([[0], []]);
  });

  it('are handed on, to dimensions of that size', () => {
    const entries = (n: number) => [
      parameter(n),
      nonMaxSuppression(2),
      kernel('GatherV2', {}, [ref(0), ref(1)], tensor([2, n])),
    ];
    expect(open(lastOf(entries(4), entries(9)))).toEqual([[0]]);
  });

  it('are those that a function of a model does not tell', () => {
    const call = (shape: PartialShape) =>
      entry(
        {
          kind: 'call',
          call: {
            callee: CALLEE,
            inputs: [],
            bound: [],
            outputs: ['float32'],
            shapes: [shape],
            stateful: false,
          },
        },
        [],
        tensor([2, 3]),
      );
    expect(open(lastOf([call([2, null])], [call([2, null])]))).toEqual([[1]]);
    expect(open(lastOf([call(null)], [call(null)]))).toEqual([[0, 1]]);
    expect(open(lastOf([call([2, 3])], [call([2, 3])]))).toEqual([[]]);
  });
  const CALLEE = {name: 'f'};

  /** An op of TensorFlow with a shape among its inputs. */
  const reshape = (inputs: readonly Ref[], ...shape: number[]): Entry =>
    entry(
      {
        kind: 'op',
        op: {name: 'Reshape', attrs: new Map(), inputs: ['float32', 'int32'], names: ['tensor', 'shape']},
      },
      inputs,
      tensor(shape),
    );
  const shapeOf = (entryOf: number, rank: number): Entry =>
    entry(
      {kind: 'op', op: {name: 'Shape', attrs: new Map(), inputs: ['float32'], names: ['input']}},
      [ref(entryOf)],
      tensor([rank], 'int32'),
    );

  it('are those of ops that are given sizes which follow from values', () => {
    expect(open(lastOf([parameter(6), parameter(2), reshape([ref(0), ref(1)], 2, 3)]))).toEqual([[0, 1]]);
    expect(open(lastOf([parameter(6), shapeOf(0, 1), reshape([ref(0), ref(1)], 6)]))).toEqual([[]]);
    expect(open(lastOf([parameter(6), constant([2, 3]), reshape([ref(0), ref(1)], 2, 3)]))).toEqual([[]]);
  });

  it('make the shape of a tensor a value', () => {
    const entries = [parameter(4), nonMaxSuppression(2), shapeOf(1, 1), reshape([ref(0), ref(2)], 2)];
    expect(open(lastOf(entries))).toEqual([[0]]);
  });

  it('are those that another branch, or another turn, gives otherwise', () => {
    const part = (n: number) => run([parameter(n), kernel('Relu', {}, [ref(0)], tensor([n, 3]))]);
    const branch = entry({kind: 'branch', branches: [part(2), part(5)]}, [], tensor([2, 3]));
    const {what, outputs} = lastOf([branch], [branch]);
    expect(outputs[0]!.open).toEqual(new Set([0]));
    const [whenTrue, whenFalse] = (what as {branches: readonly Steps[]}).branches;
    expect([whenTrue!.steps[1]!.outputs[0]!.shapes, whenFalse!.steps[1]!.outputs[0]!.shapes]).toEqual([
      [
        [2, 3],
        [2, 3],
      ],
      [
        [5, 3],
        [5, 3],
      ],
    ]);
    // The body takes one row and gives two.
    const body = run([parameter(1, 3), kernel('Concat', {}, [ref(0)], tensor([2, 3]))]);
    const cond = run([parameter(1, 3), kernel('Less', {}, [ref(0)], tensor([], 'bool'))]);
    const loop = entry({kind: 'loop', cond, body}, [], tensor([4, 3]));
    expect(open(lastOf([loop], [loop]))).toEqual([[0]]);
    // Of two variables one stays as it is.
    const second = entry({kind: 'parameter', index: 1}, [], tensor([7, 3]));
    const grows = kernel('Concat', {}, [ref(1)], tensor([8, 3]));
    const both = run([parameter(2, 3), second, grows], [ref(0), ref(2)]);
    const two = entry({kind: 'loop', cond, body: both}, [], tensor([2, 3]), tensor([9, 3]));
    expect(open(lastOf([two], [two]))).toEqual([[], [0]]);
  });
});

describe('ops of TensorFlow', () => {
  const leaky = (alpha: number): Entry => {
    const attrs = new Map<string, Attr>([
      ['alpha', {type: 'float', value: alpha}],
      ['T', {type: 'int', value: 3n}],
    ]);
    const op = {name: 'LeakyRelu', attrs, inputs: [], names: []};
    return entry({kind: 'op', op}, [], tensor([1]));
  };

  it('have the same attributes in all runs, or fail once somebody needs them', () => {
    expect(lastOf([leaky(0.5)], [leaky(0.5)]).what.kind).toBe('op');
    const {what} = lastOf([leaky(0.5)], [leaky(0.25)]);
    expect(what.kind === 'failed' && what.error.message).toMatch(/'alpha' follows the sizes/);
  });
});

it('calls a step what a user does', () => {
  const {what, ...rest} = kernel('Relu', {}, [], tensor([1]));
  expect(describeStep({what, ...rest})).toBe('kernel Relu');
  expect(describeStep({what, ...rest, scope: ['softmax', 'exp']})).toBe('tf.softmax > exp');
  expect(describeStep(parameter(1))).toBe('a parameter');
  expect(describeStep(undefined)).toBe('nothing');
});
