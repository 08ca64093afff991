/** What a layer that is not trained costs inside a model that is. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import * as hub from '../index.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {func} from '../trace/func.js';
import {callFrozen} from './frozen.js';
import {isRepeatable} from './repeatable.js';
import {arrayOf, elements, expectClose} from './testing/values.js';

beforeAll(quietCpuBackend);

/** Names of the kernels that run in `f`. */
async function kernelsOf(f: () => unknown): Promise<readonly string[]> {
  const {kernels} = await tf.profile(() => {
    tf.tidy(() => void f());
    return tf.scalar(0);
  });
  return kernels.map(({name}) => name);
}

const countOf = (names: readonly string[], name: string) => names.filter((each) => each === name).length;

/** Tensors that a gradient keeps of the forward pass of `f`. */
function savedBy(f: () => tf.Tensor): number {
  let saved = 0;
  const variable = tf.variable(tf.scalar(1));
  const {grads, value} = tf.variableGrads(() => {
    const result = tf.mul(tf.sum(f()), variable) as tf.Scalar;
    const tape = tf.engine().state.activeTape;
    saved = tape.reduce((sum, node) => sum + (node.saved?.length ?? 0), 0);
    return result;
  }, [variable]);
  tf.dispose([value, variable, Object.values(grads)]);
  return saved;
}

