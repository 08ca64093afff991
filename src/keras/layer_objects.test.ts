/** What can be made a layer: loaded objects and parts of them, trackable objects, plain ones, functions. */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import * as hub from '../index.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {func, TensorSpec} from '../trace/func.js';
import {matchingTraces} from './output_specs.js';
import type {LayerTrace} from './reusable.js';
import {arrayOf, elements, expectClose} from './testing/values.js';

beforeAll(quietCpuBackend);

/** The object of the tour: multiplies by a variable. */
class MyMul extends hub.Trackable {
  v = tf.variable(tf.scalar(2));
  variables = [this.v];
  trainable_variables = [this.v];
  regularization_losses = [func(() => tf.mul(tf.square(this.v), 0.001), {inputSignature: []})];
  __call__ = func((x: tf.Tensor) => tf.mul(x, this.v), {inputSignature: [new TensorSpec(null, 'float32')]});
}

describe('a layer of', () => {
  it('the model of the tour, loaded', async () => {
    const layer = await hub.kerasLayer(fixturePath('mymul'));
    expect(arrayOf(layer.apply(tf.tensor([10, 20])))).toEqual([20, 40]);
    layer.trainable = true;
    expect(layer.trainableWeights.map((weight) => elements(weight.read()))).toEqual([[2]]);
    expectClose(
      layer.losses.flatMap((loss) => elements(loss())),
      [0.004],
    );
    expectClose(layer.calculateLosses().flatMap(elements), [0.004]);
  });

  it('an object that was made and saved here', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'keras-layer-')), 'my_mul');
    await hub.savedModel.save(new MyMul(), directory);
    const layer = await hub.kerasLayer(directory, {trainable: true});
    expect(arrayOf(layer.apply(tf.tensor([10, 20])))).toEqual([20, 40]);
    expect(layer.trainableWeights.map((weight) => elements(weight.read()))).toEqual([[2]]);
    expectClose(layer.calculateLosses().flatMap(elements), [0.004]);
    await rm(join(directory, '..'), {recursive: true});
  });

  it('an object that is not saved yet', () => {
    const object = new MyMul();
    const layer = new hub.KerasLayer(object, {trainable: true});
    expect(arrayOf(layer.apply(tf.tensor([10, 20])))).toEqual([20, 40]);
    expect(layer.trainableWeights[0]!.read()).toBe(object.v);
    expectClose(layer.calculateLosses().flatMap(elements), [0.004]);
    expect(layer.resolvedObject).toBe(object);
  });

  it('an object that is not saved yet, which then is trained', async () => {
    const object = new MyMul();
    const layer = new hub.KerasLayer(object, {trainable: true, inputShape: [1]});
    const model = tfl.sequential({layers: [layer]});
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    await model.fit(tf.tensor2d([[1]]), tf.tensor2d([[0]]), {epochs: 1, verbose: 0});
    // The derivative of v^2 + 0.001 v^2 at 2.
    expectClose(elements(object.v), [2 - 0.1 * 4.004]);
  });

  it('a plain object or a function with attributes in camel case', () => {
    const w = tf.variable(tf.tensor1d([3]));
    const fixed = tf.variable(tf.tensor1d([1]));
    const attributes = {
      variables: [w, fixed],
      trainableVariables: [w],
      regularizationLosses: [() => tf.sum(w)],
    };
    const f = (x: tf.Tensor) => tf.add(tf.mul(x, w), fixed);
    for (const object of [Object.assign(f, attributes), {__call__: f, ...attributes}]) {
      const layer = new hub.KerasLayer(object, {trainable: true});
      expect(arrayOf(layer.apply(tf.tensor1d([2])))).toEqual([7]);
      expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).toEqual([1, 1]);
      expect(layer.calculateLosses().flatMap(elements)).toEqual([3]);
    }
  });

  it('an object whose __call__ is a method', () => {
    class Scale {
      factor = 3;
      __call__(x: tf.Tensor): tf.Tensor {
        return tf.mul(x, this.factor);
      }
    }
    expect(arrayOf(new hub.KerasLayer(new Scale()).apply(tf.tensor([2])))).toEqual([6]);
  });

  it('a function that gives a variable or a constant, which stay', () => {
    const w = tf.variable(tf.tensor2d([[1, 2]]));
    const constant = tf.tensor2d([[3]]);
    const layer = new hub.KerasLayer((_: tf.Tensor) => [w, constant] as tf.Tensor[]);
    const input = tfl.input({shape: [1]});
    const outputs = layer.apply(input) as tfl.SymbolicTensor[];
    const model = tfl.model({
      inputs: input,
      outputs: tfl.layers.concatenate().apply(outputs) as tfl.SymbolicTensor,
    });
    expect(arrayOf(model.predict(tf.ones([1, 1])))).toEqual([[1, 2, 3]]);
    expect(arrayOf(model.predict(tf.ones([1, 1])))).toEqual([[1, 2, 3]]);
  });

  it('a function that declares keyword arguments', () => {
    const scale = func((x: tf.Tensor, {training}: {training: boolean}) => tf.mul(x, training ? 2 : 1), {
      inputSignature: [new TensorSpec([null, 1])],
      keywordArguments: {training: [false, true]},
    });
    const weights = {trainable_variables: [tf.variable(tf.scalar(0))]};
    const layer = new hub.KerasLayer(Object.assign(scale, weights), {trainable: true});
    expect(arrayOf(layer.apply(tf.tensor2d([[1]])))).toEqual([[1]]);
    expect(arrayOf(layer.apply(tf.tensor2d([[1]]), {training: true}))).toEqual([[2]]);
    expect(layer.computeOutputShape([null, 1])).toEqual([null, 1]);
  });

  it('a function without a signature, which is traced for the calls of the user alone', () => {
    const scale = func((x: tf.Tensor, {training}: {training: boolean}) => tf.mul(x, training ? 2 : 1), {
      keywordArguments: {training: [false, true]},
    });
    const layer = new hub.KerasLayer(scale);
    expect((layer.apply(tfl.input({shape: [3]})) as tfl.SymbolicTensor).shape).toEqual([null, 3]);
    expect(scale.traces()).toEqual([]);
    layer.apply(tf.ones([2, 3]));
    expect(scale.traces()).toHaveLength(1);
  });

  it('a function with arguments beside its input', () => {
    const traced = func((x: tf.Tensor, a: number, b = 1) => tf.add(tf.mul(x, a), b), {
      argNames: ['x', 'a', 'b'],
    });
    expect(arrayOf(new hub.KerasLayer(traced, {arguments: {a: 10}}).apply(tf.tensor([2])))).toEqual([21]);
    const plain = (x: tf.Tensor, {a = 1}: {a?: number} = {}) => tf.mul(x, a);
    expect(arrayOf(new hub.KerasLayer(plain, {arguments: {a: 5}}).apply(tf.tensor([2])))).toEqual([10]);
  });

  it('a part of a loaded object: an object, a function, a signature', async () => {
    const object = await hub.load(fixturePath('sub_objects'));
    const names = object.attributeNames.filter((name) => typeof object.get(name) === 'function');
    expect(names.length).toBeGreaterThan(0);
    const signatures = await hub.load(fixturePath('signatures_only'));
    const double = new hub.KerasLayer(signatures.signatures.double!, {outputKey: 'output_0'});
    expect(arrayOf(double.apply(tf.tensor2d([[1, 2]])))).toEqual([[2, 4]]);
    const {dropout} = (await hub.load(fixturePath('training_argument'))) as unknown as {
      dropout: hub.RestoredFunction;
    };
    const layer = new hub.KerasLayer(dropout);
    expect(layer.weights).toEqual([]);
    const x = tf.ones(dropout.concreteFunctions[0]!.flatInputs[0]!.shape!.map((dim) => dim ?? 2));
    // Called with training: false, because the function has the argument.
    expect(arrayOf(layer.apply(x))).toEqual(arrayOf(x));
  });

  it('a model in TF1 Hub format: its default signature and output', async () => {
    const layer = await hub.kerasLayer(fixturePath('v1_hub_module'));
    const object = layer.resolvedObject as hub.LoadedObject;
    const x = tf.tensor1d(['one', 'two', 'three'], 'string');
    const {default: expected} = object.signatures.default!(x) as Record<string, tf.Tensor>;
    expect(arrayOf(layer.apply(x))).toEqual(arrayOf(expected));
    expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).toEqual([0, 1]);
    expect(layer.computeOutputShape([null])).toEqual([null, 4]);
    expect(layer.computeOutputShape([null, 1])).toEqual([null, 4]);
    layer.trainable = true;
    expect(() => layer.apply(x)).toThrowWithMessage(
      hub.CallError,
      'unsupported when loading from the TF1 Hub format',
    );
    const all = await hub.kerasLayer(fixturePath('v1_hub_module'), {
      signature: 'twice',
      signatureOutputsAsDict: true,
    });
    expect(Object.keys(all.apply(x) as object).sort()).toEqual(['first', 'second']);
  });

  it('a model in TF1 Hub format whose variables are in parts: each part is a weight', async () => {
    const layer = await hub.kerasLayer(fixturePath('v1_hub_partitioned'));
    const object = layer.resolvedObject as hub.LoadedObject;
    const ids = tf.tensor1d([0, 3, 4, 8, 10], 'int32');
    const {default: expected} = object.signatures.default!(ids) as Record<string, tf.Tensor>;
    expect(arrayOf(layer.apply(ids))).toEqual(arrayOf(expected));
    expect(layer.weights.map(({shape}) => shape)).toEqual([
      [4, 4],
      [4, 4],
      [3, 4],
      [2, 6],
      [1, 6],
      [1, 6],
      [6],
    ]);
  });

  it('an object that lists no variables, which has no weights', async () => {
    const layer = await hub.kerasLayer(fixturePath('text_hashed_mean'));
    expect(layer.weights).toEqual([]);
    expect((layer.resolvedObject as hub.LoadedObject).variables).toHaveLength(1);
  });
});

