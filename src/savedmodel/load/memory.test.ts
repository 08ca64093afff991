/**
 * Memory: calls leave nothing behind, whether they succeed, fail or are differentiated, and what a call needs at its
 * height follows the tensors that are still to be read.
 */

import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {isFloating} from '../../host/dtypes.js';
import {memoryDirectory} from '../../platform/memory.js';
import {localDirectory} from '../../platform/node.js';
import type {NodeDef} from '../../proto/index.js';
import {startCpuTime} from '../../testing/cpu_time.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {gradientsIfAny} from '../../tfjs/tape.js';
import {callForTensors, type FixtureCase, readFixtures} from '../testing/fixture_cases.js';
import {MODELS} from '../testing/fixtures.js';
import {attr, constant, type FunctionToMake, makeModelFiles, node} from '../testing/make_model.js';
import {loadModel} from './load.js';
import type {CallableObject, LoadedObject} from './loaded_object.js';

/** Calls of one fixture; as many as take this much processor time where they are slow, which `TFHUB_MEMORY_SECONDS` extends. */
const CALLS = 1000;
const MAX_MILLISECONDS = Number(process.env.TFHUB_MEMORY_SECONDS ?? 0.5) * 1000;

const fixtures = readFixtures(MODELS);

beforeAll(quietCpuBackend);

let model: LoadedObject;
let before: [tensors: number, bytes: number];

const held = (): typeof before => [tf.memory().numTensors, tf.memory().numBytes];

beforeEach(() => {
  before = held();
});

afterEach(() => {
  model.dispose();
  expect(held(), 'tensors and bytes left after dispose').toEqual(before);
});

describe('calls leave no tensors', () => {
  for (const fixture of fixtures.filter(({cases}) => cases.length > 0)) {
    it(fixture.name, async () => {
      model = await loadModel(localDirectory(fixture.directory), fixture.tags ? {tags: fixture.tags} : {});
      const round = (check: (each: FixtureCase, more: number) => void) => {
        for (const each of fixture.cases) {
          check(each, callOnce(each));
          if (each.gradients) differentiateOnce(each);
        }
      };
      // Constants reach the backend when they are first used.
      round(() => {});
      const settled = tf.memory().numTensors;
      const perRound = fixture.cases.reduce((calls, {gradients}) => calls + (gradients ? 2 : 1), 0);
      const elapsed = startCpuTime();
      let calls = 0;
      do {
        round((each, more) => {
          // Ragged and sparse arguments are made of tensors.
          if (!/\$(ragged|sparse)/.test(JSON.stringify(each.args))) {
            expect(more, 'tensors that are no results').toBe(0);
          }
        });
        calls += perRound;
      } while (calls < CALLS && elapsed() < MAX_MILLISECONDS);
      expect(tf.memory().numTensors - settled, `tensors more after ${calls} calls`).toBe(0);
    });
  }
});

/** Makes a call as the fixture records it and disposes of what it gives; how many more tensors there are then. */
function callOnce(each: FixtureCase): number {
  return tf.tidy(() => {
    const start = tf.memory().numTensors;
    try {
      tf.dispose(callForTensors(model, each) as tf.TensorContainer);
    } catch (error) {
      // Some are recorded because they fail, and some give integers that no tfjs tensor holds.
      if (!(error instanceof CallError)) throw error;
    }
    return tf.memory().numTensors - start;
  }) as unknown as number;
}

/** The same under a gradient tape, with respect to every trainable variable. */
function differentiateOnce(each: FixtureCase): void {
  tf.tidy(() => {
    const watched = model.modelInfo
      .variables()
      .filter((variable) => variable.initialized && variable.trainable && isFloating(variable.dtype))
      .map((variable) => variable.face());
    const scale = tf.scalar(1);
    gradientsIfAny(() => tf.mul(sumOf(callForTensors(model, each)), scale), [scale, ...watched]);
  });
}

function sumOf(output: unknown): tf.Tensor {
  const floats = tensorsIn(output).filter(({dtype}) => dtype === 'float32');
  return floats.reduce<tf.Tensor>((sum, each) => tf.add(sum, tf.sum(each)), tf.scalar(0));
}

function tensorsIn(output: unknown): tf.Tensor[] {
  if (output instanceof tf.Tensor) return [output];
  if (typeof output !== 'object' || output === null || ArrayBuffer.isView(output)) return [];
  return Object.values(output).flatMap(tensorsIn);
}

