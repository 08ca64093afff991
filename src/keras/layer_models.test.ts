/** Layers in models of every form, and in loops of the user's own. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import * as hub from '../index.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {arrayOf, elements, expectClose} from './testing/values.js';

beforeAll(quietCpuBackend);

const column = (...values: number[]) => tf.tensor2d(values, [values.length, 1]);
const symbolic = (output: unknown) => output as tfl.SymbolicTensor;

/** `w * x + 1`, w = 0.5. */
const halfPlusOne = (config: hub.LoadedKerasLayerConfig = {}) =>
  hub.kerasLayer(fixturePath('half_plus_one'), config);

const weightOf = (layer: hub.KerasLayer) => elements(layer.weights[0]!.read())[0]!;

/** One step of gradient descent on `x = 2, y = 0`, without shuffling or batches. */
async function step(model: tfl.LayersModel, rate = 0.1): Promise<number> {
  model.compile({optimizer: tf.train.sgd(rate), loss: 'meanSquaredError'});
  const {history} = await model.fit(column(2), column(0), {epochs: 1, verbose: 0});
  return history.loss![0] as number;
}

describe('a model with a layer in it', () => {
  it('is sequential without being told the shape of its input', async () => {
    const layer = await halfPlusOne({trainable: true});
    const model = tfl.sequential({layers: [layer, tfl.layers.dense({units: 3})]});
    expect(model.inputs[0]!.shape).toEqual([null, 1]);
    expect(model.outputs[0]!.shape).toEqual([null, 3]);
    const lines: string[] = [];
    model.summary(undefined, undefined, (line) => lines.push(line));
    expect(lines.join('\n')).toMatch(/KerasLayer.*\[null,1\].* 3 /);
    expect(lines).toContain('Total params: 9');
    expect(lines).toContain('Trainable params: 7');
    expect(lines).toContain('Non-trainable params: 2');
  });

  it('moves the weight by the gradient of loss and regularisation, and only that', async () => {
    const layer = await halfPlusOne({trainable: true});
    const loss = await step(tfl.sequential({layers: [layer]}));
    // (0.5 * 2 + 1)^2 + 0.01 * 0.5^2; the derivative by w is 2 * 2 * 2 + 2 * 0.01 * 0.5.
    expectClose([loss], [4.0025]);
    expectClose(
      layer.weights.flatMap((weight) => elements(weight.read())),
      [0.5 - 0.1 * 8.01, 1, 1],
    );
    const object = layer.resolvedObject as hub.LoadedObject;
    expectClose(elements(object.variables[0]), [weightOf(layer)]);
  });

  it('moves the trainable variables that the object lists, and no other', async () => {
    const [w, u] = [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(3))] as const;
    const f = (x: tf.Tensor) => tf.add(tf.mul(x, w), u);
    const object = Object.assign(f, {variables: [w, u], trainable_variables: [w]});
    const layer = new hub.KerasLayer(object, {trainable: true, inputShape: [1]});
    await step(tfl.sequential({layers: [layer]}));
    // (2 * 2 + 3)^2 by w: 2 * 7 * 2.
    expectClose([elements(w)[0]!, elements(u)[0]!], [2 - 0.1 * 28, 3]);
  });

  it('has the regularisation in its loss as soon as the layer is trainable', async () => {
    const layer = await halfPlusOne();
    const model = tfl.sequential({layers: [layer, tfl.layers.dense({units: 1, kernelInitializer: 'ones'})]});
    expectClose([await step(model, 0)], [4]);
    layer.trainable = true;
    expectClose([await step(model, 0)], [4.0025]);
  });

  it('applies the layer to each step of a sequence', async () => {
    const layer = await hub.kerasLayer(fixturePath('cnn'), {trainable: true});
    const input = tfl.input({shape: [3, 8, 8, 2]});
    const steps = symbolic(tfl.layers.timeDistributed({layer}).apply(input));
    expect(steps.shape).toEqual([null, 3, 3]);
    const flat = symbolic(tfl.layers.flatten().apply(steps));
    const model = tfl.model({inputs: input, outputs: symbolic(tfl.layers.dense({units: 1}).apply(flat))});
    model.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
    const [x, y] = [tf.randomNormal([4, 3, 8, 8, 2], 0, 1, 'float32', 5), tf.zeros([4, 1])];
    const {history} = await model.fit(x, y, {epochs: 3, verbose: 0, shuffle: false});
    expect(history.loss![2] as number).toBeLessThan(history.loss![0] as number);
    const frame = tf.tidy(() => tf.reshape(tf.slice(x, [0, 1, 0, 0, 0], [4, 1, 8, 8, 2]), [4, 8, 8, 2]));
    const second = tfl.model({inputs: input, outputs: steps});
    const predicted = tf.tidy(() =>
      tf.squeeze(tf.slice(second.predict(x) as tf.Tensor, [0, 1, 0], [4, 1, 3]), [1]),
    );
    expectClose(elements(predicted), elements(layer.apply(frame)), 1e-4);
  });

  it('applies one layer twice: one weight, one loss', async () => {
    const layer = await halfPlusOne({trainable: true});
    const input = tfl.input({shape: [1]});
    const model = tfl.model({inputs: input, outputs: symbolic(layer.apply(layer.apply(input)))});
    expect(model.trainableWeights).toHaveLength(1);
    expectClose(model.calculateLosses().flatMap(elements), [0.0025]);
    const loss = await step(model);
    // w(w x + 1) + 1 = 2 at w = 0.5, x = 2; its derivative is 2 w x + 1 = 3.
    expectClose([loss], [4.0025]);
    expectClose([weightOf(layer)], [0.5 - 0.1 * (2 * 2 * 3 + 0.01)]);
  });

  it('trains a variable of two layers once', async () => {
    const object = await hub.load(fixturePath('half_plus_one'));
    const [a, b] = [0, 1].map(() => new hub.KerasLayer(object, {trainable: true})) as [
      hub.KerasLayer,
      hub.KerasLayer,
    ];
    const input = tfl.input({shape: [1]});
    const model = tfl.model({inputs: input, outputs: symbolic(b.apply(a.apply(input)))});
    const loss = await step(model);
    // As with one layer applied twice, but each layer has the loss, as in Python.
    expectClose([loss], [4.005]);
    expectClose([weightOf(a), weightOf(b)], [0.5 - 0.1 * 12.02, 0.5 - 0.1 * 12.02]);
  });

  it('trains one of two layers of one object', async () => {
    const object = await hub.load(fixturePath('half_plus_one'));
    const frozen = new hub.KerasLayer(object);
    const trained = new hub.KerasLayer(object, {trainable: true});
    const input = tfl.input({shape: [1]});
    const model = tfl.model({inputs: input, outputs: symbolic(trained.apply(frozen.apply(input)))});
    await step(model);
    // The inner factor counts for a constant: the derivative of w * 2 + 1.
    expectClose([weightOf(trained)], [0.5 - 0.1 * (2 * 2 * 2 + 0.01)]);
    frozen.trainable = false;
    expect(trained.trainableWeights).toHaveLength(1);
  });

  it('holds another model with the layer', async () => {
    const layer = await halfPlusOne({trainable: true});
    const inner = tfl.sequential({layers: [layer]});
    const input = tfl.input({shape: [1]});
    const model = tfl.model({inputs: input, outputs: symbolic(inner.apply(input))});
    await step(model);
    expectClose([weightOf(layer)], [0.5 - 0.1 * 8.01]);
  });

  it('freezes the layer together with the model around it', async () => {
    const layer = await hub.kerasLayer(fixturePath('batch_norm'), {trainable: true});
    const input = tfl.input({shape: [1]});
    const base = tfl.model({inputs: input, outputs: symbolic(layer.apply(input))});
    base.trainable = false;
    const outer = tfl.input({shape: [1]});
    const head = tfl.layers.dense({units: 1});
    const model = tfl.model({inputs: outer, outputs: symbolic(head.apply(base.apply(outer)))});
    const before = layer.getWeights().flatMap(elements);
    await step(model);
    expect(layer.getWeights().flatMap(elements)).toEqual(before);
  });

  it('calls a layer of several outputs once in a step', async () => {
    const layer = await hub.kerasLayer(fixturePath('two_outputs'), {trainable: true});
    const input = tfl.input({shape: [2]});
    const {left, right} = layer.apply(input) as never as Record<string, tfl.SymbolicTensor>;
    const model = tfl.model({inputs: input, outputs: [left!, right!]});
    model.compile({optimizer: tf.train.sgd(0), loss: ['meanSquaredError', 'meanSquaredError']});
    const x = tf.tensor2d([[4, 8]]);
    await model.fit(x, [x, x], {epochs: 1, verbose: 0});
    // The mean moves half the way to the batch's, once.
    const mean = layer.nonTrainableWeights[0]!.read();
    expectClose(elements(mean), [2, 4]);
    // And both outputs have the same elements dropped.
    let outputs: tf.Tensor[] = [];
    const model2 = tfl.model({inputs: input, outputs: [left!, right!]});
    tf.tidy(() => {
      outputs = (model2.apply(tf.ones([1, 2]), {training: true}) as tf.Tensor[]).map((each) => tf.keep(each));
    });
    const [scaled, shifted] = outputs.map(elements) as [number[], number[]];
    const dropped = scaled.map((value) => value === 0);
    // At that call the mean is (2, 4) / 2 + (1, 1) / 2.
    expect(shifted.map((value, i) => Math.abs(value + [1.5, 2.5][i]!) < 1e-6)).toEqual(dropped);
  });

  it('runs the layer anew for each call of one scope', async () => {
    const layer = await hub.kerasLayer(fixturePath('two_outputs'));
    const input = tfl.input({shape: [2]});
    const {left, right} = layer.apply(input) as never as Record<string, tfl.SymbolicTensor>;
    const model = tfl.model({inputs: input, outputs: [left!, right!]});
    tf.tidy(() => {
      const x = tf.ones([1, 2]);
      expect(elements((model.predict(x) as tf.Tensor[])[0])).toEqual([1, 2]);
      layer.trainable = true;
      (layer.trainableWeights[0]!.read() as tf.Variable).assign(tf.tensor([5, 6]));
      expect(elements((model.predict(x) as tf.Tensor[])[0])).toEqual([5, 6]);
      expect(elements((model.execute(x, [left!.name]) as tf.Tensor[])[0])).toEqual([5, 6]);
    });
  });

  it('stops early, and tells its progress', async () => {
    const layer = await halfPlusOne({trainable: true});
    const model = tfl.sequential({layers: [layer]});
    model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
    const epochs: number[] = [];
    const {epoch} = await model.fit(column(2), column(0), {
      epochs: 10,
      verbose: 0,
      callbacks: [
        tfl.callbacks.earlyStopping({monitor: 'loss', patience: 2}),
        new tfl.CustomCallback({onEpochEnd: async (each) => void epochs.push(each)}),
      ],
    });
    expect(epoch).toHaveLength(3);
    expect(epochs).toEqual([0, 1, 2]);
  });

  it.each(['sgd', 'momentum', 'adam', 'rmsprop'])('trains by %s', async (name) => {
    const optimizers: Record<string, () => tf.Optimizer> = {
      sgd: () => tf.train.sgd(0.01),
      momentum: () => tf.train.momentum(0.01, 0.9),
      adam: () => tf.train.adam(0.01),
      rmsprop: () => tf.train.rmsprop(0.01),
    };
    const layer = await hub.kerasLayer(fixturePath('cnn'), {trainable: true});
    const model = tfl.sequential({layers: [layer, tfl.layers.dense({units: 1})]});
    model.compile({optimizer: optimizers[name]!(), loss: 'meanSquaredError'});
    const [x, y] = [tf.randomNormal([8, 8, 8, 2], 0, 1, 'float32', 3), tf.zeros([8, 1])];
    const {history} = await model.fit(x, y, {epochs: 6, batchSize: 4, verbose: 0, shuffle: false});
    const loss = history.loss as number[];
    expect(loss.at(-1)!).toBeLessThan(loss[0]!);
  });

  it('keeps the number of tensors over the steps of training', async () => {
    const trained = await hub.kerasLayer(fixturePath('cnn'), {trainable: true});
    const frozen = await hub.kerasLayer(fixturePath('cnn'));
    const input = tfl.input({shape: [8, 8, 2]});
    const both = [trained, frozen].map((layer) => symbolic(layer.apply(input)));
    const joined = symbolic(tfl.layers.concatenate().apply(both));
    const model = tfl.model({inputs: input, outputs: symbolic(tfl.layers.dense({units: 1}).apply(joined))});
    model.compile({optimizer: 'adam', loss: 'meanSquaredError', metrics: ['mse']});
    const [x, y] = [tf.randomNormal([8, 8, 8, 2]), tf.zeros([8, 1])];
    const round = async () => {
      await model.fit(x, y, {epochs: 2, batchSize: 4, validationSplit: 0.5, verbose: 0});
      tf.dispose(model.evaluate(x, y));
      tf.dispose(model.predict(x));
    };
    await round();
    const before = tf.memory().numTensors;
    await round();
    await round();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the training argument', () => {
  // `true` only for a layer that is trainable and called for training.
  it.each([
    [false, false, false],
    [false, true, false],
    [true, false, false],
    [true, true, true],
  ])('trainable %s, called for training %s: %s', async (trainable, training, expected) => {
    const seen: unknown[] = [];
    const f = (x: tf.Tensor, kwargs: {training: boolean}) => {
      seen.push(kwargs);
      return tf.add(x, 1);
    };
    const layer = new hub.KerasLayer(Object.assign(f, {trainable_variables: [tf.variable(tf.scalar(1))]}), {
      trainable,
    });
    layer.apply(tf.tensor([1]), {training});
    expect(seen).toEqual([{training: expected}]);
  });

  it('is false where the call does not say', async () => {
    const layer = await hub.kerasLayer(fixturePath('batch_norm'), {trainable: true});
    const before = layer.getWeights().flatMap(elements);
    layer.apply(column(5));
    expect(layer.getWeights().flatMap(elements)).toEqual(before);
    layer.call(column(5), {training: true});
    expect(layer.getWeights().flatMap(elements)).not.toEqual(before);
  });

  it('drops elements in training alone', async () => {
    const layer = await hub.kerasLayer(fixturePath('two_outputs'), {outputKey: 'left', trainable: true});
    const x = tf.ones([50, 2]);
    const zeros = (training: boolean) =>
      elements(layer.apply(x, {training})).filter((value) => value === 0).length;
    expect(zeros(false)).toBe(0);
    expect(zeros(true)).toBeGreaterThan(10);
    layer.trainable = false;
    expect(zeros(true)).toBe(0);
  });
});

describe('a loop of the user', () => {
  it('moves what is trainable, by variableGrads or an optimizer', async () => {
    const layer = await halfPlusOne({trainable: true});
    const loss = () => {
      const y = layer.apply(column(2), {training: true}) as tf.Tensor;
      return tf.add(tf.sum(tf.square(y)), tf.addN(layer.calculateLosses())) as tf.Scalar;
    };
    const {grads} = tf.variableGrads(
      loss,
      layer.trainableWeights.map((weight) => weight.read() as tf.Variable),
    );
    expectClose(Object.values(grads).flatMap(elements), [8.01]);
    tf.train.sgd(0.1).minimize(loss);
    expectClose([weightOf(layer)], [0.5 - 0.801]);
  });

  it('leaves a frozen layer alone, without a list of variables too', async () => {
    const layer = await halfPlusOne();
    const head = tf.variable(tf.scalar(1));
    tf.train
      .sgd(0.1)
      .minimize(
        () => tf.sum(tf.mul(layer.apply(column(2), {training: true}) as tf.Tensor, head)) as tf.Scalar,
      );
    expectClose([weightOf(layer), elements(head)[0]!], [0.5, 1 - 0.1 * 2]);
  });

  it('moves a variable of two layers once', async () => {
    const object = await hub.load(fixturePath('half_plus_one'));
    const layers = [0, 1].map(() => new hub.KerasLayer(object, {trainable: true}));
    tf.train
      .sgd(0.1)
      .minimize(
        () => tf.addN(layers.map((layer) => tf.sum(layer.apply(column(2)) as tf.Tensor))) as tf.Scalar,
      );
    expectClose([weightOf(layers[0]!)], [0.5 - 0.1 * 4]);
  });
});

describe('weights', () => {
  it('are the loaded variables themselves', async () => {
    const object = await hub.load(fixturePath('half_plus_one'));
    const layer = new hub.KerasLayer(object, {trainable: true});
    expect(layer.weights.map((weight) => weight.read())).toEqual(object.variables);
    expect(layer.weights[0]!.read()).toBe(object.variables[0]);
    expect(layer.weights.every((weight) => weight instanceof tfl.LayerVariable)).toBe(true);
    expect(layer.countParams()).toBe(3);
    layer.setWeights([column(3), column(1), tf.tensor1d([0])]);
    expect(elements(object.variables[0])).toEqual([3]);
    expect(arrayOf((object as hub.CallableObject)([[10]]))).toEqual([[30]]);
    expect(() => layer.setWeights([column(3, 4), column(1), tf.tensor1d([0])])).toThrowWithMessage(
      Error,
      'shape',
    );
  });

  it('are trainable only while the layer is', async () => {
    const layer = await halfPlusOne();
    const counts = () => [
      layer.trainableWeights.length,
      layer.nonTrainableWeights.length,
      layer.weights.length,
    ];
    expect(counts()).toEqual([0, 3, 3]);
    layer.trainable = true;
    expect(counts()).toEqual([1, 2, 3]);
    layer.trainable = false;
    expect(counts()).toEqual([0, 3, 3]);
    // What other layers and the object itself say of the variable is their business.
    expect((layer.weights[0]!.read() as tf.Variable).trainable).toBe(true);
  });

  it('have names of their own, the same in every session', async () => {
    const names = async (name: string) =>
      (await halfPlusOne({name})).weights.map((weight) => weight.originalName);
    const expected = ['times_w/kernel', 'plus_1/kernel', 'plus_1/bias'];
    expect(await names('a')).toEqual(expected.map((each) => `a/${each}`));
    expect(await names('b')).toEqual(expected.map((each) => `b/${each}`));
  });

  it('leave their names to what the user makes', async () => {
    const layer = await halfPlusOne({trainable: true});
    const variable = layer.weights[0]!.read() as tf.Variable;
    const {name} = variable;
    const own = tf.variable(tf.scalar(1), true, name);
    expect(own.name).toBe(name);
    expect(variable.name).not.toBe(name);
    const {grads} = tf.variableGrads(() => tf.sum(tf.mul(own, layer.apply(column(2)) as tf.Tensor)));
    expect(Object.keys(grads)).toEqual(expect.arrayContaining([name, variable.name]));
    const names = Object.keys(tf.engine().registeredVariables);
    expect(names.map((each) => tf.engine().registeredVariables[each]!.name)).toEqual(names);
    own.dispose();
    layer.dispose();
    expect(tf.engine().registeredVariables[variable.name]).toBeUndefined();
  });

  it('go with the layer that loaded them, and stay where it did not', async () => {
    const before = tf.memory().numTensors;
    const owned = await halfPlusOne();
    const model = tfl.sequential({layers: [owned]});
    const {numDisposedVariables} = model.dispose();
    expect(numDisposedVariables).toBe(3);
    expect(tf.memory().numTensors).toBe(before);
    expect(() => owned.apply(column(1))).toThrowWithMessage(Error, 'disposed');

    const object = await hub.load(fixturePath('half_plus_one'));
    const [used, unused] = [0, 1].map(() => new hub.KerasLayer(object)) as [hub.KerasLayer, hub.KerasLayer];
    used.apply(column(1));
    expect(used.dispose()).toEqual({refCountAfterDispose: 0, numDisposedVariables: 0});
    unused.dispose();
    expect(arrayOf(object([[10]]))).toEqual([[6]]);
    object.dispose();

    const loadedOnly = await halfPlusOne();
    expect(loadedOnly.dispose().numDisposedVariables).toBe(3);
    tf.disposeVariables();
  });

  it('stay while another model uses the layer', async () => {
    const layer = await halfPlusOne();
    const first = tfl.sequential({layers: [layer]});
    const input = tfl.input({shape: [1]});
    const second = tfl.model({inputs: input, outputs: symbolic(layer.apply(input))});
    first.dispose();
    expect(arrayOf(second.predict(column(10)))).toEqual([[6]]);
    second.dispose();
    expect((layer.weights[0]!.read as () => unknown).bind(layer.weights[0])).toThrowWithMessage(
      hub.CallError,
      'disposed',
    );
  });
});