describe('a frozen layer in a model that trains', () => {
  const images = () => tf.randomNormal([4, 8, 8, 2], 0, 1, 'float32', 1);

  it('runs once, and not again for the gradient of what follows', async () => {
    const layer = await hub.kerasLayer(fixturePath('cnn'));
    const kernel = tf.variable(tf.randomNormal([3, 2], 0, 1, 'float32', 2));
    const x = images();
    const forward = await kernelsOf(() => layer.apply(x));
    const step = await kernelsOf(() =>
      tf.variableGrads(
        () => tf.sum(tf.matMul(layer.apply(x) as tf.Tensor2D, kernel as tf.Tensor2D)) as tf.Scalar,
        [kernel],
      ),
    );
    expect(countOf(forward, 'FusedConv2D')).toBeGreaterThan(0);
    expect(countOf(step, 'FusedConv2D')).toBe(countOf(forward, 'FusedConv2D'));
    expect(step).not.toContain('Conv2D');
    expect(step.filter((name) => name.includes('Backprop'))).toEqual([]);
  });

  it('leaves nothing on the tape but its input', async () => {
    const frozen = await hub.kerasLayer(fixturePath('cnn'));
    const trained = await hub.kerasLayer(fixturePath('cnn'), {trainable: true});
    const x = images();
    const others = savedBy(() => tf.zeros([4, 3]));
    expect(savedBy(() => frozen.apply(x) as tf.Tensor)).toBe(others + 1);
    expect(savedBy(() => trained.apply(x) as tf.Tensor)).toBeGreaterThan(others + 20);
  });

  it('takes strings off the tape altogether', async () => {
    const layer = await hub.kerasLayer(fixturePath('text_length'));
    const x = tf.tensor2d(['a', 'bb'], [2, 1], 'string');
    expect(savedBy(() => layer.apply(x) as tf.Tensor)).toBe(savedBy(() => tf.zeros([2, 2])));
  });

  it('passes gradients on to what is trained before it, by running again', async () => {
    const frozen = await hub.kerasLayer(fixturePath('cnn'));
    const x = images();
    const gain = tf.variable(tf.scalar(1.5));
    const loss = (layer: hub.KerasLayer) => () => {
      const out = layer.apply(tf.mul(x, gain)) as tf.Tensor;
      return tf.sum(tf.mul(out, tf.range(0, 3))) as tf.Scalar;
    };
    const gradient = (layer: hub.KerasLayer) =>
      elements(tf.variableGrads(loss(layer), [gain]).grads[gain.name])[0]!;
    // Called for inference, a trainable layer computes the same and is differentiated the usual way.
    const trained = await hub.kerasLayer(fixturePath('cnn'), {trainable: true});
    expectClose([gradient(frozen)], [gradient(trained)], 1e-5);
    const kernels = await kernelsOf(() => tf.variableGrads(loss(frozen), [gain]));
    const forward = await kernelsOf(() => loss(frozen)());
    expect(countOf(kernels, 'Conv2D')).toBeGreaterThanOrEqual(2 * countOf(forward, 'Conv2D'));
  });

  it('gives no gradient to its own variables', async () => {
    const layer = await hub.kerasLayer(fixturePath('half_plus_one'));
    const outer = tf.variable(tf.scalar(2));
    const {grads} = tf.variableGrads(
      () => tf.sum(tf.mul(layer.apply(tf.ones([3, 1])) as tf.Tensor, outer)) as tf.Scalar,
    );
    expect(Object.keys(grads)).toEqual([outer.name]);
  });

  it('is differentiated in several inputs and outputs at once', async () => {
    const add = func((inputs: {x: tf.Tensor; y: tf.Tensor}) => ({
      product: tf.mul(inputs.x, inputs.y),
      rounded: tf.cast(inputs.x, 'int32'),
      square: tf.square(inputs.x),
    }));
    const layer = new hub.KerasLayer(add);
    const gradients = tf.grads((x, y) => {
      const out = layer.apply({x, y}) as never as Record<string, tf.Tensor>;
      return tf.add(tf.mul(out.product!, 2), out.square!);
    });
    const [dx, dy] = gradients([tf.tensor([3, 5]), tf.tensor([7, 11])]);
    expect(arrayOf(dx)).toEqual([2 * 7 + 2 * 3, 2 * 11 + 2 * 5]);
    expect(arrayOf(dy)).toEqual([2 * 3, 2 * 5]);
  });

  it('gives strings and integers beside what is differentiated', () => {
    const layer = new hub.KerasLayer((x: tf.Tensor) => ({
      name: tf.tensor(['a', 'b'], [2], 'string'),
      sign: tf.cast(tf.sign(x), 'int32'),
      square: tf.square(x),
      input: x,
    }));
    const x = tf.tensor([3, -5]);
    const seen: unknown[] = [];
    const before = tf.memory().numTensors;
    const dx = tf.grad((each) => {
      const {name, sign, square, input} = layer.apply(each) as never as Record<string, tf.Tensor>;
      seen.push(arrayOf(name), arrayOf(sign), arrayOf(input));
      return tf.add(square!, input!);
    })(x);
    expect(seen).toEqual([
      ['a', 'b'],
      [1, -1],
      [3, -5],
    ]);
    expect(arrayOf(dx)).toEqual([7, -9]);
    dx.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('may give a tensor twice, or one that lives on', () => {
    const constant = tf.tensor([1, 2], [2], 'int32');
    const layer = new hub.KerasLayer((x: tf.Tensor) => {
      const square = tf.square(x);
      return [square, square, constant, constant];
    });
    const dx = tf.grad((x) => {
      const [a, b] = layer.apply(x) as tf.Tensor[];
      return tf.add(a!, tf.mul(b!, 10));
    })(tf.tensor([3]));
    expect(arrayOf(dx)).toEqual([66]);
    expect(arrayOf(constant)).toEqual([1, 2]);
  });

  it('can be differentiated twice', () => {
    const layer = new hub.KerasLayer((x: tf.Tensor) => tf.pow(x, 3));
    const second = tf.grad((x) => tf.grad((each) => layer.apply(each) as tf.Tensor)(x));
    expectClose(elements(second(tf.tensor([2, 5]))), [12, 30]);
  });

  it('passes on gradients through a function that gives its input back', () => {
    const layer = new hub.KerasLayer((x: tf.Tensor) => x);
    expect(arrayOf(tf.grad((x) => tf.mul(layer.apply(x) as tf.Tensor, 3))(tf.tensor([1, 2])))).toEqual([
      3, 3,
    ]);
  });

  it('is run once, on the tape, where a second run would differ', () => {
    const x = tf.ones([100]);
    let out: tf.Tensor | undefined;
    const random = ([each]: readonly tf.Tensor[]) => [tf.dropout(each!, 0.5)];
    const dx = tf.grad((each) => {
      [out] = callFrozen(random, [each], () => false);
      return tf.keep(out!);
    })(x);
    expect(arrayOf(dx)).toEqual(arrayOf(out));
  });

  it('is known to be random, or to change a state, by its graph', async () => {
    const harmless = async (name: string, path = '__call__') => {
      const object: hub.LoadedObject = await hub.load(fixturePath(name));
      const {concreteFunctions} = object.get(path) as hub.RestoredFunction;
      return concreteFunctions.map((concrete) => {
        const training = concrete.signature.args.at(name === 'cnn' ? 1 : -1);
        return [training?.kind === 'literal' && training.value, isRepeatable(concrete)];
      });
    };
    // Dropout is random, and batch normalisation moves its statistics, in training alone.
    for (const traces of [await harmless('cnn'), await harmless('training_argument', 'dropout')]) {
      expect(traces).toHaveLength(2);
      for (const [training, repeatable] of traces) expect(repeatable).toBe(!training);
    }
    expect(await harmless('text_table')).toEqual([[false, true]]);
    expect(await harmless('side_effects', 'store')).toEqual([[false, false]]);
  });

  it('leaves no tensors behind', async () => {
    const layer = await hub.kerasLayer(fixturePath('cnn'));
    const x = images();
    const gain = tf.variable(tf.scalar(1.5));
    const step = () =>
      tf.tidy(() => {
        tf.variableGrads(() => tf.sum(layer.apply(tf.mul(x, gain)) as tf.Tensor) as tf.Scalar, [gain]);
      });
    step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves no tensors behind when it fails', () => {
    const layer = new hub.KerasLayer((x: tf.Tensor) => {
      tf.exp(x);
      throw new Error('no');
    });
    const x = tf.tensor([1]);
    const attempt = () => tf.tidy(() => tf.grad((each) => layer.apply(each) as tf.Tensor)(x));
    expect(attempt).toThrowWithMessage(Error, 'no');
    const before = tf.memory().numTensors;
    expect(attempt).toThrowWithMessage(Error, 'no');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is not trained by a model that was compiled while it was trainable', async () => {
    const layer = await hub.kerasLayer(fixturePath('half_plus_one'), {trainable: true});
    const model = tfl.sequential({layers: [layer, tfl.layers.dense({units: 1})]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    layer.trainable = false;
    // tfjs-layers asks whether that was meant.
    const warning = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const before = layer.getWeights().flatMap(elements);
    await model.fit(tf.ones([4, 1]), tf.zeros([4, 1]), {epochs: 2, verbose: 0});
    expect(layer.getWeights().flatMap(elements)).toEqual(before);
    expect(warning).toHaveBeenCalled();
    warning.mockRestore();
  });
});
