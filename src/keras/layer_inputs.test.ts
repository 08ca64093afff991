/** What can be given to a layer, and to the models it is part of. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import * as hub from '../index.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {func, TensorSpec} from '../trace/func.js';
import {arrayOf, elements, expectClose} from './testing/values.js';

const TEXTS = [
  'good film',
  'bad film',
  'good plot',
  'bad acting',
  'a good one',
  'so bad',
  'very good',
  'bad',
];
const LABELS = [1, 0, 1, 0, 1, 0, 1, 0];

const texts = (shape: 'vector' | 'column') =>
  shape === 'vector' ? tf.tensor1d(TEXTS, 'string') : tf.tensor2d(TEXTS, [TEXTS.length, 1], 'string');
const labels = () => tf.tensor2d(LABELS, [LABELS.length, 1]);

/** The data as tfjs-data would give it. */
function batches(shape: 'vector' | 'column', size: number): never {
  const next = function* () {
    for (let i = 0; i < TEXTS.length; i += size) {
      const xs = TEXTS.slice(i, i + size);
      yield {
        xs: shape === 'vector' ? tf.tensor1d(xs, 'string') : tf.tensor2d(xs, [xs.length, 1], 'string'),
        ys: tf.tensor2d(LABELS.slice(i, i + size), [xs.length, 1]),
      };
    }
  };
  return {
    size: Math.ceil(TEXTS.length / size),
    iterator: () => {
      const all = next();
      return Promise.resolve({next: () => Promise.resolve(all.next())});
    },
  } as never;
}

