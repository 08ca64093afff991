/** What people get wrong, and what they are told. */

import '@tensorflow/tfjs-layers';
import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import * as hub from './index.js';
import {quietCpuBackend} from './tfjs/cpu_backend.js';

const SHAPES = fileURLToPath(new URL('../examples/models/shapes', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'tfhub-mistakes-'));

beforeAll(quietCpuBackend);
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

function written(name: string, content: string): string {
  const file = path.join(scratch, name);
  mkdirSync(path.dirname(file), {recursive: true});
  writeFileSync(file, content);
  return file;
}

describe('what is no model', () => {
  it.each([
    ['a.h5', hub.HandleError, /Keras model in HDF5: .*\.export\(directory\)/],
    ['a.keras', hub.HandleError, /Keras archive: .*\.export\(directory\)/],
    ['a.tflite', hub.HandleError, /TensorFlow Lite/],
    ['saved_model.pb', hub.HandleError, /give the directory that it is in/],
    ['frozen.pb', hub.HandleError, /frozen graph/],
    ['web/model.json', hub.HandleError, /tf\.loadGraphModel/],
    ['a.onnx', hub.HandleError, /ONNX Runtime/],
    ['a.txt', hub.HandleError, /not a \.tar, \.tar\.gz or \.tgz archive\.$/],
  ])('%s', async (name, type, says) => {
    await expect(hub.load(written(name, 'x'))).rejects.toThrowWithMessage(type, says);
  });

  it('a pointer to a file that was not fetched, and a page in its place', async () => {
    const directory = path.dirname(
      written(
        'pointer/saved_model.pb',
        'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      ),
    );
    await expect(hub.load(directory)).rejects.toThrowWithMessage(hub.FormatError, /`git lfs pull`/);
    cpSync(SHAPES, path.join(scratch, 'weights'), {recursive: true});
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 12345\n`;
    const data = written('weights/variables/variables.data-00000-of-00001', pointer);
    await expect(hub.load(path.join(scratch, 'weights'))).rejects.toThrowWithMessage(
      hub.FormatError,
      /ends at byte \d+ of a data file that has \d+: .* 12345 bytes that was not fetched: `git lfs pull`/,
    );
    cpSync(path.join(SHAPES, 'variables', path.basename(data)), data);
    written('weights/variables/variables.index', pointer);
    await expect(hub.load(path.join(scratch, 'weights'))).rejects.toThrowWithMessage(
      hub.FormatError,
      /is no checkpoint index: .*`git lfs pull`/,
    );
    const page = path.dirname(written('page/saved_model.pb', '<!DOCTYPE html><html></html>'));
    await expect(hub.load(page)).rejects.toThrowWithMessage(hub.FormatError, /HTML page/);
  });

  it('a directory of versions says which to take', async () => {
    for (const version of ['2', '10'])
      cpSync(SHAPES, path.join(scratch, 'served', version), {recursive: true});
    mkdirSync(path.join(scratch, 'numbers', '3'), {recursive: true});
    const served = path.join(scratch, 'served');
    await expect(hub.load(served)).rejects.toThrowWithMessage(
      hub.FormatError,
      `${served} is no SavedModel, but holds versions of one (10, 2): take one of them, such as ${served}/10`,
    );
    await expect(hub.load(path.join(scratch, 'numbers'))).rejects.toThrowWithMessage(
      hub.FormatError,
      /contains neither .*, but 3$/,
    );
  });

  it('the end of an address', async () => {
    await expect(hub.load('google/nnlm-en-dim50/2')).rejects.toThrowWithMessage(
      hub.HandleError,
      /does not exist\. A model of that name may be at https:\/\/tfhub\.dev\/google\/nnlm-en-dim50\/2;/,
    );
  });
});

it('an option that there is not', async () => {
  const load = hub.load as (...args: unknown[]) => Promise<hub.CallableObject>;
  await expect(load(SHAPES, {tag: ['serve']})).rejects.toThrowWithMessage(
    hub.CallError,
    /^load has no option 'tag'; it has: .*; did you mean 'tags'\?$/,
  );
  const model = await load(SHAPES, {tags: ['serve'], engine: 'tfjs'});
  const image = tf.zeros([1, 16, 16, 1]);
  const options = {exakt: true} as never;
  const says = "a call has no option 'exakt'; it has: exact, limits, signal; did you mean 'exact'?";
  expect(() => model.invoke([image], {}, options)).toThrowWithMessage(hub.CallError, says);
  expect(() => model.signatures.serving_default!({image}, options)).toThrowWithMessage(hub.CallError, says);
  await expect(model.invokeAsync([image], {}, options)).rejects.toThrowWithMessage(hub.CallError, says);
  await expect(model.signatures.serving_default!.async({image}, options)).rejects.toThrowWithMessage(
    hub.CallError,
    says,
  );
  model.dispose();
});

describe('a call', () => {
  let model: hub.CallableObject;
  beforeAll(async () => {
    model = await hub.load(SHAPES);
  });
  afterAll(() => model.dispose());
  const said = (f: () => unknown): string => {
    try {
      f();
    } catch (error) {
      expect(error).toBeInstanceOf(hub.CallError);
      return (error as Error).message.split('\n')[0]!;
    }
    return 'nothing';
  };
  const image = (channels = 1): tf.Tensor => tf.zeros([1, 16, 16, channels]);

  it('says which argument is in the way, and by what', () => {
    const takes = "and takes TensorSpec(shape=(None, 16, 16, 1), dtype=tf.float32, name='image')";
    const start = 'no trace of sequential() fits the arguments: ';
    expect(said(() => model(image(3)))).toBe(
      `${start}'inputs' is Tensor(shape=(1, 16, 16, 3), dtype=float32), ${takes}: its dimension 3 is 3 and not 1.`,
    );
    expect(said(() => model(tf.zeros([16, 16, 1])))).toBe(
      `${start}'inputs' is Tensor(shape=(16, 16, 1), dtype=float32), ${takes}: it has 3 dimensions and not 4.`,
    );
    expect(said(() => model(tf.zeros([1, 8, 8, 1])))).toMatch(
      /: its dimensions 1 is 8 and not 16, 2 is 8 and not 16\.$/,
    );
    expect(said(() => model(tf.cast(image(), 'bool')))).toMatch(/: its dtype is bool and not float32\.$/);
    expect(said(() => model(Promise.resolve(image())))).toBe(
      `${start}'inputs' is a Promise, ${takes}: await it first.`,
    );
    expect(said(() => model(image(), 'yes'))).toBe(`${start}'training' is "yes", and takes true or false.`);
    // Two in the way, and none alone.
    expect(said(() => model(image(3), 'yes'))).toBe('no trace of sequential() fits the arguments. Got:');
  });

  it('says which keyword may be meant', () => {
    expect(said(() => model(image(), {trainning: true}))).toBe(
      "no trace of sequential() fits the arguments: there is no argument 'trainning'; did you mean 'training'?",
    );
    expect(said(() => model.invoke([image()], {trainning: true}))).toBe(
      "sequential() has no argument 'trainning'; it has: inputs, training, mask; did you mean 'training'?",
    );
    expect(said(() => model.invoke([image()], {other: true}))).toBe(
      "sequential() has no argument 'other'; it has: inputs, training, mask",
    );
  });

  it('says that a tensor is gone', () => {
    const gone = image();
    gone.dispose();
    const says =
      'a tensor of float32 (1, 16, 16, 1) was disposed of before it was passed: keep it, with tf.keep inside of tf.tidy';
    expect(said(() => model(gone))).toBe(says);
    expect(said(() => model.signatures.serving_default!({image: gone}))).toBe(says);
  });
});
