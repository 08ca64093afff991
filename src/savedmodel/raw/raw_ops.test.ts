import {readdirSync, readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, expectTypeOf, it} from 'vitest';
import {rawOpsTypes} from '../../../scripts/generate_raw_ops.js';
import {encodeUtf8} from '../../algorithms/utf8.js';
import {CallError, SaveError, UnsupportedOpError} from '../../errors.js';
import {PackedStrings} from '../../host/strings.js';
import {expectOutput, type OpCase, REFUSED_WITH, useBackend} from '../../ops/testing/op_cases.js';
import {func, TensorSpec} from '../../trace/func.js';
import {argumentsOf, callableCases} from '../testing/raw_op_cases.js';
import {rawOps} from './raw_ops.js';
import {RawTensor} from './tensor.js';

const CASES = new URL('../../../fixtures/ops/', import.meta.url);

type Call = (inputs: object, attrs: object) => unknown;

/** Tensors of a result in the order of the op's definition. */
function flatten(result: unknown): unknown[] {
  if (result === undefined) return [];
  if (result instanceof RawTensor || result instanceof tf.Tensor) return [result];
  return Object.values(result as object).flatMap(flatten);
}

describe('raw ops give what TensorFlow gives', () => {
  beforeAll(() => useBackend('cpu'));
  afterAll(() => expect(tf.memory().numTensors).toBe(0));

  for (const file of readdirSync(CASES).filter((name) => name.endsWith('.json'))) {
    const {cases} = JSON.parse(readFileSync(new URL(file, CASES), 'utf8')) as {cases?: OpCase[]};
    const callable = callableCases(cases ?? []);
    if (callable.length === 0) continue;
    it(`${callable.length} calls of ${file}`, () => {
      for (const [index, each] of callable.entries()) {
        const what = `${file}: ${each.op} (${index}, ${each.note ?? ''})`;
        tf.tidy(() => {
          const {inputs, attrs, used} = argumentsOf(each);
          expect(used, what).toBe(each.inputs.length);
          const run = () =>
            flatten((rawOps.exact as unknown as Record<string, Call>)[each.op]!(inputs, attrs));
          if (each.error) {
            expect(run, what).toThrow(REFUSED_WITH[each.op] ?? CallError);
            return;
          }
          const outputs = run() as RawTensor[];
          expect(outputs.length, what).toBe(each.outputs!.length);
          outputs.forEach((output, i) => {
            expectOutput(RawTensor.valueOf(output), i, each, `${what} `);
          });
        });
      }
    });
  }
});

