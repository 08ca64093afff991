import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError, SaveError} from '../../errors.js';
import {TensorSpec} from '../../graph/tensor_spec.js';
import {Variable} from '../../ops/variable/variable.js';
import {MemoryOutput} from '../../platform/testing/memory_output.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {func} from '../../trace/func.js';
import {type SaveOptions, writeSavedModel} from '../save/save.js';
import {heldFixture, hold, valuesOf} from '../testing/held_models.js';
import {loadModel} from './load.js';
import type {LoadedObject} from './loaded_object.js';
import type {RestoredFunction} from './restored_function.js';

const model = (name: string) => heldFixture<Record<string, RestoredFunction>>(name);

beforeAll(quietCpuBackend);

describe('inputs whose names are no identifiers', () => {
  it('are listed and asked for by the names in the file', async () => {
    const {signatures} = await model('odd_names');
    const {one, serving_default: serve} = signatures;
    const names = ['0', 'a-b', 'geo.Heated', 'input.1', 'states/state', 'toString'];
    expect(Object.keys(serve!.inputs).sort()).toEqual(names);
    expect(one!.inputs['input.1']).toEqual({
      node: 'one_input.1:0',
      name: 'input.1',
      dtype: 'float32',
      shape: [2],
    });
    expect(() => one!({})).toThrowWithMessage(CallError, /needs the input 'input\.1'/);
    expect(() => one!({'input.2': [1, 2]})).toThrowWithMessage(
      CallError,
      /no input 'input\.2'.*input\.1: float32/,
    );
    expect(() => one!({'input.1': [1, 2], input_1: [1, 2]})).toThrowWithMessage(
      CallError,
      /its input 'input\.1' twice.*'input_1'/,
    );
    expect(valuesOf(one!([1, 2]).input_1)).toEqual([2, 4]);
  });

  it('are not found among what every object inherits', async () => {
    const {signatures} = await model('odd_names');
    const given = {
      'a-b': [0, 0],
      '0': [0, 0],
      'geo.Heated': [0, 0],
      'input.1': [0, 0],
      'states/state': [0, 0],
    };
    expect(() => signatures.serving_default!(given)).toThrowWithMessage(
      CallError,
      /needs the input 'toString'/,
    );
  });

  it('are keywords of functions called plainly', async () => {
    const {bare} = await model('odd_names');
    const result = bare!({'a-b': [1, 2], x: [3, 4]}) as Record<string, tf.Tensor>;
    expect(valuesOf(result.a_b)).toEqual([2, 4]);
    expect(valuesOf(result.x)).toEqual([6, 8]);
    expect(() => bare!({'a-b': [1, 2]})).toThrowWithMessage(
      CallError,
      /missing the arguments: x|fits the arguments/,
    );
  });
});

describe('shapes other than the declared ones', () => {
  it('are the graph to judge, and lead its error', async () => {
    const {signatures, bare_two: two} = await model('other_shapes');
    const serve = signatures.serving_default!;
    expect(valuesOf(serve({x: tf.ones([4, 3])}).output_0)).toEqual([[6], [6], [6], [6]]);
    expect(
      valuesOf(
        serve([
          [1, 1, 1],
          [2, 2, 2],
        ]).output_0,
      ),
    ).toEqual([[6], [12]]);
    const fail = () => serve({x: tf.ones([2, 2])});
    expect(fail).toThrowWithMessage(
      CallError,
      /^input 'x' of signature 'serving_default' is declared as float32 \(1, 3\), and float32 \(2, 2\) was given\n.*\n {2}at node/,
    );
    expect(() => serve({x: tf.ones([4, 3], 'int32')})).toThrowWithMessage(
      CallError,
      /must be float32 \(1, 3\), got int32 \(4, 3\)/,
    );
    const result = two!(tf.ones([2, 2]), ['a', 'bcd']) as Record<string, tf.Tensor>;
    expect(valuesOf(result.length)).toEqual([1, 3]);
  });

  it('do not make bytes a string where a list of strings is declared', async () => {
    const {preprocess} = await model('bare_functions');
    expect(() => preprocess!(Uint8Array.of(65), [1])).toThrow(CallError);
  });

  it('are refused by polymorphic functions, by TensorFlow 1, and while a function is traced', async () => {
    const {signatures, project} = await model('other_shapes');
    expect(() => project!(tf.ones([4, 3]))).toThrowWithMessage(CallError, /no trace of project\(\) fits/);
    const v1 = await model('v1_resource_variables');
    const [signature] = Object.values(v1.signatures).filter(({inputs}) =>
      Object.values(inputs).some(({dtype, shape}) => dtype === 'float32' && shape !== null),
    );
    const [input] = Object.values(signature!.inputs);
    const wrong = tf.ones([...input!.shape!.map((dim) => dim ?? 1), 1, 1]);
    expect(() => signature!({[input!.name]: wrong})).toThrowWithMessage(CallError, /must be float32/);
    const traced = func((x: tf.Tensor) => signatures.serving_default!({x}).output_0 as tf.Tensor);
    expect(() => traced.getConcreteFunction(new TensorSpec([4, 3], 'float32'))).toThrowWithMessage(
      SaveError,
      /must be float32 \(1, 3\), got float32 \(4, 3\)/,
    );
  });
});

