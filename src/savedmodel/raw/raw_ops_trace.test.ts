import * as tf from '@tensorflow/tfjs-core';
import {afterAll, afterEach, beforeAll, beforeEach, expect, it} from 'vitest';
import {SaveError} from '../../errors.js';
import {PackedStrings} from '../../host/strings.js';
import {useBackend} from '../../ops/testing/op_cases.js';
import {Variable} from '../../ops/variable/variable.js';
import {Runtime} from '../../runtime/runtime.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import {closeScope, openScope} from '../../tfjs/scope.js';
import {cond, func, type SpecNest, TensorSpec, whileLoop} from '../../trace/func.js';
import type {TracedFunction} from '../../trace/traced_function.js';
import {fromValue} from '../boundary.js';
import {rawOps} from './raw_ops.js';

beforeAll(() => useBackend('cpu'));
beforeEach(openScope);
afterEach(() => closeScope([]));
afterAll(() => expect(tf.memory().numTensors).toBe(0));

// biome-ignore lint/suspicious/noExplicitAny: any function can be traced
function trace(f: (...args: any[]) => unknown, ...inputSignature: SpecNest[]): TracedFunction {
  return func(f, {inputSignature}).getConcreteFunction();
}

/** The ops of a graph, without those of its parameters and results. */
function opsOf({graph}: TracedFunction): string[] {
  return graph.nodes.map(({op}) => op).filter((op) => op !== '_Arg' && op !== 'Identity' && op !== 'Const');
}

/** Nodes that run before the node of an op because of their effects. */
function before({graph}: TracedFunction, op: string): string[] {
  const node = graph.nodes.find((each) => each.op === op)!;
  return node.controls.map((index) => graph.nodes[index]!.op).sort();
}

/** Runs a trace that is bound to nothing. */
function run({name, graph, callees}: TracedFunction, ...args: Value[]): unknown[] {
  const graphs = new Map(
    [...callees].flatMap(([key, each]) => (each.kind === 'traced' ? [[key, each.graph]] : [])),
  );
  graphs.set(name, graph);
  const library = {
    get: (key: string) => graphs.get(key),
    names: () => graphs.keys(),
    gradientOf: () => undefined,
  };
  const runtime = new Runtime({library});
  const exact = (values: readonly Value[]) => values.map((value) => fromValue(value, true, name));
  const result = runtime.invoke(runtime.function(name), args, (values) => ({
    result: exact(values),
    tensors: [],
  }));
  runtime.dispose();
  return result;
}

const strings = (...texts: string[]) => stringValue([texts.length], PackedStrings.ofTexts(texts));

it('records a raw op as the one node that it is', () => {
  const traced = trace(
    (features: tf.Tensor) => rawOps.Softmax({logits: rawOps.LeakyRelu({features}, {alpha: 0.25})}),
    new TensorSpec([null, 3]),
  );
  expect(opsOf(traced)).toEqual(['LeakyRelu', 'Softmax']);
  const node = traced.graph.nodes.find(({op}) => op === 'LeakyRelu')!;
  expect(node.attrs.float('alpha')).toBe(0.25);
  expect(node.attrs.dtype('T')).toBe('float32');
  expect(traced.outputs).toMatchObject({dtype: 'float32', shape: [null, 3]});
});

it('gives results in the dtypes of TensorFlow', () => {
  const split = trace(
    (input: tf.Tensor) => rawOps.StringSplitV2({input, sep: ' '}),
    new TensorSpec([null], 'string'),
  );
  expect(split.graph.results.map(({dtype}) => dtype)).toEqual(['int64', 'int64', 'string']);
  expect(opsOf(split)).toEqual(['StringSplitV2']);
  const [indices, shape, values] = run(split, strings('a b', 'c'));
  expect(indices).toMatchObject({shape: [3, 2], data: BigInt64Array.of(0n, 0n, 0n, 1n, 1n, 0n)});
  expect(shape).toMatchObject({data: BigInt64Array.of(2n, 2n)});
  expect(values).toMatchObject({shape: [3]});
});