/** Rows and columns of the matrices that the graphs below compute with. */
const SIZE = 32;
const MATRIX = {dtype: 'float32', shape: [SIZE, SIZE]} as const;
const MATRIX_BYTES = 4 * SIZE * SIZE;
const T = {T: attr.type('float32')};

/** A function from a matrix to a matrix. */
function matrixFunction(name: string, nodes: NodeDef[], from: string): FunctionToMake {
  return {name, inputs: [{name: 'x', ...MATRIX}], nodes, outputs: [{name: 'y', ...MATRIX, from}]};
}

function callOf(name: string, callee: string, input: string): NodeDef {
  const types = {Tin: attr.types('float32'), Tout: attr.types('float32')};
  return node(name, 'PartitionedCall', [input], {f: attr.func(callee), ...types});
}

/** `count` nodes that each take the one before and `x`. */
function chain(count: number): NodeDef[] {
  return Array.from({length: count}, (_, i) => {
    const input = i === 0 ? 'x' : `n${i - 1}:${i % 2 === 1 ? 'product' : 'z'}:0`;
    return i % 2 === 0 ? node(`n${i}`, 'MatMul', [input, 'x'], T) : node(`n${i}`, 'AddV2', [input, 'x'], T);
  });
}

/** Two nodes that compute x / 2 + 1 / 2, whose fixed point is 1. */
function damped(): NodeDef[] {
  return [
    constant('half', 'float32', [], [0.5]),
    node('product', 'Mul', ['x', 'half:output:0'], T),
    node('sum', 'AddV2', ['product:z:0', 'half:output:0'], T),
  ];
}

/** Loads a model whose `__call__` is the first of the functions. */
async function load(...functions: FunctionToMake[]): Promise<CallableObject> {
  const files = makeModelFiles({functions, methods: {__call__: functions[0]!.name}});
  model = await loadModel(memoryDirectory(files));
  return model as CallableObject;
}

/** A matrix that leaves what it is multiplied with as small as it was. */
const identity = () => tf.mul(tf.eye(SIZE), 0.5);

/** The most bytes that tensors had while `f` ran, beyond those before. */
async function peakBytes(f: () => tf.Tensor): Promise<number> {
  const start = tf.memory().numBytes;
  const {peakBytes: peak} = await tf.profile(() => tf.tidy(() => void f()));
  return peak - start;
}

describe('the height of memory', () => {
  it('is a few tensors for a chain of 200 products and sums', async () => {
    const call = await load(matrixFunction('f', chain(200), 'n199:z:0'));
    const x = tf.tidy(identity);
    expect(await peakBytes(() => call(x) as tf.Tensor)).toBeLessThanOrEqual(3 * MATRIX_BYTES);
    x.dispose();
  });

  it('is no more where every function of a chain of calls does the same', async () => {
    const functions = Array.from({length: 20}, (_, i) =>
      matrixFunction(
        `f${i}`,
        [...chain(10), callOf('call', `f${i + 1}`, 'n9:z:0')],
        i < 19 ? 'call:output:0' : 'n9:z:0',
      ),
    );
    functions[19] = matrixFunction('f19', chain(10), 'n9:z:0');
    const call = await load(...functions);
    const x = tf.tidy(identity);
    // Each call under way holds its argument.
    expect(await peakBytes(() => call(x) as tf.Tensor)).toBeLessThanOrEqual(24 * MATRIX_BYTES);
    x.dispose();
  });

  it('is that of one iteration for a loop', async () => {
    const step = matrixFunction('step', chain(10), 'n9:z:0');
    const call = await load(loop, ...loopParts(step, 100));
    const x = tf.tidy(identity);
    expect(await peakBytes(() => call(x) as tf.Tensor)).toBeLessThanOrEqual(8 * MATRIX_BYTES);
    x.dispose();
  });

  it('counts what is still to be read, and no more, for branches that come together again', async () => {
    const branches = Array.from({length: 8}, (_, i) => node(`b${i}`, 'MatMul', ['x', 'x'], T));
    const sum = node(
      'sum',
      'AddN',
      branches.map(({name}) => `${name}:product:0`),
      {...T, N: attr.int(8)},
    );
    const call = await load(matrixFunction('f', [...branches, sum], 'sum:sum:0'));
    const x = tf.tidy(identity);
    expect(await peakBytes(() => call(x) as tf.Tensor)).toBeLessThanOrEqual(10 * MATRIX_BYTES);
    x.dispose();
  });
});