describe('concrete functions that were saved by themselves', () => {
  it('take an object of tensors as one, though its entries are called as the flat inputs are', async () => {
    const {crossed} = await model('bare_functions');
    expect(valuesOf(crossed!({x: [1, 2], y: [10, 20]}))).toEqual([-9, -18]);
    expect(valuesOf(crossed!.invoke([], {x: [1, 2], y: [10, 20]}))).toEqual([9, 18]);
  });

  it('say why neither reading fits', async () => {
    const {transform_fn: transform} = await model('bare_functions');
    expect(() => transform!({x: [1, 2], s: [1, 2]})).toThrowWithMessage(
      CallError,
      /no trace of pruned\(\) fits[\s\S]*Nor do they when each stands for one tensor: pruned\(\) is missing/,
    );
  });
});

describe('signatures made of concrete functions', () => {
  const resaved = async (root: LoadedObject, signatures: Record<string, unknown>) => {
    const output = new MemoryOutput();
    await writeSavedModel(root, output, {signatures} as SaveOptions);
    return hold(await loadModel(output.directory())).signatures;
  };

  it('take the flat tensors by name, whether the file has their structure or not', async () => {
    const root = await model('bare_functions');
    const {pruned, transform} = await resaved(root, {pruned: root.pruned, transform: root.transform_fn});
    expect(Object.keys(pruned!.inputs)).toEqual(['Placeholder', 'Placeholder_1']);
    expect(valuesOf(pruned!({Placeholder: [1, 2], Placeholder_1: [10, 20]}).output_0)).toEqual([-9, -18]);
    expect(valuesOf(transform!({s: ['a'], x: [3]}).scaled)).toEqual([6]);
  });

  it('take no variables', async () => {
    const root = await model('variable_arguments');
    await expect(resaved(root, {add: root.bare})).rejects.toThrow(SaveError);
  });
});

describe('variables as arguments', () => {
  it("are the caller's, loaded or made here, and are assigned", async () => {
    const {add, loaded} = await model('variable_arguments');
    const mine = tf.variable(tf.tensor([10, 20]));
    expect(valuesOf(add!(mine, [1, 1]))).toEqual([22, 42]);
    expect(Array.from(mine.dataSync())).toEqual([11, 21]);
    expect(valuesOf(add!(loaded, [1, 1]))).toEqual([16, 18]);
    expect(Array.from((loaded as unknown as tf.Variable).dataSync())).toEqual([8, 9]);
    expect(() => add!(tf.tensor([10, 20]), [1, 1])).toThrowWithMessage(
      CallError,
      /VariableSpec\(\(2,\), tf\.float32, trainable=true\)/,
    );
    expect(() => add!(tf.variable(tf.ones([2]), false), [1, 1])).toThrowWithMessage(
      CallError,
      /Variable\(shape=\(2,\), dtype=float32, trainable=false\)/,
    );
    mine.dispose();
  });

  it('are differentiated by', async () => {
    const {triple} = await model('variable_arguments');
    const mine = tf.variable(tf.tensor([10, 20]), true, 'mine');
    const {grads} = tf.variableGrads(() => tf.sum(triple!(mine) as tf.Tensor) as tf.Scalar, [mine]);
    expect(valuesOf(grads.mine)).toEqual([3, 3]);
    mine.dispose();
  });

  it('of int32 stand for those of int64, as far as their numbers go', async () => {
    const {count} = await model('variable_arguments');
    const mine = tf.variable(tf.tensor([5, 6], [2], 'int32'));
    expect(valuesOf(count!(mine, [1, 2]))).toEqual([6, 8]);
    const before = tf.memory().numTensors;
    tf.tidy(() => mine.assign(tf.tensor([50, 60], [2], 'int32')));
    expect(valuesOf(count!(mine, [1, 2]))).toEqual([51, 62]);
    expect(Array.from(mine.dataSync())).toEqual([51, 62]);
    expect(() => count!(mine, [2n ** 40n, 0n])).toThrowWithMessage(
      CallError,
      /stands for int64.*beyond int32; a loaded variable can/,
    );
    expect(Array.from(mine.dataSync())).toEqual([51, 62]);
    expect(tf.memory().numTensors).toBe(before);
    mine.dispose();
  });

  it('must be one where the function was traced with one in two places', async () => {
    const {same} = await model('variable_arguments');
    const [mine, other] = [tf.variable(tf.tensor([1, 2])), tf.variable(tf.tensor([1, 2]))];
    expect(valuesOf(same!(mine, mine))).toEqual([4, 8]);
    expect(() => same!(mine, other)).toThrow(CallError);
    mine.dispose();
    other.dispose();
  });

  it('stay what they are, in their order, in a function that is traced', async () => {
    const {add} = await model('variable_arguments');
    const mine = tf.variable(tf.tensor([10, 20]));
    const traced = func((x: tf.Tensor) => tf.add(add!(mine, x) as tf.Tensor, mine));
    const {captures, graph} = traced.getConcreteFunction(new TensorSpec([2], 'float32'));
    expect(captures.map((each) => each.kind === 'variable' && Variable.of(each.variable))).toContain(
      Variable.of(mine),
    );
    // What reads the variable afterwards waits for the call that assigns it.
    const call = graph.nodes.findIndex(({op}) => op === 'StatefulPartitionedCall');
    const read = graph.nodes.find(({op}) => op === 'ReadVariableOp');
    expect(read!.controls).toContain(call);
    // Tracing runs the function, and leaves the variable as it was.
    expect(Array.from(mine.dataSync())).toEqual([10, 20]);
    mine.dispose();
  });
});