async function classifier(config: hub.KerasLayerConfig = {}): Promise<tfl.LayersModel> {
  const embed = await hub.kerasLayer(fixturePath('text_hashed_sqrtn'), config);
  const kernelInitializer = tfl.initializers.constant({value: 0.1});
  const model = tfl.sequential({
    layers: [embed, tfl.layers.dense({units: 1, activation: 'sigmoid', kernelInitializer})],
  });
  model.compile({optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy', metrics: ['accuracy']});
  return model;
}

describe.each(['cpu', 'wasm'])('text on the %s backend', (backend) => {
  beforeAll(async () => {
    await quietCpuBackend();
    await tf.setBackend(backend);
  });
  afterAll(quietCpuBackend);

  it.each(['vector', 'column'] as const)('is embedded as a %s', async (shape) => {
    const layer = await hub.kerasLayer(fixturePath('text_hashed_sqrtn'));
    const object = layer.resolvedObject as unknown as (x: unknown) => tf.Tensor;
    expect(arrayOf(layer.apply(texts(shape)))).toEqual(arrayOf(object(TEXTS)));
  });

  it.each(['vector', 'column'] as const)('as a %s trains, evaluates and predicts', async (shape) => {
    const model = await classifier();
    const [before] = model.evaluate(texts(shape), labels()) as tf.Scalar[];
    const {history} = await model.fit(texts(shape), labels(), {epochs: 15, batchSize: 3, verbose: 0});
    expect(history.loss).toHaveLength(15);
    const [after, accuracy] = model.evaluate(texts(shape), labels(), {batchSize: 3}) as tf.Scalar[];
    expect(elements(after)[0]).toBeLessThan(0.8 * elements(before)[0]!);
    expect(elements(accuracy)[0]).toBeGreaterThan(0.8);
    const predictions = model.predict(texts(shape), {batchSize: 3}) as tf.Tensor;
    expect(predictions.shape).toEqual([8, 1]);
    expectClose(elements(model.predictOnBatch(texts(shape))), elements(predictions));
    const [loss] = (await model.trainOnBatch(texts(shape), labels())) as number[];
    expectClose([loss!], elements(after));
  });

  it.each(['vector', 'column'] as const)('as a %s is split and shuffled for validation', async (shape) => {
    const model = await classifier();
    const {history} = await model.fit(texts(shape), labels(), {
      epochs: 3,
      batchSize: 2,
      validationSplit: 0.25,
      verbose: 0,
    });
    expect(Object.keys(history).sort()).toEqual(['acc', 'loss', 'val_acc', 'val_loss']);
    // The last quarter is what is validated on.
    const last = tf.tensor1d(TEXTS.slice(6), 'string');
    const [loss] = model.evaluate(last, tf.tensor2d(LABELS.slice(6), [2, 1])) as tf.Scalar[];
    expectClose([history.val_loss!.at(-1) as number], elements(loss));
  });

  it.each(['vector', 'column'] as const)('as a %s comes from data sets', async (shape) => {
    const model = await classifier();
    const {history} = await model.fitDataset(batches(shape, 3), {
      epochs: 2,
      validationData: batches(shape, 4),
      verbose: 0,
    });
    expect(history.loss).toHaveLength(2);
    const [loss] = (await model.evaluateDataset(batches(shape, 3), {})) as tf.Scalar[];
    const [same] = model.evaluate(texts(shape), labels()) as tf.Scalar[];
    expectClose(elements(loss), elements(same));
    expectClose([history.val_loss!.at(-1) as number], elements(same));
  });
});

describe('text in models', () => {
  beforeAll(quietCpuBackend);

  it('makes the same steps as the same numbers in order', async () => {
    const model = await classifier();
    const embedded = await classifier();
    const numbers = (embedded.layers[0]!.apply(texts('vector')) as tf.Tensor).clone();
    const head = tfl.sequential({
      layers: [
        tfl.layers.dense({
          units: 1,
          activation: 'sigmoid',
          inputShape: [numbers.shape[1]!],
          kernelInitializer: tfl.initializers.constant({value: 0.1}),
        }),
      ],
    });
    head.compile({optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy', metrics: ['accuracy']});
    const options = {
      epochs: 4,
      batchSize: 3,
      shuffle: false,
      validationSplit: 0.25,
      verbose: 0,
    } as const;
    const a = await model.fit(texts('vector'), labels(), options);
    const b = await head.fit(numbers, labels(), options);
    for (const key of ['loss', 'acc', 'val_loss', 'val_acc']) {
      expectClose(a.history[key] as number[], b.history[key] as number[]);
    }
  });

  it('calls the callbacks that training calls', async () => {
    const model = await classifier();
    const calls: string[] = [];
    await model.fit(texts('vector'), labels(), {
      epochs: 2,
      batchSize: 4,
      verbose: 0,
      callbacks: {
        onTrainBegin: async () => void calls.push('begin'),
        onBatchEnd: async (batch) => void calls.push(`batch ${batch}`),
        onEpochEnd: async (epoch, logs) => void calls.push(`epoch ${epoch} ${Object.keys(logs!).join(' ')}`),
        onTrainEnd: async () => void calls.push('end'),
      },
    });
    expect(calls).toEqual([
      'begin',
      'batch 0',
      'batch 1',
      'epoch 0 loss acc',
      'batch 0',
      'batch 1',
      'epoch 1 loss acc',
      'end',
    ]);
  });

  it('takes data by the names of the inputs, and validation data of its own', async () => {
    const embed = await hub.kerasLayer(fixturePath('text_hashed_sqrtn'));
    const text = tfl.input({shape: [], dtype: 'string', name: 'text'});
    const number = tfl.input({shape: [2], name: 'number'});
    const joined = tfl.layers
      .concatenate()
      .apply([embed.apply(text) as tfl.SymbolicTensor, number]) as tfl.SymbolicTensor;
    const model = tfl.model({
      inputs: [text, number],
      outputs: tfl.layers.dense({units: 1}).apply(joined) as tfl.SymbolicTensor,
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const x = {number: tf.ones([8, 2]), text: texts('vector')};
    const {history} = await model.fit(x, labels(), {
      epochs: 2,
      verbose: 0,
      validationData: [x as never, labels()],
    });
    expect(Object.keys(history).sort()).toEqual(['loss', 'val_loss']);
    const [byOrder] = [model.predict([texts('column'), tf.ones([8, 2])])].flat();
    expect(byOrder!.shape).toEqual([8, 1]);
    await expect(model.fit(texts('vector'), labels())).rejects.toThrowWithMessage(
      Error,
      'expects 2 Tensor(s)',
    );
    expect(() => model.predict(texts('vector'))).toThrowWithMessage(
      hub.CallError,
      'takes 2 input tensors, got 1',
    );
    expect(() => model.predict(x as never)).toThrow(hub.CallError);
  });

  it('keeps bytes that are no UTF-8', async () => {
    const layer = await hub.kerasLayer(fixturePath('text_length'));
    const model = tfl.sequential({layers: [layer]});
    const bytes = tf.tensor([Uint8Array.of(0xff, 0xfe, 0x41)] as never, [1, 1], 'string');
    // Three bytes; decoded as text and encoded again they would be seven.
    expectClose(elements(model.predict(bytes)), [0.3, 0.9]);
  });

  it('leaves no tensors behind', async () => {
    const model = await classifier();
    const [x, y] = [texts('vector'), labels()];
    const round = async () => {
      await model.fit(x, y, {epochs: 2, batchSize: 3, validationSplit: 0.25, verbose: 0});
      tf.dispose(model.evaluate(x, y));
      tf.dispose(model.predict(x));
    };
    await round();
    const before = tf.memory().numTensors;
    await round();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is not taken with sample weights, which tfjs-layers lacks', async () => {
    const model = await classifier();
    await expect(
      model.fit(texts('vector'), labels(), {sampleWeight: tf.ones([8])}),
    ).rejects.toThrowWithMessage(hub.CallError, 'sample weights');
    expect(() => model.evaluate(texts('vector'), labels(), {batchSize: 0})).toThrowWithMessage(
      hub.CallError,
      'batchSize',
    );
  });
});

describe('inputs of a layer', () => {
  beforeAll(quietCpuBackend);

  it('can be a list, in a model and outside', async () => {
    const sum = new hub.KerasLayer(
      func(([a, b]: [tf.Tensor, tf.Tensor]) => tf.add(a, b), {
        inputSignature: [[new TensorSpec([null, 2]), new TensorSpec([null, 2])]],
      }),
    );
    const [x, y] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[10, 20]])];
    expect(arrayOf(sum.apply([x, y]))).toEqual([[11, 22]]);
    const inputs = [tfl.input({shape: [2]}), tfl.input({shape: [2]})];
    const model = tfl.model({inputs, outputs: sum.apply(inputs) as tfl.SymbolicTensor});
    expect(model.outputs[0]!.shape).toEqual([null, 2]);
    expect(arrayOf(model.predict([x, y]))).toEqual([[11, 22]]);
  });

  it('can be a list of one, which is not the tensor alone', () => {
    const first = new hub.KerasLayer(([x]: [tf.Tensor]) => tf.neg(x));
    expect(arrayOf(first.apply([tf.tensor([1])]))).toEqual([-1]);
    const input = tfl.input({shape: [1]});
    const model = tfl.model({inputs: input, outputs: first.apply([input]) as tfl.SymbolicTensor});
    expect(arrayOf(model.predict(tf.tensor2d([[3]])))).toEqual([[-3]]);
  });

  it('can be nested, and come by name', async () => {
    const layer = new hub.KerasLayer(
      ({pair: [a, b], scale}: {pair: [tf.Tensor, tf.Tensor]; scale: tf.Tensor}) =>
        tf.mul(tf.sub(a, b), scale),
    );
    const inputs = ['a', 'b', 'c'].map((name) => tfl.input({shape: [1], name}));
    const [a, b, c] = inputs as [tfl.SymbolicTensor, tfl.SymbolicTensor, tfl.SymbolicTensor];
    const model = tfl.model({inputs, outputs: layer.apply({scale: c, pair: [a, b]}) as tfl.SymbolicTensor});
    const data = [7, 2, 10].map((value) => tf.tensor2d([[value]]));
    expect(arrayOf(model.predict(data))).toEqual([[50]]);
  });

  it('of signatures come by name, or alone where there is one', async () => {
    const layer = await hub.kerasLayer(fixturePath('signatures_only'), {
      signature: 'serving_default',
      signatureOutputsAsDict: true,
    });
    const [left, right] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 5]])];
    const out = layer.apply({left, right}) as never as Record<string, tf.Tensor>;
    expect(Object.keys(out).sort()).toEqual(['difference', 'largest', 'sum']);
    expect(arrayOf(out.difference)).toEqual([[-2, -3]]);
    expect(() => layer.apply(left)).toThrowWithMessage(hub.CallError, 'give its inputs by name');
    const rest = await hub.kerasLayer(fixturePath('signatures_only'), {
      signature: 'serving_default',
      outputKey: 'difference',
      arguments: {right},
    });
    expect(arrayOf(rest.apply(left))).toEqual([[-2, -3]]);
  });

  it('keep their dtype: integers, and several inputs of several kinds', async () => {
    const layer = await hub.kerasLayer(fixturePath('named_inputs'), {
      signature: 'serving_default',
      outputKey: 'rating',
    });
    const query = tfl.input({shape: [4], name: 'query'});
    const item = tfl.input({shape: [], dtype: 'int32', name: 'item'});
    const weight = tfl.input({shape: [1], name: 'weight'});
    const outputs = layer.apply({item, query, weight}) as tfl.SymbolicTensor;
    expect(outputs.shape).toEqual([null, 2]);
    const model = tfl.model({inputs: [item, query, weight], outputs});
    const data = {item: tf.tensor1d([1, 2], 'int32'), query: tf.ones([2, 4]), weight: tf.ones([2, 1])};
    const expected = layer.apply(data) as tf.Tensor;
    expectClose(elements(model.predict([data.item, data.query, data.weight])), elements(expected));
  });

  it('can be composite tensors outside of models', () => {
    const lengths = new hub.KerasLayer((rows: hub.RaggedTensor) => {
      const [splits] = rows.nestedRowSplits;
      const count = splits!.shape[0]! - 1;
      return tf.sub(tf.slice(splits!, [1], [count]), tf.slice(splits!, [0], [count]));
    });
    const rows = new hub.RaggedTensor(tf.tensor1d([1, 2, 3]), tf.tensor1d([0, 2, 2, 3], 'int32'));
    expect(arrayOf(lengths.apply(rows as never))).toEqual([2, 0, 1]);
  });

  it('are either symbolic or not', () => {
    const layer = new hub.KerasLayer(([a, b]: [tf.Tensor, tf.Tensor]) => tf.add(a, b));
    expect(() => layer.apply([tf.tensor([1]), tfl.input({shape: [1]})])).toThrowWithMessage(
      hub.CallError,
      'at once',
    );
  });

  it('are arranged alike everywhere in models', async () => {
    const layer = await hub.kerasLayer(fixturePath('dict_in_dict_out'));
    const [x, y] = [tfl.input({shape: [1]}), tfl.input({shape: [1]})];
    layer.apply({x, y});
    expect(() => layer.apply([x, y])).toThrowWithMessage(
      hub.CallError,
      'make another layer of the same object',
    );
  });
});