/** `for _ in range(count): x = body(x)`; the rest of it are {@link loopParts}. */
const loop = matrixFunction(
  'f',
  [
    constant('zero', 'int32', [], [0]),
    node('loop', 'While', ['zero:output:0', 'x'], {
      T: attr.types('int32', 'float32'),
      cond: attr.func('loop_condition'),
      body: attr.func('loop_body'),
    }),
  ],
  'loop:output:1',
);

function loopParts(body: FunctionToMake, count: number): FunctionToMake[] {
  const i = {name: 'i', dtype: 'int32', shape: []} as const;
  const x = {name: 'x', ...MATRIX};
  const int = {T: attr.type('int32')};
  return [
    body,
    {
      name: 'loop_condition',
      inputs: [i, x],
      nodes: [constant('count', 'int32', [], [count]), node('less', 'Less', ['i', 'count:output:0'], int)],
      outputs: [{name: 'go_on', dtype: 'bool', shape: [], from: 'less:z:0'}],
    },
    {
      name: 'loop_body',
      inputs: [i, x],
      nodes: [
        constant('one', 'int32', [], [1]),
        node('next', 'AddV2', ['i', 'one:output:0'], int),
        callOf('step', body.name, 'x'),
      ],
      outputs: [
        {...i, name: 'next_i', from: 'next:z:0'},
        {...x, name: 'next_x', from: 'step:output:0'},
      ],
    },
  ];
}

describe('deep graphs do not overflow the stack', () => {
  /** The values are those of the fixed point, and a gradient can be computed. */
  function check(call: CallableObject): void {
    const y = tf.tidy(() => call(identity()) as tf.Tensor);
    expect(y.dataSync()[0]).toBeCloseTo(1, 5);
    y.dispose();
    tf.tidy(() => {
      const gradient = tf.grad((x) => tf.sum(call(x) as tf.Tensor))(identity());
      expect(gradient.shape).toEqual([SIZE, SIZE]);
    });
  }

  it('as a chain of 10,000 nodes, called and differentiated', async () => {
    const call = await load(matrixFunction('f', chain(10_000), 'n9999:z:0'));
    check(call);
  });

  it('as 200 functions that call each other', async () => {
    const functions = Array.from({length: 200}, (_, i) =>
      matrixFunction(`f${i}`, [...damped(), callOf('call', `f${i + 1}`, 'sum:z:0')], 'call:output:0'),
    );
    const call = await load(
      functions[0]!,
      ...functions.slice(1),
      matrixFunction('f200', damped(), 'sum:z:0'),
    );
    check(call);
  });

  it('as a loop of 2,000 iterations, called and differentiated', async () => {
    const step = matrixFunction('step', damped(), 'sum:z:0');
    const call = await load(loop, ...loopParts(step, 2000));
    check(call);
  });
});

describe('a failure in the middle leaves no tensors', () => {
  /** A node that fails for every matrix, after the chain has made tensors. */
  const failing = (input: string) => node('fail', 'MatMul', [input, 'column:output:0'], T);
  const column = constant('column', 'float32', [SIZE + 1, 1], [1]);
  const fails = (name: string) =>
    matrixFunction(
      name,
      [...chain(6), column, failing('n5:z:0'), node('after', 'AddV2', ['fail:product:0', 'n3:z:0'], T)],
      'after:z:0',
    );

  const cases: [string, readonly [FunctionToMake, ...FunctionToMake[]]][] = [
    ['of a graph', [fails('f')]],
    [
      'of calls in calls',
      [
        matrixFunction('f', [...chain(4), callOf('call', 'g', 'n3:z:0')], 'call:output:0'),
        matrixFunction('g', [...chain(4), callOf('call', 'h', 'n3:z:0')], 'call:output:0'),
        fails('h'),
      ],
    ],
    ['of a loop', [loop, ...loopParts(fails('g'), 5)]],
  ];
  for (const [what, functions] of cases) {
    it(what, async () => {
      const call = await load(...functions);
      const x = tf.tidy(identity);
      const attempt = () => expect(() => call(x)).toThrow(CallError);
      attempt();
      const settled = tf.memory().numTensors;
      for (let i = 0; i < 10; i++) attempt();
      expect(tf.memory().numTensors - settled, 'called').toBe(0);
      const differentiate = tf.grad((each) => tf.sum(call(each) as tf.Tensor));
      expect(() => differentiate(x)).toThrow(CallError);
      expect(tf.memory().numTensors - settled, 'differentiated').toBe(0);
      expect(tf.engine().state.gradientDepth).toBe(0);
      x.dispose();
    });
  }
});