it('passes int64 on between raw ops, and to tfjs as int32', () => {
  const traced = trace(
    (input: tf.Tensor) => {
      const hash = rawOps.StringToHashBucketFast({input}, {num_buckets: 10});
      return [rawOps.AddV2({x: hash, y: 1}), tf.add(hash, tf.scalar(1, 'int32'))];
    },
    new TensorSpec([null], 'string'),
  );
  expect(opsOf(traced)).toEqual(['StringToHashBucketFast', 'Cast', 'AddV2', 'AddV2']);
  expect(run(traced, strings('a', 'b'))).toMatchObject([
    {dtype: 'int64', data: BigInt64Array.of(10n, 3n)},
    {dtype: 'int32', data: Int32Array.of(10, 3)},
  ]);
});

it('takes parameters in the dtypes that they are declared with', () => {
  const traced = trace((x: tf.Tensor) => rawOps.Mul({x, y: 3}), new TensorSpec([null], 'float64'));
  expect(opsOf(traced)).toEqual(['Mul']);
  expect(run(traced, Value.host('float64', [1], Float64Array.of(1 / 3)))).toMatchObject([
    {dtype: 'float64', data: Float64Array.of((1 / 3) * 3)},
  ]);
});

it('keeps what exact ops give exact', () => {
  const traced = trace(
    (input: tf.Tensor) => {
      const hash = rawOps.exact.Fingerprint({data: input, method: 'farmhash64'});
      const size = rawOps.exact.Size({input}, {out_type: 'int64'});
      return {hash, size, shown: tf.mul(size.toTensor(), tf.scalar(2, 'int32'))};
    },
    new TensorSpec([null], 'string'),
  );
  expect(traced.graph.results.map(({dtype}) => dtype)).toEqual(['uint8', 'int32', 'int64']);
});

it('keeps effects in order', () => {
  const variable = tf.variable(tf.scalar(1));
  const traced = trace(
    (x: tf.Tensor) => {
      rawOps.AssignAddVariableOp({resource: variable, value: 1});
      const product = tf.mul(x, variable);
      rawOps.AssignVariableOp({resource: variable, value: 5});
      return tf.add(product, variable);
    },
    new TensorSpec([null]),
  );
  expect(opsOf(traced)).toEqual([
    'AssignAddVariableOp',
    'ReadVariableOp',
    'Mul',
    'AssignVariableOp',
    'ReadVariableOp',
    'AddV2',
  ]);
  expect(before(traced, 'AssignVariableOp')).toEqual(['AssignAddVariableOp', 'ReadVariableOp']);
  expect(traced.captures).toMatchObject([{kind: 'variable', variable}]);
  expect(traced.graph.controlResults.length).toBe(2);
  expect(variable.dataSync()[0]).toBe(1);
  variable.dispose();
});

it('leaves variables in dtypes that tfjs has not as they are, whatever part of the function assigns them', () => {
  const count = new Variable({name: 'count', dtype: 'int64', shape: [], trainable: false});
  count.assign(Value.scalar('int64', 2n ** 40n));
  const resource = count.face();
  const add = (value: bigint): tf.Tensor[] => {
    rawOps.AssignAddVariableOp({resource, value}, {dtype: 'int64'});
    return [];
  };
  const parts: (() => unknown)[] = [
    () => add(1n),
    () =>
      cond(
        tf.scalar(true),
        () => add(2n),
        () => add(3n),
      ),
    () =>
      whileLoop(
        ([i]) => rawOps.Less({x: i!, y: 3}),
        ([i]) => [...add(4n), rawOps.AddV2({x: i!, y: 1})],
        [tf.scalar(0, 'int32')],
      ),
  ];
  for (const part of [...parts, () => parts.map((each) => each())]) {
    const traced = trace((x: tf.Tensor) => {
      part();
      return x;
    }, new TensorSpec([]));
    expect(traced.captures).toHaveLength(1);
    expect(count.exact().data).toEqual(BigInt64Array.of(2n ** 40n));
    expect(resource.dataSync()[0]).toBe(2 ** 40);
  }
  count.dispose();
});

it('leaves tables as they are, and captures their handles', () => {
  const table = rawOps.MutableHashTableV2({}, {key_dtype: 'string', value_dtype: 'int32'});
  const traced = trace(
    (keys: tf.Tensor) => {
      rawOps.LookupTableInsertV2({table_handle: table, keys, values: rawOps.StringLength({input: keys})});
      return rawOps.LookupTableFindV2({table_handle: table, keys, default_value: -1}, {Tout: 'int32'});
    },
    new TensorSpec([null], 'string'),
  );
  expect(traced.captures).toMatchObject([{kind: 'value'}]);
  expect(before(traced, 'LookupTableFindV2')).toEqual(['LookupTableInsertV2']);
  expect(rawOps.LookupTableSizeV2({table_handle: table}).dataSync()[0]).toBe(0);
});

