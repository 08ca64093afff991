/** Layers of the fixtures beside Python's of the same models: weights, losses, shapes of outputs (`fixtures/keras_layers.py`). */
import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import type {DType} from '../host/dtypes.js';
import * as hub from '../index.js';
import {tensorDType} from '../savedmodel/tensor_dtype.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {elements, expectClose} from './testing/values.js';

beforeAll(quietCpuBackend);

type Weight = [name: string, shape: number[], dtype: DType];
/** `float32 [null, 3]`, in arrays and objects. */
type SpecNest = string | SpecNest[] | {[key: string]: SpecNest};

interface Facts {
  readonly error?: string;
  readonly frozen: Weight[];
  readonly trainable: Weight[];
  readonly other: Weight[];
  readonly losses: number[];
  readonly input?: SpecNest;
  readonly output?: SpecNest;
}

/** Conformance has both built anew, with more models. */
const {TFHUB_FIXTURES: MODELS, TFHUB_KERAS_LAYERS: LAYERS} = process.env;

const FACTS: Record<string, Facts> = JSON.parse(
  readFileSync(LAYERS ?? new URL('../../fixtures/keras_layers.json', import.meta.url), 'utf8'),
);

const handleOf = (name: string) => (MODELS === undefined ? fixturePath(name) : `${MODELS}/${name}`);

const mapNest = (nest: SpecNest, f: (text: string) => unknown): unknown => {
  if (typeof nest === 'string') return f(nest);
  if (Array.isArray(nest)) return nest.map((each) => mapNest(each, f));
  return Object.fromEntries(Object.entries(nest).map(([key, each]) => [key, mapNest(each, f)]));
};

const specOf = (text: string) => {
  const [dtype] = text.split(' ', 1) as [DType];
  return {dtype: tensorDType(dtype), shape: JSON.parse(text.slice(dtype.length)) as (number | null)[]};
};

const weightsOf = (layer: hub.KerasLayer, weights: readonly tfl.LayerVariable[]) =>
  weights.map(({originalName, shape, dtype}) => [originalName.slice(layer.name.length + 1), shape, dtype]);

const asHere = (weights: readonly Weight[]) =>
  weights.map(([name, shape, dtype]) => [name, shape, tensorDType(dtype)]);

const layersOfPython = Object.entries(FACTS).filter(([, {error}]) => error === undefined);

it.each(layersOfPython)('%s has the weights and losses that it has in Python', async (name, facts) => {
  const layer = await hub.kerasLayer(handleOf(name));
  const {weights} = layer;
  expect(weightsOf(layer, weights)).toEqual(asHere(facts.frozen));
  layer.trainable = true;
  expect(weightsOf(layer, layer.trainableWeights)).toEqual(asHere(facts.trainable));
  expect(weightsOf(layer, layer.nonTrainableWeights)).toEqual(asHere(facts.other));
  expectClose(
    layer.losses.flatMap((loss) => elements(loss())),
    facts.losses,
  );
  expect(layer.countParams()).toBe(
    facts.frozen.reduce((sum, [, shape]) => sum + tf.util.sizeFromShape(shape), 0),
  );
});

const inModels = Object.entries(FACTS).filter(([, {input}]) => input !== undefined);

it.each(inModels)('%s gives in a model what it gives in Python', async (name, {input, output}) => {
  const layer = await hub.kerasLayer(handleOf(name));
  const inputs = mapNest(input!, (text) => {
    const {shape, dtype} = specOf(text);
    return tfl.input({batchShape: shape, dtype});
  });
  const check = (expected: SpecNest, actual: unknown): void => {
    if (typeof expected !== 'string') {
      expect(Object.keys(actual as object).sort()).toEqual(Object.keys(expected).sort());
      for (const [key, each] of Object.entries(expected))
        check(each, (actual as Record<string, unknown>)[key]);
      return;
    }
    const spec = specOf(expected);
    const {shape, dtype} = actual as tfl.SymbolicTensor;
    expect(dtype).toBe(spec.dtype);
    // More than Python knows may be known here.
    expect(shape.map((dim, axis) => (spec.shape[axis] === null ? null : dim))).toEqual(spec.shape);
  };
  check(output!, layer.apply(inputs as tfl.SymbolicTensor));
});

describe('what is no layer in Python', () => {
  it.each(Object.keys(FACTS).filter((name) => FACTS[name]!.error !== undefined))(
    'is none here: %s',
    async (name) => {
      await expect(hub.kerasLayer(handleOf(name))).rejects.toThrow(hub.CallError);
    },
  );
});