describe('a layer is refused', () => {
  const refuse = (make: () => unknown) => expect(make);

  it('of what cannot be called and has no signatures', async () => {
    refuse(() => new hub.KerasLayer({} as never)).toThrowWithMessage(
      hub.CallError,
      'not callable and has no signatures',
    );
    const object = await hub.load(fixturePath('no_functions'));
    refuse(() => new hub.KerasLayer(object)).toThrowWithMessage(
      hub.CallError,
      'not callable and has no signatures',
    );
    refuse(() => new hub.KerasLayer(object, {signature: 'x', outputKey: 'y'})).toThrowWithMessage(
      hub.CallError,
      'has no signatures',
    );
  });

  it('of an object with signatures alone, where none is named, or an unknown one', async () => {
    await expect(hub.kerasLayer(fixturePath('signatures_only'))).rejects.toThrowWithMessage(
      hub.CallError,
      'Signature name has to be specified for non-callable saved models',
    );
    await expect(
      hub.kerasLayer(fixturePath('signatures_only'), {signature: 'nope', outputKey: 'x'}),
    ).rejects.toThrowWithMessage(
      hub.CallError,
      /Unknown signature nope in .*signatures_only \(available signatures: .*double/,
    );
  });

  it('with an output that the signature has not, when it is used', async () => {
    const layer = await hub.kerasLayer(fixturePath('signatures_only'), {
      signature: 'double',
      outputKey: 'nope',
    });
    const message = 'KerasLayer output does not contain the output key nope (available: output_0)';
    expect(() => layer.apply(tf.ones([1, 2]))).toThrowWithMessage(hub.CallError, message);
    expect(() => layer.apply(tfl.input({shape: [2]}))).toThrowWithMessage(hub.CallError, message);
  });

  it('with tags or load options beside an object', async () => {
    const f = (x: tf.Tensor) => x;
    refuse(() => new hub.KerasLayer(f, {tags: ['serve']} as never)).toThrowWithMessage(
      hub.CallError,
      'mutually exclusive with setting tags',
    );
    refuse(() => new hub.KerasLayer(f, {loadOptions: {}} as never)).toThrowWithMessage(
      hub.CallError,
      'mutually exclusive with setting loadOptions',
    );
  });

  it('of a handle, which has to be loaded first', () => {
    refuse(() => new hub.KerasLayer('https://tfhub.dev/x/1' as never)).toThrowWithMessage(
      hub.CallError,
      "await hub.kerasLayer('https://",
    );
  });

  it('with losses that are no functions', () => {
    const object = {__call__: (x: tf.Tensor) => x, regularization_losses: [tf.scalar(1)]};
    refuse(() => new hub.KerasLayer(object as never)).toThrowWithMessage(
      hub.CallError,
      'iterable of callables',
    );
  });

  it('and what was loaded for it is freed', async () => {
    const before = tf.memory().numTensors;
    await expect(hub.kerasLayer(fixturePath('half_plus_one'), {signature: 'x'})).rejects.toThrow(
      hub.CallError,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a layer in a model', () => {
  it('that is trainable and calls a signature is refused when the model is built', async () => {
    const layer = await hub.kerasLayer(fixturePath('signatures_only'), {
      signature: 'double',
      outputKey: 'output_0',
      trainable: true,
    });
    expect(() => layer.apply(tfl.input({shape: [2]}))).toThrowWithMessage(
      hub.CallError,
      'unsupported when calling a SavedModel signature',
    );
  });

  it('cannot give a composite tensor', async () => {
    const ragged = new hub.KerasLayer(
      (x: tf.Tensor) => new hub.RaggedTensor(x, tf.tensor1d([0, 1], 'int32')),
    );
    const out = ragged.apply(tf.tensor([1])) as unknown as hub.RaggedTensor;
    expect(out).toBeInstanceOf(hub.RaggedTensor);
    expect(() => ragged.apply(tfl.input({shape: [1]}))).toThrowWithMessage(
      hub.CallError,
      'tfjs-layers model cannot hold',
    );
  });
});

describe('bringing a layer back', () => {
  let scratch: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'keras-layer-'));
  });
  afterAll(() => rm(scratch, {recursive: true}));

  it('keeps every option, in the JSON of a model as well', async () => {
    const layer = await hub.kerasLayer(fixturePath('dict_in_dict_out'), {
      name: 'Sums_And_more',
      arguments: {return_dict: true},
      outputKey: 'sigma',
      outputShape: [2],
    });
    const [x, y] = [tfl.input({shape: [1], name: 'x'}), tfl.input({shape: [1], name: 'y'})];
    const model = tfl.model({inputs: [x, y], outputs: layer.apply({x, y}) as tfl.SymbolicTensor});
    expect(layer.getConfig()).toEqual({
      name: 'Sums_And_more',
      trainable: false,
      handle: {name: fixturePath('dict_in_dict_out')},
      arguments: {name: '{"return_dict":true}'},
      outputKey: {name: 'sigma'},
      outputShape: {name: '[2]'},
      inputNests: {name: '[{"x":0,"y":1}]'},
    });
    const json = JSON.parse(model.toJSON() as string);
    await hub.preload(json);
    const again = await tfl.models.modelFromJSON(json);
    const inputs = [tf.tensor2d([[5]]), tf.tensor2d([[2]])];
    expect(arrayOf(model.predict(inputs))).toEqual([[7, 9]]);
    expect(arrayOf(again.predict(inputs))).toEqual([[7, 9]]);
    expect(again.getLayer('Sums_And_more').getConfig()).toEqual(layer.getConfig());
  });

  it('keeps the names by which a layer takes its inputs', async () => {
    const layer = await hub.kerasLayer(fixturePath('dict_in_dict_out'));
    const [y, x] = [tfl.input({shape: [1], name: 'y'}), tfl.input({shape: [1], name: 'x'})];
    const model = tfl.model({inputs: [x, y], outputs: layer.apply({y, x}) as tfl.SymbolicTensor});
    const json = JSON.parse(model.toJSON() as string);
    await hub.preload(json);
    const again = await tfl.models.modelFromJSON(json);
    const inputs = [tf.tensor2d([[5]]), tf.tensor2d([[2]])];
    expect(arrayOf(again.predict(inputs))).toEqual(arrayOf(model.predict(inputs)));
  });

  it('works with trained weights, from files', async () => {
    const layer = await hub.kerasLayer(fixturePath('half_plus_one'), {trainable: true, name: 'half'});
    const model = tfl.sequential({layers: [layer, tfl.layers.dense({units: 2, name: 'head'})]});
    model.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
    await model.fit(
      tf.tensor2d([[1], [2]]),
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      {epochs: 2, verbose: 0},
    );
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (each) => {
        artifacts = each;
        return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
      }),
    );
    await hub.preload(artifacts!.modelTopology as Record<string, unknown>);
    const again = await tfl.loadLayersModel(tf.io.fromMemory(artifacts!));
    const x = tf.tensor2d([[3]]);
    expectClose(elements(again.predict(x)), elements(model.predict(x)));
    const restored = again.getLayer('half') as hub.KerasLayer;
    expect(restored.trainable).toBe(true);
    expect(elements(restored.weights[0]!.read())).toEqual(elements(layer.weights[0]!.read()));
    expect(restored.weights[0]!.read()).not.toBe(layer.weights[0]!.read());
  });

  it('gives two layers of one handle variables of their own', async () => {
    const layers = await Promise.all(
      ['a', 'b'].map((name) => hub.kerasLayer(fixturePath('half_plus_one'), {name, trainable: true})),
    );
    const model = tfl.sequential({layers});
    const json = JSON.parse(model.toJSON() as string);
    await hub.preload(json);
    const again = await tfl.models.modelFromJSON(json);
    const [a, b] = ['a', 'b'].map((name) => again.getLayer(name).weights[0]!.read());
    expect(a).not.toBe(b);
  });

  it('reads what Python wrote', async () => {
    // As `model.to_json()` of Keras 2 gives it.
    const json = {
      class_name: 'Sequential',
      config: {
        name: 'sequential',
        layers: [
          {
            class_name: 'KerasLayer',
            config: {
              name: 'keras_layer',
              trainable: false,
              dtype: 'float32',
              batch_input_shape: [null, 1],
              handle: fixturePath('hyperparameters'),
              arguments: {a: 10},
            },
          },
        ],
      },
      keras_version: '2.15.0',
      backend: 'tensorflow',
    };
    await hub.preload(JSON.stringify(json));
    const model = await tfl.models.modelFromJSON(json as never);
    expect(arrayOf(model.predict(tf.tensor2d([[2]])))).toEqual([[20]]);
  });

  it('says what to do where the model was not loaded before', async () => {
    const layer = await hub.kerasLayer(fixturePath('half_plus_one'));
    const config = layer.getConfig();
    const make = () => hub.KerasLayer.fromConfig(hub.KerasLayer as never, config);
    expect(make).toThrowWithMessage(hub.CallError, /await hub\.preload/);
    await hub.preload(fixturePath('half_plus_one'));
    make();
    // Each model loaded is for one layer.
    expect(make).toThrowWithMessage(hub.CallError, /await hub\.preload/);
  });

  it('needs a handle, and arguments that are JSON', async () => {
    const object = await hub.load(fixturePath('half_plus_one'));
    expect(() => new hub.KerasLayer(object).getConfig()).toThrowWithMessage(
      hub.CallError,
      'uses a string `handle`',
    );
    const layer = await hub.kerasLayer(fixturePath('hyperparameters'), {arguments: {a: tf.scalar(1)}});
    expect(() => layer.getConfig()).toThrowWithMessage(
      hub.CallError,
      'non json-serializable values in key: a',
    );
  });
});