it('records tables and lists that are made inside', () => {
  const traced = trace(
    (x: tf.Tensor) => {
      const table = rawOps.HashTableV2(
        {},
        {key_dtype: 'int64', value_dtype: 'float32', shared_name: 'inner'},
      );
      rawOps.InitializeTableV2({table_handle: table, keys: [1n, 2n], values: [10, 20]});
      const found = rawOps.LookupTableFindV2({table_handle: table, keys: [2n, 3n], default_value: -1});
      const empty = rawOps.TensorListReserve(
        {element_shape: -1, num_elements: 2},
        {element_dtype: 'float32'},
      );
      const one = rawOps.TensorListSetItem({input_handle: empty, index: 0, item: x});
      const both = rawOps.TensorListSetItem({input_handle: one, index: 1, item: found});
      return rawOps.TensorListStack({input_handle: both, element_shape: [2]}, {element_dtype: 'float32'});
    },
    new TensorSpec([2]),
  );
  expect(traced.captures).toEqual([]);
  expect(run(traced, Value.host('float32', [2], Float32Array.of(1, 2)))).toMatchObject([
    {shape: [2, 2], data: Float32Array.of(1, 2, 20, -1)},
  ]);
  // What a trace makes under a name is not what the program has under it.
  const own = rawOps.HashTableV2({}, {key_dtype: 'string', value_dtype: 'string', shared_name: 'inner'});
  expect(rawOps.LookupTableSizeV2({table_handle: own}).dataSync()[0]).toBe(0);
});

it('follows unknown sizes that are given as JavaScript numbers', () => {
  const traced = trace(
    (x: tf.Tensor) => rawOps.Reshape({tensor: x, shape: [x.shape[0]!, 1, 2]}),
    new TensorSpec([null, 2]),
  );
  expect(run(traced, Value.host('float32', [7, 2], new Float32Array(14)))).toMatchObject([
    {shape: [7, 1, 2]},
  ]);
});

it('records raw ops inside of loops', () => {
  const traced = trace(
    (x: tf.Tensor) => {
      const below = ([i]: tf.Tensor[]) => rawOps.Less({x: i!, y: 3});
      const next = ([i, y]: tf.Tensor[]) => [rawOps.AddV2({x: i!, y: 1}), rawOps.Mul({x: y!, y: 2})];
      return whileLoop(below, next, [tf.scalar(0, 'int32'), x])[1];
    },
    new TensorSpec([null]),
  );
  expect(run(traced, Value.host('float32', [2], Float32Array.of(1, 2)))).toMatchObject([
    {data: Float32Array.of(8, 16)},
  ]);
});

it('gives gradients that a traced function asks for', () => {
  const gradient = tf.grad((x: tf.Tensor) => rawOps.Softplus({features: rawOps.Square({x})}));
  const traced = trace((x: tf.Tensor) => gradient(x), new TensorSpec([null]));
  const [result] = run(traced, Value.host('float32', [2], Float32Array.of(2, -1))) as {data: Float32Array}[];
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  expect(result!.data[0]).toBeCloseTo(4 * sigmoid(4), 5);
  expect(result!.data[1]).toBeCloseTo(-2 * sigmoid(1), 5);
});

it('refuses what a graph cannot know', () => {
  expect(() =>
    trace(
      (x: tf.Tensor) => rawOps.Split({axis: 0, value: x}, {num_split: x.shape[0]!})[0],
      new TensorSpec([null]),
    ),
  ).toThrowWithMessage(SaveError, /rawOps.Split/);
  expect(() =>
    trace(
      (input: tf.Tensor) => tf.fill([1], Number((rawOps.exact.Size({input}).data as BigInt64Array)[0])),
      new TensorSpec([null]),
    ),
  ).toThrowWithMessage(SaveError, /reads the values of a tensor that depends on its arguments/);
  const list = rawOps.EmptyTensorList({element_shape: -1, max_num_elements: 3}, {element_dtype: 'float32'});
  expect(() => trace(() => rawOps.TensorListLength({input_handle: list}))).toThrowWithMessage(
    SaveError,
    /made outside/,
  );
  expect(() => trace((x: tf.Tensor) => rawOps.Relu({features: x}), new TensorSpec([null], 'string'))).toThrow(
    SaveError,
  );
});