describe('raw ops', () => {
  beforeAll(() => useBackend('cpu'));

  const values = (tensor: tf.Tensor) => tensor.arraySync();
  const call = (op: string, inputs: object, attrs?: object) => () =>
    (rawOps as unknown as Record<string, Call>)[op]!(inputs, attrs as object);

  it('take inputs and attributes by the names of tf.raw_ops', () => {
    expect(values(rawOps.MatMul({a: [[1, 2]], b: [[3, 4]]}, {transpose_b: true}))).toEqual([[11]]);
    expect(values(rawOps.Sum({input: [[1, 2]], axis: 1}, {keep_dims: true}))).toEqual([[3]]);
    expect(values(rawOps.Squeeze({input: [[[1]]]}, {axis: [0]}))).toEqual([[1]]);
    expect(values(rawOps.Select({condition: [true, false], x: [1, 2], y: [3, 4]}))).toEqual([1, 4]);
  });

  it('give a tensor, an array, an object or nothing', () => {
    const parts = rawOps.Split({axis: 0, value: [1, 2, 3, 4]}, {num_split: 2});
    expect(parts.map(values)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const {values: best, indices} = rawOps.TopKV2({input: [1, 3, 2], k: 2});
    expect([values(best), values(indices)]).toEqual([
      [3, 2],
      [1, 2],
    ]);
    expect(rawOps.NoOp()).toBeUndefined();
    expect(rawOps.IdentityN({input: [1, 'a', true]}).map(({dtype}) => dtype)).toEqual([
      'float32',
      'string',
      'bool',
    ]);
  });

  it('infer dtypes from tensors before JavaScript values', () => {
    expect(rawOps.AddV2({x: 1, y: 2}).dtype).toBe('float32');
    expect(rawOps.AddV2({x: 1, y: tf.scalar(2, 'int32')}).dtype).toBe('int32');
    expect(rawOps.exact.AddV2({x: 1, y: {dtype: 'uint8', shape: [], data: Uint8Array.of(2)}}).dtype).toBe(
      'uint8',
    );
    expect(rawOps.exact.AddV2({x: 1n, y: 2n}).dtype).toBe('int64');
    expect(rawOps.exact.AddV2({x: 1, y: 2}, {T: 'float64'}).data).toEqual(Float64Array.of(3));
    expect(rawOps.Range({start: 0, limit: 3, delta: 1}).dtype).toBe('int32');
    expect(rawOps.Range({start: 0, limit: 1, delta: 0.5}).dtype).toBe('float32');
    expect(values(rawOps.GatherV2({params: ['a', 'b'], indices: [1, 0], axis: 0}))).toEqual(['b', 'a']);
    expect(rawOps.exact.Cast({x: Int32Array.of(1)}, {DstT: 'float16'}).dtype).toBe('float16');
  });

  it('take strings in any form, and give exact ones as byte arrays', () => {
    const bytes = [Uint8Array.of(0xff), encodeUtf8('b')];
    const forms = [
      bytes,
      tf.tensor(bytes as never, [2], 'string'),
      {dtype: 'string', shape: [2], data: bytes} as const,
      {dtype: 'string', shape: [2], data: PackedStrings.of(bytes)} as const,
      rawOps.exact.Identity({input: bytes}),
      rawOps.Identity({input: bytes}),
    ];
    for (const input of forms) {
      expect(rawOps.exact.StringUpper({input})).toMatchObject({
        dtype: 'string',
        shape: [2],
        data: [Uint8Array.of(0xff), encodeUtf8('B')],
      });
    }
    const ids = {dtype: 'string', shape: [1], data: [3] as never} as const;
    expect(() => rawOps.StringUpper({input: ids})).toThrowWithMessage(CallError, 'are byte strings');
  });

  it('keep the meaning of results that tfjs has no dtype for', () => {
    const ids = rawOps.Shape({input: [[1, 2, 3]]}, {out_type: 'int64'});
    expect(ids.dtype).toBe('int32');
    expect(rawOps.exact.AddV2({x: ids, y: 1})).toMatchObject({
      dtype: 'int64',
      data: BigInt64Array.of(2n, 4n),
    });
    expect(rawOps.exact.AddV2({x: ids, y: tf.scalar(1, 'int32')}).dtype).toBe('int64');
    // Where only int32 will do, it is what it shows itself as.
    expect(
      rawOps.Multinomial({logits: [[0, 0]], num_samples: rawOps.Cast({x: 3}, {DstT: 'int64'})}).shape,
    ).toEqual([1, 3]);
    const third = rawOps.Div({x: {dtype: 'float64', shape: [], data: Float64Array.of(1)}, y: 3});
    expect(rawOps.exact.Mul({x: third, y: 3}).data).toEqual(Float64Array.of((1 / 3) * 3));
    expect(rawOps.exact.Identity({input: third}).data).toEqual(Float64Array.of(1 / 3));
  });

  it('refuse to show integers that do not fit, and give them exactly', () => {
    const words = {input: ['a', 'b']};
    const buckets = {num_buckets: 2 ** 40};
    expect(() => rawOps.StringToHashBucketFast(words, buckets)).toThrowWithMessage(
      CallError,
      /does not fit int32.*exact/,
    );
    const {data} = rawOps.exact.StringToHashBucketFast(words, buckets);
    expect(data).toEqual(BigInt64Array.of(436859794915n, 143324147990n));
  });

  it('keep tables between calls', () => {
    const table = rawOps.HashTableV2({}, {key_dtype: 'string', value_dtype: 'int64'});
    expect(table).toBeInstanceOf(RawTensor);
    rawOps.InitializeTableV2({table_handle: table, keys: ['a', 'b'], values: [1n, 2n]});
    const found = rawOps.LookupTableFindV2({
      table_handle: table,
      keys: tf.tensor(['b', 'z']),
      default_value: -1n,
    });
    expect(values(found)).toEqual([2, -1]);
    expect(values(rawOps.LookupTableSizeV2({table_handle: table}))).toBe(2);
    const other = rawOps.HashTableV2({}, {key_dtype: 'string', value_dtype: 'int64'});
    expect(() => rawOps.LookupTableFindV2({table_handle: other, keys: ['a'], default_value: 0n})).toThrow(
      CallError,
    );
  });

  it('share resources that have a name', () => {
    const attrs = {dtype: 'float32', shape: [2], shared_name: 'raw_ops_test'} as const;
    rawOps.AssignVariableOp({resource: rawOps.VarHandleOp({}, attrs), value: [1, 2]});
    const again = rawOps.VarHandleOp({}, attrs);
    expect(values(rawOps.ReadVariableOp({resource: again}, {dtype: 'float32'}))).toEqual([1, 2]);
    rawOps.DestroyResourceOp({resource: again});
  });

  it('keep lists between calls until they are disposed of', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const list = tf.tidy(() => {
        const element = tf.square([1, 2]);
        const empty = rawOps.TensorListReserve(
          {element_shape: -1, num_elements: 2},
          {element_dtype: 'float32'},
        );
        const one = rawOps.TensorListSetItem({input_handle: empty, index: 0, item: element});
        const both = rawOps.TensorListSetItem({input_handle: one, index: 1, item: [5, 6]});
        one.dispose();
        element.dispose();
        // The types of tfjs know no objects of classes.
        return both as unknown as tf.TensorContainerObject;
      }) as unknown as RawTensor;
      const stacked = rawOps.TensorListStack(
        {input_handle: list, element_shape: [2]},
        {element_dtype: 'float32'},
      );
      expect(values(stacked)).toEqual([
        [1, 4],
        [5, 6],
      ]);
      list.dispose();
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('take a tf.Variable where they take a handle', () => {
    const variable = tf.variable(tf.tensor1d([1, 2, 3]));
    rawOps.AssignAddVariableOp({resource: variable, value: [1, 1, 1]});
    expect(values(variable)).toEqual([2, 3, 4]);
    expect(values(rawOps.ResourceGather({resource: variable, indices: [2, 0]}, {dtype: 'float32'}))).toEqual([
      4, 2,
    ]);
    rawOps.ResourceApplyGradientDescent({var: variable, alpha: 0.5, delta: [2, 2, 2]});
    expect(values(variable)).toEqual([1, 2, 3]);
    variable.dispose();
  });

  it('are differentiable', () => {
    tf.tidy(() => {
      const gradient = tf.grad((x: tf.Tensor) => rawOps.Softplus({features: rawOps.Square({x})}));
      const sigmoid = 1 / (1 + Math.exp(-4));
      expect(gradient(tf.scalar(2)).dataSync()[0]).toBeCloseTo(4 * sigmoid, 5);
      const table = tf.variable(tf.tensor2d([[1], [2], [3]]));
      const {grads} = tf.variableGrads(() => {
        const rows = rawOps.ResourceGather({resource: table, indices: [2, 0, 2]}, {dtype: 'float32'});
        return rawOps.Sum({input: rows, axis: [0, 1]}) as tf.Scalar;
      });
      expect(values(grads[table.name]!)).toEqual([[1], [0], [2]]);
      table.dispose();
      // A tensor that stands for a float64 stays on the tape.
      const double = rawOps.Cast({x: 3}, {DstT: 'float64'});
      expect(values(tf.grad((x: tf.Tensor) => rawOps.Square({x}))(double))).toBe(6);
    });
  });

  it('go on with a seeded stream as TensorFlow does', () => {
    const draw = (shape: number[]) =>
      values(
        rawOps.RandomUniformInt({shape, minval: 0, maxval: tf.scalar(100, 'int32')}, {seed: 1, seed2: 2}),
      );
    expect([draw([2]), draw([2]), draw([2]), draw([3])]).toEqual([
      [99, 15],
      [54, 15],
      [79, 30],
      [20, 19, 4],
    ]);
  });

  it('say which argument is wrong, and what is allowed', () => {
    expect(call('MatMul', {a: [[1]]})).toThrowWithMessage(CallError, "MatMul needs the input 'b'");
    expect(call('MatMul', {a: [[1]], b: [[1]], c: 1})).toThrowWithMessage(
      CallError,
      "MatMul has no input 'c': it has a, b",
    );
    expect(call('MatMul', {a: [[1]], b: [[1]]}, {transposed: true})).toThrowWithMessage(
      CallError,
      /no attribute 'transposed'.*transpose_a/,
    );
    expect(call('MatMul', {a: [[1]], b: [[1]]}, {transpose_a: 1})).toThrowWithMessage(
      CallError,
      "takes a boolean as 'transpose_a', got 1",
    );
    expect(
      call('MaxPool', {input: [[[[1]]]]}, {ksize: [1, 1, 1, 1], strides: [1, 1, 1, 1], padding: 'FULL'}),
    ).toThrowWithMessage(
      CallError,
      "MaxPool takes one of 'SAME', 'VALID', 'EXPLICIT' as 'padding', got \"FULL\"",
    );
    expect(
      call('MaxPool', {input: [[[[1]]]]}, {ksize: [1], strides: [1, 1, 1, 1], padding: 'SAME'}),
    ).toThrowWithMessage(CallError, "takes an array of at least 4, each an integer as 'ksize', got [1]");
    expect(call('Cast', {x: 1})).toThrowWithMessage(CallError, "Cast needs the attribute 'DstT' (a dtype)");
    expect(call('AddN', {inputs: []})).toThrowWithMessage(
      CallError,
      "AddN takes at least 1 tensor as 'inputs', got 0",
    );
    expect(call('AddN', {inputs: 1})).toThrowWithMessage(
      CallError,
      "takes an array of tensors as 'inputs', got 1",
    );
    expect(call('Exp', {x: ['a']})).toThrowWithMessage(CallError, /takes .*float32.* as 'x', got \["a"\]/);
    expect(call('LookupTableSizeV2', {table_handle: 1})).toThrowWithMessage(
      CallError,
      "as 'table_handle', got 1",
    );
    expect(call('ConcatV2', {values: [tf.scalar(1), 'a'], axis: 0})).toThrowWithMessage(
      CallError,
      'takes float32 as \'values\'[1], got "a"',
    );
    expect(call('TopKV2', {input: [1], k: 3})).toThrow(CallError);
  });

  it('refuse what cannot be called', () => {
    const refused: Record<string, RegExp> = {
      Abort: /op Abort is not supported/,
      Merge: /within a graph only/,
      Assign: /reference/,
      While: /functions/,
      _FusedMatMul: /internal/,
    };
    for (const [op, message] of Object.entries(refused)) {
      expect(call(op, {}), op).toThrowWithMessage(UnsupportedOpError, message);
    }
    expect('MatMul' in rawOps).toBe(true);
    expect('NoSuchOp' in rawOps).toBe(false);
    expect(Object.keys(rawOps)).toContain('MatMul');
  });

  it('refuse gradients of what is computed in JavaScript where a function is traced', () => {
    const rows = tf.variable(tf.tensor2d([[1], [2], [3]]));
    const gradient = (words: tf.Tensor) => {
      const sum = () => {
        const ids = rawOps.StringToHashBucketFast({input: words}, {num_buckets: 3});
        return tf.sum(rawOps.ResourceGather({resource: rows, indices: ids}, {dtype: 'float32'})) as tf.Scalar;
      };
      return tf.variableGrads(sum, [rows]).grads[rows.name]!;
    };
    expect(gradient(tf.tensor(['a'])).shape).toEqual([3, 1]);
    expect(() =>
      func(gradient, {inputSignature: [new TensorSpec([null], 'string')]}).getConcreteFunction(),
    ).toThrowWithMessage(SaveError, /reads the values of a tensor/);
    rows.dispose();
  });

  it('are typed from the definitions', () => {
    expectTypeOf(rawOps.MatMul).returns.toEqualTypeOf<tf.Tensor>();
    expectTypeOf(rawOps.Split).returns.toEqualTypeOf<tf.Tensor[]>();
    expectTypeOf(rawOps.TopKV2).returns.toEqualTypeOf<{values: tf.Tensor; indices: tf.Tensor}>();
    expectTypeOf(rawOps.HashTableV2).returns.toEqualTypeOf<RawTensor>();
    expectTypeOf(rawOps.AssignVariableOp).returns.toEqualTypeOf<void>();
    expectTypeOf(rawOps.exact.TopKV2).returns.toEqualTypeOf<{values: RawTensor; indices: RawTensor}>();
    expectTypeOf(rawOps.exact.Unpack).returns.toEqualTypeOf<RawTensor[]>();
    expectTypeOf(rawOps.exact.MatMul).parameters.toEqualTypeOf<Parameters<typeof rawOps.MatMul>>();
    const refused = () => {
      // @ts-expect-error: b is missing
      rawOps.MatMul({a: [[1]]});
      // @ts-expect-error: an attribute that has no default
      rawOps.Cast({x: 1});
      // @ts-expect-error: none of the paddings
      rawOps.AvgPool({value: [[[[1]]]]}, {ksize: [1, 1, 1, 1], strides: [1, 1, 1, 1], padding: 'FULL'});
      // @ts-expect-error: a tensor is no handle
      rawOps.LookupTableSizeV2({table_handle: tf.scalar(1)});
      // @ts-expect-error: no op of that name
      rawOps.NoSuchOp();
      // @ts-expect-error: the dtype is none that the op takes
      rawOps.Exp({x: 1}, {T: 'string'});
    };
    expect(refused).toThrow(CallError);
  });

  it('have the types that the op definitions give', () => {
    expect(readFileSync(new URL('generated/raw_ops.ts', import.meta.url), 'utf8')).toBe(rawOpsTypes());
  });
});