describe('shapes of outputs', () => {
  it('are those of the trace that the input selects', async () => {
    const layer = await hub.kerasLayer(fixturePath('cnn'));
    const run = vi.spyOn(tf.engine(), 'startScope');
    expect(layer.computeOutputShape([null, 8, 8, 2])).toEqual([null, 3]);
    // Without running anything.
    expect(run).not.toHaveBeenCalled();
    run.mockRestore();
    expect(layer.computeOutputShape([5, 8, 8, 2])).toEqual([5, 3]);
  });

  it('are those of the trace that the defaults of other arguments select', () => {
    const column = {kind: 'tensor', name: 'x', dtype: 'float32', shape: [null, 1]} as const;
    const trace = (value: boolean | null, size: number): LayerTrace => ({
      input: column,
      output: {...column, shape: [null, size]},
      others: new Map([['wide', value === null ? {kind: 'none'} : {kind: 'literal', value}]]),
    });
    const traces = [trace(true, 2), trace(false, 3), trace(null, 4)];
    const given = {layout: {kind: 'leaf'}, specs: [{shape: [null, 1], dtype: 'float32'}]} as const;
    for (const wide of [true, false, null]) {
      expect(matchingTraces(traces, given, {wide})).toEqual([traces[[true, false, null].indexOf(wide)]]);
    }
    expect(matchingTraces(traces, given, {})).toEqual(traces);
  });

  it('of signatures are known where other inputs have values', async () => {
    const layer = await hub.kerasLayer(fixturePath('signatures_only'), {
      signature: 'serving_default',
      outputKey: 'sum',
      arguments: {right: [[1, 2]]},
    });
    expect(layer.batchInputShape).toEqual([null, 2]);
    expect(layer.computeOutputShape([null, 2])).toEqual([null, 2]);
    expect(arrayOf(layer.apply(tf.tensor2d([[1, 1]])))).toEqual([[2 * 1.5, 3 * -2]]);
  });

  it('are found by a trial where the function does not tell', () => {
    const pool = new hub.KerasLayer((x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 'valid'));
    expect(pool.computeOutputShape([null, 8, 6, 3])).toEqual([null, 4, 3, 3]);
    expect(pool.computeOutputShape([null, null, 6, 3])).toEqual([null, null, 3, 3]);
    const summary = new hub.KerasLayer((x: tf.Tensor) => ({
      total: tf.sum(x, 0),
      shape: tf.tensor1d(x.shape, 'int32'),
    }));
    expect(summary.computeOutputShape([null, 4])).toEqual([[2], [4]]);
    const output = summary.apply(tfl.input({shape: [4]})) as never as Record<string, tfl.SymbolicTensor>;
    expect(output.shape!.dtype).toBe('int32');
  });

  it('are not looked for where no trace takes the input', async () => {
    const layer = await hub.kerasLayer(fixturePath('half_plus_one'));
    expect(() => layer.apply(tfl.input({shape: [5]}))).toThrowWithMessage(hub.CallError, 'no trace of');
    expect(() => layer.apply(tfl.input({shape: [1], dtype: 'string'}))).toThrowWithMessage(
      hub.CallError,
      'no trace of',
    );
  });

  it('say that they cannot be found', () => {
    const picky = new hub.KerasLayer((x: tf.Tensor) => {
      if (elements(x)[0] === 0) throw new Error('zeros');
      return x;
    });
    expect(() => picky.apply(tfl.input({shape: [2]}))).toThrowWithMessage(
      hub.CallError,
      'give the layer an outputShape',
    );
    const told = new hub.KerasLayer((x: tf.Tensor) => tf.neg(x), {outputShape: [2]});
    expect((told.apply(tfl.input({shape: [2]})) as tfl.SymbolicTensor).shape).toEqual([null, 2]);
  });

  it('must be what the layer was told', () => {
    const wrong = new hub.KerasLayer((x: tf.Tensor) => x, {outputShape: [3]});
    expect(() => wrong.apply(tf.ones([1, 2]))).toThrowWithMessage(
      hub.CallError,
      'outputShape (1, 3) does not allow',
    );
    const several = new hub.KerasLayer((x: tf.Tensor) => x, {outputShape: [[2], [2]]});
    expect(() => several.apply(tf.ones([1, 2]))).toThrowWithMessage(
      hub.CallError,
      'outputShape is given for',
    );
    expect(() => new hub.KerasLayer((x: tf.Tensor) => x, {outputShape: 'x' as never})).toThrowWithMessage(
      hub.CallError,
      'outputShape must be',
    );
  });
});
