import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, expect, it} from 'vitest';
import * as hub from '../../index.js';
import {fixturePath} from '../testing/fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'traced-calls-'));

beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(folder, {recursive: true}));

/** Saves an object of one function and loads it again. */
async function again(attributes: Record<string, unknown>, name: string): Promise<hub.LoadedObject> {
  const object = Object.assign(new hub.Trackable(), attributes);
  await hub.savedModel.save(object, join(folder, name), {overwrite: true});
  return hub.load(join(folder, name));
}

type Call = (...args: unknown[]) => tf.Tensor;

it('keeps a call of a text model a call, on strings, with its table', async () => {
  const embed = await hub.load(fixturePath('hub_text_embedding'));
  const call = embed as unknown as Call;
  const w = tf.variable(tf.randomNormal([(call(['a']).shape[1] as number) ?? 1, 2], 0, 1, 'float32', 3));
  const classify = hub.func(
    (texts: tf.Tensor) => tf.softmax(tf.matMul(call(texts) as tf.Tensor2D, w as tf.Tensor2D)),
    {
      inputSignature: [new hub.TensorSpec([null], 'string')],
    },
  );
  const [traced] = classify.traces();
  expect(traced!.graph.nodes.map(({op}) => op)).toContain('StatefulPartitionedCall');
  expect([...traced!.callees.values()].map(({kind}) => kind)).toEqual(['foreign']);
  expect(traced!.outputs).toMatchObject({shape: [null, 2]});

  const loaded = await again({embed, w, classify}, 'text');
  const texts = tf.tensor(['the cat sat', 'a dog', '', 'on the mat']);
  const expected = classify(texts) as tf.Tensor;
  const actual = (loaded.classify as Call)(texts);
  expect(actual.shape).toEqual([4, 2]);
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i]!, 5);
});

it('leaves the variables of a loaded model as they were, and shares them with the traced function', async () => {
  const model = await hub.load(fixturePath('batch_norm'));
  const call = model as unknown as Call;
  const values = () => model.variables.map((variable) => Array.from(variable.dataSync()));
  const before = values();
  const train = hub.func((x: tf.Tensor) => tf.sum(call(x, {training: true})), {
    inputSignature: [new hub.TensorSpec([null, 1])],
  });
  const [traced] = train.traces();
  expect(values()).toEqual(before);
  const captured = traced!.captures.flatMap((each) => (each.kind === 'variable' ? [each.variable] : []));
  expect(captured.map(({name}) => name).sort()).toEqual([
    'norm/beta',
    'norm/gamma',
    'norm/moving_mean',
    'norm/moving_variance',
  ]);
  expect(captured.every((variable) => model.variables.includes(variable))).toBe(true);

  // The saved function assigns the variables that were saved with it.
  const loaded = await again({model, train}, 'norm');
  (loaded.train as Call)(tf.tensor2d([[11], [12], [13]]));
  const mean = loaded.get('model') as hub.LoadedObject;
  const moved = mean.variables.find(({name}) => name.includes('moving_mean'))!;
  expect(moved.dataSync()[0]).toBeCloseTo(2.4, 5);
});

it('refuses what a graph could not follow into a loaded model', async () => {
  const model = await hub.load(fixturePath('batch_norm'));
  const call = model as unknown as Call & hub.RestoredFunction;
  const inputSignature = [new hub.TensorSpec([null, 1])];
  const gradient = hub.func(
    tf.grad((x) => tf.sum(call(x, {training: false}))),
    {inputSignature},
  );
  expect(() => gradient.traces()).toThrowWithMessage(hub.SaveError, /gradient/);
  const exact = hub.func((x: tf.Tensor) => call.invoke([x], {training: false}, {exact: true}), {
    inputSignature,
  });
  expect(() => exact.traces()).toThrowWithMessage(hub.SaveError, /exact/);
});
